"""Writes of duty: a member's week, and their own switch."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, insert
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import among
from service.errors import Invalid
from service.events.record import record
from service.roster.models import DutySlot, DutySwitch
from service.roster.queries.duty import area_and_unit
from service.roster.rules import DutyState, Slot, Switch, overlap


async def switch_duty(
    session: AsyncSession, member_id: UUID, state: DutyState, until: datetime | None, now: datetime
) -> Switch:
    """Set a member's own switch, which overrules the calendar until `until`, or until it is set anew.

    Raises NotFound, and Invalid when `until` is not ahead.
    """
    if until is not None and until <= now:
        raise Invalid("time-in-past", field="until")
    area_code, unit_code = await area_and_unit(session, member_id)
    row = upsert(DutySwitch).values(member_id=member_id, state=state, set_at=now, until=until)
    await session.execute(
        row.on_conflict_do_update(
            index_elements=[DutySwitch.member_id],
            set_={name: row.excluded[name] for name in ("state", "set_at", "until")},
        )
    )
    await record(
        session, "duty.switched", now, area_code=area_code, unit_codes=[unit_code], member_ids=[member_id]
    )
    return Switch(state, until)


async def replace_slots(session: AsyncSession, weeks: Mapping[UUID, Sequence[Slot]]) -> None:
    """Make these the members' weeks. Raises Invalid when two slots of one day overlap."""
    for slots in weeks.values():
        if clash := overlap(slots):
            first, second = clash
            raise Invalid(
                "overlapping-slots",
                weekday=first.weekday,
                first=f"{first.from_minute}–{first.to_minute}",
                second=f"{second.from_minute}–{second.to_minute}",
            )
    if weeks:
        await session.execute(delete(DutySlot).where(among(DutySlot.member_id, weeks)))
    rows = [
        {
            "member_id": member_id,
            "weekday": slot.weekday,
            "from_minute": slot.from_minute,
            "to_minute": slot.to_minute,
        }
        for member_id, slots in weeks.items()
        for slot in slots
    ]
    if rows:
        await session.execute(insert(DutySlot), rows)
