"""The service on a copy of the city, over HTTP, on a thread of its own: where its loop and its connections stay."""

import asyncio
import threading
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import UUID

import requests
import uvicorn
from sqlalchemy import select

from service.access.commands import SESSION, create_account, open_device
from service.access.models import Account
from service.access.rules import Role
from service.app import create_app
from service.db.base import new_id
from service.db.engine import Sessions
from service.settings import Settings
from tests.conftest import NOON, Clock

Result = TypeVar("Result")
Headers = dict[str, str]


class Live:
    """A server at NOON on a free port, and what a synchronous test does to it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.app = create_app(settings, Clock())
        self.server = uvicorn.Server(uvicorn.Config(self.app, port=0, ws="none", log_config=None))
        self.http = requests.Session()
        self.http.trust_env = False

    async def serve(self) -> None:
        """Serve until `server.should_exit`."""
        self.loop = asyncio.get_running_loop()
        await self.server.serve()

    @property
    def url(self) -> str:
        """Its address."""
        port = self.server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run a coroutine on the server's loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    @property
    def sessions(self) -> Sessions:
        """The server's own sessions."""
        sessions: Sessions = self.app.state.sessions
        return sessions

    def somebody(self, *roles: str, **scope: Any) -> "Somebody":
        """A fresh account with those roles."""

        async def create() -> UUID:
            async with self.sessions.begin() as session:
                account = await create_account(
                    session,
                    username=f"{roles[0]}-{new_id().hex[-12:]}",
                    display_name="测试",
                    roles=[Role(role) for role in roles],
                    now=NOON,
                    **scope,
                )
                return account.id

        return Somebody(self, self.run(create()))

    def member(self, member_id: str) -> "Somebody":
        """A member of the city."""

        async def find() -> UUID:
            async with self.sessions() as session:
                account = select(Account.id).where(Account.member_id == UUID(member_id))
                return (await session.scalars(account)).one()

        return Somebody(self, self.run(find()))

    def call(self, method: str, path: str, headers: Headers, **options: Any) -> Any:
        """The JSON of a call that succeeds."""
        answer = self.http.request(method, f"{self.url}/api/v1{path}", headers=headers, **options)
        assert answer.ok, answer.text
        return answer.json()


class Somebody:
    """An account and a session of it."""

    def __init__(self, city: Live, account_id: UUID) -> None:
        self.city = city
        self.account_id = account_id
        self.log_in()

    def log_in(self) -> None:
        """Open a session: the first, or another when the one before was ended."""

        async def open_session() -> UUID:
            async with self.city.sessions.begin() as session:
                device_id, _ = await open_device(session, self.account_id, SESSION, "test", NOON, None)
                return device_id

        tokens = self.city.app.state.tokens
        token = tokens.issue(self.account_id, self.city.run(open_session()), NOON)
        self.headers: Headers = {"Authorization": f"Bearer {token}"}


@contextmanager
def live(settings: Settings) -> Iterator[Live]:
    """A server that is stopped afterwards."""
    server = Live(settings)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), name="live")
    thread.start()
    while not server.server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    try:
        yield server
    finally:
        server.http.close()
        server.server.should_exit = True
        thread.join()
