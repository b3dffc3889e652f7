"""Reading a file, checking it, storing it, and taking it back."""
