"""The pages: the members' app and the console, their built files, open to anyone; and what pages alone ask for."""

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
from service.texts import Language, either, text
from service.ui.basemap import layers_of, origins_of
from service.web.asked import header_language
from service.web.idempotency import OnceRoute
from service.web.paging import Page
from service.web.problems import documented
from service.web.transaction import Tx

STATIC = Path(__file__).parent / "static"
"""What `npm run build` makes, a folder a page."""
APP = "m"
CONSOLE = "console"
INDEX = "index.html"
HASHED = "assets"
"""The folder of the files whose names change with their content."""
TYPES: Mapping[str, str] = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
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

router = APIRouter(prefix="/api/v1/me", tags=["roster"], route_class=OnceRoute)
base = APIRouter(prefix="/api/v1", tags=["grids"], route_class=OnceRoute)


def serving(name: str) -> APIRouter:
    """The routes of a page, which was built into the folder of that name."""
    pages = APIRouter(prefix=f"/{name}", include_in_schema=False)

    @pages.get("")
    async def without_slash() -> Response:
        """The page's address with its slash, seen from here: under whatever prefix."""
        return RedirectResponse(f"{name}/", status_code=308)

    @pages.get("/")
    async def page(request: Request) -> Response:
        """The page; where it was not built, one that says how that is done."""
        headers = headers_of(name, request.app.state.settings)
        try:
            return built(name, INDEX, headers)
        except Unavailable as error:
            language = header_language(request)
            return HTMLResponse(not_built(language), error.status, {**headers, "Cache-Control": "no-store"})

    @pages.get("/{path:path}")
    async def file(request: Request, path: str) -> Response:
        """A file of the page."""
        return built(name, path, headers_of(name, request.app.state.settings))

    return pages


def headers_of(name: str, settings: Settings) -> Mapping[str, str]:
    """What a browser is told of a page: it talks to the service alone, the console's map to its base map as well."""
    origins = origins_of(settings.basemap) if name == CONSOLE else []
    if not origins:
        return HEADERS
    policy = HEADERS["Content-Security-Policy"]
    for directive in ("img-src 'self' data:", "connect-src 'self'"):
        policy = policy.replace(directive, " ".join([directive, *origins]))
    return {**HEADERS, "Content-Security-Policy": policy}


def built(name: str, path: str, headers: Mapping[str, str]) -> FileResponse:
    """A built file of a page. Raises NotFound, and Unavailable where nothing was built."""
    folder = STATIC / name
    if not (folder / INDEX).is_file():
        raise Unavailable("pages-not-built")
    names = {each.relative_to(folder).as_posix(): each for each in folder.rglob("*") if each.is_file()}
    found = names.get(path)
    if found is None or found.suffix not in TYPES:
        raise NotFound("file")
    cached = FOR_EVER if path.startswith(f"{HASHED}/") else ASK_AGAIN
    return FileResponse(found, headers={**headers, "Cache-Control": cached}, media_type=TYPES[found.suffix])


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
    language = header_language(request)
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


routers = (base, serving(APP), serving(CONSOLE), router)
