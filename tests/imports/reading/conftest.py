"""Real files, written as the programs that officers use write them."""

import struct
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from pyogrio import raw

SQUARE = "POLYGON ((110.4 21.2, 110.5 21.2, 110.5 21.3, 110.4 21.3, 110.4 21.2))"
Shapes = Sequence[str | bytes | None]
Made = Callable[..., Path]


def wkb(shape: str | bytes | None) -> bytes | None:
    return shapely.to_wkb(shapely.from_wkt(shape)) if isinstance(shape, str) else shape


def write(
    path: Path, driver: str, shapes: Shapes, values: Mapping[str, Sequence[Any]], **options: Any
) -> Path:
    """Write features with GDAL."""
    geometry = np.array([wkb(shape) for shape in shapes] + [None], dtype=object)[:-1]
    columns = [np.array(each, dtype=object if isinstance(each[0], str) else None) for each in values.values()]
    options = {"geometry_type": "Polygon", "crs": "EPSG:4490", **options}
    raw.write(path, geometry, columns, list(values), driver=driver, **options)
    return path


@pytest.fixture
def gpkg(tmp_path: Path) -> Made:
    """Write a GeoPackage."""

    def make(
        shapes: Shapes = (SQUARE,), values: Mapping[str, Sequence[Any]] | None = None, **options: Any
    ) -> Path:
        values = values or {"code": [f"C{number}" for number in range(len(shapes))]}
        return write(tmp_path / "layers.gpkg", "GPKG", shapes, values, **options)

    return make


@pytest.fixture
def shapefile(tmp_path: Path) -> Made:
    """Write a zipped Shapefile; `leave_out` endings, `as_name` in the archive, `change` to the parts' bytes."""

    def make(
        shapes: Shapes = (SQUARE,),
        values: Mapping[str, Sequence[Any]] | None = None,
        leave_out: Sequence[str] = (),
        as_name: str = "grids",
        change: Callable[[dict[str, bytes]], None] = lambda parts: None,
        **options: Any,
    ) -> Path:
        folder = tmp_path / "parts"
        folder.mkdir(exist_ok=True)
        values = values or {"code": [f"C{number}" for number in range(len(shapes))]}
        write(folder / "grids.shp", "ESRI Shapefile", shapes, values, **options)
        parts = {part.suffix: part.read_bytes() for part in folder.iterdir() if part.suffix not in leave_out}
        change(parts)
        target = tmp_path / "grids.zip"
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for ending, data in parts.items():
                archive.writestr(f"{as_name}{ending}", data)
        return target

    return make


@pytest.fixture
def opened_ring() -> bytes:
    """A polygon whose only ring does not end where it begins, as WKB."""
    data = wkb(SQUARE)
    assert data is not None
    return data[:-16] + struct.pack("<dd", 110.4, 21.25)
