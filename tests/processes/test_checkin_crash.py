"""kill -9 under check-in load, two processes sent the same check-ins: what was acknowledged is there, nothing twice."""

import asyncio
import random
from collections import Counter

import httpx

from service.db.base import new_id, utcnow
from tests.processes.fleet import DEADLINE_SECONDS, at_most, until

PHONES = 24
EACH = 40
"""Requests of each phone, of up to three check-ins."""
PLACE = {"lon": 110.36, "lat": 21.27, "crs": "WGS84"}


class Phone:
    """A phone that sends what it has until it is acknowledged, and notes what was."""

    def __init__(self, apis, headers, seed):
        self.apis = apis
        self.headers = headers
        self.draw = random.Random(seed)
        self.noted = {}
        self.met = Counter()

    async def walk(self, gone_on):
        """Send all requests, each again and again until it is answered."""
        for number in range(EACH):
            items = [self.check_in() for _ in range(self.draw.randint(1, 3))]
            for result in await self.send(items):
                assert result["state"] in ("stored", "stale", "duplicate"), result
                self.noted[result["id"]] = result["state"]
            gone_on.append(number)

    def check_in(self):
        """One of now."""
        position = PLACE | {"lon": 110.36 + self.draw.random() / 10_000}
        return {"id": str(new_id()), "at": utcnow().isoformat(), "position": position, "accuracy_m": 20.0}

    async def send(self, items):
        """The results, once there are any."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            while True:
                api = self.draw.choice(self.apis)
                try:
                    answer = await api.client.post("/api/v1/checkins", json=items, headers=self.headers)
                except httpx.TransportError:
                    self.met["no answer"] += 1
                    await asyncio.sleep(0.05)
                    continue
                self.met[answer.status_code] += 1
                if answer.status_code == 200:
                    return answer.json()["items"]
                assert answer.status_code == 503, answer.text


def phones_of(apis, callers):
    """So many phones."""
    headers = sorted(callers.phones.items())[:PHONES]
    return [Phone(apis, each, seed) for seed, (_, each) in enumerate(headers)]


async def test_a_killed_process_loses_nothing_acknowledged_and_doubles_nothing(fleet, look, now_callers):
    apis = [await fleet.serve()]
    phones, gone_on = phones_of(apis, now_callers), []

    def past(part):
        async def reached():
            return len(gone_on) > part * PHONES * EACH

        return reached

    async with asyncio.TaskGroup() as group:
        for phone in phones:
            group.create_task(phone.walk(gone_on))
        for part in (0.2, 0.5):
            await until(past(part))
            await apis[0].kill()
            apis[0] = await fleet.serve(apis[0].port)

    noted = Counter({id: 1 for phone in phones for id in phone.noted})
    assert sum(phone.met["no answer"] for phone in phones) > 0
    kept = Counter(await look.column("SELECT id::text FROM checkin"))
    assert kept == noted
    newest = (
        "SELECT count(*) FROM presence p JOIN (SELECT member_id, max(at) AS at FROM checkin GROUP BY 1) c"
    )
    assert (
        await look.value(f"{newest} USING (member_id) WHERE least(c.at, p.at) = p.at AND p.at <> c.at")
        <= PHONES
    )


async def test_two_processes_are_sent_the_same_at_once(fleet, look, now_callers):
    apis = await fleet.serve_two()
    phones = phones_of(apis, now_callers)
    sets = [[phone.check_in() for _ in range(5)] for phone in phones]

    async def send(phone, api, items):
        answer = await api.client.post("/api/v1/checkins", json=items, headers=phone.headers)
        assert answer.status_code == 200, answer.text
        return [each["state"] for each in answer.json()["items"]]

    for _ in range(3):
        answers = await at_most(
            3 * PHONES,
            *(send(phone, api, items) for phone, items in zip(phones, sets, strict=True) for api in apis * 2),
        )
        assert {state for each in answers for state in each} <= {"stored", "stale", "duplicate"}
    kept = Counter(await look.column("SELECT id::text FROM checkin"))
    assert kept == Counter({item["id"]: 1 for items in sets for item in items})
    assert (
        await look.value("SELECT count(*) FROM presence WHERE at > now() - interval '10 minutes'") == PHONES
    )
