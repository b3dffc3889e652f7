"""CQL2: only what is on the list becomes SQL, nothing of a filter's text does, and it means what it says."""

import json
import re
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
import shapely
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from shapely.geometry import shape
from sqlalchemy import select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.elements import BindParameter
from sqlalchemy.sql.visitors import iterate

from service.errors import Malformed
from service.ogc.collections import COLLECTIONS
from service.ogc.cql.filters import JSON, LONGEST, TEXT, condition
from service.ogc.cql.values import SUPPORTED, Reading
from service.ogc.queries.views import view_of
from service.ogc.systems import CRS84, SYSTEMS

VERSIONS = COLLECTIONS["grid_versions"]
VIEW = view_of(VERSIONS)
READING = Reading(VERSIONS, VIEW, SYSTEMS[CRS84], UTC)
START = datetime(2026, 6, 1, tzinfo=UTC)
MOMENTS = [START + timedelta(hours=6 * number) for number in range(12)]
MARK = "ZQX"
"""Is in every name and text that is made up here, and in no statement."""


def statement_of(filter_, language=JSON):
    """The SQL of a filter, and the values that are bound in it."""
    found = select(VIEW.c.id).where(condition(filter_, language, READING))
    return str(found.compile(dialect=postgresql.dialect())), [
        each.value for each in iterate(found) if isinstance(each, BindParameter)
    ]


# Trees that are right.

TEXTS = st.sampled_from(["a", "B", "ab%", "_b", "", "赤坎", "a'; DROP TABLE grid; --"])
MOMENT = st.sampled_from(MOMENTS).map(lambda each: {"timestamp": each.isoformat().replace("+00:00", "Z")})
TEXT_PROPERTY = st.sampled_from(["name", "name_en", "code", "unit_code"]).map(lambda name: {"property": name})
NUMBER = st.sampled_from([-1.5, 0, 1, 2, 2.5, 1e6])
AREA = st.just({"property": "area_m2"})
TIME_PROPERTY = st.sampled_from(["valid_from", "valid_to"]).map(lambda name: {"property": name})
PERIOD = st.just({"interval": [{"property": "valid_from"}, {"property": "valid_to"}]})
SHAPE = st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(1, 3)).map(
    lambda each: json.loads(
        shapely.to_geojson(shapely.box(each[0], each[1], each[0] + each[2], each[1] + each[2]))
    )
)
COMPARE = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])


def node(operator, *arguments):
    """A node of the tree, with arguments that are drawn."""
    return st.tuples(*arguments).map(lambda each: {"op": operator, "args": list(each)})


LITERAL_PERIOD = st.tuples(st.sampled_from(MOMENTS), st.sampled_from(MOMENTS)).map(
    lambda two: {"interval": [each.isoformat().replace("+00:00", "Z") for each in sorted(two)]}
)
LEAVES = st.one_of(
    COMPARE.flatmap(lambda operator: node(operator, TEXT_PROPERTY, TEXTS)),
    COMPARE.flatmap(lambda operator: node(operator, TEXTS, TEXT_PROPERTY)),
    COMPARE.flatmap(lambda operator: node(operator, AREA, NUMBER)),
    COMPARE.flatmap(lambda operator: node(operator, TEXT_PROPERTY, TEXT_PROPERTY)),
    COMPARE.flatmap(lambda operator: node(operator, TIME_PROPERTY, MOMENT)),
    node("=", st.just({"property": "leaf"}), st.booleans()),
    st.just({"property": "invented"}),
    st.booleans(),
    node("like", TEXT_PROPERTY, TEXTS),
    node("isNull", TEXT_PROPERTY),
    node("between", AREA, NUMBER, NUMBER),
    node("in", TEXT_PROPERTY, st.lists(TEXTS, min_size=1, max_size=3)),
    st.sampled_from(["=", "<>"]).flatmap(
        lambda operator: node(operator, node("casei", TEXT_PROPERTY), node("casei", TEXTS))
    ),
    st.sampled_from(["s_intersects", "s_disjoint", "s_within", "s_contains"]).flatmap(
        lambda operator: node(operator, st.just({"property": "geom"}), SHAPE)
    ),
    st.sampled_from(["t_before", "t_after", "t_during", "t_intersects", "t_disjoint"]).flatmap(
        lambda operator: node(operator, st.one_of(PERIOD, TIME_PROPERTY), st.one_of(MOMENT, LITERAL_PERIOD))
    ),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.sampled_from(["and", "or"]).flatmap(
            lambda operator: st.lists(inner, min_size=1, max_size=3).map(
                lambda each: {"op": operator, "args": each}
            )
        ),
        inner.map(lambda each: {"op": "not", "args": [each]}),
    ),
    max_leaves=6,
)


