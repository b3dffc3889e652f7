"""Privacy: who looked at a position, one's own data, and its end."""
