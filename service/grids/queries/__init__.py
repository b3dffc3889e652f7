"""Reading the map."""
