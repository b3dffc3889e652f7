"""Reading tasks, playbooks and activations."""
