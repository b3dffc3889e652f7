"""Phones that check in over HTTP, in a process of their own: lean, so that the service is measured and not its clients.

    python -m benchmarks.clients PORT CLIENTS SECONDS [--spread] < phones

One phone a line: its token (`Bearer …`), its longitude and latitude, with tabs between. Each connection takes its share
of them in turn, one check-in a request, the next as soon as the answer is there. With `--spread` each phone checks in
once, spread evenly over the seconds. Prints JSON: how many were stored, what else was answered, and the times in
milliseconds.
"""

import argparse
import asyncio
import json
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from time import perf_counter
from typing import cast
from uuid import uuid4

import uvloop

STORED = b'"state":"stored"'


class Phones(asyncio.Protocol):
    """One connection: sends a check-in, waits for its answer, and again."""

    def __init__(self, heads: Sequence[bytes], places: Sequence[tuple[float, float]], until: float) -> None:
        self.heads = heads
        self.places = places
        self.until = until
        self.number = 0
        self.buffer = b""
        self.times: list[float] = []
        self.answers: Counter[str] = Counter()
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport = cast(asyncio.Transport, transport)
        self.next = self.made()
        self.send()

    def send(self) -> None:
        """Send a check-in, and make the next one while the answer is on its way."""
        self.began = perf_counter()
        self.transport.write(self.next)
        asyncio.get_running_loop().call_soon(self.make)

    def make(self) -> None:
        """Make the next check-in."""
        self.next = self.made()

    def made(self) -> bytes:
        """A check-in of the next phone."""
        which = self.number % len(self.heads)
        self.number += 1
        lon, lat = self.places[which]
        at = datetime.now(UTC).isoformat()
        body = (
            f'[{{"id":"{uuid4()}","at":"{at}","position":{{"lon":{lon},"lat":{lat},"crs":"WGS84"}},'
            f'"accuracy_m":12.5}}]'
        ).encode()
        return b"%s%d\r\n\r\n%s" % (self.heads[which], len(body), body)

    def data_received(self, data: bytes) -> None:
        """A part of an answer, or the whole."""
        self.buffer += data
        head, found, body = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return
        lower = head.lower()
        start = lower.index(b"content-length:") + 15
        end = lower.find(b"\r\n", start)
        if len(body) < int(lower[start : end if end > 0 else len(lower)]):
            return
        now = perf_counter()
        self.times.append((now - self.began) * 1000)
        self.answers["stored" if STORED in body else f"{head[9:12].decode()} {body[:120]!r}"] += 1
        self.buffer = b""
        if now < self.until and not self.transport.is_closing():
            self.send()
        else:
            self.transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        """The end."""
        if not self.done.done():
            self.done.set_result(None)


def head(token: str) -> bytes:
    """What a request begins with, up to the length of its body."""
    return (
        "POST /api/v1/checkins HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Authorization: {token}\r\nContent-Length: "
    ).encode()


async def run(port: int, clients: int, seconds: float, lines: Sequence[str], spread: bool) -> None:
    """Check in, and print what came of it."""
    loop = asyncio.get_running_loop()
    phones_at = [line.split("\t") for line in lines]
    heads = [head(token) for token, _, _ in phones_at]
    places = [(float(lon), float(lat)) for _, lon, lat in phones_at]
    count = len(lines) if spread else clients
    began = perf_counter()

    async def connect(number: int) -> Phones:
        if spread:
            await asyncio.sleep(seconds * number / count)
        until = 0.0 if spread else began + seconds
        _, protocol = await loop.create_connection(
            lambda: Phones(heads[number::count], places[number::count], until), "127.0.0.1", port
        )
        await protocol.done
        return protocol

    phones = await asyncio.gather(*(connect(number) for number in range(count)))
    taken = perf_counter() - began
    times = sorted(time for phone in phones for time in phone.times)
    answers = sum((phone.answers for phone in phones), Counter[str]())
    stored = answers.pop("stored", 0)
    print(
        json.dumps(
            {
                "stored": stored,
                "others": dict(answers.most_common(5)),
                "seconds": taken,
                "per_second": stored / taken,
                "p50": times[len(times) // 2],
                "p99": times[len(times) * 99 // 100],
                "max": times[-1],
            }
        )
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("clients", type=int)
    parser.add_argument("seconds", type=float)
    parser.add_argument("--spread", action="store_true")
    options = parser.parse_args()
    lines = sys.stdin.read().split("\n")
    uvloop.run(
        run(options.port, options.clients, options.seconds, [line for line in lines if line], options.spread)
    )
