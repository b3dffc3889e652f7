"""Starting, answering and ending drills."""
