"""A GIS officer's account, and its API key, over every readable route: no member, no offer, no position comes out."""

import json
import re
from itertools import pairwise
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select, text

from service.access import keys
from service.access.commands import SESSION, open_device
from service.access.models import Account
from service.access.queries import as_caller
from service.access.rules import READ_ACTIONS, RULES, Role
from service.access.tokens import Tokens
from service.ogc.collections import COLLECTIONS
from tests.conftest import NOON

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
    "skill": "first_aid",
}
"""Values for the parameters that a route asks for, or gives more for."""
ASKED_FOR_IN_FULL = {"area", "minutes", "people", "geometry", "lon", "lat", "crs", "q"}


async def phone_of(session, settings, member_id):
    """Headers of a member's own account."""
    account_id = await session.scalar(select(Account.id).where(Account.member_id == UUID(member_id)))
    device_id, _ = await open_device(session, account_id, SESSION, "test", NOON, None)
    await session.commit()
    return {"Authorization": f"Bearer {Tokens(settings).issue(account_id, device_id, NOON)}"}


NOBODY = "01a20d8b-0000-7000-8000-000000000000"


@pytest.fixture
async def staffed(client, login, session, settings):
    """A task with offers and somebody on the way; gives the ids that a path may name."""
    dispatcher = await login("dispatcher", areas=["4408"])
    task = {
        "category": "emergency_response",
        "title": "张三家进水",
        "urgency": "critical",
        "location": {"lon": 110.36, "lat": 21.27, "crs": "CGCS2000"},
        "seats": [{"count": 2}],
    }
    posted = (await client.post("/api/v1/tasks", headers=dispatcher, json=task)).json()
    offer = posted["waves"][0]["offers"][0]
    phone = await phone_of(session, settings, offer["member_id"])
    accepted = (await client.post(f"/api/v1/offers/{offer['id']}/accept", headers=phone)).json()
    return {
        "task_id": posted["id"],
        "offer_id": offer["id"],
        "member_id": offer["member_id"],
        "engagement_id": accepted["engagement"]["id"],
        "account_id": str(await session.scalar(text("SELECT id FROM account LIMIT 1"))),
        "device_id": str(await session.scalar(text("SELECT id FROM device LIMIT 1"))),
        "unit_code": "U001",
        "category": "emergency_response",
        "version": "1",
        "slug": "not-found",
        "name": "favicon.png",
        "feature_id": "440802",
        "tileMatrix": "10",
        "z": "10",
        "row": "450",
        "col": "825",
    }


@pytest.fixture
async def secrets(session, staffed):
    """What identifies a person or tells where one is: ids, numbers, names, usernames of phones, fresh positions."""
    people = await session.execute(text("SELECT id::text, number, name FROM member"))
    found = {value for row in people for value in row}
    for table in ("offer", "engagement", "device"):
        found |= set(await session.scalars(text(f"SELECT id::text FROM {table}")))
    places = await session.execute(text("SELECT ST_X(location), ST_Y(location) FROM presence"))
    found |= {place_word(*place) for place in places}
    assert len(found) > 8000
    return found


async def key_headers(session, username, actions):
    """HTTP Basic with a new key of an account."""
    account = await session.scalar(text("SELECT id FROM account WHERE username = :name"), {"name": username})
    made = await keys.make(
        session, as_caller(await session.get_one(Account, account)), "QGIS", actions, None, NOON
    )
    await session.commit()
    return made.key


def place_word(lon, lat):
    """A position to the metre, as one word: less, and a vertex of some border would be taken for it."""
    return f"{lon:.5f} {lat:.5f}"


def words_of(answer):
    """The words of an answer, and each two numbers that follow each other as the position that they may be."""
    if "json" in answer.headers.get("content-type", ""):
        body = json.dumps(answer.json(), ensure_ascii=False)
    else:
        # Pages, tables and tiles; in a tile no text of a length that matters here begins right behind a letter.
        body = answer.content.decode("utf-8", "replace")
    words = re.findall(r"[^\s,;:\"'()\[\]{}<>=]+", body) + re.findall(r"[\w·-]+", body)
    numbers = [float(each) for each in re.findall(r"-?\d+\.\d+", body)]
    places = {place_word(*both) for both in pairwise(numbers)} | {
        place_word(b, a) for a, b in pairwise(numbers)
    }
    return set(words) | places


