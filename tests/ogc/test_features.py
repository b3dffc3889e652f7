"""Features over REST: what is in a page, page by page, by box, time, property and system; what is wrong, by name."""

import json

import pytest
import shapely
from pyproj import Transformer
from sqlalchemy import text

from service.ogc.collection import ID_SEPARATOR
from service.ogc.collections import COLLECTIONS
from service.ogc.parameters import MOST_LIMIT
from service.ogc.systems import CRS84, SYSTEMS

EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
TOWN = "110.35,21.25,110.40,21.30"


async def every_feature(client, gis, collection, **query):
    """The features of all pages, in their order, by following the links."""
    address, found, pages = f"/ogc/collections/{collection}/items", [], 0
    answer = await client.get(address, params=query, headers=gis)
    while True:
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert page["numberReturned"] == len(page["features"])
        found += page["features"]
        pages += 1
        following = [link["href"] for link in page["links"] if link["rel"] == "next"]
        if not following:
            return found, page["numberMatched"], pages
        answer = await client.get(following[0], headers=gis)


async def rows_of(session, collection):
    """The rows of a view, each by its feature's id."""
    found = (
        await session.execute(text(f"SELECT *, ST_AsText(geom, 9) AS wkt FROM published_{collection}"))
    ).mappings()
    identity = COLLECTIONS[collection].identity
    return {ID_SEPARATOR.join(str(row[name]) for name in identity): row for row in found}


