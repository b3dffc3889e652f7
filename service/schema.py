"""Every table of the city in one metadata, for migrations."""

from service.access import models as access
from service.db.base import Base
from service.dispatch import models as dispatch
from service.drills import models as drills
from service.events import models as events
from service.grids import models as grids
from service.imports import models as imports
from service.notify import models as notify
from service.reports import models as reports
from service.roster import models as roster
from service.tasks import models as tasks
from service.timers import models as timers
from service.web import models as web

metadata = Base.metadata

__all__ = [
    "access",
    "dispatch",
    "drills",
    "events",
    "grids",
    "imports",
    "metadata",
    "notify",
    "reports",
    "roster",
    "tasks",
    "timers",
    "web",
]
