"""The reports over REST."""

from service.reports.routes import coverage, defects, response, search

routers = (coverage.router, defects.router, response.router, search.router)
