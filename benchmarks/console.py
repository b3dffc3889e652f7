"""The console under a stream of 50 events a second: its memory, what arrives, and how soon it answers a key.

    VANGUARD_TEST_DATABASE_URL=… VANGUARD_CHROMIUM=chromium python -m benchmarks.console [--seconds 60] [--events 50]

In a database of its own, with the demo city (2,000 members, 1,992 grids) and 300 open tasks posted over REST: one real
`vanguard serve`, and the built console in a Chromium that draws the map by the processor alone. Each event is a row of
the outbox with the change that it tells of, in a transaction of its own: tasks change, people set out and arrive, notes
are written. J and K are pressed all the time, from the page's own view: from the key's time stamp to the frame that
shows the other task selected. The same without events comes first, in the same page.
"""

import argparse
import asyncio
import os
import statistics
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from time import perf_counter
from typing import Any, NamedTuple

import asyncpg
import httpx
from playwright.async_api import CDPSession, Page, async_playwright

from benchmarks.measure import heading, scratch, server_versions, unhurried, verdict
from benchmarks.serving import served
from service.access.tokens import Tokens
from service.db.base import new_id, utcnow
from service.db.engine import make_engine, make_sessions
from service.demo.city import build_city
from service.demo.store import store
from service.roster.checkins.commands.partitions import make_partitions
from service.settings import Settings
from service.ui import routes

