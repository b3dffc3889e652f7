"""What dispatch takes and gives over REST."""
