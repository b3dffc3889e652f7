"""What happens in a task from post to close, read from the outbox: no event holds a position, or what is another's."""

import json
import re
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from service.access.rules import Caller, Role
from service.db.base import new_id
from service.events.follow import COLUMNS, ORDER, Happened
from service.live.listener import Listener, message_of
from service.live.rules import View
from tests.dispatch.conftest import dispatcher, effects, let_pass, offers_of, phone, post, read
from tests.reference_city import client, graphs, settings, shared_database, shared_graphs

__all__ = ["client", "dispatcher", "effects", "graphs", "let_pass", "phone", "post", "read"]
__all__ += ["settings", "shared_database", "shared_graphs"]

PLACE_NAMES = {"lon", "lat", "location", "position", "coordinates", "geometry", "geom", "accuracy_m", "point"}
FINE = re.compile(r"\d+\.\d{3,}")
"""A number as fine as a position's; minutes of travel are whole or have a digit or two."""


async def told(session, who):
    """Each event that somebody hears, in their order, and how."""
    listener = Listener(who, (), 1)
    for row in await session.execute(select(*COLUMNS).order_by(ORDER)):
        event = Happened(*row)
        how = listener.view_of(event)
        if how is not None:
            yield event, how, json.loads(message_of(event, how).wire.split(b"data: ")[1])


def names_in(value):
    """Every key in a JSON value."""
    if isinstance(value, dict):
        return set(value) | {name for each in value.values() for name in names_in(each)}
    return {name for each in value for name in names_in(each)} if isinstance(value, list) else set()


@pytest.fixture
async def story(client: httpx.AsyncClient, post, phone, read, let_pass, dispatcher):
    """A task in which everything is done that members and a dispatcher do."""
    task = await post(drill=True)
    yes, no, _, left, *_ = offers_of(task)
    taken = (await phone(yes["member_id"], "POST", f"/offers/{yes['id']}/accept")).json()["engagement"]
    await phone(no["member_id"], "POST", f"/offers/{no['id']}/decline", json={"reason": "在外地"})
    gone = (await phone(left["member_id"], "POST", f"/offers/{left['id']}/accept")).json()["engagement"]
    for step in ("en-route", "on-scene"):
        await phone(yes["member_id"], "POST", f"/engagements/{taken['id']}/{step}")
    await phone(left["member_id"], "POST", f"/engagements/{gone['id']}/withdraw", json={"reason": "车坏了"})
    await phone(yes["member_id"], "PUT", "/me/duty", json={"state": "on"})
    await phone(yes["member_id"], "PUT", "/me/limits", json={"weekly_hours": 10})
    base = f"/api/v1/tasks/{task['id']}"
    assert (await client.post(f"{base}/widen", headers=dispatcher)).is_success
    said = await client.post(f"{base}/messages", headers=dispatcher, json={"text": "集合点在东门"})
    assert said.is_success, said.text
    await let_pass(30)
    await client.post(f"{base}/close", headers=dispatcher)
    return await read(task["id"]), yes["member_id"]


async def test_no_event_holds_a_position_or_a_text_that_somebody_wrote(story, session):
    task, _ = story
    admin = Caller(new_id(), "test", frozenset(Role), areas=("4408",), units=())
    kinds = set()
    async for event, how, out in told(session, admin):
        kinds.add(event.kind)
        assert how is View.WHOLE, event.kind
        assert not names_in(out) & PLACE_NAMES
        numbers = json.dumps({name: value for name, value in out.items() if name != "at"})
        # A time has its digits after a colon.
        assert not [each for each in FINE.findall(re.sub(r"\d\d:\d\d:\d\d\.\d+", "", numbers))], out
        for words in ("在外地", "车坏了", "集合点", task["title"]):
            assert words not in json.dumps(out, ensure_ascii=False)
    assert kinds >= {
        "task.posted",
        "wave.planned",
        "offer.made",
        "offer.accepted",
        "offer.declined",
        "engagement.en_route",
        "engagement.on_scene",
        "engagement.withdrawn",
        "engagement.released",
        "duty.switched",
        "limits.changed",
        "message.sent",
        "task.closed",
    }


async def test_a_member_hears_of_themselves_alone(story, session):
    task, member_id = story
    others = {offer["member_id"] for offer in offers_of(task)} - {member_id}
    assert len(others) > 3
    member = Caller(new_id(), "test", frozenset({Role.MEMBER}), member_id=UUID(member_id))
    kinds = []
    async for event, how, out in told(session, member):
        if event.kind == "map.changed":
            continue
        kinds.append(event.kind)
        assert how is View.OWN, event.kind
        text = json.dumps(out)
        assert not [other for other in others if other in text]
        assert (task["id"] in text) is event.kind.startswith(("engagement.", "message."))
    assert kinds[:2] == ["offer.made", "offer.accepted"]
    assert {"engagement.en_route", "engagement.on_scene", "engagement.released", "message.sent"} <= set(kinds)
