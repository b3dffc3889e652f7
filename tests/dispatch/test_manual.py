"""A dispatcher chooses people: the same rules say what the choice breaks, and which of it may be overruled."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from service.db.base import new_id
from tests.dispatch.conftest import offers_of


@pytest.fixture
def choose(client, dispatcher):
    """Ask members by hand."""

    async def choose(task, *members, headers=None, **more):
        return await client.post(
            f"/api/v1/tasks/{task['id']}/offers",
            json={"member_ids": [str(member) for member in members], **more},
            headers=headers or dispatcher,
        )

    return choose


@pytest.fixture
def check(client, dispatcher):
    """What a choice would break: hard and soft, by member."""

    async def check(task, *members):
        answer = await client.post(
            f"/api/v1/tasks/{task['id']}/check",
            json={"member_ids": [str(member) for member in members]},
            headers=dispatcher,
        )
        assert answer.status_code == 200, answer.text
        return [(finding["hard"], finding["soft"]) for finding in answer.json()["findings"]]

    return check


async def ids(session, where, **values):
    """Members by a condition, in the order of their numbers."""
    found = await session.scalars(
        text(f"SELECT m.id FROM member m WHERE {where} ORDER BY number LIMIT 5"), values
    )
    return found.all()


ON_DUTY = (
    "EXISTS (SELECT 1 FROM duty_slot d WHERE d.member_id = m.id AND weekday = 2"
    " AND from_minute <= 720 AND to_minute > 720)"
)
FREE = "NOT EXISTS (SELECT 1 FROM offer o WHERE o.member_id = m.id AND o.state = 'pending')"
NEARBY = "m.unit_id IN (SELECT u.id FROM unit u JOIN grid g ON g.id = u.office_grid_id WHERE g.code LIKE '440802%')"
STALE = "NOT EXISTS (SELECT 1 FROM presence p WHERE p.member_id = m.id AND p.at > '2026-06-03T03:50Z')"


async def test_somebody_who_breaks_nothing_is_asked(post, session, choose, check):
    task = await post(seats=[{"count": 1}])
    member, *_ = await ids(session, f"{ON_DUTY} AND {FREE} AND {NEARBY} AND {STALE}")
    assert await check(task, member) == [([], [])]
    answer = await choose(task, member)
    assert answer.status_code == 201, answer.text
    wave = answer.json()["waves"][-1]
    assert wave["trigger"] == "chosen"
    assert [offer["member_id"] for offer in wave["offers"]] == [str(member)]


async def test_a_soft_rule_is_overruled_with_a_reason_that_is_kept(
    post, session, choose, check, client, dispatcher
):
    task = await post(seats=[{"count": 1}])
    member, *_ = await ids(session, f"NOT {ON_DUTY} AND {FREE} AND {NEARBY} AND {STALE}")
    [(hard, soft)] = await check(task, member)
    assert hard == []
    assert soft[0] == "off_duty"
    refused = await choose(task, member)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/soft-rule-broken")
    assert "off_duty" in refused.json()["errors"][0]["reason"]
    answer = await choose(task, member, overrule="熟悉现场")
    assert answer.status_code == 201
    ledger = await client.get(f"/api/v1/tasks/{task['id']}/waves", headers=dispatcher)
    assert ledger.json()["items"][-1]["overrule_reason"] == "熟悉现场"
    assert ledger.json()["items"][-1]["planned_by"]


async def test_a_hard_rule_is_overruled_by_nobody(post, session, choose, check):
    task = await post(seats=[{"skills": ["first_aid"], "count": 1}])
    lacking, *_ = await ids(
        session,
        f"{ON_DUTY} AND {FREE} AND {NEARBY} AND {STALE}"
        " AND NOT EXISTS (SELECT 1 FROM member_skill s WHERE s.member_id = m.id AND skill_code = 'first_aid')",
    )
    assert await check(task, lacking) == [(["missing_skill"], [])]
    refused = await choose(task, lacking, overrule="急")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/hard-rule-broken")


async def test_an_expired_skill_a_deactivated_and_an_opted_out_member_are_hard(post, session, check, clock):
    task = await post(seats=[{"skills": ["boat"], "count": 1}])
    expired, gone, excused, *_ = await ids(session, f"{ON_DUTY} AND {FREE} AND {NEARBY} AND {STALE}")
    await session.execute(
        text("DELETE FROM member_skill WHERE member_id = ANY(:m)"), {"m": [expired, gone, excused]}
    )
    for member, until in ((expired, clock.at.date() - timedelta(days=1)), (gone, None), (excused, None)):
        await session.execute(
            text("INSERT INTO member_skill VALUES (:m, 'boat', :until)"), {"m": member, "until": until}
        )
    await session.execute(text("UPDATE member SET active = false WHERE id = :m"), {"m": gone})
    await session.execute(
        text("UPDATE member SET opted_out = ARRAY['emergency_response'] WHERE id = :m"), {"m": excused}
    )
    await session.commit()
    assert await check(task, expired, gone, excused) == [
        (["expired_skill"], []),
        (["deactivated"], []),
        (["opted_out"], []),
    ]


async def test_who_is_busy_cannot_be_chosen(post, choose, check):
    first = await post()
    second = await post()
    busy = offers_of(first)[0]["member_id"]
    [(hard, _)] = await check(second, busy)
    assert hard == ["busy"]
    refused = await choose(second, busy, overrule="急")
    assert refused.json()["type"] == "/problems/hard-rule-broken"


async def test_who_declined_is_not_asked_again_but_may_be_chosen(post, phone, choose, check):
    task = await post()
    offer = offers_of(task)[0]
    await phone(offer["member_id"], "POST", f"/offers/{offer['id']}/decline")
    [(hard, soft)] = await check(task, offer["member_id"])
    assert (hard, soft) == ([], ["already_asked"])
    assert (await choose(task, offer["member_id"], overrule="已电话说好")).status_code == 201


async def test_a_choice_is_all_or_nothing(post, session, choose, read):
    task = await post(seats=[{"count": 1}])
    good, *_ = await ids(session, f"{ON_DUTY} AND {FREE} AND {NEARBY} AND {STALE}")
    nobody = new_id()
    answer = await choose(task, good, nobody)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/unknown-members")
    assert str(nobody) in answer.json()["detail"]
    assert len((await read(task["id"]))["waves"]) == 1


async def test_the_scope_of_a_choice_is_the_dispatchers(post, session, choose, login, client):
    chikan = await login("dispatcher", areas=["440802"])
    task = await post(seats=[{"count": 1}], headers=chikan)
    elsewhere, *_ = await ids(
        session,
        f"{ON_DUTY} AND {FREE} AND m.home_grid_id IN (SELECT id FROM grid WHERE code LIKE '440803%')",
    )
    refused = await choose(task, elsewhere, headers=chikan, overrule="急")
    assert refused.json()["type"] == "/problems/hard-rule-broken"
    assert "out_of_scope" in refused.json()["errors"][0]["reason"]


async def test_a_filled_or_ended_task_takes_no_choice(post, phone, session, choose, client, dispatcher):
    task = await post(seats=[{"count": 1}])
    offer = offers_of(task)[0]
    await phone(offer["member_id"], "POST", f"/offers/{offer['id']}/accept")
    member, *_ = await ids(session, f"{ON_DUTY} AND {FREE} AND {NEARBY} AND {STALE}")
    assert (await choose(task, member)).json()["type"] == "/problems/no-open-seat"
    await client.post(f"/api/v1/tasks/{task['id']}/close", headers=dispatcher)
    assert (await choose(task, member)).json()["type"] == "/problems/task-ended"
