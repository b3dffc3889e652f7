"""Reading what imports are checked against, and the imports themselves."""
