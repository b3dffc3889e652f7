"""The ledger in words: each decision as an auditor reads it, and as the member may ask about their own."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, text

from service.db.base import new_id, point_wkt
from service.dispatch.queries.ledger import tasks_near, waves_that_name
from tests.dispatch.conftest import CHIKAN, offers_of

FAR = (110.1757, 20.3265)
"""Some 100 km to the south: farther than any reach."""


@pytest.fixture
def place(session, graphs, clock):
    """Give members a fresh presence at a place."""

    async def place(members, lon=CHIKAN[0], lat=CHIKAN[1]):
        graph = await graphs.current(session)
        await session.execute(
            text(
                "INSERT INTO presence (member_id, at, location, accuracy_m, grid_id)"
                " SELECT unnest(CAST(:members AS uuid[])), :at, ST_GeomFromEWKT(:point), 10, :grid"
                " ON CONFLICT (member_id) DO UPDATE SET at = excluded.at, location = excluded.location,"
                " grid_id = excluded.grid_id"
            ),
            {
                "members": list(members),
                "at": clock.at,
                "point": point_wkt(lon, lat),
                "grid": graph.locate(lon, lat).leaf.id,
            },
        )
        await session.commit()

    return place


@pytest.fixture
def switch(session, clock):
    """Turn members' duty on or off."""

    async def switch(members, state):
        await session.execute(
            text(
                "INSERT INTO duty_switch (member_id, state, set_at)"
                " SELECT unnest(CAST(:members AS uuid[])), :state, :at"
                " ON CONFLICT (member_id) DO UPDATE SET state = excluded.state"
            ),
            {"members": list(members), "state": state, "at": clock.at},
        )
        await session.commit()

    return switch


@pytest.fixture
async def people(session, place, switch):
    """Ten able normal members on duty at the task's place, without skills; all others are far away."""
    everybody = (await session.scalars(text("SELECT id FROM member ORDER BY number"))).all()
    await place(everybody, *FAR)
    chosen = await session.scalars(
        text("SELECT id FROM member WHERE tier = 'normal' AND opted_out = '{}' ORDER BY number LIMIT 10")
    )
    people = list(chosen)
    await session.execute(text("DELETE FROM member_skill WHERE member_id = ANY(:ids)"), {"ids": people})
    await session.execute(text("UPDATE member SET active = true WHERE id = ANY(:ids)"), {"ids": people})
    await switch(people, "on")
    await place(people)
    return people


@pytest.fixture
def waves(client, dispatcher):
    """Read a task's ledger."""

    async def waves(task, language="zh", headers=None):
        answer = await client.get(
            f"/api/v1/tasks/{task['id']}/waves",
            headers=(headers or dispatcher) | {"Accept-Language": language},
        )
        assert answer.status_code == 200, answer.text
        return answer.json()["items"]

    return waves


@pytest.fixture
def told(waves):
    """What the last wave says of a member it did not ask, in both languages."""

    async def told(task, member):
        return [
            next(
                entry["text"]
                for entry in (await waves(task, language))[-1]["not_chosen"]
                if entry["member_id"] == str(member)
            )
            for language in ("zh", "en")
        ]

    return told


@pytest.fixture
def rewrite(session):
    """Put an entry of one's own into the first wave of a task: what the ledger kept of a member."""

    async def rewrite(task, member, **entry):
        await session.execute(
            text(
                "UPDATE wave SET not_chosen = CAST(:entries AS jsonb), considered = ARRAY[CAST(:member AS uuid)]"
                " WHERE task_id = :task AND number = 1"
            ),
            {
                "entries": json.dumps([{"member_id": str(member), "travel_minutes": 12} | entry]),
                "member": member,
                "task": task["id"],
            },
        )
        await session.commit()

    return rewrite


