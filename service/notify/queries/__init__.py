"""Whom a notification is for, where they are reached, and what became of it."""
