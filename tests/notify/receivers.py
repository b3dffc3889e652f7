"""Gateways on this machine: an HTTP server that answers as a test wants, and an SMTP server that keeps what comes."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from typing import Any
from urllib.parse import parse_qsl

from aiosmtpd.smtp import SMTP

GOOD = (200, '{"errcode": 0, "errmsg": "ok"}')
Answer = tuple[int, str]


@dataclass
class Got:
    """One request that a gateway got."""

    path: str
    headers: dict[str, str]
    body: str

    @property
    def fields(self) -> dict[str, Any]:
        """Its body, JSON or a form."""
        if "json" in self.headers.get("content-type", ""):
            read: dict[str, Any] = json.loads(self.body)
            return read
        return dict(parse_qsl(self.body))


class Gateway:
    """An HTTP server. `answers` says what each path is answered with; `hanging` paths are not, until let go."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.answers: Callable[[Got], Answer] = lambda _: GOOD
        self.hanging: set[str] = set()
        self.let_go = asyncio.Event()
        self.port = 0

    def at(self, path: str) -> list[Got]:
        """What came to a path."""
        return [each for each in self.got if each.path.startswith(path)]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in head[1:] if line)
        }
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        got = Got(head[0].split()[1], headers, body.decode())
        self.got.append(got)
        if any(got.path.startswith(path) for path in self.hanging):
            await self.let_go.wait()
        status, text = self.answers(got)
        content = text.encode()
        writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(content)}\r\n".encode())
        writer.write(b"Content-Type: application/json\r\nConnection: close\r\n\r\n" + content)
        try:
            await writer.drain()
            writer.close()
            await writer.wait_closed()
        except ConnectionError:
            return


@asynccontextmanager
async def gateway_up() -> AsyncIterator[Gateway]:
    """A gateway on a free port."""
    gateway = Gateway()
    server = await asyncio.start_server(gateway.serve, "127.0.0.1", 0)
    gateway.port = server.sockets[0].getsockname()[1]
    try:
        yield gateway
    finally:
        gateway.let_go.set()
        server.close()
        await asyncio.sleep(0)


class Mailbox:
    """What an SMTP server got: to whom, the subject, the text."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str, str]] = []
        self.port = 0

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        """Keep it."""
        letter = message_from_bytes(envelope.content, policy=policy.default)
        body = letter.get_body(("plain", "html"))
        self.got.append((envelope.rcpt_tos[0], letter["subject"], body.get_content() if body else ""))
        return "250 OK"


@asynccontextmanager
async def mailbox_up() -> AsyncIterator[Mailbox]:
    """An SMTP server on a free port."""
    mailbox = Mailbox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(mailbox, loop=loop, hostname="mail.test"), "127.0.0.1", 0)
    mailbox.port = server.sockets[0].getsockname()[1]
    try:
        yield mailbox
    finally:
        server.close()
