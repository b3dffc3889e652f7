"""What GDAL reads: GeoPackages and Shapefiles, both checked and named by us before it opens them.

GDAL picks a driver by looking at a file, and some drivers fetch or run what a file tells them to (VRT, WFS, SQL).
It sees only files whose first bytes are those of the format, under names that we gave.
"""

import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pyogrio import raw
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError

from service.errors import Invalid
from service.imports.rules import shortened


class Read(NamedTuple):
    """Columns of values and one of WKB. Text is as GDAL has it, dates are NumPy's."""

    columns: tuple[str, ...]
    values: list[NDArray[Any]]
    geometry: NDArray[np.object_]


def read(
    path: Path, format: str, most_rows: int, layer: str | None = None, encoding: str | None = None
) -> Read:
    """Read one layer, up to one row more than `most_rows`. Raises Invalid `file-broken`."""
    try:
        with warnings.catch_warnings():
            # That a measure is left out, or that a ring runs the wrong way round, is no news to anybody.
            warnings.simplefilter("ignore")
            meta, _, geometry, values = raw.read(
                path, layer=layer, encoding=encoding, max_features=most_rows + 1, datetime_as_string=True
            )
    except (DataSourceError, DataLayerError, FeatureError, ValueError) as error:
        raise Invalid(
            "file-broken", format=format, why=shortened(str(error).replace(str(path), ""), 120)
        ) from error
    if geometry is None:
        geometry = np.full(len(values[0]) if values else 0, None, dtype=object)
    return Read(tuple(str(name) for name in meta["fields"]), list(values), geometry)


def scalar(value: object) -> object:
    """A value of a NumPy column as Python's own; NaN and NaT, which stand for nothing, as None."""
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else str(value).removesuffix("T00:00:00").removesuffix("T00:00:00.000")
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and np.isnan(value):
        return None
    return None if isinstance(value, bytes | np.ndarray | list) else value
