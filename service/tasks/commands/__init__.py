"""Writing tasks, playbooks and activations; what they set in motion is for `dispatch`."""
