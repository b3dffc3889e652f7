"""点兵: who is called, who answers, and what the report makes of it."""

from uuid import UUID

import pytest
from sqlalchemy import text

from tests.dispatch.people import normal_members

CHIKAN = "440802"


@pytest.fixture
async def called(session):
    """Some members at home in Chikan, put on duty."""
    members = await normal_members(session, 4, f"g.code LIKE '{CHIKAN}%'")
    await session.execute(
        text(
            "INSERT INTO duty_switch (member_id, state, set_at) SELECT id, 'on', now() FROM member"
            " WHERE id = ANY(:ids) ON CONFLICT (member_id) DO UPDATE SET state = 'on', until = NULL"
        ),
        {"ids": [UUID(member) for member in members]},
    )
    await session.commit()
    return members


async def expected(session, area, *, off_duty):
    """Whom a muster calls, written once more."""
    on_duty = """
        CASE WHEN sw.state IS NOT NULL AND (sw.until IS NULL OR sw.until > '2026-06-03T04:00Z') THEN sw.state = 'on'
             ELSE EXISTS (SELECT 1 FROM duty_slot d WHERE d.member_id = m.id AND d.weekday = 2
                          AND d.from_minute <= 720 AND 720 < d.to_minute) END
    """
    rows = await session.execute(
        text(
            "SELECT m.id, u.code AS unit FROM member m JOIN unit u ON u.id = m.unit_id"
            " JOIN grid h ON h.id = m.home_grid_id JOIN grid o ON o.id = u.office_grid_id"
            " LEFT JOIN duty_switch sw ON sw.member_id = m.id"
            f" WHERE m.active AND (h.code LIKE :area || '%' OR o.code LIKE :area || '%') AND ({on_duty} OR :off_duty)"
        ),
        {"area": area, "off_duty": off_duty},
    )
    return {str(row.id): row.unit for row in rows}


async def test_a_muster_calls_those_on_duty_of_the_area(session, called, start, report, client, dispatcher):
    drill = await start("musters", area=CHIKAN, minutes=15)
    people = await expected(session, CHIKAN, off_duty=False)
    assert set(called) <= set(people)
    found = await report(drill)
    assert found["roll"]["called"] == len(people) == found["roll"]["silent"]
    assert sum(each["called"] for each in found["by_unit"]) == len(people)
    assert {each["code"] for each in found["by_unit"]} == set(people.values())
    assert all(each["name"] for each in [*found["by_unit"], *found["by_community"]])
    told = await session.scalars(
        text("SELECT member_id FROM outbox WHERE kind = 'muster.called' ORDER BY member_id")
    )
    assert {str(member) for member in told} == set(people)
    everybody = await start("musters", area=CHIKAN, off_duty=True)
    assert (await report(everybody))["roll"]["called"] == len(await expected(session, CHIKAN, off_duty=True))


async def test_answers_are_counted_by_when_they_came(session, called, start, report, phone, clock, let_pass):
    drill = await start("musters", area=CHIKAN, minutes=15)
    first, second, third, fourth = called
    seen = (await phone(first, "GET", "/me/musters")).json()["items"]
    assert [(each["id"], each["answer"]) for each in seen] == [(drill["id"], None)]

    async def answer(member, word):
        return await phone(member, "POST", f"/musters/{drill['id']}/answer", json={"answer": word})

    assert (await answer(first, "here")).status_code == 200
    assert (await answer(first, "here")).status_code == 200, "once more is harmless"
    again = await answer(first, "cannot")
    assert (again.status_code, again.json()["type"]) == (409, "/problems/muster-answered")
    await let_pass(3)
    assert (await answer(second, "cannot")).status_code == 200
    await let_pass(10)
    assert (await answer(third, "here")).status_code == 200
    roll = (await report(drill))["roll"]
    assert (roll["here"], roll["cannot"]) == (2, 1)
    assert roll["answered_within"] == {"1": 1, "5": 2, "15": 3}
    await let_pass(3)
    assert (await report(drill))["ended_at"] is not None, "it ends by itself"
    late = await answer(fourth, "here")
    assert (late.status_code, late.json()["type"]) == (409, "/problems/drill-ended")
    assert (await phone(first, "GET", "/me/musters")).json()["items"] == []
    assert (await report(drill))["roll"] == roll


