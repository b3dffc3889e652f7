"""From the outbox to notifications, each event once: the cursor moves in the transaction that writes them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import among, new_id
from service.dispatch.models import Offer
from service.errors import Gone
from service.events.follow import Happened, follow, newest_cursor
from service.events.models import Reader
from service.notify.models import Notification
from service.notify.queries.whom import active_accounts, area_name, duty_officers, duty_officers_within
from service.notify.rules import NOTICES, TOLD_WITHIN, Notice, State, Template, To
from service.roster.models import Handover, Member
from service.tasks.models import Playbook, Task

READER = "notify"
AT_A_TIME = 200


class Seen(NamedTuple):
    """What the events of a batch refer to."""

    tasks: Mapping[UUID, Task]
    playbooks: Mapping[UUID, Playbook]
    offers: Mapping[tuple[UUID, UUID, datetime], Offer]
    """By task, member and the moment it was made: an event about an offer does not name it."""
    numbers: Mapping[UUID, str]


async def tell_new(session: AsyncSession, now: datetime, limit: int = AT_A_TIME) -> int:
    """Read on in the outbox and write what becomes of it; gives how many events were read.

    0 where another process is just doing it. The first time there is no cursor, and what has happened before is
    nobody's news any more.
    """
    found = select(Reader).where(Reader.name == READER).with_for_update(skip_locked=True)
    reader = (await session.scalars(found)).one_or_none()
    if reader is None:
        first = insert(Reader).values(name=READER, cursor=await newest_cursor(session))
        await session.execute(first.on_conflict_do_nothing())
        return 0
    try:
        batch = await follow(session, reader.cursor, limit)
    except Gone:
        reader.cursor = await newest_cursor(session)
        return 0
    news = [each for each in batch.events if each.kind in NOTICES and each.at > now - TOLD_WITHIN]
    await write(session, news, now)
    reader.cursor = batch.cursor
    await session.flush()
    return len(batch.events)


async def write(session: AsyncSession, news: Sequence[Happened], now: datetime) -> None:
    """The notifications of some events. What is there already stays: nobody is told the same twice."""
    seen = await look_up(session, news)
    rows: list[dict[str, Any]] = []
    for event in news:
        notice = NOTICES[event.kind]
        task = seen.tasks.get(event.task_id) if event.task_id else None
        offer = None
        if notice.template is Template.OFFER_MADE and event.task_id and event.member_id:
            offer = seen.offers.get((event.task_id, event.member_id, event.at))
            if offer is None:
                continue
        params = await params_of(session, event, task, offer, seen)
        rows += [
            {
                "id": new_id(),
                "event_id": event.id,
                "template": notice.template,
                "params": params,
                "urgency": notice.urgency or (task.urgency if task else "routine"),
                "task_id": event.task_id,
                "offer_id": offer.id if offer else None,
                "state": State.WAITING,
                "step": 0,
                "next_at": now,
                "created_at": now,
                **whom,
            }
            for whom in await people(session, notice, event)
        ]
    if rows:
        await session.execute(insert(Notification).on_conflict_do_nothing(), rows)


async def people(session: AsyncSession, notice: Notice, event: Happened) -> list[dict[str, UUID | None]]:
    """Whom an event is told to: a member, or the accounts of duty officers."""
    if notice.to is To.MEMBER:
        return [] if event.member_id is None else [{"member_id": event.member_id, "account_id": None}]
    if notice.to is To.TAKER:
        asked = select(Handover.id).where(
            Handover.id == UUID(event.data["handover"]), Handover.to_member_id == event.member_id
        )
        there = await session.scalar(asked) is not None
        return [{"member_id": event.member_id, "account_id": None}] if there else []
    if notice.to is To.NAMED:
        accounts = await active_accounts(session, event.data.get("officers", ()))
    elif notice.to is To.OFFICERS:
        accounts = await duty_officers(session, event.area_code or "")
    else:
        accounts = await duty_officers_within(session, event.area_code or "")
    return [{"member_id": None, "account_id": each} for each in accounts]


async def params_of(
    session: AsyncSession, event: Happened, task: Task | None, offer: Offer | None, seen: Seen
) -> dict[str, Any]:
    """What the words need. A place is the name of a grid, whoever is told; a task's title is nowhere here: it may hold
    an address."""
    params: dict[str, Any] = {"drill": bool(event.data.get("drill") or (task and task.drill))}
    if task is not None:
        playbook = seen.playbooks[task.playbook_id]
        params |= {"zh": playbook.name_zh, "en": playbook.name_en, "place": task.grid_name}
    elif event.area_code:
        params["place"] = await area_name(session, event.area_code)
    if offer is not None:
        params |= {"until": offer.expires_at.isoformat(), "minutes": offer.travel_minutes}
    if number := seen.numbers.get(member_in(event) or UUID(int=0)):
        params["number"] = number
    return params | {
        name: event.data[name] for name in ("level", "until", "day", "message") if name in event.data
    }


def member_in(event: Happened) -> UUID | None:
    """The member that an event is about."""
    named = event.data.get("member_id")
    return event.member_id or (UUID(named) if named else None)


async def look_up(session: AsyncSession, news: Iterable[Happened]) -> Seen:
    """What they refer to, in a few statements."""
    news = list(news)
    tasks = {
        task.id: task
        for task in await session.scalars(
            select(Task).where(among(Task.id, {each.task_id for each in news if each.task_id}))
        )
    }
    playbooks = select(Playbook).where(among(Playbook.id, {task.playbook_id for task in tasks.values()}))
    asked = [
        (each.task_id, each.member_id)
        for each in news
        if NOTICES[each.kind].template is Template.OFFER_MADE and each.task_id and each.member_id
    ]
    offers = select(Offer).where(tuple_(Offer.task_id, Offer.member_id).in_(asked))
    members = {who for each in news if (who := member_in(each)) is not None}
    numbers = select(Member.id, Member.number).where(among(Member.id, members))
    return Seen(
        tasks=tasks,
        playbooks={each.id: each for each in await session.scalars(playbooks)},
        offers={
            (each.task_id, each.member_id, each.created_at): each
            for each in (await session.scalars(offers) if asked else ())
        },
        numbers={member_id: number for member_id, number in await session.execute(numbers)},
    )
