"""One tile: a route written by hand, as a map asks for tiles by the dozen and most of them are kept.

A kept tile costs one statement, which says who asks and what map it is, and no transaction. What FastAPI would do for a
route of its own, the guard apart, is to read three numbers from the path and to describe it.
"""

from hashlib import sha256
from typing import Any

from fastapi import BackgroundTasks, FastAPI, Request, Response
from starlette.routing import Route

from service.access.guards import READ, recognise
from service.access.rules import Action
from service.errors import NotFound
from service.grids.rules import LEVELS
from service.ogc.collection import Collection
from service.ogc.collections import COLLECTIONS
from service.ogc.guards import AllowCollection
from service.ogc.parameters import single, wrong
from service.ogc.queries.tiles import LEAF, follows_map, has_levels, stamp_of, stamp_statement, tile
from service.ogc.queries.views import areas_of
from service.ogc.routes.answers import described
from service.ogc.tiling import MVT, TMS, Tile
from service.web.problems import documented

PATH = f"/ogc/collections/{{collection_id}}/tiles/{TMS}/{{z}}/{{row}}/{{col}}"
MAX_AGE_S = 60
"""So long a client need not ask whether a tile is still the same."""
CONTENT = 2
"""Moves on with what a release puts into tiles, so that clients drop what they hold."""

LEVEL_PARAMETER: dict[str, Any] = {
    "name": "level",
    "in": "query",
    "required": False,
    "description": "Only what is of this level, or what has nothing below it (`leaf`), where the collection has levels;"
    " left out, the zoom decides",
    "schema": {"type": "string", "enum": [*LEVELS, LEAF]},
}
NUMBER = {"type": "string", "pattern": "^[0-9]{1,8}$"}
"""A whole number in an address; one that no tile has is a 404."""
RESPONSES = {
    **described(MVT),
    304: {"description": "If-None-Match names the tile as it is"},
    **documented(*READ, 400, 404),
}
OPERATION = {
    "tags": ["ogc"],
    "summary": "One Tile",
    "description": "A tile: zoom level, row from the north, column from the west. Where nothing is, it is empty: 200, "
    "no bytes.",
    "operationId": "one_tile",
    "security": [{"OAuth2PasswordBearer": []}, {"KeyAsPassword": []}],
    "parameters": [
        {"name": "collection_id", "in": "path", "required": True, "schema": {"type": "string"}},
        *({"name": name, "in": "path", "required": True, "schema": NUMBER} for name in ("z", "row", "col")),
        LEVEL_PARAMETER,
    ],
    "responses": {str(status): response for status, response in RESPONSES.items()},
}


class TileRoute(Route):
    """The route, with the guard that it calls for all to see."""

    guard = AllowCollection(Action.GRID_READ)

    def __init__(self) -> None:
        super().__init__(PATH, self.answer, methods=["GET"], name="one_tile")

    async def answer(self, request: Request) -> Response:
        """A tile, for those who may have it, if they do not have it yet."""
        request.scope["route"] = self
        now = request.app.state.clock()
        after = BackgroundTasks()
        named = COLLECTIONS.get(request.path_params["collection_id"])
        beside = stamp_statement(named) if named and follows_map(named) else None
        async with request.app.state.sessions() as session:
            who, row = await recognise(request, session, now, after, beside)
            collection = self.guard.ask(request, who)
            level = level_of(single(request.query_params.multi_items(), known(collection)))
            at = Tile.read(*(request.path_params[name] for name in ("z", "row", "col")))
            if at is None:
                raise NotFound("tile")
            if beside is None:
                headers = {"Cache-Control": "no-store"}
                found = await tile(session, collection, who, at, level)
                return Response(found, headers=headers, media_type=MVT, background=after)
            key = (CONTENT, stamp_of(row), collection.id, at, level, areas_of(collection, who))
            # Weak: two processes may write the features in other bytes.
            etag = f'W/"{sha256(repr(key).encode()).hexdigest()[:32]}"'
            headers = {
                "ETag": etag,
                "Cache-Control": f"private, max-age={MAX_AGE_S}",
                "Vary": "Authorization",
            }
            if is_named(etag, request.headers.get("if-none-match")):
                return Response(status_code=304, headers=headers, background=after)
            # A tile made while the map moves on is newer than its key, never older.
            found = await request.app.state.tiles.get(key, lambda: tile(session, collection, who, at, level))
            return Response(found, headers=headers, media_type=MVT, background=after)


def add_tile_route(app: FastAPI) -> None:
    """Take the route into the application, and its description into the OpenAPI document."""
    app.router.routes.append(TileRoute())
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        document["paths"][PATH] = {"get": OPERATION}
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def level_of(query: dict[str, str]) -> str | None:
    """The level that a query asks for. Raises Malformed for one that there is not."""
    level = query.get("level")
    if level is not None and level not in (*LEVELS, LEAF):
        raise wrong("level", level, " | ".join((*LEVELS, LEAF)))
    return level


def known(collection: Collection, *others: str) -> tuple[str, ...]:
    """The parameters of the tiles of a collection."""
    return (*others, "level") if has_levels(collection) else others


def is_named(etag: str, if_none_match: str | None) -> bool:
    """Whether If-None-Match names a tag, compared weakly (RFC 9110 § 13.1.2)."""
    given = {each.strip().removeprefix("W/") for each in (if_none_match or "").split(",")}
    return "*" in given or etag.removeprefix("W/") in given