TASKS, URGENT, CRITICAL, YES = 300, 90, 30, 60
"""Open tasks in all, the urgent and the critical among them, and how many people accept."""
QUIET_SECONDS, SAMPLE_SECONDS, PRESS_SECONDS = 30.0, 5.0, 0.2
LONGEST_SECONDS = 30.0
"""For what was said last to be heard."""
DRAWS = ("--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
KEY = "k" * 43
MEGABYTE = 1_000_000
ON_DUTY = """
    INSERT INTO duty_switch (member_id, state, set_at) SELECT id, 'on', now() FROM member
    ON CONFLICT (member_id) DO UPDATE SET state = 'on', until = NULL
"""
PLACES = """
    SELECT ST_X(p) AS lon, ST_Y(p) AS lat FROM (
        SELECT ST_PointOnSurface(v.geom) AS p FROM grid_version v JOIN grid g ON g.id = v.grid_id
        WHERE v.leaf AND v.valid_to IS NULL AND g.layer = 'governance' ORDER BY md5(g.code) LIMIT $1) places
"""
TELL = """
    INSERT INTO outbox (at, kind, area_code, unit_codes, task_id, member_id, data)
    SELECT now(), $2, grid_code, '{}', id, $3, jsonb_build_object('category', category) FROM task WHERE id = $1
"""
WATCH = """
window.presses = [];
const selected = () => document.querySelector(".row[aria-current]")?.dataset.task;
addEventListener("keydown", (event) => {
  if (event.key !== "j" && event.key !== "k") return;
  const before = selected();
  const look = () => {
    if (selected() === before) return;
    watcher.disconnect();
    // After the frame that shows it: a message comes once that frame is out of hand.
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => window.presses.push(performance.now() - event.timeStamp);
      port2.postMessage(null);
    });
  };
  const watcher = new MutationObserver(look);
  watcher.observe(document.body, { subtree: true, childList: true, attributes: true,
    attributeFilter: ["aria-current"] });
}, true);
"""


class Phase(NamedTuple):
    """What was measured while something went on."""

    presses: list[float]
    """Milliseconds from each key to the frame that shows its effect."""
    heap: list[float]
    """Megabytes that were in use after each collection."""
    busy: float
    """The share of the time for which the page's main thread ran."""


class Stream:
    """What happens in the city, one event after the other, and how many there were."""

    def __init__(self, connection: asyncpg.Connection, tasks: Sequence[Any], people: Sequence[Any]) -> None:
        self.connection = connection
        self.tasks = tasks
        self.people = people
        self.sent = 0

    async def run(self, a_second: float, seconds: float) -> None:
        """So many a second, for so long."""
        began = perf_counter()
        while (due := self.sent / a_second) < seconds:
            await asyncio.sleep(max(0.0, began + due - perf_counter()))
            await self.happen(self.sent)
            self.sent += 1

    async def happen(self, number: int) -> None:
        """Something is changed, and told of."""
        task = self.tasks[number * 7 % len(self.tasks)]
        kind, member = "task.changed", None
        async with self.connection.transaction():
            if number % 10 < 6:
                title = f"{task['title'].split('，')[0]}，第 {number} 次改"
                await self.connection.execute("UPDATE task SET title = $2 WHERE id = $1", task["id"], title)
            elif number % 10 < 9:
                person = self.people[number // 3 % len(self.people)]
                task, member = {"id": person["task_id"]}, person["member_id"]
                state = ("en_route", "on_scene")[number // 3 // len(self.people) % 2]
                kind = f"engagement.{state}"
                await self.connection.execute(
                    f"UPDATE engagement SET state = $2, {state}_at = now() WHERE id = $1", person["id"], state
                )
            else:
                kind = "note.written"
                await self.connection.execute(
                    "INSERT INTO note (id, task_id, account_id, at, text)"
                    " SELECT $2, id, created_by, now(), '虚构备注' FROM task WHERE id = $1",
                    task["id"],
                    new_id(),
                )
            await self.connection.execute(TELL, task["id"], kind, member)


async def post_tasks(
    client: httpx.AsyncClient, connection: asyncpg.Connection, dispatcher: str, phones: dict[Any, str]
) -> None:
    """300 open tasks all over the city; some of those who are asked for the critical ones accept."""
    yes = 0
    for number, place in enumerate(await connection.fetch(PLACES, TASKS)):
        urgency = "critical" if number < CRITICAL else "urgent" if number < URGENT else "routine"
        body = {
            "category": "emergency_response",
            "title": f"虚构任务 {number:03}",
            "urgency": urgency,
            "location": {"lon": place["lon"], "lat": place["lat"], "crs": "CGCS2000"},
            "seats": [{"skills": [], "count": 3 + number % 3}],
        }
        answer = await client.post("/tasks", json=body, headers={"Authorization": dispatcher})
        answer.raise_for_status()
        offers = [offer for wave in answer.json()["waves"] for offer in wave["offers"]]
        for offer in offers[:2]:
            if yes < YES:
                headers = {"Authorization": phones[offer["member_id"]]}
                (await client.post(f"/offers/{offer['id']}/accept", headers=headers)).raise_for_status()
                yes += 1


async def members_phones(settings: Settings, connection: asyncpg.Connection) -> dict[Any, str]:
    """A token for each member's phone, by the member's id."""
    issuer = Tokens(settings)
    rows = await connection.fetch(
        "SELECT a.member_id, a.id AS account, d.id AS device FROM account a JOIN device d ON d.account_id = a.id"
        " WHERE a.member_id IS NOT NULL"
    )
    return {
        str(row["member_id"]): f"Bearer {issuer.issue(row['account'], row['device'], utcnow())}"
        for row in rows
    }


@asynccontextmanager
async def console(port: int, account: dict[str, str]) -> AsyncIterator[tuple[Page, CDPSession]]:
    """The console, logged in, with all tasks in its list and the map drawn."""
    async with async_playwright() as playwright:
        chromium = os.environ.get("VANGUARD_CHROMIUM", "/usr/bin/chromium")
        browser = await playwright.chromium.launch(executable_path=chromium, args=list(DRAWS))
        page = await browser.new_page(
            viewport={"width": 1280, "height": 720}, locale="zh-CN", timezone_id="Asia/Shanghai"
        )
        page.set_default_timeout(120_000)
        await page.add_init_script(WATCH)
        await page.goto(f"http://127.0.0.1:{port}/console/")
        await page.locator("input[autocomplete=username]").fill(account["username"])
        await page.locator("input[type=password]").fill(account["password"])
        await page.keyboard.press("Enter")
        await page.locator(".badge.live").wait_for()
        await page.locator(".total", has_text=str(TASKS)).wait_for()
        await page.locator("[data-map-status]", has_text=str(TASKS)).wait_for(state="attached")
        cdp = await page.context.new_cdp_session(page)
        for domain in ("HeapProfiler", "Performance", "Runtime"):
            await cdp.send(f"{domain}.enable")
        yield page, cdp
        await browser.close()


async def heap(cdp: CDPSession) -> float:
    """Megabytes in use after a collection."""
    await cdp.send("HeapProfiler.collectGarbage")
    used = await cdp.send("Runtime.getHeapUsage")
    return float(used["usedSize"]) / MEGABYTE


async def busy_seconds(cdp: CDPSession) -> float:
    """For how long the page's main thread has run so far."""
    found = {each["name"]: each["value"] for each in (await cdp.send("Performance.getMetrics"))["metrics"]}
    return float(found["TaskDuration"])


async def watch(page: Page, cdp: CDPSession, seconds: float) -> Phase:
    """Press keys for so long, and look at the memory every few seconds."""
    await page.evaluate("presses.length = 0")
    samples, pressed = [await heap(cdp)], 0
    began, ran = perf_counter(), await busy_seconds(cdp)
    while (now := perf_counter() - began) < seconds:
        if now >= SAMPLE_SECONDS * len(samples):
            samples.append(await heap(cdp))
        # Down twelve and up again, so that the list has to move under the selection.
        await page.keyboard.press("j" if pressed % 24 < 12 else "k")
        pressed += 1
        await asyncio.sleep(PRESS_SECONDS)
    busy = (await busy_seconds(cdp) - ran) / (perf_counter() - began)
    samples.append(await heap(cdp))
    await asyncio.sleep(1)
    return Phase(await page.evaluate("presses"), samples, busy)


async def seen(page: Page) -> int:
    """How many events the page has heard, by its own count."""
    return int(await page.locator(".badge").get_attribute("data-heard") or 0)


async def heard_by(page: Page, due: int) -> int:
    """The same, once it has heard so many, or after a while."""
    with suppress(TimeoutError):
        async with asyncio.timeout(LONGEST_SECONDS):
            while await seen(page) < due:  # noqa: ASYNC110  (it is a count that is waited for)
                await asyncio.sleep(0.2)
    return await seen(page)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which that share of them lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


async def benchmark(seconds: float, a_second: float) -> None:
    """All of it."""
    heading("The console under a stream of events")
    async with scratch() as made:
        settings = Settings(
            database_url=made.database_url, home=made.home, token_key=KEY, access_token_minutes=600
        )
        engine, city = make_engine(settings), build_city()
        async with make_sessions(engine).begin() as session:
            print(await server_versions(session))
            await unhurried(session)
            accounts = await store(session, city, settings, utcnow())
            await make_partitions(session, utcnow())
        await engine.dispose()
        connection = await asyncpg.connect(
            settings.database_url, server_settings={"search_path": f"{settings.schema_name},public"}
        )
        await connection.execute(ON_DUTY)
        async with served(settings) as port:
            account = accounts["dispatcher"]
            root = f"http://127.0.0.1:{port}/api/v1"
            async with httpx.AsyncClient(base_url=root, trust_env=False, timeout=60) as client:
                answer = await client.post("/token", data={"grant_type": "password", **account})
                dispatcher = f"Bearer {answer.json()['access_token']}"
                phones = await members_phones(settings, connection)
                await post_tasks(client, connection, dispatcher, phones)
            tasks = await connection.fetch("SELECT id, title FROM task ORDER BY title")
            people = await connection.fetch("SELECT id, task_id, member_id FROM engagement ORDER BY id")
            stream = Stream(connection, tasks, people)
            async with console(port, account) as (page, cdp):
                await watch(page, cdp, SAMPLE_SECONDS)
                quiet = await watch(page, cdp, QUIET_SECONDS)
                before = await seen(page)
                beside, _ = await asyncio.gather(watch(page, cdp, seconds), stream.run(a_second, seconds))
                heard = await heard_by(page, before + stream.sent) - before
                stale = await out_of_date(page, connection, port, dispatcher)
        await connection.close()
    report(quiet, beside, stream.sent, heard, stale, seconds)


async def out_of_date(page: Page, connection: asyncpg.Connection, port: int, dispatcher: str) -> int:
    """Rows of the list that do not say what the service says of their tasks, some seconds after the last event."""
    await asyncio.sleep(5)
    titles = dict(await connection.fetch("SELECT id::text, title FROM task"))
    rows = await page.evaluate(
        "[...document.querySelectorAll('.row')].map((row) =>"
        " [row.dataset.task, row.querySelector('.title').textContent])"
    )
    return sum(titles[task] != title for task, title in rows)


def report(quiet: Phase, beside: Phase, sent: int, heard: int, stale: int, seconds: float) -> None:
    """The figures."""
    print(f"\n{TASKS} open tasks; {sent} events in {seconds:.0f} s, {heard} heard, {stale} rows out of date")
    print(f"  {'':20}{'p50 ms':>9}{'p99 ms':>9}{'keys':>7}{'main thread':>13}")
    for name, phase in (("quiet", quiet), ("beside the events", beside)):
        p50, p99 = (percentile(phase.presses, share) for share in (0.5, 0.99))
        print(f"  {name:20}{p50:9.1f}{p99:9.1f}{len(phase.presses):7}{phase.busy:12.0%}")
    print(f"  heap after collections, MB: {' '.join(f'{each:.1f}' for each in beside.heap)}")
    half = len(beside.heap) // 2
    grown = statistics.linear_regression(
        [SAMPLE_SECONDS * place / 60 for place in range(len(beside.heap[half:]))], beside.heap[half:]
    )
    print(f"  slope of the second half: {grown.slope:+.2f} MB a minute")
    verdict("events heard ÷ events sent", heard / sent, least=1)
    verdict("heap at the end ÷ in the middle", beside.heap[-1] / beside.heap[half], most=1.1)
    for share in (0.5, 0.99):
        ratio = percentile(beside.presses, share) / percentile(quiet.presses, share)
        verdict(f"key p{share * 100:.0f} beside ÷ quiet", ratio)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--events", type=float, default=50.0, help="a second")
    options = parser.parse_args()
    if not (routes.STATIC / routes.CONSOLE / routes.INDEX).is_file():
        sys.exit("The pages are not built: run npm ci && npm run build in service/ui.")
    asyncio.run(benchmark(options.seconds, options.events))
