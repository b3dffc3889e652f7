"""Who needs help is heard: in which grid, never where in it; also where the position that came along is refused."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from service.events.models import Event
from service.events.record import record
from service.grids.models import Grid, GridVersion
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


async def tell_of_help(session: AsyncSession, calls: Sequence[Call], now: datetime) -> None:
    """Tell the dispatchers of each, once. The caller has locked the members' presences."""
    for call in calls:
        if not call.is_new and await is_told(session, call):
            continue
        member = (await session.execute(of_member(call.member_id))).one()
        grid = await grid_of(session, call.grid_id) or await grid_of(session, member.home_grid_id)
        await record(
            session,
            HELP,
            now,
            area_code=grid.code if grid else None,
            unit_codes=[member.unit_code],
            member_ids=[call.member_id],
            data={
                "grid": grid and grid.code,
                "name": grid and grid.name,
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


async def grid_of(session: AsyncSession, grid_id: UUID | None) -> Row[str, str] | None:
    """The code and the name of a grid of today's map."""
    found = select(Grid.code, GridVersion.name).join(GridVersion, GridVersion.grid_id == Grid.id)
    current = found.where(Grid.id == grid_id, GridVersion.valid_to.is_(None))
    return (await session.execute(current)).one_or_none()


def of_member(member_id: UUID) -> Select[str, UUID]:
    """A member's unit and home."""
    found = select(Unit.code.label("unit_code"), Member.home_grid_id).join(Member, Member.unit_id == Unit.id)
    return found.where(Member.id == member_id)
