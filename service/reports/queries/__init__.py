"""Reads across domains: what covers an area, what is wrong with its map, and what is called what."""
