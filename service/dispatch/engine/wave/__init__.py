"""How many to ask: the smallest wave that reaches the target. People are numbers here, nearest first."""
