"""The member's story on a phone: on duty, asked, engaged, done; with and without a network, in both languages."""

from playwright.async_api import expect

from service.db.base import utcnow
from tests.processes.fleet import until


async def test_from_duty_to_done(city):
    phone = await city.phone()
    await city.look.connection.execute(
        "UPDATE duty_switch SET state = 'off' WHERE member_id = $1", city.member
    )
    await phone.page.reload()
    await phone.sees("未值守")
    await phone.check_access()
    await phone.press("开始值守")
    await phone.check_access()
    await phone.press("2 小时")
    await expect(phone.page.locator(".duty.on")).to_be_visible()

    task_id = await city.post("海滨大道爆管")
    await phone.sees("剩余答复时间")
    await phone.check_access()
    assert "海滨大道爆管" not in await phone.page.content()
    await phone.press("我能去")
    await phone.sees("海滨大道爆管")
    await phone.sees("带反光背心。")
    await phone.check_access()

    await expect(phone.page.locator(".maps a")).to_have_count(4)
    maps = [await each.get_attribute("href") for each in await phone.page.locator(".maps a").all()]
    headers = city.callers.phones[city.member]
    for crs, form in (
        ("GCJ02", "{lon:.6f},{lat:.6f}"),
        ("BD09", "{lat:.6f},{lon:.6f}"),
        ("WGS84", "{lat:.6f},{lon:.6f}"),
    ):
        offers = await city.api.client.get("/api/v1/offers", params={"crs": crs}, headers=headers)
        place = offers.json()["items"][0]["task"]["location"]
        assert any(form.format(**place) in href for href in maps)

    message = {"text": "请走海滨大道南段。"}
    await city.api.client.post(
        f"/api/v1/tasks/{task_id}/messages", json=message, headers=city.callers.dispatcher
    )
    await phone.sees("请走海滨大道南段。")
    await phone.press("我出发了")
    await phone.press("我到了")
    await phone.press("我平安")
    await phone.press("任务完成")
    await phone.press("是，已完成")
    await expect(phone.page.locator(".duty.on")).to_be_visible()

    await city.until_state("released")
    await expect(phone.page.locator(".note.waiting")).to_have_count(0)
    await phone.has_sent("duty", "accept", "en-route", "on-scene", "confirm", "release")
    engagement = await city.engagement()
    assert engagement["state"] == "released"
    assert engagement["confirmed_at"] is not None
    await phone.page.get_by_role("link", name="记录").click()
    await phone.sees("已完成")
    await phone.page.get_by_role("link", name="我的").click()
    await phone.sees("22:00–07:00")
    await phone.check_access()


async def test_what_is_done_offline_arrives_in_order_once(city):
    phone = await city.phone()
    await city.engage(phone)
    await phone.is_ready_offline()
    phone.sent.clear()
    await phone.context.set_offline(True)
    await phone.press("我出发了")
    await phone.press("我到了")
    await phone.press("我平安")
    await phone.sees("3 项操作尚未送达")
    await phone.page.reload()
    await phone.sees("3 项操作尚未送达")
    await phone.sees("带反光背心。")
    await phone.check_access()
    await phone.press("任务完成")
    await phone.press("是，已完成")
    await phone.sees("4 项操作尚未送达")
    assert (await city.engagement())["state"] == "accepted"

    # A second tab flushes as well; only one may.
    second = await phone.context.new_page()
    await second.goto(phone.page.url)
    back = utcnow()
    await phone.context.set_offline(False)
    await expect(phone.page.locator(".note.waiting")).to_have_count(0)
    await expect(second.locator(".note.waiting")).to_have_count(0)

    await phone.has_sent("en-route", "on-scene", "confirm", "release")
    engagement = await city.engagement()
    assert engagement["state"] == "released"
    assert engagement["en_route_at"] < engagement["on_scene_at"] < engagement["ended_at"] < back
    kinds = await city.look.column(
        "SELECT kind FROM outbox WHERE kind = ANY($1) ORDER BY id",
        ["engagement.en_route", "engagement.on_scene", "engagement.released"],
    )
    assert kinds == ["engagement.en_route", "engagement.on_scene", "engagement.released"]