# What they mean, once more, in Python: True, False or None where that is not known.


def both(*values):
    """And."""
    return False if False in values else None if None in values else True


def not_so(value):
    """Not."""
    return None if value is None else not value


def either(*values):
    """Or."""
    return not_so(both(*map(not_so, values)))


def plain(value, row):
    """A property's or a literal's value."""
    if isinstance(value, dict) and "property" in value:
        return row[value["property"]]
    if isinstance(value, dict) and value.get("op") == "casei":
        inner = plain(value["args"][0], row)
        return None if inner is None else inner.lower()
    if isinstance(value, dict) and "timestamp" in value:
        return datetime.fromisoformat(value["timestamp"])
    return value


def compared(operator, left, right):
    """One value against another, in the order of code points."""
    if left is None or right is None:
        return None
    return {
        "=": left == right,
        "<>": left != right,
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
    }[operator]


def like(value, pattern):
    """LIKE."""
    if value is None:
        return None
    parts = {"%": ".*", "_": "."}
    return bool(re.fullmatch("".join(parts.get(each, re.escape(each)) for each in pattern), value, re.DOTALL))


def timed(operator, of, literal, row):
    """A time or a period against a moment or a period."""
    tick = timedelta(microseconds=1)
    if "interval" in literal:
        first, last = map(datetime.fromisoformat, literal["interval"])
        last += tick
    else:
        first = datetime.fromisoformat(literal["timestamp"])
        last = first + tick
    if "interval" in of:
        begins, ends = (row[each["property"]] for each in of["interval"])
        over = {moment: ends is not None and ends <= moment for moment in (first, last)}
    else:
        begins = row[of["property"]]
        over = {moment: None if begins is None else begins < moment for moment in (first, last)}
    before = over[first]
    after = None if begins is None else begins >= last
    inside = both(None if begins is None else begins >= first, over[last])
    apart = either(before, after)
    return {
        "t_before": before,
        "t_after": after,
        "t_disjoint": apart,
        "t_intersects": not_so(apart),
        "t_during": inside,
    }[operator]


def meant(tree, row):
    """What a filter says of a row."""
    if isinstance(tree, bool):
        return tree
    if "property" in tree:
        return row[tree["property"]]
    operator, arguments = tree["op"], tree["args"]
    if operator == "and":
        return both(*(meant(each, row) for each in arguments))
    if operator == "or":
        return either(*(meant(each, row) for each in arguments))
    if operator == "not":
        return not_so(meant(arguments[0], row))
    if operator.startswith("s_"):
        ground, other = shapely.from_wkb(row["wkb"]), shape(arguments[1])
        return bool(getattr(ground, operator[2:])(other))
    if operator.startswith("t_"):
        return timed(operator, *arguments, row)
    values = [each if isinstance(each, list) else plain(each, row) for each in arguments]
    if operator == "like":
        return like(*values)
    if operator == "isNull":
        return values[0] is None
    if operator == "in":
        return either(*(compared("=", values[0], each) for each in values[1]))
    if operator == "between":
        return both(compared(">=", values[0], values[1]), compared("<=", values[0], values[2]))
    return compared(operator, *values)


ROWS = """
    CREATE TEMPORARY TABLE published_grid_versions ON COMMIT DROP AS
    SELECT gen_random_uuid() AS id, (ARRAY['a', 'B', 'ab', 'b赤坎', '赤坎'])[1 + i % 5] AS name,
           (ARRAY['a', NULL, 'AB'])[1 + i % 3] AS name_en, (ARRAY['a', 'c'])[1 + i % 2] AS code, NULL AS unit_code,
           (ARRAY[0, 1, 2, 2.5, NULL]::float8[])[1 + i % 5] AS area_m2, i % 2 = 0 AS leaf, i % 7 = 0 AS invented,
           CASE WHEN i % 11 > 0 THEN CAST('2026-06-01Z' AS timestamptz) + i % 6 * interval '6 hours' END AS valid_from,
           CASE WHEN i % 4 > 0 THEN CAST('2026-06-01Z' AS timestamptz) + (i % 6 + 1 + i % 4) * interval '6 hours' END
               AS valid_to,
           ST_MakeEnvelope(i % 5, i % 4, i % 5 + 1 + i % 3, i % 4 + 1 + i % 2, 4490) AS geom
    FROM generate_series(1, 120) i
"""


@pytest.fixture
async def rows(session):
    """A few made-up versions in the place of the view, and what they hold."""
    await session.execute(text(ROWS))
    found = await session.execute(text("SELECT *, ST_AsBinary(geom) AS wkb FROM published_grid_versions"))
    return [dict(row) for row in found.mappings()]


