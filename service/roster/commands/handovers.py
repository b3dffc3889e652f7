"""Hand-overs of duty between members of a unit: proposed, then accepted, declined or cancelled.

Each locks both members first, by id, and reads again: what one of them has by plan cannot change meanwhile. The switch
is left aside: it is a word about now.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import new_id
from service.errors import Conflict, Invalid, NotFound
from service.events.record import record
from service.roster.calendar import Plans, Stretch, moment, on_duty_within, with_said
from service.roster.commands.duty import SaidOf, replace_days
from service.roster.models import Handover
from service.roster.queries.calendar import HandedOver, handover_by_id
from service.roster.queries.duty import plans_of
from service.roster.queries.members import MemberAt, lock_members, member_ids
from service.roster.rules import DAY_MINUTES, HandoverState, LocalTime


@dataclass(frozen=True, slots=True)
class NewHandover:
    """Whom to hand one's duty of a day to; without minutes all of it."""

    to_member: str
    """Their number or id."""
    day: date
    from_minute: int | None
    to_minute: int | None


class Both(NamedTuple):
    """Two members, locked, and what they have on the day by plan."""

    giver: MemberAt
    taker: MemberAt
    giver_plans: Plans
    taker_plans: Plans


async def propose(session: AsyncSession, giver_id: UUID, new: NewHandover, at: LocalTime) -> HandedOver:
    """Ask a colleague to take one's duty. Raises Invalid for somebody who is no active member of one's unit and for
    a time that has begun, Conflict where one is off duty then, or the other on duty already."""
    taker_id = await known(session, new.to_member)
    both = await lock_both(session, giver_id, taker_id, new.day)
    start = 0 if new.from_minute is None else new.from_minute
    end = DAY_MINUTES if new.to_minute is None else new.to_minute
    if start >= end:
        raise Invalid("invalid-body", fields="to", errors=[{"field": "to", "reason": "must be after from"}])
    parts = on_duty_within(both.giver_plans, new.day, start, end)
    if not parts:
        raise Conflict("not-on-duty-then", day=new.day.isoformat())
    first, last = parts[0].from_minute, parts[-1].to_minute
    if (new.from_minute is not None and first != start) or (new.to_minute is not None and last != end):
        raise Conflict("not-on-duty-then", day=new.day.isoformat())
    if moment(new.day, first, at.zone) <= at.now:
        raise Invalid("time-in-past", field="from")
    refuse_taken(both, new.day, parts)
    handover = Handover(
        id=new_id(),
        from_member_id=giver_id,
        to_member_id=taker_id,
        day=new.day,
        from_minute=first,
        to_minute=last,
        state=HandoverState.PROPOSED,
        created_at=at.now,
        decided_at=None,
    )
    session.add(handover)
    await session.flush()
    await tell(session, handover, both, at.now)
    return await reread(session, handover.id)


async def accept(session: AsyncSession, handover_id: UUID, member_id: UUID, at: LocalTime) -> HandedOver:
    """Take a colleague's duty: they are off duty then and one is on. A repeat answers the same again.

    Raises NotFound for one that was not proposed to the member, and Conflict when it is decided, has begun, or
    either's duty has changed so that there is nothing to take.
    """
    handed = await reread(session, handover_id)
    if handed.taker.id != member_id:
        raise NotFound("handover", hidden=True)
    both = await lock_both(session, handed.giver.id, handed.taker.id, handed.row.day)
    handed = await reread(session, handover_id)
    row = handed.row
    if row.state == HandoverState.ACCEPTED:
        return handed
    if row.state != HandoverState.PROPOSED:
        raise Conflict("wrong-state", state=row.state, wanted=HandoverState.ACCEPTED)
    if moment(row.day, row.from_minute, at.zone) <= at.now:
        raise Conflict("handover-begun")
    parts = on_duty_within(both.giver_plans, row.day, row.from_minute, row.to_minute)
    if not parts or parts[0].from_minute != row.from_minute or parts[-1].to_minute != row.to_minute:
        raise Conflict("duty-changed", day=row.day.isoformat())
    refuse_taken(both, row.day, parts)
    await replace_days(
        session,
        [
            SaidOf(both.giver, row.day, with_said(both.giver_plans.exceptions, row.day, parts, False)),
            SaidOf(both.taker, row.day, with_said(both.taker_plans.exceptions, row.day, parts, True)),
        ],
        at.now,
    )
    return await decide(session, row, HandoverState.ACCEPTED, both, at.now)