async def test_who_is_off_duty_is_told_with_minutes_and_by_what_position(post, told, switch, people, place):
    off = people[0]
    await switch([off], "off")
    await place([off], CHIKAN[0] + 0.005)
    zh, en = await told(await post(), off)
    assert zh == "离任务 2 分钟（按签到位置），不在值守"
    assert en == "2 minutes away (by their position), off duty"


async def test_without_a_fresh_position_the_duty_place_counts_and_is_named(post, waves, session):
    await session.execute(text("DELETE FROM presence"))
    await session.commit()
    [wave] = await waves(await post())
    assert {entry["source"] for entry in wave["not_chosen"]} == {"office"}
    assert all("（按单位办公地）" in entry["text"] for entry in wave["chosen"] + wave["not_chosen"])


async def test_standby_members_are_told_as_such_in_normal_mode(post, told, session, people, let_pass):
    await session.execute(text("UPDATE member SET tier = 'standby' WHERE id = :id"), {"id": people[0]})
    await session.commit()
    task = await post(category="public_request", urgency="routine", seats=[{"count": 1}])
    await let_pass(5)
    zh, en = await told(task, people[0])
    assert zh == "离任务 0 分钟（按签到位置），战备队员，只在应急时出动"
    assert en == "0 minutes away (by their position), standby, called only in emergencies"


async def test_a_skill_that_is_missing_or_expired_is_named(post, told, session, people):
    await session.execute(
        text(
            "INSERT INTO member_skill VALUES (:with, 'first_aid', NULL), (:expired, 'first_aid', '2026-06-02')"
        ),
        {"with": people[0], "expired": people[1]},
    )
    await session.commit()
    task = await post(seats=[{"skills": ["first_aid"], "count": 1}])
    assert await told(task, people[1]) == [
        "离任务 0 分钟（按签到位置），技能已过期：急救",
        "0 minutes away (by their position), expired: First aid",
    ]
    assert await told(task, people[2]) == [
        "离任务 0 分钟（按签到位置），缺少技能：急救",
        "0 minutes away (by their position), lacking: First aid",
    ]


async def test_what_keeps_somebody_busy_is_told(post, phone, told, people):
    first = await post()
    offer = offers_of(first)[0]
    member = offer["member_id"]
    zh, en = await told(await post(), member)
    assert zh.endswith("，正被一项应急派单占用")
    assert en.endswith(", held by an emergency offer")

    accepted = await phone(member, "POST", f"/offers/{offer['id']}/accept")
    zh, en = await told(await post(), member)
    assert zh.endswith("，正在执行一项应急任务")
    assert en.endswith(", engaged in an emergency task")

    engagement = accepted.json()["engagement"]["id"]
    await phone(member, "POST", f"/engagements/{engagement}/en-route")
    await phone(member, "POST", f"/engagements/{engagement}/on-scene")
    zh, en = await told(await post(), member)
    assert zh.endswith("，正在一项应急任务的现场")
    assert en.endswith(", on the scene of an emergency task")


async def test_who_rests_after_an_engagement_is_told_until_when(post, phone, told, session, people):
    offer = offers_of(await post(seats=[{"count": 1}]))[0]
    accepted = await phone(offer["member_id"], "POST", f"/offers/{offer['id']}/accept")
    engagement = accepted.json()["engagement"]["id"]
    for step in ("en-route", "on-scene", "release"):
        await phone(offer["member_id"], "POST", f"/engagements/{engagement}/{step}")
    await session.execute(text("UPDATE engagement SET rest_until = '2026-06-03T18:30:00+08:00'"))
    await session.commit()
    zh, en = await told(await post(), offer["member_id"])
    assert zh == "离任务 0 分钟（按签到位置），正在休息至 18:30"
    assert en == "0 minutes away (by their position), resting until 18:30"


