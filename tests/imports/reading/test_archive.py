"""Archives that mean harm, and a bomb of 200 MB that must not cost 100 MB of memory."""

import stat
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from service.errors import Invalid, ServiceError, TooLarge
from service.imports.reading import archive
from service.imports.reading.limits import Limits
from service.imports.reading.table import read_table
from service.imports.reading.vector import read_features

Made = Callable[..., Path]
BOMB_BYTES = 200 * 1024 * 1024


def refused(path: Path, limits: Limits | None = None, **more: str) -> ServiceError:
    with pytest.raises((Invalid, TooLarge)) as caught:
        read_features(
            path,
            path.name,
            crs="EPSG:4490",
            encoding=None,
            limits=limits or Limits(),
            layer=more.get("layer"),
        )
    return caught.value


def zipped(path: Path, entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as target:
        for name, data in entries.items():
            target.writestr(name, data)
    return path


def blank(path: Path, name: str, size: int, start: bytes = b"", end: bytes = b"") -> None:
    """Put an entry of so many zero bytes into an archive, without holding them."""
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as target, target.open(name, "w") as entry:
        entry.write(start)
        for _ in range(size // 65536):
            entry.write(bytes(65536))
        entry.write(end)


@pytest.mark.parametrize(
    "name",
    ["../grids.shp", "a/../../grids.shp", "/tmp/grids.shp", "..\\grids.shp", "C:\\grids.shp", "\\\\h\\g.shp"],
)
def test_paths_that_leave_the_archive_are_refused(tmp_path: Path, name: str) -> None:
    path = zipped(tmp_path / "grids.zip", {name: b"x"})
    error = refused(path)
    assert (error.slug, error.params) == ("archive-path", {"entry": name})
    assert not (tmp_path.parent / "grids.shp").exists()


def test_symbolic_links_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "grids.zip"
    with zipfile.ZipFile(path, "w") as target:
        link = zipfile.ZipInfo("grids.shp")
        link.create_system = 3
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        target.writestr(link, "/etc/passwd")
    assert refused(path).slug == "archive-link"


def test_archives_in_archives_are_refused(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", {"grids.shp": bytes(1000)})
    assert (
        refused(zipped(tmp_path / "outer.zip", {"a/inner.ZIP": inner.read_bytes()})).slug == "archive-nested"
    )


def test_entries_with_a_password_are_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "grids.zip", {"grids.shp": b"x"})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    assert refused(path).slug == "archive-encrypted"


def test_other_compressions_are_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "grids.zip", {"grids.shp": bytes(1000)}, zipfile.ZIP_LZMA)
    assert refused(path).slug == "archive-compression"


def test_an_archive_of_very_many_entries_is_refused_before_they_are_listed(tmp_path: Path) -> None:
    path = zipped(tmp_path / "grids.zip", {f"{number}": b"" for number in range(1001)})
    assert refused(path).slug == "archive-entries"


def test_an_archive_that_hides_how_many_entries_it_has_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "grids.zip", {f"{'x' * 60000}{number}": b"" for number in range(30)})
    data = bytearray(path.read_bytes())
    data[-12:-10] = struct.pack("<H", 1)
    path.write_bytes(data)
    assert refused(path).slug == "archive-entries"


def test_overlapping_entries_count_as_often_as_they_are_named(tmp_path: Path) -> None:
    """A bomb after Fifield, 2019: one packed block that many entries of the directory point at."""
    size = 7 * 1024 * 1024
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(bytes(size)) + packer.flush()
    checksum = zlib.crc32(bytes(size))
    sizes = struct.pack("<III", checksum, len(packed), size)
    local = b"PK\x03\x04" + struct.pack("<HHHHH", 20, 0, 8, 0, 33) + sizes + struct.pack("<HH", 1, 0) + b"a"
    directory = b""
    for _ in range(100):
        directory += b"PK\x01\x02" + struct.pack("<HHHHHH", 20, 20, 0, 8, 0, 33) + sizes
        directory += struct.pack("<HHHHHII", 1, 0, 0, 0, 0, 0, 0) + b"a"
    body = local + packed
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 100, 100, len(directory), len(body), 0)
    path = tmp_path / "grids.zip"
    path.write_bytes(body + directory + end)
    assert len(path.read_bytes()) < 20_000
    assert refused(path).slug == "archive-too-large"


