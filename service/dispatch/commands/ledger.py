"""Writing a wave down: its ledger, its offers, the timer that ends it, and what is to be told.

The ledger holds grids and whole minutes, never a member's coordinates.
"""

import math
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import new_id
from service.dispatch.engine.problem import Plan
from service.dispatch.models import Offer, Wave
from service.dispatch.queries.board import next_wave_number
from service.dispatch.queries.playbooks import parameters
from service.dispatch.rules import OfferState, Trigger, answer_time, pause, precedence
from service.events.record import record
from service.tasks.models import Task
from service.timers.schedule import schedule

WAVE_DUE = "wave.due"


async def write_wave(
    session: AsyncSession,
    task: Task,
    found: Plan,
    trigger: Trigger,
    now: datetime,
    *,
    by: UUID | None = None,
    batch_id: UUID | None = None,
    overrule_reason: str | None = None,
) -> Wave:
    """Write the wave with its ledger, its offers, the timer that ends it, and what is to be told."""
    playbook, section = await parameters(session, task)
    until = now + answer_time(section) if found.offers else None
    wave = Wave(
        id=new_id(),
        task_id=task.id,
        number=await next_wave_number(session, task.id),
        trigger=trigger,
        mode=task.mode,
        level=task.level,
        batch_id=batch_id,
        step=task.step,
        playbook_version=playbook.version,
        reach_minutes=found.reach_minutes,
        searched_minutes=found.searched_minutes,
        target_probability=section.target_probability,
        probability=found.probability,
        offers_until=until,
        chosen=[
            {
                "member_id": str(offer.member_id),
                "seat_id": str(offer.seat_id),
                "travel_minutes": whole_minutes(offer.minutes),
                "cost": round(offer.cost, 2),
                "acceptance": round(offer.acceptance, 3),
                "source": offer.source,
            }
            for offer in found.offers
        ],
        not_chosen=[
            {
                "member_id": str(each.member_id),
                "travel_minutes": whole_minutes(each.minutes),
                "reason": each.reason,
                "source": each.source,
                "detail": each.detail,
            }
            for each in found.not_chosen
        ],
        considered=[each.member_id for each in found.not_chosen],
        people=found.people,
        counts=dict(found.counts),
        shortfall=shortfall(found),
        overrule_reason=overrule_reason,
        planned_by=by,
        created_at=now,
    )
    session.add(wave)
    await session.flush()
    if until is not None:
        await write_offers(session, task, wave, found, until, now)
    await schedule(session, WAVE_DUE, wave.id, until or now + pause(section), task.grid_code)
    about: dict[str, Any] = {"wave": wave.number, "trigger": trigger, "reach_minutes": found.reach_minutes}
    about |= {"asked": len(found.offers), "shortfall": wave.shortfall}
    await record(session, "wave.planned", now, area_code=task.grid_code, task_id=task.id, data=about)
    return wave


async def write_offers(
    session: AsyncSession, task: Task, wave: Wave, found: Plan, until: datetime, now: datetime
) -> None:
    """Write the offers of a wave."""
    await session.execute(
        insert(Offer),
        [
            {
                "id": new_id(),
                "task_id": task.id,
                "wave_id": wave.id,
                "seat_id": offer.seat_id,
                "member_id": offer.member_id,
                "precedence": precedence(task.mode, task.drill),
                "state": OfferState.PENDING,
                "travel_minutes": whole_minutes(offer.minutes),
                "acceptance": offer.acceptance,
                "created_at": now,
                "expires_at": until,
            }
            for offer in found.offers
        ],
    )
    await record(
        session,
        "offer.made",
        now,
        area_code=task.grid_code,
        task_id=task.id,
        member_ids=[offer.member_id for offer in found.offers],
        data={"category": task.category, "drill": task.drill, "expires_at": until.isoformat()},
    )


def whole_minutes(minutes: float) -> int | None:
    """Travel minutes as they are kept and shown: whole, so that they give no position away; None is no way."""
    return None if math.isinf(minutes) else math.ceil(minutes)


def shortfall(found: Plan) -> dict[str, Any] | None:
    """What the wave could not do, where it could not: the seats for which nobody qualifies, and why by count."""
    if found.target_met:
        return None
    return {
        "unfillable_seats": [str(seat_id) for cause in found.causes for seat_id in cause.seats],
        "causes": [
            {
                "skills": sorted(cause.skills),
                "seats": len(cause.seats),
                "reason": cause.reason,
                "people": cause.people,
            }
            for cause in found.causes
        ],
        "probability": round(found.probability, 4),
    }
