"""What a member's phone is for beside tasks: handing duty over, a muster, a call for help, one's data, and the end."""

import json
from datetime import timedelta
from uuid import UUID

from playwright.async_api import expect

from service.db.base import utcnow
from service.roster.rules import LocalTime
from service.settings import Settings
from tests.processes.fleet import until

ZONE = Settings().zone


async def test_duty_goes_from_one_phone_to_another(city):
    day = LocalTime.of(utcnow(), ZONE).day + timedelta(days=2)
    colleague = await city.look.rows(
        "SELECT o.id, o.number, o.name FROM member m JOIN member o USING (unit_id)"
        " WHERE m.id = $1 AND o.id <> m.id ORDER BY o.number LIMIT 1",
        city.member,
    )
    ((other, number, name),) = [tuple(row) for row in colleague]
    for member, on_duty in ((UUID(city.member), True), (other, False)):
        await city.look.connection.execute("DELETE FROM duty_slot WHERE member_id = $1", member)
        await city.look.connection.execute(
            "INSERT INTO duty_exception (member_id, day, from_minute, to_minute, on_duty)"
            " VALUES ($1, $2, 480, 720, $3)",
            member,
            day,
            on_duty,
        )
    giver, taker = await city.phone(), await city.phone(member=str(other))
    await giver.sees("08:00–12:00")
    await giver.press("请人接班")
    await giver.check_access()
    await giver.page.get_by_label("同事的队员编号").fill(number)
    await giver.press("发出请求")
    await giver.sees(f"已请 {name} 接班，等待答复")
    await taker.sees("请你接班")
    await taker.check_access()
    await taker.press("同意接班")
    await taker.sees("08:00–12:00")
    await expect(giver.page.get_by_text("08:00–12:00")).to_have_count(0)
    await giver.has_sent("handovers")
    await taker.has_sent("accept")


async def test_a_muster_is_answered_offline_with_one_press(city):
    phone = await city.phone()
    await phone.is_ready_offline()
    called = await city.api.client.post(
        "/api/v1/drills/musters",
        json={"title": "夜间点兵", "area": "4408", "minutes": 60},
        headers=city.callers.dispatcher,
    )
    assert called.status_code == 201, called.text
    await phone.sees("夜间点兵")
    await phone.sees("这是演练，不是真实险情。")
    await phone.check_access()
    await phone.context.set_offline(True)
    await phone.press("我能到岗")
    await phone.sees("已答复：能到岗。")
    await phone.page.reload()
    await phone.sees("已答复：能到岗。")
    assert await city.look.column("SELECT answer FROM muster_call WHERE member_id = $1", city.member) == [
        None
    ]
    await phone.context.set_offline(False)
    await until(
        lambda: city.look.value(
            "SELECT 1 FROM muster_call WHERE member_id = $1 AND answer = 'here'", city.member
        )
    )
    await phone.has_sent("answer")


async def test_a_call_for_help_is_heard_and_where_nobody_hears_it_the_screen_says_whom_to_call(city):
    phone = await city.phone(
        geolocation={"longitude": 110.3594, "latitude": 21.2707, "accuracy": 5000},
        permissions=["geolocation"],
    )
    await phone.press("需要帮助")
    await phone.press("是，通知调度员")
    await phone.sees("调度员已收到您的求助")
    assert await city.look.value("SELECT count(*) FROM outbox WHERE kind = 'member.need_help'") == 1
    assert await city.look.value("SELECT count(*) FROM checkin") == 0
    await phone.press("知道了")
    # Off duty by now, which the phone has not heard.
    await phone.is_ready_offline()
    await phone.context.set_offline(True)
    await phone.press("需要帮助")
    await phone.press("是，通知调度员")
    await city.look.connection.execute(
        "UPDATE duty_switch SET state = 'off' WHERE member_id = $1", city.member
    )
    await city.look.connection.execute(
        "UPDATE presence SET duty_until = NULL WHERE member_id = $1", city.member
    )
    await phone.context.set_offline(False)
    await phone.sees("求助没有被收到！")
    await phone.sees("请立即拨打 120")
    await expect(phone.page.locator(".note a[href='tel:120']")).to_be_visible()
    await expect(phone.page.get_by_text("已通知调度员你需要帮助。")).to_have_count(0)
    await phone.check_access()


async def test_ones_data_is_taken_along_and_then_everything_ends(city):
    phone = await city.phone()
    number = await city.look.value("SELECT number FROM member WHERE id = $1", city.member)
    await phone.page.get_by_role("link", name="我的").click()
    async with phone.page.expect_download() as download:
        await phone.press("下载我的全部数据")
    data = json.loads((await (await download.value).path()).read_text())
    assert data["version"] == 1
    assert number in json.dumps(data, ensure_ascii=False)

    await phone.press("删除我的账号和数据")
    await phone.check_access()
    await phone.page.get_by_label("队员编号").fill("不是我")
    await phone.press("永久删除")
    await expect(phone.page.locator("dialog .trouble")).not_to_be_empty()
    assert await city.look.value("SELECT erased_at FROM member WHERE id = $1", city.member) is None
    await phone.page.get_by_label("队员编号").fill(number)
    await phone.press("永久删除")
    await phone.sees("登记这部手机")
    assert await city.look.value("SELECT erased_at FROM member WHERE id = $1", city.member) is not None
    await phone.page.reload()
    await phone.sees("登记这部手机")
    kept = await phone.page.evaluate(
        """async () => {
            const open = indexedDB.open("vanguard-m");
            const database = await new Promise((done) => { open.onsuccess = () => done(open.result); });
            const kept = {};
            for (const name of database.objectStoreNames) {
                const store = database.transaction(name).objectStore(name);
                const all = store.getAllKeys();
                kept[name] = await new Promise((done) => { all.onsuccess = () => done(all.result); });
            }
            return [kept, localStorage.length, sessionStorage.length];
        }"""
    )
    stores, *others = kept
    assert others == [0, 0]
    assert [key for keys in stores.values() for key in keys if key != "language"] == []