async def test_whoever_is_there_may_check_in_until_the_end(session, called, start, phone):
    drill = await start("musters", area=CHIKAN, minutes=15)
    for member, word in zip(called, ("here", "cannot"), strict=False):
        await phone(member, "POST", f"/musters/{drill['id']}/answer", json={"answer": word})
    tracked = await session.execute(
        text("SELECT member_id, tracked_until FROM presence WHERE tracked_until IS NOT NULL")
    )
    assert [(str(member), until.isoformat()) for member, until in tracked] == [
        (called[0], drill["until"].replace("Z", "+00:00"))
    ]


async def test_its_early_end_ends_that_too_but_not_what_goes_on_for_longer(
    session, called, start, phone, client, dispatcher
):
    drill = await start("musters", area=CHIKAN, minutes=15)
    for member in called[:2]:
        await phone(member, "POST", f"/musters/{drill['id']}/answer", json={"answer": "here"})
    await session.execute(
        text("UPDATE presence SET tracked_until = '2026-06-05T00:00Z' WHERE member_id = :id"),
        {"id": UUID(called[1])},
    )
    await session.commit()
    await client.post(f"/api/v1/drills/{drill['id']}/end", headers=dispatcher)
    tracked = await session.scalars(
        text("SELECT member_id FROM presence WHERE tracked_until IS NOT NULL ORDER BY 1")
    )
    assert [str(member) for member in tracked] == [called[1]]


async def test_the_roll_names_those_whose_roster_is_the_callers(
    session, called, start, phone, client, dispatcher, login
):
    drill = await start("musters", area=CHIKAN)
    await phone(called[0], "POST", f"/musters/{drill['id']}/answer", json={"answer": "here"})
    path = f"/api/v1/drills/{drill['id']}/calls"
    here = (await client.get(path, params={"answer": "here"}, headers=dispatcher)).json()["items"]
    assert [each["member_id"] for each in here] == [called[0]]
    assert here[0]["name"]
    silent = (await client.get(path, params={"silent": True, "limit": 500}, headers=dispatcher)).json()
    assert called[0] not in {each["member_id"] for each in silent["items"]}
    own = await login("dispatcher", areas=[CHIKAN])
    seen = (await client.get(path, params={"limit": 500}, headers=own)).json()["items"]
    homes = set(
        await session.scalars(
            text("SELECT m.id FROM member m JOIN grid g ON g.id = m.home_grid_id WHERE g.code LIKE '440802%'")
        )
    )
    assert seen
    assert {UUID(each["member_id"]) for each in seen} <= homes
    auditor = await login("auditor", areas=["4408"])
    assert (await client.get(path, headers=auditor)).status_code == 403
    assert (await client.get(f"/api/v1/drills/{drill['id']}", headers=auditor)).status_code == 200


async def test_a_drill_of_another_area_is_not_there(start, called, client, login, dispatcher):
    drill = await start("musters", area=CHIKAN)
    elsewhere = await login("dispatcher", areas=["440803"])
    path = f"/api/v1/drills/{drill['id']}"
    assert (await client.get(path, headers=elsewhere)).status_code == 404
    assert (await client.post(f"{path}/end", headers=elsewhere)).status_code == 404
    assert (await client.get("/api/v1/drills", headers=elsewhere)).json()["items"] == []
    refused = await client.post(
        "/api/v1/drills/musters", json={"area": CHIKAN, "title": "点兵"}, headers=elsewhere
    )
    assert refused.status_code == 403
    listed = (await client.get("/api/v1/drills", headers=dispatcher)).json()["items"]
    assert [each["id"] for each in listed] == [drill["id"]]
    ended = await client.post(f"{path}/end", headers=dispatcher)
    assert ended.json()["ended_at"]
    assert (await client.post(f"{path}/end", headers=dispatcher)).json() == ended.json()


async def test_nobody_to_call_and_nobody_called(session, start, called, client, dispatcher, phone):
    await session.execute(text("UPDATE member SET active = false"))
    await session.commit()
    answer = await client.post(
        "/api/v1/drills/musters", json={"area": CHIKAN, "title": "点兵"}, headers=dispatcher
    )
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/nobody-to-call")
    await session.execute(text("UPDATE member SET active = true"))
    await session.commit()
    drill = await start("musters", area=CHIKAN)
    (stranger,) = await normal_members(session, 1, "g.code LIKE '440883%' AND o.code NOT LIKE '440802%'")
    assert (
        await phone(stranger, "POST", f"/musters/{drill['id']}/answer", json={"answer": "here"})
    ).status_code == 404
