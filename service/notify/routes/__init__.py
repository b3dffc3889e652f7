"""Contacts and preferences, the administrator's view, and replies without a login."""

from service.notify.routes.admin import router as admin
from service.notify.routes.contacts import router as contacts
from service.notify.routes.replies import router as replies

routers = (contacts, admin, replies)
