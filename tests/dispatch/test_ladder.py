"""纵横统筹: who is told while the seats of an emergency stay open."""

from sqlalchemy import text

from tests.dispatch.conftest import offers_of


async def rungs(session, task):
    """(rung, area, units, officers) of what was told, in order."""
    rows = await session.execute(
        text(
            "SELECT rung, area_code, unit_codes, officers FROM escalation WHERE task_id = :id ORDER BY number"
        ),
        {"id": task["id"]},
    )
    return rows.all()


async def test_the_ladder_is_climbed_while_seats_are_open(post, let_pass, session, login):
    task = await post()
    code = task["grid"]["code"]
    town = await login("dispatcher", areas=[code[:9]])
    county = await login("dispatcher", areas=[code[:6]])
    await login("dispatcher", areas=["440811"])
    assert town != county
    await let_pass(0)
    [units] = await rungs(session, task)
    assert (units.rung, units.area_code, units.unit_codes) == ("units", None, task["responsible_units"])
    await let_pass(5)
    told = await rungs(session, task)
    assert [each.rung for each in told] == ["units", "neighbours"]
    assert told[1].unit_codes
    assert not set(told[1].unit_codes) & set(task["responsible_units"])
    await let_pass(20)
    told = await rungs(session, task)
    assert [(each.rung, each.area_code) for each in told[2:]] == [
        ("town", code[:9]),
        ("county", code[:6]),
        ("city", code[:4]),
    ]
    names = await session.execute(
        text("SELECT id, areas FROM account WHERE id = ANY(:ids)"),
        {"ids": [officer for each in told for officer in each.officers]},
    )
    areas = {row.id: row.areas for row in names}
    for each in told[2:]:
        assert each.officers
        assert all(areas[officer] == [each.area_code] for officer in each.officers)
    await let_pass(60)
    assert len(await rungs(session, task)) == 5
    events = await session.scalars(
        text(
            "SELECT area_code FROM outbox WHERE kind = 'task.escalated' AND task_id = :id"
            " AND data ->> 'rung' IN ('town', 'county', 'city') ORDER BY id"
        ),
        {"id": task["id"]},
    )
    assert events.all() == [code[:9], code[:6], code[:4]]


async def test_a_task_that_is_staffed_in_time_troubles_nobody_above(post, phone, let_pass, session):
    task = await post()
    await let_pass(0)
    for offer in offers_of(task)[:3]:
        await phone(offer["member_id"], "POST", f"/offers/{offer['id']}/accept")
    await let_pass(30)
    assert [each.rung for each in await rungs(session, task)] == ["units"]


async def test_a_seat_that_comes_open_again_starts_the_minutes_anew(post, phone, let_pass, session):
    task = await post()
    offers = offers_of(task)[:3]
    engaged = []
    for offer in offers:
        answer = await phone(offer["member_id"], "POST", f"/offers/{offer['id']}/accept")
        engaged.append(answer.json()["engagement"])
    await let_pass(30)
    await phone(engaged[0]["member_id"], "POST", f"/engagements/{engaged[0]['id']}/withdraw")
    await let_pass(2)
    assert [each.rung for each in await rungs(session, task)] == ["units"]
    await let_pass(2)
    assert [each.rung for each in await rungs(session, task)] == ["units", "neighbours"]


async def test_normal_tasks_climb_no_ladder(post, let_pass, session):
    task = await post(category="public_request", urgency="routine")
    await let_pass(60)
    assert await rungs(session, task) == []
