"""The Chromium of these tests, and one that draws maps."""

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

DRAWS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
"""WebGL2 by the processor alone."""


def chromium() -> str:
    """The browser that deploy/test names, or the one on the PATH."""
    named = os.environ.get("VANGUARD_CHROMIUM") or "chromium"
    found = shutil.which(named)
    if found is None:
        pytest.fail(f"{named} is not there: run deploy/test, which installs Debian's chromium")
    return found


@pytest.fixture
async def drawing(built: Path) -> AsyncIterator[Browser]:
    """A Chromium that draws maps: a module that wants it has it as its `browser`."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=DRAWS)
        yield browser
        await browser.close()
