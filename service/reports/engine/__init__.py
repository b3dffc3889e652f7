"""The arithmetic of coverage: who counts, and whom a grid is in reach of. Pure."""
