"""Which worker does which area's timers: registering, taking over, dividing. See docs/decisions/0011.

`now` is the database's time here: workers on several machines have one clock for their leases. Whoever takes a
share locks its row without waiting for it (SKIP LOCKED); a worker that is doing one of its timers holds it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import new_id
from service.timers.models import Share, Timer, Worker
from service.timers.rules import parts


class Taken(NamedTuple):
    """A share that had no living worker."""

    area: str
    before: UUID | None
    """The worker that is gone; None where one gave it back."""


async def register(session: AsyncSession, name: str, now: datetime) -> UUID:
    """Register a worker; gives its registration."""
    worker = Worker(id=new_id(), name=name, started_at=now, seen_at=now)
    session.add(worker)
    await session.flush()
    return worker.id


async def see(session: AsyncSession, worker_id: UUID, now: datetime) -> bool:
    """Note that a worker lives. False when its registration is gone: others took it for dead."""
    seen = update(Worker).where(Worker.id == worker_id).values(seen_at=now).returning(Worker.id)
    return await session.scalar(seen) is not None


async def strike_off(session: AsyncSession, seen_before: datetime) -> None:
    """Remove the registrations of workers that were not seen since; one that is just being seen stays."""
    lost = select(Worker.id).where(Worker.seen_at < seen_before).with_for_update(skip_locked=True)
    await session.execute(delete(Worker).where(Worker.id.in_(lost)))


async def take_free(session: AsyncSession, worker_id: UUID, now: datetime) -> list[Taken]:
    """Take every share that has no living worker, however many: what is due there must not wait for a fair division."""
    alive = select(Worker.id).where(Worker.id == Share.worker_id).exists()
    free = (
        select(Share.area, Share.worker_id)
        .where(~alive)
        .order_by(Share.area)
        .with_for_update(key_share=True, skip_locked=True)
    )
    taken = [Taken(*row) for row in await session.execute(free)]
    await give(session, [share.area for share in taken], worker_id, now)
    return taken


async def open_shares(session: AsyncSession, worker_id: UUID, now: datetime) -> None:
    """Make the shares of areas that have timers for the first time, and take them."""
    known = select(Share.area).where(Share.area == Timer.area).exists()
    new = select(Timer.area, literal(worker_id), literal(now)).where(~known).distinct().order_by(Timer.area)
    await session.execute(
        insert(Share).from_select(["area", "worker_id", "taken_at"], new).on_conflict_do_nothing()
    )


async def take_surplus(session: AsyncSession, worker_id: UUID, now: datetime) -> int:
    """Take what is missing to one's part from those who have more than theirs; gives how many shares one has then.

    The living take: nobody gives anything to a worker that has stopped and is not missed yet.
    """
    workers = set(await session.scalars(select(Worker.id)))
    taken = select(Share.worker_id, func.count()).group_by(Share.worker_id)
    count = {
        worker: areas for worker, areas in await session.execute(taken.where(Share.worker_id.in_(workers)))
    }
    have = {worker: count.get(worker, 0) for worker in workers}
    ought = parts(sum(have.values()), workers)
    mine = have[worker_id]
    for other in sorted(workers):
        wanted = min(ought[worker_id] - mine, have[other] - ought[other])
        if wanted > 0:
            theirs = select(Share.area).where(Share.worker_id == other).order_by(Share.area).limit(wanted)
            free = await session.scalars(theirs.with_for_update(key_share=True, skip_locked=True))
            mine += await give(session, free.all(), worker_id, now)
    return mine


async def give(session: AsyncSession, areas: Sequence[str], worker_id: UUID, now: datetime) -> int:
    """Make shares, whose rows the caller has locked, a worker's; gives how many."""
    if areas:
        theirs = update(Share).where(Share.area.in_(areas))
        await session.execute(theirs.values(worker_id=worker_id, taken_at=now))
    return len(areas)


async def leave(session: AsyncSession, worker_id: UUID) -> None:
    """Give all one's shares back, and end the registration."""
    await session.execute(update(Share).where(Share.worker_id == worker_id).values(worker_id=None))
    await session.execute(delete(Worker).where(Worker.id == worker_id))
