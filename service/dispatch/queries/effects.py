"""Reading what an activation changes beside the tasks: whom it holds, and the standby members on duty, by area."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from service.dispatch.models import Engagement, Offer
from service.dispatch.queries.ground import Ground
from service.dispatch.rules import LIVE, OfferState, in_office_hours
from service.roster.queries.duty import on_duty_binds, on_duty_sql
from service.roster.rules import LocalTime


async def held_by(session: AsyncSession, task_ids: Collection[UUID]) -> set[UUID]:
    """The members who are being asked for those tasks or engaged in them."""
    offers = select(Offer.member_id).where(Offer.task_id.in_(task_ids), Offer.state == OfferState.PENDING)
    engagements = select(Engagement.member_id).where(
        Engagement.task_id.in_(task_ids), Engagement.state.in_(LIVE)
    )
    return set(await session.scalars(offers.union(engagements)))


async def standby_on_duty(session: AsyncSession, ground: Ground, area: str, now: datetime) -> dict[str, int]:
    """How many standby members are on duty with their duty place (双报到) in an area, by the code of its grid."""
    place = "u.office_grid_id" if in_office_hours(now, ground.zone) else "m.home_grid_id"
    rows = await session.execute(
        text(f"""
            SELECT g.code, count(*) AS people
            FROM member m
            JOIN unit u ON u.id = m.unit_id
            JOIN grid g ON g.id = {place}
            LEFT JOIN duty_switch sw ON sw.member_id = m.id
            WHERE m.tier = 'standby' AND m.active AND starts_with(g.code, :area) AND ({on_duty_sql()})
            GROUP BY g.code ORDER BY g.code
        """),
        on_duty_binds(LocalTime.of(now, ground.zone)) | {"area": area},
    )
    return {row.code: row.people for row in rows}
