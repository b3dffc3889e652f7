"""Whatever is edited, in whatever order: what is derived is what a rebuild derives, and the ground adds up."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
import shapely.affinity
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.grids.commands.edit import Written, edit_grids, undo_edit
from tests.conftest import NOON
from tests.grids.edits.town import (
    UNITS,
    assert_adds_up,
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

LATTICE_M = 250
SIZES = st.integers(1, 6).map(lambda steps: steps * LATTICE_M)
CORNERS = st.integers(0, 18).map(lambda steps: steps * LATTICE_M)
AMISS = st.sampled_from([0.0, 0.0, 0.0, 0.004, 0.6, 4.0, 15.0, 40.0])
"""Metres by which a border is drawn beside its neighbour's."""


@st.composite
def blocks(draw) -> Any:
    """A block of the lattice, perhaps a little off it: what shares borders with others."""
    x, y = draw(CORNERS) + draw(AMISS), draw(CORNERS) - draw(AMISS)
    return box(x, y, x + draw(SIZES), y + draw(SIZES))


@st.composite
def stars(draw) -> Any:
    """A polygon around a middle, as drawn by hand."""
    radii = draw(st.lists(st.floats(150, 900), min_size=5, max_size=12))
    angles = np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
    x, y = draw(st.floats(500, 5000)), draw(st.floats(500, 5000))
    return shapely.Polygon(np.column_stack([x + radii * np.cos(angles), y + radii * np.sin(angles)]))


@st.composite
def strips(draw) -> Any:
    """Hardly wider than a line."""
    x, y = draw(CORNERS), draw(CORNERS)
    strip = box(x, y, x + draw(st.floats(300, 1500)), y + draw(st.floats(0.3, 8)))
    return shapely.affinity.rotate(strip, draw(st.sampled_from([0, 0, 17, 90])), origin=(x, y))


@st.composite
def rings(draw) -> Any:
    """A block with a hole."""
    block = draw(blocks())
    return block.difference(shapely.affinity.scale(block, 0.4, 0.5))


@st.composite
def islands(draw) -> Any:
    """Two parts."""
    return shapely.union_all([draw(blocks()), draw(stars())])


SOLID = st.one_of(blocks(), blocks(), stars(), rings(), islands())
LEAVES = st.integers(1, 5).map(community)
PARTIES = st.sampled_from(["P1", "P2", "P3", "P4"])

STEPS = st.one_of(
    st.tuples(st.just("put_party"), PARTIES, st.one_of(SOLID, strips()), st.sampled_from(UNITS)),
    st.tuples(st.just("put_party"), PARTIES, SOLID, st.sampled_from(UNITS)),
    st.tuples(st.just("close_party"), PARTIES),
    st.tuples(st.just("put_leaf"), LEAVES, SOLID),
    st.tuples(st.just("put_both"), LEAVES, SOLID, PARTIES, SOLID),
    st.tuples(st.just("close_leaf"), LEAVES),
    st.tuples(st.just("split"), LEAVES, LEAVES, st.floats(0.1, 0.9), st.booleans()),
    st.tuples(st.just("merge"), LEAVES, LEAVES),
    st.tuples(st.just("divide"), LEAVES),
    st.tuples(st.just("join"), LEAVES),
    st.tuples(st.just("undo")),
)

EAST, WEST = community(1), community(2)
# 12 m between them are a drawing error, which one crosses.
AT_FIRST = {EAST: box(0, 0, 1500, 2000), WEST: box(1512, 0, 3000, 2000)}


