"""Who decides whom to ask. `ours` is the service's own engine; the others are what it is compared with."""
