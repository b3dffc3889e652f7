"""Dispatch over REST."""

from service.dispatch.routes import (
    activations,
    help,
    hours,
    members,
    messages,
    notes,
    playbooks,
    steering,
    tasks,
    why,
)

routers = (
    tasks.posting,
    tasks.router,
    steering.router,
    members.router,
    messages.router,
    notes.router,
    help.router,
    hours.router,
    playbooks.router,
    activations.router,
    why.router,
)