@dataclass
class Officer:
    """Knows what was drawn, and turns a step into an edit."""

    session: Any
    shapes: dict[str, Any] = field(default_factory=lambda: dict(AT_FIRST))
    divided: set[str] = field(default_factory=set)
    last: tuple[tuple[Written, ...], dict[str, Any], set[str]] | None = None

    async def edit(self, put: dict[str, Any], close: tuple[str, ...] = (), unit: str = "U1") -> None:
        before = dict(self.shapes), set(self.divided)
        grids = [
            party(code, shape, unit) if code.startswith("P") else governance(code, shape)
            for code, shape in put.items()
        ]
        edited = await edit_grids(self.session, grids, closed(*close), NOON)
        self.shapes |= put
        for code in close:
            self.shapes.pop(code, None)
        self.last = (edited.written, *before)

    async def put_party(self, code: str, shape: Any, unit: str) -> None:
        await self.edit({code: shape}, unit=unit)

    async def close_party(self, code: str) -> None:
        await self.edit({}, (code,))

    async def put_leaf(self, code: str, shape: Any) -> None:
        await self.edit({code: shape})

    async def put_both(self, leaf: str, ground: Any, code: str, shape: Any) -> None:
        await self.edit({leaf: ground, code: shape})

    async def close_leaf(self, code: str) -> None:
        children = (f"{code}A", f"{code}B") if code in self.divided else ()
        await self.edit({}, (code, *children))
        self.divided.discard(code)

    async def split(self, code: str, new: str, share: float, upright: bool) -> None:
        """Cut a leaf in two; the other part becomes a new one."""
        if code not in self.shapes or new in self.shapes:
            return
        west, south, east, north = self.shapes[code].bounds
        half = (
            box(west, south, west + share * (east - west), north)
            if upright
            else box(west, south, east, south + share * (north - south))
        )
        await self.edit(
            {
                code: solid(self.shapes[code].intersection(half)),
                new: solid(self.shapes[code].difference(half)),
            }
        )

    async def merge(self, code: str, gone: str) -> None:
        if code == gone or not {code, gone} <= self.shapes.keys() or gone in self.divided:
            return
        await self.edit({code: shapely.union(self.shapes[code], self.shapes[gone])}, (gone,))

    async def divide(self, code: str) -> None:
        """Give a leaf children: it is one no longer."""
        if code not in self.shapes or code in self.divided:
            return
        west, south, east, north = self.shapes[code].bounds
        half = box(west, south, (west + east) / 2, north)
        await self.edit(
            {
                f"{code}A": solid(self.shapes[code].intersection(half)),
                f"{code}B": solid(self.shapes[code].difference(half)),
            }
        )
        self.divided.add(code)

    async def join(self, code: str) -> None:
        """Take a leaf's children away again."""
        if code in self.divided:
            await self.edit({}, (f"{code}A", f"{code}B"))
            self.divided.discard(code)

    async def undo(self) -> None:
        if self.last is not None:
            written, self.shapes, self.divided = self.last
            await undo_edit(self.session, written, NOON)
            self.last = None


def solid(shape: Any) -> Any:
    """The polygons of what was cut."""
    return shapely.union_all([part for part in shapely.get_parts(shape) if part.area > 0])


@settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEPS, min_size=1, max_size=8))
async def test_any_sequence_of_edits_leaves_what_a_rebuild_would(sessions, steps) -> None:
    async with sessions() as session:
        await found_town(session, AT_FIRST)
        officer = Officer(session)
        for name, *arguments in [("put_party", "P1", box(500, 500, 2500, 1500), "U1"), *steps]:
            await getattr(officer, name)(*arguments)
            found = await derived(session)
            await assert_adds_up(session, found)
            assert_same(found, await rebuilt(session))
        await session.rollback()


async def test_the_steps_of_the_property_do_occur(sessions) -> None:
    """The test above would hold of an officer who does nothing: this one does all of it."""
    async with sessions() as session:
        await found_town(session, AT_FIRST)
        officer = Officer(session)
        await officer.put_party("P1", box(500, 500, 2500, 1500), "U1")
        await officer.put_party("P2", box(2000, 500, 3500, 1500), "U2")
        found = await derived(session)
        assert {(EAST, "P1"), (WEST, "P1"), (WEST, "P2")} < found.overlay.keys()
        assert set(found.gap) == {EAST, WEST}
        assert set(found.party_overlap) == {("P1", "P2")}
        assert [row[:2] for row in found.crossing] == [(EAST, WEST)]
        await officer.split(EAST, community(3), 0.5, True)
        await officer.divide(WEST)
        found = await derived(session)
        assert {row[:2] for row in found.crossing} == {
            (EAST, community(3)),
            (f"{WEST}A", community(3)),
            (f"{WEST}A", f"{WEST}B"),
        }
        assert set(found.gap) == {EAST, community(3), f"{WEST}A", f"{WEST}B"}
        await officer.undo()
        assert WEST in (await derived(session)).gap
        await session.rollback()
