"""A dispatcher's desk: a browser with the console open, and what went wrong in it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import BrowserContext, ConsoleMessage, Locator, Page, Request, expect

from service.ui import routes

AXE = Path(routes.__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
SCREEN: dict[str, Any] = {"viewport": {"width": 1280, "height": 720}, "timezone_id": "Asia/Shanghai"}
ANSWERED = "Failed to load resource"
"""What Chromium says of answers like 409 and of a server that is not there: tests look at these themselves."""
NO_MAP = "WebGL"
"""What the map's library says in a browser without WebGL2, such as this one."""


class Desk:
    """One browser with the console open."""

    def __init__(self, context: BrowserContext, page: Page, port: int, account: dict[str, str]) -> None:
        self.context = context
        self.page = page
        self.origin = f"http://127.0.0.1:{port}"
        self.account = account
        self.errors: list[str] = []
        self.elsewhere: list[str] = []
        """Addresses of other origins that were asked for."""
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self.note)
        page.on("request", self.check_origin)

    def note(self, said: ConsoleMessage) -> None:
        """Keep what the browser complains of, a breach of the Content-Security-Policy for one."""
        if said.type == "error" and ANSWERED not in said.text and NO_MAP not in said.text:
            self.errors.append(said.text)

    def check_origin(self, request: Request) -> None:
        """Keep a request that leaves the service's origin."""
        if request.url.startswith(("data:", "blob:")) or request.url.startswith(f"{self.origin}/"):
            return
        self.elsewhere.append(urlsplit(request.url).netloc)

    async def open(self) -> None:
        """Open the console and log in."""
        await self.page.goto(f"{self.origin}/console/")
        await self.log_in()
        await self.is_live()

    async def log_in(self) -> None:
        """Fill the form that is there: at the door, or over the page."""
        username = self.page.locator("input[autocomplete=username]")
        if await username.is_editable():
            await username.fill(self.account["username"])
        await self.page.locator("input[type=password]").fill(self.account["password"])
        await self.page.keyboard.press("Enter")

    async def is_live(self) -> None:
        """Wait for the stream and the tasks."""
        await expect(self.page.locator(".badge.live")).to_be_visible()
        await expect(self.page.locator(".rows")).not_to_contain_text("正在打开")

    def button(self, name: str) -> Locator:
        """A button whose name begins so."""
        return self.page.get_by_role("button", name=name)

    def row(self, title: str) -> Locator:
        """The task of that title in the list."""
        return self.page.locator(".row", has_text=title)

    async def sees(self, words: str) -> None:
        """Wait until the words are to be seen."""
        await expect(self.page.get_by_text(words).first).to_be_visible()

    async def find_place(self, words: str) -> None:
        """Choose the first place that those words find, by the keyboard."""
        await self.page.keyboard.type(words)
        await expect(self.page.locator(".hits [role=option]").first).to_be_visible()
        await self.page.keyboard.press("Enter")

    async def check_access(self) -> None:
        """Nothing serious that axe could find keeps anybody out."""
        await self.page.evaluate(AXE.read_text())
        found = await self.page.evaluate("axe.run({resultTypes: ['violations']})")
        serious = [
            (each["id"], [node["html"][:200] for node in each["nodes"]])
            for each in found["violations"]
            if each["impact"] in ("serious", "critical")
        ]
        assert serious == [], serious


@pytest.fixture
async def second_desk(city: Any, city_accounts: dict[str, Any]) -> AsyncIterator[Desk]:
    """Another one, of the same dispatcher, in a browser of its own."""
    context = await city.browser.new_context(**SCREEN, locale="zh-CN")
    desk = Desk(context, await context.new_page(), city.api.port, city_accounts["dispatcher"])
    await desk.open()
    yield desk
    assert desk.errors == []
    await context.close()


@pytest.fixture
async def desk(city: Any, city_accounts: dict[str, Any]) -> AsyncIterator[Desk]:
    """The console, logged in as the dispatcher of the whole city. Nothing went wrong or elsewhere, at the end."""
    context = await city.browser.new_context(**SCREEN, locale="zh-CN")
    desk = Desk(context, await context.new_page(), city.api.port, city_accounts["dispatcher"])
    await desk.open()
    yield desk
    assert desk.errors == []
    assert desk.elsewhere == []
    await context.close()
