"""What is to be seen in the pictures of the console: a week that lies behind, a quiet hour, and a typhoon.

Tasks are posted and answered over REST, as anybody's would be; then their times are moved back in the demo's own
database, since nobody waits a week for a picture. All of it is made up.
"""

import asyncio
import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

import asyncpg
import httpx

SEED = 20251124
WEEK, LIVE = 120, 7
"""Tasks of the week, and of the quiet hour."""
TYPHOON = 44
ORDINARY = (
    ("public_request", "电梯困人，协助物业安抚"),
    ("public_request", "独居老人失联上门查看"),
    ("public_request", "走失儿童协助寻找"),
    ("grassroots_governance", "老旧小区消防通道清障"),
    ("grassroots_governance", "邻里纠纷现场调解"),
    ("grassroots_governance", "集市散场交通疏导"),
    ("project_construction", "施工围挡倒伏排险"),
    ("project_construction", "临时停水送水到户"),
    ("enterprise_development", "园区企业停电协调"),
    ("industry_development", "对虾养殖场增氧机抢修"),
    ("emergency_response", "供水主管爆裂抢修"),
    ("emergency_response", "燃气异味排查疏散"),
)
STORM = (
    "海堤管涌巡查抢险",
    "低洼小区转移群众",
    "渔排人员上岸劝离",
    "倒伏树木清障",
    "安置点物资搬运",
    "地下车库挡水",
    "独居老人转移安置",
    "临时围挡拆除加固",
    "道路积水值守引导",
    "断电小区发电机保障",
)
STRUCK = ("440802", "440803", "440811", "440882", "440825")
"""The counties where the typhoon comes ashore."""
TOWN = ("440802", "440803", "440803", "440811", "440804", "4408", "4408")
"""Where the tasks of the week are: the counties of the town, and the whole city."""
PLACES = """
    SELECT g.code, ST_X(p) AS lon, ST_Y(p) AS lat FROM grid g
    JOIN grid_version v ON v.grid_id = g.id AND v.leaf AND v.valid_to IS NULL,
    LATERAL ST_PointOnSurface(v.geom) AS p WHERE g.layer = 'governance' ORDER BY md5(g.code)
"""


class Times(NamedTuple):
    """Minutes from a task's post to what happened to it."""

    accept: float
    between: float
    """From one yes to the next."""
    travel: float
    work: float