async def test_a_filter_finds_what_it_means(session, rows):
    """One database for all examples: they only read."""
    trees = []

    @settings(
        max_examples=250,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(TREES)
    def collect(tree):
        trees.append(tree)

    collect()
    some = 0
    for tree in trees:
        found = await session.scalars(select(VIEW.c.id).where(condition(json.dumps(tree), JSON, READING)))
        expected = {row["id"] for row in rows if meant(tree, row) is True}
        assert set(found) == expected, tree
        some += 0 < len(expected) < len(rows)
    assert some > 100


# Trees that may be anything.

NAMES = st.sampled_from(
    [f"{MARK}", f"pg_sleep{MARK}", "property", "op", f'x"; DROP {MARK}', "name", "area_m2", "geom"]
)
JUNK = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=5).map(lambda each: f"{MARK}{each}'"),
        NAMES.map(lambda name: {"property": name}),
        st.just({"timestamp": MARK}),
        st.just({"type": "Point", "coordinates": [1, 2]}),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(NAMES, inner, max_size=3),
        st.tuples(
            st.one_of(
                st.sampled_from(SUPPORTED.split(", ")),
                NAMES,
                st.sampled_from(["+", "*", "a_equals", "pg_sleep"]),
            ),
            st.lists(inner, max_size=4),
        ).map(lambda each: {"op": each[0], "args": each[1]}),
    ),
    max_leaves=12,
)
WORDS = {
    *("SELECT", "FROM", "WHERE", "AND", "OR", "NOT", "IS", "NULL", "LIKE", "BETWEEN", "VARCHAR", "UUID"),
    *("TIMESTAMP", "WITH", "TIME", "ZONE", "published_grid_versions", "lower", "coalesce", "true", "false"),
    *(
        "ST_GeomFromWKB",
        "ST_Intersects",
        "ST_Disjoint",
        "ST_Within",
        "ST_Contains",
        "ST_Touches",
        "ST_Crosses",
    ),
    *("ST_Overlaps", "ST_Equals"),
}
"""All that a statement may be made of, beside the view's columns and parameters."""


@settings(
    max_examples=600, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)
@given(st.one_of(JUNK, TREES))
@example({"op": "like", "args": [{"property": "name"}, "\\"]})
@example({"op": "=", "args": [{"property": "area_m2"}, 10**400]})
def test_nothing_of_a_filter_stands_in_the_statement(tree):
    with suppress(Malformed):
        sql, values = statement_of(json.dumps(tree))
        assert MARK not in sql
        assert "'" not in sql
        outside = re.sub(r"%\(\w+\)s|published_grid_versions\.\w+", "", sql)
        words = set(re.findall(r"[A-Za-z_]\w*", outside))
        assert words <= WORDS, outside
        assert not re.search(r"\d", outside.replace("4490", "")), outside
        assert values is not None


@settings(max_examples=300, derandomize=True, database=None, deadline=None)
@given(st.text(st.sampled_from("a1'\"()=<>, .%NOTAND-+*/é赤"), max_size=40))
def test_any_text_is_a_filter_or_a_400(given_text):
    with suppress(Malformed):
        condition(given_text, TEXT, READING)


