"""The dispatcher's desk in a browser: posting, watching, steering, the mode, and what may go wrong meanwhile."""

from playwright.async_api import expect

from service.db.base import utcnow
from tests.processes.city import answer_offer, offers_of, task_body

MANY_TASKS = """
    INSERT INTO task SELECT (jsonb_populate_record(t, jsonb_build_object('id', gen_random_uuid(),
        'title', format('第 %s 项', n), 'created_at', t.created_at + n * interval '1 second'))).*
    FROM task t CROSS JOIN generate_series(1, 200) n WHERE t.id = $1::text::uuid
"""
"""Two hundred more like one, without seats."""


async def read_task(city, task_id):
    """A task over REST."""
    answer = await city.api.client.get(f"/api/v1/tasks/{task_id}", headers=city.callers.dispatcher)
    return answer.json()


async def post(api, city, title):
    """A routine task for which nobody is asked: no worker runs that would match it."""
    body = task_body(title, urgency="routine")
    answer = await api.client.post("/api/v1/tasks", json=body, headers=city.callers.dispatcher)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def test_a_task_is_posted_by_a_name_and_its_waves_are_watched(city, desk):
    await desk.page.keyboard.press("n")
    await desk.page.keyboard.type("海滨大道爆管")
    await desk.check_access()
    await desk.page.locator("#post-place").focus()
    await desk.find_place("三和社区")
    await expect(desk.page.locator("#post-placed")).to_contain_text("三和社区")
    await desk.page.get_by_text("特急", exact=True).first.click()
    await desk.button("预览").click()
    foresight = desk.page.locator(".foresight")
    await expect(foresight).to_contain_text("三和社区居民委员会")
    await expect(foresight).to_contain_text("立即派单")
    await expect(foresight).to_contain_text("将询问")
    await expect(foresight.locator(".chosen li").first).to_contain_text("分钟")
    await desk.check_access()
    await foresight.get_by_role("button", name="发布", exact=True).click()

    await expect(desk.row("海滨大道爆管")).to_contain_text("待答复")
    listed = await city.api.client.get("/api/v1/tasks", headers=city.callers.dispatcher)
    (task,) = listed.json()["items"]
    await desk.page.locator("#tab-waves").click()
    await expect(desk.page.locator(".wave")).to_have_count(1)
    await expect(desk.page.locator(".wave")).to_contain_text("任务发布")
    await desk.page.locator(".others summary").click()
    await expect(desk.page.locator(".counts")).to_contain_text("人已够")
    await desk.check_access()

    await desk.page.locator("#tab-people").click()
    first = offers_of(task)[0]
    assert (await answer_offer(city.api.client, city.callers, first, "accept")).status_code == 200
    name = await city.look.value("SELECT name FROM member WHERE id = $1::text::uuid", first["member_id"])
    await expect(desk.page.locator(".seat", has_text=name)).to_contain_text("已答应")
    await expect(desk.row("海滨大道爆管")).to_contain_text("1/2")

    await desk.page.locator("#tab-waves").click()
    await desk.page.keyboard.press("w")
    await expect(desk.page.locator(".wave", has_text="第 2 波")).to_contain_text("调度员扩大范围")

    # The same thing again, near and a moment later.
    await desk.page.keyboard.press("n")
    await desk.page.keyboard.type("又是爆管")
    await desk.page.locator("#post-place").focus()
    await desk.find_place("三和社区")
    await desk.button("预览").click()
    await expect(desk.page.locator(".similar")).to_contain_text("海滨大道爆管")
    await desk.page.keyboard.press("Escape")
    await expect(desk.page.locator("#task-title")).to_have_text("海滨大道爆管")

    await desk.page.locator("#tab-notes").click()
    await desk.page.get_by_role("textbox", name="备注").fill("报警人在东门等候")
    await desk.button("记下").click()
    await expect(desk.page.locator(".thread")).to_contain_text("报警人在东门等候")
    await desk.page.locator("#tab-talk").click()
    await desk.page.get_by_role("textbox", name="留言").fill("走南门")
    await desk.button("发送").click()
    await expect(desk.page.locator(".thread")).to_contain_text("走南门")
    told = await city.look.column("SELECT text FROM message UNION ALL SELECT text FROM note")
    assert sorted(told) == sorted(["走南门", "报警人在东门等候"])

    await desk.button("办结").click()
    await desk.button("确认办结").click()
    await expect(desk.row("海滨大道爆管")).to_have_count(0)
    assert (await read_task(city, task["id"]))["state"] == "closed"


