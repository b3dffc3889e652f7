"""Privacy is tested on the reference city, with a member put where a test wants them."""

from typing import NamedTuple
from uuid import UUID

import pytest
from sqlalchemy import text

from service.db.base import new_id
from tests.dispatch.conftest import CHIKAN, dispatcher, let_pass, offers_of, phone, post, read
from tests.dispatch.people import normal_members, put
from tests.reference_city import client, graphs, settings, shared_database, shared_graphs

SPOT = (110.3612345, 21.2712345)
"""Where the member is: to the decimetre, in the county 赤坎区 as CHIKAN is."""


class Someone(NamedTuple):
    """A member of a test, and their task once they were asked."""

    member: str
    offer: str | None = None
    task: str | None = None


@pytest.fixture
async def nearest(session, clock):
    """A member on duty at SPOT, with a check-in from there; nothing is known of where anybody else is."""
    await session.execute(text("DELETE FROM presence"))
    (member,) = await normal_members(session, 1, "m.opted_out = '{}'")
    await put(session, clock.at, member, place=SPOT)
    await session.execute(text("CREATE TABLE IF NOT EXISTS checkin_default PARTITION OF checkin DEFAULT"))
    await session.execute(
        text(
            "INSERT INTO checkin (at, id, member_id, received_at, lon, lat, accuracy_m, grid_id, marks)"
            " SELECT :at, :id, :member, :at, :lon, :lat, 10, grid_id, '{}' FROM presence WHERE member_id = :member"
        ),
        {"at": clock.at, "id": new_id(), "member": UUID(member), "lon": SPOT[0], "lat": SPOT[1]},
    )
    await session.commit()
    return member


@pytest.fixture
def asked(post, nearest):
    """Ask the member at SPOT for a task there; gives them with the offer."""

    async def asked(**changes):
        task = await post(*CHIKAN, **changes)
        offer = next(each for each in offers_of(task, "pending") if each["member_id"] == nearest)
        return Someone(nearest, offer["id"], task["id"])

    return asked


@pytest.fixture
def move(phone):
    """Have a member accept and go as far as a state."""

    async def move(someone, state):
        taken = (await phone(someone.member, "POST", f"/offers/{someone.offer}/accept")).json()
        engagement = taken["engagement"]["id"]
        for step in {"accepted": [], "en_route": ["en-route"], "on_scene": ["en-route", "on-scene"]}[state]:
            answer = await phone(someone.member, "POST", f"/engagements/{engagement}/{step}")
            assert answer.status_code == 200, answer.text
        return engagement

    return move
