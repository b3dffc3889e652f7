"""Check-ins: reports of positions from phones, taken many at a time and answered when they are durable.

`routes` authenticates and decodes, `batching` lets concurrent requests share one transaction, `commands.take` is that
transaction, `rules` decides. Presence, one row a member, follows the newest check-in that can be trusted.
"""
