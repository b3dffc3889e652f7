"""Every error is a problem document of a type that the catalogue has, in the language that was asked for."""

import json

import pytest

from service.texts import catalogue
from service.web.problems import FIELD_SLUGS, HTTP_SLUGS

PATH = "/probe/things"


def check(answer, status, slug):
    """That it is that problem document, whole."""
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"]
    problem = answer.json()
    assert problem["type"] == f"/problems/{slug}"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    assert "{" not in problem["detail"]
    assert problem["instance"] == answer.request.url.path
    return problem


async def test_an_unknown_route(probe):
    check(await probe.get("/nowhere"), 404, "not-found")


async def test_an_unknown_method_names_those_that_are(probe):
    answer = await probe.delete(PATH)
    assert "DELETE" in check(answer, 405, "method-not-allowed")["detail"]
    assert answer.headers["allow"] == "POST"


async def test_malformed_json(probe, login):
    headers = await login("gis") | {"Content-Type": "application/json"}
    check(await probe.post(PATH, headers=headers, content=b'{"name": '), 422, "malformed-json")


@pytest.mark.parametrize("body", [b'{"name": "\xff"}', b"\xff\xfe\x00"])
async def test_json_that_is_not_utf_8(probe, login, body):
    headers = await login("gis") | {"Content-Type": "application/json"}
    check(await probe.post(PATH, headers=headers, content=body), 422, "malformed-request")


async def test_json_nested_beyond_reason(probe, login):
    headers = await login("gis") | {"Content-Type": "application/json"}
    check(await probe.post(PATH, headers=headers, content=b"[" * 100_000), 422, "malformed-request")


async def test_a_malformed_form(probe):
    headers = {"Content-Type": "multipart/form-data"}
    check(await probe.post("/api/v1/token", headers=headers, content=b"--x"), 422, "malformed-request")


async def test_a_body_that_is_no_json_at_all(probe, login):
    check(await probe.post(PATH, headers=await login("gis"), content=b"name=x"), 422, "invalid-body")


async def test_a_body_too_large(probe, login):
    headers = await login("gis")
    problem = check(await probe.post(PATH, headers=headers, content=b"x" * 1_000_001), 413, "body-too-large")
    assert "1000000" in problem["detail"]


async def test_a_body_too_large_that_comes_in_pieces(probe, login):
    async def pieces():
        for _ in range(20):
            yield b"x" * 60_000

    check(await probe.post(PATH, headers=await login("gis"), content=pieces()), 413, "body-too-large")


@pytest.mark.parametrize(
    ("body", "slug", "field"),
    [
        ({}, "invalid-body", "name"),
        ({"name": "x", "nmae": "y"}, "invalid-body", "nmae"),
        ({"name": "a\x00b"}, "invalid-body", "name"),
        ({"name": "\ud800"}, "invalid-body", "name"),
        ({"name": 7}, "invalid-body", "name"),
        ([], "invalid-body", "body"),
        ({"name": "x", "at": {"lon": 110, "lat": 21}}, "unknown-crs", "at.crs"),
        ({"name": "x", "at": {"lon": 110, "lat": 21, "crs": "MARS"}}, "unknown-crs", "at.crs"),
        ({"name": "x", "at": {"lon": 110, "lat": 91, "crs": "WGS84"}}, "invalid-position", "at.lat"),
        ({"name": "x", "at": {"lon": 110, "lat": False, "crs": "WGS84"}}, "invalid-position", "at.lat"),
        ({"name": "x", "at": {"lon": float("nan"), "lat": 21, "crs": "WGS84"}}, "invalid-position", "at.lon"),
    ],
)
async def test_a_wrong_field_is_named(probe, login, body, slug, field):
    headers = await login("gis") | {"Content-Type": "application/json"}
    answer = await probe.post(PATH, headers=headers, content=json.dumps(body))
    problem = check(answer, 422, slug)
    assert [fault["field"] for fault in problem["errors"]] == [field]
    assert field in problem["detail"] or slug == "unknown-crs"


async def test_a_wrong_parameter_is_named(probe, login):
    answer = await probe.get("/api/v1/accounts?limit=0", headers=await login("admin"))
    assert check(answer, 422, "invalid-parameter")["errors"][0]["field"] == "limit"


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        (None, "zh"),
        ("", "zh"),
        ("fr", "zh"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("zh-Hans-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("zh;q=0.3, en;q=0.7", "en"),
        ("en;q=junk", "zh"),
    ],
)
async def test_the_language_is_the_one_asked_for(probe, asked, language):
    answer = await probe.get("/nowhere", headers={"Accept-Language": asked} if asked is not None else {})
    assert answer.headers["content-language"] == language
    assert answer.json()["title"] == catalogue()["problem.not-found.title"][language]


async def test_a_bug_is_a_500_that_tells_nothing(probe):
    answer = await probe.get("/probe/bug")
    check(answer, 500, "internal")
    assert "secret" not in answer.text


async def test_each_request_has_a_number_of_its_own(probe):
    numbers = {(await probe.get("/nowhere")).headers["x-request-id"] for _ in range(3)}
    assert len(numbers) == 3


def test_the_catalogue_has_every_slug_that_the_edge_uses():
    slugs = set(FIELD_SLUGS.values()) | set(HTTP_SLUGS.values()) | {"malformed-request", "internal"}
    for slug in slugs:
        assert f"problem.{slug}.title" in catalogue()
        assert f"problem.{slug}.detail" in catalogue()
