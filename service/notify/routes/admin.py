"""The administrator's view: channels, what failed, sending it again."""

from typing import Annotated
from uuid import UUID

import httpx
from fastapi import APIRouter, Depends, Path, Query, Request

from service.access.guards import READ, WRITE, allow, note
from service.access.rules import Action, Caller
from service.db.base import new_id
from service.errors import Conflict, NotFound
from service.notify.commands.contacts import channel_named, checked_address
from service.notify.commands.send import replay
from service.notify.gateway import Letter, Line
from service.notify.guards import InChannels
from service.notify.models import Notification
from service.notify.queries.board import Count, counts, notification, notifications
from service.notify.rules import State, masked
from service.notify.schemas import ChannelOut, ContactIn, NotificationOut, TestOut
from service.texts import text
from service.web.asked import InLanguage
from service.web.fields import CODE_PATTERN
from service.web.idempotency import OnceRoute
from service.web.paging import After, Limit, Page, cursor_id, page
from service.web.problems import documented
from service.web.transaction import Now, Tx

router = APIRouter(prefix="/api/v1", tags=["notifications"], route_class=OnceRoute)

LONGEST_TEST_SECONDS = 10.0
"""A test is sent while its request's transaction is open, which may not be idle for `db.engine.LONGEST_IDLE`."""
Reading = Annotated[Caller, Depends(allow(Action.NOTIFICATION_READ))]
Writing = Annotated[Caller, Depends(allow(Action.NOTIFICATION_WRITE))]


@router.get("/channels", responses=documented(*READ))
async def list_channels(tx: Tx, channels: InChannels, who: Reading) -> Page[ChannelOut]:
    """The channels of the settings and how they are doing, on one page; nothing secret."""
    done = await counts(tx)
    items = [ChannelOut.of(each, done.get(each.code, Count())) for each in channels.by_code.values()]
    return Page(items=items, next=None)


@router.post("/channels/{code}/test", responses=documented(*WRITE, 404))
async def test_channel(
    request: Request,
    now: Now,
    channels: InChannels,
    language: InLanguage,
    who: Writing,
    code: Annotated[str, Path(pattern=CODE_PATTERN)],
    body: ContactIn,
) -> TestOut:
    """Send a text to an address through the channel, once, and say what the gateway made of it."""
    channel = channel_named(channels, code)
    address = checked_address(channel, body.address)
    note(request, channel=code, address=masked(address))
    limit = min(channel.timeout_seconds, LONGEST_TEST_SECONDS)
    line = Line(channel.model_copy(update={"timeout_seconds": limit}))
    title, words = (
        text("notice.title", language),
        text("notice.test", language, channel=channel.name(language)),
    )
    letter = Letter(address, title, words, str(new_id()))
    async with httpx.AsyncClient(timeout=None) as client:
        outcome = await line.send(letter, client, now)
    return TestOut(sent=outcome.sent, error=outcome.error)


@router.get("/notifications", responses=documented(*READ))
async def list_notifications(
    tx: Tx,
    who: Reading,
    state: Annotated[
        State | None, Query(description="dead: also where one channel failed and another did its work")
    ] = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[NotificationOut]:
    """What people were to be told, the newest first, and what became of it."""
    found = page(
        await notifications(tx, cursor_id(after), limit, state=state),
        limit,
        lambda each: each.notification.id,
    )
    return Page(items=[NotificationOut.of(each) for each in found.items], next=found.next)


@router.post("/notifications/{notification_id}/replay", responses=documented(*WRITE, 404))
async def replay_notification(tx: Tx, now: Now, who: Writing, notification_id: UUID) -> NotificationOut:
    """Try once more, from the first attempt on, what was given up; not what is about an offer that is over."""
    found = await tx.get(Notification, notification_id, with_for_update=True)
    if found is None:
        raise NotFound("notification")
    if not await replay(tx, found, now):
        raise Conflict("nothing-dead")
    told = await notification(tx, notification_id)
    assert told is not None
    return NotificationOut.of(told)
