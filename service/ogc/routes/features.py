"""The features of a collection, page by page, one by one, or as a file."""

import json
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.background import BackgroundTask

from service.access.guards import READ
from service.errors import Malformed, NotFound
from service.ogc.description import ITEM, ITEMS
from service.ogc.documents import item_links, items_links
from service.ogc.exports import MOST_EXPORTED, write
from service.ogc.guards import Reading, collection_of
from service.ogc.pages import MOST_ON_PAGE
from service.ogc.parameters import (
    DOCUMENT_FORMATS,
    GEOJSON,
    MEDIA_TYPES,
    MOST_LIMIT,
    USUAL_LIMIT,
    Asked,
    Cursor,
    Format,
    asked_of,
    filled,
    format_of,
    single,
    wrong,
)
from service.ogc.queries.features import Selection, count, one, page, plan_by_values
from service.ogc.queries.views import scope, view_of
from service.ogc.routes.answers import answer_text, described
from service.ogc.routes.parts import InParts
from service.ogc.systems import system_of
from service.web.problems import documented
from service.web.transaction import Now, Tx

router = APIRouter(prefix="/ogc/collections/{collection_id}", tags=["ogc"])
FEATURES = described(GEOJSON, *(MEDIA_TYPES[each] for each in Format if each is not Format.JSON))
FEATURE = described(GEOJSON, MEDIA_TYPES[Format.HTML])
EXTRA: dict[str, Any] = {"parameters": list(ITEMS)}


@router.get(
    "/items",
    responses={**FEATURES, **documented(*READ, 400, 404)},
    response_class=Response,
    openapi_extra=EXTRA,
)
async def items(request: Request, collection_id: str, tx: Tx, now: Now, who: Reading) -> Response:
    """Features that match every parameter: GeoJSON in pages; CSV and GeoPackage whole.

    Each property of the collection is a parameter too (`level=town`); `/ogc/api` lists them.
    """
    collection = collection_of(request)
    query = filled(request.query_params.multi_items())
    asked = asked_of(collection, query, request.app.state.settings.zone)
    format = format_of(request.query_params.get("f"), request.headers.get("accept"), tuple(Format))
    conditions = (scope(collection, who, view_of(collection)), *asked.conditions)
    selection = Selection(collection, conditions, asked.system)
    await plan_by_values(tx)
    if format in (Format.CSV, Format.GPKG):
        return await exported(request, tx, selection, asked, format)
    limit = min(asked.limit or USUAL_LIMIT, MOST_ON_PAGE if format is Format.HTML else MOST_LIMIT)
    found = await page(tx, selection, limit, asked.cursor.keys if asked.cursor else None)
    # The first page counts; the links carry it on.
    matched = asked.cursor.matched if found.matched is None and asked.cursor else found.matched or 0
    cursor = None if found.last is None else str(Cursor(matched, found.last))
    rest = {
        "numberMatched": matched,
        "numberReturned": found.returned,
        "timeStamp": moment(now),
        "links": items_links(request, collection, query, cursor),
    }
    document = (
        b'{"type":"FeatureCollection","features":[',
        found.features,
        b"]," + json.dumps(rest)[1:].encode(),
    )
    headers = {"Content-Crs": f"<{asked.system.uri}>", "Vary": "Accept, Accept-Language"}
    if format is Format.JSON:
        return InParts(document, headers, GEOJSON)
    return await answer_text(request, "items", b"".join(document), format, headers, GEOJSON)


@router.get(
    "/items/{feature_id}",
    responses={**FEATURE, **documented(*READ, 400, 404)},
    response_class=Response,
    openapi_extra={"parameters": list(ITEM)},
)
async def item(request: Request, collection_id: str, feature_id: str, tx: Tx, who: Reading) -> Response:
    """One feature."""
    collection = collection_of(request)
    query = single(request.query_params.multi_items(), ("crs", "f", "lang"))
    system = system_of("crs", query.get("crs"))
    format = format_of(query.get("f"), request.headers.get("accept"), DOCUMENT_FORMATS)
    links = json.dumps(item_links(request, collection, feature_id, query.get("crs")))
    selection = Selection(collection, (scope(collection, who, view_of(collection)),), system)
    found = await one(tx, selection, feature_id, f',"links":{links}')
    if found is None:
        raise NotFound("feature")
    return await answer_text(request, "item", found, format, {"Content-Crs": f"<{system.uri}>"}, GEOJSON)


def moment(now: datetime) -> str:
    """A time as the answer says it."""
    return now.astimezone(UTC).isoformat().replace("+00:00", "Z")


async def exported(
    request: Request, tx: AsyncSession, selection: Selection, asked: Asked, format: Format
) -> Response:
    """All that match, or as many as `limit` says, as a file that is deleted when it is sent. Raises Malformed."""
    if asked.cursor is not None:
        raise wrong("cursor", str(asked.cursor), "f=json")
    if asked.limit is None and (matched := await count(tx, selection)) > MOST_EXPORTED:
        raise Malformed("export-too-large", count=matched, most=MOST_EXPORTED)
    folder = Path(tempfile.mkdtemp(prefix="vanguard-export-"))
    name = f"{selection.collection.id}.{format}"
    try:
        async with request.app.state.export_turns:
            most = min(asked.limit or MOST_EXPORTED, MOST_EXPORTED)
            await write(tx, selection, most, format, folder / name)
    except BaseException:
        shutil.rmtree(folder)
        raise
    return FileResponse(
        folder / name,
        media_type=MEDIA_TYPES[format],
        filename=name,
        headers={"Content-Crs": f"<{selection.system.uri}>", "Vary": "Accept"},
        background=BackgroundTask(shutil.rmtree, folder),
    )
