"""The reports over REST."""

from service.reports.routes import coverage, defects, search

routers = (coverage.router, defects.router, search.router)
