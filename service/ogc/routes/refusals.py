"""What goes wrong under /ogc as a page, where a browser asked: the same problem, with the same status and headers."""

import json
from collections.abc import Awaitable, Callable
from typing import cast

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from service.errors import ServiceError
from service.ogc.addresses import PREFIX
from service.ogc.documents import language_of
from service.ogc.pages import HEADERS, problem_page
from service.ogc.parameters import DOCUMENT_FORMATS, Format, format_of
from service.web.idempotency import SAFE

Handler = Callable[[Request, Exception], Awaitable[Response]]
OF_THE_DOCUMENT = ("content-type", "content-length", "vary")
"""Headers of a problem document that its page has otherwise."""


def add_problem_pages(app: FastAPI) -> None:
    """Answer browsers with pages; call it after `add_problem_handlers` and `add_refusal_record`."""
    for kind in (ServiceError, HTTPException):
        app.add_exception_handler(kind, with_page(cast(Handler, app.exception_handlers[kind])))


def with_page(answer: Handler) -> Handler:
    """A handler whose answer is a page where a browser asked."""

    async def answer_or_page(request: Request, error: Exception) -> Response:
        if is_ours(request):
            request = spoken(request)
        response = await answer(request, error)
        return as_page(request, response) if is_browser(request) else response

    return answer_or_page


def is_ours(request: Request) -> bool:
    """Whether it asks for something under /ogc."""
    path = request.url.path.removeprefix(request.scope.get("root_path", ""))
    return path == PREFIX or path.startswith(f"{PREFIX}/")


def spoken(request: Request) -> Request:
    """A request whose header asks for the language that its address does: a problem goes by the header."""
    others = [each for each in request.scope["headers"] if each[0] != b"accept-language"]
    headers = [*others, (b"accept-language", language_of(request).value.encode())]
    return Request({**request.scope, "headers": headers})


def is_browser(request: Request) -> bool:
    """Whether a read under /ogc says that it takes pages; `f` may be what is wrong, and does not count."""
    if request.method not in SAFE or not is_ours(request):
        return False
    return format_of(None, request.headers.get("accept"), DOCUMENT_FORMATS) is Format.HTML


def as_page(request: Request, response: Response) -> Response:
    """The page of a problem document."""
    page = HTMLResponse(problem_page(request, json.loads(bytes(response.body))), response.status_code)
    for name, value in response.headers.items():
        if name not in OF_THE_DOCUMENT:
            page.headers.append(name, value)
    page.headers.update({**HEADERS, "Vary": "Accept, Accept-Language"})
    return page
