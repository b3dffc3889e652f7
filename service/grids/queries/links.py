"""The bridges, causeways and ferries."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from service.grids.models import Grid, Link


@dataclass(frozen=True, slots=True)
class LinkAt:
    """A link with the codes of the grids that it connects."""

    code: str
    name: str
    name_en: str
    kind: str
    grid_a: str
    grid_b: str
    length_m: float
    minutes: float
    wait_minutes: float
    open: bool
    invented: bool


async def links(session: AsyncSession, code: str | None = None) -> list[LinkAt]:
    """All links by code, or the one named."""
    a, b = aliased(Grid), aliased(Grid)
    found = (
        select(
            Link.code,
            Link.name,
            Link.name_en,
            Link.kind,
            a.code,
            b.code,
            Link.length_m,
            Link.minutes,
            Link.wait_minutes,
            Link.open,
            Link.invented,
        )
        .join(a, a.id == Link.grid_a_id)
        .join(b, b.id == Link.grid_b_id)
        .order_by(Link.code)
    )
    if code is not None:
        found = found.where(Link.code == code)
    return [LinkAt(*row) for row in await session.execute(found)]