async def test_a_refusal_is_said_in_words_and_lets_the_next_action_pass(city):
    phone = await city.phone()
    task_id = await city.post()
    await phone.sees("剩余答复时间")
    await phone.is_ready_offline()
    await phone.context.set_offline(True)
    await phone.press("我能去")
    await phone.press("我出发了")
    await city.api.client.post(f"/api/v1/tasks/{task_id}/cancel", headers=city.callers.dispatcher)
    phone.sent.clear()
    await phone.context.set_offline(False)
    await expect(phone.page.locator(".note.refused")).not_to_have_count(0)
    await phone.sees("这一步不再需要")
    await phone.press("结束值守")
    await until(
        lambda: city.look.value(
            "SELECT 1 FROM duty_switch WHERE member_id = $1 AND state = 'off'", city.member
        )
    )
    assert await city.engagement() is None


async def test_a_server_that_restarts_is_caught_up_with(city):
    phone = await city.phone()
    other = await city.fleet.serve()
    await city.api.kill()
    await city.post("重启期间的任务", api=other)
    await expect(phone.page.locator(".way.offline")).to_be_visible()
    city.api = await city.fleet.serve(city.api.port)
    await phone.sees("剩余答复时间")
    await expect(phone.page.locator(".way.live")).to_be_visible()


async def test_no_location_is_asked_for_before_it_is_needed_and_a_refusal_leaves_the_rest(city):
    phone = await city.phone()
    await phone.page.evaluate(
        """() => {
            window.asked = 0;
            navigator.geolocation.getCurrentPosition = (_, refuse) => {
                window.asked += 1;
                refuse({ code: 1, PERMISSION_DENIED: 1 });
            };
        }"""
    )
    await city.engage(phone)
    assert await phone.page.evaluate("window.asked") == 0
    await phone.press("上报我的位置")
    await phone.sees("浏览器未允许定位")
    assert await phone.page.evaluate("window.asked") > 0
    await phone.press("我出发了")
    await phone.press("我到了")
    await city.until_state("on_scene")
    assert await city.look.value("SELECT count(*) FROM checkin") == 0


async def test_with_permission_a_position_is_reported_while_engaged(city):
    phone = await city.phone(
        geolocation={"longitude": 110.3594, "latitude": 21.2707}, permissions=["geolocation"]
    )
    await city.engage(phone)
    await phone.press("上报我的位置")
    await phone.sees("正在上报位置")
    await until(lambda: city.look.value("SELECT 1 FROM checkin WHERE member_id = $1", city.member))


async def test_a_revoked_phone_keeps_what_was_not_sent_for_the_same_member(city):
    phone = await city.phone()
    await city.engage(phone)
    await phone.is_ready_offline()
    await phone.context.set_offline(True)
    await phone.press("我出发了")
    await phone.sees("1 项操作尚未送达")
    await city.look.connection.execute(
        "UPDATE device SET revoked_at = now() WHERE id IN (SELECT d.id FROM device d JOIN account a"
        " ON a.id = d.account_id WHERE a.member_id = $1)",
        city.member,
    )
    await phone.context.set_offline(False)
    await phone.sees("这部手机的登记已失效")
    await phone.sees("还有 1 项操作没有送达")
    await phone.check_access()
    assert (await city.engagement())["state"] == "accepted"
    await phone.page.get_by_label("登记码").fill(await city.code())
    await phone.press("登记")
    await city.until_state("en_route")


async def test_both_languages_and_the_keyboard(city):
    phone = await city.phone(locale="en-GB")
    await phone.sees("On duty")
    assert await phone.page.evaluate("document.documentElement.lang") == "en-GB"
    await city.post()
    await phone.sees("Time left to answer")
    await phone.sees("Emergency response")
    await phone.check_access()
    await phone.button("I can’t").focus()
    await phone.page.keyboard.press("Enter")
    await phone.sees("Why can’t you?")
    await phone.page.keyboard.press("Escape")
    await expect(phone.button("I can’t")).to_be_focused()
    await phone.page.keyboard.press("Enter")
    await phone.page.get_by_role("radio", name="Busy at work").check()
    await phone.press("Decline")
    await phone.sees("My next shifts")
    await until(lambda: city.look.value("SELECT 1 FROM offer WHERE decline_reason = 'Busy at work'"))
    await phone.page.get_by_role("button", name="切换到中文").click()
    await phone.sees("近期排班")
    await phone.page.reload()
    await phone.sees("近期排班")
