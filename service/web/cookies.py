"""The refresh token of a page: in a cookie that its scripts cannot read and that goes to the token's address alone.

A page asks for it with a header of its own, which another site's form cannot send (it would take a
CORS preflight, and none is answered); the browser keeps the cookie from other sites as well (SameSite=Strict).
"""

from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Header, Request, Response

from service.web.addresses import root

NAME = "vanguard_refresh"
TOKEN_PATH = "/api/v1/token"
InCookie = Annotated[
    bool,
    Header(
        alias="X-Refresh-Cookie",
        description="For pages: the refresh token comes in a cookie, and is read from it, never in the body",
    ),
]


def read(request: Request) -> str | None:
    """The refresh token that the browser keeps."""
    return request.cookies.get(NAME) or None


def keep(request: Request, response: Response, token: str, lifetime: timedelta) -> None:
    """Have the browser keep a refresh token."""
    response.set_cookie(
        NAME,
        token,
        max_age=int(lifetime.total_seconds()),
        path=path(request),
        secure=root(request).startswith("https:"),
        httponly=True,
        samesite="strict",
    )


def drop(request: Request, response: Response) -> None:
    """Have the browser forget it."""
    response.delete_cookie(
        NAME,
        path=path(request),
        secure=root(request).startswith("https:"),
        httponly=True,
        samesite="strict",
    )


def path(request: Request) -> str:
    """Where alone the cookie is sent, as the browser sees it: under whatever prefix."""
    return urlsplit(root(request)).path.rstrip("/") + TOKEN_PATH