async def test_those_asked_are_told_with_seat_and_chance(post, waves, people):
    task = await post(seats=[{"count": 2}])
    numbers = {seat["id"]: seat["number"] for seat in task["seats"]}
    for language, sentence in (
        ("zh", "离任务 0 分钟（按签到位置），岗位 {seat}，预计有 {percent}% 的可能答应"),
        ("en", "0 minutes away (by their position), seat {seat}, {percent}% likely to say yes"),
    ):
        [wave] = await waves(task, language)
        assert len(wave["chosen"]) > 2
        for entry in wave["chosen"]:
            seat, percent = numbers[entry["seat_id"]], round(entry["acceptance"] * 100)
            assert entry["text"] == sentence.format(seat=seat, percent=percent)


async def test_a_wave_says_how_far_it_looked_and_why_it_asked_so_many(post, waves, switch, people):
    await switch(people[:2], "off")
    task = await post(seats=[{"count": 1}])
    [wave] = await waves(task)
    asked = len(wave["chosen"])
    assert (wave["level"], wave["batch_id"], wave["people"]) == ("II", None, 10)
    assert wave["counts"] == {"off_duty": 2, "not_needed": 8 - asked}
    counts = "、".join(
        f"{name} {count}"
        for name, count in sorted((("人已够", 8 - asked), ("不在值守", 2)), key=lambda each: -each[1])
    )
    assert wave["text"] == (
        "第 1 波：任务发布。应急模式（II 级）。"
        f"范围 10 分钟，看了 2 分钟内 10 人：问 {asked} 人，未问 {10 - asked} 人：{counts}。"
        f"目标是全部空缺岗位有 90% 的把握到位，问这些人至少有 {int(wave['probability'] * 100)}%。"
    )
    [wave] = await waves(task, "en")
    assert wave["text"].startswith(
        "Wave 1: the task was posted. Emergency mode, level II. Reach 10 minutes; "
    )
    assert f"looked at 10 people within 2 minutes: {asked} asked, {10 - asked} not: " in wave["text"]
    assert (
        "The target is a 90% chance that every open seat fills; with those asked it is at least 9"
        in wave["text"]
    )


async def test_a_shortfall_says_how_many_have_the_skill_and_what_keeps_them(
    post, waves, session, switch, people
):
    skilled = people[:3]
    await session.execute(
        text("INSERT INTO member_skill SELECT unnest(CAST(:ids AS uuid[])), 'first_aid', NULL"),
        {"ids": skilled},
    )
    await session.commit()
    await switch(skilled, "off")
    task = await post(seats=[{"skills": ["first_aid"], "count": 2}])
    [wave] = await waves(task)
    assert wave["chosen"] == []
    assert wave["text"].endswith("2 个需要急救的岗位无人可派：90 分钟内 3 人有此技能，但不在值守。")
    [wave] = await waves(task, "en")
    assert wave["text"].endswith(
        "2 seats needing First aid cannot be filled: 3 people with the skills within 90 minutes, but off duty."
    )


async def test_a_skill_that_nobody_has_is_told_of_all_of_them(post, waves, people):
    [wave] = await waves(await post(seats=[{"skills": ["boat"], "count": 1}]))
    assert "范围 90 分钟，看了 90 分钟内 10 人：问 0 人，未问 10 人：缺少所需技能 10。" in wave["text"]
    assert wave["text"].endswith("1 个需要驾船的岗位无人可派：90 分钟内 10 人缺少所需技能。")


async def test_nobody_at_all_is_told_as_well(post, waves, people, place):
    await place(people, *FAR)
    task = await post()
    [wave] = await waves(task)
    assert "范围 90 分钟，90 分钟内没有队员。" in wave["text"]
    assert wave["text"].endswith("3 个岗位无人可派：90 分钟内没有队员。")
    [wave] = await waves(task, "en")
    assert wave["text"].endswith("3 seats cannot be filled: there is nobody within 90 minutes.")


