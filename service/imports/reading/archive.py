"""Archives, taken apart without trust: what one says of itself is checked first, and counted while it is unpacked."""

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from service.errors import Invalid, TooLarge
from service.imports.reading.limits import MB, Limits
from service.imports.rules import shortened

SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_NEEDED_PARTS = (".shp", ".shx", ".dbf")
_NESTED = (".zip", ".7z", ".rar", ".gz", ".tar", ".kmz", ".tgz")
_END_RECORD, _END_RECORD_BYTES, _LONGEST_COMMENT = b"PK\x05\x06", 22, 65_535
_LOCATOR_64, _LOCATOR_64_BYTES = b"PK\x06\x07", 20
_ENTRY_BYTES = 1_024
"""Of the directory for each entry; an entry takes 46, its name and its extras."""
_CHUNK_BYTES = 64 * 1024
_ENCRYPTED, _UTF8_NAME = 0x1, 0x800


@dataclass(frozen=True, slots=True)
class UnpackedShapefile:
    """One layer of an archive: its name there, and its parts in a folder by their endings."""

    layer: str
    parts: dict[str, Path]


@contextmanager
def opened(path: Path, limits: Limits) -> Iterator[zipfile.ZipFile]:
    """An archive whose entries have all been checked by what it says of them.

    Raises Invalid `archive-broken`, `archive-entries`, `archive-path`, `archive-link`, `archive-encrypted`,
    `archive-nested`, `archive-compression`, TooLarge `archive-too-large`.
    """
    _check_directory(path, limits)
    try:
        with zipfile.ZipFile(path) as archive:
            _check_entries(archive, limits)
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, struct.error) as error:
        raise Invalid("archive-broken", why=shortened(str(error), 120)) from error


def names(path: Path, limits: Limits) -> tuple[str, ...]:
    """The readable names of an archive's files. Raises as `opened`."""
    with opened(path, limits) as archive:
        return tuple(readable(entry) for entry in archive.infolist() if not entry.is_dir())


def readable(entry: zipfile.ZipInfo) -> str:
    """The name of an entry. One that is not marked as UTF-8 is the desktop's: GBK on a Chinese one."""
    if entry.flag_bits & _UTF8_NAME:
        return entry.filename
    try:
        raw = entry.filename.encode("cp437")
    except UnicodeEncodeError:
        return entry.filename
    for codec in ("utf-8", "gbk"):
        try:
            return raw.decode(codec)
        except UnicodeDecodeError:
            continue
    return entry.filename


def unpack_shapefile(path: Path, folder: Path, layer: str | None, limits: Limits) -> UnpackedShapefile:
    """Unpack the parts of the one Shapefile of an archive, or of the one that `layer` names, under names of our own.

    Raises as `opened`, and Invalid `archive-no-shapefile`, `layers-several`, `layer-unknown`, `layer-incomplete`.
    """
    with opened(path, limits) as archive:
        layers: dict[str, dict[str, zipfile.ZipInfo]] = {}
        for entry in archive.infolist():
            name = PurePosixPath(readable(entry))
            if name.suffix.lower() in SHAPEFILE_PARTS and not _is_clutter(name):
                layers.setdefault(str(name.with_suffix("")), {})[name.suffix.lower()] = entry
        layers = {name: parts for name, parts in layers.items() if ".shp" in parts}
        chosen = _chosen(layers, layer, archive)
        parts = layers[chosen]
        if missing := [part for part in _NEEDED_PARTS if part not in parts]:
            raise Invalid("layer-incomplete", layer=shortened(chosen), missing=", ".join(missing))
        left = limits.unpacked_bytes
        found: dict[str, Path] = {}
        for ending, entry in parts.items():
            found[ending] = folder / f"layer{ending}"
            left -= _unpack(archive, entry, found[ending], left)
        return UnpackedShapefile(PurePosixPath(chosen).name, found)


def _check_directory(path: Path, limits: Limits) -> None:
    """Look at the size of the directory before it is read: each of a million entries would take half a kilobyte."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _END_RECORD_BYTES - _LONGEST_COMMENT - _LOCATOR_64_BYTES))
        tail = file.read()
    at = len(tail) - _END_RECORD_BYTES
    if at < 0 or tail[at : at + 4] != _END_RECORD or tail[-2:] != b"\0\0":
        at = tail.rfind(_END_RECORD)
    if at < 0 or at + _END_RECORD_BYTES > len(tail):
        raise Invalid("archive-broken", why="no end record")
    entries, directory_bytes = struct.unpack_from("<HI", tail, at + 10)
    is_64 = tail[max(0, at - _LOCATOR_64_BYTES) : at].startswith(_LOCATOR_64)
    if is_64 or entries > limits.entries or directory_bytes > limits.entries * _ENTRY_BYTES:
        raise Invalid("archive-entries", most=limits.entries)


def _check_entries(archive: zipfile.ZipFile, limits: Limits) -> None:
    entries = archive.infolist()
    if len(entries) > limits.entries:
        raise Invalid("archive-entries", most=limits.entries)
    for entry in entries:
        name = readable(entry)
        path = PurePosixPath(name.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or name[1:2] == ":":
            raise Invalid("archive-path", entry=shortened(name))
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise Invalid("archive-link", entry=shortened(name))
        if entry.flag_bits & _ENCRYPTED:
            raise Invalid("archive-encrypted", entry=shortened(name))
        if path.suffix.lower() in _NESTED:
            raise Invalid("archive-nested", entry=shortened(name))
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Invalid("archive-compression", entry=shortened(name))
        bulky = entry.file_size > limits.ratio_from_bytes
        if bulky and entry.file_size > limits.ratio * max(entry.compress_size, 1):
            raise _too_large(name, limits)
    if sum(entry.file_size for entry in entries) > limits.unpacked_bytes:
        raise _too_large(readable(max(entries, key=lambda entry: entry.file_size)), limits)


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, left: int) -> int:
    """Write an entry to a file of ours, counting; gives the bytes."""
    written = 0
    with archive.open(entry) as source, target.open("xb") as file:
        while chunk := _read(source):
            written += len(chunk)
            if written > left:
                raise TooLarge("archive-too-large", entry=shortened(readable(entry)), most=left // MB)
            file.write(chunk)
    return written


def _read(source: IO[bytes]) -> bytes:
    return source.read(_CHUNK_BYTES)


def _chosen(
    layers: dict[str, dict[str, zipfile.ZipInfo]], layer: str | None, archive: zipfile.ZipFile
) -> str:
    if not layers:
        found = ", ".join(readable(entry) for entry in archive.infolist()[:10])
        raise Invalid("archive-no-shapefile", found=shortened(found, 200) or "—")
    shown = shortened(", ".join(layers), 200)
    if layer is not None:
        fitting = [name for name in layers if layer in (name, PurePosixPath(name).name)]
        if len(fitting) != 1:
            raise Invalid("layer-unknown", found=shortened(layer), layers=shown)
        return fitting[0]
    if len(layers) > 1:
        raise Invalid("layers-several", layers=shown)
    return next(iter(layers))


def _is_clutter(name: PurePosixPath) -> bool:
    """What macOS puts beside each file."""
    return name.parts[0] == "__MACOSX" or name.name.startswith("._")


def _too_large(name: str, limits: Limits) -> TooLarge:
    return TooLarge("archive-too-large", entry=shortened(name), most=limits.unpacked_bytes // MB)
