"""What the service says of itself: whether it lives and is ready, its metrics, its documents. Open to anyone."""

from pathlib import Path

import fastapi_offline
from fastapi import APIRouter, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import FileResponse, HTMLResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError

from service.db.migrate import is_behind
from service.errors import NotFound, Unavailable
from service.texts import Language, catalogue
from service.web.problems import documented

router = APIRouter()

ASSETS = Path(fastapi_offline.__file__).parent / "static"
"""Swagger UI, from a package: an intranet has no CDN."""


class Health(BaseModel):
    """A sign of life."""

    status: str


class ProblemType(BaseModel):
    """A problem type: its title and detail in each language."""

    title: dict[str, str]
    detail: dict[str, str]


@router.get("/healthz", tags=["about"])
async def healthz() -> Health:
    """The process lives."""
    return Health(status="ok")


@router.get("/readyz", tags=["about"], responses=documented(503))
async def readyz(request: Request) -> Health:
    """The process can serve: its database answers and holds the city's tables as this release needs them."""
    try:
        async with request.app.state.sessions() as session:
            behind = await is_behind(session)
    except (DBAPIError, OSError, TimeoutError) as error:
        raise Unavailable("database-unavailable") from error
    if behind:
        raise Unavailable("schema-behind")
    return Health(status="ok")


@router.get("/metrics", include_in_schema=False)
async def metrics() -> Response:
    """Prometheus metrics; no personal data."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


@router.get("/problems/{slug}", tags=["about"], responses=documented(404, 422))
async def problem_type(slug: str) -> ProblemType:
    """What a problem's `type` means."""
    entries = catalogue()
    if f"problem.{slug}.title" not in entries:
        raise NotFound("problem")

    def both(part: str) -> dict[str, str]:
        return {language: entries[f"problem.{slug}.{part}"][language] for language in Language}

    return ProblemType(title=both("title"), detail=both("detail"))


@router.get("/docs", include_in_schema=False)
async def docs() -> HTMLResponse:
    """The API's documentation, served from here alone; from wherever the page is, lest a proxy's prefix be missing."""
    return get_swagger_ui_html(
        openapi_url="openapi.json",
        title="Vanguard API",
        swagger_js_url="docs/assets/swagger-ui-bundle.js",
        swagger_css_url="docs/assets/swagger-ui.css",
        swagger_favicon_url="docs/assets/favicon.png",
    )


@router.get("/docs/assets/{name}", include_in_schema=False)
async def docs_asset(name: str) -> FileResponse:
    """A file of Swagger UI."""
    if name not in {"swagger-ui-bundle.js", "swagger-ui.css", "favicon.png"}:
        raise NotFound("file")
    return FileResponse(ASSETS / name)
