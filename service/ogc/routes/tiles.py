"""OGC API Tiles 1.0: the collections as vector tiles, and the documents that describe them."""

from hashlib import sha256
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import JSONResponse

from service.access.guards import READ
from service.errors import NotFound
from service.grids.rules import LEVELS
from service.ogc import tile_documents as documents
from service.ogc.collection import Collection
from service.ogc.documents import JSON, language_of
from service.ogc.guards import Reading, collection_of
from service.ogc.parameters import single, wrong
from service.ogc.queries.features import extent
from service.ogc.queries.tiles import follows_map, has_levels, scope_key, stamp, tile
from service.ogc.routes.answers import described
from service.ogc.tiling import MVT, TMS, Tile
from service.web.problems import documented
from service.web.transaction import Tx

router = APIRouter(prefix="/ogc", tags=["ogc"])
MAX_AGE_S = 60
"""So long a client need not ask whether a tile is still the same."""
CONTENT = 1
"""Moves on with what a release puts into tiles, so that clients drop what they hold."""

LEVEL_PARAMETER = {
    "name": "level",
    "in": "query",
    "required": False,
    "description": "Only what is of this level, where the collection has levels; left out, the zoom decides",
    "schema": {"type": "string", "enum": list(LEVELS)},
}
TILESET_PARAMETERS: list[dict[str, Any]] = [
    {
        "name": "f",
        "in": "query",
        "required": False,
        "description": "The format: OGC metadata, or TileJSON 3.0",
        "schema": {"type": "string", "enum": ["json", "tilejson"]},
    },
    LEVEL_PARAMETER,
]
SAME: dict[int | str, dict[str, Any]] = {304: {"description": "If-None-Match names the tile as it is"}}
Number = Annotated[str, Path(json_schema_extra={"pattern": "^[0-9]{1,8}$"})]
"""A whole number in an address; one that no tile has is a 404."""


def level_of(query: dict[str, str]) -> str | None:
    """The level that a query asks for. Raises Malformed for one that there is not."""
    level = query.get("level")
    if level is not None and level not in LEVELS:
        raise wrong("level", level, " | ".join(LEVELS))
    return level


def known(collection: Collection, *others: str) -> tuple[str, ...]:
    """The parameters of the tiles of a collection."""
    return (*others, "level") if has_levels(collection) else others


def answer(request: Request, document: dict[str, Any]) -> Response:
    """A document in JSON."""
    headers = {"Content-Language": language_of(request).value, "Vary": "Accept-Language"}
    return JSONResponse(document, headers=headers, media_type=JSON)


@router.get("/tileMatrixSets", responses={**described(JSON), **documented(400)}, response_class=Response)
async def matrix_sets(request: Request) -> Response:
    """How tiles are cut: one way. Open to anyone."""
    single(request.query_params.multi_items(), ())
    return answer(request, documents.matrix_sets(request))


@router.get(
    f"/tileMatrixSets/{TMS}", responses={**described(JSON), **documented(400)}, response_class=Response
)
async def matrix_set(request: Request) -> Response:
    """The tile matrix set of all web maps. Open to anyone."""
    single(request.query_params.multi_items(), ())
    return answer(request, documents.matrix_set_document(request))


@router.get(
    "/collections/{collection_id}/tiles",
    responses={**described(JSON), **documented(*READ, 400, 404)},
    response_class=Response,
)
async def tilesets(request: Request, collection_id: str, who: Reading) -> Response:
    """The tilesets of a collection."""
    single(request.query_params.multi_items(), ())
    return answer(request, documents.tilesets(request, collection_of(request)))


@router.get(
    f"/collections/{{collection_id}}/tiles/{TMS}",
    responses={**described(JSON), **documented(*READ, 400, 404)},
    response_class=Response,
    openapi_extra={"parameters": TILESET_PARAMETERS},
)
async def tileset(request: Request, collection_id: str, tx: Tx, who: Reading) -> Response:
    """The tileset of a collection, with the template of its tiles' addresses; a `level` is in these too."""
    collection = collection_of(request)
    query = single(request.query_params.multi_items(), known(collection, "f"))
    level = level_of(query)
    kinds = {"json": documents.tileset, "tilejson": documents.tilejson}
    format = query.get("f", "json")
    if format not in kinds:
        raise wrong("f", format, " | ".join(kinds))
    return answer(request, kinds[format](request, collection, await extent(tx), level))


@router.get(
    f"/collections/{{collection_id}}/tiles/{TMS}/{{z}}/{{row}}/{{col}}",
    responses={**described(MVT), **SAME, **documented(*READ, 400, 404)},
    response_class=Response,
    openapi_extra={"parameters": [LEVEL_PARAMETER]},
)
async def one_tile(
    request: Request, collection_id: str, z: Number, row: Number, col: Number, tx: Tx, who: Reading
) -> Response:
    """A tile: zoom level, row from the north, column from the west. Where nothing is, it is empty: 200, no bytes."""
    collection = collection_of(request)
    query = single(request.query_params.multi_items(), known(collection))
    level = level_of(query)
    at = Tile.read(z, row, col)
    if at is None:
        raise NotFound("tile")
    if not follows_map(collection):
        headers = {"Cache-Control": "no-store"}
        return Response(await tile(tx, collection, who, at, level), headers=headers, media_type=MVT)
    key = (CONTENT, await stamp(tx, collection), collection.id, at, level, scope_key(collection, who))
    # Weak: two processes may write the features in other bytes.
    etag = f'W/"{sha256(repr(key).encode()).hexdigest()[:32]}"'
    headers = {
        "ETag": etag,
        "Cache-Control": f"private, max-age={MAX_AGE_S}",
        "Vary": "Authorization",
    }
    if is_named(etag, request.headers.get("if-none-match")):
        return Response(status_code=304, headers=headers)
    # A tile made while the map moves on is newer than its key, never older.
    found = await request.app.state.tiles.get(key, lambda: tile(tx, collection, who, at, level))
    return Response(found, headers=headers, media_type=MVT)


def is_named(etag: str, if_none_match: str | None) -> bool:
    """Whether If-None-Match names a tag, compared weakly (RFC 9110 § 13.1.2)."""
    given = {each.strip().removeprefix("W/") for each in (if_none_match or "").split(",")}
    return "*" in given or etag.removeprefix("W/") in given
