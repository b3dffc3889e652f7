"""The notifier: reads the outbox, climbs the ladders, sends what is due. Several may run beside each other.

Each step is a short transaction; sends run beside them, so a slow gateway delays nothing but its own channel.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from random import Random

import httpx
import structlog
from prometheus_client import Counter

from service.db.engine import Sessions
from service.notify.commands.ladder import bury_unknown, climb_on, stop_answered
from service.notify.commands.send import Attempt, Desk, claim, note
from service.notify.commands.tell import AT_A_TIME, tell_new
from service.notify.gateway import Line, Outcome
from service.timers.loop import AWAY, RECONNECT_SECONDS, wait

STOP_SECONDS = 8.0
"""How long sends may go on after the word to stop; what is not noted by then is sent again by somebody else."""
SENT = Counter("vanguard_deliveries_total", "Attempts at sending a notification", ["channel", "outcome"])
log = structlog.get_logger()


class Notifier:
    """One process's part of the work."""

    def __init__(self, sessions: Sessions, desk: Desk, clock: Callable[[], datetime], chance: Random) -> None:
        self.sessions = sessions
        self.desk = desk
        self.clock = clock
        self.chance = chance
        self.lines = {code: Line(channel) for code, channel in desk.channels.by_code.items()}
        # How many at once, and for how long, is each channel's own to say.
        self.client = httpx.AsyncClient(timeout=None, limits=httpx.Limits(max_connections=None))
        self.sending: set[asyncio.Task[None]] = set()

    async def step(self) -> bool:
        """Read on, climb, and begin to send what there is room for. True when there may be more to do at once."""
        async with self.sessions.begin() as session:
            read = await tell_new(session, self.clock())
        async with self.sessions.begin() as session:
            await stop_answered(session, self.clock())
            await bury_unknown(session, self.desk.channels, self.clock())
        async with self.sessions.begin() as session:
            climbed = await climb_on(session, self.desk.channels, self.clock())
        now = self.clock()
        room = {code: line.room(now) for code, line in self.lines.items()}
        async with self.sessions.begin() as session:
            attempts = await claim(session, self.desk, room, now)
        for attempt in attempts:
            self.begin(attempt)
        return bool(read == AT_A_TIME or climbed or attempts)

    def begin(self, attempt: Attempt) -> None:
        """Send beside everything else."""
        task = asyncio.create_task(self.deliver(attempt), name=f"deliver-{attempt.channel}")
        self.sending.add(task)
        task.add_done_callback(self.sending.discard)

    async def deliver(self, attempt: Attempt) -> None:
        """Send one, then note what became of it: for as long as its lease lasts the database is asked again."""
        outcome = await self.lines[attempt.channel].send(attempt.letter, self.client, self.clock())
        SENT.labels(attempt.channel, "sent" if outcome.sent else "failed").inc()
        log.info(
            "notification sent" if outcome.sent else "notification not sent",
            delivery=str(attempt.delivery_id),
            channel=attempt.channel,
            attempt=attempt.number,
            error=outcome.error,
        )
        await self.note(attempt, outcome)

    async def note(self, attempt: Attempt, outcome: Outcome) -> None:
        """Write the outcome down. A database that is away is tried three times; then another attempt will be made."""
        for seconds in (RECONNECT_SECONDS, RECONNECT_SECONDS, 0):
            try:
                async with self.sessions.begin() as session:
                    chance = self.chance.random()
                    await note(session, self.desk.channels, attempt, outcome, self.clock(), chance)
                return
            except AWAY as error:
                log.warning("database does not answer", error=str(error)[:200])
                await asyncio.sleep(seconds)

    async def finish(self, seconds: float = STOP_SECONDS) -> None:
        """Let what is being sent end, but not for ever."""
        if self.sending:
            _, late = await asyncio.wait(self.sending, timeout=seconds)
            for task in late:
                task.cancel()
        await self.client.aclose()


async def run(notifier: Notifier, stop: asyncio.Event, poll_seconds: float) -> None:
    """Step until `stop` is set. A database that restarts is waited for."""
    try:
        while not stop.is_set():
            try:
                pause = 0.0 if await notifier.step() else poll_seconds
            except AWAY as error:
                log.warning("database does not answer", error=str(error)[:200])
                pause = RECONNECT_SECONDS
            if pause:
                await wait(stop, pause)
    finally:
        await notifier.finish()
