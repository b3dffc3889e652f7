"""Notifications: from the outbox to people, by channels that may fail."""