async def test_a_choice_by_hand_is_told_with_its_reason(post, client, dispatcher, waves, switch, people):
    await switch(people[:1], "off")
    task = await post(seats=[{"count": 1}])
    answer = await client.post(
        f"/api/v1/tasks/{task['id']}/offers",
        json={"member_ids": [str(people[0])], "overrule": "熟悉现场"},
        headers=dispatcher,
    )
    assert answer.status_code == 201, answer.text
    wave = (await waves(task))[-1]
    assert wave["text"] == "第 2 波：调度员点名。应急模式（II 级）。问 1 人。放宽规则的理由：熟悉现场。"


async def test_a_community_is_named(post, told, session, rewrite, people):
    task = await post()
    code, name = (
        await session.execute(
            text(
                "SELECT g.code, v.name FROM grid g JOIN grid_version v ON v.grid_id = g.id"
                " WHERE g.level = 'community' ORDER BY g.code LIMIT 1"
            )
        )
    ).one()
    await session.execute(text("UPDATE task SET residents_of = :code"), {"code": code})
    await rewrite(task, people[0], reason="not_resident", detail={"community": code}, travel_minutes=2)
    assert (await told(task, people[0]))[0] == f"离任务 2 分钟，不是{name}居民"


async def test_local_times_are_the_citys_and_past_its_midnight_have_their_date(
    post, told, clock, rewrite, people
):
    """At 23:50 in Shanghai it is still the 3rd, while 00:10 is the 4th, though both are the 3rd in UTC."""
    task = await post()
    clock.at = datetime(2026, 6, 3, 15, 50, tzinfo=UTC)
    late = await post()
    for each, until, zh in (
        (task, "2026-06-03T15:59:00+00:00", "23:59"),
        (task, "2026-06-03T16:10:00+00:00", "6 月 4 日 00:10"),
        (late, "2026-06-03T15:55:00+00:00", "23:55"),
        (late, "2026-06-03T16:10:00+00:00", "6 月 4 日 00:10"),
    ):
        await rewrite(each, people[0], reason="resting", detail={"until": until}, travel_minutes=2)
        assert (await told(each, people[0]))[0] == f"离任务 2 分钟，正在休息至 {zh}"


async def test_a_wave_of_an_earlier_release_is_told_without_what_it_lacks(post, waves, session, people):
    task = await post()
    await session.execute(
        text(
            "UPDATE wave SET shortfall = jsonb_build_object('unfillable_seats', jsonb_build_array(CAST(:seat AS text)),"
            " 'probability', 0.5), chosen = (SELECT jsonb_agg(each - 'source' - 'acceptance')"
            " FROM jsonb_array_elements(chosen) each), level = NULL"
        ),
        {"seat": task["seats"][0]["id"]},
    )
    await session.commit()
    [wave] = await waves(task)
    assert wave["text"].startswith("第 1 波：任务发布。应急模式。范围")
    assert wave["text"].endswith("1 个岗位无人可派。")
    numbers = {seat["id"]: seat["number"] for seat in task["seats"]}
    for entry in wave["chosen"]:
        assert (entry["source"], entry["acceptance"]) == (None, None)
        assert entry["text"] == f"离任务 0 分钟，岗位 {numbers[entry['seat_id']]}"


async def test_an_auditor_reads_the_same(post, waves, login, people):
    task = await post()
    assert await waves(task, headers=await login("auditor", areas=["4408"])) == await waves(task)


async def test_a_member_reads_why_a_task_near_them_did_not_ask_them(
    post, phone, switch, people, place, clock
):
    off = people[0]
    await switch([off], "off")
    await place([off], CHIKAN[0] + 0.005)
    task = await post(title="密级标题", instructions="密级说明")
    wave = {
        "number": 1,
        "at": clock.at.isoformat().replace("+00:00", "Z"),
        "travel_minutes": 2,
        "reason": "off_duty",
        "text": "你当时离任务约 2 分钟（按签到位置），不在值守，因此没有问你。",
    }
    nearby = await phone(off, "GET", "/me/nearby")
    assert nearby.json() == {
        "items": [
            {
                "task_id": task["id"],
                "category": "emergency_response",
                "category_name": "应急处突",
                "drill": False,
                "rough_place": task["grid"]["name"],
                "posted_at": task["created_at"],
                "waves": [wave],
            }
        ],
        "next": None,
    }
    why = await phone(off, "GET", f"/tasks/{task['id']}/why")
    assert why.json() == {"called": False, "text": wave["text"], "waves": [wave]}


