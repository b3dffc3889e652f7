"""Reads the channels' file, whole, at the start: see docs/notifications.md."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from service.errors import SetupError
from service.notify.channels import Channel, Channels
from service.notify.gateway import by_apprise
from service.notify.rules import DUTY_OFFICER, MINUTES, Rung

SWALLOWS = ("wecombot", "dingtalk")
"""Schemas of Apprise that take any answer with status 200 for success: see docs/decisions/0020."""


def load_channels(path: Path) -> Channels:
    """The channels of a file; none where there is no file. Raises SetupError that names the entry and the field."""
    if not path.exists():
        return Channels()
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        # The parser's own words name a line and column, and nothing of what stands there.
        raise SetupError(f"{path} cannot be read: {error}.") from error
    if unknown := sorted(set(raw) - {"channels", "ladders"}):
        raise SetupError(f"{path}: {unknown[0]} is unknown; the file has [[channels]] and [ladders].")
    entries = raw.get("channels", [])
    if not isinstance(entries, list):
        raise SetupError(f"{path}: channels must be written as [[channels]], one table each.")
    by_code: dict[str, Channel] = {}
    for number, entry in enumerate(entries, start=1):
        channel = read_channel(path, number, entry)
        if channel.code in by_code or channel.code == DUTY_OFFICER:
            raise SetupError(f"{path}, channel {channel.code}, code: is taken.")
        by_code[channel.code] = channel
    return Channels(by_code, read_ladders(path, raw.get("ladders", {}), by_code))


def read_channel(path: Path, number: int, entry: object) -> Channel:
    """One channel. Raises SetupError, without what stands in a field: it may be a secret."""
    code = entry.get("code") if isinstance(entry, dict) else None
    named = code if isinstance(code, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,32}", code) else f"no. {number}"
    try:
        channel = Channel.model_validate(entry)
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        at = ".".join(str(part) for part in fault["loc"]) or "the entry"
        raise SetupError(f"{path}, channel {named}, {at}: {fault['msg']}.") from None
    if channel.apprise is not None:
        schema = channel.apprise.partition(":")[0].lower()
        if schema in SWALLOWS:
            raise SetupError(
                f"{path}, channel {named}, apprise: {schema} does not see an error inside an answer 200; "
                "write it as http with ok_when, as docs/notifications.md shows."
            )
        if by_apprise(channel, channel.sample, "key") is None:
            raise SetupError(f"{path}, channel {named}, apprise: is no URL that Apprise knows.")
    return channel


def read_ladders(path: Path, raw: object, known: Mapping[str, Channel]) -> dict[str, tuple[Rung, ...]]:
    """The ladders by urgency. Raises SetupError."""
    if not isinstance(raw, dict):
        raise SetupError(f"{path}: ladders must be a table.")
    ladders = {}
    for urgency, rungs in raw.items():
        where = f"{path}, ladders, {urgency}"
        if urgency not in MINUTES:
            raise SetupError(f"{where}: is none of {', '.join(MINUTES)}.")
        if not isinstance(rungs, list) or not rungs:
            raise SetupError(f"{where}: must be a list of rungs.")
        ladder = tuple(
            read_rung(f"{where}, rung {at}", urgency, each, known) for at, each in enumerate(rungs, 1)
        )
        if any(rung.channel == DUTY_OFFICER for rung in ladder[:-1]):
            raise SetupError(f"{where}: {DUTY_OFFICER} can only be the last rung.")
        if len({rung.channel for rung in ladder}) < len(ladder):
            raise SetupError(f"{where}: has a channel twice.")
        ladders[urgency] = ladder
    return ladders


def read_rung(where: str, urgency: str, raw: object, known: Mapping[str, Channel]) -> Rung:
    """{channel = "sms", minutes = 2}, or "duty_officer". Raises SetupError."""
    if raw == DUTY_OFFICER:
        return Rung(DUTY_OFFICER, 0)
    if not isinstance(raw, dict) or not set(raw) <= {"channel", "minutes"}:
        raise SetupError(f'{where}: must be {{channel = "…", minutes = …}} or "{DUTY_OFFICER}".')
    if raw.get("channel") not in known:
        raise SetupError(f"{where}, channel: is not among the channels.")
    minutes = raw.get("minutes", MINUTES[urgency])
    if isinstance(minutes, bool) or not isinstance(minutes, int | float) or not 0 < minutes <= 24 * 60:
        raise SetupError(f"{where}, minutes: must be a number above 0 and up to 1440.")
    return Rung(raw["channel"], float(minutes))
