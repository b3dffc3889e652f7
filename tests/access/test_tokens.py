"""Access tokens: only what the service signed, for this city, in time, for a device that is still good."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from service.access.commands import SESSION, open_device
from service.access.tokens import KEY_FILE, Tokens, signing_key
from service.db.base import new_id
from service.errors import SetupError
from service.settings import Settings

KEY = "k" * 43


@pytest.fixture
async def device_id(session, person, clock):
    """The person's session."""
    device_id, _ = await open_device(session, person.id, SESSION, "test", clock.at, None)
    await session.commit()
    return device_id


@pytest.fixture
def forge(person, device_id, clock):
    """A token that is right but for what is said; None leaves a claim out."""

    def make(key=KEY, header=None, **changes):
        claims = {
            "iss": "vanguard",
            "aud": "vanguard:440800",
            "sub": str(person.id),
            "sid": str(device_id),
            "jti": "1",
            "exp": int(clock.at.timestamp()) + 60,
        } | changes
        kept = {name: value for name, value in claims.items() if value is not None}
        header = header or {"alg": "HS256"}
        return jwt.encode(header, kept, OctKey.import_key(key), [header["alg"]])

    return make


@pytest.fixture
def ask(client):
    """GET /me with a token."""

    async def get(token):
        return await client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}".encode()})

    return get


def refused(answer, slug):
    """Whether the answer is that 401."""
    return answer.status_code == 401 and answer.json()["type"] == f"/problems/{slug}"


async def test_a_right_token_says_who_one_is(ask, forge, person):
    answer = await ask(forge())
    assert answer.json() == {
        "id": str(person.id),
        "username": "zhang.san",
        "display_name": "张三",
        "contact": None,
        "roles": ["dispatcher"],
        "areas": ["4408"],
        "units": [],
        "member_id": None,
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"key": "x" * 43},
        {"iss": "elsewhere"},
        {"iss": None},
        {"iss": ["vanguard"]},
        {"aud": "vanguard:440900"},
        {"aud": None},
        {"sub": None},
        {"sub": 7},
        {"sid": None},
        {"sid": "7"},
        {"sid": 7},
        {"jti": None},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": 1e300},
        {"header": {"alg": "HS512"}},
    ],
)
async def test_a_forged_token_is_nobody(ask, forge, changes):
    answer = await ask(forge(**changes))
    assert refused(answer, "not-authenticated")
    assert answer.headers.get_list("www-authenticate")[0] == "Bearer"


async def test_alg_none_is_nobody(ask, forge):
    unsigned = "eyJhbGciOiJub25lIn0." + forge().split(".")[1] + "."
    assert refused(await ask(unsigned), "not-authenticated")


@pytest.mark.parametrize("junk", ["x", "a.b.c", "e30.e30.", "é.é.é", "..", "e30.W10.x", "e30.bnVsbA.x"])
async def test_junk_is_nobody(ask, junk):
    assert refused(await ask(junk), "not-authenticated")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Digest eDp5"])
async def test_another_header_is_nobody(client, header):
    assert refused(await client.get("/api/v1/me", headers={"Authorization": header}), "not-authenticated")


async def test_no_header_is_nobody(client):
    assert refused(await client.get("/api/v1/me"), "not-authenticated")


async def test_a_token_ends_at_its_time(ask, forge, clock):
    token = forge()
    clock.at += timedelta(seconds=59)
    assert (await ask(token)).status_code == 200
    clock.at += timedelta(seconds=1)
    assert refused(await ask(token), "token-expired")


async def test_a_device_of_somebody_else_is_refused(ask, forge):
    assert refused(await ask(forge(sub=str(new_id()))), "token-revoked")


async def test_an_unknown_device_is_refused(ask, forge):
    assert refused(await ask(forge(sid=str(new_id()))), "token-revoked")


async def test_a_logged_out_session_is_refused(client, ask, forge):
    token = forge()
    answer = await client.post("/api/v1/logout", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 204
    assert refused(await ask(token), "token-revoked")


async def test_a_deactivated_account_is_refused(ask, forge, session, person):
    person.active = False
    await session.commit()
    assert refused(await ask(forge()), "token-revoked")


def test_the_key_is_made_once_by_whoever_starts_at_the_same_time(tmp_path):
    home = tmp_path / "new"
    ready = Barrier(16)

    def start(_):
        ready.wait()
        return signing_key(Settings(home=home))

    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(start, range(16)))
    assert len(keys) == 1
    assert len(keys.pop()) >= 43
    assert (home / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert [each.name for each in home.iterdir()] == [KEY_FILE]


def test_a_short_key_is_no_key(tmp_path):
    with pytest.raises(SetupError, match="VANGUARD_TOKEN_KEY"):
        Tokens(Settings(home=tmp_path, token_key="short"))


async def test_another_city_is_another_audience(settings, ask, person, device_id, clock):
    elsewhere = Tokens(settings.model_copy(update={"city": "440900"}))
    assert refused(await ask(elsewhere.issue(person.id, device_id, clock.at)), "not-authenticated")