async def test_the_members_answer_speaks_their_language(post, phone, switch, people, client):
    await switch(people[:1], "off")
    task = await post()
    client.headers["Accept-Language"] = "en"
    why = await phone(people[0], "GET", f"/tasks/{task['id']}/why")
    assert why.json()["text"] == (
        "You were about 0 minutes from the task (by your position) and were off duty, so you were not asked."
    )
    [item] = (await phone(people[0], "GET", "/me/nearby")).json()["items"]
    assert (item["category_name"], item["waves"]) == ("Emergency response", why.json()["waves"])


async def test_who_was_asked_reads_when_and_what_became_of_it(post, phone, people):
    task = await post()
    yes, no, silent = offers_of(task)[:3]
    await phone(yes["member_id"], "POST", f"/offers/{yes['id']}/accept")
    await phone(no["member_id"], "POST", f"/offers/{no['id']}/decline")

    async def why(offer):
        answer = (await phone(offer["member_id"], "GET", f"/tasks/{task['id']}/why")).json()
        assert answer["called"] is True
        return answer["text"]

    assert await why(yes) == "12:00 问了你，你接受了。"
    assert await why(no) == "12:00 问了你，你谢绝了。"
    assert await why(silent) == "12:00 问了你，请在 12:03 前答复。"


async def test_what_is_overdue_has_expired_before_the_worker_says_so(post, phone, people, clock):
    task = await post()
    offer = offers_of(task)[0]
    path = f"/tasks/{task['id']}/why"
    clock.at += timedelta(minutes=4)
    answer = await phone(offer["member_id"], "GET", path)
    assert answer.json()["text"] == "12:00 问了你，到 12:03 没有等到答复。"
    clock.at += timedelta(days=1)
    answer = await phone(offer["member_id"], "GET", path)
    assert answer.json()["text"] == "6 月 3 日 12:00 问了你，到 6 月 3 日 12:03 没有等到答复。"


async def test_a_task_that_never_considered_a_member_is_not_there_for_them(
    post, phone, people, place, client, login
):
    stranger = people[0]
    await place([stranger], *FAR)
    task = await post()
    answer = await phone(stranger, "GET", f"/tasks/{task['id']}/why")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
    nowhere = await phone(stranger, "GET", f"/tasks/{new_id()}/why")
    assert nowhere.json()["detail"] == answer.json()["detail"]
    assert (await phone(stranger, "GET", "/me/nearby")).json()["items"] == []
    auditor = await login("auditor", areas=["4408"])
    audit = await client.get("/api/v1/audit", params={"outcome": "refused"}, headers=auditor)
    assert [entry["action"] for entry in audit.json()["items"]] == ["why.read"]


async def test_the_members_answer_holds_nobody_else_and_nothing_secret(post, phone, switch, people):
    await switch(people[:3], "off")
    task = await post(title="密级标题", instructions="密级说明")
    own = people[0]
    answers = [await phone(own, "GET", path) for path in ("/me/nearby", f"/tasks/{task['id']}/why")]
    everything = "".join(answer.text for answer in answers)
    assert "不在值守" in everything
    assert "密级" not in everything
    assert str(task["location"]["lon"]) not in everything
    assert not [member for member in people if str(member) in everything]