@pytest.mark.parametrize("collection", COLLECTIONS)
async def test_all_pages_together_are_the_view(client, gis, session, tasks, collection):
    rows = await rows_of(session, collection)
    assert rows
    limit = max(1, len(rows) // 3)
    found, matched, pages = await every_feature(client, gis, collection, limit=limit)
    assert pages > 1
    assert matched == len(rows) == len(found)
    assert {each["id"] for each in found} == set(rows)
    for each in found:
        row = rows[each["id"]]
        assert shapely.equals_exact(
            shapely.from_geojson(json.dumps(each["geometry"])), shapely.from_wkt(row["wkt"]), 2e-9
        )
        for name, value in each["properties"].items():
            if hasattr(row[name], "isoformat"):
                assert value == row[name].strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            else:
                assert value == (str(row[name]) if name == "id" else row[name]), name
        assert set(each["properties"]) == set(COLLECTIONS[collection].by_name)


@pytest.mark.parametrize("collection", COLLECTIONS)
async def test_each_feature_is_found_by_its_id(client, gis, tasks, collection):
    page = await client.get(f"/ogc/collections/{collection}/items", params={"limit": 2}, headers=gis)
    for feature in page.json()["features"]:
        answer = await client.get(f"/ogc/collections/{collection}/items/{feature['id']}", headers=gis)
        assert answer.status_code == 200, answer.text
        one = answer.json()
        assert {link["rel"] for link in one.pop("links")} == {"self", "alternate", "collection"}
        assert one == feature


@pytest.mark.parametrize("given", ["nothing", "a~b~c", "0" * 36, "4408%00"])
@pytest.mark.parametrize("collection", ["governance_grids", "overlay", "grid_versions"])
async def test_a_feature_that_is_not_there_is_a_404(client, gis, collection, given):
    answer = await client.get(f"/ogc/collections/{collection}/items/{given}", headers=gis)
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")


async def test_there_are_no_other_collections(client, gis):
    for path in ("member", "published_tasks", "offer"):
        answer = await client.get(f"/ogc/collections/{path}/items", headers=gis)
        assert answer.status_code == 404


async def test_a_box_holds_what_meets_it(client, gis, session):
    box = shapely.box(110.35, 21.25, 110.40, 21.30)
    rows = await rows_of(session, "governance_grids")
    expected = {code for code, row in rows.items() if shapely.from_wkt(row["wkt"]).intersects(box)}
    assert 10 < len(expected) < len(rows)
    for bbox in (TOWN, "110.35,21.25,-10,110.40,21.30,900"):
        found, matched, _ = await every_feature(client, gis, "governance_grids", bbox=bbox, limit=50)
        assert {each["id"] for each in found} == expected
        assert matched == len(expected)


async def test_a_box_in_another_system_is_the_same_box(client, gis):
    here, _, _ = await every_feature(client, gis, "party_grids", bbox=TOWN)
    assert here
    to = Transformer.from_crs("EPSG:4490", "EPSG:4546", always_xy=True)
    (west, south), (east, north) = to.transform(110.35, 21.25), to.transform(110.40, 21.30)
    boxes = {
        "4326": "21.25,110.35,21.30,110.40",
        "4490": "21.25,110.35,21.30,110.40",
        "4546": f"{south},{west},{north},{east}",
    }
    for code, bbox in boxes.items():
        found, _, _ = await every_feature(
            client, gis, "party_grids", **{"bbox": bbox, "bbox-crs": EPSG + code}
        )
        assert {each["id"] for each in found} == {each["id"] for each in here}, code


async def test_a_box_over_the_180th_meridian_goes_round_the_earth(client, gis):
    for bbox, some in (("170,-10,-170,30", False), ("100,20,-170,30", True), ("170,20,-60,30", False)):
        found = await client.get("/ogc/collections/links/items", params={"bbox": bbox}, headers=gis)
        assert bool(found.json()["features"]) is some, bbox


async def test_tasks_are_found_by_a_box_around_the_point_of_their_grid(client, gis, tasks):
    found, _, _ = await every_feature(client, gis, "tasks")
    for each in found:
        x, y = each["geometry"]["coordinates"]
        bbox = f"{x - 1e-6},{y - 1e-6},{x + 1e-6},{y + 1e-6}"
        near, _, _ = await every_feature(client, gis, "tasks", bbox=bbox)
        assert [one["id"] for one in near] == [each["id"]]


@pytest.mark.parametrize("uri", SYSTEMS)
async def test_coordinates_come_in_the_system_and_in_its_order(client, gis, uri):
    code = "4490" if uri == CRS84 else uri.rpartition("/")[2]
    to = Transformer.from_crs(
        "EPSG:4490", f"EPSG:{'4490' if code == '4326' else code}", always_xy=uri == CRS84
    )
    params = {"limit": 3}
    plain = await client.get("/ogc/collections/links/items", params=params, headers=gis)
    answer = await client.get("/ogc/collections/links/items", params=params | {"crs": uri}, headers=gis)
    assert answer.headers["content-crs"] == f"<{uri}>"
    for before, after in zip(plain.json()["features"], answer.json()["features"], strict=True):
        for (lon, lat), given in zip(
            before["geometry"]["coordinates"], after["geometry"]["coordinates"], strict=True
        ):
            # pyproj takes and gives the order of the register, except where it is told otherwise.
            expected = to.transform(lon, lat) if uri == CRS84 else to.transform(lat, lon)
            assert given == pytest.approx(expected, abs=2e-4 if abs(given[0]) > 1000 else 2e-9)
    item = plain.json()["features"][0]["id"]
    one = await client.get(f"/ogc/collections/links/items/{item}", params={"crs": uri}, headers=gis)
    assert one.json()["geometry"] == answer.json()["features"][0]["geometry"]


async def test_the_time_chooses_the_versions_that_were_in_force(client, gis, session):
    old = (
        await session.execute(text("SELECT code FROM published_party_grids ORDER BY code LIMIT 1"))
    ).scalar()
    await session.execute(
        text(
            "UPDATE grid_version SET valid_from = '2026-01-01T00:00:00+08', valid_to = '2026-02-01T00:00:00+08'"
            " WHERE grid_id = (SELECT id FROM grid WHERE layer = 'party' AND code = :code)"
        ),
        {"code": old},
    )
    await session.commit()

    async def there(when):
        found, _, _ = await every_feature(
            client, gis, "grid_versions", layer="party", code=old, datetime=when
        )
        return bool(found)

    for when, expected in {
        "2025-12-31": False,
        "2026-01-01": True,
        "2025-12-31T16:00:00Z": True,
        "2025-12-31T15:59:59Z": False,
        "2026-01-31T15:59:59Z": True,
        "2026-01-31T16:00:00Z": False,
        "2026-02-01": False,
        "2026-01-31/2026-03-01": True,
        "2026-02-01/..": False,
        "../2025-12-31": False,
        "../2026-01-01": True,
        "/2026-01-01": True,
        "2025-01-01/2027-01-01": True,
    }.items():
        assert await there(when) is expected, when


async def test_properties_are_parameters(client, gis, session):
    rows = await rows_of(session, "governance_grids")
    found, matched, _ = await every_feature(client, gis, "governance_grids", level="town", limit=1000)
    assert matched == len(found) == sum(row["level"] == "town" for row in rows.values()) > 0
    found, _, _ = await every_feature(
        client, gis, "governance_grids", level="town", leaf="false", code=found[3]["id"]
    )
    assert len(found) == 1
    found, _, _ = await every_feature(
        client, gis, "governance_grids", level="town", leaf="true", code=found[0]["id"]
    )
    assert not found


@pytest.mark.parametrize(
    ("query", "slug", "named"),
    [
        ({"ooga": "booga"}, "unknown-parameter", "ooga"),
        ({"limit": "unlimited"}, "parameter-value", "limit"),
        ({"limit": "0"}, "parameter-value", "limit"),
        ({"limit": "-1"}, "parameter-value", "limit"),
        ({"limit": "²"}, "parameter-value", "limit"),
        ({"bbox": "1,2,3"}, "parameter-value", "bbox"),
        ({"bbox": "1,2,3,x"}, "parameter-value", "bbox"),
        ({"bbox": "1,2,3,nan"}, "parameter-value", "bbox"),
        ({"bbox": "1,2,3,inf"}, "parameter-value", "bbox"),
        ({"bbox": "110,22,111,21"}, "parameter-value", "bbox"),
        ({"bbox": "110,21,5,111,22,4"}, "parameter-value", "bbox"),
        ({"bbox": "22,110,21,111", "bbox-crs": EPSG + "4490"}, "parameter-value", "bbox"),
        ({"bbox": "3,2,1,4", "bbox-crs": EPSG + "3857"}, "parameter-value", "bbox"),
        ({"bbox": "0,0,9e8,9e8", "bbox-crs": EPSG + "4546"}, "parameter-value", "bbox"),
        ({"bbox": TOWN, "bbox-crs": "EPSG:4326"}, "parameter-value", "bbox-crs"),
        ({"bbox-crs": EPSG + "1"}, "parameter-value", "bbox-crs"),
        ({"crs": EPSG + "32649"}, "parameter-value", "crs"),
        ({"datetime": "yesterday"}, "parameter-value", "datetime"),
        ({"datetime": "2026-06-03T00:00:00"}, "parameter-value", "datetime"),
        ({"datetime": "2026-13-03"}, "parameter-value", "datetime"),
        ({"datetime": "2026-06-03/2026-06-01"}, "parameter-value", "datetime"),
        ({"datetime": "0001-01-01"}, "parameter-value", "datetime"),
        ({"datetime": "9999-12-31"}, "parameter-value", "datetime"),
        ({"f": "shp"}, "parameter-value", "f"),
        ({"cursor": "***"}, "parameter-value", "cursor"),
        ({"cursor": "WzFd"}, "parameter-value", "cursor"),
        ({"cursor": "WzEsICJhIiwgImIiXQ"}, "parameter-value", "cursor"),
        ({"leaf": "yes"}, "parameter-value", "leaf"),
        ({"area_m2": "wide"}, "parameter-value", "area_m2"),
        ({"area_m2": "nan"}, "parameter-value", "area_m2"),
        ({"valid_from": "now"}, "parameter-value", "valid_from"),
        ({"code": "a\x00"}, "parameter-value", "code"),
        ({"filter-lang": "sql", "filter": "leaf"}, "parameter-value", "filter-lang"),
        ({"filter-crs": "sql", "filter": "leaf"}, "parameter-value", "filter-crs"),
    ],
)
async def test_what_is_wrong_is_a_400_that_names_it(client, gis, query, slug, named):
    answer = await client.get("/ogc/collections/governance_grids/items", params=query, headers=gis)
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (400, f"/problems/{slug}")
    assert f"参数 {named} " in problem["detail"]


async def test_a_parameter_given_twice_is_a_400(client, gis):
    answer = await client.get("/ogc/collections/links/items?limit=1&limit=2", headers=gis)
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/unknown-parameter")


async def test_a_limit_above_the_most_is_the_most(client, gis):
    params = {"limit": MOST_LIMIT * 10}
    answer = await client.get("/ogc/collections/governance_grids/items", params=params, headers=gis)
    assert answer.status_code == 200
    assert answer.json()["numberReturned"] == answer.json()["numberMatched"]


async def test_the_format_is_the_accept_headers_or_fs(client, gis):
    path = "/ogc/collections/links/items"
    for accept, expected in {
        "": "application/geo+json",
        "*/*": "application/geo+json",
        "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8": "text/html",
        "application/geo+json": "application/geo+json",
        "text/csv": "text/csv",
        "application/json;q=0.2, text/html;q=nonsense": "application/geo+json",
    }.items():
        answer = await client.get(path, headers=gis | {"Accept": accept})
        assert answer.headers["content-type"].startswith(expected), accept
    answer = await client.get(path, params={"f": "json"}, headers=gis | {"Accept": "text/html"})
    assert answer.headers["content-type"] == "application/geo+json"


async def test_queryables_and_schema_describe_each_property(ask):
    for collection in COLLECTIONS.values():
        for name in ("queryables", "schema"):
            document = await ask(f"/collections/{collection.id}/{name}")
            assert set(document["properties"]) == {*collection.by_name, "geom"}
            assert document["$id"].endswith(f"/ogc/collections/{collection.id}/{name}")
    level = (await ask("/collections/governance_grids/queryables"))["properties"]["level"]
    assert level["enum"] == ["city", "county", "town", "community", "grid"]


async def test_titles_are_in_the_language_that_is_asked_for(client, gis):
    for language, title in {"zh-CN": "社会治理网格", "en": "Governance grids"}.items():
        answer = await client.get(
            "/ogc/collections/governance_grids", headers=gis | {"Accept-Language": language}
        )
        assert answer.json()["title"] == title
