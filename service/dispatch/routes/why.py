"""A member asks why a task near them did not call them. Their own part of the ledger, and nobody else's."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from service.access.guards import READ, allow
from service.access.rules import Action, Caller
from service.dispatch.guards import InZone
from service.dispatch.queries.ledger import names_for, offers_to, tasks_near, waves_that_name
from service.dispatch.routes.members import member_of
from service.dispatch.schemas.why import NearbyOut, WhyOut
from service.dispatch.schemas.words import Voice
from service.errors import NotFound
from service.tasks.models import Task
from service.web.asked import InLanguage
from service.web.fields import Moment
from service.web.idempotency import OnceRoute
from service.web.paging import After, Limit, Page, cursor_id, page
from service.web.problems import documented
from service.web.transaction import Now, Tx

router = APIRouter(prefix="/api/v1", tags=["offers"], route_class=OnceRoute)

Asking = Annotated[Caller, Depends(allow(Action.WHY_READ))]

LOOK_BACK = timedelta(days=14)
"""How long ago a wave may be to be listed."""


@router.get("/me/nearby", responses=documented(*READ, 404))
async def read_nearby(
    tx: Tx,
    now: Now,
    language: InLanguage,
    zone: InZone,
    who: Asking,
    since: Moment | None = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[NearbyOut]:
    """The tasks of the last 14 days that the member was among the nearest to and not asked for, newest first."""
    member_id = member_of(who, "task")
    earliest = max(filter(None, (since, now - LOOK_BACK)))
    tasks = await tasks_near(tx, member_id, earliest, limit, cursor_id(after))
    first = page(tasks, limit, key=lambda task: task.id)
    named = await waves_that_name(tx, member_id, [task.id for task in first.items], earliest)
    voice = Voice(language, zone, await names_for(tx, first.items, language))
    return Page(
        items=[
            NearbyOut.of(task, [each for each in named if each.task_id == task.id], voice)
            for task in first.items
        ],
        next=first.next,
    )


@router.get("/tasks/{task_id}/why", responses=documented(*READ, 404))
async def read_why(
    task_id: UUID, tx: Tx, now: Now, language: InLanguage, zone: InZone, who: Asking
) -> WhyOut:
    """Whether the task asked the member, and why not. A task that never considered them is not there."""
    member_id = member_of(who, "task")
    task = await tx.get(Task, task_id)
    if task is None:
        raise NotFound("task")
    offers = await offers_to(tx, member_id, task_id)
    named = await waves_that_name(tx, member_id, [task_id])
    if not (offers or named):
        raise NotFound("task", hidden=True)
    voice = Voice(language, zone, await names_for(tx, [task], language))
    return WhyOut.of(offers, named, voice, now)