async def test_a_choice_is_refused_with_its_reason_and_overruled_with_one(city, desk):
    other = await city.look.connection.fetchrow(
        "UPDATE duty_switch SET state = 'off' FROM member m WHERE member_id = m.id AND m.id = $1"
        " RETURNING m.id, m.number, m.name",
        city.member,
    )
    await post(city.api, city, "点名派单")
    await desk.row("点名派单").click()
    await desk.page.locator("#tab-choose").click()
    await desk.page.locator("#choose-search").fill(other["number"])
    await desk.page.locator(".candidates label", has_text=other["name"]).click()
    await expect(desk.page.locator(".finding.soft")).to_contain_text("不在值守")
    await desk.check_access()
    await desk.button("派单给 1 人").click()
    await expect(desk.page.locator(".choose .refusal")).to_contain_text(f"{other['name']}：不在值守")
    assert await city.look.value("SELECT count(*) FROM offer WHERE member_id = $1", other["id"]) == 0
    await desk.page.locator("#overrule").fill("本人主动请缨")
    await desk.button("派单给 1 人").click()
    await expect(desk.page.locator(".finding")).to_have_count(0)
    assert await city.look.value("SELECT overrule_reason FROM wave ORDER BY created_at DESC LIMIT 1") == (
        "本人主动请缨"
    )


async def test_an_emergency_is_previewed_begun_seen_and_ended(city, desk):
    await desk.page.keyboard.press("m")
    await desk.page.locator("#mode-area").focus()
    await desk.find_place("赤坎区")
    await desk.page.get_by_role("radio", name="II", exact=True).check(force=True)
    await desk.page.locator("#mode-reason").fill("台风登陆")
    await desk.button("预览").click()
    await expect(desk.page.locator(".effects")).to_contain_text("→ II 级")
    await desk.check_access()
    assert await city.look.value("SELECT count(*) FROM activation WHERE reason = '台风登陆'") == 0
    await desk.button("确认启动 II 级应急").click()
    banner = desk.page.locator(".banner", has_text="台风登陆")
    await expect(banner).to_contain_text("赤坎区 应急响应 II 级")
    await expect(banner.locator(".clock")).to_contain_text("5:59")
    await desk.check_access()
    await banner.get_by_role("button", name="结束应急").click()
    await desk.button("确认结束").click()
    await expect(banner).to_have_count(0)
    assert await city.look.value("SELECT ended_at FROM activation WHERE reason = '台风登陆'") is not None


async def test_a_server_that_restarts_is_said_and_caught_up_with(city, desk):
    await post(city.api, city, "重启之前")
    await expect(desk.row("重启之前")).to_be_visible()
    await city.api.kill()
    await expect(desk.page.locator(".badge.offline")).to_be_visible()
    await expect(desk.page.locator(".old")).to_contain_text("连接中断")
    again = await city.fleet.serve(city.api.port)
    await post(again, city, "重启之后")
    await expect(desk.row("重启之后")).to_be_visible()
    await expect(desk.page.locator(".badge.live")).to_be_visible()
    await expect(desk.page.locator(".old")).to_have_count(0)


async def test_a_session_that_ends_mid_form_loses_nothing(city, desk):
    await desk.page.keyboard.press("n")
    await desk.page.keyboard.type("填到一半")
    await desk.page.locator("#post-place").focus()
    await desk.find_place("三和社区")
    await city.look.connection.execute(
        "UPDATE device SET revoked_at = $1 WHERE kind = 'session' AND name <> 'test'", utcnow()
    )
    await desk.button("预览").click()
    await desk.sees("请重新登录")
    await desk.check_access()
    await desk.log_in()
    await expect(desk.page.locator(".foresight")).to_contain_text("填到一半")
    await desk.button("返回修改").click()
    await expect(desk.page.locator("#post-title")).to_have_value("填到一半")
    await expect(desk.page.locator(".badge.live")).to_be_visible()


