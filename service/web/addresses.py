"""Where the client finds the service: behind a proxy, under a prefix, or here."""

import re

from fastapi import Request

from service.settings import Settings

LOOPBACK = ("127.0.0.1", "::1")
HOST = r"[A-Za-z0-9._-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?"
PATH = r"(/[A-Za-z0-9._~-]+)*/?"


def root(request: Request) -> str:
    """The address of the whole service, without a slash at the end.

    VANGUARD_PUBLIC_URL decides. Without it, it is the request's scheme and host, and X-Forwarded-Host and -Prefix of
    a proxy that is trusted: one on this machine, or one that uvicorn trusts (FORWARDED_ALLOW_IPS), which has then taken
    the client's address and scheme from it.
    """
    settings: Settings = request.app.state.settings
    if settings.public_url:
        return settings.public_url
    host, prefix = request.url.netloc, ""
    if is_trusted(request):
        host = forwarded(request, "x-forwarded-host", HOST) or host
        prefix = forwarded(request, "x-forwarded-prefix", PATH).rstrip("/")
    return f"{request.url.scheme}://{host}{prefix}{request.scope.get('root_path', '')}"


def is_trusted(request: Request) -> bool:
    """Whether the headers of a proxy are to be believed. uvicorn gives a client that a trusted proxy names the port 0,
    which no connection has, unless the proxy names that too."""
    client = request.client
    return client is not None and (client.host in LOOPBACK or client.port == 0)


def forwarded(request: Request, header: str, pattern: str) -> str:
    """What the nearest proxy says; nothing where that is not what it should be."""
    value = request.headers.get(header, "").split(",")[-1].strip()
    return value if re.fullmatch(pattern, value) else ""
