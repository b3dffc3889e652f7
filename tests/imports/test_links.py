"""Links from a file: what is added, changed, closed, and that a closed link stays closed."""

import shapely
from sqlalchemy import text

from tests.imports.conftest import EAST, WEST, geojson, link, reasons

WEST_EAST = shapely.LineString([(110.41, 21.21), (110.43, 21.21)])
FURTHER = shapely.LineString([(110.41, 21.215), (110.45, 21.215)])


async def links(client, headers):
    """The links by code, as they are read over REST."""
    return {
        each["code"]: each for each in (await client.get("/api/v1/links", headers=headers)).json()["items"]
    }


async def test_a_link_lies_between_the_grids_of_its_ends(city, gis, send, client):
    answer = await send("links", geojson(link("L1", WEST_EAST, wait_minutes=5)), gis)
    assert answer.status_code == 201, answer.text
    found = (await links(client, gis))["L1"]
    assert (found["grid_a"], found["grid_b"]) == (WEST, EAST)
    assert (found["minutes"], found["wait_minutes"], found["open"]) == (10.0, 5.0, True)
    assert 2000 < found["length_m"] < 2200


async def test_only_what_differs_is_changed(city, gis, send, client):
    await send("links", geojson(link("L1", WEST_EAST), link("L2", FURTHER)), gis)
    report = (
        await send("links", geojson(link("L1", WEST_EAST, minutes=12), link("L2", FURTHER)), gis)
    ).json()
    assert report["unchanged"] == 1
    assert [(each["code"], each["fields"]) for each in report["changed"]["items"]] == [("L1", ["minutes"])]
    assert (await links(client, gis))["L1"]["minutes"] == 12.0


async def test_a_link_closed_for_a_storm_stays_closed(city, gis, login, send, client):
    await send("links", geojson(link("L1", WEST_EAST)), gis)
    admin = await login("admin")
    closed = await client.put("/api/v1/links/L1", json={"open": False}, headers=admin)
    assert closed.status_code == 200
    await send("links", geojson(link("L1", WEST_EAST, minutes=12)), gis)
    found = (await links(client, gis))["L1"]
    assert (found["minutes"], found["open"]) == (12.0, False)


async def test_missing_ones_are_closed_where_the_caller_may(city, gis, login, send, client):
    await send("links", geojson(link("L1", WEST_EAST), link("L2", FURTHER)), gis)
    answer = await send("links", geojson(link("L2", FURTHER)), gis, missing="close")
    assert answer.status_code == 201, answer.text
    assert set(await links(client, gis)) == {"L2"}


async def test_another_areas_links_are_not_the_callers(city, login, send, counts):
    east = await login("gis", areas=["440803"])
    before = await counts()
    inside = shapely.LineString([(110.405, 21.205), (110.415, 21.215)])
    report = (await send("links", geojson(link("L9", inside)), east, dry_run=True)).json()
    assert (1, "geometry", "outside-your-areas") in reasons(report)
    assert await counts() == before
    assert (await send("links", geojson(link("L9", WEST_EAST)), east)).status_code == 201, "one end is"


async def test_the_edition_moves_on_and_the_feed_hears_of_it(city, gis, send, session):
    before = await session.scalar(text("SELECT number FROM edition"))
    await session.rollback()
    await send("links", geojson(link("L1", WEST_EAST)), gis)
    assert await session.scalar(text("SELECT number FROM edition")) == before + 1
    assert await session.scalar(text("SELECT count(*) FROM outbox WHERE kind = 'map.changed'")) >= 1
