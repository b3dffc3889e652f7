"""The refresh token of a page, in a cookie that no script reads and no other site makes use of."""

from http.cookies import SimpleCookie

import pytest

from tests.access.conftest import PASSWORD

ASKED = {"X-Refresh-Cookie": "true", "X-Requested-With": "console"}
FORM = {"grant_type": "password", "username": "zhang.san", "password": PASSWORD}


def cookie_of(answer):
    """The one cookie of an answer."""
    (morsel,) = SimpleCookie(answer.headers["set-cookie"]).values()
    return morsel


@pytest.mark.parametrize(
    ("headers", "path", "secure"),
    [
        ({}, "/api/v1/token", ""),
        ({"X-Forwarded-Host": "example.cn", "X-Forwarded-Prefix": "/vanguard"}, "/vanguard/api/v1/token", ""),
    ],
)
async def test_a_page_logs_in_with_a_cookie_and_no_token_in_the_body(client, person, headers, path, secure):
    answer = await client.post("/api/v1/token", data=FORM, headers=ASKED | headers)
    assert answer.status_code == 200
    assert answer.json()["refresh_token"] is None
    cookie = cookie_of(answer)
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (path, True, "strict")
    assert (cookie["secure"], cookie["max-age"]) == (secure, str(30 * 86_400))


async def test_over_https_the_cookie_is_secure(client, person):
    answer = await client.post("https://vanguard.test/api/v1/token", data=FORM, headers=ASKED)
    assert cookie_of(answer)["secure"] is True


async def test_the_cookie_renews_the_session_and_changes(client, person):
    first = cookie_of(await client.post("/api/v1/token", data=FORM, headers=ASKED)).value
    again = {"grant_type": "refresh_token"}
    second = await client.post("/api/v1/token", data=again, headers=ASKED)
    assert second.status_code == 200
    assert second.json()["refresh_token"] is None
    assert cookie_of(second).value != first
    bearer = {"Authorization": f"Bearer {second.json()['access_token']}"}
    assert (await client.get("/api/v1/me", headers=bearer)).json()["username"] == "zhang.san"


async def test_the_cookie_alone_does_nothing(client, person, audited):
    """What another site could have a browser send: a form, with the cookie if the browser had no SameSite."""
    await client.post("/api/v1/token", data=FORM, headers=ASKED)
    answer = await client.post("/api/v1/token", data={"grant_type": "refresh_token"})
    assert answer.status_code == 422
    assert "set-cookie" not in answer.headers
    assert (await client.get("/api/v1/me")).status_code == 401


async def test_without_a_cookie_one_is_not_logged_in_and_it_counts_as_no_attempt(client, person, audited):
    answer = await client.post("/api/v1/token", data={"grant_type": "refresh_token"}, headers=ASKED)
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/not-authenticated")
    assert await audited() == []


async def test_log_out_drops_the_cookie_and_ends_the_session(client, person):
    answer = await client.post("/api/v1/token", data=FORM, headers=ASKED)
    token = cookie_of(answer).value
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    gone = await client.post("/api/v1/logout", headers=bearer)
    assert (gone.status_code, cookie_of(gone)["max-age"], cookie_of(gone).value) == (204, "0", "")
    assert cookie_of(gone)["path"] == "/api/v1/token"
    client.cookies.set("vanguard_refresh", token)
    again = await client.post("/api/v1/token", data={"grant_type": "refresh_token"}, headers=ASKED)
    assert again.status_code == 401


@pytest.mark.parametrize(
    ("headers", "challenges"),
    [
        ({}, ["Bearer", 'Basic realm="Vanguard", charset="UTF-8"']),
        ({"Sec-Fetch-Mode": "navigate"}, ["Bearer", 'Basic realm="Vanguard", charset="UTF-8"']),
        ({"Sec-Fetch-Mode": "cors"}, ["Bearer"]),
        ({"X-Requested-With": "console"}, ["Bearer"]),
    ],
)
async def test_a_script_is_not_challenged_to_log_in_with_basic(client, headers, challenges):
    """A browser answers that challenge with a box of its own, over the page."""
    answer = await client.get("/api/v1/me", headers=headers)
    assert answer.headers.get_list("www-authenticate") == challenges
