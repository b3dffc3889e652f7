"""Vector tiles: what is in them, as GDAL reads it; whose; kept while the map stays the same; what is wrong, by name."""

import asyncio

import httpx
import numpy as np
import pyogrio
import pytest
import shapely
from sqlalchemy import text

from service.access.rules import Action
from service.grids.commands.edit import edit_grids
from service.grids.commands.grids import NewGrid
from service.grids.rules import LEVELS, Layer
from service.ogc.collection import ID_SEPARATOR
from service.ogc.collections import COLLECTIONS
from service.ogc.queries.tiles import FOLLOW_THE_MAP, LEVEL_BY_ZOOM, place_of, tile_statement
from service.ogc.routes import one_tile as routes
from service.ogc.tiling import (
    EXTENT,
    HALF_WORLD_M,
    MVT,
    TMS,
    Tile,
    latitude,
    limits,
    longitude,
    matrix_set,
    place,
)
from tests.conftest import serving
from tests.ogc.conftest import make_key
from tests.ogc.test_addresses import PROXY, app, behind  # noqa: F401

PLACE = (110.36, 21.27)
SHAPES = """
    SELECT *, ST_AsBinary(ST_Transform(geom, 3857)) AS wkb FROM published_{view}
    WHERE ST_Intersects(geom, ST_Transform(ST_TileEnvelope(:z, :col, :row), 4490))
"""


def tile_at(z, lon=PLACE[0], lat=PLACE[1]):
    """The tile that holds a point."""
    col, row = place(lon, lat, z)
    return Tile(z, int(row), int(col))


def path(collection, at, **query):
    """The address of a tile."""
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    here = f"/ogc/collections/{collection}/tiles/{TMS}/{at.z}/{at.row}/{at.col}"
    return f"{here}?{asked}" if asked else here


def read_tile(folder, content, at):
    """The features of a tile as GDAL reads them: columns by name, and shapes in Mercator's metres."""
    file = folder / str(at.z) / str(at.col) / f"{at.row}.pbf"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    # GDAL takes zoom, column and row for the place only where they are named.
    options = {"X": str(at.col), "Y": str(at.row), "Z": str(at.z), "METADATA_FILE": "", "CLIP": "NO"}
    meta, _, geometry, columns = pyogrio.raw.read(file, **options)
    assert meta["crs"] == "EPSG:3857"
    return dict(zip(meta["fields"], columns, strict=True)), shapely.from_wkb(geometry)


