"""Logging in with a password, renewing, logging out; what goes on record; how many attempts there are."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from service.access import passwords
from service.access.commands import PHONE, member_account, open_device
from service.access.models import Account, Attempts, Device
from service.db.base import new_id


def bearer(answer):
    """The headers that a token answer is good for."""
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


async def test_a_password_gives_a_session(client, person, log_in, audited):
    answer = await log_in()
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["token_type"] == "bearer"
    assert answer.json()["expires_in"] == 900
    me = await client.get("/api/v1/me", headers=bearer(answer))
    assert me.json()["username"] == "zhang.san"
    assert await audited() == [("login", "done", "zhang.san", {"address": "127.0.0.1"})]


async def test_the_case_of_a_username_does_not_count(person, log_in):
    assert (await log_in("Zhang.San")).status_code == 200


async def test_a_wrong_password_fails_and_is_on_record(person, log_in, audited):
    answer = await log_in(password="wrong")
    assert answer.status_code == 401
    assert answer.json()["type"] == "/problems/login-failed"
    detail = {"reason": "wrong-password", "address": "127.0.0.1"}
    assert await audited() == [("login", "failed", "zhang.san", detail)]


async def test_an_unknown_username_fails_alike_and_is_not_kept(person, log_in, audited):
    wrong, unknown = await log_in(password="wrong"), await log_in("my secret pass phrase", "wrong")
    assert unknown.status_code == wrong.status_code
    assert unknown.json() == wrong.json()
    assert (await audited())[1] == (
        "login",
        "failed",
        None,
        {"reason": "unknown-username", "address": "127.0.0.1"},
    )


@pytest.mark.parametrize("username", ["zhang.san", "nobody"])
async def test_each_login_verifies_one_hash_whoever_exists(person, log_in, monkeypatch, username):
    verified = []
    verify = passwords.hasher.verify
    monkeypatch.setattr(passwords.hasher, "verify", lambda *given: verified.append(given) or verify(*given))
    await log_in(username, "wrong")
    assert len(verified) == 1


async def test_an_inactive_account_fails_alike(person, session, log_in, audited):
    person.active = False
    await session.commit()
    answer = await log_in()
    assert answer.json()["type"] == "/problems/login-failed"
    assert (await audited())[0][3]["reason"] == "inactive"


async def test_an_account_without_a_password_has_no_login(session, member, clock, log_in):
    await member_account(session, member.id, clock.at)
    await session.commit()
    assert (await log_in("zj-00a7", "")).status_code == 422
    assert (await log_in("zj-00a7", "None")).status_code == 401


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"grant_type": "password", "username": "zhang.san"}, "password"),
        ({"grant_type": "refresh_token"}, "refresh_token"),
        ({"grant_type": "client_credentials"}, "grant_type"),
        ({}, "grant_type"),
        ({"grant_type": "password", "username": "a\x00b", "password": "x"}, "username"),
    ],
)
async def test_a_form_that_is_wrong_names_the_field(client, form, field):
    answer = await client.post("/api/v1/token", data=form)
    assert answer.status_code == 422
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]


async def test_a_refresh_token_changes_and_the_old_one_is_dead(client, person, log_in, refresh, audited):
    first = await log_in()
    second = await refresh(first.json()["refresh_token"])
    assert second.status_code == 200
    assert second.json()["refresh_token"] != first.json()["refresh_token"]
    assert (await client.get("/api/v1/me", headers=bearer(second))).status_code == 200
    reused = await refresh(first.json()["refresh_token"])
    assert reused.json()["type"] == "/problems/login-failed"
    assert (await audited())[-1][:2] == ("refresh", "failed")
    assert (await refresh(second.json()["refresh_token"])).status_code == 200


async def test_a_session_ends_after_its_days_however_often_it_is_renewed(person, log_in, refresh, clock):
    answer = await log_in()
    clock.at += timedelta(days=29)
    answer = await refresh(answer.json()["refresh_token"])
    assert answer.status_code == 200
    clock.at += timedelta(days=1)
    assert (await refresh(answer.json()["refresh_token"])).status_code == 401


async def test_a_phones_token_stays(session, person, refresh, clock):
    _, token = await open_device(session, person.id, PHONE, "手机", clock.at, None)
    await session.commit()
    clock.at += timedelta(days=400)
    for _ in range(2):
        answer = await refresh(token)
        assert answer.json()["refresh_token"] == token
    used = await session.scalar(select(Device.last_used_at).execution_options(populate_existing=True))
    assert used == clock.at


async def test_a_token_is_kept_as_its_hash_only(session, person, log_in):
    token = (await log_in()).json()["refresh_token"]
    device = (await session.execute(select(Device))).scalar_one()
    assert len(device.token_hash) == 32
    assert token.encode() not in device.token_hash


async def test_log_out_ends_the_refresh_token_too(client, person, log_in, refresh):
    answer = await log_in()
    assert (await client.post("/api/v1/logout", headers=bearer(answer))).status_code == 204
    assert (await refresh(answer.json()["refresh_token"])).status_code == 401


async def test_of_two_that_renew_at_once_one_wins(fresh_client, fresh_sessions, clock):
    async with fresh_sessions.begin() as session:
        account = Account(
            id=new_id(),
            username="li",
            password_hash=None,
            display_name="李",
            roles=["gis"],
            areas=[],
            units=[],
            member_id=None,
            active=True,
            created_at=clock.at,
        )
        session.add(account)
        await session.flush()
        _, token = await open_device(session, account.id, "session", "", clock.at, None)
    form = {"grant_type": "refresh_token", "refresh_token": token}
    answers = await asyncio.gather(*(fresh_client.post("/api/v1/token", data=form) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 5


async def test_ten_failures_close_a_username_for_a_while(person, log_in, clock, audited):
    for _ in range(10):
        assert (await log_in(password="wrong")).status_code == 401
    clock.at += timedelta(minutes=5)
    answer = await log_in()
    assert answer.status_code == 429
    assert answer.json()["type"] == "/problems/too-many-attempts"
    assert answer.headers["retry-after"] == "600"
    assert len(await audited()) == 10
    clock.at += timedelta(seconds=600)
    assert (await log_in()).status_code == 200


async def test_a_success_forgets_the_failures(person, session, log_in):
    for _ in range(9):
        await log_in(password="wrong")
    assert (await log_in()).status_code == 200
    for _ in range(10):
        assert (await log_in(password="wrong")).status_code == 401
    assert (await log_in(password="wrong")).status_code == 429
    failures = dict((await session.execute(select(Attempts.subject, Attempts.failures))).all())
    assert failures == {"username:zhang.san": 10, "address:login:127.0.0.1": 19}


async def test_fifty_failures_close_an_address(session, person, log_in, clock):
    session.add(
        Attempts(subject="address:login:127.0.0.1", failures=50, window_until=clock.at + timedelta(minutes=1))
    )
    await session.commit()
    answer = await log_in()
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "60"


async def test_guesses_sent_at_once_are_no_more_than_ten(fresh_client):
    form = {"grant_type": "password", "username": "zhang.san", "password": "wrong"}
    answers = await asyncio.gather(*(fresh_client.post("/api/v1/token", data=form) for _ in range(16)))
    assert sorted(answer.status_code for answer in answers) == [401] * 10 + [429] * 6


async def test_unknown_refresh_tokens_close_the_address_for_unknown_ones_only(
    session, person, log_in, refresh, clock, audited
):
    good = (await log_in()).json()["refresh_token"]
    session.add(
        Attempts(
            subject="address:refresh:127.0.0.1", failures=49, window_until=clock.at + timedelta(minutes=1)
        )
    )
    await session.commit()
    assert (await refresh("junk")).status_code == 401
    recorded = len(await audited())
    assert (await refresh("junk")).status_code == 429
    assert len(await audited()) == recorded
    assert (await refresh(good)).status_code == 200
