"""Reading the published views."""
