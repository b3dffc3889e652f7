"""Putting looks on record, and taking a member out of everything. Each command takes the session first."""