async def answer_of(client, headers, collection, at, **query):
    """The 200 of a tile."""
    answer = await client.get(path(collection, at, **query), headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == MVT
    return answer


async def ids_of(client, headers, folder, collection, at, **query):
    """The ids of a tile's features."""
    content = (await answer_of(client, headers, collection, at, **query)).content
    return set(read_tile(folder, content, at)[0]["id"]) if content else set()


async def rows_in(session, collection, at):
    """The rows of a view within a tile, by feature's id."""
    found = await session.execute(
        text(SHAPES.format(view=collection)), {"z": at.z, "row": at.row, "col": at.col}
    )
    identity = COLLECTIONS[collection].identity
    return {ID_SEPARATOR.join(str(row[name]) for name in identity): row for row in found.mappings()}


@pytest.mark.parametrize("collection", COLLECTIONS)
async def test_gdal_reads_what_the_view_holds_within_a_tile_unit(
    client, gis, session, tasks, tmp_path, collection
):
    at = tile_at(9)
    unit = 2 * HALF_WORLD_M / (1 << at.z) / EXTENT
    level = {"level": "community"} if collection in LEVEL_BY_ZOOM else {}
    content = (await answer_of(client, gis, collection, at, **level)).content
    columns, shapes = read_tile(tmp_path, content, at)
    rows = await rows_in(session, collection, at)
    if collection == "overlay":
        rows = {key: row for key, row in rows.items() if row["leaf"]}
    for name, value in level.items():
        rows = {key: row for key, row in rows.items() if row[name] == value}
    found = dict(zip(columns["id"], shapes, strict=True))
    # What is around the tile is in it too; what is narrower than its units may be left out.
    wide = {
        key
        for key, row in rows.items()
        if row.get("width_m", 1e9) > 3 * unit and row.get("area_m2", 1e9) > 9 * unit**2
    }
    assert found
    assert wide <= set(found)
    west, north = -HALF_WORLD_M + at.col * unit * EXTENT, HALF_WORLD_M - at.row * unit * EXTENT
    tile = shapely.box(west, north - EXTENT * unit, west + EXTENT * unit, north)
    for key in found.keys() & rows.keys():
        exact, drawn = (shapely.make_valid(each) for each in (shapely.from_wkb(rows[key]["wkb"]), found[key]))
        assert drawn.intersection(tile).difference(exact.buffer(1.5 * unit)).is_empty, key
        # A limb narrower than a unit or two is not drawn.
        broad = exact.buffer(-1.5 * unit) if exact.area else exact
        assert broad.intersection(tile).difference(drawn.buffer(1.5 * unit)).is_empty, key
    for name in COLLECTIONS[collection].by_name:
        if name not in columns:
            assert all(row[name] is None for row in rows.values()), name
    for key, name in zip(columns["id"], columns.get("name", []), strict=False):
        assert key not in rows or rows[key]["name"] == name


async def test_ids_are_those_of_the_features(client, gis, tmp_path):
    ids = sorted(await ids_of(client, gis, tmp_path, "overlay", tile_at(10)))
    answer = await client.get(f"/ogc/collections/overlay/items/{ids[0]}", headers=gis)
    assert answer.status_code == 200


async def test_the_zoom_decides_the_level_and_the_ground_stays_covered(client, gis, tmp_path):
    levels = {}
    for z in (5, 8, 10, 12, 15):
        content = (await answer_of(client, gis, "governance_grids", tile_at(z))).content
        columns, _ = read_tile(tmp_path, content, tile_at(z))
        levels[z] = set(columns["level"])
    # The city has no grids below its communities: these stand for them.
    assert levels == {5: {"city"}, 8: {"county"}, 10: {"town"}, 12: {"community"}, 15: {"community"}}


async def test_the_history_shows_that_level_too_and_the_party_grids(client, gis, tmp_path):
    for z, level in ((5, "city"), (8, "county"), (10, "town")):
        content = (await answer_of(client, gis, "grid_versions", tile_at(z))).content
        columns, _ = read_tile(tmp_path, content, tile_at(z))
        found = set(zip(columns["layer"], columns["level"], strict=True))
        assert found == {("governance", level), ("party", None)}, z


@pytest.mark.parametrize("collection", ["governance_grids", "overlay", "gaps"])
async def test_a_level_may_be_asked_for(client, gis, tmp_path, collection):
    at = tile_at(9)
    found = {}
    for level in LEVELS:
        content = (await answer_of(client, gis, collection, at, level=level)).content
        if content:
            columns, _ = read_tile(tmp_path, content, at)
            assert set(columns["level"]) == {level}
            found[level] = content
    assert found
    assert len({*found.values()}) == len(found)


async def test_what_has_nothing_below_it_may_be_asked_for_at_any_zoom(client, gis, tmp_path):
    at = tile_at(9)
    content = (await answer_of(client, gis, "governance_grids", at, level="leaf")).content
    columns, _ = read_tile(tmp_path, content, at)
    assert set(columns["leaf"]) == {True}
    assert len(set(columns["code"])) > 100


async def test_an_empty_tile_is_a_tile_without_layers(client, gis):
    answer = await answer_of(client, gis, "links", Tile(3, 0, 0))
    assert answer.content == b""
    assert answer.headers["etag"]


async def test_no_tile_is_outside_of_the_world(client, gis):
    for z, row, col in (
        ("1", "2", "0"),
        ("1", "0", "2"),
        ("23", "0", "0"),
        ("-1", "0", "0"),
        ("1", "a", "0"),
        ("1", "1.0", "0"),
    ):
        answer = await client.get(f"/ogc/collections/links/tiles/{TMS}/{z}/{row}/{col}", headers=gis)
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found"), (z, row, col)
    await answer_of(client, gis, "links", Tile(22, (1 << 22) - 1, (1 << 22) - 1))


async def test_there_are_no_tiles_of_what_is_not_published(client, gis):
    for name in ("member", "published_tasks"):
        for rest in ("", f"/{TMS}", f"/{TMS}/3/3/6"):
            answer = await client.get(f"/ogc/collections/{name}/tiles{rest}", headers=gis)
            assert answer.status_code == 404


@pytest.mark.parametrize(
    ("rest", "slug"),
    [
        ("/3/3/6?bbox=1,2,3,4", "unknown-parameter"),
        ("/3/3/6?level=town&level=city", "unknown-parameter"),
        ("/3/3/6?level=street", "parameter-value"),
        ("?f=xml", "parameter-value"),
        ("?level=street", "parameter-value"),
        ("?zoom=3", "unknown-parameter"),
    ],
)
async def test_a_wrong_parameter_is_named(client, gis, rest, slug):
    answer = await client.get(f"/ogc/collections/governance_grids/tiles/{TMS}{rest}", headers=gis)
    assert (answer.status_code, answer.json()["type"]) == (400, f"/problems/{slug}")


@pytest.mark.parametrize("collection", ["party_grids", "links", "tasks"])
async def test_what_has_no_levels_has_no_such_parameter(client, gis, collection):
    answer = await client.get(path(collection, tile_at(9), level="town"), headers=gis)
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/unknown-parameter")


async def test_nobody_reads_a_tile_without_a_key(client, login):
    answer = await client.get(path("governance_grids", tile_at(9)))
    assert answer.status_code == 401
    member = await login("member")
    answer = await client.get(path("overlay", tile_at(9)), headers=member)
    assert answer.status_code == 403


def test_an_api_key_reads_tiles_by_basic(city):
    mapping = make_key(city, actions=(Action.GRID_READ,))
    here = f"{city.url}{path('governance_grids', tile_at(9))}"
    answer = city.http.get(here, auth=(mapping.username, mapping.key))
    assert (answer.status_code, answer.headers["content-type"]) == (200, MVT)
    assert answer.content
    answer = city.http.get(f"{city.url}{path('overlay', tile_at(9))}", auth=(mapping.username, mapping.key))
    assert answer.status_code == 403


@pytest.fixture
def made(monkeypatch):
    """The tiles that are made while a test runs, and a moment that each takes."""
    calls = []
    make = routes.tile

    async def counted(session, collection, who, at, level):
        calls.append((collection.id, at))
        await asyncio.sleep(0.05)
        return await make(session, collection, who, at, level)

    monkeypatch.setattr(routes, "tile", counted)
    return calls


@pytest.mark.parametrize("collection", COLLECTIONS)
async def test_a_tile_is_made_once_for_each_map(client, gis, tasks, made, collection):
    at = tile_at(9)
    first = await answer_of(client, gis, collection, at)
    again = await answer_of(client, gis, collection, at)
    assert again.content == first.content
    if collection in FOLLOW_THE_MAP:
        assert len(made) == 1
        assert again.headers["etag"] == first.headers["etag"]
        assert again.headers["cache-control"] == "private, max-age=60"
    else:
        assert len(made) == 2
        assert "etag" not in again.headers
        assert again.headers["cache-control"] == "no-store"


async def test_who_has_the_tile_is_told_so_without_it_being_made(client, gis, made):
    at = tile_at(9)
    etag = (await answer_of(client, gis, "overlay", at)).headers["etag"]
    for given in (etag, etag.removeprefix("W/"), f'"other", {etag}', "*"):
        answer = await client.get(path("overlay", at), headers=gis | {"If-None-Match": given})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == etag
    assert len(made) == 1
    answer = await client.get(path("overlay", at), headers=gis | {"If-None-Match": '"other"'})
    assert answer.status_code == 200
    client._transport.app.state.tiles._tiles.clear()
    answer = await client.get(path("overlay", at), headers=gis | {"If-None-Match": etag})
    assert answer.status_code == 304
    assert len(made) == 1


async def test_each_tile_and_each_level_has_a_tag_of_its_own(client, gis):
    at = tile_at(9)
    tags = [
        (await answer_of(client, gis, collection, each, **query)).headers["etag"]
        for collection, each, query in (
            ("governance_grids", at, {}),
            ("governance_grids", at, {"level": "town"}),
            ("governance_grids", tile_at(10), {}),
            ("overlay", at, {}),
        )
    ]
    assert len(set(tags)) == len(tags)


async def test_another_scope_never_gets_the_tile(client, login, gis, tmp_path):
    at = tile_at(8)
    one = await login("gis", areas=["440802"])
    for collection in ("overlay", "gaps", "overlaps", "coverage"):
        whole = await ids_of(client, gis, tmp_path, collection, at)
        part = await ids_of(client, one, tmp_path, collection, at)
        assert part < whole
        if COLLECTIONS[collection].area:
            assert part
            assert {each[:6] for each in part} == {"440802"}
        # The other way round too: what the part has left in the memory is not the whole.
        assert await ids_of(client, gis, tmp_path, collection, at) == whole
        assert await ids_of(client, one, tmp_path, collection, at) == part
    etag = (await answer_of(client, gis, "overlay", at)).headers["etag"]
    answer = await client.get(path("overlay", at), headers=one | {"If-None-Match": etag})
    assert answer.status_code == 200


async def test_those_with_the_same_areas_share_tiles(client, login, made):
    for _ in range(2):
        await answer_of(client, await login("gis", areas=["440802", "440803"]), "overlay", tile_at(9))
        await answer_of(client, await login("dispatcher", areas=["440803", "440802"]), "overlay", tile_at(9))
    assert len(made) == 1


async def changed_grid(session, code):
    """A governance grid as it is, with another name."""
    row = (
        await session.execute(
            text("SELECT *, ST_AsBinary(geom) AS wkb FROM published_governance_grids WHERE code = :code"),
            {"code": code},
        )
    ).one()
    return NewGrid(
        Layer.GOVERNANCE, code, "新名", shapely.from_wkb(row.wkb), name_en=row.name_en, level=row.level,
        parent_code=row.parent_code, invented=row.invented,
    )  # fmt: skip


async def test_an_edit_of_the_map_gives_a_new_tag_and_a_new_tile(
    client, gis, sessions, clock, tmp_path, made
):
    at = tile_at(8)
    before = await answer_of(client, gis, "governance_grids", at)
    codes = read_tile(tmp_path, before.content, at)[0]["code"]
    async with sessions.begin() as session:
        edited = await edit_grids(session, [await changed_grid(session, codes[0])], [], clock())
    assert edited.edition is not None
    after = await client.get(
        path("governance_grids", at), headers=gis | {"If-None-Match": before.headers["etag"]}
    )
    assert after.status_code == 200
    assert after.headers["etag"] != before.headers["etag"]
    columns, _ = read_tile(tmp_path, after.content, at)
    assert dict(zip(columns["code"], columns["name"], strict=True))[codes[0]] == "新名"
    assert len(made) == 2


async def test_a_unit_that_is_renamed_is_renamed_in_tiles(client, gis, sessions, tmp_path):
    at = tile_at(9)
    before = await answer_of(client, gis, "party_grids", at)
    grids = await answer_of(client, gis, "governance_grids", at)
    code = read_tile(tmp_path, before.content, at)[0]["unit_code"][0]
    async with sessions.begin() as session:
        await session.execute(text("UPDATE unit SET name = '改名局' WHERE code = :code"), {"code": code})
    after = await answer_of(client, gis, "party_grids", at)
    assert after.headers["etag"] != before.headers["etag"]
    assert "改名局" in read_tile(tmp_path, after.content, at)[0]["unit_name"]
    assert (await answer_of(client, gis, "governance_grids", at)).headers["etag"] == grids.headers["etag"]


def test_who_asks_at_the_same_time_waits_for_one_tile(city, gis_key, made):
    at = tile_at(11)
    key = {"Authorization": f"Bearer {gis_key.key}"}

    async def ask():
        transport = httpx.ASGITransport(city.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://vanguard.test") as client:
            return await asyncio.gather(*(client.get(path("overlay", at), headers=key) for _ in range(10)))

    answers = city.run(ask())
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert len(made) == 1


async def test_no_more_is_kept_than_the_setting_says(settings, sessions, clock, gis, made):
    at = tile_at(9)
    async with serving(settings.model_copy(update={"tile_cache_bytes": 2_000}), sessions, clock) as client:
        for _ in range(2):
            await answer_of(client, gis, "links", Tile(3, 0, 0))
        assert len(made) == 1
        for _ in range(2):
            await answer_of(client, gis, "overlay", at)
        assert client._transport.app.state.tiles.held_bytes <= 2_000
        assert len(made) == 3


async def test_the_way_leads_from_the_landing_page_to_a_tile(client, gis, ask):
    found = await ask("")
    (schemes,) = [link for link in found["links"] if link["rel"].endswith("/tiling-schemes")]
    listed = (await client.get(schemes["href"])).json()["tileMatrixSets"]
    assert (await client.get(listed[0]["links"][0]["href"])).json()["id"] == TMS
    for name in COLLECTIONS:
        collection = await ask(f"/collections/{name}")
        (tilesets,) = [link for link in collection["links"] if link["rel"].endswith("/tilesets-vector")]
        listed = (await client.get(tilesets["href"], headers=gis)).json()["tilesets"]
        answer = await client.get(listed[0]["links"][0]["href"], headers=gis)
        (item,) = [link for link in answer.json()["links"] if link["rel"] == "item"]
        assert (item["templated"], item["type"]) == (True, MVT)
        (limit,) = [each for each in answer.json()["tileMatrixSetLimits"] if each["tileMatrix"] == "10"]
        names = ("tileMatrix", "tileRow", "tileCol")
        values = (10, limit["minTileRow"], limit["minTileCol"])
        for variable, value in zip(names, values, strict=True):
            item["href"] = item["href"].replace(f"{{{variable}}}", str(value))
        assert (await client.get(item["href"], headers=gis)).status_code == 200


async def test_tilejson_has_the_template_with_row_and_column_in_place(client, gis, ask):
    found = await ask(f"/collections/overlay/tiles/{TMS}", f="tilejson", level="town")
    (template,) = found["tiles"]
    assert template.endswith(f"/ogc/collections/overlay/tiles/{TMS}/{{z}}/{{y}}/{{x}}?level=town")
    at = tile_at(9)
    here = template.format(z=at.z, y=at.row, x=at.col)
    answer = await client.get(here, headers=gis)
    assert answer.content == (await answer_of(client, gis, "overlay", at, level="town")).content != b""
    assert found["vector_layers"][0]["id"] == "overlay"
    west, south, east, north = found["bounds"]
    assert west < PLACE[0] < east
    assert south < PLACE[1] < north


async def test_templates_are_right_behind_a_proxy(app, gis):  # noqa: F811
    async with behind(app) as client:
        here = f"/ogc/collections/links/tiles/{TMS}"
        found = (await client.get(here, headers=gis | PROXY)).json()
        tilejson = (await client.get(f"{here}?f=tilejson", headers=gis | PROXY)).json()
    for href in (*(link["href"] for link in found["links"]), *tilejson["tiles"]):
        assert href.startswith("https://gis.example.cn/vanguard/ogc/")


def test_the_matrix_set_has_the_standards_numbers():
    first, *_, last = matrix_set()["tileMatrices"]
    assert np.isclose(first["scaleDenominator"], 559082264.028717)
    assert np.isclose(first["cellSize"], 156543.033928041)
    assert (last["id"], last["matrixWidth"]) == ("22", 1 << 22)
    assert np.isclose(last["scaleDenominator"], 133.295598990459)


def test_places_and_tiles_are_each_others_inverse():
    for z in (0, 5, 14, 22):
        col, row = place(*PLACE, z)
        assert np.allclose((longitude(col, z), latitude(row, z)), PLACE, atol=1e-9)
    for each in limits((109.66, 20.21, 110.97, 21.96)):
        assert each.rows[0] <= tile_at(each.z).row <= each.rows[1]
        assert each.cols[0] <= tile_at(each.z).col <= each.cols[1]


async def test_the_features_of_a_tile_are_found_by_an_index(session):
    for collection, index in (("governance_grids", "ix_grid_version"), ("overlay", "ix_overlay_geom")):
        statement = tile_statement(COLLECTIONS[collection], ("4408",), None, "grid").params(
            place_of(tile_at(14))
        )
        compiled = str(statement.compile(session.bind, compile_kwargs={"literal_binds": True}))
        plan = "\n".join(await session.scalars(text("EXPLAIN " + compiled.replace(":", "\\:"))))
        assert index in plan, plan
