"""The simulator: synthetic days on a loaded city, under the engine that dispatches and under other policies.

What it is and how to read it: docs/simulator.md.
"""