def test_an_entry_that_unpacks_to_more_than_it_says_is_refused(tmp_path: Path, shapefile: Made) -> None:
    path = shapefile()
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02"))
    (size,) = struct.unpack_from("<I", data, at + 24)
    struct.pack_into("<I", data, at + 24, size // 2)
    path.write_bytes(data)
    assert refused(path).slug == "archive-broken"


def test_what_is_unpacked_is_counted(shapefile: Made) -> None:
    assert refused(shapefile(), Limits(unpacked_bytes=200)).slug == "archive-too-large"


def test_names_in_gbk_are_readable(shapefile: Made) -> None:
    path = shapefile(as_name="placeholder")
    data = path.read_bytes().replace(b"placeholder", "赤坎网格abc".encode("gbk"))
    path.write_bytes(data)
    assert archive.names(path, Limits())[0].startswith("赤坎网格abc.")
    found = read_features(path, "g.zip", crs=None, encoding=None, limits=Limits())
    assert found.layer == "赤坎网格abc"


def test_several_shapefiles_are_named_and_one_can_be_chosen(tmp_path: Path, shapefile: Made) -> None:
    with zipfile.ZipFile(shapefile()) as source:
        parts = {name.removeprefix("grids"): source.read(name) for name in source.namelist()}
    path = zipped(
        tmp_path / "several.zip",
        {f"data/{layer}{ending}": data for layer in ("街道", "社区") for ending, data in parts.items()}
        | {"__MACOSX/data/._街道.shp": b"x", "readme.txt": b"x"},
    )
    error = refused(path)
    assert (error.slug, error.params) == ("layers-several", {"layers": "data/街道, data/社区"})
    assert refused(path, layer="网格").slug == "layer-unknown"
    for layer in ("社区", "data/社区"):
        assert (
            read_features(path, "s.zip", crs=None, encoding=None, layer=layer, limits=Limits()).layer
            == "社区"
        )


def test_an_archive_without_a_whole_shapefile_is_refused(tmp_path: Path, shapefile: Made) -> None:
    error = refused(zipped(tmp_path / "grids.zip", {"grids.tab": b"x"}))
    assert (error.slug, error.params) == ("archive-no-shapefile", {"found": "grids.tab"})
    error = refused(shapefile(leave_out=[".shx", ".dbf"]))
    assert (error.slug, error.params["missing"]) == ("layer-incomplete", ".shx, .dbf")
    assert (
        refused(zipped(tmp_path / "g.zip", {"a.shp": b"x", "a.shx": b"x", "a.dbf": b"x"})).slug
        == "file-broken"
    )


MEASURE = """
import resource, sys, tempfile
from pathlib import Path
from service.errors import ServiceError
from service.imports.reading.limits import Limits
from service.imports.reading.table import read_table
from service.imports.reading.vector import read_features

path = Path(sys.argv[1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    if path.suffix == ".xlsx":
        found = read_table(path, path.name, encoding=None, limits=Limits())
    else:
        found = read_features(path, path.name, crs="EPSG:4490", encoding=None, limits=Limits())
    said = f"read {len(found.rows)}"
except ServiceError as error:
    said = error.slug
print(said, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def measured(path: Path) -> tuple[str, int]:
    """What reading a file comes to in a process of its own, and the megabytes that its memory grows by at most."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path)], capture_output=True, text=True, check=True
    )
    said, _, grown = done.stdout.strip().rpartition(" ")
    return said, int(grown)


def bomb_shapefile(path: Path) -> None:
    blank(path, "grids.shp", BOMB_BYTES, start=struct.pack(">i", 9994))


def bomb_in_parts(path: Path) -> None:
    """Each entry is small enough to be packed as tightly as it likes."""
    for number in range(BOMB_BYTES // (7 * 1024 * 1024) + 1):
        blank(path, f"{number}.shp", 7 * 1024 * 1024)


def bomb_sheet(path: Path) -> None:
    zipped(path, {"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"})
    blank(path, "xl/worksheets/sheet1.xml", BOMB_BYTES, start=b"<worksheet><sheetData>")


def bomb_liar(path: Path) -> None:
    """The directory says that there is little."""
    blank(path, "grids.shp", BOMB_BYTES, start=struct.pack(">i", 9994))
    zipped_more = {"grids.shx": b"x", "grids.dbf": b"x"}
    with zipfile.ZipFile(path, "a") as target:
        for name, data in zipped_more.items():
            target.writestr(name, data)
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, data.index(b"PK\x01\x02") + 24, 1000)
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("make", "name", "said"),
    [
        (bomb_shapefile, "bomb.zip", "archive-too-large"),
        (bomb_in_parts, "bomb.zip", "archive-too-large"),
        (bomb_sheet, "bomb.xlsx", "archive-too-large"),
        (bomb_liar, "bomb.zip", "archive-broken"),
    ],
)
def test_a_bomb_of_200_mb_is_refused_with_less_than_100_mb(
    tmp_path: Path, make: Callable[[Path], None], name: str, said: str
) -> None:
    path = tmp_path / name
    make(path)
    assert path.stat().st_size < 1024 * 1024
    found, grown = measured(path)
    assert found == said
    assert grown < 100


def test_a_million_empty_rows_take_little_memory(tmp_path: Path) -> None:
    sheet = b"".join(
        b'<row r="%d"><c r="A%d" s="0"/><c r="B%d" s="0"/></row>' % (row, row, row)
        for row in range(3, 1_000_003)
    )
    head = b'<row r="1">%s%s</row><row r="2">%s%s</row>' % tuple(
        b'<c r="%s" t="inlineStr"><is><t>%s</t></is></c>' % pair
        for pair in ((b"A1", b"code"), (b"B1", b"name"), (b"A2", b"U1"), (b"B2", b"x"))
    )
    path = workbook(
        tmp_path / "rows.xlsx", b"<worksheet><sheetData>" + head + sheet + b"</sheetData></worksheet>"
    )
    del sheet
    found, grown = measured(path)
    assert found == "read 1"
    assert grown < 100


def test_a_row_of_a_number_beyond_all_sheets_is_not_counted_up_to(tmp_path: Path) -> None:
    sheet = b'<worksheet><sheetData><row r="2000000000"><c><v>1</v></c><c><v>2</v></c></row></sheetData></worksheet>'
    with pytest.raises(Invalid, match="file-broken"):
        read_table(workbook(tmp_path / "rows.xlsx", sheet), "r", encoding=None, limits=Limits())


def workbook(path: Path, sheet: bytes) -> Path:
    relation = b'<Relationship Id="r1" Type="http://x/worksheet" Target="worksheets/s.xml"/>'
    book = b'<workbook xmlns:r="http://r"><sheets><sheet name="S" r:id="r1"/></sheets></workbook>'
    return zipped(
        path,
        {
            "[Content_Types].xml": b"<Types/>",
            "xl/workbook.xml": book,
            "xl/_rels/workbook.xml.rels": b"<Relationships>" + relation + b"</Relationships>",
            "xl/worksheets/s.xml": sheet,
        },
    )
