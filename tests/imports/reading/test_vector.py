"""Files of shapes, good and bad. Everything is written to a real file and read from it."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely

from service.errors import Invalid, ServiceError, TooLarge
from service.geo.projected import named, shapes_from_cgcs2000
from service.imports.reading.found import Features
from service.imports.reading.limits import Limits
from service.imports.reading.vector import read_features

LIMITS = Limits()
RING = [[110.4, 21.2], [110.5, 21.2], [110.5, 21.3], [110.4, 21.3], [110.4, 21.2]]
SQUARE = "POLYGON ((110.4 21.2, 110.5 21.2, 110.5 21.3, 110.4 21.3, 110.4 21.2))"
Made = Callable[..., Path]


def read(path: Path, crs: str | None = "EPSG:4490", encoding: str | None = None, **more: Any) -> Features:
    return read_features(path, path.name, crs=crs, encoding=encoding, **{"limits": LIMITS, **more})


def refused(
    path: Path, crs: str | None = "EPSG:4490", encoding: str | None = None, **more: Any
) -> ServiceError:
    with pytest.raises((Invalid, TooLarge)) as caught:
        read(path, crs, encoding, **more)
    return caught.value


def defects(found: Features) -> list[tuple[int | None, str | None, str]]:
    return [(each.row, each.field, each.reason) for each in found.defects]


@pytest.fixture
def geojson(tmp_path: Path) -> Made:
    def make(*geometries: Any, crs: str | None = None, properties: Any = None, **more: Any) -> Path:
        features = [
            {"type": "Feature", "properties": properties or {"code": f"C{number}"}, "geometry": geometry}
            for number, geometry in enumerate(geometries)
        ]
        data: dict[str, Any] = {"type": "FeatureCollection", "features": features, **more}
        if crs:
            data["crs"] = {"type": "name", "properties": {"name": crs}}
        path = tmp_path / "grids.geojson"
        path.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
        return path

    return make


@pytest.fixture
def kml(tmp_path: Path) -> Made:
    def make(
        body: str, head: str = '<?xml version="1.0" encoding="UTF-8"?>', encoding: str = "utf-8"
    ) -> Path:
        path = tmp_path / "grids.kml"
        text = f'{head}<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{body}</Document></kml>'
        path.write_bytes(text.encode(encoding))
        return path

    return make


def polygon(*rings: Any) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


# What is read


def test_each_format_gives_the_same_rows(geojson: Made, gpkg: Made, shapefile: Made, kml: Made) -> None:
    values = {"code": ["440802001", "440802002"], "名称": ["示例一", "示例二"]}
    ring = " ".join(f"{x},{y},5" for x, y in RING)
    placemarks = "".join(
        f"<Placemark><ExtendedData><Data name='code'><value>{code}</value></Data><SchemaData>"
        f"<SimpleData name='名称'>{name}</SimpleData></SchemaData></ExtendedData><Polygon><outerBoundaryIs>"
        f"<LinearRing><coordinates> {ring} </coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>"
        for code, name in zip(*values.values(), strict=True)
    )
    collection = geojson()
    features = [
        {"type": "Feature", "properties": {"code": code, "名称": name}, "geometry": polygon(RING)}
        for code, name in zip(*values.values(), strict=True)
    ]
    collection.write_text(json.dumps({"features": features, "type": "FeatureCollection"}), encoding="utf-8")
    files = [
        collection,
        gpkg([SQUARE, SQUARE], values),
        shapefile([SQUARE, SQUARE], values, encoding="UTF-8"),
        kml(placemarks),
    ]
    for path in files:
        found = read(path)
        assert [(row.row, dict(row.values)) for row in found.rows] == [
            (1, {"code": "440802001", "名称": "示例一"}),
            (2, {"code": "440802002", "名称": "示例二"}),
        ], path.name
        for row in found.rows:
            assert row.shape is not None
            assert shapely.force_2d(row.shape).equals(shapely.from_wkt(SQUARE))
        assert (found.columns, found.defects) == (("code", "名称"), ())


def test_values_come_as_plain_text(gpkg: Made) -> None:
    values = {"code": [440802001], "part": [0.5], "text": ["  示例 "]}
    (row,) = read(gpkg([SQUARE], values)).rows
    assert row.values == {"code": "440802001", "part": "0.5", "text": "示例"}


def test_values_of_geojson_come_as_plain_text(geojson: Made) -> None:
    properties = {"a": 440802001.0, "b": None, "c": True, "d": 440802001001001001, "e": " ", "f": ["x", 1]}
    (row,) = read(geojson(polygon(RING), properties=properties)).rows
    assert row.values == {
        "a": "440802001",
        "b": None,
        "c": "true",
        "d": "440802001001001001",
        "e": None,
        "f": '["x", 1]',
    }


def test_a_number_that_lost_its_last_digits_is_a_defect(gpkg: Made) -> None:
    found = read(gpkg([SQUARE], {"code": [440802001001001001.0]}))
    assert defects(found) == [(1, "code", "digits-lost")]


def test_geojson_may_come_a_feature_a_line_or_alone(tmp_path: Path) -> None:
    feature = json.dumps({"type": "Feature", "properties": {"code": "C"}, "geometry": polygon(RING)})
    for text, count in ((f"{feature}\n\x1e{feature}\n", 2), (feature, 1), (json.dumps(polygon(RING)), 1)):
        path = tmp_path / "grids.json"
        path.write_text("\ufeff" + text, encoding="utf-8")
        assert [row.shape is not None for row in read(path).rows] == [True] * count


def test_the_format_goes_by_what_a_file_holds(geojson: Made, tmp_path: Path) -> None:
    path = geojson(polygon(RING)).rename(tmp_path / "grids.zip")
    assert read(path).format == "GeoJSON"


# Coordinate systems


@pytest.mark.parametrize("crs", ["EPSG:4546", "4525", "EPSG:3857", "GCJ-02", "bd09", "CGCS2000", "WGS 84"])
def test_shapes_of_each_system_are_converted(geojson: Made, crs: str) -> None:
    system = named(crs)
    assert system is not None
    (there,) = shapes_from_cgcs2000([shapely.from_wkt(SQUARE)], system)
    assert there is not None
    found = read(geojson(shapely.geometry.mapping(there)), crs)
    (row,) = found.rows
    assert (found.crs_used, found.defects) == (system.name, ())
    assert row.shape is not None
    assert row.given is not None
    assert row.shape.hausdorff_distance(shapely.from_wkt(SQUARE)) < 1e-8
    assert row.given.equals(there)


def test_a_file_without_prj_is_refused_unless_its_system_is_named(shapefile: Made) -> None:
    path = shapefile(leave_out=[".prj"])
    error = refused(path, None)
    assert error.slug == "file-crs-missing"
    assert "GCJ02" in error.params["known"]
    assert read(path, "EPSG:4490").crs_found is None


def test_geojson_and_kml_name_no_system_by_themselves(geojson: Made, kml: Made) -> None:
    assert refused(geojson(polygon(RING)), None).slug == "file-crs-missing"
    assert refused(kml("<Placemark/>"), None).slug == "file-crs-missing"


@pytest.mark.parametrize("crs", ["EPSG:4546", "EPSG:4490", "EPSG:4525"])
def test_a_prj_is_understood(shapefile: Made, crs: str) -> None:
    system = named(crs)
    assert system is not None
    (there,) = shapes_from_cgcs2000([shapely.from_wkt(SQUARE)], system)
    assert there is not None
    found = read(shapefile([there.wkt], crs=crs), None)
    assert (found.crs_found, found.crs_used, found.notes) == (crs, crs, ())
    assert found.rows[0].shape is not None
    assert found.rows[0].shape.hausdorff_distance(shapely.from_wkt(SQUARE)) < 1e-8


def test_a_system_that_is_not_taken_is_named(shapefile: Made, geojson: Made) -> None:
    path = shapefile(crs="EPSG:4610")
    assert "Xian" in refused(path, None).params["found"]
    assert refused(geojson(polygon(RING), crs="urn:ogc:def:crs:EPSG::2436"), None).slug == "file-crs-unknown"
    assert refused(geojson(polygon(RING)), "Beijing 54").params["found"] == "Beijing 54"


def test_the_callers_system_wins_and_the_difference_is_said(geojson: Made) -> None:
    path = geojson(polygon(RING), crs="urn:ogc:def:crs:OGC:1.3:CRS84")
    assert read(path, None).crs_used == "EPSG:4326"
    found = read(path, "GCJ02")
    assert (found.crs_found, found.crs_used) == ("EPSG:4326", "GCJ02")
    assert [(note.reason, note.detail) for note in found.notes] == [
        ("crs-differs", {"found": "EPSG:4326", "used": "GCJ02"})
    ]


def test_coordinates_that_cannot_be_right_are_named_by_row(geojson: Made) -> None:
    swapped = polygon([[y, x] for x, y in RING])
    metres = polygon([[437700 + x, 2345338 + y] for x, y in RING])
    abroad = polygon([[x - 220, y] for x, y in RING])
    infinite = polygon([*RING[:2], [9999, 21.3], RING[0]])
    path = geojson(swapped, metres, abroad, polygon(RING), infinite)
    path.write_text(path.read_text().replace("9999", "1e999"))
    found = read(path)
    assert defects(found) == [
        (1, "geometry", "coordinates-swapped"),
        (2, "geometry", "coordinates-metres"),
        (3, "geometry", "coordinates-elsewhere"),
        (5, "geometry", "coordinates-not-finite"),
    ]
    assert [row.shape is None for row in found.rows] == [True, True, True, False, True]
    found = read(geojson(polygon(RING), polygon([[2345338 + y, 437700 + x] for x, y in RING])), "EPSG:4546")
    assert defects(found) == [
        (1, "geometry", "coordinates-degrees"),
        (2, "geometry", "coordinates-swapped"),
    ]


def test_an_easting_with_a_zone_is_not_taken_for_one_without(geojson: Made) -> None:
    found = read(geojson(polygon([[37437700 + x, 2345338 + y] for x, y in RING])), "EPSG:4546")
    assert defects(found) == [(1, "geometry", "coordinates-elsewhere")]


# Encodings


def test_gbk_without_a_cpg_is_refused_and_shown_as_it_would_read(shapefile: Made) -> None:
    path = shapefile([SQUARE], {"name": ["赤坎区"]}, encoding="GBK", leave_out=[".cpg"])
    error = refused(path)
    assert error.slug == "file-encoding-unknown"
    assert error.params == {"gbk": "赤坎区", "gb18030": "赤坎区"}
    found = read(path, encoding="GBK")
    assert (found.rows[0].values["name"], found.encoding_used) == ("赤坎区", "GBK")


def test_a_cpg_is_believed(shapefile: Made) -> None:
    found = read(shapefile([SQUARE], {"名称": ["赤坎区"]}, encoding="GBK"))
    assert (found.rows[0].values, found.encoding_used) == ({"名称": "赤坎区"}, "GBK")


def test_a_wrong_encoding_is_named_with_its_row_and_field(shapefile: Made) -> None:
    path = shapefile([SQUARE, SQUARE], {"name": ["plain", "赤坎区"]}, encoding="GBK", leave_out=[".cpg"])
    error = refused(path, encoding="UTF-8")
    assert (error.slug, error.params["row"], error.params["field"]) == ("file-encoding-wrong", 2, "name")
    assert refused(path, encoding="EUC-KR").slug == "file-encoding-name"


def test_gbk_geojson_and_kml(geojson: Made, kml: Made, tmp_path: Path) -> None:
    text = geojson(polygon(RING), properties={"name": "霞山区"}).read_text(encoding="utf-8")
    path = tmp_path / "gbk.geojson"
    path.write_bytes(text.encode("gbk"))
    error = refused(path)
    assert error.slug == "file-encoding-unknown"
    assert "霞山区" in error.params["gbk"]
    assert read(path, encoding="GB18030").rows[0].values["name"] == "霞山区"
    body = "<Placemark><name>霞山区</name><Point><coordinates>110.4,21.2</coordinates></Point></Placemark>"
    gbk = kml(body, '<?xml version="1.0" encoding="GBK"?>', "gbk")
    assert read(gbk).rows[0].values["name"] == "霞山区"


# Geometry


def test_geometry_that_cannot_be_used_is_named_by_row(geojson: Made) -> None:
    found = read(
        geojson(
            None,
            {"type": "Polygon", "coordinates": []},
            polygon(RING[:-1]),
            polygon(RING[:1]),
            polygon(RING, [[110.41, 21.21], [110.42, 21.21], [110.42, 21.22], [110.41, 21.22]]),
            {"type": "Polygon", "coordinates": RING},
            {"type": "Circle", "coordinates": [1, 2]},
            polygon(RING),
        )
    )
    assert defects(found) == [
        (1, "geometry", "geometry-missing"),
        (2, "geometry", "geometry-empty"),
        (3, "geometry", "ring-open"),
        (4, "geometry", "ring-short"),
        (5, "geometry", "ring-open"),
        (6, "geometry", "geometry-broken"),
        (7, "geometry", "geometry-broken"),
    ]
    assert [row.row for row in found.rows if row.shape is not None] == [8]


def test_open_rings_are_seen_in_every_format(
    gpkg: Made, shapefile: Made, kml: Made, opened_ring: bytes
) -> None:
    def open_it(parts: dict[str, bytes]) -> None:
        parts[".shp"] = parts[".shp"][:-16] + opened_ring[-16:]

    ring = " ".join(f"{x},{y}" for x, y in RING[:-1])
    boundary = (
        f"<outerBoundaryIs><LinearRing><coordinates>{ring}</coordinates></LinearRing></outerBoundaryIs>"
    )
    files = [
        gpkg([opened_ring, SQUARE][:1]),
        shapefile(change=open_it),
        kml(f"<Placemark><Polygon>{boundary}</Polygon></Placemark>"),
    ]
    for path in files:
        assert defects(read(path)) == [(1, "geometry", "ring-open")], path.name


def test_null_and_empty_geometry_of_gdals_formats(gpkg: Made, shapefile: Made) -> None:
    assert defects(read(gpkg([None, SQUARE, "POLYGON EMPTY"]))) == [
        (1, "geometry", "geometry-missing"),
        (3, "geometry", "geometry-empty"),
    ]
    assert defects(read(shapefile([None, SQUARE]))) == [(1, "geometry", "geometry-missing")]


def test_bow_ties_heights_and_mixed_geometry_are_read_as_they_are(geojson: Made, gpkg: Made) -> None:
    bow_tie = polygon([RING[0], RING[2], RING[1], RING[3], RING[0]])
    solid = polygon([[*point, 7.5] for point in RING])
    point = {"type": "Point", "coordinates": RING[0]}
    several = {"type": "GeometryCollection", "geometries": [polygon(RING), point]}
    found = read(geojson(bow_tie, solid, point, several))
    assert found.defects == ()
    shapes = [row.shape for row in found.rows]
    assert [shape.geom_type for shape in shapes if shape] == [
        "Polygon",
        "Polygon",
        "Point",
        "GeometryCollection",
    ]
    assert next(shape.is_valid for shape in shapes if shape) is False
    assert [shape.has_z for shape in shapes if shape][1] is True
    mixed = gpkg([SQUARE, "POINT (110.4 21.2)"], geometry_type="Unknown")
    assert [row.shape.geom_type for row in read(mixed).rows if row.shape] == ["Polygon", "Point"]


@pytest.mark.filterwarnings("ignore:Measured")
def test_measures_are_left_out(shapefile: Made) -> None:
    measured = SQUARE.replace("POLYGON", "POLYGON ZM").replace(",", " 1 2,").replace("))", " 1 2))")
    wkb = shapely.to_wkb(shapely.from_wkt(measured), flavor="iso")
    (row,) = read(shapefile([wkb], geometry_type="Polygon Z")).rows
    assert row.shape is not None
    assert shapely.force_2d(row.shape).equals(shapely.from_wkt(SQUARE))


# Layers


def test_several_layers_are_named_and_one_can_be_chosen(gpkg: Made, kml: Made) -> None:
    gpkg([SQUARE], layer="街道")
    path = gpkg([SQUARE, SQUARE], layer="社区", append=False)
    assert refused(path).params == {"layers": "街道, 社区"}
    assert (read(path, layer="社区").layer, len(read(path, layer="社区").rows)) == ("社区", 2)
    assert refused(path, layer="网格").params["layers"] == "街道, 社区"
    point = "<Placemark><Point><coordinates>110.4,21.2</coordinates></Point></Placemark>"
    folders = kml(f"<Folder><name>甲</name>{point}</Folder><Folder><name>乙</name>{point}{point}</Folder>")
    assert [len(read(folders, layer=layer).rows) for layer in (None, "甲", "乙")] == [3, 1, 2]
    assert refused(folders, layer="丙").params["layers"] == "甲, 乙"


# What is refused


@pytest.mark.parametrize(
    ("data", "slug"),
    [
        (b"", "file-empty"),
        (b" \n ", "file-empty"),
        (b"%PDF-1.7", "file-format"),
        (b"Rar!\x1a\x07", "file-format"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "file-old-excel"),
        (b"\x00\x00\x27\x0a" + bytes(96), "file-shapefile-bare"),
        (b"SQLite format 3\x00" + bytes(100), "file-broken"),
        (b"<OGRVRTDataSource><OGRVRTLayer/></OGRVRTDataSource>", "file-format"),
        (b'{"type": "Topology", "objects": {}}', "file-broken"),
        (b'{"type": "FeatureCollection", "features": [}', "file-broken"),
        (b'{"type": "FeatureCollection", "features": [{"type": "Point"}]}', "file-broken"),
        (b'{"type": "FeatureCollection", "features": [NaN]}', "file-broken"),
        (b'{"type": "Feature", "geometry": ' + b"[" * 100_000, "file-broken"),
        (b"<kml><Document><Placemark></Document></kml>", "file-broken"),
        (b"code,name\n1,2\n", "file-format"),
        (b"PK\x03\x04garbage", "archive-broken"),
    ],
)
def test_what_is_no_file_of_shapes_is_refused(tmp_path: Path, data: bytes, slug: str) -> None:
    path = tmp_path / "grids.geojson"
    path.write_bytes(data)
    assert refused(path).slug == slug


def test_entities_in_kml_are_refused(kml: Made, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    outside = f'<!DOCTYPE kml [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    laughs = '<!DOCTYPE kml [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
    for head in (outside, laughs, "<!DOCTYPE kml>"):
        path = kml("<Placemark><name>&x;</name></Placemark>", head)
        assert refused(path).slug == "file-entities"


def test_a_view_in_a_geopackage_is_refused(gpkg: Made) -> None:
    path = gpkg()
    base = sqlite3.connect(path)
    base.execute("ALTER TABLE layers RENAME TO hidden")
    base.execute("CREATE VIEW layers AS SELECT a.* FROM hidden a, hidden b")
    base.commit()
    base.close()
    assert refused(path).slug == "layer-not-plain"


def test_a_shapefile_whose_index_names_a_record_twice_is_refused(shapefile: Made) -> None:
    def repeat(parts: dict[str, bytes]) -> None:
        parts[".shx"] += parts[".shx"][-8:]

    error = refused(shapefile(change=repeat))
    assert (error.slug, error.params["why"][:4]) == ("file-broken", ".shx")


def test_more_than_is_taken_is_refused(geojson: Made, gpkg: Made) -> None:
    three = geojson(polygon(RING), polygon(RING), polygon(RING))
    assert refused(three, limits=Limits(rows=2)).slug == "rows-too-many"
    assert refused(three, limits=Limits(vertices=14)).slug == "vertices-too-many"
    assert refused(three, limits=Limits(cells=2)).slug == "cells-too-many"
    assert refused(three, limits=Limits(file_bytes=100)).slug == "file-too-large"
    assert read(three, limits=Limits(rows=3, vertices=15, cells=3)).defects == ()
    two = gpkg([SQUARE, SQUARE], {"a": ["1", "2"], "b": ["1", "2"]})
    assert refused(two, limits=Limits(rows=1)).slug == "rows-too-many"
    assert refused(two, limits=Limits(columns=1)).slug == "columns-too-many"


def test_a_long_text_is_a_defect_of_its_row(geojson: Made) -> None:
    found = read(geojson(polygon(RING), properties={"name": "长" * 4001}))
    assert defects(found) == [(1, "name", "text-too-long")]


def test_a_thousand_defects_are_enough(geojson: Made) -> None:
    found = read(geojson(*[None] * 5), limits=Limits(defects=3))
    assert [each.reason for each in found.defects] == ["geometry-missing"] * 3 + ["more-defects"]
    assert found.defects[-1].detail == {"count": 2}
