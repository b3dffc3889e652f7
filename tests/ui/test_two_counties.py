"""Dispatchers of two counties side by side: what each one's console and its streams hold of the other's."""

from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from playwright.async_api import expect

from service.access.commands import create_account
from service.access.rules import Role
from service.db.base import utcnow
from tests.processes.city import CHIKAN, answer_offer, offers_of, task_body
from tests.ui.desk import SCREEN, Desk

LEIZHOU = {"lon": 110.0838, "lat": 20.9147, "crs": "CGCS2000"}
"""In the county 雷州市, across the bay from 赤坎区."""
STATUS = "[data-map-status]"
HEAR = """
const ask = window.fetch;
window.heard = "";
window.fetch = async (...given) => {
  const answer = await ask(...given);
  const kind = answer.headers.get("Content-Type") ?? "";
  if (answer.body && /json|event-stream|csv/.test(kind))
    void answer.clone().body.pipeThrough(new TextDecoderStream())
      .pipeTo(new WritableStream({ write: (part) => { window.heard += part; } })).catch(() => {});
  return answer;
};"""
"""All that the page is told, its stream among it, word for word."""


@pytest.fixture
def browser(drawing):
    """A Chromium that draws maps."""
    return drawing


class County:
    """A dispatcher of one county: their desk, and a task there in which somebody has accepted."""

    def __init__(self, desk, headers):
        self.desk = desk
        self.headers = headers
        self.task = self.member = self.offer = None

    async def post(self, city, title, location):
        """Post an emergency there, and have the first who is asked accept it."""
        answer = await city.api.client.post(
            "/api/v1/tasks", json=task_body(title, location=location), headers=self.headers
        )
        assert answer.status_code == 201, answer.text
        self.task = answer.json()
        self.offer = offers_of(self.task)[0]
        self.member = self.offer["member_id"]
        accepted = await answer_offer(city.api.client, city.callers, self.offer, "accept")
        self.engagement = accepted.json()["engagement"]["id"]

    async def heard(self):
        """All that the page was told so far."""
        return await self.desk.page.evaluate("window.heard")

    async def events(self, city, cursor):
        """The raw feed from a cursor on, as the service tells it to this account."""
        query = {"after": cursor, "poll": "true", "limit": 200}
        answer = await city.api.client.get("/api/v1/events", params=query, headers=self.headers)
        assert answer.json()["more"] is False
        return answer.json()["items"]

    @property
    def secrets(self):
        """What only those of this county may read: the task, who was asked for it, and what they said."""
        names = [self.task["id"], self.task["title"], self.offer["id"], self.engagement]
        return [*names, *(offer["id"] for offer in offers_of(self.task))]


@asynccontextmanager
async def county(city, name, area):
    """A desk of its own for a dispatcher of an area, which is closed in the end; nothing went wrong in it."""
    account = {"username": name, "password": f"password of {name}"}
    async with city.sessions.begin() as session:
        await create_account(
            session, **account, display_name=name, roles=[Role.DISPATCHER], areas=[area], now=utcnow()
        )
    form = {"grant_type": "password", **account}
    token = (await city.api.client.post("/api/v1/token", data=form)).json()["access_token"]
    context = await city.browser.new_context(**SCREEN, locale="zh-CN")
    desk = Desk(context, await context.new_page(), city.api.port, account)
    await desk.page.add_init_script(HEAR)
    await desk.open()
    await expect(desk.page.locator(STATUS)).not_to_be_empty()
    yield County(desk, {"Authorization": f"Bearer {token}"})
    assert desk.errors == []
    assert desk.elsewhere == []
    await context.close()


async def call_for_help(city, of):
    """The member who accepted says that they need help."""
    said = await city.api.client.post(
        f"/api/v1/engagements/{of.engagement}/confirm",
        json={"how": "need_help"},
        headers=city.callers.phones[of.member],
    )
    assert said.status_code == 200, said.text


async def test_each_of_two_counties_sees_and_hears_its_own_and_no_more(city):
    async with county(city, "desk-chikan", "440802") as here, county(city, "desk-leizhou", "440882") as there:
        asked = await city.api.client.get("/api/v1/events/cursor", headers=here.headers)
        cursor = asked.json()["cursor"]
        await here.post(city, "赤坎爆管", CHIKAN)
        await there.post(city, "雷州爆管", LEIZHOU)
        await call_for_help(city, here)
        await call_for_help(city, there)
        until = (utcnow() + timedelta(hours=1)).isoformat()
        posted = await city.api.client.post(
            "/api/v1/activations",
            json={"area": "440802", "level": "III", "reason": "赤坎内涝", "until": until},
            headers=here.headers,
        )
        assert posted.status_code == 201, posted.text

        for mine, other in ((here, there), (there, here)):
            page = mine.desk.page
            # The list, the alarms and the map.
            await expect(mine.desk.row(mine.task["title"])).to_contain_text("1/3")
            await expect(page.locator(".row")).to_have_count(1)
            await expect(page.locator(".alarm.help")).to_have_count(1)
            await expect(page.locator(".alarm.help")).to_contain_text(mine.task["title"])
            await expect(page.locator(STATUS)).to_contain_text("1 项任务")
            # That an area is in emergency is the whole city's to know; to end it is not.
            banner = page.locator(".banner", has_text="赤坎内涝")
            await expect(banner).to_be_visible()
            await expect(banner.get_by_role("button")).to_have_count(1 if mine is here else 0)
            # Members on duty, and people in reach.
            await page.locator(".map-legend-head").click()
            await page.get_by_role("checkbox", name="在岗队员", exact=True).check()
            await expect(page.locator(".map-report")).to_contain_text("其中 1 人为准确位置")
            await page.get_by_role("checkbox", name="可达人数", exact=True).check()
            await expect(page.locator(".map-report", has_text="个网格")).to_contain_text("截至")
            # The report, by anything it can be grouped by.
            await page.get_by_role("link", name="精准问效").click()
            await expect(page.locator("[data-figure=tasks] .rep-big")).to_have_text("1")
            for by in ("town", "unit", "category", "hour"):
                await page.get_by_label("分组").select_option(by)
                await expect(page.locator("[data-figure=tasks] .rep-big")).to_have_text("1")
            await page.get_by_role("link", name="调度", exact=True).click()

            heard = await mine.heard()
            assert [each for each in mine.secrets if each not in heard] == []
            assert [each for each in other.secrets if each in heard] == []

        for mine, other in ((here, there), (there, here)):
            events = await mine.events(city, cursor)
            assert {each["task_id"] for each in events} == {mine.task["id"], None}
            assert {each["kind"] for each in events if each["task_id"] is None} <= {
                "activation.created",
                "activation.began",
            }
            # The page heard on its stream what the feed holds, and nothing beside it.
            heard = await mine.heard()
            assert [each["id"] for each in events if f"id: {each['id']}" not in heard] == []
            refused = await city.api.client.get(f"/api/v1/tasks/{other.task['id']}", headers=mine.headers)
            assert refused.status_code == 404