async def test_a_reload_keeps_the_session_and_a_log_out_ends_it(city, desk):
    cookies = {each["name"]: each for each in await desk.context.cookies()}
    assert cookies["vanguard_refresh"]["httpOnly"]
    assert cookies["vanguard_refresh"]["sameSite"] == "Strict"
    await desk.page.reload()
    await desk.is_live()
    kept = await desk.page.evaluate("JSON.stringify([localStorage, sessionStorage, document.cookie])")
    assert "eyJ" not in kept
    assert cookies["vanguard_refresh"]["value"] not in kept
    await desk.button("退出").click()
    await expect(desk.page.locator("input[type=password]")).to_be_visible()
    await desk.page.reload()
    await expect(desk.page.locator("input[type=password]")).to_be_visible()
    assert "vanguard_refresh" not in {each["name"] for each in await desk.context.cookies()}


async def test_the_second_of_two_dispatchers_is_told_what_changed(city, desk):
    task_id = await post(city.api, city, "两人同时改")
    await desk.row("两人同时改").click()
    await desk.button("修改").click()
    changed = await city.api.client.patch(
        f"/api/v1/tasks/{task_id}", json={"title": "已被改名"}, headers=city.callers.dispatcher
    )
    assert changed.status_code == 200
    await expect(desk.page.locator(".modal .notice")).to_contain_text("标题")
    await desk.page.locator(".modal").get_by_role("button", name="关闭").click()
    await expect(desk.page.locator(".notices")).to_contain_text("“已被改名”刚被另一位调度员改动：标题")
    await expect(desk.page.locator("#task-title")).to_have_text("已被改名")

    await desk.button("取消任务").click()
    await desk.page.route("**/api/v1/events*", lambda route: route.abort())
    await city.api.client.post(f"/api/v1/tasks/{task_id}/close", headers=city.callers.dispatcher)
    await desk.button("确认取消").click()
    await expect(desk.page.locator(".modal .refusal")).to_be_visible()
    await expect(desk.page.locator(".notices")).to_contain_text("没有办成")
    await expect(desk.page.locator(".notices")).to_contain_text("状态")


async def test_a_call_for_help_is_heard_survives_a_reload_and_is_acknowledged_for_every_desk(
    city, desk, second_desk
):
    await desk.button("声音").click()
    await expect(desk.button("声音")).to_have_attribute("aria-pressed", "true")
    task_id = await city.post("有人求助")
    offer = offers_of(await read_task(city, task_id))[0]
    accepted = await answer_offer(city.api.client, city.callers, offer, "accept")
    engagement = accepted.json()["engagement"]["id"]
    phone = city.callers.phones[city.member]
    said = await city.api.client.post(
        f"/api/v1/engagements/{engagement}/confirm", json={"how": "need_help"}, headers=phone
    )
    assert said.status_code == 200, said.text
    alarm = desk.page.locator(".alarm.help")
    await expect(alarm).to_contain_text("需要支援")
    await expect(alarm).to_contain_text("有人求助")
    await expect(desk.row("有人求助")).to_contain_text("需要支援")
    await desk.check_access()
    await desk.page.reload()
    await desk.is_live()
    await expect(alarm).to_contain_text("有人求助")
    await expect(second_desk.page.locator(".alarm.help")).to_contain_text("有人求助")
    await second_desk.page.keyboard.press("a")
    await expect(second_desk.page.locator(".alarm.help")).to_have_count(0)
    await expect(alarm).to_have_count(0)
    await expect(desk.row("有人求助")).not_to_contain_text("需要支援")


async def test_where_no_stream_gets_through_and_nothing_sounds_the_page_asks_and_says_so(city, desk):
    await desk.page.add_init_script("delete window.AudioContext")
    await desk.page.route(
        lambda url: "/api/v1/events?" in url and "poll=true" not in url,
        lambda route: route.fulfill(status=200, content_type="text/event-stream", body=""),
    )
    await desk.page.reload()
    await expect(desk.page.locator(".badge.polling")).to_be_visible()
    await post(city.api, city, "慢慢知道")
    await expect(desk.row("慢慢知道")).to_be_visible()
    await desk.button("声音").click()
    await desk.sees("此浏览器放不出声音")


