"""Writing units, members and what members set for themselves. Each command takes the session first."""
