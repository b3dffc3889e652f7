"""Each kind of wrong input is a problem document of its own type, in the language asked for; nothing is stored."""

import re
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from service.texts import Language, catalogue
from tests.dispatch.conftest import task_body

QUAY = (110.47506, 20.36476)
"""At sea, 800 m from the shore of 徐闻县."""
OPEN_SEA = (110.69668, 20.92887)
"""6.2 km from the nearest grid."""
POTOU = (110.52561, 21.15246)
"""In the county 坡头区, which the dispatcher of 赤坎区 (440802) has nothing to do with."""
NOBODY = "00000000-0000-7000-8000-000000000000"


class Request(NamedTuple):
    """A request; `{task}`, `{offer}` and `{engagement}` in its path are ids of another county and member."""

    method: str
    path: str
    options: dict[str, Any]
    who: str | None = "dispatcher"


def get(path: str, who: str | None = "dispatcher", **headers: str) -> Request:
    """A read."""
    return Request("GET", path, {"headers": headers}, who)


def send(path: str, body: Any = None, who: str | None = "dispatcher", method: str = "POST") -> Request:
    """A write with a JSON body."""
    return Request(method, path, {} if body is None else {"json": body}, who)


def post(**changes: Any) -> Request:
    """A task in Chikan with something wrong about it."""
    return send("/tasks", task_body(**changes))


def raw(body: bytes, content_type: str = "application/json", path: str = "/tasks", **headers: str) -> Request:
    """A body byte by byte."""
    return Request("POST", path, {"content": body, "headers": {"Content-Type": content_type} | headers})


def at(**location: Any) -> Request:
    """A task at a place with something wrong about it, written out: JSON proper has no NaN."""
    written = ", ".join(f'"{name}": {value}' for name, value in location.items())
    body = f'{{"category": "emergency_response", "title": "x", "urgency": "critical", "location": {{{written}}}, '
    return raw((body + '"seats": [{"count": 1}]}').encode())


def member(**changes: Any) -> Request:
    """A new member with something wrong about them."""
    body = {
        "number": "Z0001",
        "name": "某某",
        "unit_code": "U001",
        "home_community": "440802004001",
        "tier": "normal",
    }
    return send("/members", body | changes, "admin")


CRS = '"CGCS2000"'
ONE_SEAT = {"skills": [], "count": 1}
SLOT = {"weekday": 0, "from_minute": 480, "to_minute": 720}

