"""The console's map in a Chromium that draws it, and without."""

import re

import pytest
from playwright.async_api import expect

NO_WEBGL = """
const draws = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...others) {
  return kind.startsWith("webgl") ? null : draws.call(this, kind, ...others);
};"""
STATUS = "[data-map-status]"


@pytest.fixture
def browser(drawing):
    """A Chromium that draws maps."""
    return drawing


class Tiles:
    """The vector tiles that a page asked for."""

    def __init__(self, page):
        self.asked = []
        page.on(
            "request", lambda request: self.asked.append(request.url) if "/tiles/" in request.url else None
        )

    def of(self, collection):
        """Those of one collection that are no TileJSON."""
        return [url for url in self.asked if f"/{collection}/tiles/" in url and "f=tilejson" not in url]


def switch(desk, name):
    """A switch of the legend."""
    return desk.page.get_by_role("checkbox", name=name, exact=True)


async def open_legend(desk):
    """The legend, which is folded where the pane is narrow."""
    head = desk.page.locator(".map-legend-head")
    if await head.get_attribute("aria-expanded") == "false":
        await head.click()


async def test_the_map_shows_grids_and_tasks_and_recolours_without_fetching_again(city, desk):
    tiles = Tiles(desk.page)
    await city.post("塘口爆管")
    status = desk.page.locator(STATUS)
    await expect(status).to_contain_text("9 个县区")
    await expect(status).to_contain_text("1 项任务")
    await open_legend(desk)

    await switch(desk, "可达人数").check()
    report = desk.page.locator(".map-report")
    await expect(report).to_contain_text("1992 个网格")
    fetched = len(tiles.of("governance_grids"))
    assert fetched > 0
    await desk.page.get_by_role("radio", name="20 分钟").check(force=True)
    await expect(report).to_contain_text("正在计算")
    await expect(report).to_contain_text("1992 个网格")
    for _ in range(2):
        await switch(desk, "可达人数").click()
        await switch(desk, "社会治理网格").click()
    await expect(status).to_contain_text("9 个县区")
    assert len(tiles.of("governance_grids")) == fetched
    assert {*tiles.of("party_grids"), *tiles.of("gaps")} == set()

    looked = "SELECT count(*) FROM position_look"
    assert await city.look.value(looked) == 0
    await switch(desk, "在岗队员").check()
    await expect(report.first).to_contain_text(re.compile(r"截至 \d\d:\d\d，\d+ 人"))
    assert await city.look.value(looked) > 0
    await switch(desk, "在岗队员").uncheck()
    await desk.check_access()


async def test_a_place_is_pointed_at_by_click_and_by_keyboard(city, desk):
    await expect(desk.page.locator(STATUS)).to_contain_text("9 个县区")
    # Until the area is known the map may still be laid out anew.
    await expect(desk.page.get_by_role("button", name="看全辖区")).to_be_enabled()
    await desk.page.keyboard.press("n")
    await desk.button("在地图上指").or_(desk.page.locator(".map-cross")).first.wait_for()
    if await desk.page.locator(".map-cross").count() == 0:
        await desk.button("在地图上指").click()
    cross = desk.page.locator(".map-cross")
    before = await cross.get_attribute("aria-label")
    await cross.press("ArrowRight")
    await expect(cross).not_to_have_attribute("aria-label", before)
    lon, lat = (float(each) for each in re.findall(r"\d+\.\d+", await cross.get_attribute("aria-label")))
    assert lon > float(re.findall(r"\d+\.\d+", before)[0])
    await cross.press("Enter")
    placed = desk.page.locator("#post-placed")
    await expect(placed).to_contain_text(f"{lon:.5f}")
    await expect(placed).to_contain_text(f"{lat:.5f}")


async def test_what_a_place_is_stands_beside_the_map_and_the_view_is_kept(city, desk):
    await expect(desk.page.locator(STATUS)).to_contain_text("9 个县区")
    # The middle of the whole area is land: the county 雷州市 or one beside it.
    await desk.page.locator(".map-ground canvas").click()
    await expect(desk.page.locator(".map-card")).to_contain_text("WGS 84")
    for _ in range(4):
        await desk.page.get_by_role("button", name="放大").click()
        await expect(desk.page.locator(STATUS)).not_to_be_empty()
    await expect(desk.page.locator(STATUS)).to_contain_text(re.compile("镇街|社区"))
    await desk.page.reload()
    await desk.is_live()
    await expect(desk.page.locator(STATUS)).to_contain_text(re.compile("镇街|社区"))
    await desk.page.get_by_role("button", name="看全辖区").click()
    await expect(desk.page.locator(STATUS)).to_contain_text("9 个县区")


async def test_without_webgl_the_map_says_so_and_the_list_works(city, desk):
    await desk.page.add_init_script(NO_WEBGL)
    await desk.page.reload()
    await desk.is_live()
    await expect(desk.page.locator(".map-none")).to_contain_text("WebGL 2")
    await city.post("无图也能派")
    await desk.row("无图也能派").click()
    await expect(desk.page.locator("#task-title")).to_have_text("无图也能派")
    await desk.check_access()
