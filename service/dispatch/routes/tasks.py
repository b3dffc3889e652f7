"""Posting and reading tasks."""

from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.guards import READ, WRITE, allow
from service.access.rules import Action, Caller
from service.dispatch.commands.foresee import foresee
from service.dispatch.commands.post import post_task
from service.dispatch.engine.problem import Mode
from service.dispatch.guards import InZone, OnGround, task_for
from service.dispatch.queries.board import stories, waves_of
from service.dispatch.queries.ledger import names_for, seat_numbers
from service.dispatch.schemas.foresight import ForesightOut
from service.dispatch.schemas.ledger import LedgerOut
from service.dispatch.schemas.requests import TaskIn
from service.dispatch.schemas.tasks import TaskOut
from service.dispatch.schemas.words import Voice
from service.errors import Refused
from service.geo.crs import Crs
from service.tasks.models import Task
from service.tasks.queries.similar import similar_tasks
from service.tasks.queries.tasks import list_tasks
from service.tasks.rules import TaskState
from service.texts import Language
from service.web.asked import InCrs, InLanguage
from service.web.fields import CODE_PATTERN, Moment
from service.web.idempotency import OnceRoute
from service.web.paging import After, Limit, Page, cursor_id, page
from service.web.problems import documented
from service.web.transaction import Now, Tx


class InTurn(OnceRoute):
    """A route whose requests plan a few at a time in each process, and wait before they take a connection.

    In a burst of emergencies at one place all plan with the same nearest people: side by side they lock them
    away from each other and plan again and again (50 posts in 14 s), one after the other they do not (in 5 s).
    A post waits for nobody's locks, so a turn is short.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, in its turn."""
        handle = super().get_route_handler()

        async def handle_in_turn(request: Request) -> Response:
            async with request.app.state.posting_turns:
                return await handle(request)

        return handle_in_turn


posting = APIRouter(prefix="/api/v1/tasks", tags=["tasks"], route_class=InTurn)
router = APIRouter(prefix="/api/v1/tasks", tags=["tasks"], route_class=OnceRoute)

MOST_IDS = 100
CodeFilter = Annotated[str | None, Query(pattern=CODE_PATTERN)]


class LedgerList(BaseModel):
    """All waves of a task, in order."""

    items: list[LedgerOut]


async def shown(session: AsyncSession, tasks: Sequence[Task], crs: Crs, now: datetime) -> list[TaskOut]:
    """Tasks as they are answered; five statements however many there are."""
    return [TaskOut.of(story, crs, now) for story in await stories(session, tasks)]


async def shown_one(session: AsyncSession, task: Task, crs: Crs, now: datetime) -> TaskOut:
    """One task as it is answered."""
    return (await shown(session, [task], crs, now))[0]


@posting.post("", status_code=201, responses=documented(*WRITE))
async def post(
    body: TaskIn,
    tx: Tx,
    now: Now,
    ground: OnGround,
    who: Annotated[Caller, Depends(allow(Action.TASK_POST))],
    crs: InCrs = Crs.CGCS2000,
) -> TaskOut:
    """Post a task. In an emergency its first wave is planned and its offers are made before the answer.

    A dispatcher of communities alone asks their residents, for 5 seats at most, unless the task is critical.
    """
    story = await post_task(
        tx,
        ground,
        body.new_task(),
        by=who.account_id,
        may_post_at=posting_door(who),
        areas=who.areas,
        now=now,
    )
    return TaskOut.of(story, crs, now)


def posting_door(who: Caller) -> Callable[[str], None]:
    """What raises Refused for the code of a grid in which the caller posts nothing."""

    def may_post_at(code: str) -> None:
        if not who.may_see_area(Action.TASK_POST, code):
            raise Refused("outside-your-area", code=code)

    return may_post_at


@posting.post("/preview", responses=documented(*WRITE))
async def preview(
    body: TaskIn,
    tx: Tx,
    now: Now,
    ground: OnGround,
    language: InLanguage,
    zone: InZone,
    who: Annotated[Caller, Depends(allow(Action.TASK_POST))],
) -> ForesightOut:
    """What posting this would do, and which tasks may be the same thing. Nothing is posted and nobody is asked."""

    async def show(task: Task) -> ForesightOut:
        story = await shown_one(tx, task, Crs.CGCS2000, now)
        # Before it is taken back; without itself.
        near = await similar_tasks(
            tx, who.areas, task.category, task.lon, task.lat, now, drill=task.drill, but=task.id
        )
        return ForesightOut.of(story, await ledger(tx, task, language, zone), near)

    return await foresee(
        tx,
        ground,
        body.new_task(),
        show,
        by=who.account_id,
        may_post_at=posting_door(who),
        areas=who.areas,
        now=now,
    )


@router.get("", responses=documented(*READ))
async def read_list(
    tx: Tx,
    now: Now,
    who: Annotated[Caller, Depends(allow(Action.TASK_READ))],
    state: TaskState | None = None,
    area: Annotated[CodeFilter, Query(description="A division code: tasks in it and below")] = None,
    mode: Mode | None = None,
    category: CodeFilter = None,
    since: Moment | None = None,
    ids: Annotated[
        list[UUID] | None,
        Query(
            alias="id", max_length=MOST_IDS, description="Only these; what is not the caller's is left out"
        ),
    ] = None,
    limit: Limit = 50,
    after: After = None,
    crs: InCrs = Crs.CGCS2000,
) -> Page[TaskOut]:
    """The tasks in the caller's areas, newest first."""
    areas = who.areas if area is None else narrowed(who.areas, area)
    tasks = await list_tasks(
        tx, areas, limit, cursor_id(after), state=state, mode=mode, category=category, since=since, ids=ids
    )
    first = page(tasks, limit, key=lambda task: task.id)
    return Page(items=await shown(tx, first.items, crs, now), next=first.next)


def narrowed(areas: Sequence[str], area: str) -> list[str]:
    """The part of an area that lies within the caller's areas; empty when none does."""
    if any(area.startswith(own) for own in areas):
        return [area]
    return [own for own in areas if own.startswith(area)]


@router.get("/{task_id}", responses=documented(*READ, 404))
async def read(
    task_id: UUID,
    tx: Tx,
    now: Now,
    who: Annotated[Caller, Depends(allow(Action.TASK_READ))],
    crs: InCrs = Crs.CGCS2000,
) -> TaskOut:
    """One task."""
    return await shown_one(tx, await task_for(tx, who, Action.TASK_READ, task_id), crs, now)


@router.get("/{task_id}/waves", responses=documented(*READ, 404))
async def read_waves(
    task_id: UUID,
    tx: Tx,
    language: InLanguage,
    zone: InZone,
    who: Annotated[Caller, Depends(allow(Action.WAVE_READ))],
) -> LedgerList:
    """The ledger: for each wave who was asked, who was not, and why, also in words."""
    task = await task_for(tx, who, Action.WAVE_READ, task_id)
    return LedgerList(items=await ledger(tx, task, language, zone))


async def ledger(session: AsyncSession, task: Task, language: Language, zone: ZoneInfo) -> list[LedgerOut]:
    """A task's waves in words."""
    voice = Voice(language, zone, await names_for(session, [task], language))
    numbers = await seat_numbers(session, task.id)
    return [LedgerOut.of(wave, numbers, voice) for wave in await waves_of(session, [task.id])]
