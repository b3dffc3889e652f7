"""A real client: GDAL, through pyogrio, reads every collection over HTTP with paging, boxes, systems and an API key."""

from functools import partial

import numpy as np
import pyogrio
import pytest
import shapely
from pyproj import Transformer
from sqlalchemy import text

from service.access.rules import Action
from service.ogc.collection import ID_SEPARATOR
from service.ogc.collections import COLLECTIONS
from tests.ogc.conftest import make_key
from tests.ogc.gdal import gdal_process

EPSG_4546 = "http://www.opengis.net/def/crs/EPSG/0/4546"


@pytest.fixture(scope="session")
def run():
    """GDAL's own process."""
    with gdal_process() as run:
        yield run


@pytest.fixture
def gdal(run, gis_key):
    """GDAL with the key of a GIS officer, by HTTP Basic."""
    return partial(run, login=f"{gis_key.username}:{gis_key.key}")


def rows_of(city, collection):
    """The rows of a view by id, with their geometry as WKB."""

    async def find():
        async with city.sessions() as session:
            found = await session.execute(
                text(f"SELECT *, ST_AsBinary(geom) AS wkb FROM published_{collection}")
            )
            return found.mappings().all()

    identity = COLLECTIONS[collection].identity
    return {ID_SEPARATOR.join(str(row[name]) for name in identity): row for row in city.run(find())}


def read(gdal, city, collection, page_size=1000, **options):
    """What GDAL reads: what it says of it, the shapes by id, and the columns."""
    options = {"PAGE_SIZE": str(page_size)} | options
    meta, _, geometry, columns = gdal(pyogrio.raw.read, f"OAPIF:{city.url}/ogc", layer=collection, **options)
    found = dict(zip(meta["fields"], columns, strict=True))
    parts = [found[name].astype(str) for name in COLLECTIONS[collection].identity]
    ids = [ID_SEPARATOR.join(each) for each in zip(*parts, strict=True)]
    return meta, dict(zip(ids, shapely.from_wkb(geometry), strict=True)), found


def layers(gdal, city):
    """The names of the layers that GDAL lists."""
    return {name for name, _ in gdal(pyogrio.list_layers, f"OAPIF:{city.url}/ogc")}


def test_gdal_lists_the_collections(city, gdal):
    assert layers(gdal, city) == set(COLLECTIONS)


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_gdal_reads_all_of_a_collection_page_by_page(city, gdal, collection):
    rows = rows_of(city, collection)
    meta, shapes, columns = read(gdal, city, collection, page_size=max(1, len(rows) // 3))
    assert set(shapes) == set(rows)
    assert set(meta["fields"]) >= set(COLLECTIONS[collection].by_name)
    for key, shape in shapes.items():
        assert shapely.equals_exact(shape, shapely.from_wkb(rows[key]["wkb"]), 2e-9)
    if "area_m2" in columns:
        assert np.isclose(columns["area_m2"].sum(), sum(row["area_m2"] for row in rows.values()))


def test_gdal_asks_for_a_box(city, gdal):
    box = (110.35, 21.25, 110.40, 21.30)
    _, shapes, _ = read(gdal, city, "party_grids", bbox=box)
    rows = rows_of(city, "party_grids")
    expected = {
        key for key, row in rows.items() if shapely.from_wkb(row["wkb"]).intersects(shapely.box(*box))
    }
    assert set(shapes) == expected
    assert 0 < len(expected) < len(rows)


def test_gdal_filters_by_property(city, gdal):
    _, shapes, _ = read(gdal, city, "governance_grids", where="level = 'town' AND area_m2 > 50000000")
    rows = rows_of(city, "governance_grids")
    expected = {key for key, row in rows.items() if row["level"] == "town" and row["area_m2"] > 5e7}
    assert set(shapes) == expected != set()


@pytest.mark.parametrize("collection", ["party_grids", "links", "tasks"])
def test_gdal_reads_gauss_krueger_with_the_easting_first(city, gdal, collection):
    meta, shapes, _ = read(gdal, city, collection, CRS=EPSG_4546)
    assert meta["crs"] == "EPSG:4546"
    to = Transformer.from_crs("EPSG:4490", "EPSG:4546", always_xy=True)
    rows = rows_of(city, collection)
    assert set(shapes) == set(rows)
    for key, shape in shapes.items():
        expected = shapely.transform(
            shapely.from_wkb(rows[key]["wkb"]), lambda each: np.column_stack(to.transform(*each.T))
        )
        assert shapely.equals_exact(shape, expected, 1e-3)


def test_gdal_is_refused_without_a_key(city, run):
    with pytest.raises(pyogrio.errors.DataSourceError):
        layers(partial(run, login=None), city)


def test_gdal_sees_what_the_key_may_read(city, run):
    key = make_key(city, actions=(Action.GRID_READ,))
    found = layers(partial(run, login=f"{key.username}:{key.key}"), city)
    assert found == {"governance_grids", "party_grids", "grid_versions", "links"}
