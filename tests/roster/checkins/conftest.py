"""A member on duty at NOON, in the west, and check-ins of theirs."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from service.db.base import new_id
from service.roster.rules import Slot
from tests.conftest import NOON

PATH = "/api/v1/checkins"
LON, LAT = 110.4112, 21.2087
"""In the western community."""


def check_in(seconds: float = 0.0, *, east_m: float = 0.0, **changes: Any) -> dict[str, Any]:
    """A check-in so many seconds after NOON, so many metres east of LON."""
    position = {"lon": LON + east_m / 103_800, "lat": LAT, "crs": "WGS84"} | changes.pop("position", {})
    at = (NOON + timedelta(seconds=seconds)).isoformat()
    return {"id": str(new_id()), "at": at, "position": position, "accuracy_m": 10.0} | changes


class Phone:
    """A member's phone."""

    def __init__(self, client: httpx.AsyncClient, headers: dict[str, str], session: Any, member: Any) -> None:
        self.client = client
        self.headers = headers
        self.session = session
        self.member = member

    async def send(self, *items: dict[str, Any], **headers: str) -> list[dict[str, Any]]:
        """The results of check-ins that are sent in one request."""
        answer = await self.client.post(PATH, json=list(items), headers=self.headers | headers)
        assert answer.status_code == 200, answer.text
        assert [each["id"] for each in answer.json()["items"]] == [each["id"] for each in items]
        return answer.json()["items"]

    async def states(self, *items: dict[str, Any]) -> list[str]:
        """What became of them, in a word: the reason, the marks or the state."""
        return [
            each["reason"] or "+".join(each["marks"]) or each["state"] for each in await self.send(*items)
        ]

    async def presence(self) -> Any:
        """The member's row of presence; None without one."""
        self.session.expire_all()
        found = await self.session.execute(
            text(
                "SELECT *, ST_X(location) AS lon, ST_Y(location) AS lat FROM presence WHERE member_id = :id"
            ),
            {"id": self.member},
        )
        return found.one_or_none()

    async def presence_at(self) -> datetime | None:
        """The time of it."""
        row = await self.presence()
        return row and row.at

    async def kept(self) -> list[str]:
        """The ids of the member's check-ins that are kept, by time."""
        found = await self.session.scalars(
            text("SELECT id::text FROM checkin WHERE member_id = :id ORDER BY at"), {"id": self.member}
        )
        return list(found)


@pytest.fixture
async def phone(client, city, login, session):
    """The phone of a member who is on duty from 11:40 to 13:20."""
    member = await city.member("M1", duty_slots=[Slot(2, 700, 800)])
    return Phone(client, await login("member", member_id=member), session, member)


@pytest.fixture
async def idle(client, city, login, session):
    """The phone of a member who is off duty."""
    member = await city.member("M2")
    return Phone(client, await login("member", member_id=member), session, member)