async def test_of_a_long_list_what_is_near_is_drawn_and_the_keyboard_gets_everywhere(city, desk):
    await city.look.connection.execute(MANY_TASKS, await post(city.api, city, "第 0 项"))
    await desk.page.reload()
    await desk.is_live()
    await expect(desk.page.locator(".total")).to_contain_text("201")
    assert await desk.page.locator(".row").count() < 100
    for _ in range(201):
        await desk.page.keyboard.press("j")
    await expect(desk.row("第 200 项")).to_be_focused()
    await expect(desk.row("第 200 项")).to_be_in_viewport()
    assert await desk.page.evaluate("document.scrollingElement.scrollTop") == 0
    await desk.check_access()


async def test_the_keyboard_alone_finds_tasks_and_posts_one(city, desk):
    for title in ("键盘一", "键盘二"):
        await post(city.api, city, title)
    await expect(desk.page.locator(".row")).to_have_count(2)
    await desk.page.keyboard.press("j")
    await expect(desk.row("键盘一")).to_be_focused()
    await desk.page.keyboard.press("j")
    await expect(desk.row("键盘二")).to_be_focused()
    await desk.page.keyboard.press("k")
    await expect(desk.page.locator("#task-title")).to_have_text("键盘一")
    await desk.page.keyboard.press("Enter")
    await expect(desk.page.locator("#task-title")).to_be_focused()
    await desk.page.keyboard.press("Escape")
    await expect(desk.row("键盘一")).to_be_focused()
    await desk.page.keyboard.press("/")
    await desk.page.keyboard.type("二")
    await expect(desk.page.locator(".row")).to_have_count(1)
    await desk.page.keyboard.press("Escape")
    await expect(desk.page.locator(".row")).to_have_count(2)
    await desk.page.keyboard.press("?")
    await expect(desk.page.locator(".keys")).to_be_visible()
    await desk.page.keyboard.press("Escape")
    await expect(desk.page.locator(".keys")).to_have_count(0)

    width = (await desk.page.locator(".list").bounding_box())["width"]
    await desk.page.get_by_role("separator", name="任务栏宽度").focus()
    await desk.page.keyboard.press("ArrowRight")
    await desk.page.wait_for_function(
        "width => document.querySelector('.list').offsetWidth > width", arg=width
    )

    await desk.page.keyboard.press("n")
    await expect(desk.page.locator("#post-title")).to_be_focused()
    await desk.page.keyboard.type("全用键盘")
    await desk.page.keyboard.press("Tab")
    await desk.page.keyboard.press("ArrowLeft")
    await desk.page.keyboard.press("Tab")
    await desk.page.keyboard.press("Tab")
    await expect(desk.page.locator("#post-place")).to_be_focused()
    await desk.find_place("三和社区")
    await expect(desk.page.locator("#count-0")).to_be_focused()
    await desk.page.keyboard.press("Enter")
    await expect(desk.page.locator(".foresight .button.main")).to_be_focused()
    await desk.page.keyboard.press("Enter")
    await expect(desk.row("全用键盘")).to_be_visible()
    assert await city.look.value("SELECT urgency FROM task WHERE title = '全用键盘'") == "critical"


async def test_english_at_night_on_a_wall(city, desk):
    await city.post("Burst main")
    await desk.button("English").click()
    await expect(desk.row("Burst main")).to_contain_text("Open")
    await desk.row("Burst main").click()
    await expect(desk.page.locator(".details")).to_contain_text("Widen now")
    await desk.page.locator("#tab-waves").click()
    await expect(desk.page.locator(".wave")).to_contain_text("Wave 1")
    await desk.check_access()
    for _ in range(2):
        await desk.page.locator(".head .button[title^=Theme]").click()
    await expect(desk.page.locator("html[data-theme=night]")).to_have_count(1)
    await desk.check_access()
    await desk.button("Big type").click()
    await desk.page.set_viewport_size({"width": 1920, "height": 1080})
    assert await desk.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await desk.page.reload()
    await desk.is_live()
    await expect(desk.page.locator("html.big[data-theme=night]")).to_have_count(1)
    await expect(desk.button("New task")).to_be_visible()
