"""Values that the city has, put where generated ones were: junk alone gets no farther than 404 and 422."""

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

from schemathesis import Case
from sqlalchemy import text

from tests.conftest import NOON
from tests.contract.live import Live, Somebody

CHIKAN = {"lon": 110.36, "lat": 21.27, "crs": "CGCS2000"}
QUAY = {"lon": 110.42, "lat": 21.19, "crs": "GCJ02"}
LATER = (NOON + timedelta(days=20)).isoformat()

Values = dict[str, list[Any]]
"""By the name of the parameter or field."""

OF_THE_CITY = {
    "account_id": "SELECT id FROM account ORDER BY username LIMIT 20",
    "device_id": "SELECT id FROM device ORDER BY token_hash LIMIT 20",
    "member_id": "SELECT id FROM member ORDER BY number DESC LIMIT 20",
    "unit_code": "SELECT code FROM unit ORDER BY code LIMIT 20",
    "member": "SELECT number FROM member ORDER BY number DESC LIMIT 20",
    "skill": "SELECT code FROM skill ORDER BY code",
    "category": "SELECT DISTINCT category FROM playbook ORDER BY category",
    "home_community": "SELECT code FROM grid WHERE level = 'community' ORDER BY code LIMIT 20",
    "area": "SELECT code FROM grid WHERE level IN ('city', 'county') ORDER BY code",
}


async def values_of_the_city(city: Live) -> Values:
    """What is there from the start."""
    async with city.sessions() as session:
        found = {name: list(await session.scalars(text(sql))) for name, sql in OF_THE_CITY.items()}
    values: Values = {name: [str(value) for value in column] for name, column in found.items()}
    units, categories = values["unit_code"], values["category"]
    cursors = [urlsafe_b64encode(UUID(each).bytes).decode().rstrip("=") for each in values["member_id"]]
    return values | {
        "code": units,
        "unit": units,
        "units": units,
        "areas": values["area"],
        "skills": values["skill"],
        "opted_out": categories,
        "member_ids": values["member_id"],
        "account": values["account_id"],
        "slug": ["not-found", "internal"],
        "location": [CHIKAN, QUAY],
        "office": [CHIKAN, QUAY],
        "lon": [CHIKAN["lon"]],
        "lat": [CHIKAN["lat"]],
        "to_member": values["member"],
        "day": [LATER[:10]],
        "needed_by": [LATER],
        "until": [LATER],
        "after": cursors,
        "q": ["赤坎", "街道", "440802"],
        "minutes": [5, 10, 15],
        "people": [5, 10, 20],
        "collection_id": ["governance_grids", "party_grids", "overlay", "coverage", "links", "tasks"],
        "z": [9, 10, 11],
        "row": [224, 225, 449, 450, 451, 900],
        "col": [412, 413, 825, 826, 1651],
    }


def make_real(case: Case, values: Values) -> bool:
    """Put real values in place of most generated ones, in most cases, and say whether that was done.

    The case itself decides which, so that it is the same each time.
    """
    chance = Random(repr((case.path_parameters, case.query, case.body)))
    if chance.random() < 0.3:
        return False

    def walked(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: instead(name, each) for name, each in value.items()}
        return [walked(each) for each in value] if isinstance(value, list) else value

    def instead(name: str, value: Any) -> Any:
        pool = values.get(name)
        if not pool or chance.random() < 0.2:
            return walked(value)
        if isinstance(value, list):
            return [instead_of_item(item, pool) for item in value]
        return chance.choice(pool)

    def instead_of_item(item: Any, pool: list[Any]) -> Any:
        return {**item, "code": chance.choice(pool)} if isinstance(item, dict) else chance.choice(pool)

    for part in ("path_parameters", "query", "body"):
        setattr(case, part, walked(getattr(case, part)))
    return True


@dataclass(frozen=True)
class UnderWay:
    """A task with somebody on the way, somebody who has not answered yet, and the ids of it all."""

    engaged: Somebody
    asked: Somebody
    values: Values

    def member_for(self, case: Case) -> Somebody:
        """Whose the request can be."""
        return self.engaged if "engagements" in case.operation.path else self.asked


@contextmanager
def something_under_way(city: Live, dispatcher: Somebody) -> Iterator[UnderWay]:
    """Post an emergency of three seats, have the first member say yes, and call it off afterwards."""
    body = {
        "category": "emergency_response",
        "title": "爆管抢险",
        "urgency": "critical",
        "location": CHIKAN,
        "seats": [{"count": 3}],
    }
    task = city.call("POST", "/tasks", dispatcher.headers, json=body)
    offers = [offer for wave in task["waves"] for offer in wave["offers"]]
    engaged, asked = (city.member(offer["member_id"]) for offer in offers[:2])
    accepted = city.call("POST", f"/offers/{offers[0]['id']}/accept", engaged.headers)
    yield UnderWay(
        engaged,
        asked,
        {
            "task_id": [task["id"]],
            "task": [task["id"]],
            "drop": [seat["id"] for seat in task["seats"]],
            "offer_id": [offer["id"] for offer in offers[:3]],
            "engagement_id": [accepted["engagement"]["id"]],
        },
    )
    city.http.post(f"{city.url}/api/v1/tasks/{task['id']}/cancel", headers=dispatcher.headers)
