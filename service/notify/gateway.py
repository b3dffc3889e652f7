"""Sending one text through one channel: by Apprise, in a thread of its own, or by an HTTP request.

Each channel has so many slots. A send that outlives its time has failed, but a thread cannot be stopped: it keeps its
slot until it ends, so that a gateway that hangs takes up its own channel and nothing else, and, being a daemon, it
does not keep the process from ending. See docs/decisions/0020.
"""

import asyncio
import json
import logging
import re
import threading
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import quote

import apprise
import httpx

from service.notify.channels import Channel, Http, OkWhen

LONGEST_ERROR = 200
LONGEST_ANSWER = 64 * 1024
MINUTE = timedelta(minutes=1)
TRY_LATER = frozenset({408, 425, 429})
"""Statuses of the 4xx that say no more than "not now"."""
HIDDEN = "…"


class Letter(NamedTuple):
    """What is sent to whom. `key` is the same for every attempt, for gateways that take one: see docs."""

    address: str
    title: str
    text: str
    key: str


class Outcome(NamedTuple):
    """What a gateway made of it. `final`: trying again would be of no use."""

    sent: bool
    error: str | None = None
    final: bool = False


class Line:
    """One channel as a process uses it: its slots and its pace."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.free = channel.at_once
        self.begun: deque[datetime] = deque()

    def room(self, now: datetime) -> int:
        """How many may be sent now."""
        if self.channel.per_minute is None:
            return self.free
        while self.begun and self.begun[0] <= now - MINUTE:
            self.begun.popleft()
        return max(0, min(self.free, self.channel.per_minute - len(self.begun)))

    async def send(self, letter: Letter, client: httpx.AsyncClient, now: datetime) -> Outcome:
        """Send it. Never raises for what a gateway does; what it says is scrubbed of addresses and secrets."""
        self.free -= 1
        if self.channel.per_minute is not None:
            self.begun.append(now)
        if self.channel.http is not None:
            try:
                async with asyncio.timeout(self.channel.timeout_seconds):
                    outcome = await request(client, self.channel.http, letter)
            except (TimeoutError, httpx.TimeoutException):
                outcome = self.late()
            except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
                outcome = Outcome(False, f"{type(error).__name__}: {error}")
            finally:
                self.free += 1
        else:
            outcome = await self.in_thread(lambda: notify(self.channel, letter))
        if outcome.error is None:
            return outcome
        return outcome._replace(error=scrubbed(outcome.error, self.channel, letter))

    def late(self) -> Outcome:
        """The gateway took too long."""
        return Outcome(False, f"no answer within {self.channel.timeout_seconds:g} s")

    async def in_thread(self, work: Callable[[], Outcome]) -> Outcome:
        """Do it in a thread, waiting no longer than the channel's time; the slot is free when the thread ends."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Outcome] = loop.create_future()

        def finish(outcome: Outcome) -> None:
            self.free += 1
            if not done.done():
                done.set_result(outcome)

        def run() -> None:
            try:
                outcome = work()
            except Exception as error:
                outcome = Outcome(False, f"{type(error).__name__}: {error}")
            # The loop is closed when the process ends before the thread does.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(finish, outcome)

        threading.Thread(target=run, name=f"notify-{self.channel.code}", daemon=True).start()
        try:
            return await asyncio.wait_for(asyncio.shield(done), self.channel.timeout_seconds)
        except TimeoutError:
            return self.late()


