"""Duty handed from one member to another, over REST."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from service.roster.rules import Slot
from tests.roster.conftest import EAST_UNIT, WEST_UNIT, City, build

TOMORROW = "2026-06-04"
PATH = "/api/v1/me/handovers"


async def put_in(city):
    """A member with duty on Thursday, morning and evening; two colleagues, of whom one is there in the evening; and
    somebody of another unit."""
    return {
        "M1": await city.member("M1", duty_slots=[Slot(3, 480, 720), Slot(3, 1080, 1320)]),
        "M2": await city.member("M2"),
        "M3": await city.member("M3", duty_slots=[Slot(3, 1300, 1440)]),
        "E1": await city.member("E1", unit=EAST_UNIT),
    }


@pytest.fixture
async def people(city):
    """The four of them."""
    return await put_in(city)


@pytest.fixture
async def as_(client, login, people):
    """`await as_("M1", "POST", path, body)`: the answer's status, and its body or type."""
    headers = {number: await login("member", member_id=people[number]) for number in people}

    async def call(number, method, path, body=None, **options):
        answer = await client.request(method, path, json=body, headers=headers[number], **options)
        found = answer.json()
        return answer.status_code, found.get("type", found)

    return call


async def test_from_the_proposal_to_the_other_being_on_duty(client, city, people, as_, manager):
    status, made = await as_("M1", "POST", PATH, {"to_member": "M2", "day": TOMORROW})
    assert status == 201
    assert made == {
        "id": made["id"],
        "state": "proposed",
        "from_member": {"id": str(people["M1"]), "number": "M1", "name": "队员M1"},
        "to_member": {"id": str(people["M2"]), "number": "M2", "name": "队员M2"},
        "day": TOMORROW,
        "from": "08:00",
        "to": "22:00",
        "start": "2026-06-04T00:00:00Z",
        "end": "2026-06-04T14:00:00Z",
        "created_at": "2026-06-03T04:00:00Z",
        "decided_at": None,
    }
    seen = (await as_("M2", "GET", PATH, params={"state": "proposed"}))[1]
    assert seen == {"items": [made], "next": None}
    unit = f"/api/v1/units/{WEST_UNIT}/calendar"
    assert (await client.get(unit, headers=manager)).json()["handovers"] == [made]
    accept = f"/api/v1/handovers/{made['id']}/accept"
    assert (await as_("M1", "POST", accept))[0] == 404
    assert (await as_("E1", "POST", accept))[0] == 404
    status, taken = await as_("M2", "POST", accept)
    assert (status, taken["state"], taken["decided_at"]) == (200, "accepted", "2026-06-03T04:00:00Z")
    assert await as_("M2", "POST", accept) == (200, taken)
    assert (await as_("M1", "POST", f"/api/v1/handovers/{made['id']}/cancel")) == (
        409,
        "/problems/wrong-state",
    )

    async def thursday(number):
        calendar = (await as_(number, "GET", "/api/v1/me/calendar", params={"from": TOMORROW, "days": 1}))[1]
        return [
            (
                each["from"],
                each["to"],
                each["on_duty"],
                (each["handed_over_to"] or {}).get("number"),
                (each["handed_over_from"] or {}).get("number"),
            )
            for each in calendar["periods"]
        ]

    assert await thursday("M1") == [
        ("08:00", "12:00", False, "M2", None),
        ("18:00", "22:00", False, "M2", None),
    ]
    assert await thursday("M2") == [
        ("08:00", "12:00", True, None, "M1"),
        ("18:00", "22:00", True, None, "M1"),
    ]
    for kind in ("proposed", "accepted"):
        events = await city.events(f"duty.handover_{kind}")
        data = {"handover": made["id"], "day": TOMORROW}
        assert events == [(None, [WEST_UNIT], people[number], data) for number in ("M1", "M2")]
    back = await as_("M2", "POST", PATH, {"to_member": "M1", "day": TOMORROW, "to": "12:00"})
    assert (back[0], back[1]["from"], back[1]["to"]) == (201, "08:00", "12:00")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"to_member": "M2", "day": "2026-06-05"}, (409, "/problems/not-on-duty-then")),
        ({"to_member": "M2", "from": "07:00", "to": "12:00"}, (409, "/problems/not-on-duty-then")),
        ({"to_member": "M2", "from": "09:00", "to": "14:00"}, (409, "/problems/not-on-duty-then")),
        ({"to_member": "M2", "from": "13:00", "to": "14:00"}, (409, "/problems/not-on-duty-then")),
        ({"to_member": "M3"}, (409, "/problems/colleague-on-duty-then")),
        ({"to_member": "E1"}, (422, "/problems/no-such-colleague")),
        ({"to_member": "M1"}, (422, "/problems/no-such-colleague")),
        ({"to_member": "M9"}, (422, "/problems/no-such-colleague")),
        ({"to_member": "01900000-0000-7000-8000-000000000000"}, (422, "/problems/no-such-colleague")),
        ({"to_member": "M2", "from": "12:00", "to": "08:00"}, (422, "/problems/invalid-body")),
        ({"to_member": "M2", "day": "9999-12-31"}, (409, "/problems/not-on-duty-then")),
    ],
)
async def test_what_cannot_be_handed_over(as_, body, expected):
    assert await as_("M1", "POST", PATH, {"day": TOMORROW} | body) == expected


