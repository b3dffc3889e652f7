"""No other way leads to a member's position: every readable route, what is kept beside it, and the logs."""

import re
from uuid import UUID

import pytest
from sqlalchemy import text

from tests.privacy.conftest import SPOT
from tests.privacy.life import everywhere

SEEN = tuple(f"{number:.5f}" for number in SPOT)
"""The place to the metre, as it begins in whatever form it comes."""
QUERY = {
    "lon": "110.36",
    "lat": "21.27",
    "crs": "CGCS2000",
    "area": "440802",
    "minutes": "10",
    "people": "10",
    "level": "I",
    "q": "街道",
    "geometry": "true",
    "from": "2026-06-01",
    "days": "7",
    "poll": "true",
}
"""Values for the parameters that a route asks for, or gives more for."""
ROLES = {
    "dispatcher of another area": ("dispatcher", ["440803"]),
    "dispatcher of the area": ("dispatcher", ["4408"]),
    "unit_manager": ("unit_manager", ["4408"]),
    "gis": ("gis", ["4408"]),
    "auditor": ("auditor", ["4408"]),
    "admin": ("admin", ["4408"]),
    "another member": ("member", []),
}
ALLOWED = {"/api/v1/positions"}
"""Where a dispatcher of the area sees it."""


def reads(client, ids):
    """(route, address, query) of every GET of the service, with real ids where there are such."""
    for path, operations in client._transport.app.openapi()["paths"].items():
        if "get" not in operations:
            continue
        names = {each["name"] for each in operations["get"].get("parameters", []) if each["in"] == "query"}
        query = {} if path.startswith("/ogc") else {name: QUERY[name] for name in names & set(QUERY)}
        address = re.sub(r"\{(\w+)\}", lambda found: ids.get(found[1], "U001"), path)
        for form in ("json", "csv") if path.endswith("/items") else (None,):
            yield path, address, query | ({"f": form, "limit": "2000"} if form else {})


@pytest.fixture
async def engaged(session, asked, move):
    """The member at SPOT on the scene; gives the ids that a path may name."""
    someone = await asked()
    engagement = await move(someone, "on_scene")
    units = "SELECT u.code FROM unit u JOIN member m ON m.unit_id = u.id WHERE m.id = :id"
    return {
        "task_id": someone.task,
        "offer_id": someone.offer,
        "member_id": someone.member,
        "engagement_id": engagement,
        "code": await session.scalar(text(units), {"id": UUID(someone.member)}),
        "account_id": str(await session.scalar(text("SELECT id FROM account LIMIT 1"))),
        "category": "emergency_response",
        "version": "1",
        "slug": "not-found",
        "collection_id": "tasks",
        "feature_id": someone.task,
        "tileMatrix": "10",
        "z": "10",
        "row": "450",
        "col": "825",
    }


@pytest.mark.parametrize("who", ROLES)
async def test_no_other_route_tells_where_an_engaged_member_is(client, session, login, engaged, who):
    role, areas = ROLES[who]
    member_id = None
    if role == "member":
        others = "UPDATE account SET member_id = NULL WHERE member_id = (SELECT id FROM member WHERE id <> :id LIMIT 1)"
        await session.execute(text(others), {"id": UUID(engaged["member_id"])})
        await session.commit()
        nobodys = "SELECT id FROM member WHERE id NOT IN (SELECT member_id FROM account WHERE member_id IS NOT NULL)"
        member_id = await session.scalar(text(nobodys))
    headers = await login(role, areas=areas, units=[engaged["code"]], member_id=member_id)
    answers, told = [], set()
    for route, address, query in reads(client, engaged):
        answer = await client.get(address, params=query, headers=headers)
        assert answer.status_code < 500, (address, answer.text[:200])
        answers.append(answer.status_code)
        if any(number in answer.text for number in SEEN):
            told.add(route)
    assert told == (ALLOWED if who == "dispatcher of the area" else set())
    assert answers.count(200) > 5


async def test_it_is_kept_where_it_belongs_and_nowhere_else(client, session, login, engaged):
    headers = await login("dispatcher", areas=["4408"])
    await client.get("/api/v1/positions", params={"area": "440802"}, headers=headers)
    await session.commit()
    # In full: the map's many vertices have some number like it.
    places = await everywhere(session, [f"{number}" for number in SPOT])
    assert list(places.values()) == [{"presence", "checkin_default"}] * 2


async def test_logs_hold_no_position_and_no_token(client, login, phone, asked, move, capsys):
    someone = await asked()
    await move(someone, "on_scene")
    headers = await login("dispatcher", areas=["4408"])
    query = {"area": "440802", "limit": 500}
    shown = await client.get("/api/v1/positions", params=query, headers=headers)
    assert any(number in shown.text for number in SEEN)
    await client.get("/api/v1/positions", params=query | {"crs": "x"}, headers=headers)
    for path in ("/me/position", "/me/looks", "/me/data"):
        assert (await phone(someone.member, "GET", path)).status_code == 200
    wrong = {"id": someone.member, "lon": SPOT[0], "lat": SPOT[1], "crs": "CGCS2000"}
    await phone(someone.member, "POST", "/checkins", json=wrong)
    logged = capsys.readouterr().out
    assert logged.count('"answered"') > 8
    token = headers["Authorization"].removeprefix("Bearer ")
    for secret in (*SEEN, "440802&", token, token.split(".")[2], someone.member):
        assert secret not in logged
