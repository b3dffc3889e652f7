"""The files that the pages need: their style, the movement of their maps, an icon. Open to anyone."""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse

from service.errors import NotFound

ASSETS = Path(__file__).parents[1] / "assets"
FILES = {"page.css": "text/css", "map.js": "text/javascript", "icon.svg": "image/svg+xml"}
"""All that there are, and what they are."""
CACHED = "public, max-age=3600"

router = APIRouter(prefix="/ogc/assets")


@router.get("/{name}", include_in_schema=False)
async def asset(name: str) -> FileResponse:
    """A file of the pages."""
    if name not in FILES:
        raise NotFound("file")
    headers = {"Cache-Control": CACHED, "X-Content-Type-Options": "nosniff"}
    return FileResponse(ASSETS / name, media_type=FILES[name], headers=headers)
