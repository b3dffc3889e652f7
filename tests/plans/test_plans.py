"""The hot paths' statements on a large, analysed city: indexes do the finding, and their number is bounded."""

import re

import pytest
from sqlalchemy import ARRAY, Uuid, bindparam, event, text

from service.db.base import new_id
from service.dispatch.queries.candidates import binds, candidates_sql, in_grids_sql
from service.dispatch.queries.ground import ground_of
from service.grids.commands.crossings import NEIGHBOURHOOD
from service.grids.commands.ground import (
    ADD_GAPS_OF,
    ADD_OVERLAY_OF_GOVERNANCE,
    ADD_OVERLAY_OF_PARTY,
    ADD_PARTY_OVERLAPS_OF_A,
    ADD_PARTY_OVERLAPS_OF_B,
)
from service.grids.queries.at import CURRENT, chain_sql, leaf_at_sql, nearest_leaf_sql, party_grids_sql
from service.grids.store import GraphStore
from service.roster.commands.places import AROUND, PLACES, affected_sql
from service.roster.rules import LocalTime
from tests.conftest import serving

CHIKAN = {"lon": 110.36, "lat": 21.27}
IN_THE_BAY = {"lon": 110.4225, "lat": 21.2200}
MOST_STATEMENTS = 60
A_LEAF = "WHERE v.leaf AND v.valid_to IS NULL ORDER BY grid_id LIMIT 1"


async def explain(session, sql, parameters):
    """The plan of a statement, as the planner makes it by itself."""
    lines = await session.scalars(text(f"EXPLAIN (COSTS OFF) {sql}"), parameters)
    return "\n".join(lines)


def seq_scans(plan):
    """The tables that a plan reads from end to end."""
    return set(re.findall(r"Seq Scan on (\w+)", plan))


@pytest.mark.parametrize("at_office", [True, False])
async def test_candidates_and_their_past_are_looked_up_by_key(session, settings, clock, at_office):
    ground = await ground_of(session, GraphStore(), settings)
    here = ground.graph.locate(CHIKAN["lon"], CHIKAN["lat"])
    grids = ground.graph.leaves_between(here.x, here.y, 0, 1500)
    assert len(grids) > 3
    statement = text(f"EXPLAIN (COSTS OFF) {candidates_sql(in_grids_sql(at_office), at_office)}").bindparams(
        bindparam("grids", grids, ARRAY(Uuid))
    )
    lines = await session.scalars(statement, binds(ground, new_id(), LocalTime.of(clock.at, ground.zone)))
    plan = "\n".join(lines)
    assert "ix_presence_grid_id" in plan
    assert ("ix_member_unit_id" if at_office else "ix_member_home_grid_id") in plan
    assert "ix_offer_member_id_created_at" in plan
    assert "ix_engagement_member_id_accepted_at" in plan
    assert "pk_member_limits" in plan
    assert "pk_duty_exception" in plan
    # Nothing of the whole city's size is read from end to end; the units are 133.
    small = await session.scalars(
        text("SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples < 1000")
    )
    assert seq_scans(plan) <= set(small)


async def test_the_grids_at_a_point_are_found_by_the_spatial_index(session):
    leaf = await explain(session, leaf_at_sql(CURRENT), CHIKAN)
    assert "ix_grid_version_leaf_geom" in leaf or "ix_grid_version_geom" in leaf
    party = await explain(session, party_grids_sql(CURRENT), CHIKAN)
    assert "ix_grid_version_geom" in party
    nearest = await explain(session, nearest_leaf_sql(CURRENT), IN_THE_BAY)
    assert "ix_grid_version_leaf_geom" in nearest
    assert "Order By: (geom <->" in nearest
    chain = await explain(session, chain_sql(CURRENT), {"codes": ["4408", "440802"]})
    for plan in (leaf, party, nearest, chain):
        assert not seq_scans(plan) & {"grid", "grid_version"}


async def test_posting_costs_a_bounded_number_of_statements(settings, sessions, clock, login, connection):
    statements = []
    event.listen(
        connection.sync_connection,
        "before_cursor_execute",
        lambda *arguments: statements.append(arguments[2]),
    )
    headers = await login("dispatcher", areas=["4408"])
    async with serving(settings, sessions, clock) as client:

        async def post(skills, count):
            statements.clear()
            answer = await client.post(
                "/api/v1/tasks",
                json={
                    "category": "emergency_response",
                    "title": "演练",
                    "urgency": "critical",
                    "location": CHIKAN | {"crs": "CGCS2000"},
                    "seats": [{"skills": skills, "count": count}],
                },
                headers=headers,
            )
            assert answer.status_code == 201, answer.text
            return answer.json(), len(statements)

        first, cost = await post([], 3)
        assert len(first["waves"][0]["offers"]) > 3
        assert cost <= MOST_STATEMENTS


async def test_an_edit_finds_its_neighbours_by_the_spatial_index(session):
    leaf = (await session.scalars(text(f"SELECT grid_id FROM grid_version v {A_LEAF}"))).one()
    duty = (await session.scalars(text("SELECT id FROM grid WHERE code = 'X100000'"))).one()
    of_leaf, of_duty = {"touched": [leaf], "least": 1.0}, {"touched": [duty], "least": 1.0}
    plans = [
        await explain(session, sql, parameters)
        for sql, parameters in (
            (ADD_OVERLAY_OF_GOVERNANCE, of_leaf),
            (ADD_OVERLAY_OF_PARTY, of_duty | {"done": [leaf]}),
            (ADD_PARTY_OVERLAPS_OF_A, of_duty),
            (ADD_PARTY_OVERLAPS_OF_B, of_duty),
            (NEIGHBOURHOOD, {"touched": [leaf]}),
            (AROUND, {"touched": [leaf]}),
        )
    ]
    for plan in plans:
        assert "ix_grid_version_geom" in plan or "ix_grid_version_leaf_geom" in plan
    plans.append(await explain(session, ADD_GAPS_OF, of_leaf))
    plans += [await explain(session, affected_sql(of), {"touched": [leaf], "near": [leaf]}) for of in PLACES]
    for plan in plans:
        assert not seq_scans(plan) & {"grid", "grid_version", "member", "presence", "overlay"}
