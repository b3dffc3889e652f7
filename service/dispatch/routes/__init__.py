"""Dispatch over REST."""

from service.dispatch.routes import members, steering, tasks

routers = (tasks.posting, tasks.router, steering.router, members.router)
