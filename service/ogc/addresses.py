"""Where the client finds /ogc: behind a proxy, under a prefix, or here."""

from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request

from service.texts import Language
from service.web.addresses import root

PREFIX = "/ogc"


def base(request: Request) -> str:
    """The address of /ogc."""
    return root(request) + PREFIX


def address(request: Request, *path: str, **query: Any) -> str:
    """An address under /ogc, each part of the path quoted."""
    parts = "".join(f"/{quote(part, safe='~')}" for part in path)
    given = {name: value for name, value in query.items() if value is not None}
    return f"{base(request)}{parts}{'?' + urlencode(given) if given else ''}"


def asked_language(request: Request) -> Language | None:
    """The language that `lang` names; None where it names none."""
    value = request.query_params.get("lang")
    return Language(value) if value in set(Language) else None


def kept(request: Request, *path: str, **query: Any) -> str:
    """An address under /ogc that keeps the language which this one asks for."""
    return address(request, *path, **query, lang=asked_language(request))


def near(request: Request, href: str) -> str:
    """An address of the service, as the page that is asked for says it: relative to the page itself.

    So a page holds together by whatever address and prefix a browser reached it, which VANGUARD_PUBLIC_URL and the
    headers of a proxy may not know; one of another origin would be kept out by the page's own policy.
    """
    raw: bytes = request.scope.get("raw_path") or quote(request.scope["path"]).encode()
    here = raw.decode("ascii", "replace").removeprefix(request.scope.get("root_path", ""))
    return "../" * (here.count("/") - 1) + href.removeprefix(root(request)).lstrip("/")


def link(href: str, rel: str, media_type: str, title: str | None = None) -> dict[str, str]:
    """A link as the OGC API has them."""
    found = {"href": href, "rel": rel, "type": media_type}
    return found | {"title": title} if title else found
