"""Documents in the format that was asked for."""

import asyncio
import json
from typing import Any

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from service.ogc.documents import language_of
from service.ogc.pages import HEADERS, page
from service.ogc.parameters import DOCUMENT_FORMATS, MEDIA_TYPES, Format, format_of, single


def described(*media_types: str) -> dict[int | str, dict[str, Any]]:
    """The 200 of a route that answers in several media types, for the OpenAPI document."""
    content = {each: {"schema": {} if "json" in each else {"type": "string"}} for each in media_types}
    return {200: {"description": "OK", "content": content}}


DOCUMENT = described(MEDIA_TYPES[Format.JSON], MEDIA_TYPES[Format.HTML])


def format_for(request: Request) -> Format:
    """The format of a document. Raises Malformed for any parameter but `f` and `lang`."""
    query = single(request.query_params.multi_items(), ("f", "lang"))
    return format_of(query.get("f"), request.headers.get("accept"), DOCUMENT_FORMATS)


def answer(
    request: Request,
    kind: str,
    document: dict[str, Any],
    format: Format,
    media_type: str = "application/json",
) -> Response:
    """A document as JSON, or as the page that `pages.page` makes of it."""
    headers = {"Content-Language": language_of(request).value, "Vary": "Accept, Accept-Language"}
    if format is Format.HTML:
        return HTMLResponse(page(request, kind, document), headers=headers | dict(HEADERS))
    return JSONResponse(document, headers=headers, media_type=media_type)


async def answer_text(
    request: Request,
    kind: str,
    document: str | bytes,
    format: Format,
    headers: dict[str, str],
    media_type: str,
) -> Response:
    """The same of a document that is JSON already. The page of a thousand features takes 0.2 s, beside the loop."""
    headers = {"Vary": "Accept, Accept-Language", **headers}
    if format is Format.HTML:
        found = await asyncio.to_thread(lambda: page(request, kind, json.loads(document)))
        headers["Content-Language"] = language_of(request).value
        return HTMLResponse(found, headers=headers | dict(HEADERS))
    return Response(document, headers=headers, media_type=media_type)
