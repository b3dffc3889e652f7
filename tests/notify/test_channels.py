"""The channels' file is checked whole at the start; what is wrong is named, and no secret with it."""

import re
from pathlib import Path

import pytest

from service.errors import SetupError
from service.notify.load import load_channels
from service.notify.rules import DUTY_OFFICER, Kind, Rung

HEAD = '[[channels]]\ncode = "one"\nkind = "push"\nname_zh = "一"\nname_en = "One"\n'
SMS = HEAD.replace("push", "sms")
SECRET = "s3cret-s3cret-s3cret"


def read(tmp_path, content):
    """The channels of a file with that content."""
    file = tmp_path / "channels.toml"
    file.write_text(content, encoding="utf-8")
    return load_channels(file)


def test_without_a_file_there_are_none(tmp_path):
    channels = load_channels(tmp_path / "channels.toml")
    assert channels.by_code == {}
    assert channels.ladder("critical") == (Rung(DUTY_OFFICER, 0),)


def test_a_good_file_is_read(tmp_path):
    channels = read(
        tmp_path,
        f"""{HEAD}apprise = "ntfy://{SECRET}@push.example.cn/{{address}}"
{SMS.replace('"one"', '"two"')}reply_secret = "{SECRET}"
[channels.http]
url = "https://sms.example.cn/send"
json = {{ phones = ["{{address}}"], body = {{ text = "{{text}}" }} }}
ok_when = {{ json_field = "data.code", equals = 0 }}
[ladders]
critical = [{{ channel = "two", minutes = 1.5 }}, "duty_officer"]
routine = [{{ channel = "one" }}]
""",
    )
    assert [each.kind for each in channels.by_code.values()] == [Kind.PUSH, Kind.SMS]
    assert channels.ladder("critical") == (Rung("two", 1.5), Rung(DUTY_OFFICER, 0))
    assert channels.ladder("routine") == (Rung("one", 10),)
    assert [rung.channel for rung in channels.ladder("urgent")] == ["one", "two", DUTY_OFFICER]
    assert SECRET not in repr(channels)


def test_the_example_of_the_docs_is_a_good_file(tmp_path):
    page = (Path(__file__).parents[2] / "docs/notifications.md").read_text(encoding="utf-8")
    channels = read(tmp_path, re.search(r"```toml\n(.*?)```", page, re.DOTALL)[1])
    assert list(channels.by_code) == ["wecom", "dingtalk", "sms", "mail"]


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("channels = 1", "[[channels]]"),
        ("chanels = []", "chanels is unknown"),
        ("[[channels]\n", "cannot be read"),
        (HEAD, "channel one, the entry: Value error, needs either apprise or http"),
        (HEAD + f'apprise = "nowhere://{SECRET}"', "channel one, apprise"),
        (HEAD + f'apprise = "wecombot://{SECRET}"', "wecombot does not see an error inside an answer 200"),
        (HEAD + f'apprise = "dingtalk://{SECRET}/1"', "dingtalk"),
        (HEAD + f'apprise = "ntfy://a/{{address}}"\ntoken = "{SECRET}"', "channel one, token"),
        (HEAD.replace("push", "pigeon") + f'apprise = "ntfy://{SECRET}"', "channel one, kind"),
        (HEAD + f'apprise = "ntfy://{SECRET}"\ntimeout_seconds = 0', "channel one, timeout_seconds"),
        (HEAD + f'[channels.http]\nurl = "ftp://{SECRET}"', "channel one, http.url"),
        (
            HEAD + f'[channels.http]\nurl = "http://a/{SECRET}"\njson = {{}}\nform = {{}}',
            "either json or form",
        ),
        (SMS + f'[channels.http]\nurl = "http://a/{SECRET}"', "needs {address}"),
        (
            SMS + f'reply_secret = "short"\n[channels.http]\nurl = "http://{SECRET}/{{address}}"',
            "reply_secret",
        ),
        (HEAD + f'apprise = "ntfy://{SECRET}"\nreply_secret = "{SECRET}"', "channels of the kind sms"),
        (f'{HEAD}apprise = "ntfy://{SECRET}"\n' * 2, "channel one, code: is taken"),
        (f'{HEAD}apprise = "ntfy://{SECRET}"\n'.replace('"one"', '"duty_officer"'), "is taken"),
        ("[ladders]\nsoon = []", "ladders, soon"),
        ("[ladders]\nurgent = []", "ladders, urgent"),
        ('[ladders]\nurgent = [{ channel = "x" }]', "rung 1, channel"),
        (f'{HEAD}apprise = "ntfy://a"\n[ladders]\nurgent = [{{ channel = "one", minutes = 0 }}]', "minutes"),
        (
            f'{HEAD}apprise = "ntfy://a"\n[ladders]\nurgent = ["duty_officer", {{ channel = "one" }}]',
            "last rung",
        ),
        (f'{HEAD}apprise = "ntfy://a"\n[ladders]\nurgent = [{{channel="one"}}, {{channel="one"}}]', "twice"),
    ],
)
def test_what_is_wrong_is_named_and_no_secret_with_it(tmp_path, content, named):
    with pytest.raises(SetupError) as error:
        read(tmp_path, content)
    assert named in str(error.value)
    assert "channels.toml" in str(error.value)
    assert SECRET not in str(error.value)