PLACES = {
    "6 km off the coast": (post(lon=OPEN_SEA[0], lat=OPEN_SEA[1]), 422, "outside-area"),
    "the other end of the world": (post(lon=-70.0, lat=-21.0), 422, "outside-area"),
    "another county's ground": (post(lon=POTOU[0], lat=POTOU[1]), 403, "outside-your-area"),
    "no crs": (at(lon=110.36, lat=21.27), 422, "unknown-crs"),
    "an unknown crs": (at(lon=110.36, lat=21.27, crs='"EPSG:4326"'), 422, "unknown-crs"),
    "a crs that is null": (at(lon=110.36, lat=21.27, crs="null"), 422, "unknown-crs"),
    "lat false": (at(lon=110.36, lat="false", crs=CRS), 422, "invalid-position"),
    "lat in quotes": (at(lon=110.36, lat='"21.27"', crs=CRS), 422, "invalid-position"),
    "lat missing": (at(lon=110.36, crs=CRS), 422, "invalid-position"),
    "lat beyond the pole": (at(lon=110.36, lat=91, crs=CRS), 422, "invalid-position"),
    "lon NaN": (at(lon="NaN", lat=21.27, crs=CRS), 422, "invalid-position"),
    "lon infinite": (at(lon="1e999", lat=21.27, crs=CRS), 422, "invalid-position"),
    "lon of 400 digits": (at(lon="1" * 400, lat=21.27, crs=CRS), 422, "invalid-position"),
    "no location": (send("/tasks", {"category": "x"}), 422, "invalid-seats"),
}
TASKS = {
    "an unknown category": (post(category="tea_ceremony"), 422, "unknown-category"),
    "a category with SQL in it": (post(category="'; DROP TABLE task --"), 422, "invalid-body"),
    "no seats": (post(seats=[]), 422, "invalid-seats"),
    "0 seats": (post(seats=[{"count": 0}]), 422, "invalid-seats"),
    "10,000 seats": (post(seats=[{"count": 10_000}]), 422, "invalid-seats"),
    "201 seats in two groups": (post(seats=[{"count": 200}, ONE_SEAT]), 422, "invalid-seats"),
    "one seat and a half": (post(seats=[{"count": 1.5}]), 422, "invalid-seats"),
    "seats in words": (post(seats="three"), 422, "invalid-seats"),
    "an unknown skill": (post(seats=[{"skills": ["levitation"]}]), 422, "unknown-skill"),
    "a time in the past": (post(needed_by="2026-06-03T03:59:59Z"), 422, "time-in-past"),
    "a time without an offset": (post(needed_by="2026-06-03T12:00:00"), 422, "invalid-body"),
    "a time in seconds since 1970": (post(needed_by=1_790_000_000), 422, "invalid-body"),
    "a time in quoted seconds": (post(needed_by="1790000000"), 422, "invalid-body"),
    "an unknown urgency": (post(urgency="very"), 422, "invalid-body"),
    "an unknown field": (post(colour="red"), 422, "invalid-body"),
    "a title of blanks": (post(title="  "), 422, "invalid-body"),
    "a title too long": (post(title="长" * 201), 422, "invalid-body"),
    "a title with U+0000": (post(title="a\x00b"), 422, "invalid-body"),
    "a title of half a character": (raw(b'{"title": "\\ud800"}'), 422, "invalid-seats"),
    "a title that is a number": (post(title=7), 422, "invalid-body"),
    "a drill that is a word": (post(drill="yes"), 422, "invalid-body"),
}
BODIES = {
    "a body too large": (raw(b'{"title": "' + b"x" * 1_000_000 + b'"}'), 413, "body-too-large"),
    "broken JSON": (raw(b'{"category": "emergency_response", '), 422, "malformed-json"),
    "not UTF-8": (raw('{"title": "爆管"}'.encode("gbk")), 422, "malformed-request"),
    "nested without end": (raw(b"[" * 100_000), 422, "malformed-request"),
    "no body": (send("/tasks"), 422, "invalid-body"),
    "a body that is a list": (send("/tasks", []), 422, "invalid-body"),
    "a body that is null": (raw(b"null"), 422, "invalid-body"),
    "a form": (raw(b"category=emergency_response", "application/x-www-form-urlencoded"), 422, "invalid-body"),
    "JSON that says it is text": (raw(b'{"category": "x"}', "text/plain"), 422, "invalid-body"),
    "a broken multipart": (raw(b"--x", "multipart/form-data", "/token"), 422, "malformed-request"),
    "an empty Idempotency-Key": (
        raw(b"{}", **{"Idempotency-Key": ""}),
        422,
        "invalid-idempotency-key",
    ),
    "an Idempotency-Key too long": (
        raw(b"{}", **{"Idempotency-Key": "k" * 256}),
        422,
        "invalid-idempotency-key",
    ),
}
ADDRESSES = {
    "an unknown route": (get("/tusks"), 404, "not-found"),
    "a wrong method": (send("/tasks", method="DELETE"), 405, "method-not-allowed"),
    "an id that is none": (get("/tasks/17"), 422, "invalid-parameter"),
    "an id that is nobody's": (get(f"/tasks/{NOBODY}"), 404, "not-found"),
    "a page of no items": (get("/tasks?limit=0"), 422, "invalid-parameter"),
    "a page of 10^30 items": (get(f"/tasks?limit={10**30}"), 422, "invalid-parameter"),
    "a cursor that is not ours": (get("/tasks?after=%00%FF"), 422, "invalid-cursor"),
    "an unknown state": (get("/tasks?state=%27"), 422, "invalid-parameter"),
    "an area with a wildcard": (get("/tasks?area=44%25"), 422, "invalid-parameter"),
    "a time in seconds": (get("/tasks?since=0.5"), 422, "invalid-parameter"),
    "a search for U+0000": (get("/units?q=a%00b"), 422, "invalid-parameter"),
    "an unknown crs of the answer": (get("/tasks?crs=MARS"), 422, "unknown-crs"),
    "a place without its crs": (get("/grids/at?lon=110.36&lat=21.27"), 422, "unknown-crs"),
    "a place that is NaN": (get("/grids/at?lon=nan&lat=21.27&crs=WGS84"), 422, "invalid-position"),
    "a place at sea": (get("/grids/at?lon=110.69668&lat=20.92887&crs=WGS84"), 422, "outside-area"),
}
NOT_YOURS = {
    "another county's task": (get("/tasks/{task}"), 404, "not-found"),
    "another county's ledger": (get("/tasks/{task}/waves"), 404, "not-found"),
    "another county's task, changed": (
        send("/tasks/{task}", {"title": "x"}, method="PATCH"),
        404,
        "not-found",
    ),
    "another county's seats": (send("/tasks/{task}/seats", {"add": [ONE_SEAT]}), 404, "not-found"),
    "another county's task, widened": (send("/tasks/{task}/widen"), 404, "not-found"),
    "another county's task, cancelled": (send("/tasks/{task}/cancel"), 404, "not-found"),
    "another county's task, closed": (send("/tasks/{task}/close"), 404, "not-found"),
    "another county's offers": (send("/tasks/{task}/offers", {"member_ids": [NOBODY]}), 404, "not-found"),
    "another county's check": (send("/tasks/{task}/check", {"member_ids": [NOBODY]}), 404, "not-found"),
    "another county's no-show": (send("/engagements/{engagement}/no-show"), 404, "not-found"),
    "another's offer, accepted": (send("/offers/{offer}/accept", who="M0001"), 404, "not-found"),
    "another's offer, declined": (send("/offers/{offer}/decline", who="M0001"), 404, "not-found"),
    "another's way": (send("/engagements/{engagement}/en-route", who="M0001"), 404, "not-found"),
    "another's arrival": (send("/engagements/{engagement}/on-scene", who="M0001"), 404, "not-found"),
    "another's release": (send("/engagements/{engagement}/release", who="M0001"), 404, "not-found"),
    "another's withdrawal": (send("/engagements/{engagement}/withdraw", who="M0001"), 404, "not-found"),
    "a task posted by a member": (send("/tasks", task_body(), "M0001"), 403, "forbidden"),
    "people read by a GIS officer": (get("/members", "gis"), 403, "forbidden"),
    "nobody's token": (get("/tasks", None), 401, "not-authenticated"),
    "a junk token": (get("/tasks", None, Authorization="Bearer a.b.c"), 401, "not-authenticated"),
    "a scheme that is none": (get("/tasks", None, Authorization="Digest eDp5"), 401, "not-authenticated"),
    "a key that is none": (get("/tasks", None, Authorization="Basic eDp5"), 401, "key-refused"),
}
STEERING = {
    "members that are nobody": (
        send("/tasks/{task}/offers", {"member_ids": [NOBODY]}, "city"),
        422,
        "unknown-members",
    ),
    "nobody chosen": (send("/tasks/{task}/offers", {"member_ids": []}, "city"), 422, "invalid-body"),
    "seats that are none": (send("/tasks/{task}/seats", {"drop": [NOBODY]}, "city"), 422, "unknown-seats"),
    "seats beyond the limit": (
        send("/tasks/{task}/seats", {"add": [{"count": 200}]}, "city"),
        422,
        "invalid-seats",
    ),
    "nothing to change": (send("/tasks/{task}", {}, "city", "PATCH"), 422, "invalid-body"),
    "no title": (send("/tasks/{task}", {"title": None}, "city", "PATCH"), 422, "invalid-body"),
    "needed in the past": (
        send("/tasks/{task}", {"needed_by": "2020-01-01T00:00:00Z"}, "city", "PATCH"),
        422,
        "time-in-past",
    ),
}
PEOPLE = {
    "an unknown unit": (member(unit_code="U999"), 422, "unknown-unit"),
    "an unknown community": (member(home_community="440802999999"), 422, "unknown-community"),
    "a community that is a town": (member(home_community="440802004"), 422, "invalid-body"),
    "a member's unknown skill": (member(skills=[{"code": "levitation"}]), 422, "unknown-skill"),
    "a skill twice": (member(skills=[{"code": "boat"}, {"code": "boat"}]), 422, "invalid-body"),
    "a skill until day 0": (member(skills=[{"code": "boat", "expires_on": 0}]), 422, "invalid-body"),
    "overlapping duty": (member(duty_slots=[SLOT, SLOT | {"to_minute": 600}]), 422, "overlapping-slots"),
    "duty that ends first": (member(duty_slots=[SLOT | {"to_minute": 480}]), 422, "invalid-body"),
    "a number that is taken": (member(number="M0001"), 409, "duplicate"),
    "an office at sea": (
        send(
            "/units",
            {
                "code": "Z1",
                "name": "x",
                "kind": "bureau",
                "office": {"lon": OPEN_SEA[0], "lat": OPEN_SEA[1], "crs": "WGS84"},
            },
            "admin",
        ),
        422,
        "outside-area",
    ),
    "duty until yesterday": (
        send("/me/duty", {"state": "on", "until": "2026-06-02T04:00:00Z"}, "M0001", "PUT"),
        422,
        "time-in-past",
    ),
    "an active that is a word": (
        send(f"/accounts/{NOBODY}", {"active": "yes"}, "admin", "PATCH"),
        422,
        "invalid-body",
    ),
    "a login without a password": (
        Request("POST", "/token", {"data": {"grant_type": "password", "username": "x"}}, None),
        422,
        "invalid-body",
    ),
    "a wrong password": (
        Request(
            "POST", "/token", {"data": {"grant_type": "password", "username": "x", "password": "y"}}, None
        ),
        401,
        "login-failed",
    ),
    "a code that is none": (
        send("/devices/enrol", {"code": "x", "name": "y"}, None),
        401,
        "enrolment-failed",
    ),
}
ALONE = PLACES | TASKS | BODIES | ADDRESSES | PEOPLE
AFTER_A_TASK = NOT_YOURS | STEERING