@pytest.mark.parametrize("role", ["dispatcher", "auditor", "unit_manager", "admin"])
async def test_only_members_ask_for_themselves(post, client, login, people, role):
    task = await post()
    headers = await login(role, areas=["4408"])
    for path in ("me/nearby", f"tasks/{task['id']}/why"):
        assert (await client.get(f"/api/v1/{path}", headers=headers)).status_code == 403


async def test_nearby_is_paged_newest_first_and_looks_back_14_days(
    post, phone, switch, people, clock, place, session
):
    await switch(people[:1], "off")
    tasks = []
    for _ in range(3):
        await place(people[:1])
        tasks.append((await post(seats=[{"count": 1}]))["id"])
        clock.at += timedelta(days=1)

    async def nearby(**params):
        answer = (await phone(people[0], "GET", "/me/nearby", params=params)).json()
        return [item["task_id"] for item in answer["items"]], answer["next"]

    first, after = await nearby(limit=2)
    assert first == tasks[:0:-1]
    assert await nearby(limit=2, after=after) == (tasks[:1], None)
    assert await nearby(since=(clock.at - timedelta(days=2)).isoformat()) == (tasks[:0:-1], None)
    for table in ("task", "wave"):
        await session.execute(text(f"UPDATE {table} SET created_at = created_at - interval '11 days 1 hour'"))
    await session.commit()
    assert (await nearby())[0] == tasks[:0:-1]
    assert (await nearby(since="2026-01-01T00:00:00Z"))[0] == tasks[:0:-1]


async def test_each_wave_of_a_task_gives_its_own_reason(post, phone, switch, people, let_pass):
    own = people[0]
    await switch([own], "off")
    task = await post()
    await let_pass(4)
    answer = (await phone(own, "GET", f"/tasks/{task['id']}/why")).json()
    assert [wave["number"] for wave in answer["waves"]] == [1, 2]
    assert answer["text"] == answer["waves"][-1]["text"]
    [item] = (await phone(own, "GET", "/me/nearby")).json()["items"]
    assert item["waves"] == answer["waves"]


MANY_WAVES = """
    WITH named AS (
        SELECT n, ARRAY(SELECT gen_random_uuid() FROM generate_series(1, 20 + 0 * n)) AS ids
        FROM generate_series(1, 5000) n
    )
    INSERT INTO wave (id, task_id, number, trigger, mode, step, playbook_version, reach_minutes, searched_minutes,
                      target_probability, probability, chosen, not_chosen, considered, people, counts, shortfall,
                      created_at)
    SELECT gen_random_uuid(), :task, 1000 + n, 'unanswered', 'emergency', 0, 1, 10, 10, 0.9, 0.9, '[]', '[]', ids, 0,
           '{}', 'null', :at
    FROM named
"""


async def test_a_members_waves_are_found_among_many_by_their_index(
    post, session, people, clock, connection, switch
):
    await switch(people[:1], "off")
    task = await post()
    await session.execute(text(MANY_WAVES), {"task": task["id"], "at": clock.at})
    # What VACUUM does in its time: what was just written is in the index's waiting list, which is read whole.
    await session.execute(text("SELECT gin_clean_pending_list('ix_wave_considered')"))
    await session.execute(text("ANALYZE wave"))
    await session.commit()
    seen = []
    event.listen(
        connection.sync_connection, "before_cursor_execute", lambda *arguments: seen.append(arguments[2:4])
    )
    [near] = await tasks_near(session, people[0], clock.at - timedelta(days=14), 50, None)
    assert await waves_that_name(session, people[0], [near.id])
    looked = [(statement, parameters) for statement, parameters in seen if "considered" in statement]
    plans = []
    for statement, parameters in looked:
        lines = await connection.exec_driver_sql(f"EXPLAIN (COSTS OFF) {statement}", parameters)
        plans.append("\n".join(line for (line,) in lines))
    assert len(plans) == 2
    assert "ix_wave_considered" in plans[0]
    assert not any("Seq Scan on wave" in plan for plan in plans)
