"""Writing notifications, their deliveries, contacts and answers. Each command takes the session first."""