COUNTS = """
    SELECT tablename, query_to_xml('SELECT count(*) FROM ' || tablename, true, true, '')::text AS rows
    FROM pg_tables WHERE schemaname = current_schema() AND tablename NOT IN ('audit', 'attempts') ORDER BY tablename
"""
"""The rows of each table; the record of refusals and the count of failed logins are there to grow."""


@pytest.fixture
def headers(login, session: AsyncSession) -> Callable[[str | None], Awaitable[dict[str, str]]]:
    """Headers by the name of the caller, or by the id of a member."""
    scopes = {"dispatcher": {"areas": ["440802"]}, "city": {"areas": ["4408"]}}

    async def headers(who: str | None) -> dict[str, str]:
        if who is None:
            return {}
        if who in ("dispatcher", "city", "gis", "admin"):
            return await login("dispatcher" if who == "city" else who, **scopes.get(who, {}))
        member = "m.id = member_id AND :who IN (m.number, m.id::text)"
        freed = text(f"UPDATE account SET member_id = NULL FROM member m WHERE {member} RETURNING m.id")
        member_id = await session.scalar(freed, {"who": who})
        await session.commit()
        return await login("member", member_id=member_id)

    return headers


@pytest.fixture
async def there(client: httpx.AsyncClient, headers) -> dict[str, str]:
    """The ids of a task in another county, of somebody's offer of it and of their engagement."""
    task = (await client.post("/api/v1/tasks", json=task_body(*POTOU), headers=await headers("city"))).json()
    offer = task["waves"][0]["offers"][0]
    phone = await headers(offer["member_id"])
    yes = (await client.post(f"/api/v1/offers/{offer['id']}/accept", headers=phone)).json()
    return {"task": task["id"], "offer": offer["id"], "engagement": yes["engagement"]["id"]}


