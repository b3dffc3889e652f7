"""Take the pictures of docs/console.md: `python docs/make_pictures.py http://127.0.0.1:8000`.

It wants a running demo of its own, without tasks (VANGUARD_HOME and VANGUARD_DATABASE_URL as `deploy/up` had them), and
leaves it with a week of tasks and a typhoon in it: docs/story.py says what happens.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect, sync_playwright
from story import tell

PICTURES = Path(__file__).parent / "pictures"
SHADERS = ("--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
"""A Chromium without a graphics card draws the map all the same."""
PATIENCE_MS = 60_000
SCREEN = {"width": 1440, "height": 810}

expect.set_options(timeout=PATIENCE_MS)


def main(root: str) -> None:
    """Take them all."""
    home = Path(os.environ.get("VANGUARD_HOME", ".local"))
    accounts = json.loads((home / "demo-accounts.json").read_text())
    database = os.environ["VANGUARD_DATABASE_URL"]
    tell(root, accounts, database, "week", "quiet")
    with sync_playwright() as playwright:
        chromium = os.environ.get("VANGUARD_CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=list(SHADERS))
        context = browser.new_context(
            viewport=SCREEN,  # type: ignore[arg-type]
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
        )
        page = context.new_page()
        log_in(page, root, accounts["dispatcher"])
        quiet(page)
        report(page)
        foresee(page)
        selected = tell(root, accounts, database, "typhoon")
        ledger(page, selected)
        typhoon(page)
        browser.close()


def log_in(page: Page, root: str, account: dict[str, Any]) -> None:
    """Open the console."""
    page.goto(f"{root}/console/")
    page.locator("input[autocomplete=username]").fill(account["username"])
    page.locator("input[type=password]").fill(account["password"])
    page.keyboard.press("Enter")
    expect(page.locator(".badge.live")).to_be_visible()
    expect(page.locator("[data-map-status]")).to_contain_text("县区")


def quiet(page: Page) -> None:
    """A few tasks in hand, and who would be there within twenty minutes."""
    legend = page.locator(".map-legend-head")
    if legend.get_attribute("aria-expanded") == "false":
        legend.click()
    page.get_by_role("checkbox", name="可达人数", exact=True).check()
    page.get_by_role("radio", name="20 分钟").check(force=True)
    expect(page.locator(".map-report", has_text="正在计算")).to_be_visible()
    expect(page.locator(".map-report", has_text="截至")).to_be_visible()
    legend.click()
    take(page, "console-quiet")
    legend.click()
    page.get_by_role("checkbox", name="可达人数", exact=True).uncheck()
    legend.click()


def report(page: Page) -> None:
    """The week in figures."""
    page.set_viewport_size({"width": 1440, "height": 1240})
    page.get_by_role("link", name="精准问效").click()
    expect(page.locator(".rep-chart").first).to_be_visible()
    take(page, "console-report")
    page.set_viewport_size(SCREEN)  # type: ignore[arg-type]
    page.get_by_role("link", name="调度", exact=True).click()
    expect(page.locator("[data-map-status]")).to_contain_text("县区")


def foresee(page: Page) -> None:
    """What posting would do."""
    page.keyboard.press("n")
    page.keyboard.type("海滨大道爆管抢险")
    page.locator("#post-place").fill("三和社区")
    expect(page.locator(".hits [role=option]").first).to_be_visible()
    page.keyboard.press("Enter")
    page.locator(".urgencies .critical").click()
    page.get_by_role("button", name="预览").click()
    expect(page.locator(".foresight .chosen li").first).to_be_visible()
    take(page, "console-post")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")


def ledger(page: Page, selected: str) -> None:
    """Whom the waves of a task asked, and why not the others."""
    page.locator(f".row[data-task='{selected}']").click()
    page.locator("#tab-waves").click()
    page.locator(".wave > summary").first.click()
    first = page.locator(".wave", has_text="第 1 波")
    first.locator("summary").first.click()
    first.locator(".others summary").click()
    first.evaluate("wave => wave.scrollIntoView()")
    take(page, "console-waves")


def typhoon(page: Page) -> None:
    """The same night, from farther away."""
    page.locator("#tab-people").click()
    page.emulate_media(color_scheme="dark")
    page.get_by_role("button", name="看全辖区").click()
    take(page, "console-night")


def take(page: Page, name: str) -> None:
    """A picture, once the map has come to rest."""
    page.wait_for_timeout(5_000)
    page.screenshot(path=PICTURES / f"{name}.png")


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"))
