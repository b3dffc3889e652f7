"""Whose positions are shown is found by their grids: the cost follows the neighbourhood, and not the city."""

from sqlalchemy import text
from sqlalchemy.dialects import postgresql

from service.privacy.queries.positions import LEAVES, people_of_area, positions_of
from service.roster.rules import LocalTime
from tests.plans.test_plans import explain, seq_scans

TOWN = "440802001"


async def test_the_positions_of_a_town_are_found_by_its_grids(session, settings, clock):
    leaves = (await session.scalars(text(LEAVES), {"area": TOWN})).all()
    assert len(leaves) > 3
    at = LocalTime.of(clock.at, settings.zone)
    statement = positions_of(people_of_area(leaves, TOWN), [TOWN], at, None, 50)
    compiled = statement.compile(
        dialect=postgresql.asyncpg.dialect(), compile_kwargs={"render_postcompile": True}
    )
    values = tuple(compiled.params[name] for name in compiled.positiontup or ())
    connection = await session.connection()
    lines = await connection.exec_driver_sql(f"EXPLAIN (COSTS OFF) {compiled}", values)
    plan = "\n".join(lines.scalars())
    assert "ix_presence_grid_id" in plan
    large = await session.scalars(
        text("SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples >= 1000")
    )
    assert not seq_scans(plan) & set(large), plan


async def test_the_leaves_of_an_area_are_read_along_its_parents(session):
    plan = await explain(session, LEAVES, {"area": TOWN})
    assert not seq_scans(plan) & {"grid", "grid_version"}, plan