async def check(client, session, headers, request: Request, status: int, slug: str) -> None:
    """That it is that problem document in Chinese, and on request in English, and that no table has a row more."""
    own = await headers(request.who) | request.options.get("headers", {})
    before = (await session.execute(text(COUNTS))).all()
    assert len(before) > 20
    for language, asked in ((Language.ZH, {}), (Language.EN, {"Accept-Language": "en-GB,en;q=0.9"})):
        options = request.options | {"headers": own | asked}
        answer = await client.request(request.method, f"/api/v1{request.path}", **options)
        problem = answer.json()
        assert (answer.status_code, problem["type"]) == (status, f"/problems/{slug}")
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["content-language"] == language
        assert problem["status"] == status
        assert problem["title"] == catalogue()[f"problem.{slug}.title"][language]
        filled = re.sub(r"\\\{\w+\\\}", ".+", re.escape(catalogue()[f"problem.{slug}.detail"][language]))
        assert re.fullmatch(filled, problem["detail"], re.DOTALL)
    assert (await session.execute(text(COUNTS))).all() == before


@pytest.mark.parametrize(("wrong", "status", "slug"), ALONE.values(), ids=ALONE)
async def test_wrong_input(client, session, headers, wrong, status, slug):
    await check(client, session, headers, wrong, status, slug)


