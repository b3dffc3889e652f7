"""OGC API Tiles 1.0: the documents that describe the tiles. The tiles themselves: `one_tile`."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from service.access.guards import READ
from service.ogc import tile_documents as documents
from service.ogc.documents import JSON, language_of
from service.ogc.guards import Reading, collection_of
from service.ogc.parameters import single, wrong
from service.ogc.queries.features import extent
from service.ogc.routes.answers import described
from service.ogc.routes.one_tile import LEVEL_PARAMETER, known, level_of
from service.ogc.tiling import TMS
from service.web.problems import documented
from service.web.transaction import Tx

router = APIRouter(prefix="/ogc", tags=["ogc"])
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
