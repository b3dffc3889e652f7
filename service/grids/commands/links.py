"""Writes of the links."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import new_id, point_wkt
from service.errors import NotFound
from service.events.record import record
from service.grids.commands.editions import next_edition
from service.grids.models import Link


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link to be stored; the ends lie in the leaf grids named by code."""

    code: str
    name: str
    name_en: str
    kind: str
    code_a: str
    code_b: str
    end_a: tuple[float, float]
    end_b: tuple[float, float]
    length_m: float
    minutes: float
    wait_minutes: float
    invented: bool = False


async def add_links(session: AsyncSession, links: Sequence[NewLink], ids: Mapping[str, UUID]) -> None:
    """Store links between leaf grids whose ids are given by code."""
    await session.execute(
        insert(Link),
        [
            {
                "id": new_id(),
                "code": link.code,
                "name": link.name,
                "name_en": link.name_en,
                "kind": link.kind,
                "grid_a_id": ids[link.code_a],
                "grid_b_id": ids[link.code_b],
                "end_a": point_wkt(*link.end_a),
                "end_b": point_wkt(*link.end_b),
                "length_m": link.length_m,
                "minutes": link.minutes,
                "wait_minutes": link.wait_minutes,
                "open": True,
                "invented": link.invented,
            }
            for link in links
        ],
    )


async def switch_link(session: AsyncSession, code: str, *, open: bool, now: datetime) -> None:
    """Open or close a link; running tasks travel by the new map from their next wave. A repeat changes nothing.

    Raises NotFound.
    """
    link = await session.scalar(select(Link).where(Link.code == code))
    if link is None:
        raise NotFound("link")
    if link.open == open:
        return
    number = await next_edition(session, now)
    await session.refresh(link)
    link.open = open
    await session.flush()
    await record(session, "map.changed", now, data={"edition": number, "link": code, "open": open})
