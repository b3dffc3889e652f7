"""Reads of the roster, kept within what the caller may see."""