@pytest.mark.parametrize(
    ("filter_", "slug", "named"),
    [
        ("pg_sleep(5) = 1", "filter-unsupported", "pg_sleep"),
        ("query_to_xml('select * from member', true, true, '') = 'x'", "filter-unsupported", "query_to_xml"),
        ("name = version()", "filter-unsupported", "version"),
        ("pg_sleep(5)", "filter-unsupported", "pg_sleep"),
        ("area_m2 * 2 > 4", "filter-unsupported", "*"),
        ("area_m2 > 4 + 4", "filter-unsupported", "+"),
        ("1 = 1", "filter-unsupported", "1"),
        ("ACCENTI(name) = ACCENTI('x')", "filter-unsupported", "accenti"),
        ("A_CONTAINS(name, ('a', 'b'))", "filter-unsupported", "a_contains"),
        ("T_MEETS(valid_from, DATE('2026-01-01'))", "filter-unsupported", "t_meets"),
        ("password_hash = 'x'", "filter-property", "password_hash"),
        ("geom = 'x'", "filter-property", "geom"),
        ("S_INTERSECTS(name, POINT(1 1))", "filter-unsupported", "s_intersects"),
        ("area_m2 > 'x'", "filter-type", "area_m2"),
        ("name > 5", "filter-type", "name"),
        ("name = area_m2", "filter-type", "name"),
        ("leaf = 1", "filter-type", "leaf"),
        ("leaf > true", "filter-unsupported", "leaf"),
        ("valid_from > 'yesterday'", "filter-type", "valid_from"),
        ("id = 'x'", "filter-type", "id"),
        ("name LIKE 'x\\'", "filter-type", "like"),
        ("area_m2 LIKE 'x'", "filter-type", "area_m2"),
        ("name BETWEEN 1 AND 2", "filter-type", "name"),
        ("S_INTERSECTS(geom, POLYGON((0 0, 1 1, 0 1, 1 0, 0 0)))", "filter-type", "geom"),
        ("S_WITHIN(geom, GEOMETRYCOLLECTION(POINT(1 1)))", "filter-type", "geom"),
        ("T_DURING(valid_from, INTERVAL('..', '..'))", "filter-type", "INTERVAL"),
        ("T_DURING(valid_from, INTERVAL('2026-02-01', '2026-01-01'))", "filter-type", "INTERVAL"),
        ("level =", "filter-syntax", "cql2-text"),
        ("leaf OR", "filter-syntax", "cql2-text"),
        ("name = 'a\x00'", "filter-syntax", "U+0000"),
        (f"name = '{'x' * LONGEST}'", "filter-too-large", str(LONGEST)),
        ("(" * 40 + "leaf", "filter-too-large", str(LONGEST)),
        ("(" * 8 + "leaf" + ")" * 8, "filter-too-large", str(LONGEST)),
        ("area_m2 = " + "-" * 3900 + "1", "filter-too-large", str(LONGEST)),
        (" AND ".join(["leaf"] * 500), "filter-too-large", str(LONGEST)),
    ],
)
async def test_what_is_wrong_with_a_filter_is_named(client, gis, filter_, slug, named):
    answer = await client.get("/ogc/collections/grid_versions/items", params={"filter": filter_}, headers=gis)
    if "\x00" in filter_:
        slug = "parameter-value"
    assert (answer.status_code, answer.json()["type"]) == (400, f"/problems/{slug}"), answer.text
    assert named in answer.json()["detail"]


async def test_brackets_in_quotes_are_no_brackets(client, gis):
    params = {"filter": f"name = '{'(' * 40}'"}
    answer = await client.get("/ogc/collections/grid_versions/items", params=params, headers=gis)
    assert answer.status_code == 200


WORST = [
    "(" * 7 + " AND ".join(["(leaf)"] * 380) + " !" + ")" * 6,
    "area_m2 = " + "- - - - - - - - - 1 + " * 150 + "1",
    "NOT " * 990 + "leaf",
    "S_INTERSECTS(geom, POLYGON((" + ",".join(f"{i} {i}" for i in range(450)) + "))) !",
]


def test_the_worst_that_passes_the_measure_neither_crashes_nor_hangs():
    program = (
        "import json, sys\n"
        "from service.errors import Malformed\n"
        "from tests.ogc.test_cql import condition, READING, TEXT\n"
        "for each in json.load(sys.stdin):\n"
        "    try:\n"
        "        condition(each, TEXT, READING)\n"
        "    except Malformed:\n"
        "        pass\n"
        "    print('read')\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], input=json.dumps(WORST), capture_output=True, text=True, timeout=120
    )
    assert run.stdout.split() == ["read"] * len(WORST), run.stderr


@pytest.mark.parametrize("order", [CRS84, "http://www.opengis.net/def/crs/EPSG/0/4490"])
async def test_shapes_of_a_filter_are_in_its_system(client, gis, order):
    corners = [(110.35, 21.25), (110.4, 21.25), (110.4, 21.3), (110.35, 21.3), (110.35, 21.25)]
    ring = ",".join(f"{x} {y}" if order == CRS84 else f"{y} {x}" for x, y in corners)
    params = {"filter": f"S_INTERSECTS(geom, POLYGON(({ring})))", "filter-crs": order, "limit": 10000}
    found = await client.get("/ogc/collections/governance_grids/items", params=params, headers=gis)
    box = {"bbox": "110.35,21.25,110.40,21.30", "limit": 10000}
    expected = await client.get("/ogc/collections/governance_grids/items", params=box, headers=gis)
    assert found.json()["features"] == expected.json()["features"] != []
    as_json = {
        "op": "s_intersects",
        "args": [
            {"property": "geom"},
            {"type": "Polygon", "coordinates": [[list(each) for each in corners]]},
        ],
    }
    params = {"filter": json.dumps(as_json), "filter-lang": "cql2-json", "limit": 10000}
    again = await client.get("/ogc/collections/governance_grids/items", params=params, headers=gis)
    assert again.json()["features"] == expected.json()["features"]