class Said(logging.Handler):
    """What Apprise says of the send that the current thread makes: its answer is no more than True or False."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.heard = threading.local()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        self.heard.lines = [*getattr(self.heard, "lines", []), record.getMessage()]

    def taken(self) -> str:
        """The lines since the last time."""
        lines, self.heard.lines = getattr(self.heard, "lines", []), []
        return "; ".join(lines)


said = Said()
spoken = logging.getLogger("apprise")
spoken.addHandler(said)
# Its lines hold addresses and keys: they go nowhere else.
spoken.propagate = False
assets = apprise.AppriseAsset(app_id="Vanguard", app_desc="Vanguard", async_mode=False, secure_logging=True)


def filled(template: str, letter: Letter, escape: Callable[[str], str] = str) -> str:
    """A template with its placeholders filled."""
    for name, value in zip(letter._fields, letter, strict=True):
        template = template.replace(f"{{{name}}}", escape(value))
    return template


def in_url(value: str) -> str:
    """As a part of a URL."""
    return quote(value, safe="")


def by_apprise(channel: Channel, address: str, key: str) -> Any:
    """Apprise's sender for an address; None where it cannot make one of the channel's URL."""
    url = filled(channel.apprise or "", Letter(address, "", "", key), in_url)
    mark = "&" if "?" in url else "?"
    limit = f"{channel.timeout_seconds:g}"
    found = apprise.Apprise.instantiate(f"{url}{mark}cto={limit}&rto={limit}", asset=assets)
    said.taken()
    return found


def notify(channel: Channel, letter: Letter) -> Outcome:
    """Send by Apprise, in the current thread."""
    sender = by_apprise(channel, letter.address, letter.key)
    if sender is None:
        return Outcome(False, "the address does not fit the channel", final=True)
    # No format is named, so the text is taken as it is; nor is it cut into several by the title.
    sent = sender.notify(body=letter.text, title=letter.title)
    why = said.taken()
    return Outcome(True) if sent else Outcome(False, why or "not sent")


async def request(client: httpx.AsyncClient, http: Http, letter: Letter) -> Outcome:
    """Send by an HTTP request, and look at what the answer says. Raises what httpx raises."""
    body: dict[str, Any] = {}
    if http.json_body is not None:
        body["json"] = walked(http.json_body, letter)
    if http.form is not None:
        body["data"] = walked(http.form, letter)
    headers = {name: filled(value, letter, in_url) for name, value in http.headers.items()}
    url = filled(http.url, letter, in_url)
    async with client.stream(http.method, url, headers=headers, **body) as answer:
        content = b""
        async for chunk in answer.aiter_bytes():
            content += chunk
            if len(content) > LONGEST_ANSWER:
                break
    said_so = content[:LONGEST_ANSWER].decode(errors="replace")
    if not answer.is_success:
        final = answer.is_client_error and answer.status_code not in TRY_LATER
        return Outcome(False, f"status {answer.status_code}: {said_so}", final)
    if http.ok_when is not None and not holds(http.ok_when, content):
        return Outcome(False, f"status {answer.status_code}, but: {said_so}")
    return Outcome(True)


def walked(value: Any, letter: Letter) -> Any:
    """A body with its placeholders filled, however deep."""
    if isinstance(value, dict):
        return {name: walked(each, letter) for name, each in value.items()}
    if isinstance(value, list):
        return [walked(each, letter) for each in value]
    return filled(value, letter) if isinstance(value, str) else value


def holds(wanted: OkWhen, content: bytes) -> bool:
    """Whether an answer says what it says of success. `0` and `"0"` are the same: gateways write either."""
    try:
        found = json.loads(content)
    except ValueError:
        return False
    for name in wanted.json_field.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    if isinstance(found, bool) or isinstance(wanted.equals, bool):
        return found is wanted.equals
    return found is not None and str(found) == str(wanted.equals)


def scrubbed(error: str, channel: Channel, letter: Letter) -> str:
    """An error without addresses, secrets and the text itself, in one line of at most 200 characters."""
    for part in sorted(secrets_of(channel, letter), key=len, reverse=True):
        error = error.replace(part, HIDDEN)
    error = re.sub(r"\w+://\S+", HIDDEN, error)
    error = re.sub(r"[^\s@]+@[^\s@]+", HIDDEN, error)
    error = re.sub(r"\d{6,}|[A-Za-z0-9_+/=-]{24,}", HIDDEN, error)
    # Nothing that the database or a terminal could not take.
    plain = " ".join("".join(each if each.isprintable() else " " for each in error).split())
    return plain[:LONGEST_ERROR]


def secrets_of(channel: Channel, letter: Letter) -> Iterable[str]:
    """What of a channel's template and of a letter must not be told: every piece of it that could be a key."""
    pieces = re.split(r"[^A-Za-z0-9_.~-]+", channel.template())
    yield from (piece for piece in pieces if len(piece) >= 6 and not re.fullmatch(r"[a-z_]+", piece))
    yield from (each for each in (letter.address, in_url(letter.address), letter.text, letter.title) if each)
    yield from (number for number in re.findall(r"\d{4,}", letter.text))
