"""The console's report: its figures are the service's own, in the reader's language, as a file and on paper."""

import csv
import io
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from playwright.async_api import expect

from tests.processes.city import answer_offer, offers_of

CITY = ZoneInfo("Asia/Shanghai")


def said(seconds):
    """Seconds as the page says them, below an hour."""
    if seconds is None:
        return "–"
    minutes, rest = divmod(int(seconds + 0.5), 60)
    return " ".join([f"{minutes} 分"] * (minutes > 0) + [f"{rest} 秒"] * (rest > 0 or minutes == 0))


async def test_the_report_says_what_the_service_says(city, desk):
    client, headers = city.api.client, city.callers.dispatcher
    task_id = await city.post("报表用一项")
    task = (await client.get(f"/api/v1/tasks/{task_id}", headers=headers)).json()
    offer = offers_of(task)[0]
    assert (await answer_offer(client, city.callers, offer, "accept")).status_code == 200
    again = {name: task[name] for name in ("category", "title", "urgency", "location")} | {
        "seats": [{"count": 1}]
    }
    assert (await client.post("/api/v1/tasks", json=again, headers=headers)).status_code == 201

    page = desk.page
    await page.get_by_role("link", name="精准问效").click()
    await expect(page.locator("[data-figure=tasks] .rep-big")).to_have_text("2")
    midnight = datetime.now(CITY).replace(hour=0, minute=0, second=0, microsecond=0)
    query = {"since": (midnight - timedelta(days=6)).isoformat(), "by": "category"}
    answer = await client.get("/api/v1/reports/response", params=query, headers=headers)
    report = answer.json()
    total = report["total"]
    assert total["first_accept"]["tasks"] == 1
    await page.get_by_label("分组").select_option("category")
    for stage in ("first_accept", "filled", "on_scene"):
        figure = page.locator(f"[data-figure={stage}] .rep-big")
        await expect(figure).to_have_text(said(total[stage]["median_s"]))
    await expect(page.locator("[data-figure=share]")).to_contain_text("1 / 2")
    await expect(page.locator("[data-figure=offers] .rep-big")).to_have_text(str(total["offers"]["made"]))
    (group,) = report["groups"]
    row = page.get_by_role("row", name=group["name"])
    await expect(row.locator("td").nth(0)).to_have_text(str(group["tasks"]))
    await expect(row.locator("td").nth(3)).to_have_text(said(group["first_accept"]["median_s"]))
    await expect(page.locator(".rep-chart").first).to_contain_text(group["name"])
    await desk.check_access()

    async with page.expect_download() as coming:
        await page.get_by_role("button", name="下载 CSV").click()
    file = await coming.value
    assert file.suggested_filename.endswith(".csv")
    rows = list(csv.reader(io.StringIO((await file.path()).read_text("utf-8-sig"))))
    assert [row[2] for row in rows[1:]] == ["2", "2"]
    async with page.expect_download() as coming:
        await page.get_by_role("button", name="下载 Excel").click()
    assert (await (await coming.value).path()).read_bytes().startswith(b"PK")

    # Drills apart: neither of these is one.
    await page.get_by_label("只看演练").check()
    await expect(page.get_by_role("heading", name="精准问效 · 演练")).to_be_visible()
    await expect(page.locator("[data-figure=tasks] .rep-big")).to_have_text("0")
    await page.emulate_media(media="print")
    await expect(page.get_by_role("button", name="下载 CSV")).to_be_hidden()
    await expect(page.locator(".head")).to_be_hidden()
    await expect(page.locator(".rep-printed")).to_be_visible()
    assert (await page.pdf(prefer_css_page_size=True)).startswith(b"%PDF")
