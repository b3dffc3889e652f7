"""The reports over REST."""
