"""Files posted to a real process: a bomb is refused in little memory, and so is whoever may not send any."""

import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from service.access.tokens import Tokens
from service.db.base import new_id, utcnow
from tests.imports.conftest import geojson, grid, members, someone, square

MB = 1024 * 1024
BOMB_BYTES = 200 * MB
MOST_GROWTH = 100 * MB


def peak_bytes(process) -> int:
    """The most memory that a process ever had (VmHWM)."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def forget_peak(process) -> None:
    """Make the peak what the process has now (proc(5), clear_refs)."""
    Path(f"/proc/{process.pid}/clear_refs").write_text("5")


def zipped(**entries: int) -> bytes:
    """An archive of files that hold nothing but zeros, so many bytes each."""
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, size in entries.items():
            with archive.open(name.replace("_", "."), "w", force_zip64=True) as entry:
                for _ in range(size // MB):
                    entry.write(bytes(MB))
    return packed.getvalue()


def workbook_bomb() -> bytes:
    """A workbook whose sheet would unpack to 200 MB."""
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml",
            '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="xml" ContentType="application/xml"/></Types>',
        )
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as entry:
            entry.write(b"<worksheet><sheetData>")
            for _ in range(BOMB_BYTES // MB):
                entry.write(b" " * MB)
            entry.write(b"</sheetData></worksheet>")
    return packed.getvalue()


@pytest.fixture
async def officer(look, fresh_settings):
    """Headers of an administrator, for real processes."""
    account, device, now = new_id(), new_id(), utcnow()
    await look.connection.execute(
        "INSERT INTO account (id, username, display_name, roles, areas, units, active, created_at)"
        " VALUES ($1, 'boss', '测试', '{admin}', '{}', '{}', true, $2)",
        account,
        now,
    )
    await look.connection.execute(
        "INSERT INTO device (id, account_id, kind, name, token_hash, created_at)"
        " VALUES ($1, $2, 'session', 'test', $3, $4)",
        device,
        account,
        device.bytes * 2,
        now,
    )
    token = Tokens(fresh_settings).issue(account, device, now)
    return {"Authorization": f"Bearer {token}", "Accept-Language": "en"}


async def send(api, kind, content, headers, name, **query):
    """Post a file to a process."""
    path = f"/api/v1/imports/{kind}"
    return await api.client.post(path, params=query, files={"file": (name, content)}, headers=headers)


async def test_bombs_are_refused_in_little_memory(fleet, look, officer):
    api = await fleet.serve()
    # What a process loads once, for the first file of each kind, is no part of a bomb's.
    warm = geojson(grid("4408", square(0)))
    assert (await send(api, "governance-grids", warm, officer, "a.geojson", dry_run=True)).status_code == 200
    assert (
        await send(api, "members", members(someone("M1")), officer, "a.csv", dry_run=True)
    ).status_code == 200
    forget_peak(api.process)
    before, tables = peak_bytes(api.process), await look.value("SELECT count(*) FROM grid_version")
    bombs = [
        ("governance-grids", zipped(a_shp=BOMB_BYTES, a_shx=MB, a_dbf=MB), "bomb.zip"),
        ("governance-grids", zipped(a_shp=MB, a_shx=MB, a_dbf=BOMB_BYTES), "bomb.zip"),
        ("members", workbook_bomb(), "bomb.xlsx"),
    ]
    for kind, content, name in bombs:
        assert len(content) < MB
        answer = await send(api, kind, content, officer, name)
        assert answer.status_code in (413, 422), answer.text
        assert answer.json()["type"] != "/problems/body-too-large"
    grown = peak_bytes(api.process) - before
    print(f"grown by {grown / MB:.0f} MB")
    assert grown < MOST_GROWTH
    assert await look.value("SELECT count(*) FROM grid_version") == tables
    assert await look.value("SELECT count(*) FROM import") == 0
    assert (await send(api, "governance-grids", warm, officer, "a.geojson", dry_run=True)).status_code == 200


async def test_a_body_over_the_limit_is_refused_in_little_memory(fleet, officer):
    api = await fleet.serve()
    before = peak_bytes(api.process)

    async def endless():
        for _ in range(80):
            yield b"x" * MB

    path = "/api/v1/imports/governance-grids"
    headers = officer | {"Content-Type": "multipart/form-data; boundary=x"}
    answer = await api.client.post(path, content=endless(), headers=headers)
    assert answer.status_code == 413
    assert str(64 * MB) in answer.json()["detail"]
    nobody = await api.client.post(path, content=endless(), headers={"Content-Type": headers["Content-Type"]})
    assert nobody.status_code == 401
    assert peak_bytes(api.process) - before < MOST_GROWTH / 2
