"""Links: put as a file has them, closed, and taken along when the ground under their ends changes."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from service.errors import Invalid
from service.grids.commands.edit import edit_grids
from service.grids.commands.links import NewLink, put_links, switch_link
from service.grids.queries.links import links
from tests.conftest import NOON
from tests.grids.edits.town import box, closed, community, found_town, governance, place

EAST, WEST, NEW = community(1), community(2), community(3)
LATER = NOON + timedelta(hours=1)
BRIDGE = NewLink("L1", "大桥", "Bridge", "bridge", place(1400, 1000), place(3100, 1000), 1700.0, 3.0, 0.0)


@pytest.fixture
async def bay(session):
    """Two shores, and 1.5 km of water between them."""
    await found_town(session, {EAST: box(0, 0, 1500, 2000), WEST: box(3000, 0, 4500, 2000)})
    return session


async def ends(session, code="L1"):
    """The grids that a link connects."""
    (link,) = await links(session, code)
    return link.grid_a, link.grid_b


async def edition(session):
    """The map's number."""
    return await session.scalar(text("SELECT number FROM edition"))


async def test_links_are_added_changed_left_and_closed(bay):
    number = await put_links(bay, [BRIDGE], [], LATER)
    assert number == await edition(bay)
    assert await ends(bay) == (EAST, WEST)
    assert await put_links(bay, [BRIDGE], ["L9"], LATER) is None
    assert await edition(bay) == number
    await put_links(bay, [replace(BRIDGE, minutes=4.0)], [], LATER)
    (link,) = await links(bay)
    assert (link.minutes, link.name) == (4.0, "大桥")
    await put_links(bay, [replace(BRIDGE, code="L2")], ["L1"], LATER)
    assert [link.code for link in await links(bay)] == ["L2"]
    assert await edition(bay) == number + 2


async def test_a_link_that_a_storm_shut_stays_shut_when_a_file_changes_it(bay):
    await put_links(bay, [BRIDGE], [], LATER)
    await switch_link(bay, "L1", open=False, now=LATER)
    assert await put_links(bay, [BRIDGE], [], LATER) is None
    await put_links(bay, [replace(BRIDGE, name="老桥")], [], LATER)
    (link,) = await links(bay)
    assert (link.open, link.name) == (False, "老桥")


async def test_an_end_in_the_water_belongs_to_the_nearest_grid_and_one_far_off_to_none(bay):
    await put_links(bay, [replace(BRIDGE, end_a=place(1700, 500))], [], LATER)
    assert await ends(bay) == (EAST, WEST)
    with pytest.raises(Invalid) as refused:
        await put_links(bay, [replace(BRIDGE, end_b=place(11_000, 1000))], [], LATER)
    assert refused.value.slug == "link-end"
    assert (refused.value.params["code"], refused.value.params["grid"], refused.value.params["km"]) == (
        "L1",
        WEST,
        "6.5",
    )


async def test_an_edit_takes_the_ends_of_links_along(bay):
    await put_links(bay, [BRIDGE], [], LATER)
    await edit_grids(
        bay, [governance(EAST, box(0, 0, 1000, 2000)), governance(NEW, box(1000, 0, 1500, 2000))], [], LATER
    )
    assert await ends(bay) == (NEW, WEST)
    await edit_grids(bay, [governance(f"{WEST}A", box(3000, 0, 4500, 2000))], [], LATER)
    assert await ends(bay) == (NEW, f"{WEST}A")
    await edit_grids(bay, [governance(EAST, box(0, 0, 1500, 2000))], closed(NEW, f"{WEST}A"), LATER)
    assert await ends(bay) == (EAST, WEST)


async def test_new_land_takes_an_end_in_the_water_that_it_is_nearer_to(bay):
    await put_links(bay, [replace(BRIDGE, end_a=place(1900, 1000))], [], LATER)
    assert await ends(bay) == (EAST, WEST)
    await edit_grids(bay, [governance(NEW, box(1950, 900, 2100, 1100))], [], LATER)
    assert await ends(bay) == (NEW, WEST)


async def test_an_edit_that_would_leave_a_link_without_ground_is_refused(bay):
    await edit_grids(bay, [governance(NEW, box(12_000, 0, 13_000, 1000))], [], LATER)
    await put_links(bay, [replace(BRIDGE, code="L7", end_b=place(12_500, 500))], [], LATER)
    with pytest.raises(Invalid) as refused:
        await edit_grids(bay, [], closed(NEW), LATER)
    assert (refused.value.slug, refused.value.params["code"]) == ("link-end", "L7")


async def test_one_link_given_twice_is_refused(bay):
    with pytest.raises(Invalid) as refused:
        await put_links(bay, [BRIDGE], ["L1"], LATER)
    assert refused.value.slug == "given-twice"
