"""Pages of the published views on a large, analysed city: a page costs a page, and a box is found by its index."""

import pytest
import shapely
from sqlalchemy import true
from sqlalchemy.dialects import postgresql

from service.ogc.collection import ID_SEPARATOR, Kind
from service.ogc.collections import COLLECTIONS
from service.ogc.queries.features import Selection, page_statement, within
from service.ogc.queries.views import is_feature, view_of
from service.ogc.systems import CRS84, SYSTEMS
from tests.plans.test_plans import seq_scans

BOX = shapely.box(110.36, 21.27, 110.37, 21.28)
BEHIND = {Kind.TEXT: "X5", Kind.UUID: "80000000-0000-0000-0000-000000000000"}
LARGE = ("party_grids", "grid_versions")


async def plan_of(session, collection, *conditions, after=None):
    """The plan of the page itself, of 1,000 features."""
    selection = Selection(COLLECTIONS[collection], (true(), *conditions), SYSTEMS[CRS84])
    compiled = page_statement(selection, 1000, after).compile(dialect=postgresql.asyncpg.dialect())
    values = tuple(compiled.params[name] for name in compiled.positiontup or ())
    connection = await session.connection()
    # Where values are given, PostgreSQL plans for them, as with plan_cache_mode = force_custom_plan.
    lines = await connection.exec_driver_sql(f"EXPLAIN (COSTS OFF) {compiled}", values)
    plan = "\n".join(lines.scalars())
    # What stands above counts all that match, where the page is full.
    return plan[plan.index("Limit") :]


@pytest.mark.parametrize("collection", LARGE)
async def test_the_first_page_and_any_other_are_read_along_the_key(session, collection):
    kind = COLLECTIONS[collection].paged_kind
    for after in (None, (BEHIND[kind],)):
        plan = await plan_of(session, collection, after=after)
        assert not seq_scans(plan) & {"grid_version"}, plan
        assert "uq_grid_layer_code" in plan or "pk_grid_version" in plan, plan
        assert "Sort" not in plan, plan


@pytest.mark.parametrize("collection", LARGE)
async def test_a_box_is_found_by_its_index(session, collection):
    plan = await plan_of(session, collection, within(COLLECTIONS[collection], BOX))
    assert "ix_grid_version_geom" in plan, plan
    assert not seq_scans(plan) & {"grid", "grid_version"}, plan


@pytest.mark.parametrize("collection", COLLECTIONS)
async def test_one_feature_is_found_by_its_key(session, collection):
    known = COLLECTIONS[collection]
    given = ID_SEPARATOR.join("440802001001" for _ in known.identity)
    if known.identity == ("id",):
        given = BEHIND[Kind.UUID]
    plan = await plan_of(session, collection, is_feature(known, view_of(known), given))
    assert not seq_scans(plan) & {"grid", "grid_version"}, plan


async def test_a_box_of_coverage_is_found_by_its_index(session):
    plan = await plan_of(session, "coverage", within(COLLECTIONS["coverage"], BOX))
    assert "geom" in plan
    assert not seq_scans(plan) & {"grid_version"}, plan
    assert "published_residents" in plan
