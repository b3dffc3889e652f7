"""Starting a drill. Its people and its tasks are settled in the same transaction; the tasks are posted by timers."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import new_id
from service.drills.models import Drill, DrillTask, MusterCall
from service.drills.queries.people import called_in
from service.drills.rules import DrillKind, Incident
from service.errors import Invalid
from service.events.record import record
from service.grids.queries.names import Area
from service.roster.rules import LocalTime
from service.timers.schedule import schedule

DRILL_END = "drill.end"
DRILL_TASK_DUE = "drill.task_due"


@dataclass(frozen=True, slots=True)
class NewDrill:
    """What a dispatcher starts."""

    kind: DrillKind
    title: str
    area: Area
    minutes: float


async def start_muster(
    session: AsyncSession, new: NewDrill, at: LocalTime, *, by: UUID, off_duty: bool
) -> Drill:
    """Call those on duty whose home or unit's office is in the area; with `off_duty` the others too.

    Raises Invalid("nobody-to-call").
    """
    people = await called_in(session, new.area.code, at, off_duty=off_duty)
    if not people:
        raise Invalid("nobody-to-call", code=new.area.code)
    drill = await store(session, new, by, at.now)
    await session.execute(
        insert(MusterCall),
        [
            {
                "drill_id": drill.id,
                "member_id": each.member_id,
                "unit_code": each.unit_code,
                "community_code": each.community_code,
            }
            for each in people
        ],
    )
    await record(
        session,
        "muster.called",
        at.now,
        area_code=drill.area_code,
        member_ids=[each.member_id for each in people],
        data={"drill": str(drill.id), "until": drill.until.isoformat()},
    )
    return drill


async def start_exercise(
    session: AsyncSession, new: NewDrill, incidents: Sequence[Incident], *, by: UUID, now: datetime
) -> Drill:
    """Have the incidents posted as drills, each at its time. They must all begin before its end."""
    drill = await store(session, new, by, now)
    planned = [
        DrillTask(
            id=new_id(),
            drill_id=drill.id,
            number=number,
            due_at=now + timedelta(minutes=incident.after_minutes),
            what=asdict(incident),
        )
        for number, incident in enumerate(sorted(incidents, key=lambda each: each.after_minutes), 1)
    ]
    session.add_all(planned)
    await session.flush()
    for each in planned:
        await schedule(session, DRILL_TASK_DUE, each.id, each.due_at, drill.area_code)
    return drill


async def store(session: AsyncSession, new: NewDrill, by: UUID, now: datetime) -> Drill:
    """The drill's row, its timer, and the word that it has begun."""
    drill = Drill(
        id=new_id(),
        kind=new.kind,
        title=new.title,
        area_code=new.area.code,
        area_name=new.area.name,
        started_by=by,
        started_at=now,
        until=now + timedelta(minutes=new.minutes),
    )
    session.add(drill)
    await session.flush()
    await schedule(session, DRILL_END, drill.id, drill.until, drill.area_code)
    await record(
        session,
        "drill.started",
        now,
        area_code=drill.area_code,
        data={"drill": str(drill.id), "kind": drill.kind, "until": drill.until.isoformat()},
    )
    return drill