class Story:
    """The city over REST, as its dispatcher and its members, and its database."""

    def __init__(self, root: str, accounts: dict[str, Any], database: asyncpg.Connection) -> None:
        self.client = httpx.AsyncClient(base_url=f"{root}/api/v1", trust_env=False, timeout=60)
        self.accounts = accounts
        self.database = database
        self.phones = {each["member_id"]: each["device_token"] for each in accounts["members"]}
        self.random = Random(SEED)
        self.headers: dict[str, str] = {}
        self.members: dict[str, dict[str, str]] = {}
        self.places: list[Any] = []

    async def begin(self) -> None:
        """Log in, put everybody on duty, and look where grids are."""
        account = self.accounts["dispatcher"]
        self.headers = await self.token(
            grant_type="password", username=account["username"], password=account["password"]
        )
        await self.database.execute(
            "INSERT INTO duty_switch (member_id, state, set_at) SELECT id, 'on', now() FROM member"
            " ON CONFLICT (member_id) DO UPDATE SET state = 'on', until = NULL"
        )
        self.places = await self.database.fetch(PLACES)

    async def token(self, **form: str) -> dict[str, str]:
        """Headers of whoever that is."""
        answer = await self.client.post("/token", data=form)
        return {"Authorization": f"Bearer {answer.raise_for_status().json()['access_token']}"}

    async def call(self, path: str, body: Any = None, *, method: str = "POST", member: str = "") -> Any:
        """Do something as the dispatcher, or as a member."""
        headers = self.headers
        if member:
            if member not in self.members:
                self.members[member] = await self.token(
                    grant_type="refresh_token", refresh_token=self.phones[member]
                )
            headers = self.members[member]
        answer = await self.client.request(method, path, json=body, headers=headers)
        return answer.raise_for_status().json()

    async def post(self, category: str, title: str, urgency: str, place: Any, seats: int) -> dict[str, Any]:
        """A task."""
        body = {
            "category": category,
            "title": title,
            "urgency": urgency,
            "location": {"lon": place["lon"], "lat": place["lat"], "crs": "CGCS2000"},
            "seats": [{"skills": [], "count": seats}],
        }
        task: dict[str, Any] = await self.call("/tasks", body)
        return task

    async def answer(self, task: dict[str, Any], yes: int, no: int) -> list[Any]:
        """So many of those who were asked accept, and so many decline; gives the engagements."""
        offers = [offer for wave in task["waves"] for offer in wave["offers"]]
        taken = []
        for offer in offers[:yes]:
            said = await self.call(f"/offers/{offer['id']}/accept", member=offer["member_id"])
            if said["engagement"] is not None:
                taken.append(said["engagement"])
        for offer in offers[yes : yes + no]:
            await self.call(
                f"/offers/{offer['id']}/decline", {"reason": "正在外地"}, member=offer["member_id"]
            )
        return taken

    async def week(self) -> None:
        """A hundred tasks and some that came and went, more by day than by night."""
        now = datetime.now(UTC)
        for _ in range(WEEK):
            # Most of it happens where most people live.
            near = [each for each in self.places if each["code"].startswith(self.random.choice(TOWN))]
            place = self.random.choice(near)
            category, title = self.random.choice(ORDINARY)
            urgency = self.random.choices(("critical", "urgent", "routine"), (2, 4, 5))[0]
            seats = self.random.choice((2, 2, 3, 4))
            # An emergency asks at once, whatever it is turned into afterwards.
            task = await self.post(category, title, "critical", place, seats)
            short = self.random.random() < 0.09
            await self.answer(task, seats - short, self.random.choice((0, 1, 1, 2)))
            await self.call(f"/tasks/{task['id']}/close", {})
            ago = timedelta(days=self.random.uniform(0.25, 6.4))
            at = (now - ago).replace(minute=self.random.randrange(60))
            if at.hour in range(16, 23):  # The night in the city.
                at -= timedelta(hours=self.random.choice((0, 8, 8, 8)))
            pace = {"critical": 1.0, "urgent": 2.4, "routine": 6.0}[urgency]
            times = Times(
                pace * self.lognormal(1.3, 0.6),
                pace * self.lognormal(1.6, 0.5),
                self.lognormal(14, 0.5),
                self.lognormal(55, 0.5),
            )
            await self.move_back(task["id"], urgency, at, times)
        await self.coverage(now)

    def lognormal(self, median: float, spread: float) -> float:
        """A time of which half are shorter than the median."""
        return median * math.exp(self.random.gauss(0, spread))

    async def move_back(self, task: str, urgency: str, at: datetime, times: Times) -> None:
        """A task of some time ago, with all that happened in it at its time."""
        run, minutes = self.database.execute, timedelta(minutes=1)
        mode = "emergency" if urgency == "critical" else "normal"
        people = await self.database.fetch(
            "SELECT id FROM engagement WHERE task_id = $1 ORDER BY accepted_at, id", task
        )
        yes = at
        for place, person in enumerate(people):
            yes = at + (times.accept + place * times.between) * minutes
            there = yes + times.travel * (1 + 0.2 * place) * minutes
            await run(
                "UPDATE engagement SET accepted_at = $2, move_by = $2, en_route_at = $3, on_scene_at = $4,"
                " ended_at = $5, confirm_by = NULL, rest_until = NULL, state = 'released' WHERE id = $1",
                person["id"],
                yes,
                yes + 2 * minutes,
                there,
                there + times.work * minutes,
            )
            await run(
                "UPDATE offer o SET answered_at = $2 FROM engagement e WHERE e.id = $1 AND o.id = e.offer_id",
                person["id"],
                yes,
            )
        over = yes + (times.travel + times.work + 10) * minutes
        await run(
            "UPDATE offer SET created_at = $2::timestamptz, expires_at = $2::timestamptz + interval '10 minutes',"
            " answered_at = CASE WHEN answer = 'no' THEN $2::timestamptz + interval '3 minutes' ELSE answered_at END,"
            " ended_at = $3, state = CASE WHEN answer IS NULL AND random() < 0.5 THEN 'expired' ELSE state END"
            " WHERE task_id = $1",
            task,
            at,
            yes,
        )
        await run("UPDATE wave SET created_at = $2, mode = $3 WHERE task_id = $1", task, at, mode)
        await run(
            "UPDATE task SET created_at = $2, open_since = $2, ended_at = $3, urgency = $4, mode = $5,"
            " staffed_at = CASE WHEN staffed_at IS NULL THEN NULL ELSE $6::timestamptz END WHERE id = $1",
            task,
            at,
            over,
            urgency,
            mode,
            yes,
        )

    async def coverage(self, now: datetime) -> None:
        """How well the city was covered, hour by hour: less so at night."""
        counties = await self.database.fetch(
            "SELECT left(g.code, 6) AS code, count(*) AS leaves FROM grid g JOIN grid_version v ON v.grid_id = g.id"
            " WHERE g.layer = 'governance' AND v.leaf AND v.valid_to IS NULL GROUP BY 1 ORDER BY 1"
        )
        hour = now.replace(minute=0, second=0, microsecond=0)
        for back in range(1, 7 * 24):
            at = hour - timedelta(hours=back)
            day = 0.5 + 0.5 * math.cos((at.hour + 8 - 14) / 24 * 2 * math.pi)
            for county in counties:
                share = min(1.0, 0.66 + 0.22 * day + self.random.gauss(0, 0.012))
                await self.database.execute(
                    "INSERT INTO coverage_sample (area_code, at, available, leaves, covered)"
                    " VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
                    county["code"],
                    at,
                    int(40 + 60 * day),
                    county["leaves"],
                    int(county["leaves"] * share),
                )

    async def quiet(self) -> None:
        """A few tasks, all of them in hand."""
        for number in range(LIVE):
            category, title = ORDINARY[(number * 5 + 3) % len(ORDINARY)]
            urgency = ("routine", "urgent", "routine", "routine", "urgent", "routine", "routine")[number]
            task = await self.post(category, title, "critical", self.random.choice(self.places[:400]), 2)
            people = await self.answer(task, 2 if number % 3 else 1, 1)
            for person in people[: number % 3]:
                await self.step(person, "en-route", "on-scene")
            await self.age(task["id"], self.random.uniform(4, 50), urgency)

    async def step(self, person: dict[str, Any], *steps: str) -> None:
        """Somebody sets out and arrives."""
        for step in steps:
            await self.call(f"/engagements/{person['id']}/{step}", {}, member=person["member_id"])

    async def age(self, task: str, minutes: float, urgency: str | None = None) -> None:
        """Make a live task, and the yes that was said to it, so much older."""
        ago = timedelta(minutes=minutes)
        await self.database.execute(
            "UPDATE task SET created_at = created_at - $2::interval, open_since = open_since - $2::interval,"
            " staffed_at = staffed_at - $2::interval * 0.8, urgency = coalesce($3, urgency) WHERE id = $1",
            task,
            ago,
            urgency,
        )
        await self.database.execute(
            "UPDATE engagement SET accepted_at = accepted_at - $2::interval * 0.8,"
            " en_route_at = en_route_at - $2::interval * 0.7, on_scene_at = on_scene_at - $2::interval * 0.3"
            " WHERE task_id = $1",
            task,
            ago,
        )
        await self.database.execute(
            "UPDATE wave SET created_at = created_at - $2::interval WHERE task_id = $1", task, ago
        )

    async def typhoon(self) -> str:
        """The city at level II, a county at I, ways over the water closed, and more than there are hands for; gives the
        task that is to be looked at."""
        until = (datetime.now(UTC) + timedelta(hours=14)).isoformat()
        for area, level, reason in (
            ("4408", "II", "台风“演示”预计今晚登陆"),
            ("440825", "I", "台风“演示”登陆点，全县转移"),
        ):
            await self.call("/activations", {"area": area, "level": level, "reason": reason, "until": until})
        links = (await self.call("/links", method="GET"))["items"]
        for link in links[::2]:
            await self.call(f"/links/{link['code']}", {"open": False}, method="PUT")
        struck = [place for place in self.places if place["code"].startswith(STRUCK)]
        self.random.shuffle(struck)
        for number, place in enumerate(struck[:TYPHOON]):
            urgency = "critical" if number % 3 == 0 else "urgent" if number % 3 == 1 else "routine"
            seats = self.random.choice((2, 3, 4, 6))
            task = await self.post("emergency_response", STORM[number % len(STORM)], urgency, place, seats)
            people = await self.answer(task, self.random.randrange(seats + 1), self.random.choice((0, 1)))
            for person in people:
                steps = (("en-route",), ("en-route", "on-scene"), ())[self.random.randrange(3)]
                await self.step(person, *steps)
            await self.age(task["id"], self.random.uniform(1, 70))
        return await self.looked_at()

    async def looked_at(self) -> str:
        """An emergency in the city's middle with people on their way, who report where they are; one needs help."""
        place = {"lon": 110.3622, "lat": 21.2731}
        task = await self.post("emergency_response", "北桥河水位超警，沿岸转移群众", "critical", place, 6)
        people = await self.answer(task, 4, 2)
        for number, person in enumerate(people):
            await self.step(person, *(("en-route", "on-scene") if number < 2 else ("en-route",)))
            at = datetime.now(UTC).isoformat()
            east, north = ((0.0008, 0.0004), (-0.0006, 0.0009), (0.012, -0.009), (-0.014, 0.006))[number]
            position = {"lon": place["lon"] + east, "lat": place["lat"] + north, "crs": "CGCS2000"}
            report = {"id": person["id"], "at": at, "position": position, "accuracy_m": 12}
            await self.call("/checkins", [report], member=person["member_id"])
        await self.call(f"/tasks/{task['id']}/widen", {})
        await self.age(task["id"], 12)
        help_wanted = {"how": "need_help"}
        caller = people[1]
        await self.call(f"/engagements/{caller['id']}/confirm", help_wanted, member=caller["member_id"])
        return str(task["id"])


async def told(root: str, accounts: dict[str, Any], database_url: str, chapters: Sequence[str]) -> Any:
    """Tell some chapters; gives what the last one gave."""
    database = await asyncpg.connect(database_url, server_settings={"search_path": "city_440800,public"})
    story = Story(root, accounts, database)
    await story.begin()
    found = None
    for chapter in chapters:
        found = await getattr(story, chapter)()
    await story.client.aclose()
    await database.close()
    return found


def tell(root: str, accounts: dict[str, Any], database_url: str, *chapters: str) -> Any:
    """The same, for whoever waits; in a thread of its own, as Playwright has a loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, told(root, accounts, database_url, chapters)).result()
