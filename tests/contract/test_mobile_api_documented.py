"""docs/mobile-api.md is about calls that there are, and about every call that a member may make."""

import re
from pathlib import Path

import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from service.access.guards import Allow
from service.access.rules import RULES, Role
from service.app import create_app
from service.roster.checkins.rules import Mark, Refusal, State

PAGE = (Path(__file__).parents[2] / "docs" / "mobile-api.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`(GET|POST|PUT|PATCH|DELETE) (/api/v1/[^`?]*)`")
COMMAND = re.compile(r"^\$ curl (?P<words>(?:.*\\\n)*.*)$", re.MULTILINE)
ADDRESS = re.compile(r"\$B(?P<path>/[^\s\"?]*)")
METHOD = re.compile(r"-X (?P<method>[A-Z]+)")
BEFORE_LOGIN = {"POST /api/v1/token", "POST /api/v1/devices/enrol"}


@pytest.fixture
def app(settings):
    """The application."""
    return create_app(settings)


@pytest.fixture
def operations(app):
    """Every operation of the OpenAPI document, as `METHOD /path`."""
    return {
        f"{method.upper()} {path}" for path, methods in app.openapi()["paths"].items() for method in methods
    }


def guards_of(dependant):
    """The guards among a route's dependencies."""
    for each in dependant.dependencies:
        if isinstance(each.call, Allow):
            yield each.call
        yield from guards_of(each)


def calls_of_members(app):
    """What the table of rules lets a member do, as `METHOD /path`."""
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if not context.path.startswith("/api/v1/"):
            continue
        guards = (
            guards_of(route.dependant) if isinstance(route, APIRoute) else [getattr(route, "guard", None)]
        )
        if any(isinstance(guard, Allow) and Role.MEMBER in RULES[guard.action] for guard in guards):
            yield from (f"{method} {context.path}" for method in context.methods)


def commands():
    """`METHOD path` of each curl line of the page, as curl would choose the method; `$NAMES` are left in."""
    for found in COMMAND.finditer(PAGE):
        words = found["words"]
        method = METHOD.search(words)
        chosen = method["method"] if method else "POST" if re.search(r" (-d|--data\S*) ", words) else "GET"
        yield f"{chosen} /api/v1{ADDRESS.search(words)['path']}"


def fits(command, operation):
    """Whether a command is that operation, with something in the place of each parameter."""
    return re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(operation)), command) is not None


def test_every_call_that_is_named_exists(operations):
    named = {" ".join(each) for each in NAMED.findall(PAGE)}
    assert len(named) > 50
    assert named - operations == set()


def test_every_command_is_a_call_that_exists(operations):
    found = list(commands())
    assert len(found) > 25
    assert [each for each in found if not any(fits(each, operation) for operation in operations)] == []


def test_every_call_of_a_member_is_on_the_page(app):
    named = {" ".join(each) for each in NAMED.findall(PAGE)}
    due = set(calls_of_members(app)) | BEFORE_LOGIN
    assert len(due) > 50
    assert due - named == set()


def test_every_word_of_a_check_ins_answer_is_explained():
    explained = set(re.findall(r"`([a-z_-]+)`", PAGE))
    assert {*map(str, State), *map(str, Refusal), *map(str, Mark)} <= explained
