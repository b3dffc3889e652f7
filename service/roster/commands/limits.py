"""Writes of members' own limits."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from service.events.record import record
from service.roster.models import MemberLimits
from service.roster.queries.duty import area_and_unit
from service.roster.rules import Limits


async def set_limits(session: AsyncSession, member_id: UUID, limits: Limits, now: datetime) -> None:
    """Make these a member's limits, in place of those before; they hold from the next wave on. Raises NotFound."""
    area_code, unit_code = await area_and_unit(session, member_id)
    values = {
        "weekly_hours": limits.weekly_hours,
        "quiet_from": limits.quiet.from_minute if limits.quiet else None,
        "quiet_to": limits.quiet.to_minute if limits.quiet else None,
        "unwanted": sorted(set(limits.unwanted)),
    }
    row = upsert(MemberLimits).values(member_id=member_id, **values)
    await session.execute(
        row.on_conflict_do_update(
            index_elements=[MemberLimits.member_id], set_={name: row.excluded[name] for name in values}
        )
    )
    await record(
        session, "limits.changed", now, area_code=area_code, unit_codes=[unit_code], member_ids=[member_id]
    )
