"""Writing a wave down: its ledger, its offers, the timer that ends it, and what is to be told.

The ledger holds grids and whole minutes, never a member's coordinates.
"""

import math
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.db import driver
from service.db.base import new_id
from service.dispatch.engine.problem import Plan
from service.dispatch.models import Offer, Wave
from service.dispatch.queries.board import next_wave_number
from service.dispatch.queries.playbooks import parameters
from service.dispatch.rules import OfferState, Trigger, answer_time, pause, precedence
from service.events.models import Event
from service.events.record import events
from service.tasks.models import Task
from service.timers.models import Timer
from service.timers.schedule import timer

WAVE_DUE = "wave.due"


class Written(NamedTuple):
    """A wave, and its offers in the order in which they were planned."""

    wave: Wave
    offers: list[Offer]


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
    along: driver.Rows | None = None,
) -> Written:
    """Write the wave with its ledger, its offers, the timer that ends it, and what is to be told: one statement.

    `along` are the other rows of a task that has just been made: they are written with those of its first wave.
    """
    playbook, section = await parameters(session, task)
    until = now + answer_time(section) if found.offers else None
    number = await next_wave_number(session, task.id) if along is None else 1
    wave_id, short = new_id(), shortfall(found)
    wave: dict[str, Any] = {
        "id": wave_id,
        "task_id": task.id,
        "number": number,
        "trigger": trigger,
        "mode": task.mode,
        "level": task.level,
        "batch_id": batch_id,
        "step": task.step,
        "playbook_version": playbook.version,
        "reach_minutes": found.reach_minutes,
        "searched_minutes": found.searched_minutes,
        "target_probability": section.target_probability,
        "probability": found.probability,
        "offers_until": until,
        "chosen": [
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
        "not_chosen": [
            {
                "member_id": str(each.member_id),
                "travel_minutes": whole_minutes(each.minutes),
                "reason": each.reason,
                "source": each.source,
                "detail": each.detail,
            }
            for each in found.not_chosen
        ],
        "considered": [each.member_id for each in found.not_chosen],
        "people": found.people,
        "counts": dict(found.counts),
        "shortfall": short,
        "overrule_reason": overrule_reason,
        "planned_by": by,
        "created_at": now,
    }
    offers = [] if until is None else offer_rows(task, wave_id, found, until, now)
    due = until or now + pause(section)
    about: dict[str, Any] = {"wave": number, "trigger": trigger, "reach_minutes": found.reach_minutes}
    about |= {"asked": len(found.offers), "shortfall": short}
    where: dict[str, Any] = {"area_code": task.grid_code, "task_id": task.id}
    rows = driver.Rows() if along is None else along
    rows.add(Wave, [wave]).add(Offer, offers)
    if until is not None:
        asked = [offer.member_id for offer in found.offers]
        what = {"category": task.category, "drill": task.drill, "expires_at": until.isoformat()}
        rows.add(Event, events("offer.made", now, **where, member_ids=asked, data=what))
    rows.add(Event, events("wave.planned", now, **where, data=about))
    rows.add(Timer, [timer(WAVE_DUE, wave_id, due, task.grid_code)])
    await rows.write(session)
    return Written(Wave(**wave), [Offer(**offer) for offer in offers])


def offer_rows(
    task: Task, wave_id: UUID, found: Plan, until: datetime, now: datetime
) -> list[dict[str, Any]]:
    """The offers of a wave."""
    return [
        {
            "id": new_id(),
            "task_id": task.id,
            "wave_id": wave_id,
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
    ]


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
