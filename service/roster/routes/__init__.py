"""The roster over REST. The routers carry the whole path, as logs and metrics name routes by it."""

from service.roster.routes import calendars, duty, handovers, roster

routers = (roster.router, duty.router, calendars.router, handovers.router)
