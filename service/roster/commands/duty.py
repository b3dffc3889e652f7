"""Writes of duty: a member's week, what is said of single days, and their own switch."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Date, Uuid, bindparam, delete, insert, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import among
from service.errors import Invalid
from service.events.record import record
from service.roster.commands.presence import forget_duty
from service.roster.models import DutyException, DutySlot, DutySwitch
from service.roster.queries.duty import area_and_unit
from service.roster.queries.members import MemberAt
from service.roster.rules import DutyState, Exceptional, Slot, overlap
from service.web.client_time import done_at


class SaidOf(NamedTuple):
    """What is said of a member's day, in place of all that was said of it before; nothing: the week holds."""

    found: MemberAt
    day: date
    periods: Sequence[Exceptional]


async def switch_duty(
    session: AsyncSession,
    member_id: UUID,
    state: DutyState,
    until: datetime | None,
    now: datetime,
    *,
    at: datetime | None = None,
) -> None:
    """Set a member's own switch, which overrules the calendar until `until`, or until it is set anew.

    `at` is when they did it, by their own clock: where they set it again since then, from another phone, that
    stands. Raises NotFound, and Invalid when `until` is not ahead, or `at` is.
    """
    if until is not None and until <= now:
        raise Invalid("time-in-past", field="until")
    area_code, unit_code = await area_and_unit(session, member_id)
    set_at = done_at(at, now)
    row = upsert(DutySwitch).values(member_id=member_id, state=state, set_at=set_at, until=until)
    changed = await session.scalar(
        row.on_conflict_do_update(
            index_elements=[DutySwitch.member_id],
            set_={name: row.excluded[name] for name in ("state", "set_at", "until")},
            where=DutySwitch.set_at <= row.excluded.set_at,
        ).returning(DutySwitch.member_id)
    )
    if changed is None:
        return
    await forget_duty(session, [member_id])
    await record(
        session, "duty.switched", now, area_code=area_code, unit_codes=[unit_code], member_ids=[member_id]
    )


async def replace_week(session: AsyncSession, found: MemberAt, slots: Sequence[Slot], now: datetime) -> None:
    """Make this a locked member's week, and tell them. Raises Invalid when two slots of one day overlap."""
    await replace_slots(session, {found.member.id: slots})
    await forget_duty(session, [found.member.id])
    await record_planned(session, found, now, {})


async def replace_days(session: AsyncSession, said: Sequence[SaidOf], now: datetime) -> None:
    """Say something of days of locked members, each day at most once and its periods apart, and tell them."""
    if not said:
        return
    days = [(each.found.member.id, each.day) for each in said]
    await session.execute(
        text(
            "DELETE FROM duty_exception x USING unnest(:members, :days) AS said(member_id, day)"
            " WHERE x.member_id = said.member_id AND x.day = said.day"
        ).bindparams(
            bindparam("members", [member_id for member_id, _ in days], ARRAY(Uuid)),
            bindparam("days", [day for _, day in days], ARRAY(Date)),
        )
    )
    rows = [
        {
            "member_id": each.found.member.id,
            "day": each.day,
            "from_minute": period.from_minute,
            "to_minute": period.to_minute,
            "on_duty": period.on_duty,
        }
        for each in said
        for period in each.periods
    ]
    if rows:
        await session.execute(insert(DutyException), rows)
    await forget_duty(session, {member_id for member_id, _ in days})
    for each in said:
        await record_planned(session, each.found, now, {"day": each.day.isoformat()})


async def record_planned(session: AsyncSession, found: MemberAt, now: datetime, data: dict[str, str]) -> None:
    """Put on record that somebody planned a member's duty anew: their week, or one day."""
    await record(
        session,
        "duty.planned",
        now,
        area_code=found.home_code,
        unit_codes=[found.unit_code],
        member_ids=[found.member.id],
        data=data,
    )


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
