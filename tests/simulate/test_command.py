"""The command on the reference city, as a person types it."""

import json

import pytest

from tests.test_cli import vanguard


@pytest.fixture
def there(settings):
    return {"VANGUARD_DATABASE_URL": settings.database_url, "VANGUARD_HOME": str(settings.home)}


def test_the_reference_city_twice_gives_the_same_bytes(there, tmp_path):
    found = []
    for name in ("first", "second"):
        out = tmp_path / name
        policies = ("--policy", "ours", "--policy", "clairvoyant")
        done = vanguard("simulate", "weekday", "--seeds", "1", "--out", str(out), *policies, **there)
        assert done.returncode == 0, done.stderr
        assert "weekday: 1 of 1 seeds" in done.stderr
        assert sorted(path.name for path in out.iterdir()) == ["report.html", "result.json"]
        found.append([(out / file).read_bytes() for file in ("result.json", "report.html")])
    assert found[0] == found[1]
    result = json.loads(found[0][0])
    assert result["complete"] is True
    assert result["city"]["members"] == 2000
    filled = {policy: result["figures"][policy]["filled"]["mean"] for policy in result["policies"]}
    assert filled["clairvoyant"] >= max(filled.values())
    assert filled["ours"] > 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("blizzard",), "There is no scenario blizzard. There are: weekday, typhoon, flood."),
        (("flood", "--seeds", "0"), "--seeds 0"),
        (("flood", "--standby", "3"), "--standby 3"),
        (("flood", "--roster", "none.csv"), "--roster none.csv"),
        (("flood", "--playbook", "none.json"), "--playbook none.json"),
    ],
)
def test_what_cannot_be_run_is_a_sentence_and_nothing_is_written(there, tmp_path, arguments, sentence):
    out = tmp_path / "out"
    refused = vanguard("simulate", *arguments, "--out", str(out), **there)
    assert refused.returncode == 1
    assert sentence in refused.stdout
    assert "Traceback" not in refused.stdout + refused.stderr
    assert not out.exists()


def test_an_empty_city_is_a_sentence(fresh_settings, tmp_path):
    empty = {"VANGUARD_DATABASE_URL": fresh_settings.database_url, "VANGUARD_HOME": str(tmp_path)}
    refused = vanguard("simulate", "weekday", "--out", str(tmp_path / "out"), **empty)
    assert (refused.returncode, (tmp_path / "out").exists()) == (1, False)
    assert "The city has no map" in refused.stdout
