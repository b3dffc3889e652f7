"""A one-time code turns a phone into a member's device, once, in time."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from service.access.commands import forget_old, make_enrolment_code, member_account
from service.access.models import Account, Attempts, Device, EnrolmentCode
from service.access.rules import Role
from service.access.secrets import CROCKFORD, hash_code, new_code
from service.errors import Conflict, NotFound


@pytest.fixture
def enrol(client):
    """POST /devices/enrol."""

    async def post(code, name="手机"):
        return await client.post("/api/v1/devices/enrol", json={"code": code, "name": name})

    return post


@pytest.fixture
async def code(session, member, person, clock):
    """A code for the member."""
    made = await make_enrolment_code(session, member.id, person.id, clock.at)
    await session.commit()
    return made.code


async def test_a_code_makes_the_account_and_the_phone(client, enrol, refresh, code, member, audited, session):
    answer = await enrol(code)
    assert answer.status_code == 201
    assert answer.json()["member_id"] == str(member.id)
    token = await refresh(answer.json()["device_token"])
    me = await client.get("/api/v1/me", headers={"Authorization": f"Bearer {token.json()['access_token']}"})
    assert me.json()["username"] == "zj-00a7"
    assert me.json()["display_name"] == "李四"
    assert me.json()["roles"] == ["member"]
    assert me.json()["member_id"] == str(member.id)
    assert [entry[:2] for entry in await audited()] == [("enrol", "done")]
    kind, expires_at = (await session.execute(select(Device.kind, Device.expires_at))).one()
    assert (kind, expires_at) == ("phone", None)


async def test_a_second_phone_joins_the_same_account(session, enrol, code, member, person, clock):
    await enrol(code)
    second = await make_enrolment_code(session, member.id, person.id, clock.at)
    await session.commit()
    assert (await enrol(second.code)).status_code == 201
    assert await session.scalar(select(func.count()).select_from(Device)) == 2
    assert await session.scalar(select(func.count()).select_from(Account)) == 2, (
        "the person's and the member's"
    )


async def test_a_code_works_once(enrol, code, audited):
    await enrol(code)
    again = await enrol(code)
    assert again.status_code == 401
    assert again.json()["type"] == "/problems/enrolment-failed"
    assert (await audited())[-1][:2] == ("enrol", "failed")


async def test_a_code_ends_after_24_hours(enrol, code, clock):
    clock.at += timedelta(hours=24)
    assert (await enrol(code)).status_code == 401


async def test_a_code_works_up_to_24_hours(enrol, code, clock):
    clock.at += timedelta(hours=24) - timedelta(seconds=1)
    assert (await enrol(code)).status_code == 201


async def test_a_newer_code_replaces_it(session, enrol, code, member, person, clock):
    await make_enrolment_code(session, member.id, person.id, clock.at)
    await session.commit()
    assert (await enrol(code)).status_code == 401


async def test_a_code_is_taken_as_people_type_it(enrol, code):
    typed = " " + code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert (await enrol(typed)).status_code == 201


def test_codes_are_fifty_bits_of_readable_characters():
    codes = {new_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(len(code) == 11 and set(code) <= {*CROCKFORD, "-"} for code in codes)
    assert len(CROCKFORD) == 32
    assert hash_code("ol1-0i") == hash_code("01101")


async def test_a_member_who_left_is_not_enrolled(session, enrol, code, member, audited):
    member.active = False
    await session.merge(member)
    await session.commit()
    assert (await enrol(code)).status_code == 401
    assert (await audited())[-1][3]["reason"] == "inactive-member"
    assert await session.scalar(select(EnrolmentCode.used_at)) is None


async def test_codes_cannot_be_guessed_for_long(session, enrol, code, clock):
    session.add(
        Attempts(subject="address:enrol:127.0.0.1", failures=50, window_until=clock.at + timedelta(minutes=2))
    )
    await session.commit()
    answer = await enrol(code)
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "120"


async def test_an_office_that_enrols_does_not_use_up_its_attempts(session, enrol, code):
    await enrol(code)
    await enrol("wrong")
    assert await session.scalar(select(Attempts.failures)) == 1


async def test_a_members_account_may_have_a_password(session, member, clock, log_in):
    account = await member_account(session, member.id, clock.at, password="a password of length")
    await session.commit()
    assert account.roles == [Role.MEMBER]
    assert (await member_account(session, member.id, clock.at)).id == account.id
    assert (await log_in("zj-00a7", "a password of length")).status_code == 200


async def test_a_members_account_needs_a_member_and_a_free_name(session, member, person, clock):
    with pytest.raises(NotFound):
        await member_account(session, person.id, clock.at)
    person.username = "zj-00a7"
    await session.flush()
    with pytest.raises(Conflict, match="username-taken"):
        await member_account(session, member.id, clock.at)


async def test_of_two_phones_with_one_code_one_wins(fresh_client, fresh_sessions, clock, arrange):
    async with fresh_sessions() as session:
        member = await arrange.member(session, clock.at)
        person = await arrange.person(session, clock.at)
        code = (await make_enrolment_code(session, member.id, person.id, clock.at)).code
        await session.commit()
    bodies = [{"code": code, "name": str(number)} for number in range(6)]
    answers = await asyncio.gather(
        *(fresh_client.post("/api/v1/devices/enrol", json=body) for body in bodies)
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [401] * 5
    async with fresh_sessions() as session:
        assert await session.scalar(select(func.count()).select_from(Device)) == 1


async def test_what_is_worthless_is_forgotten_after_a_month(session, enrol, code, clock):
    await enrol("wrong")
    await enrol(code)
    await forget_old(session, clock.at + timedelta(days=30))
    assert await session.scalar(select(func.count()).select_from(Attempts)) == 0
    assert await session.scalar(select(func.count()).select_from(EnrolmentCode)) == 1
    await forget_old(session, clock.at + timedelta(days=32))
    assert await session.scalar(select(func.count()).select_from(EnrolmentCode)) == 0
    assert await session.scalar(select(func.count()).select_from(Device)) == 1, "a phone has no end"
