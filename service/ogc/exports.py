"""Features as files: CSV for spreadsheets, GeoPackage for maps. Written beside the event loop, chunk by chunk.

Coordinates have x (east, longitude) first, as such files have it, whatever the order of a system's axes.
"""

import asyncio
import csv
from collections.abc import Sequence
from datetime import UTC
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw
import shapely
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from service.ogc.collection import Collection, Kind, Property, Shape
from service.ogc.parameters import Format
from service.ogc.queries.features import Selection, rows
from service.ogc.systems import System
from service.web.sheets import harmless

MOST_EXPORTED = 100_000
"""So many features one file may hold."""
DTYPES: dict[Kind, np.dtype[Any]] = {
    Kind.INTEGER: np.dtype("int32"),
    Kind.NUMBER: np.dtype("float64"),
    Kind.BOOLEAN: np.dtype("bool"),
    Kind.TIME: np.dtype("datetime64[ms]"),
}
Rows = Sequence[Row[Any]]


async def write(session: AsyncSession, selection: Selection, most: int, kind: Format, path: Path) -> None:
    """Write up to `most` features to a new file."""
    add = add_csv if kind is Format.CSV else add_gpkg
    first = True
    async for chunk in rows(session, selection, most):
        await asyncio.to_thread(add, path, selection.collection, selection.system, chunk, first)
        first = False
    if first:
        await asyncio.to_thread(add, path, selection.collection, selection.system, (), first)


def add_csv(path: Path, collection: Collection, system: System, chunk: Rows, first: bool) -> None:
    """Add rows to a CSV file in UTF-8 that Excel knows as such: id, properties, WKT."""
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        if first:
            file.write("\ufeff")
            writer.writerow(["feature_id", *(each.name for each in collection.properties), "wkt"])
        for identity, *values, wkb in map(tuple, chunk):
            shape = shapely.to_wkt(shapely.from_wkb(wkb), rounding_precision=system.digits) if wkb else ""
            cells = [cell(each, value) for each, value in zip(collection.properties, values, strict=True)]
            writer.writerow([harmless(identity), *cells, shape])


def cell(of: Property, value: Any) -> str:
    """A value as a cell; nothing where there is none."""
    if value is None:
        return ""
    if of.kind is Kind.BOOLEAN:
        return "true" if value else "false"
    if of.kind is Kind.TIME:
        return str(value.astimezone(UTC).isoformat().replace("+00:00", "Z"))
    return harmless(str(value)) if of.kind is Kind.TEXT else str(value)


def add_gpkg(path: Path, collection: Collection, system: System, chunk: Rows, first: bool) -> None:
    """Add rows to the one layer of a GeoPackage."""
    columns = list(zip(*chunk, strict=True)) if chunk else [()] * (len(collection.properties) + 2)
    data, masks = zip(
        *(array(each, column) for each, column in zip(collection.properties, columns[1:-1], strict=True)),
        strict=True,
    )
    geometry = np.empty(len(chunk), dtype=object)
    geometry[:] = columns[-1]
    pyogrio.raw.write(
        path,
        geometry,
        list(data),
        # A GeoPackage numbers its rows in a column of its own, called fid; a column called id is one of the features'.
        [each.name for each in collection.properties],
        field_mask=list(masks),
        layer=collection.id,
        driver="GPKG",
        geometry_type={Shape.LINE: "LineString"}.get(collection.shape, collection.shape.value),
        crs=system.epsg,
        append=not first,
        dataset_options={"VERSION": "1.2"},
        layer_options={"GEOMETRY_NAME": "geom"} if first else None,
    )


def array(of: Property, column: Sequence[Any]) -> tuple[Any, Any]:
    """A column as an array, and where it has no value."""
    missing = np.array([value is None for value in column], dtype=bool)
    dtype = DTYPES.get(of.kind)
    if dtype is None:
        found = np.array([None if value is None else str(value) for value in column], dtype=object)
    elif of.kind is Kind.TIME:
        moments = [None if value is None else value.astimezone(UTC).replace(tzinfo=None) for value in column]
        found = np.array(moments, dtype=dtype)
    else:
        found = np.array([0 if value is None else value for value in column], dtype=dtype)
    return found, missing
