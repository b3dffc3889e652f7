"""Take the pictures of docs/console.md from a running demo: `python docs/make_pictures.py http://127.0.0.1:8000`.

It logs in as the demo's dispatcher (VANGUARD_HOME, .local by default), posts a task to be seen, and calls it off.
"""

import json
import os
import sys
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

PICTURES = Path(__file__).parent / "pictures"
SHADERS = ("--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
"""A Chromium without a graphics card draws the map all the same."""
PATIENCE_MS = 60_000

expect.set_options(timeout=PATIENCE_MS)


def main(root: str) -> None:
    """Take them all."""
    home = Path(os.environ.get("VANGUARD_HOME", ".local"))
    account = json.loads((home / "demo-accounts.json").read_text())["dispatcher"]
    with sync_playwright() as playwright:
        chromium = os.environ.get("VANGUARD_CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=list(SHADERS))
        context = browser.new_context(
            viewport={"width": 1280, "height": 720}, locale="zh-CN", timezone_id="Asia/Shanghai"
        )
        page = context.new_page()
        page.goto(f"{root}/console/")
        page.locator("input[autocomplete=username]").fill(account["username"])
        page.locator("input[type=password]").fill(account["password"])
        page.keyboard.press("Enter")
        expect(page.locator(".badge.live")).to_be_visible()
        foresee(page)
        watch(page)
        browser.close()


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


def watch(page: Page) -> None:
    """The ledger of its first wave, by day and by night; then it is called off."""
    page.locator(".foresight .button.main").click()
    expect(page.locator("#task-title")).to_have_text("海滨大道爆管抢险")
    page.locator("#tab-waves").click()
    expect(page.locator(".wave")).to_be_visible()
    page.get_by_role("button", name="看全辖区").click()
    take(page, "console-waves")
    page.locator("#tab-people").click()
    page.emulate_media(color_scheme="dark")
    take(page, "console-night")
    page.get_by_role("button", name="取消任务").click()
    page.get_by_role("button", name="确认取消").click()
    expect(page.locator(".modal")).to_have_count(0)


def take(page: Page, name: str) -> None:
    """A picture, once the map has come to rest."""
    page.wait_for_timeout(2_000)
    page.screenshot(path=PICTURES / f"{name}.png")


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"))
