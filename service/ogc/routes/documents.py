"""What is published, described: landing page, conformance, API definition, collections."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from service.access.guards import READ, allow
from service.access.rules import Action, Caller
from service.ogc import documents
from service.ogc.addresses import base
from service.ogc.collections import COLLECTIONS
from service.ogc.description import DOCUMENT as PARAMETERS
from service.ogc.description import description
from service.ogc.documents import OPENAPI, SCHEMA
from service.ogc.guards import Reading, collection_of
from service.ogc.parameters import MEDIA_TYPES, Format, single
from service.ogc.queries.features import extent
from service.ogc.routes.answers import DOCUMENT, answer, described, format_for
from service.web.problems import documented
from service.web.transaction import Tx

router = APIRouter(prefix="/ogc", tags=["ogc"])
SCHEMA_DOCUMENT = described(SCHEMA, MEDIA_TYPES[Format.HTML])
OF_DOCUMENT: dict[str, Any] = {"parameters": list(PARAMETERS)}


@router.get("/", include_in_schema=False)
@router.get("", responses={**DOCUMENT, **documented(400)}, response_class=Response, openapi_extra=OF_DOCUMENT)
async def landing(request: Request) -> Response:
    """The way in for map software. Open to anyone: it names no data."""
    return answer(request, "landing", documents.landing(request), format_for(request))


@router.get(
    "/conformance",
    responses={**DOCUMENT, **documented(400)},
    response_class=Response,
    openapi_extra=OF_DOCUMENT,
)
async def conformance(request: Request) -> Response:
    """The parts of the OGC's standards that hold here. Open to anyone."""
    return answer(request, "conformance", documents.conformance(request), format_for(request))


@router.get("/api", responses={**described(OPENAPI), **documented(400)}, response_class=Response)
async def api(request: Request) -> Response:
    """The OpenAPI 3.0 document of the OGC API, with each collection's own parameters. Open to anyone."""
    single(request.query_params.multi_items(), ())
    return JSONResponse(description(base(request)), media_type=OPENAPI)


@router.get(
    "/collections",
    responses={**DOCUMENT, **documented(*READ, 400)},
    response_class=Response,
    openapi_extra=OF_DOCUMENT,
)
async def collections(
    request: Request, tx: Tx, who: Annotated[Caller, Depends(allow(Action.GRID_READ))]
) -> Response:
    """The collections that the caller may read."""
    format = format_for(request)
    shown = [each for each in COLLECTIONS.values() if who.reach(each.action) is not None]
    return answer(request, "collections", documents.collections(request, shown, await extent(tx)), format)


@router.get(
    "/collections/{collection_id}",
    responses={**DOCUMENT, **documented(*READ, 400, 404)},
    response_class=Response,
    openapi_extra=OF_DOCUMENT,
)
async def collection(request: Request, collection_id: str, tx: Tx, who: Reading) -> Response:
    """One collection."""
    format = format_for(request)
    document = documents.collection(request, collection_of(request), await extent(tx))
    return answer(request, "collection", document, format)


@router.get(
    "/collections/{collection_id}/queryables",
    responses={**SCHEMA_DOCUMENT, **documented(*READ, 400, 404)},
    response_class=Response,
    openapi_extra=OF_DOCUMENT,
)
async def queryables(request: Request, collection_id: str, who: Reading) -> Response:
    """What a collection may be filtered by, as JSON Schema."""
    document = documents.queryables(request, collection_of(request))
    return answer(request, "queryables", document, format_for(request), SCHEMA)


@router.get(
    "/collections/{collection_id}/schema",
    responses={**SCHEMA_DOCUMENT, **documented(*READ, 400, 404)},
    response_class=Response,
    openapi_extra=OF_DOCUMENT,
)
async def schema(request: Request, collection_id: str, who: Reading) -> Response:
    """What a collection's features have, as JSON Schema."""
    document = documents.schema(request, collection_of(request))
    return answer(request, "schema", document, format_for(request), SCHEMA)
