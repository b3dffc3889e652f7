"""Reads of positions, of the looks at them, and of all that is kept about one member."""
