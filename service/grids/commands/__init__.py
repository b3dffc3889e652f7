"""Changing the map. Each change first locks the city's edition row, and derives what follows in its transaction."""
