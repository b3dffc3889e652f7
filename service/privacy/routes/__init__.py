"""Privacy over REST."""

from service.privacy.routes import own, positions

routers = (positions.router, own.router)
"""Positions and looks, one's own data and its end."""
