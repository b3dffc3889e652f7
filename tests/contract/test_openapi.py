"""Whatever the OpenAPI document allows or forbids is sent, by each kind of caller, and the answer is one that it names.

The same requests each time: they are derandomized, and the clock stands still. Of schemathesis's checks these are
left out: `positive_data_acceptance`, as a schema cannot say where the city is and which task is open; those of
authentication, methods and deletion, which tests/access and test_bad_input do by name, or for which there is no route.
"""

from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case, checks
from schemathesis.specs.openapi import checks as openapi_checks

from service.app import create_app
from service.settings import Settings
from service.texts import catalogue
from tests.contract.live import Live, Somebody
from tests.contract.real import Values, make_real, something_under_way, values_of_the_city

DOCUMENT = create_app(Settings(home=Path("/nowhere"), token_key="k" * 43)).openapi()


def phase(name: str, **generation: Any) -> schemathesis.BaseSchema:
    """The document, to be tested by one of schemathesis's phases."""
    return schemathesis.openapi.from_dict(
        DOCUMENT,
        config=schemathesis.Config.from_dict(
            {
                "generation": {
                    "deterministic": True,
                    "with-security-parameters": False,
                    # What else stands in a query is let pass, as everywhere on the web.
                    "allow-extra-parameters": False,
                },
                "phases": {each: {"enabled": each == name} for each in ("examples", "coverage", "fuzzing")},
            }
        ),
    )


fuzzing, boundaries = phase("fuzzing"), phase("coverage")

CHECKS = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_headers_conformance,
    openapi_checks.response_schema_conformance,
]


def examples(count: int) -> settings:
    """So many generated requests an operation."""
    slow = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.function_scoped_fixture]
    return settings(
        max_examples=count, derandomize=True, database=None, deadline=None, suppress_health_check=slow
    )


def comes_to_an_end(case: Case) -> bool:
    """Have a stream answered as a page, and say whether that was needed."""
    if case.operation.path != "/api/v1/events":
        return False
    case.query = {**(case.query or {}), "poll": "true"}
    return True


def send(case: Case, city: Live, who: Somebody, values: Values) -> None:
    """Send a request and check its answer. A task that it posted is called off, so that people stay free."""
    changed = make_real(case, values) | comes_to_an_end(case)
    answer = case.call(base_url=city.url, session=city.http, headers=who.headers)
    if answer.status_code == 401:
        who.log_in()
    if answer.status_code == 201 and case.operation.label == "POST /api/v1/tasks":
        city.call("POST", f"/tasks/{answer.json()['id']}/cancel", who.headers)
    if answer.status_code >= 400:
        slug = answer.json()["type"].removeprefix("/problems/")
        assert f"problem.{slug}.title" in catalogue()
    # What was made real is not what schemathesis meant to be wrong.
    rejection = [] if changed else [openapi_checks.negative_data_rejection]
    case.validate_response(answer, checks=CHECKS + rejection)


@pytest.fixture(scope="session")
def values(city: Live) -> Values:
    """What the city has from the start."""
    return city.run(values_of_the_city(city))


@pytest.fixture(scope="session")
def callers(city: Live, values: Values) -> dict[str, Somebody]:
    """An account of each role but the members'."""
    return {
        "dispatcher": city.somebody("dispatcher", areas=["4408"]),
        "unit_manager": city.somebody("unit_manager", units=values["unit_code"]),
        "admin": city.somebody("admin"),
        "gis": city.somebody("gis", areas=["4408"]),
        "auditor": city.somebody("auditor", areas=["4408"]),
    }


@pytest.fixture
def under_way(city: Live, callers: dict[str, Somebody]):
    """A task of the test's own, with somebody on the way and somebody who has not answered yet."""
    with something_under_way(city, callers["dispatcher"]) as found:
        yield found


@fuzzing.parametrize()
@examples(25)
def test_as_dispatcher(case, city, values, callers, under_way):
    send(case, city, callers["dispatcher"], values | under_way.values)


@fuzzing.parametrize()
@examples(25)
def test_as_member(case, city, values, under_way):
    send(case, city, under_way.member_for(case), values | under_way.values)


@fuzzing.parametrize()
@examples(10)
def test_as_unit_manager(case, city, values, callers):
    send(case, city, callers["unit_manager"], values)


@fuzzing.parametrize()
@examples(10)
def test_as_admin(case, city, values, callers):
    send(case, city, callers["admin"], values)


@fuzzing.parametrize()
@examples(10)
def test_as_gis_officer(case, city, values, callers):
    send(case, city, callers["gis"], values)


@fuzzing.parametrize()
@examples(10)
def test_as_auditor(case, city, values, callers):
    send(case, city, callers["auditor"], values)


@boundaries.parametrize()
@examples(1)
def test_boundaries(case, city, values, callers, under_way):
    """Each limit in the document from both sides, by a caller who gets as far as the operation itself."""
    tag = case.operation.tags[0]
    if tag == "offers" or "/me/" in case.operation.path:
        who = under_way.member_for(case)
    else:
        who = callers["dispatcher" if tag == "tasks" else "admin"]
    send(case, city, who, values | under_way.values)
