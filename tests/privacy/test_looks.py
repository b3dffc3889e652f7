"""Each look at a position is on record, visible to the member and to auditors, and forgotten in time."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.conftest import NOON

AREA = {"area": "440802", "limit": 500}


@pytest.fixture
def look(client):
    """Look at the county's positions."""

    async def look(headers, **query):
        answer = await client.get("/api/v1/positions", params=query or AREA, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()["items"]

    return look


async def test_the_member_sees_who_looked_how_precisely_and_for_what(login, phone, asked, move, look, clock):
    someone = await asked()
    here = await login("dispatcher", areas=["440802"])
    await look(here)
    await move(someone, "accepted")
    clock.at += timedelta(minutes=1)
    await look(here, task=someone.task)
    looks = (await phone(someone.member, "GET", "/me/looks")).json()["items"]
    assert [(each["precision"], each["task_id"], each["by"], each["roles"]) for each in looks] == [
        ("exact", someone.task, "测试", ["dispatcher"]),
        ("grid", someone.task, "测试", ["dispatcher"]),
    ]
    assert [each["at"] for each in looks] == ["2026-06-03T04:01:00Z", "2026-06-03T04:00:00Z"]
    first = (await phone(someone.member, "GET", "/me/looks?limit=1")).json()
    second = (await phone(someone.member, "GET", f"/me/looks?limit=1&after={first['next']}")).json()
    assert first["items"] + second["items"] == looks
    assert second["next"] is None


async def test_a_console_that_polls_has_looked_once_and_another_person_too(
    login, phone, nearest, look, clock
):
    first, second = await login("dispatcher", areas=["440802"]), await login("dispatcher", areas=["4408"])
    for seconds in range(0, 300, 60):
        clock.at = NOON + timedelta(seconds=seconds)
        await look(first)
    await look(second)
    assert len((await phone(nearest, "GET", "/me/looks")).json()["items"]) == 2
    clock.at = NOON + timedelta(minutes=5)
    await look(first)
    assert len((await phone(nearest, "GET", "/me/looks")).json()["items"]) == 3


async def test_who_is_not_shown_was_not_looked_at(session, login, nearest, look):
    await session.execute(text("UPDATE duty_switch SET state = 'off' WHERE member_id = :id"), {"id": nearest})
    await session.commit()
    assert nearest not in {
        each["member_id"] for each in await look(await login("dispatcher", areas=["4408"]))
    }
    assert await session.scalar(text("SELECT count(*) FROM position_look")) == 0


async def test_looks_are_the_members_own_and_the_auditors(client, login, phone, nearest, look):
    await look(await login("dispatcher", areas=["440802"]))
    for role, status in {
        "auditor": 200,
        "admin": 403,
        "dispatcher": 403,
        "unit_manager": 403,
        "gis": 403,
    }.items():
        headers = await login(role, areas=["4408"], units=["U001"])
        answer = await client.get(f"/api/v1/members/{nearest}/looks", headers=headers)
        assert answer.status_code == status, role
        if status == 200:
            assert len(answer.json()["items"]) == 1
    assert (await phone(nearest, "GET", f"/members/{nearest}/looks")).status_code == 200
    other = await login("member")
    assert (await client.get(f"/api/v1/members/{nearest}/looks", headers=other)).status_code == 404
