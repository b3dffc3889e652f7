"""Reading a city once: any that is loaded."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from service.dispatch.engine.problem import Place, Source
from service.dispatch.queries.candidates import DUTY_PLACE_UNCERTAINTY_M
from service.geo.shapes import polygonal_from_wkb
from service.grids.graph import Link
from service.grids.models import Grid, GridVersion
from service.grids.models import Link as LinkRow
from service.grids.queries.map import load_graph
from service.roster.calendar import Plans
from service.roster.models import Member, MemberLimits, MemberSkill, Skill, Unit
from service.roster.queries.duty import plans_of
from service.roster.queries.limits import city_limits
from service.roster.rules import HeldSkill, Limits, Quiet, Tier
from service.settings import Settings
from service.simulate.city import City, Crossing, Person, Playbook
from service.tasks.queries.playbooks import newest_playbooks


async def load_city(session: AsyncSession, settings: Settings, since: date, until: date) -> City:
    """Read a city, with what is said of its members' days from `since` to `until`."""
    graph = await load_graph(session)
    if not graph.leaves:
        name = ""
    else:
        named = select(GridVersion.name).join(Grid, Grid.id == GridVersion.grid_id)
        named = named.where(Grid.code == graph.leaves[0].code[:4], GridVersion.valid_to.is_(None))
        name = (await session.scalars(named)).first() or graph.leaves[0].code[:4]
    crossings = await _crossings(session)
    party = await session.execute(
        select(GridVersion.unit_code, func.ST_AsBinary(GridVersion.geom))
        .where(GridVersion.unit_code.is_not(None), GridVersion.valid_to.is_(None))
        .order_by(GridVersion.unit_code, GridVersion.name)
    )
    return City(
        name=name,
        graph=graph.with_links(each.link for each in crossings),
        crossings=crossings,
        people=await _people(session, settings, since, until),
        skills=frozenset(await session.scalars(select(Skill.code))),
        playbooks={
            each.category: Playbook(each.version, each.name_zh, each.name_en, each.sections, each.levels)
            for each in await newest_playbooks(session)
        },
        party=tuple((unit or "", polygonal_from_wkb(shape)) for unit, shape in party),
        units_of_leaf=await _units_of_leaf(session),
        zone=settings.zone,
        collecting=timedelta(seconds=settings.collect_seconds),
    )


async def _crossings(session: AsyncSession) -> tuple[Crossing, ...]:
    """The links, open: what closes is the scenario's."""
    ends = [
        func.ST_X(LinkRow.end_a).label("a_lon"),
        func.ST_Y(LinkRow.end_a).label("a_lat"),
        func.ST_X(LinkRow.end_b).label("b_lon"),
        func.ST_Y(LinkRow.end_b).label("b_lat"),
    ]
    rows = await session.execute(select(LinkRow, *ends).order_by(LinkRow.code))
    return tuple(
        Crossing(
            Link(
                id=row.id,
                code=row.code,
                a=row.grid_a_id,
                b=row.grid_b_id,
                a_lon=a_lon,
                a_lat=a_lat,
                b_lon=b_lon,
                b_lat=b_lat,
                minutes=row.minutes,
                wait_minutes=row.wait_minutes,
                open=True,
            ),
            row.kind,
            row.name,
            row.name_en,
        )
        for row, a_lon, a_lat, b_lon, b_lat in rows
    )


async def _units_of_leaf(session: AsyncSession) -> dict[str, frozenset[str]]:
    rows = await session.execute(
        text(
            "SELECT g.code, array_agg(DISTINCT v.unit_code ORDER BY v.unit_code) FROM overlay o"
            " JOIN grid g ON g.id = o.governance_grid_id"
            " JOIN grid_version v ON v.grid_id = o.party_grid_id AND v.valid_to IS NULL GROUP BY g.code"
        )
    )
    return {code: frozenset(units) for code, units in rows}


async def _people(session: AsyncSession, settings: Settings, since: date, until: date) -> tuple[Person, ...]:
    at_home = aliased(Grid)
    rows = (
        await session.execute(
            select(
                Member.id,
                Member.number,
                Member.tier,
                Member.active,
                Member.opted_out,
                Member.home_grid_id,
                func.ST_X(Member.home).label("home_lon"),
                func.ST_Y(Member.home).label("home_lat"),
                at_home.code.label("home_code"),
                Unit.code.label("unit_code"),
                Unit.office_grid_id,
                func.ST_X(Unit.office).label("office_lon"),
                func.ST_Y(Unit.office).label("office_lat"),
                MemberLimits.weekly_hours,
                MemberLimits.quiet_from,
                MemberLimits.quiet_to,
                MemberLimits.unwanted,
            )
            .join(Unit, Unit.id == Member.unit_id)
            .join(at_home, at_home.id == Member.home_grid_id)
            .outerjoin(MemberLimits, MemberLimits.member_id == Member.id)
            .where(Member.erased_at.is_(None))
            .order_by(Member.number)
        )
    ).all()
    plans = await plans_of(session, [row.id for row in rows], since, until)
    skills = await _skills(session)
    default = city_limits(settings)
    people = []
    for row in rows:
        quiet = None if row.quiet_from is None else Quiet(row.quiet_from, row.quiet_to)
        own = plans[row.id]
        people.append(
            Person(
                number=row.number,
                unit_code=row.unit_code,
                home_code=row.home_code,
                tier=Tier(row.tier),
                active=row.active,
                opted_out=frozenset(row.opted_out),
                unwanted=frozenset(row.unwanted or ()),
                skills=tuple(sorted(skills.get(row.id, ()))),
                plans=Plans(tuple(own.slots), tuple(own.exceptions)),
                limits=Limits(row.weekly_hours, quiet).in_force(default),
                home=_place(row.home_lon, row.home_lat, row.home_grid_id, Source.HOME),
                office=_place(row.office_lon, row.office_lat, row.office_grid_id, Source.OFFICE),
            )
        )
    return tuple(people)


async def _skills(session: AsyncSession) -> Mapping[UUID, Sequence[HeldSkill]]:
    found: dict[UUID, list[HeldSkill]] = defaultdict(list)
    rows = select(MemberSkill.member_id, MemberSkill.skill_code, MemberSkill.expires_on)
    for member_id, code, expires_on in await session.execute(rows):
        found[member_id].append(HeldSkill(code, expires_on))
    return found


def _place(lon: float, lat: float, grid_id: UUID, source: Source) -> Place:
    return Place(lon, lat, grid_id, source, DUTY_PLACE_UNCERTAINTY_M[source])
