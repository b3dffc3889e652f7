"""Writes of check-ins: taking them, their partitions, and what becomes of positions afterwards."""
