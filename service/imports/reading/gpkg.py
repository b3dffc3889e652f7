"""GeoPackages (OGC 12-128r18). Their tables are looked at through SQLite before GDAL reads the one that is wanted."""

import sqlite3
from contextlib import closing
from pathlib import Path

from shapely.geometry.base import BaseGeometry

from service.errors import Invalid
from service.imports.reading import gdal
from service.imports.reading.faults import Faults
from service.imports.reading.limits import Limits
from service.imports.reading.raw import Counter, Raw, RawRow, as_text, unique
from service.imports.reading.shapes import GEOMETRY, BadShape, from_wkb
from service.imports.rules import shortened

FORMAT = "GeoPackage"
_BYTES_A_VERTEX = 32
_STEPS_A_BYTE = 20
"""Of SQLite's machine: what a scan of the file may take, many times over."""


def read(path: Path, layer: str | None, faults: Faults, limits: Limits) -> Raw:
    """The one layer of features, or the one that `layer` names. `path` must end in .gpkg.

    Raises Invalid `file-broken`, `layers-several`, `layer-unknown`, `layer-not-plain`, and as `Counter` and `unique`.
    """
    try:
        with closing(_opened(path)) as base:
            name, crs = _looked_at(base, layer, limits)
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        raise Invalid("file-broken", format=FORMAT, why=shortened(str(error), 120)) from error
    found = gdal.read(path, FORMAT, limits.rows, layer=name)
    counter = Counter(limits)
    counter.columns(len(found.columns))
    columns = unique(column.strip() for column in found.columns)
    rows: list[RawRow] = []
    for row, wkb in enumerate(found.geometry, 1):
        shape: BaseGeometry | None = None
        told = False
        try:
            shape = from_wkb(wkb)
        except BadShape as bad:
            faults.defect(row, GEOMETRY, bad.reason, **bad.detail)
            told = True
        counter.row(len(columns), shape)
        values = {
            column: as_text(gdal.scalar(array[row - 1]), row, column, faults, limits)
            for column, array in zip(columns, found.values, strict=True)
        }
        rows.append(RawRow(values, shape, told))
    return Raw(name, crs, None, columns, tuple(rows))


def _opened(path: Path) -> sqlite3.Connection:
    """The database, read only, with nothing in it trusted, and each query stopped that takes far more than a scan."""
    base = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
    base.execute("PRAGMA trusted_schema = OFF")
    left = path.stat().st_size * _STEPS_A_BYTE

    def spent() -> int:
        nonlocal left
        left -= 10_000
        return int(left < 0)

    base.set_progress_handler(spent, 10_000)
    return base


def _looked_at(base: sqlite3.Connection, layer: str | None, limits: Limits) -> tuple[str, str | None]:
    """The table to read and its coordinate system, once it is sure that it gives no more than the file holds."""
    tables = [
        str(name)
        for (name,) in base.execute(
            "SELECT table_name FROM gpkg_contents WHERE data_type = 'features' LIMIT 1000"
        )
    ]
    shown = shortened(", ".join(tables), 200) or "—"
    if layer is not None and layer not in tables:
        raise Invalid("layer-unknown", found=shortened(layer), layers=shown)
    if layer is None and len(tables) != 1:
        if not tables:
            raise Invalid("file-broken", format=FORMAT, why="gpkg_contents has no features")
        raise Invalid("layers-several", layers=shown)
    name = layer or tables[0]
    plain = base.execute(
        "SELECT 1 FROM sqlite_master WHERE type = 'table' AND lower(name) = lower(?)"
        " AND sql NOT LIKE 'CREATE VIRTUAL%'",
        (name,),
    ).fetchone()
    quoted = '"' + name.replace('"', '""') + '"'
    # Views, virtual tables and generated columns can make much out of little; so can pages that are used twice.
    if plain is None or any(row[6] > 1 for row in base.execute(f"PRAGMA table_xinfo({quoted})")):
        raise Invalid("layer-not-plain", layer=shortened(name))
    (state,) = base.execute("PRAGMA quick_check(1)").fetchone()
    if state != "ok":
        raise Invalid("file-broken", format=FORMAT, why=shortened(str(state), 120))
    geometry = base.execute(
        "SELECT column_name, srs_id FROM gpkg_geometry_columns WHERE lower(table_name) = lower(?)", (name,)
    ).fetchone()
    if geometry is None:
        return name, None
    column = '"' + str(geometry[0]).replace('"', '""') + '"'
    (count, size) = base.execute(f"SELECT count(*), total(length({column})) FROM {quoted}").fetchone()
    if count > limits.rows:
        raise Invalid("rows-too-many", most=limits.rows)
    if size > limits.vertices * _BYTES_A_VERTEX + limits.rows * 128:
        raise Invalid("vertices-too-many", most=limits.vertices)
    return name, _crs(base, geometry[1])


def _crs(base: sqlite3.Connection, srs_id: int) -> str | None:
    """By its authority's code, else by its definition; None of -1 and 0, which mean that nobody knows."""
    if srs_id in (-1, 0):
        return None
    found = base.execute(
        "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys WHERE srs_id = ?",
        (srs_id,),
    ).fetchone()
    if found is None:
        return None
    authority, code, definition = found
    return f"EPSG:{code}" if str(authority).upper() == "EPSG" else str(definition)
