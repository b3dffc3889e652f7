"""Steering a running task."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from service.access.guards import WRITE, allow
from service.access.rules import Action, Caller
from service.dispatch.commands import steer
from service.dispatch.commands.choose import Checked, check_choice, choose
from service.dispatch.commands.engage import move
from service.dispatch.commands.ledger import whole_minutes
from service.dispatch.guards import OnGround, task_for
from service.dispatch.models import Engagement
from service.dispatch.routes.tasks import shown_one
from service.dispatch.rules import EngagementState
from service.dispatch.schemas.requests import ChoiceIn, EndIn, OffersIn, SeatsChange, TaskChange
from service.dispatch.schemas.tasks import CheckOut, EngagementOut, FindingOut, TaskOut
from service.errors import NotFound
from service.geo.crs import Crs
from service.web.asked import InCrs
from service.web.idempotency import OnceRoute
from service.web.problems import documented
from service.web.transaction import Now, Tx

router = APIRouter(prefix="/api/v1", tags=["tasks"], route_class=OnceRoute)

Steering = Annotated[Caller, Depends(allow(Action.TASK_STEER))]
Dispatching = Annotated[Caller, Depends(allow(Action.TASK_DISPATCH))]
RESPONSES = documented(*WRITE, 404)


@router.patch("/tasks/{task_id}", responses=RESPONSES)
async def change(
    task_id: UUID, body: TaskChange, tx: Tx, now: Now, who: Steering, crs: InCrs = Crs.CGCS2000
) -> TaskOut:
    """Change a running task's title, instructions or needed_by."""
    await task_for(tx, who, Action.TASK_STEER, task_id)
    task = await steer.change_text(tx, task_id, body.model_dump(exclude_unset=True), now=now)
    return await shown_one(tx, task, crs, now)


@router.post("/tasks/{task_id}/seats", responses=RESPONSES)
async def change_seats(
    task_id: UUID,
    body: SeatsChange,
    tx: Tx,
    now: Now,
    ground: OnGround,
    who: Steering,
    crs: InCrs = Crs.CGCS2000,
) -> TaskOut:
    """Add seats, which are sought for at once, and drop open ones."""
    await task_for(tx, who, Action.TASK_STEER, task_id)
    add = [seats.group() for seats in body.add]
    task = await steer.change_seats(
        tx, ground, task_id, add, body.drop, areas=who.areas, by=who.account_id, now=now
    )
    return await shown_one(tx, task, crs, now)


@router.post("/tasks/{task_id}/widen", responses=RESPONSES)
async def widen(
    task_id: UUID, tx: Tx, now: Now, ground: OnGround, who: Steering, crs: InCrs = Crs.CGCS2000
) -> TaskOut:
    """Take the next step of reach now, without waiting for the wave's time to be up."""
    await task_for(tx, who, Action.TASK_STEER, task_id)
    task = await steer.widen(tx, ground, task_id, by=who.account_id, now=now)
    return await shown_one(tx, task, crs, now)


@router.post("/tasks/{task_id}/cancel", responses=RESPONSES)
async def cancel(
    task_id: UUID,
    tx: Tx,
    now: Now,
    who: Steering,
    body: EndIn | None = None,
    crs: InCrs = Crs.CGCS2000,
) -> TaskOut:
    """Call the task off, and tell everybody who was asked or is engaged."""
    await task_for(tx, who, Action.TASK_STEER, task_id)
    task = await steer.cancel(tx, task_id, body.reason if body else None, now=now)
    return await shown_one(tx, task, crs, now)


@router.post("/tasks/{task_id}/close", responses=RESPONSES)
async def close(task_id: UUID, tx: Tx, now: Now, who: Steering, crs: InCrs = Crs.CGCS2000) -> TaskOut:
    """The work is done: release everybody engaged, stand down everybody asked."""
    await task_for(tx, who, Action.TASK_STEER, task_id)
    return await shown_one(tx, await steer.close(tx, task_id, now=now), crs, now)


@router.post("/tasks/{task_id}/offers", status_code=201, responses=RESPONSES)
async def offer_by_hand(
    task_id: UUID,
    body: OffersIn,
    tx: Tx,
    now: Now,
    ground: OnGround,
    who: Dispatching,
    crs: InCrs = Crs.CGCS2000,
) -> TaskOut:
    """Ask these members now. Hard rules hold; soft ones may be set aside with a reason in `overrule`."""
    task = await task_for(tx, who, Action.TASK_DISPATCH, task_id)
    await choose(
        tx,
        ground,
        task_id,
        body.member_ids,
        body.overrule,
        who.holds_area,
        by=who.account_id,
        now=now,
    )
    return await shown_one(tx, task, crs, now)


@router.post("/tasks/{task_id}/check", responses=RESPONSES)
async def check_by_hand(
    task_id: UUID, body: ChoiceIn, tx: Tx, now: Now, ground: OnGround, who: Dispatching
) -> CheckOut:
    """What asking these members would break, hard and soft; nobody is asked."""
    task = await task_for(tx, who, Action.TASK_DISPATCH, task_id)
    return as_check(await check_choice(tx, ground, task, body.member_ids, who.holds_area, now))


def as_check(checked: Checked) -> CheckOut:
    """The findings as they are answered."""
    return CheckOut(
        findings=[
            FindingOut(
                member_id=finding.member_id,
                hard=[*finding.hard],
                soft=[*finding.soft],
                seat_ids=[*finding.seat_ids],
                travel_minutes=whole_minutes(checked.problem.minutes[finding.member_id]),
            )
            for finding in checked.findings
        ]
    )


@router.post("/engagements/{engagement_id}/no-show", responses=RESPONSES)
async def no_show(
    engagement_id: UUID,
    tx: Tx,
    now: Now,
    ground: OnGround,
    who: Annotated[Caller, Depends(allow(Action.ENGAGEMENT_NO_SHOW))],
    body: EndIn | None = None,
) -> EngagementOut:
    """Somebody who accepted is not coming: their seat opens, and the next best is asked at once."""
    engagement = await tx.get(Engagement, engagement_id)
    if engagement is None:
        raise NotFound("engagement")
    await task_for(tx, who, Action.ENGAGEMENT_NO_SHOW, engagement.task_id)
    reason = body.reason if body else None
    engagement = await move(tx, ground, engagement_id, EngagementState.NO_SHOW, now, reason=reason)
    return EngagementOut.of(engagement, now)
