"""What the roster's routes take and give."""
