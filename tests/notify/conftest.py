"""Notifications are tested end to end: the reference city, whose transactions really commit, and local gateways."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from service.access.models import Account
from service.db.base import new_id
from service.notify.commands.send import Desk
from service.notify.load import load_channels
from service.notify.models import Contact, Delivery, Notification
from service.notify.worker import Notifier
from service.settings import Settings
from tests.conftest import serving
from tests.dispatch.conftest import task_body
from tests.notify.receivers import Gateway, Mailbox, gateway_up, mailbox_up
from tests.reference_city import graphs, shared_graphs

SECRET = "sms-gateway-secret-0001"
ROBOT = "robot-key-7f3a9c1e55"
CHANNELS = """
[[channels]]
code = "push"
kind = "push"
name_zh = "推送"
name_en = "Push"
timeout_seconds = 0.3
at_once = 2
[channels.http]
url = "http://127.0.0.1:{http}/push?key={robot}"
headers = {{ Idempotency-Key = "{{key}}" }}
json = {{ touser = "{{address}}", text = {{ title = "{{title}}", content = "{{text}}" }} }}
ok_when = {{ json_field = "errcode", equals = 0 }}

[[channels]]
code = "message"
kind = "message"
name_zh = "消息"
name_en = "Message"
apprise = "json://127.0.0.1:{http}/message/{{address}}"
timeout_seconds = 0.3
attempts = 2

[[channels]]
code = "sms"
kind = "sms"
name_zh = "短信"
name_en = "Text message"
reply_secret = "{secret}"
[channels.http]
url = "http://127.0.0.1:{http}/sms"
form = {{ mobile = "{{address}}", content = "{{text}}" }}

[[channels]]
code = "mail"
kind = "mail"
name_zh = "邮件"
name_en = "Mail"
apprise = "mailto://127.0.0.1:{smtp}/?from=vanguard@example.org&to={{address}}&mode=insecure"

[ladders]
critical = [{{ channel = "push", minutes = 1 }}, {{ channel = "sms", minutes = 2 }}, "duty_officer"]
"""


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    """An HTTP gateway."""
    async with gateway_up() as gateway:
        yield gateway


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    """An SMTP gateway."""
    async with mailbox_up() as mailbox:
        yield mailbox


@pytest.fixture
async def fresh_database(databases, city_template) -> AsyncIterator[str]:
    """A copy of the city of the test's own: the outbox is only read where it was committed."""
    url = await databases.clone(city_template)
    yield url
    await databases.drop(url)


@pytest.fixture
def fresh_settings(fresh_database, tmp_path: Path, gateway, mailbox, monkeypatch) -> Settings:
    """Settings with channels that lead to the local gateways."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    file = tmp_path / "channels.toml"
    file.write_text(CHANNELS.format(http=gateway.port, smtp=mailbox.port, secret=SECRET, robot=ROBOT))
    return Settings(
        database_url=fresh_database,
        home=tmp_path,
        token_key="k" * 43,
        access_token_minutes=7 * 24 * 60,
        public_url="https://vanguard.test/v",
    )


@pytest.fixture
async def client(fresh_settings, fresh_sessions, clock, graphs):
    """A client whose requests really commit."""
    async with serving(fresh_settings, fresh_sessions, clock, graphs) as client:
        yield client


def desk_of(settings: Settings) -> Desk:
    """What sending needs of settings."""
    return Desk(load_channels(settings.channels_file), settings.zone, settings.public_url)


@pytest.fixture
async def notifiers(
    fresh_settings, fresh_sessions, clock
) -> AsyncIterator[Callable[[], Awaitable[Notifier]]]:
    """Makes notifiers, which begin with what happens from now on."""
    made: list[Notifier] = []

    async def make() -> Notifier:
        notifier = Notifier(fresh_sessions, desk_of(fresh_settings), clock, Random(len(made)))
        made.append(notifier)
        await notifier.step()
        return notifier

    yield make
    for each in made:
        await each.finish(0)


@pytest.fixture
async def notifier(notifiers) -> Notifier:
    """One notifier."""
    found: Notifier = await notifiers()
    return found


async def run(notifier: Notifier) -> None:
    """Do all that is to be done now."""
    while await notifier.step() or notifier.sending:
        if notifier.sending:
            await asyncio.gather(*notifier.sending)


class City:
    """What a test does to the city and looks at there."""

    def __init__(self, sessions, client, login, headers) -> None:
        self.sessions = sessions
        self.client = client
        self.login = login
        self.headers = headers

    async def phone(self, member_id: str) -> dict[str, str]:
        """Headers of a member."""
        async with self.sessions.begin() as session:
            apart = text("UPDATE account SET member_id = NULL WHERE member_id = :id")
            await session.execute(apart, {"id": member_id})
        headers: dict[str, str] = await self.login("member", member_id=UUID(str(member_id)))
        return headers

    async def post(self, *place: float, **changes: Any) -> dict[str, Any]:
        """Post a task, of one seat if a test wants nothing else."""
        body = task_body(*place, **({"seats": [{"count": 1}]} | changes))
        answer = await self.client.post("/api/v1/tasks", json=body, headers=self.headers)
        assert answer.status_code == 201, answer.text
        task: dict[str, Any] = answer.json()
        return task

    async def reach(
        self, member_id: str | UUID | None = None, account_id: UUID | None = None, **channels: str
    ):
        """Write down where somebody is reached."""
        async with self.sessions.begin() as session:
            for channel, address in channels.items():
                session.add(
                    Contact(
                        id=new_id(),
                        member_id=UUID(str(member_id)) if member_id else None,
                        account_id=account_id,
                        channel=channel,
                        address=address,
                        created_at=(await session.execute(text("SELECT now()"))).scalar_one(),
                    )
                )

    async def rows(self, model: type[Notification] | type[Delivery], **values: Any) -> list[Any]:
        """The rows of a table with those values."""
        async with self.sessions() as session:
            return list(await session.scalars(select(model).filter_by(**values).order_by(model.created_at)))

    async def scalar(self, sql: str, **values: Any) -> Any:
        """One value."""
        async with self.sessions() as session:
            return (await session.execute(text(sql), values)).scalar()

    async def officer(self, area: str) -> UUID:
        """The account of a duty officer of an area."""
        async with self.sessions() as session:
            found = select(Account.id).where(
                Account.areas == [area], Account.roles.contains(["dispatcher"]), Account.active
            )
            return (await session.scalars(found.order_by(Account.username))).first()


@pytest.fixture
async def city(fresh_sessions, client, fresh_login) -> City:
    """The city, with a dispatcher of a community who posts."""
    return City(fresh_sessions, client, fresh_login, await fresh_login("dispatcher", areas=["4408"]))


def offers_of(task: dict[str, Any]) -> list[dict[str, Any]]:
    """The offers of a task's first wave."""
    offers: list[dict[str, Any]] = task["waves"][0]["offers"]
    return offers
