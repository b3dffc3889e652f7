"""Drills over REST: starting, answering, ending, reading."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from service.access.guards import READ, WRITE, allow, note
from service.access.rules import Action, Caller
from service.drills.commands.run import answer_muster, end
from service.drills.commands.start import NewDrill, start_exercise, start_muster
from service.drills.guards import area_to_drill, drill_for
from service.drills.models import Drill
from service.drills.queries.drills import calls_of, drills, own_calls, roll, tasks_of
from service.drills.queries.people import places_in
from service.drills.rules import SCENARIOS, DrillKind, MusterAnswer, incidents_of
from service.drills.schemas import (
    AnswerIn,
    CalledOut,
    DrillOut,
    DrillReportOut,
    ExerciseIn,
    MusterIn,
    OwnCallOut,
    OwnCallsOut,
    ScenarioOut,
    ScenariosOut,
)
from service.grids.queries.names import names_of
from service.reports.queries.facts import Wanted
from service.reports.queries.response import response, unit_names
from service.reports.schemas.response import FiguresOut
from service.roster.guards import AtLocal, own_member
from service.web.idempotency import OnceRoute
from service.web.paging import After, Limit, Page, cursor_id, page
from service.web.problems import documented
from service.web.transaction import Now, Tx

router = APIRouter(prefix="/api/v1", tags=["drills"], route_class=OnceRoute)

Reading = Annotated[Caller, Depends(allow(Action.DRILL_READ))]
Writing = Annotated[Caller, Depends(allow(Action.DRILL_WRITE))]
Answering = Annotated[Caller, Depends(allow(Action.MUSTER_ANSWER))]


@router.get("/drills/scenarios", responses=documented(*READ))
async def read_scenarios(who: Reading) -> ScenariosOut:
    """By what an exercise can be made."""
    return ScenariosOut(
        items=[
            ScenarioOut(code=code, name=each.name_zh, name_en=each.name_en, tasks_per_hour=each.per_hour)
            for code, each in SCENARIOS.items()
        ]
    )


@router.post("/drills/musters", status_code=201, responses=documented(*WRITE))
async def post_muster(request: Request, body: MusterIn, tx: Tx, at: AtLocal, who: Writing) -> DrillOut:
    """Call the members of an area: those at home there, and those of units with an office there."""
    area = await area_to_drill(tx, who, body.area)
    new = NewDrill(DrillKind.MUSTER, body.title, area, body.minutes)
    drill = await start_muster(tx, new, at, by=who.account_id, off_duty=body.off_duty)
    note(request, drill=str(drill.id), area=area.code)
    return DrillOut.of(drill)


@router.post("/drills/exercises", status_code=201, responses=documented(*WRITE))
async def post_exercise(request: Request, body: ExerciseIn, tx: Tx, now: Now, who: Writing) -> DrillOut:
    """Have tasks posted over a time, as drills on the live engine: they never touch a real offer."""
    area = await area_to_drill(tx, who, body.area)
    if body.scenario is None:
        incidents = [each.incident() for each in body.tasks]
    else:
        places = await places_in(tx, area.code)
        incidents = incidents_of(SCENARIOS[body.scenario], places, body.minutes, body.seed)
    new = NewDrill(DrillKind.EXERCISE, body.title, area, body.minutes)
    drill = await start_exercise(tx, new, incidents, by=who.account_id, now=now)
    note(request, drill=str(drill.id), area=area.code)
    return DrillOut.of(drill)


@router.get("/drills", responses=documented(*READ))
async def list_drills(tx: Tx, who: Reading, limit: Limit = 50, after: After = None) -> Page[DrillOut]:
    """The drills in the caller's areas, the newest first."""
    found = await drills(tx, who, cursor_id(after), limit)
    return page([DrillOut.of(each) for each in found], limit, lambda each: each.id)


@router.get("/drills/{drill_id}", responses=documented(*READ, 404))
async def read_drill(drill_id: UUID, tx: Tx, now: Now, who: Reading) -> DrillReportOut:
    """A drill and what has come of it so far: counts by unit and community, or the response to its tasks."""
    drill = await drill_for(tx, who, Action.DRILL_READ, drill_id)
    if drill.kind == DrillKind.MUSTER:
        calls = await calls_of(tx, drill.id)
        names = {
            code: each.name for code, each in (await names_of(tx, {c.community_code for c in calls})).items()
        }
        units = await unit_names(tx, {call.unit_code for call in calls})
        return DrillReportOut.of_muster(
            drill, calls, names | {code: name for code, (name, _) in units.items()}
        )
    tasks = await tasks_of(tx, drill.id)
    posted = [each.task_id for each in tasks if each.task_id is not None]
    wanted = Wanted(since=drill.started_at, until=drill.until, drill=True, tasks=posted)
    figures, *_ = await response(tx, who, wanted, None, "UTC", now)
    return DrillReportOut.of_exercise(drill, tasks, FiguresOut(**FiguresOut.fields_of(figures)))


@router.get("/drills/{drill_id}/calls", responses=documented(*READ, 404))
async def read_roll(
    drill_id: UUID,
    tx: Tx,
    who: Annotated[Caller, Depends(allow(Action.ROSTER_READ))],
    answer: MusterAnswer | None = None,
    silent: Annotated[bool, Query(description="Those who have not answered")] = False,
    limit: Limit = 50,
    after: After = None,
) -> Page[CalledOut]:
    """Who was called and what they answered, of those whose roster the caller may read."""
    drill = await drill_for(tx, who, Action.DRILL_READ, drill_id)
    found = await roll(tx, who, drill.id, cursor_id(after), limit, answer=answer, silent=silent)
    return page([CalledOut.of(each) for each in found], limit, lambda each: each.member_id)


@router.post("/drills/{drill_id}/end", responses=documented(*WRITE, 404))
async def end_drill(drill_id: UUID, tx: Tx, now: Now, who: Writing) -> DrillOut:
    """End a drill now; its tasks that still go on are cancelled. Repeats are harmless."""
    drill: Drill = await drill_for(tx, who, Action.DRILL_WRITE, drill_id)
    return DrillOut.of(await end(tx, drill.id, by=who.account_id, now=now))


@router.get("/me/musters", responses=documented(*READ, 404))
async def read_own_calls(tx: Tx, now: Now, who: Answering) -> OwnCallsOut:
    """The musters that call one now."""
    found = await own_calls(tx, own_member(who), now)
    return OwnCallsOut(items=[OwnCallOut.of(drill, call) for drill, call in found])


@router.post("/musters/{drill_id}/answer", responses=documented(*WRITE, 404))
async def answer(drill_id: UUID, body: AnswerIn, tx: Tx, now: Now, who: Answering) -> OwnCallOut:
    """Answer a muster; repeating it is harmless."""
    call = await answer_muster(tx, drill_id, own_member(who), body.answer, now)
    return OwnCallOut.of(await tx.get_one(Drill, drill_id), call)
