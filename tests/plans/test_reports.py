"""The reports' statements on a large, analysed city: the cost follows the area, and a name is found by an index."""

import re

import pytest
from sqlalchemy import ARRAY, Uuid, bindparam, text

from service.reports.queries.areas import BELOW, PLACES, UNITS
from service.reports.queries.search import SEARCH, search_binds
from tests.plans.test_plans import explain, seq_scans

TOWN = "440802001"


@pytest.mark.parametrize("q", ["赤坎", "中华街道", "440802"])
async def test_a_part_of_a_name_is_found_by_its_letters(session, q):
    plan = await explain(session, SEARCH, search_binds(q, 20))
    assert "ix_grid_version_letters" in plan
    assert "uq_grid_layer_code" in plan
    assert not seq_scans(plan) & {"grid", "grid_version"}


async def test_an_area_is_read_along_its_parents(session):
    plan = await explain(session, BELOW, {"area": TOWN})
    assert "ix_grid_parent_id" in plan
    assert "uq_grid_version_current" in plan
    assert not seq_scans(plan) & {"grid", "grid_version"}


@pytest.mark.parametrize("sql", [UNITS, PLACES])
async def test_grids_are_looked_up_by_key(session, sql):
    ids = list(await session.scalars(text("SELECT id FROM grid WHERE code LIKE '440802001%'")))
    statement = text(f"EXPLAIN (COSTS OFF) {sql}").bindparams(bindparam("grids", ids, ARRAY(Uuid)))
    plan = "\n".join(await session.scalars(statement))
    assert re.search(r"Index (Only )?Scan (using|on) \w*grid_version\w*", plan)
    assert not seq_scans(plan) & {"grid_version", "overlay"}
