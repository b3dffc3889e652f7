"""Errors as RFC 9457 problem details, in the language that the client asks for: one place for all of them."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from service.errors import NotFound, ServiceError, TooMany, Unauthenticated, Unavailable
from service.texts import text
from service.web.asked import header_language

MEDIA_TYPE = "application/problem+json"
SCHEMA_REF = "#/components/schemas/{model}"
FIELD_SLUGS = {
    "crs": "unknown-crs",
    "lon": "invalid-position",
    "lat": "invalid-position",
    "seats": "invalid-seats",
}
"""Fields whose faults have a type of their own; the innermost one that is named here decides."""
SCRIPTED = ("cors", "same-origin")
"""What a browser says of the requests that a page's script makes (Fetch Metadata)."""
CHALLENGES = ("Bearer", 'Basic realm="Vanguard", charset="UTF-8"')
"""What a 401 asks for; QGIS and GDAL send a username and an API key only when Basic is among it."""
HTTP_SLUGS = {405: "method-not-allowed"}
"""What the framework raises itself; anything else of its is a malformed-request."""

log = structlog.get_logger()


class FieldFault(BaseModel):
    """One field at fault."""

    field: str
    reason: str


class Problem(BaseModel):
    """Problem details (RFC 9457). `type` is one of the slugs in docs/errors.md, as /problems/<slug>."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[FieldFault] | None = None


def problem_response(request: Request, error: ServiceError) -> JSONResponse:
    """The problem document of an error."""
    language = header_language(request)
    problem = {
        "type": f"/problems/{error.slug}",
        "title": text(f"problem.{error.slug}.title", language),
        "status": error.status,
        "detail": text(f"problem.{error.slug}.detail", language, **error.params),
        "instance": request.url.path,
    }
    if error.errors:
        problem["errors"] = error.errors
    problem |= error.extension
    headers = {"Content-Language": language.value}
    if isinstance(error, TooMany | Unavailable) and error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    response = JSONResponse(problem, error.status, headers, MEDIA_TYPE)
    if isinstance(error, Unauthenticated):
        # Two fields, not one list: not every map client takes a list apart.
        for challenge in CHALLENGES[:1] if is_from_a_page(request) else CHALLENGES:
            response.headers.append("WWW-Authenticate", challenge)
    return response


def is_from_a_page(request: Request) -> bool:
    """Whether a script asks: to a challenge to log in with Basic, browsers would answer it with a box of their own."""
    return "x-requested-with" in request.headers or request.headers.get("sec-fetch-mode") in SCRIPTED


class StatusError(ServiceError):
    """An error of the framework's, under its own status."""

    def __init__(self, status: int, slug: str, **params: Any) -> None:
        super().__init__(slug, **params)
        self.status = status  # type: ignore[misc]


def from_validation(error: RequestValidationError) -> ServiceError:
    """The 422 that names each field at fault."""
    faults = []
    slug = None
    for fault in error.errors():
        place, *path = fault["loc"]
        field = ".".join(str(part) for part in path) or str(place)
        if fault["type"] == "json_invalid":
            return StatusError(422, "malformed-json", reason=fault["ctx"]["error"])
        faults.append({"field": field, "reason": fault["msg"]})
        slug = slug or next((FIELD_SLUGS[part] for part in reversed(path) if part in FIELD_SLUGS), None)
        if slug is None and place != "body":
            slug = "invalid-parameter"
    fields = ", ".join(fault["field"] for fault in faults)
    problem = StatusError(422, slug or "invalid-body", fields=fields)
    problem.errors = faults
    return problem


def field_fault(path: Sequence[str], reason: str) -> ServiceError:
    """The 422 that names one field of a body that was not decoded by FastAPI."""
    field = ".".join(path) or "body"
    slug = next((FIELD_SLUGS[part] for part in reversed(path) if part in FIELD_SLUGS), "invalid-body")
    problem = StatusError(422, slug, fields=field)
    problem.errors = [{"field": field, "reason": reason}]
    return problem


def add_problem_handlers(app: FastAPI) -> None:
    """Answer every error of the application with a problem document, and say so in its OpenAPI document."""

    async def on_service_error(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, ServiceError)
        return problem_response(request, error)

    async def on_validation_error(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return problem_response(request, from_validation(error))

    async def on_http_error(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        if error.status_code == 404:
            return problem_response(request, NotFound("route"))
        slug = HTTP_SLUGS.get(error.status_code, "malformed-request")
        # The framework's 400 is a body that it cannot parse: like every body that is wrong, a 422.
        status = 422 if error.status_code == 400 else error.status_code
        problem = StatusError(status, slug, method=request.method, reason=str(error.detail))
        response = problem_response(request, problem)
        response.headers.update(error.headers or {})
        return response

    async def on_anything_else(request: Request, error: Exception) -> JSONResponse:
        log.error("unhandled error", exc_info=error)
        response = problem_response(request, StatusError(500, "internal"))
        # This handler answers outside of ObserveMiddleware, which gives every other response its number.
        response.headers["X-Request-ID"] = request.state.request_id
        return response

    app.add_exception_handler(ServiceError, on_service_error)
    app.add_exception_handler(RequestValidationError, on_validation_error)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(Exception, on_anything_else)
    describe_problems(app)


def describe_problems(app: FastAPI) -> None:
    """Put the schema of the problem documents, to which `documented` refers, into the OpenAPI document."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        schema = Problem.model_json_schema(ref_template=SCHEMA_REF)
        document["components"]["schemas"] |= schema.pop("$defs") | {"Problem": schema}
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route: its problem statuses, for the OpenAPI document."""
    content = {MEDIA_TYPE: {"schema": {"$ref": SCHEMA_REF.format(model="Problem")}}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}