@pytest.fixture
def thursday_morning(clock):
    """Five minutes before the duty of the first begins."""
    clock.at += timedelta(hours=19, minutes=55)


async def test_duty_that_has_begun_is_handed_over_no_more(thursday_morning, as_, clock):
    made = (await as_("M1", "POST", PATH, {"to_member": "M3", "day": TOMORROW, "to": "12:00"}))[1]
    clock.at += timedelta(minutes=5)
    late = await as_("M3", "POST", f"/api/v1/handovers/{made['id']}/accept")
    assert late == (409, "/problems/handover-begun")
    again = await as_("M1", "POST", PATH, {"to_member": "M3", "day": TOMORROW, "to": "12:00"})
    assert again == (422, "/problems/time-in-past")
    evening = {"to_member": "M2", "day": TOMORROW, "from": "18:00"}
    assert (await as_("M1", "POST", PATH, evening))[0] == 201


async def test_what_changed_since_the_proposal_is_told(client, people, as_, manager):
    body = {"to_member": "M2", "day": TOMORROW, "to": "12:00"}
    made = (await as_("M1", "POST", PATH, body))[1]
    accept = f"/api/v1/handovers/{made['id']}/accept"

    async def say(number, *periods):
        path = f"/api/v1/members/{people[number]}/duty-exceptions/{TOMORROW}"
        said = [{"from": a, "to": b, "on_duty": on} for a, b, on in periods]
        assert (await client.put(path, json={"periods": said}, headers=manager)).status_code == 200

    await say("M1", ("08:00", "09:00", False))
    assert await as_("M2", "POST", accept) == (409, "/problems/duty-changed")
    await say("M1")
    await say("M2", ("11:00", "11:30", True))
    assert await as_("M2", "POST", accept) == (409, "/problems/colleague-on-duty-then")
    await say("M2", ("07:00", "08:00", True), ("12:00", "13:00", False))
    assert (await as_("M2", "POST", accept))[0] == 200
    calendar = (await as_("M2", "GET", "/api/v1/me/calendar", params={"from": TOMORROW, "days": 1}))[1]
    assert [(each["from"], each["to"], each["on_duty"]) for each in calendar["periods"]] == [
        ("07:00", "08:00", True),
        ("08:00", "12:00", True),
        ("12:00", "13:00", False),
    ]


async def test_a_no_and_a_withdrawal_leave_duty_where_it_was(city, people, as_):
    for who, verb, state in (("M2", "decline", "declined"), ("M1", "cancel", "cancelled")):
        made = (await as_("M1", "POST", PATH, {"to_member": "M2", "day": TOMORROW}))[1]
        path = f"/api/v1/handovers/{made['id']}/{verb}"
        other = "M1" if who == "M2" else "M2"
        assert (await as_(other, "POST", path))[0] == 404
        status, done = await as_(who, "POST", path)
        assert (status, done["state"]) == (200, state)
        assert await as_(who, "POST", path) == (200, done)
        accept = f"/api/v1/handovers/{made['id']}/accept"
        assert await as_("M2", "POST", accept) == (409, "/problems/wrong-state")
        assert len(await city.events(f"duty.handover_{state}")) == 2
    assert await city.events("duty.planned") == []
    newest = (await as_("M1", "GET", PATH, params={"limit": 1}))[1]
    assert newest["next"] is not None
    rest = (await as_("M1", "GET", PATH, params={"after": newest["next"]}))[1]
    assert len(newest["items"] + rest["items"]) == 2


async def test_of_two_who_are_asked_at_once_one_takes_it(fresh_client, fresh_sessions, fresh_login, clock):
    async with fresh_sessions() as session:
        await build(session, clock.at)
        people = await put_in(City(session, clock))
    own = {number: await fresh_login("member", member_id=people[number]) for number in people}
    paths = {}
    for taker in ("M2", "M3"):
        body = {"to_member": taker, "day": TOMORROW, "to": "12:00"}
        made = await fresh_client.post(PATH, json=body, headers=own["M1"])
        paths[taker] = f"/api/v1/handovers/{made.json()['id']}/accept"
    answers = await asyncio.gather(
        *(fresh_client.post(path, headers=own[taker]) for taker, path in paths.items())
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    async with fresh_sessions() as session:
        found = await session.execute(
            text("SELECT on_duty, count(*) FROM duty_exception GROUP BY on_duty ORDER BY on_duty")
        )
        assert [tuple(row) for row in found] == [(False, 1), (True, 1)]
