"""Imports are tested on the small map of tests/roster: squares in a row, two counties, two units."""

import json
from collections.abc import Sequence
from io import BytesIO

import pytest
import shapely
from openpyxl import Workbook
from sqlalchemy import text

from service.grids.commands.grids import NewGrid, add_grids
from service.grids.commands.rebuild import derive
from service.grids.rules import Layer
from tests.roster.conftest import EAST, EAST_UNIT, SIDE, WEST, WEST_UNIT, City, build, square

P_WEST, P_EAST = "P-WEST", "P-EAST"
"""Party grids over the first two squares; the last two are a gap."""
TABLES = (
    *("grid", "grid_version", "overlay", "gap", "party_overlap", "crossing", "link", "unit", "member"),
    *("member_skill", "import", "import_change", "outbox", "kept_answer"),
)
"""What an import that is refused leaves as it is."""


async def build_map(session, now):
    """The squares with two party grids, committed."""
    await build(session, now)
    await add_grids(
        session,
        [
            NewGrid(Layer.PARTY, P_WEST, "西片", square(0), unit_code=WEST_UNIT),
            NewGrid(Layer.PARTY, P_EAST, "东片", square(1), unit_code=EAST_UNIT),
        ],
        now,
    )
    await derive(session, now)
    await session.commit()


@pytest.fixture
async def city(session, clock):
    """The map with its units, skills and party grids, and nobody in it."""
    await build_map(session, clock.at)
    return City(session, clock)


@pytest.fixture
async def gis(login):
    """Headers of the whole city's GIS officer."""
    return await login("gis", areas=["4408"])


@pytest.fixture
async def admin(login):
    """Headers of an administrator."""
    return await login("admin")


@pytest.fixture
async def manager(login):
    """Headers of the western unit's manager."""
    return await login("unit_manager", units=[WEST_UNIT])


def feature(shape, **properties):
    """One feature of a GeoJSON file; None is a null geometry, a dictionary is taken as it is."""
    geometry = shape if shape is None or isinstance(shape, dict) else json.loads(shapely.to_geojson(shape))
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def grid(code, shape, name=None, **more):
    """A feature of a governance grid."""
    return feature(shape, code=code, name=name or f"新{code}", **more)


def party(code, shape, unit=WEST_UNIT, name=None, **more):
    """A feature of a party grid."""
    return feature(shape, code=code, name=name or f"新{code}", unit_code=unit, **more)


def link(code, line, name="渡口", kind="ferry", minutes=10, **more):
    """A feature of a link."""
    return feature(line, code=code, name=name, kind=kind, minutes=minutes, **more)


def geojson(*features, crs="urn:ogc:def:crs:EPSG::4490"):
    """A GeoJSON file that names its coordinate system, or with None does not."""
    collection = {"type": "FeatureCollection", "features": list(features)}
    if crs is not None:
        collection["crs"] = {"type": "name", "properties": {"name": crs}}
    return json.dumps(collection, ensure_ascii=False).encode()


def csv(*rows: Sequence[object]) -> bytes:
    """A table, the first row its columns."""
    return "\n".join(",".join("" if cell is None else str(cell) for cell in row) for row in rows).encode()


def xlsx(*rows: Sequence[object]) -> bytes:
    """The same as a workbook."""
    book = Workbook()
    for row in rows:
        book.active.append(list(row))
    content = BytesIO()
    book.save(content)
    return content.getvalue()


MEMBERS = ("number", "name", "unit_code", "home_community", "tier", "skills")


def members(*rows, columns=MEMBERS):
    """A file of members."""
    return csv(columns, *rows)


def someone(number, name="测试甲", unit=WEST_UNIT, home=WEST, tier="normal", skills=""):
    """A row of it."""
    return (number, name, unit, home, tier, skills)


NAMES = {
    "governance-grids": "grids.geojson",
    "party-grids": "party.geojson",
    "links": "links.geojson",
    "units": "units.csv",
    "members": "members.csv",
}


@pytest.fixture
def send(client):
    """`answer = await send(kind, content, headers, dry_run=True)`."""
    return sender(client)


def sender(client):
    """What sends files to a client's application."""

    async def send(kind, content, headers, *, name=None, key=None, language="en", **query):
        headers = headers | {"Accept-Language": language} | ({"Idempotency-Key": key} if key else {})
        return await client.post(
            f"/api/v1/imports/{kind}",
            params={each: value for each, value in query.items() if value is not None},
            files={"file": (name or NAMES[kind], content)},
            headers=headers,
        )

    return send


@pytest.fixture
def counts(session):
    """`before = await counts()`: the rows of each table, and the edition's number."""

    async def counts():
        rows = {table: await session.scalar(text(f'SELECT count(*) FROM "{table}"')) for table in TABLES}
        rows["edition"] = await session.scalar(text("SELECT number FROM edition"))
        await session.rollback()
        return rows

    return counts


def reasons(report):
    """(row, field, reason) of each defect that a report lists."""
    return [(each["row"], each["field"], each["reason"]) for each in report["defects"]["items"]]


def noted(report):
    """The reasons of its notes."""
    return set(report["notes"]["by_reason"])


__all__ = ["EAST", "EAST_UNIT", "SIDE", "WEST", "WEST_UNIT", "square"]
