"""Files of shapes, whatever their format: GeoJSON, GeoPackage, zipped Shapefile, KML."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from service.errors import Invalid
from service.geo.projected import KNOWN, System, from_wkt, named
from service.imports.reading import geojson, gpkg, kml, shapefile
from service.imports.reading.faults import Faults
from service.imports.reading.found import FeatureRow, Features
from service.imports.reading.limits import Limits
from service.imports.reading.raw import Raw
from service.imports.reading.shapes import placed
from service.imports.reading.sniff import SHAPES, TAKEN, Format, sniff
from service.imports.rules import shortened


def read_features(
    path: Path, name: str, *, crs: str | None, encoding: str | None, layer: str | None = None, limits: Limits
) -> Features:
    """Read a file of shapes; `name` is what its owner calls it. Blocks: it belongs in a thread.

    The coordinate system is the one that is named, else the one that the file names; where neither names one the file
    is refused, GeoJSON and KML too: theirs is WGS 84 by their standards, and seldom in fact. A row whose geometry
    cannot be used has none, and a defect.
    Raises Invalid or TooLarge for what makes the file unusable: as `sniff`, as the readers, `file-crs-missing`,
    `file-crs-unknown`.
    """
    format = sniff(path, name, limits)
    if format not in SHAPES:
        raise Invalid("file-format", found=format, taken=TAKEN)
    asked = _asked(crs)
    faults = Faults(limits)
    raw = _read(path, format, encoding, layer, faults, limits)
    found = _found(raw.crs)
    system = asked or found
    if system is None:
        if raw.crs is None:
            raise Invalid("file-crs-missing", format=format, known=KNOWN)
        raise Invalid("file-crs-unknown", found=_shown(raw.crs), known=KNOWN)
    if raw.crs is not None and found != system:
        shown = found.name if found else _shown(raw.crs)
        faults.note(None, None, "crs-differs", found=shown, used=system.name)
    given = [row.shape for row in raw.rows]
    shapes = placed(given, system, faults, [row.told for row in raw.rows])
    return Features(
        format=format,
        layer=raw.layer,
        crs_found=(found.name if found else _shown(raw.crs)) if raw.crs else None,
        crs_used=system.name,
        encoding_used=raw.encoding,
        columns=raw.columns,
        rows=tuple(
            FeatureRow(number, {column: row.values.get(column) for column in raw.columns}, shape, row.shape)
            for number, (row, shape) in enumerate(zip(raw.rows, shapes, strict=True), 1)
        ),
        defects=faults.defects(),
        notes=faults.notes(),
    )


def _read(
    path: Path, format: Format, encoding: str | None, layer: str | None, faults: Faults, limits: Limits
) -> Raw:
    if format is Format.GEOJSON:
        return geojson.read(path, encoding, faults, limits)
    if format is Format.KML:
        return kml.read(path, encoding, layer, faults, limits)
    if format is Format.SHAPEFILE:
        return shapefile.read(path, encoding, layer, faults, limits)
    with TemporaryDirectory() as folder:
        # Under a name of our own, as GDAL goes by the ending too, and SQLite by what else lies beside it.
        own = Path(folder) / "layers.gpkg"
        shutil.copyfile(path, own)
        return gpkg.read(own, layer, faults, limits)


def _asked(crs: str | None) -> System | None:
    if crs is None or not crs.strip():
        return None
    system = named(crs)
    if system is None:
        raise Invalid("file-crs-unknown", found=shortened(crs), known=KNOWN)
    return system


def _found(crs: str | None) -> System | None:
    """A file names its system by a name or describes it in WKT."""
    return (named(crs) or from_wkt(crs)) if crs else None


def _shown(crs: str) -> str:
    """The name in a WKT, or the name as it is."""
    parts = crs.split('"')
    return shortened(parts[1] if len(parts) > 2 else crs)
