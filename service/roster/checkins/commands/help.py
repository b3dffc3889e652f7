"""Who needs help is heard: in which grid, never where in it; also where the position that came along is refused."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Row, Select, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from service.events.models import Event
from service.grids.models import Grid, GridVersion
from service.roster.commands.help import JobsOf, call_for_help
from service.roster.models import Member, Unit

HELP = "member.need_help"


class Call(NamedTuple):
    """A call for help that came with a check-in."""

    checkin_id: UUID
    member_id: UUID
    grid_id: UUID | None
    """Where they are; when the position was refused, where they were last known to be, if anywhere."""
    is_new: bool
    """Whether the check-in is stored, for the first time. Of one that is not, a repeat is known by its event alone."""


async def tell_of_help(session: AsyncSession, calls: Sequence[Call], jobs_of: JobsOf, now: datetime) -> None:
    """Tell the dispatchers of each, once. The caller has locked the members' presences."""
    jobs = await jobs_of(session, {call.member_id for call in calls}) if calls else {}
    for call in calls:
        if not call.is_new and await is_told(session, call):
            continue
        member = (await session.execute(of_member(call.member_id))).one()
        grid = await grid_of(session, call.grid_id or member.home_grid_id)
        await call_for_help(
            session,
            call.member_id,
            grid.code,
            now,
            jobs.get(call.member_id),
            unit_codes=[member.unit_code],
            data={
                "grid": grid.code,
                "name": grid.name,
                "checkin": str(call.checkin_id),
                "placed": call.is_new,
            },
        )


async def is_told(session: AsyncSession, call: Call) -> bool:
    """Whether the same call came before."""
    found = select(Event.id).where(
        Event.kind == HELP,
        Event.member_id == call.member_id,
        Event.data["checkin"].astext == str(call.checkin_id),
    )
    return (await session.execute(found.limit(1))).first() is not None


async def grid_of(session: AsyncSession, grid_id: UUID) -> Row[str, str | None]:
    """The code of a grid and, if it is on today's map, its name."""
    current = and_(GridVersion.grid_id == Grid.id, GridVersion.valid_to.is_(None))
    found = select(Grid.code, GridVersion.name).outerjoin(GridVersion, current).where(Grid.id == grid_id)
    return (await session.execute(found)).one()


def of_member(member_id: UUID) -> Select[str, UUID]:
    """A member's unit and home."""
    found = select(Unit.code.label("unit_code"), Member.home_grid_id).join(Member, Member.unit_id == Unit.id)
    return found.where(Member.id == member_id)
