"""One edit at a time: what is written, what is refused, and what is taken back."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from service.errors import Conflict, Invalid
from service.grids.commands.edit import edit_grids, undo_edit
from service.grids.commands.grids import NewGrid
from service.grids.rules import Layer
from tests.conftest import NOON
from tests.grids.edits.town import (
    CITY,
    TOWN,
    assert_same,
    box,
    closed,
    community,
    derived,
    found_town,
    governance,
    in_degrees,
    party,
    rebuilt,
)

EAST, WEST, NORTH = community(1), community(2), community(3)
LATER = NOON + timedelta(hours=1)


@pytest.fixture
async def town(session):
    """Two communities and a party grid over both."""
    await found_town(session, {EAST: box(0, 0, 1500, 2000), WEST: box(1500, 0, 3000, 2000)})
    await edit_grids(session, [party("P1", box(500, 500, 2500, 1500))], [], NOON)
    return session


async def versions(session, code):
    """From, to, leaf and unit of each version of a grid, the oldest first."""
    rows = await session.execute(
        text(
            "SELECT valid_from, valid_to, leaf, unit_code FROM grid_version v JOIN grid g ON g.id = v.grid_id"
            " WHERE g.code = :code ORDER BY valid_from"
        ),
        {"code": code},
    )
    return [tuple(row) for row in rows]


async def events(session):
    """How many changes of the map were told."""
    return await session.scalar(text("SELECT count(*) FROM outbox WHERE kind = 'map.changed'"))


async def test_an_equal_grid_is_left_and_nothing_is_written(town):
    told = await events(town)
    edited = await edit_grids(
        town,
        [party("P1", box(500, 500, 2500, 1500)), governance(EAST, box(0, 0, 1500, 2000))],
        closed("P9"),
        LATER,
    )
    assert (edited.edition, edited.written, edited.leaves) == (None, (), frozenset())
    assert len(await versions(town, "P1")) == len(await versions(town, EAST)) == 1
    assert await events(town) == told


async def test_a_change_ends_one_version_and_begins_another(town):
    edited = await edit_grids(town, [party("P1", box(500, 500, 2500, 1500), "U2")], [], LATER)
    (old, new) = await versions(town, "P1")
    assert (old[1], new[0], new[1], old[3], new[3]) == (LATER, LATER, None, "U1", "U2")
    assert [(each.layer, each.code) for each in edited.written] == [(Layer.PARTY, "P1")]
    assert edited.written[0].before != edited.written[0].after
    assert edited.leaves == frozenset()
    number = await town.scalar(text("SELECT number FROM edition"))
    assert edited.edition == number
    assert await town.scalar(text("SELECT max((data->>'edition')::int) FROM outbox")) == number


async def test_edits_at_one_instant_follow_each_other_and_each_can_be_taken_back(town):
    first = await edit_grids(town, [party("P1", box(0, 0, 500, 500))], [], LATER)
    second = await edit_grids(town, [party("P1", box(0, 0, 900, 900))], [], LATER)
    early = await edit_grids(town, [party("P1", box(0, 0, 700, 700))], [], NOON - timedelta(days=1))
    spans = await versions(town, "P1")
    assert [span[1] for span in spans[:-1]] == [span[0] for span in spans[1:]]
    assert all(to > since for since, to, *_ in spans[:-1])
    assert spans[1][0] == LATER
    with pytest.raises(Conflict) as refused:
        await undo_edit(town, first.written, LATER)
    assert (refused.value.slug, refused.value.params["codes"]) == ("changed-since", "P1")
    for edited in (early, second, first):
        await undo_edit(town, edited.written, LATER)
    found = await derived(town)
    assert {leaf for leaf, _ in found.overlay} >= {EAST, WEST}
    assert_same(found, await rebuilt(town))


async def test_a_grid_is_a_leaf_while_it_has_no_children(town):
    edited = await edit_grids(town, [governance(f"{EAST}A", box(0, 0, 1500, 2000))], [], LATER)
    assert [each.code for each in edited.written] == [f"{EAST}A"]
    assert [(span[0], span[2]) for span in await versions(town, EAST)] == [(NOON, True), (LATER, False)]
    assert EAST not in (await derived(town)).gap
    ids = {
        code: await town.scalar(text("SELECT id FROM grid WHERE code = :code"), {"code": code})
        for code in (EAST, f"{EAST}A")
    }
    assert edited.leaves == set(ids.values())
    again = LATER + timedelta(hours=1)
    await edit_grids(town, [], closed(f"{EAST}A"), again)
    assert [(span[0], span[2]) for span in await versions(town, EAST)][2:] == [(again, True)]
    assert EAST in (await derived(town)).gap
    assert_same(await derived(town), await rebuilt(town))


async def test_a_grid_that_comes_back_is_the_same_grid(town):
    grid = "SELECT id FROM grid WHERE code = 'P1'"
    before = await town.scalar(text(grid))
    await edit_grids(town, [], closed("P1"), LATER)
    assert not (await derived(town)).overlay
    edited = await edit_grids(town, [party("P1", box(0, 0, 500, 500), "U3")], [], LATER + timedelta(hours=1))
    assert edited.written[0].before is None
    assert (await town.scalars(text(grid))).all() == [before]
    assert len(await versions(town, "P1")) == 2


async def test_parents_and_children_come_in_one_edit_whatever_their_order(session):
    whole = box(0, 0, 3000, 3000)
    await edit_grids(session, [governance(code, whole) for code in (EAST, TOWN, CITY, TOWN[:6])], [], NOON)
    rows = await session.execute(
        text(
            "SELECT g.code, p.code, v.leaf FROM grid g LEFT JOIN grid p ON p.id = g.parent_id"
            " JOIN grid_version v ON v.grid_id = g.id ORDER BY 1"
        )
    )
    assert [tuple(row) for row in rows] == [
        (CITY, None, False),
        (TOWN[:6], CITY, False),
        (TOWN, TOWN[:6], False),
        (EAST, TOWN, True),
    ]


SQUARE = box(0, 0, 500, 500)


@pytest.mark.parametrize(
    ("put", "close", "slug", "named"),
    [
        ([governance(f"{TOWN[:6]}009001", SQUARE)], [], "unknown-parent", f"{TOWN[:6]}009"),
        ([], [TOWN], "children-left", f"{EAST}, {WEST}"),
        ([governance(NORTH, SQUARE)], [TOWN, EAST, WEST], "unknown-parent", TOWN),
        ([party("P2", SQUARE, "U9")], [], "unknown-unit", "U9"),
        ([party("P2", SQUARE, "U1"), party("P2", SQUARE, "U2")], [], "given-twice", "P2"),
        ([party("P1", SQUARE)], ["P1"], "given-twice", "P1"),
        ([governance("44080", SQUARE)], [], "grid-code", "44080"),
        ([NewGrid(Layer.GOVERNANCE, NORTH, "北", in_degrees(SQUARE), level="town")], [], "grid-code", NORTH),
        (
            [NewGrid(Layer.GOVERNANCE, NORTH, "北", in_degrees(SQUARE), parent_code=CITY)],
            [],
            "grid-code",
            NORTH,
        ),
        ([NewGrid(Layer.PARTY, "P2", "无", in_degrees(SQUARE))], [], "grid-unit", "P2"),
        (
            [NewGrid(Layer.GOVERNANCE, NORTH, "北", in_degrees(SQUARE), unit_code="U1")],
            [],
            "grid-unit",
            NORTH,
        ),
    ],
)
async def test_what_cannot_be_is_refused_by_name_and_nothing_is_written(town, put, close, slug, named):
    before = await town.scalar(text("SELECT count(*) FROM grid_version"))
    with pytest.raises(Invalid) as refused:
        await edit_grids(town, put, closed(*close), LATER)
    assert refused.value.slug == slug
    assert named in refused.value.params.values()
    assert await town.scalar(text("SELECT count(*) FROM grid_version")) == before


async def test_undoing_puts_back_what_was_and_can_be_undone_itself(town):
    before = await derived(town)
    edited = await edit_grids(
        town,
        [
            governance(EAST, box(0, 0, 1000, 2000), "新名"),
            governance(NORTH, box(1000, 0, 1500, 2000)),
            party("P2", box(0, 0, 800, 800), "U2"),
        ],
        closed("P1"),
        LATER,
    )
    after = await derived(town)
    undone = await undo_edit(town, edited.written, LATER + timedelta(hours=1))
    assert_same(await derived(town), before)
    await undo_edit(town, undone.written, LATER + timedelta(hours=2))
    assert_same(await derived(town), after)
    assert len(await versions(town, EAST)) == 4


async def test_undoing_a_whole_map_leaves_none(session):
    edited = await found_town(session, {EAST: box(0, 0, 1500, 2000)})
    await session.execute(text("DELETE FROM unit"))
    await undo_edit(session, edited.written, LATER)
    assert await session.scalar(text("SELECT count(*) FROM grid_version WHERE valid_to IS NULL")) == 0
    assert await derived(session) == ({}, {}, {}, [])


async def test_what_came_to_hang_on_an_edit_keeps_it_from_being_undone(town):
    added = await edit_grids(town, [governance(NORTH, box(0, 2000, 500, 2500))], [], LATER)
    await edit_grids(town, [governance(f"{NORTH}A", box(0, 2000, 500, 2500))], [], LATER)
    with pytest.raises(Conflict) as refused:
        await undo_edit(town, added.written, LATER)
    assert refused.value.params["codes"] == f"{NORTH}A"
    gone = await edit_grids(town, [], closed(f"{NORTH}A"), LATER)
    await edit_grids(town, [], closed(NORTH), LATER)
    with pytest.raises(Conflict) as refused:
        await undo_edit(town, gone.written, LATER)
    assert refused.value.params["codes"] == NORTH


async def test_a_renamed_leaf_may_still_lose_the_children_that_an_edit_gave_it(town):
    added = await edit_grids(town, [governance(f"{EAST}A", box(0, 0, 1500, 2000))], [], LATER)
    await edit_grids(town, [governance(EAST, box(0, 0, 1500, 2000), "改了名")], [], LATER)
    await undo_edit(town, added.written, LATER)
    assert (await versions(town, EAST))[-1][2] is True
