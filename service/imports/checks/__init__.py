"""What is found out about a file before anything is stored: pure, from what was read and what is known."""
