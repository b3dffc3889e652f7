"""CQL2, read into SQL through a list of what is allowed."""