async def decline(session: AsyncSession, handover_id: UUID, member_id: UUID, at: LocalTime) -> HandedOver:
    """Leave a colleague's duty to them. A repeat answers the same again. Raises NotFound for one that was not proposed
    to the member, and Conflict when it is decided otherwise."""
    return await refuse(session, handover_id, member_id, HandoverState.DECLINED, at.now)


async def cancel(session: AsyncSession, handover_id: UUID, member_id: UUID, at: LocalTime) -> HandedOver:
    """Take one's own proposal back. A repeat answers the same again. Raises NotFound for one that is not the
    member's, and Conflict when it is decided otherwise."""
    return await refuse(session, handover_id, member_id, HandoverState.CANCELLED, at.now)


async def refuse(
    session: AsyncSession, handover_id: UUID, member_id: UUID, state: HandoverState, now: datetime
) -> HandedOver:
    """End a proposal without a hand-over, by the one who may."""
    handed = await reread(session, handover_id)
    if member_id != (handed.giver.id if state is HandoverState.CANCELLED else handed.taker.id):
        raise NotFound("handover", hidden=True)
    both = await lock_both(session, handed.giver.id, handed.taker.id, handed.row.day, at_work=False)
    row = (await reread(session, handover_id)).row
    if row.state == state:
        return await reread(session, handover_id)
    if row.state != HandoverState.PROPOSED:
        raise Conflict("wrong-state", state=row.state, wanted=state)
    return await decide(session, row, state, both, now)


async def known(session: AsyncSession, member: str) -> UUID:
    """The id of a member by number or id. Raises Invalid, as for somebody of another unit."""
    try:
        return UUID(member)
    except ValueError:
        found = await member_ids(session, [member])
    if not found:
        raise Invalid("no-such-colleague", member=member)
    return found[0]


async def lock_both(
    session: AsyncSession, giver_id: UUID, taker_id: UUID, day: date, *, at_work: bool = True
) -> Both:
    """Lock the two members by id, and read what they have on the day.

    Raises Invalid unless they are two; with `at_work`, unless both are active members of one unit.
    """
    found = {each.member.id: each for each in await lock_members(session, {giver_id, taker_id})}
    if len(found) < 2:
        raise Invalid("no-such-colleague", member=str(taker_id))
    giver, taker = found[giver_id], found[taker_id]
    if at_work and not (giver.unit_code == taker.unit_code and giver.member.active and taker.member.active):
        raise Invalid("no-such-colleague", member=taker.member.number)
    plans = await plans_of(session, found, day, day)
    return Both(giver, taker, plans[giver_id], plans[taker_id])


def refuse_taken(both: Both, day: date, parts: list[Stretch]) -> None:
    """Raises Conflict when the taker is on duty in any of the parts: they cannot stand for two."""
    for part in parts:
        if on_duty_within(both.taker_plans, day, part.from_minute, part.to_minute):
            raise Conflict("colleague-on-duty-then", day=day.isoformat())


async def decide(
    session: AsyncSession, row: Handover, state: HandoverState, both: Both, now: datetime
) -> HandedOver:
    """Put on record what became of a proposal."""
    row.state = state
    row.decided_at = now
    await session.flush()
    await tell(session, row, both, now)
    return await reread(session, row.id)


async def tell(session: AsyncSession, row: Handover, both: Both, now: datetime) -> None:
    """Tell both members and their unit."""
    await record(
        session,
        f"duty.handover_{row.state}",
        now,
        unit_codes=sorted({both.giver.unit_code, both.taker.unit_code}),
        member_ids=[row.from_member_id, row.to_member_id],
        data={"handover": str(row.id), "day": row.day.isoformat()},
    )


async def reread(session: AsyncSession, handover_id: UUID) -> HandedOver:
    """A hand-over as it is now. Raises NotFound."""
    found = await handover_by_id(session, handover_id)
    if found is None:
        raise NotFound("handover")
    return found
