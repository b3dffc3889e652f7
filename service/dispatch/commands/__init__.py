"""Posting, planning, answering, engaging, steering. The caller's transaction; nothing here commits."""
