"""Drills in the console: a muster that is started, answered, followed and ended; an exercise by a scenario."""

from playwright.async_api import expect


async def test_a_muster_is_started_answered_and_ended_before_ones_eyes(city, desk):
    page = desk.page
    await page.get_by_role("link", name="点兵练兵").click()
    await page.get_by_role("button", name="开始点兵").click()
    await expect(page.get_by_label("区域")).to_be_focused()
    await page.get_by_label("区域").fill("赤坎区")
    await expect(page.locator("datalist option[value='赤坎区 · 440802']")).to_be_attached()
    await page.get_by_label("区域").fill("赤坎区 · 440802")
    await page.get_by_label("也召集不在值守的队员").check()
    await desk.check_access()
    await page.get_by_role("button", name="开始点兵").click()

    banner = page.locator(".drl-banner")
    await expect(banner).to_contain_text("演练")
    await expect(banner).to_contain_text("赤坎区点兵")
    await expect(banner).to_contain_text("进行中")
    called = await city.look.value("SELECT count(*) FROM muster_call")
    assert called > 0
    await expect(page.locator("[data-figure=called] .rep-big")).to_have_text(str(called))
    await expect(page.locator("[data-figure=here] .rep-big")).to_have_text("0")

    drill, member, name = (
        await city.look.rows(
            "SELECT c.drill_id, c.member_id, m.name FROM muster_call c JOIN member m ON m.id = c.member_id"
            " ORDER BY m.number LIMIT 1"
        )
    )[0]
    answer = await city.api.client.post(
        f"/api/v1/musters/{drill}/answer", json={"answer": "here"}, headers=city.callers.phones[str(member)]
    )
    assert answer.status_code == 200, answer.text
    await expect(page.locator("[data-figure=here] .rep-big")).to_have_text("1")
    await page.locator("summary", has_text="名单").click()
    await page.get_by_role("button", name="能到", exact=True).click()
    await expect(page.locator(".drl-answer.here")).to_have_count(1)
    await expect(page.get_by_role("row", name=name)).to_contain_text("能到")
    await desk.check_access()

    await page.get_by_role("button", name="结束演练").click()
    await page.get_by_role("button", name="结束", exact=True).click()
    await expect(page.locator("[data-drill-state]")).to_have_text("已结束")
    assert await city.look.value("SELECT count(*) FROM drill WHERE ended_at IS NOT NULL") == 1


async def test_an_exercise_lists_the_tasks_of_its_scenario(city, desk):
    page = desk.page
    await page.get_by_role("link", name="点兵练兵").click()
    await page.get_by_role("radio", name="练兵").check(force=True)
    await page.get_by_label("区域").fill("霞山区")
    await expect(page.locator("datalist option[value='霞山区 · 440803']")).to_be_attached()
    await page.get_by_label("区域").fill("霞山区 · 440803")
    await page.get_by_label("情景").select_option("missing")
    await page.get_by_role("button", name="开始练兵").click()
    await expect(page.locator(".drl-banner")).to_contain_text("霞山区人员走失练兵")
    # Four an hour, and an hour is what is filled in.
    await expect(page.get_by_role("region", name="演练任务").locator("tr")).to_have_count(4)
    await desk.check_access()
