"""CSV and GeoPackage: the same features as in the pages, in files that desktops open as they are meant."""

import csv
import io

import pyogrio
import pytest
import shapely
from sqlalchemy import text

from service.ogc import routes
from service.ogc.collection import Kind
from service.ogc.collections import COLLECTIONS
from service.web.sheets import harmless

EPSG = "http://www.opengis.net/def/crs/EPSG/0/"


async def exported(client, gis, collection, kind, **query):
    """The bytes of a file."""
    params = {"f": kind} | query
    answer = await client.get(f"/ogc/collections/{collection}/items", params=params, headers=gis)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"] == f'attachment; filename="{collection}.{kind}"'
    return answer.content


async def paged(client, gis, collection, **query):
    """The features of one large page."""
    params = {"limit": 10000} | query
    answer = await client.get(f"/ogc/collections/{collection}/items", params=params, headers=gis)
    return answer.json()["features"]


@pytest.mark.parametrize("collection", COLLECTIONS)
async def test_a_csv_has_every_feature(client, gis, tasks, collection):
    content = await exported(client, gis, collection, "csv")
    assert content.startswith("\ufeff".encode())
    found = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    expected = await paged(client, gis, collection)
    assert len(found) == len(expected) > 0
    for row, feature in zip(found, expected, strict=True):
        assert row["feature_id"] == feature["id"]
        shape = shapely.from_geojson(str(feature["geometry"]).replace("'", '"'))
        assert shapely.equals_exact(shapely.from_wkt(row["wkt"]), shape, 2e-9)
        for each in COLLECTIONS[collection].properties:
            value = feature["properties"][each.name]
            if value is None:
                assert row[each.name] == ""
            elif each.kind in (Kind.NUMBER, Kind.INTEGER):
                assert float(row[each.name]) == value
            elif each.kind is Kind.BOOLEAN:
                assert row[each.name] == str(value).lower()
            elif each.kind is Kind.TIME:
                assert row[each.name][:19] == value[:19]
            else:
                assert row[each.name] == value


@pytest.mark.parametrize("collection", COLLECTIONS)
async def test_a_geopackage_has_every_feature(client, gis, tasks, tmp_path, collection):
    path = tmp_path / "export.gpkg"
    path.write_bytes(await exported(client, gis, collection, "gpkg"))
    expected = await paged(client, gis, collection)
    assert pyogrio.list_layers(path)[:, 0].tolist() == [collection]
    meta, _, geometry, columns = pyogrio.raw.read(path)
    assert meta["crs"] == "EPSG:4326"
    assert meta["geometry_type"] == COLLECTIONS[collection].shape
    assert len(geometry) == len(expected)
    for number, feature in enumerate(expected):
        shape = shapely.from_geojson(str(feature["geometry"]).replace("'", '"'))
        assert shapely.equals_exact(shapely.from_wkb(geometry[number]), shape, 2e-9)
    for name, column in zip(meta["fields"], columns, strict=True):
        for value, feature in zip(column, expected, strict=True):
            given = feature["properties"][name]
            if COLLECTIONS[collection].by_name[name].kind is Kind.TIME:
                assert str(value)[:19] == ("NaT" if given is None else given[:19])
            elif given is None:
                assert value is None or value != value, name
            else:
                assert value == given, name


async def test_the_same_filters_hold(client, gis):
    query = {"level": "town", "filter": "area_m2 > 50000000", "bbox": "110,20,111,21"}
    expected = await paged(client, gis, "governance_grids", **query)
    content = await exported(client, gis, "governance_grids", "csv", **query)
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert [row["feature_id"] for row in rows] == [each["id"] for each in expected] != []
    content = await exported(client, gis, "governance_grids", "csv", limit=3, **query)
    assert len(content.splitlines()) == 4


async def test_a_file_has_x_first_in_every_system(client, gis, tmp_path):
    path = tmp_path / "export.gpkg"
    path.write_bytes(await exported(client, gis, "links", "gpkg", crs=EPSG + "4546"))
    meta, _, geometry, _ = pyogrio.raw.read(path)
    assert meta["crs"] == "EPSG:4546"
    easting, northing = shapely.from_wkb(geometry[0]).coords[0]
    assert 300_000 < easting < 700_000
    assert 2_200_000 < northing < 2_500_000
    content = await exported(client, gis, "links", "csv", crs=EPSG + "4490")
    row = next(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert shapely.from_wkt(row["wkt"]).coords[0][0] > 100


async def test_an_empty_selection_is_an_empty_file(client, gis, tmp_path):
    path = tmp_path / "export.gpkg"
    path.write_bytes(await exported(client, gis, "links", "gpkg", code="none"))
    assert len(pyogrio.raw.read(path)[2]) == 0
    assert len((await exported(client, gis, "links", "csv", code="none")).splitlines()) == 1


async def test_no_cell_is_a_formula(client, gis, session):
    await session.execute(
        text("UPDATE link SET name = '=HYPERLINK(\"http://evil.example\")', name_en = '-1+1'")
    )
    await session.commit()
    content = await exported(client, gis, "links", "csv")
    for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig"))):
        assert row["name"].startswith("'=")
        assert row["name_en"].startswith("'-")
    assert harmless("赤坎") == "赤坎"


async def test_too_much_is_refused_and_a_limit_helps(client, gis, monkeypatch):
    monkeypatch.setattr(routes.features, "MOST_EXPORTED", 100)
    answer = await client.get("/ogc/collections/governance_grids/items?f=csv", headers=gis)
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/export-too-large")
    content = await exported(client, gis, "governance_grids", "csv", limit=5)
    assert len(content.splitlines()) == 6


async def test_nothing_is_left_behind(client, gis, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    await exported(client, gis, "links", "gpkg")
    answer = await client.get("/ogc/collections/links/items?f=gpkg&cursor=WzEsImEiXQ", headers=gis)
    assert answer.status_code == 400
    assert list(tmp_path.iterdir()) == []