@pytest.mark.parametrize(("wrong", "status", "slug"), AFTER_A_TASK.values(), ids=AFTER_A_TASK)
async def test_what_is_not_ones_own_or_not_there(client, session, headers, there, wrong, status, slug):
    await check(client, session, headers, wrong._replace(path=wrong.path.format(**there)), status, slug)


@pytest.mark.parametrize("language", ["xx", "en;q=junk", "*", ",;=", "zh" * 5000, "\u00e9"])
async def test_no_accept_language_is_wrong(client, headers, language):
    wish = {**await headers("city"), "Accept-Language": language.encode("latin-1")}
    answer = await client.get("/api/v1/tasks?limit=0", headers=wish)
    assert answer.json()["title"] == catalogue()["problem.invalid-parameter.title"]["zh"]
    assert (await client.get("/api/v1/tasks", headers=wish)).status_code == 200


async def test_a_place_too_far_out_names_the_nearest_grid_and_the_distance(client, headers):
    answer = await client.post("/api/v1/tasks", json=task_body(*OPEN_SEA), headers=await headers("city"))
    detail = answer.json()["detail"]
    assert re.search(r"最近的网格是 \S+（4408\d+），距离 6\.2 公里", detail)


async def test_a_quay_is_taken_by_the_nearest_grid_and_says_so(client, headers):
    answer = await client.post("/api/v1/tasks", json=task_body(*QUAY), headers=await headers("city"))
    assert answer.status_code == 201
    assert 795 < answer.json()["snapped_m"] < 805
    assert answer.json()["grid"]["code"].startswith("440825")


async def test_every_field_at_fault_is_named(client, headers):
    body = {"category": "!", "title": "", "urgency": "very", "colour": "red", "location": {"lat": False}}
    answer = await client.post("/api/v1/tasks", json=body, headers=await headers("city"))
    named = {fault["field"] for fault in answer.json()["errors"]}
    assert named == {
        "category",
        "title",
        "urgency",
        "colour",
        "location.lon",
        "location.lat",
        "location.crs",
        "seats",
    }
