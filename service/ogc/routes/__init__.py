"""The OGC API."""

from service.ogc.routes import assets, documents, features, tiles
from service.ogc.routes.one_tile import add_tile_route as add_tile_route
from service.ogc.routes.refusals import add_problem_pages as add_problem_pages

routers = (assets.router, documents.router, features.router, tiles.router)
