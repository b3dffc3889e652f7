"""The members' app: its built files, open to anyone; and the names of the categories, which members read here alone."""

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, Field

from service.access.guards import READ, allow
from service.access.rules import Action, Caller
from service.errors import NotFound, Unavailable
from service.settings import Settings
from service.tasks.queries.playbooks import newest_playbooks
from service.texts import Language, choose, either, text
from service.ui.basemap import layers_of
from service.web.idempotency import OnceRoute
from service.web.paging import Page
from service.web.problems import documented
from service.web.transaction import Tx

STATIC = Path(__file__).parent / "static"
"""What `npm run build` makes, a folder a page."""
APP = "m"
INDEX = "index.html"
HASHED = "assets"
"""The folder of the files whose names change with their content."""
TYPES: Mapping[str, str] = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
"""All that is served, whatever else lies in the folder."""
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
        " manifest-src 'self'; worker-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    ),
    "Permissions-Policy": "geolocation=(self), camera=(), microphone=()",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"

pages = APIRouter(prefix=f"/{APP}", include_in_schema=False)
router = APIRouter(prefix="/api/v1/me", tags=["roster"], route_class=OnceRoute)
base = APIRouter(prefix="/api/v1", tags=["grids"], route_class=OnceRoute)


@pages.get("")
async def without_slash() -> Response:
    """The app's address with its slash, seen from here: under whatever prefix."""
    return RedirectResponse(f"{APP}/", status_code=308)


@pages.get("/")
async def app(request: Request) -> Response:
    """The app; where it was not built, a page that says how that is done."""
    try:
        return built(INDEX)
    except Unavailable as error:
        language = choose(request.headers.get("accept-language"))
        return HTMLResponse(not_built(language), error.status, {**HEADERS, "Cache-Control": "no-store"})


@pages.get("/{path:path}")
async def file(path: str) -> Response:
    """A file of the app."""
    return built(path)


def built(path: str) -> FileResponse:
    """A built file. Raises NotFound, and Unavailable where nothing was built."""
    folder = STATIC / APP
    if not (folder / INDEX).is_file():
        raise Unavailable("pages-not-built")
    names = {each.relative_to(folder).as_posix(): each for each in folder.rglob("*") if each.is_file()}
    found = names.get(path)
    if found is None or found.suffix not in TYPES:
        raise NotFound("file")
    cached = FOR_EVER if path.startswith(f"{HASHED}/") else ASK_AGAIN
    return FileResponse(found, headers={**HEADERS, "Cache-Control": cached}, media_type=TYPES[found.suffix])


def not_built(language: Language) -> str:
    """A page that says what is missing."""
    title = escape(text("problem.pages-not-built.title", language))
    detail = escape(text("problem.pages-not-built.detail", language))
    head = f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{title}</title>'
    return f"{head}<h1>{title}</h1><p>{detail}</p></html>"


class CategoryOut(BaseModel):
    """A category of tasks."""

    category: str
    name: str


@router.get("/categories", responses=documented(*READ))
async def read_categories(
    request: Request, tx: Tx, who: Annotated[Caller, Depends(allow(Action.LIMITS_SET))]
) -> Page[CategoryOut]:
    """Every category of tasks, so that one can say which one would rather not be asked for."""
    language = choose(request.headers.get("accept-language"))
    found = [
        CategoryOut(category=each.category, name=either(language, each.name_zh, each.name_en))
        for each in await newest_playbooks(tx)
    ]
    return Page(items=found, next=None)


class BasemapOut(BaseModel):
    """What lies under the console's map."""

    layers: list[str] = Field(
        description="Addresses with {z}, {x} and {y}, the lowest first; none: the grids alone"
    )
    attribution: str


@base.get("/basemap", responses=documented(*READ))
async def read_basemap(
    request: Request, who: Annotated[Caller, Depends(allow(Action.GRID_READ))]
) -> BasemapOut:
    """Where the pictures under the console's map come from, as the service is set up."""
    settings: Settings = request.app.state.settings
    return BasemapOut(layers=layers_of(settings.basemap), attribution=settings.basemap_attribution)


routers = (base, pages, router)