def readable(client, ids):
    """The address of every GET of the service, with real ids and the parameters that show the most."""
    app = client._transport.app
    for path, operations in app.openapi()["paths"].items():
        operation = operations.get("get")
        if operation is None:
            continue
        query = {
            each["name"]: QUERY[each["name"]]
            for each in operation.get("parameters", [])
            if each["in"] == "query"
            and each["name"] in QUERY
            and (each.get("required") or each["name"] in ASKED_FOR_IN_FULL)
        }
        if path.startswith("/ogc"):
            query = {}
        if "{collection_id}" in path:
            for collection in COLLECTIONS:
                yield path.replace("{collection_id}", collection), query, ids
        else:
            yield path, query, ids


def filled(path, ids):
    """A path with real ids, where there are such; a code is a unit's."""
    return re.sub(
        r"\{(\w+)\}", lambda found: ids.get(found[1]) or (NOBODY if "_id" in found[1] else "U001"), path
    )


def test_a_person_would_be_seen_in_every_form_of_answer():
    """The tests below find nothing: here is that they would."""
    number, name = "M0002", "示例·丙寅0002"
    tile = (
        b"\x1a\x2a\x0a\x05tasks\x22\x14\x0a\x12"
        + name.encode()
        + b"\x22\x26\x0a\x24"
        + NOBODY.encode()
        + b"\x22\x08"
    )
    table = f"id,name\r\n{number},{name}\r\n".encode()
    form = f'<td class="number">{number}</td><td>{name}</td><a href="/x/{NOBODY}">110.36012</a> 21.27034'.encode()
    for body, kind, seen in (
        (tile, "application/vnd.mapbox-vector-tile", {name, NOBODY}),
        (table, "text/csv", {name, number}),
        (form, "text/html", {name, number, NOBODY, "110.36012 21.27034"}),
    ):
        answer = httpx.Response(200, content=body, headers={"content-type": kind})
        assert seen <= words_of(answer), kind


@pytest.mark.parametrize("door", ["token", "key"])
async def test_no_readable_route_shows_a_person(client, login, session, staffed, secrets, door):
    token = await login("gis", areas=["4408"])
    me = (await client.get("/api/v1/me", headers=token)).json()
    auth = None
    if door == "key":
        granted = [action for action in READ_ACTIONS if Role.GIS in RULES[action]]
        auth = (me["username"], await key_headers(session, me["username"], granted))
    answers: dict[int, int] = {}
    for path, query, ids in readable(client, staffed):
        address = filled(path, ids)
        forms = [query]
        if path.endswith("/items"):
            forms = [{"limit": "2000", "f": form} for form in ("json", "html", "csv")]
        if path == "/api/v1/events":
            # A stream does not end by itself.
            forms = [{"poll": "true"}]
        for form in forms:
            answer = await client.get(address, params=form, headers=None if auth else token, auth=auth)
            answers[answer.status_code] = answers.get(answer.status_code, 0) + 1
            assert answer.status_code < 500, (address, answer.text[:200])
            shown = words_of(answer)
            asked = set(ids.values())
            assert not (shown & secrets) - asked, (address, form, sorted((shown & secrets) - asked)[:3])
            if answer.status_code == 200:
                assert not shown & {ids["member_id"], ids["offer_id"], ids["engagement_id"]}, address
    assert answers[200] > 40
    assert answers[403] > 5


@pytest.mark.parametrize(
    "filter",
    [
        "member_id = 'x'",
        "location IS NOT NULL",
        "title LIKE '%'",
        "EXISTS(SELECT 1 FROM member)",
        "id IN (SELECT task_id FROM offer)",
        "pg_sleep(5) IS NULL",
        "query_to_xml('SELECT * FROM member', true, false, '') IS NOT NULL",
        "S_INTERSECTS(location, POINT(110 21))",
        "created_by = 'x' OR 1 = 1; SELECT * FROM member",
    ],
)
async def test_no_filter_reaches_beyond_the_view(client, gis, staffed, filter):
    for collection in ("tasks", "coverage"):
        address = f"/ogc/collections/{collection}/items"
        answer = await client.get(address, params={"filter": filter}, headers=gis)
        assert answer.status_code == 400, answer.text
