"""Officers who edit the two layers at the same time, on connections of their own: no pair is missed."""

import asyncio

import numpy as np
import pytest
from sqlalchemy import text

from service.grids.commands.edit import edit_grids
from tests.conftest import NOON
from tests.grids.edits.town import (
    assert_same,
    box,
    closed,
    community,
    derived,
    found_town,
    governance,
    party,
    rebuilt,
)

EAST, WEST = community(1), community(2)
GROUND = governance(WEST, box(1000, 0, 3000, 2000))
DUTY = party("P1", box(500, 500, 2500, 1500))
MANY = 24

WAITING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND state = 'active'
"""


@pytest.fixture
async def town(fresh_sessions):
    """One community, committed; west of it there is nothing yet."""
    async with fresh_sessions.begin() as session:
        await found_town(session, {EAST: box(0, 0, 1000, 2000)})
    return fresh_sessions


async def until_somebody_waits(sessions):
    """Return when a transaction waits for another's lock."""
    async with sessions() as session:
        while not await session.scalar(text(WAITING)):
            await session.commit()
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(("first", "second"), [(GROUND, DUTY), (DUTY, GROUND)], ids=["ground", "duty"])
async def test_whoever_comes_second_waits_and_derives_the_pair(town, first, second):
    async def edit(grid):
        async with town.begin() as session:
            return await edit_grids(session, [grid], [], NOON)

    async with town() as session:
        begun = await edit_grids(session, [first], [], NOON)
        waiting = asyncio.create_task(edit(second))
        await asyncio.wait_for(until_somebody_waits(town), 30)
        assert not waiting.done()
        await session.commit()
    edited = await waiting
    assert edited.edition == begun.edition + 1
    async with town() as session:
        found = await derived(session)
        assert (WEST, "P1") in found.overlay
        assert_same(found, await rebuilt(session))


async def test_whoever_comes_second_sees_nothing_of_what_was_rolled_back(town):
    async def edit():
        async with town.begin() as session:
            return await edit_grids(session, [DUTY], [], NOON)

    async with town() as session:
        await edit_grids(session, [GROUND], [], NOON)
        waiting = asyncio.create_task(edit())
        await asyncio.wait_for(until_somebody_waits(town), 30)
        await session.rollback()
    await waiting
    async with town() as session:
        found = await derived(session)
        assert set(found.overlay) >= {(EAST, "P1")}
        assert not any(leaf == WEST for leaf, _ in found.overlay)
        assert_same(found, await rebuilt(session))


async def test_a_crowd_of_officers_leaves_what_a_rebuild_would(town):
    random = np.random.default_rng(4)

    async def officer(number: int) -> None:
        x, y = random.uniform(0, 3000, 2)
        shape = box(x, y, x + random.uniform(300, 2000), y + random.uniform(300, 2000))
        if number % 5 == 4:
            put, close = [], closed("P0" if number % 2 else community(2))
        elif number % 2:
            put, close = [party(f"P{number % 3}", shape)], []
        else:
            put, close = [governance(community(1 + number % 4), shape)], []
        async with town.begin() as session:
            await edit_grids(session, put, close, NOON)

    await asyncio.gather(*map(officer, range(MANY)))
    async with town() as session:
        found = await derived(session)
        assert len(found.overlay) > 5
        assert_same(found, await rebuilt(session))
        overlapping = await session.scalar(
            text(
                "SELECT count(*) FROM grid_version a JOIN grid_version b ON a.grid_id = b.grid_id AND a.id < b.id"
                " AND tstzrange(a.valid_from, a.valid_to) && tstzrange(b.valid_from, b.valid_to)"
            )
        )
        assert overlapping == 0
