"""The state of tasks: seats with their engagements, pending offers, waves. Read under the task's lock to write."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from service.dispatch.models import Engagement, Escalation, Offer, Wave
from service.dispatch.rules import LIVE, EngagementState, OfferState
from service.tasks.models import Seat, Task
from service.tasks.queries.tasks import seats_of

FRESH = {"populate_existing": True}
SEATED = (*LIVE, EngagementState.RELEASED)
"""The engagements that fill a seat; one whose member was released is done."""


@dataclass(frozen=True, slots=True)
class Board:
    """One task's seats, each with the engagement that fills it."""

    task: Task
    seats: Sequence[Seat]
    filled: dict[UUID, Engagement]
    """By seat."""

    @property
    def open_seats(self) -> list[Seat]:
        """The seats that nobody fills, by number."""
        return [seat for seat in self.seats if seat.id not in self.filled]

    @property
    def states(self) -> list[str | None]:
        """Each seat's engagement state; None is an open seat."""
        return [self.filled[seat.id].state if seat.id in self.filled else None for seat in self.seats]


class Story(NamedTuple):
    """All that has happened to one task."""

    board: Board
    waves: list[Wave]
    offers: list[Offer]
    told: list[Escalation]


async def boards(session: AsyncSession, tasks: Sequence[Task]) -> dict[UUID, Board]:
    """The boards of tasks, by task."""
    ids = [task.id for task in tasks]
    seats = await seats_of(session, ids)
    engagements = (
        await session.scalars(
            select(Engagement)
            .where(Engagement.task_id.in_(ids), Engagement.state.in_(SEATED))
            .execution_options(**FRESH)
        )
    ).all()
    return {
        task.id: Board(
            task,
            [seat for seat in seats if seat.task_id == task.id],
            {engagement.seat_id: engagement for engagement in engagements if engagement.task_id == task.id},
        )
        for task in tasks
    }


async def board(session: AsyncSession, task: Task) -> Board:
    """One task's board."""
    return (await boards(session, [task]))[task.id]


async def pending_offers(session: AsyncSession, task_id: UUID) -> Sequence[Offer]:
    """A task's unanswered offers."""
    found = await session.scalars(
        select(Offer)
        .where(Offer.task_id == task_id, Offer.state == OfferState.PENDING)
        .order_by(Offer.id)
        .execution_options(**FRESH)
    )
    return found.all()


async def live_engagements(session: AsyncSession, task_id: UUID) -> Sequence[Engagement]:
    """A task's engagements that have not ended."""
    found = await session.scalars(
        select(Engagement)
        .where(Engagement.task_id == task_id, Engagement.state.in_(LIVE))
        .order_by(Engagement.id)
        .execution_options(**FRESH)
    )
    return found.all()


async def waves_of(session: AsyncSession, task_ids: Collection[UUID]) -> Sequence[Wave]:
    """The waves of tasks, by number."""
    found = await session.scalars(
        select(Wave).where(Wave.task_id.in_(task_ids)).order_by(Wave.task_id, Wave.number)
    )
    return found.all()


async def offers_of(session: AsyncSession, task_ids: Collection[UUID]) -> Sequence[Offer]:
    """All offers of tasks, in the order in which they were made."""
    found = await session.scalars(
        select(Offer)
        .where(Offer.task_id.in_(task_ids))
        .order_by(Offer.created_at, Offer.travel_minutes, Offer.id)
        .execution_options(**FRESH)
    )
    return found.all()


async def stories(session: AsyncSession, tasks: Sequence[Task]) -> list[Story]:
    """The stories of tasks, in their order."""
    ids = [task.id for task in tasks]
    found = await boards(session, tasks)
    waves, offers, told = defaultdict(list), defaultdict(list), defaultdict(list)
    for wave in await waves_of(session, ids):
        waves[wave.task_id].append(wave)
    for offer in await offers_of(session, ids):
        offers[offer.task_id].append(offer)
    for each in await session.scalars(
        select(Escalation).where(Escalation.task_id.in_(ids)).order_by(Escalation.task_id, Escalation.number)
    ):
        told[each.task_id].append(each)
    return [Story(found[each], waves[each], offers[each], told[each]) for each in ids]


async def last_wave(session: AsyncSession, task_id: UUID) -> Wave | None:
    """A task's newest wave."""
    found = await session.scalars(
        select(Wave).where(Wave.task_id == task_id).order_by(Wave.number.desc()).limit(1)
    )
    return found.one_or_none()


async def next_wave_number(session: AsyncSession, task_id: UUID) -> int:
    """The number of the next wave; under the task's lock nobody else takes it."""
    last = await session.scalar(select(func.max(Wave.number)).where(Wave.task_id == task_id))
    return (last or 0) + 1
