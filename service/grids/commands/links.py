"""Writes of the links. A link has no versions: whoever may want it back keeps what it was."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import among, new_id, point_wkt
from service.errors import Invalid, NotFound
from service.events.record import record
from service.grids.commands.editions import lock_edition, next_edition
from service.grids.models import Link
from service.grids.queries.leaves import LeafAt, nearest_leaves
from service.grids.rules import SNAP_LIMIT_M

LonLat = tuple[float, float]

SNAP_LIMIT_DEGREES = 0.09
"""More than `SNAP_LIMIT_M` in either direction, up to 60° north."""


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link to be stored; its ends in CGCS2000 degrees."""

    code: str
    name: str
    name_en: str
    kind: str
    end_a: LonLat
    end_b: LonLat
    length_m: float
    minutes: float
    wait_minutes: float
    invented: bool = False


async def add_links(
    session: AsyncSession, links: Sequence[NewLink], grids: Sequence[tuple[UUID, UUID]]
) -> None:
    """Store open links that connect these leaf grids, as part of a map that is loaded as a whole."""
    if links:
        await session.execute(
            insert(Link),
            [
                {"id": new_id(), "open": True, **columns(link, *those)}
                for link, those in zip(links, grids, strict=True)
            ],
        )


async def put_links(
    session: AsyncSession, put: Sequence[NewLink], close: Collection[str], now: datetime
) -> int | None:
    """Make the map hold these links as they are given, and not those that are closed, by code; gives the new edition,
    None where nothing differed.

    Each end lies in the leaf grid that holds it or is nearest. A link that is there stays open or shut as it is: a
    storm shuts a link, and no file. Raises Invalid("given-twice"), ("no-map"), and ("link-end") for an end in no grid.
    """
    codes = Counter(link.code for link in put) + Counter(set(close))
    if twice := sorted(code for code, times in codes.items() if times > 1):
        raise Invalid("given-twice", codes=", ".join(twice))
    turn = await lock_edition(session, now)
    known = await links_by_code(session, list(codes))
    put = [link for link in put if known.get(link.code) != link]
    closing = [code for code in close if code in known]
    if not put and not closing:
        return None
    if closing:
        await session.execute(
            delete(Link).where(among(Link.code, closing)), execution_options={"synchronize_session": False}
        )
    leaves = await leaves_of_ends(
        session, [(link.code, end) for link in put for end in (link.end_a, link.end_b)]
    )
    grids = list(
        zip((leaf.grid_id for leaf in leaves[::2]), (leaf.grid_id for leaf in leaves[1::2]), strict=True)
    )
    placed = list(zip(put, grids, strict=True))
    for link, those in placed:
        if link.code in known:
            await session.execute(
                update(Link).where(Link.code == link.code).values(columns(link, *those)),
                execution_options={"synchronize_session": False},
            )
    added = [(link, those) for link, those in placed if link.code not in known]
    await add_links(session, [link for link, _ in added], [those for _, those in added])
    number = await next_edition(session, turn.at)
    await record(session, "map.changed", turn.at, data={"edition": number})
    return number


def columns(link: NewLink, grid_a_id: UUID, grid_b_id: UUID) -> dict[str, Any]:
    """The columns of a link that say what it is."""
    return {
        "code": link.code,
        "name": link.name,
        "name_en": link.name_en,
        "kind": link.kind,
        "grid_a_id": grid_a_id,
        "grid_b_id": grid_b_id,
        "end_a": point_wkt(*link.end_a),
        "end_b": point_wkt(*link.end_b),
        "length_m": link.length_m,
        "minutes": link.minutes,
        "wait_minutes": link.wait_minutes,
        "invented": link.invented,
    }


LINKS = """
    SELECT code, name, name_en, kind, ST_X(end_a) AS a_lon, ST_Y(end_a) AS a_lat, ST_X(end_b) AS b_lon,
           ST_Y(end_b) AS b_lat, length_m, minutes, wait_minutes, invented
    FROM link WHERE code = ANY(:codes)
"""


async def links_by_code(session: AsyncSession, codes: Sequence[str]) -> dict[str, NewLink]:
    """The links of these codes as they are."""
    rows = (await session.execute(text(LINKS), {"codes": codes})).all()
    return {
        row.code: NewLink(
            row.code,
            row.name,
            row.name_en,
            row.kind,
            (row.a_lon, row.a_lat),
            (row.b_lon, row.b_lat),
            row.length_m,
            row.minutes,
            row.wait_minutes,
            row.invented,
        )
        for row in rows
    }


async def leaves_of_ends(session: AsyncSession, ends: Sequence[tuple[str, LonLat]]) -> list[LeafAt]:
    """The leaf that holds each end (the code of its link, the point) or is nearest.

    Raises Invalid("no-map"), and Invalid("link-end") for one that is in no grid.
    """
    leaves = await nearest_leaves(session, [end for _, end in ends])
    if ends and not leaves:
        raise Invalid("no-map")
    for (code, (lon, lat)), leaf in zip(ends, leaves, strict=True):
        if leaf.metres > SNAP_LIMIT_M:
            raise Invalid(
                "link-end",
                code=code,
                lon=f"{lon:.5f}",
                lat=f"{lat:.5f}",
                name=leaf.name,
                grid=leaf.code,
                km=f"{leaf.metres / 1000:.1f}",
                limit_km=f"{SNAP_LIMIT_M / 1000:.0f}",
            )
    return leaves


# The ends whose leaf may be another one after some changed: theirs, and those so near that one of these may be nearest.
ENDS_NEAR = f"""
    WITH touched AS MATERIALIZED (
        SELECT geom FROM grid_version WHERE grid_id = ANY(:touched) AND leaf AND valid_to IS NULL
    )
    SELECT e.id, e.code, e.side, e.grid_id, ST_X(e.geom) AS lon, ST_Y(e.geom) AS lat
    FROM (
        SELECT id, code, 'a' AS side, grid_a_id AS grid_id, end_a AS geom FROM link
        UNION ALL SELECT id, code, 'b', grid_b_id, end_b FROM link
    ) e
    WHERE e.grid_id = ANY(:touched)
       OR EXISTS (SELECT 1 FROM touched t WHERE ST_DWithin(t.geom, e.geom, {SNAP_LIMIT_DEGREES}))
    ORDER BY e.code, e.side
"""


async def settle_links(session: AsyncSession, touched: Collection[UUID]) -> None:
    """Find the leaves of links' ends again, after leaves changed, came or went. Raises Invalid("link-end")."""
    if not touched:
        return
    ends = (await session.execute(text(ENDS_NEAR), {"touched": list(touched)})).all()
    leaves = await leaves_of_ends(session, [(end.code, (end.lon, end.lat)) for end in ends])
    for end, leaf in zip(ends, leaves, strict=True):
        if leaf.grid_id != end.grid_id:
            column = {"a": Link.grid_a_id, "b": Link.grid_b_id}[end.side]
            await session.execute(
                update(Link).where(Link.id == end.id).values({column: leaf.grid_id}),
                execution_options={"synchronize_session": False},
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
