"""What the privacy routes take and give."""
