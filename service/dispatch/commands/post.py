"""Posting a task: stored, placed on the map, and its first wave planned in the same transaction."""

import math
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.db import driver
from service.dispatch.commands.escalate import LADDER_DUE, next_rung_due
from service.dispatch.commands.expire import TASK_DUE
from service.dispatch.commands.plan import plan_first_wave
from service.dispatch.commands.seek import seek
from service.dispatch.engine.problem import Mode
from service.dispatch.queries.board import Board, Story
from service.dispatch.queries.ground import Ground
from service.dispatch.rules import Trigger, mode_of
from service.errors import Refused
from service.events.models import Event
from service.events.record import events
from service.grids.queries.at import grids_at, neighbour_units
from service.tasks.commands.tasks import NewTask, create_task
from service.tasks.models import Seat
from service.tasks.queries.activations import level_at
from service.tasks.queries.playbooks import newest_playbook
from service.tasks.rules import COMMUNITY_SEATS, is_for_the_town, level_of, residents_of
from service.timers.models import Timer
from service.timers.schedule import timer


async def post_task(
    session: AsyncSession,
    ground: Ground,
    new: NewTask,
    *,
    by: UUID,
    may_post_at: Callable[[str], None],
    areas: Sequence[str],
    now: datetime,
) -> Story:
    """Store a task, and plan its first wave; in normal mode it is collected for the next batch. Gives all of it.

    `areas` are the dispatcher's: a community's own asks its residents. Raises Invalid for an unknown category or
    skill, a time in the past, or a place outside the map, Refused for a task too large for those areas, and
    whatever `may_post_at` raises for the code of the grid that the place is in.
    """
    playbook = await newest_playbook(session, new.category)
    at = await grids_at(session, new.lon, new.lat)
    may_post_at(at.leaf.code)
    seats = sum(group.count for group in new.seats)
    if is_for_the_town(seats, new.urgency, areas):
        raise Refused("community-task-too-large", seats=seats, most=COMMUNITY_SEATS)
    level = level_of(new.urgency, await level_at(session, at.leaf.code, now))
    task, seat_rows = await create_task(
        session,
        new,
        at=at,
        playbook=playbook,
        neighbour_units=await neighbour_units(session, at),
        mode=mode_of(level),
        level=level,
        residents_of=residents_of(at.leaf.code, new.urgency, areas, residents_only=new.residents_only),
        by=by,
        now=now,
    )
    rows = driver.Rows().add(Seat, seat_rows)
    posted = {"category": task.category, "urgency": task.urgency, "mode": task.mode, "drill": task.drill}
    rows.add(
        Event,
        events(
            "task.posted",
            now,
            area_code=task.grid_code,
            unit_codes=task.responsible_units,
            task_id=task.id,
            data=posted,
        ),
    )
    if new.needed_by is not None:
        rows.add(Timer, [timer(TASK_DUE, task.id, new.needed_by, task.grid_code)])
    board = Board(task, [Seat(**row) for row in seat_rows], {})
    if task.mode == Mode.NORMAL:
        await rows.write(session)
        await seek(session, task, Trigger.POSTED, now, ground.collecting)
        return Story(board, [], [], [])
    due = next_rung_due(task, playbook)
    if due is not None:
        rows.add(Timer, [timer(LADDER_DUE, task.id, due, task.grid_code)])
    wave, offers = await plan_first_wave(session, ground, board, Trigger.POSTED, now, rows)
    # As they are read.
    offers.sort(
        key=lambda offer: (math.inf if offer.travel_minutes is None else offer.travel_minutes, offer.id)
    )
    return Story(board, [wave], offers, [])
