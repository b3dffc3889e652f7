"""The command as a person types it: what it does, and the one sentence when it cannot."""

import os
import subprocess
import sys

import pytest

from tests.conftest import serving


def vanguard(*arguments, **environment):
    """Run the command in a process of its own, with nothing of the caller's settings."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("VANGUARD_")}
    return subprocess.run(
        [sys.executable, "-c", "from service.cli import main; main()", *arguments],
        env=clean | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def there(fresh_settings):
    """The environment of a migrated, empty city."""
    return {"VANGUARD_DATABASE_URL": fresh_settings.database_url, "VANGUARD_HOME": str(fresh_settings.home)}


async def test_the_first_administrator(there, fresh_settings, fresh_sessions, clock):
    made = vanguard("admin", "create", "boss", "--password", "a long password", **there)
    assert (made.returncode, made.stdout) == (0, "Administrator boss made.\n")
    async with serving(fresh_settings, fresh_sessions, clock) as client:
        token = await client.post(
            "/api/v1/token",
            data={"grant_type": "password", "username": "boss", "password": "a long password"},
        )
        assert token.status_code == 200
        headers = {"Authorization": f"Bearer {token.json()['access_token']}"}
        me = await client.get("/api/v1/me", headers=headers)
        assert me.json()["roles"] == ["admin"]
    again = vanguard("admin", "create", "boss", "--password", "a long password", **there)
    assert again.returncode == 1
    assert "boss" in again.stdout
    assert "Traceback" not in again.stdout + again.stderr


@pytest.mark.parametrize(
    ("username", "password", "fault"),
    [("boss", "short", "password"), ("no spaces", "a long password", "username")],
)
def test_an_account_that_could_not_log_in_is_not_made(there, username, password, fault):
    refused = vanguard("admin", "create", username, "--password", password, **there)
    assert refused.returncode == 1
    assert f"No account was made. {fault}:" in refused.stdout


def test_migrating_again_says_nothing_and_is_well(there):
    assert vanguard("migrate", **there).returncode == 0


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "VANGUARD_DATABASE_URL is not set"),
        ("postgresql://nobody:secret@127.0.0.1:1/none", "No PostgreSQL answers"),
        ("mysql://a@b/c", "needs PostgreSQL"),
    ],
)
def test_a_database_that_is_not_there_is_one_sentence(tmp_path, url, sentence):
    refused = vanguard("migrate", VANGUARD_DATABASE_URL=url, VANGUARD_HOME=str(tmp_path))
    assert refused.returncode == 1
    assert sentence in refused.stdout
    assert "secret" not in refused.stdout
    assert "Traceback" not in refused.stdout + refused.stderr


def test_a_drill_without_its_city_says_what_to_run(there):
    refused = vanguard("demo", "drill", **there)
    assert refused.returncode == 1
    assert "demo load" in refused.stdout


def test_every_command_has_help():
    for command in (
        (),
        ("serve",),
        ("work",),
        ("migrate",),
        ("import",),
        ("import-undo",),
        ("admin", "create"),
        ("demo", "load"),
        ("demo", "drill"),
        ("simulate",),
    ):
        assert vanguard(*command, "--help").returncode == 0
