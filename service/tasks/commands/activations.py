"""Writing activations (启动); what they do to the tasks of the area is for `dispatch`.

All but `check_activation` want the area locked: `queries.activations.lock_area`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import new_id
from service.errors import Conflict, Invalid
from service.events.record import record
from service.grids.queries.names import Area
from service.tasks.models import Activation
from service.tasks.queries.activations import ActivationState, overlapping, state_of
from service.tasks.rules import Level

LONGEST = timedelta(days=30)
"""An emergency that goes on is activated anew, by somebody who has looked again."""


@dataclass(frozen=True, slots=True)
class NewActivation:
    """What somebody asks for."""

    area: Area
    level: Level
    reason: str
    from_at: datetime
    until: datetime
    replaces: UUID | None = None
    """An activation of the same area that gives way to it."""


async def check_activation(session: AsyncSession, new: NewActivation, now: datetime) -> Activation | None:
    """Whether it can be; gives the activation that it replaces.

    Raises Invalid for times that cannot be and a `replaces` that is none of the area's; Conflict when that one has
    ended, or when another one of the area shares time with it.
    """
    check_times(new, now)
    replaced = None if new.replaces is None else await replaceable(session, new.replaces, new.area, now)
    for other in await overlapping(session, new.area.code, new.from_at, new.until):
        if other is not replaced:
            raise Conflict("activation-overlaps", id=other.id, level=other.level, until=written(other.until))
    return replaced


def check_times(new: NewActivation, now: datetime) -> None:
    """Raises Invalid, with the field at fault."""
    if new.from_at < now:
        raise Invalid("time-in-past", field="from", errors=fault("from", "must not be in the past"))
    if new.until <= now:
        raise Invalid("time-in-past", field="until", errors=fault("until", "must be in the future"))
    if new.until <= new.from_at:
        raise Invalid("ends-before-it-begins", errors=fault("until", "must be later than from"))
    if new.until - new.from_at > LONGEST:
        errors = fault("until", f"must be at most {LONGEST.days} days later than from")
        raise Invalid("activation-too-long", days=LONGEST.days, errors=errors)


def fault(field: str, reason: str) -> list[dict[str, Any]]:
    """One field at fault, as a problem document names it."""
    return [{"field": field, "reason": reason}]


async def replaceable(session: AsyncSession, activation_id: UUID, area: Area, now: datetime) -> Activation:
    """An activation of the area that has not ended."""
    replaced = await session.get(Activation, activation_id, populate_existing=True)
    if replaced is None or replaced.area_code != area.code:
        raise Invalid("unknown-activation", id=activation_id, area=area.code)
    check_goes_on(replaced, now)
    return replaced


def check_goes_on(activation: Activation, now: datetime) -> None:
    """Raises Conflict("activation-ended") for one that has ended."""
    if state_of(activation, now) is ActivationState.ENDED:
        raise Conflict("activation-ended", at=written(activation.ended_at or activation.until))


def written(moment: datetime) -> str:
    """A time as the API writes it."""
    return moment.isoformat().replace("+00:00", "Z")


async def create_activation(
    session: AsyncSession, new: NewActivation, replaced: Activation | None, *, by: UUID, now: datetime
) -> Activation:
    """Store an activation that `check_activation` let pass; the one it replaces gives way without a gap."""
    activation = Activation(
        id=new_id(),
        grid_id=new.area.id,
        area_code=new.area.code,
        area_name=new.area.name,
        level=new.level,
        reason=new.reason,
        from_at=new.from_at,
        until=new.until,
        created_by=by,
        created_at=now,
    )
    if replaced is not None:
        await give_way(session, replaced, activation, now)
    session.add(activation)
    await session.flush()
    await tell(session, "activation.created", activation, now, reason=new.reason)
    if new.from_at <= now:
        await tell(session, "activation.began", activation, now)
    return activation


async def give_way(session: AsyncSession, replaced: Activation, new: Activation, now: datetime) -> None:
    """End an activation as its successor begins: now, or, where that begins later, by an earlier `until`."""
    replaced.end_reason = new.reason
    if replaced.from_at < new.from_at and now < new.from_at:
        replaced.until = min(replaced.until, new.from_at)
        await session.flush()
        await tell(session, "activation.shortened", replaced, now, replaced_by=str(new.id))
    else:
        replaced.ended_at, replaced.ended_by = now, new.created_by
        await session.flush()
        await tell(session, "activation.ended", replaced, now, replaced_by=str(new.id))


async def end_activation(
    session: AsyncSession, activation: Activation, reason: str | None, *, by: UUID, now: datetime
) -> None:
    """End an activation now, or call it off before it begins. One that somebody has ended stays as it is.

    Raises Conflict when it has ended by itself.
    """
    if activation.ended_by is not None:
        return
    check_goes_on(activation, now)
    activation.ended_at, activation.ended_by, activation.end_reason = now, by, reason
    await session.flush()
    await tell(session, "activation.ended", activation, now, reason=reason)


async def note_begin(session: AsyncSession, activation: Activation, now: datetime) -> None:
    """Put on record that a planned activation has begun, if it has."""
    if state_of(activation, now) is ActivationState.LIVE:
        await tell(session, "activation.began", activation, now)


async def note_end(session: AsyncSession, activation: Activation, now: datetime) -> None:
    """Put on record that an activation has ended by itself at its `until`, if it has: once, however often called."""
    if activation.ended_at is None and activation.until <= now:
        activation.ended_at = activation.until
        await session.flush()
        await tell(session, "activation.ended", activation, now)


async def tell(
    session: AsyncSession, kind: str, activation: Activation, now: datetime, **more: str | None
) -> None:
    """One outbox row about an activation."""
    about = {
        "activation_id": str(activation.id),
        "area_name": activation.area_name,
        "level": activation.level,
        "from": activation.from_at.isoformat(),
        "until": activation.until.isoformat(),
    }
    await record(session, kind, now, area_code=activation.area_code, data=about | more)
