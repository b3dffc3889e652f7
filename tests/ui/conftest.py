"""The members' app as people use it: the built pages in a Chromium, against real processes on a copy of the city."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Request, async_playwright, expect

from service.access.commands import make_enrolment_code
from service.db.base import utcnow
from service.db.engine import Sessions
from service.ui import routes
from tests.processes.city import CHIKAN, Callers, Look
from tests.processes.conftest import (
    fleet,
    fresh_database,
    fresh_settings,
    look,
    now_callers,
    pytest_runtest_makereport,
)
from tests.processes.fleet import Api, Fleet, until
from tests.ui.desk import desk, second_desk
from tests.ui.drawing import chromium, drawing

UI = Path(routes.__file__).parent
AXE = UI / "node_modules" / "axe-core" / "axe.min.js"
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "timezone_id": "Asia/Shanghai",
    "has_touch": True,
    "is_mobile": True,
}
PATIENCE_MS = 30_000
"""How long a test waits for something to appear. Nothing passes sooner or later by it."""

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture
def built() -> Path:
    """The folder of the built app."""
    folder = routes.STATIC / routes.APP
    if not (folder / routes.INDEX).is_file() or not AXE.is_file():
        pytest.fail("the pages are not built: run deploy/test, or npm ci && npm run build in service/ui")
    return folder


@pytest.fixture
async def browser(built: Path) -> AsyncIterator[Browser]:
    """A Chromium without a window."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield browser
        await browser.close()


class Phone:
    """One member's phone: a browser of its own with the app open."""

    def __init__(self, context: BrowserContext, page: Page, api: Api) -> None:
        self.context = context
        self.page = page
        self.api = api
        self.errors: list[str] = []
        self.sent: list[str] = []
        """What was answered well of what the app wrote, as paths behind /api/v1, in the order of the answers."""
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        context.on("requestfinished", self.note)

    async def note(self, request: Request) -> None:
        """Keep a request that wrote something."""
        _, _, path = request.url.partition("/api/v1")
        if request.method == "GET" or path in ("/token", "/devices/enrol", "/checkins"):
            return
        response = await request.response()
        if response is not None and response.ok:
            self.sent.append(path)

    async def has_sent(self, *what: str) -> None:
        """All of that was answered well, in that order, and nothing else. Answers are noted a moment after the page has
        them, so it waits for as many."""

        async def are_there() -> bool:
            return len(self.sent) >= len(what)

        await until(are_there, f"{what}, but {self.sent}")
        assert [path.rsplit("/", 1)[1] for path in self.sent] == list(what)

    def button(self, name: str) -> Any:
        """A button or link of that very name."""
        return self.page.get_by_role("button", name=name, exact=True)

    async def press(self, name: str) -> None:
        """Press it when it is there."""
        await self.button(name).click()

    async def sees(self, words: str) -> None:
        """Wait until the words are to be seen."""
        await expect(self.page.get_by_text(words, exact=False).first).to_be_visible()

    async def is_ready_offline(self) -> None:
        """Wait until the service worker has the page."""
        await self.page.wait_for_function("navigator.serviceWorker.ready.then(() => true)")
        await self.page.wait_for_function("navigator.serviceWorker.controller !== null")

    async def check_access(self) -> None:
        """Nothing serious that axe could find keeps anybody out of this screen."""
        await self.page.evaluate(AXE.read_text())
        found = await self.page.evaluate("axe.run({resultTypes: ['violations']})")
        serious = [
            (each["id"], [node["html"] for node in each["nodes"]])
            for each in found["violations"]
            if each["impact"] in ("serious", "critical")
        ]
        assert serious == []


class City:
    """The service, and what happens in it beside the phone."""

    def __init__(
        self, api: Api, fleet: Fleet, look: Look, callers: Callers, browser: Browser, sessions: Sessions
    ) -> None:
        self.api = api
        self.fleet = fleet
        self.look = look
        self.callers = callers
        self.browser = browser
        self.sessions = sessions
        self.member = ""
        self.phones: list[Phone] = []

    async def code(self, member: str = "") -> str:
        """A one-time code for a member, as the unit's manager makes it."""
        admin = await self.look.value("SELECT id FROM account WHERE username = 'demo-admin'")
        async with self.sessions.begin() as session:
            made = await make_enrolment_code(session, UUID(member or self.member), admin, utcnow())
        return made.code

    async def phone(self, *, member: str = "", locale: str = "zh-CN", **options: Any) -> Phone:
        """The phone of a member, enrolled by the link of the QR code."""
        context = await self.browser.new_context(**PHONE, locale=locale, **options)
        phone = Phone(context, await context.new_page(), self.api)
        self.phones.append(phone)
        await phone.page.goto(f"http://127.0.0.1:{self.api.port}/m/#enrol={await self.code(member)}")
        await phone.press("登记" if locale.startswith("zh") else "Enrol")
        await expect(phone.page.locator(".duty")).to_be_visible()
        await expect(phone.page.locator(".way.live")).to_be_visible()
        return phone

    async def post(self, title: str = "爆管抢险", *, api: Api | None = None) -> str:
        """A task for which the member is asked by hand; gives its id."""
        client = (api or self.api).client
        body = {
            "category": "emergency_response",
            "title": title,
            "urgency": "routine",
            "instructions": "带反光背心。",
            "location": CHIKAN,
            "seats": [{"skills": [], "count": 1}],
        }
        posted = await client.post("/api/v1/tasks", json=body, headers=self.callers.dispatcher)
        assert posted.status_code == 201, posted.text
        task_id: str = posted.json()["id"]
        asked = await client.post(
            f"/api/v1/tasks/{task_id}/offers",
            json={"member_ids": [self.member], "overrule": "测试"},
            headers=self.callers.dispatcher,
        )
        assert asked.status_code == 201, asked.text
        return task_id

    async def engage(self, phone: Phone) -> None:
        """A task that the member has accepted, and whose details they see."""
        await self.post()
        await phone.press("我能去")
        await phone.sees("带反光背心。")

    async def engagement(self) -> Any:
        """The member's newest engagement."""
        rows = await self.look.rows(
            "SELECT * FROM engagement WHERE member_id = $1 ORDER BY accepted_at DESC LIMIT 1", self.member
        )
        return rows[0] if rows else None

    async def until_state(self, state: str) -> None:
        """Wait until the service has the member's newest engagement in that state."""

        async def is_there() -> bool:
            found = await self.engagement()
            return found is not None and found["state"] == state

        await until(is_there, state)


@pytest.fixture
async def city(
    built: Path,
    fleet: Fleet,
    look: Look,
    now_callers: Callers,
    browser: Browser,
    fresh_sessions: Sessions,
) -> AsyncIterator[City]:
    """A running service, and a member of it who has no phone yet."""
    city = City(await fleet.serve(), fleet, look, now_callers, browser, fresh_sessions)
    city.member = str(await look.value("SELECT id FROM member ORDER BY number OFFSET 4 LIMIT 1"))
    yield city
    for phone in city.phones:
        assert phone.errors == []
        await phone.context.close()
