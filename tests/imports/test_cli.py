"""`vanguard import` and `vanguard import-undo` as a person types them."""

import json
import re

import pytest
from sqlalchemy import text

from tests.imports.conftest import build_map, geojson, members, party, someone, square
from tests.test_cli import vanguard


@pytest.fixture
async def there(fresh_settings, fresh_sessions, clock):
    """The environment of the map of squares."""
    async with fresh_sessions() as session:
        await build_map(session, clock.at)
    return {
        "VANGUARD_DATABASE_URL": fresh_settings.database_url,
        "VANGUARD_HOME": str(fresh_settings.home),
        "COLUMNS": "120",
    }


@pytest.fixture
def count(fresh_sessions):
    """How many rows a table has."""

    async def count(table):
        async with fresh_sessions() as session:
            return await session.scalar(text(f'SELECT count(*) FROM "{table}"'))

    return count


async def test_a_file_is_stored_and_taken_back(there, count, tmp_path, fresh_sessions):
    file = tmp_path / "party.geojson"
    file.write_bytes(geojson(party("P-1", square(2))))
    dry = vanguard("import", "party-grids", str(file), "--dry-run", **there)
    assert dry.returncode == 0, dry.stdout + dry.stderr
    assert "added 1, changed 0, closed 0, unchanged 0" in dry.stdout
    assert "nothing was stored" in dry.stdout
    assert await count("import") == 0
    stored = vanguard("import", "party-grids", str(file), **there)
    assert stored.returncode == 0, stored.stdout + stored.stderr
    import_id = re.search(r"Stored as import ([0-9a-f-]{36})", stored.stdout)[1]
    undone = vanguard("import-undo", import_id, **there)
    assert undone.returncode == 0
    assert import_id in undone.stdout
    again = vanguard("import-undo", import_id, **there)
    assert again.returncode == 1
    assert "already" in again.stdout
    async with fresh_sessions() as session:
        actions = await session.scalars(text("SELECT action FROM audit ORDER BY at, id"))
    assert list(actions) == ["map.import", "import.undo"]


async def test_defects_are_a_table_and_an_exit_code(there, count, tmp_path):
    file = tmp_path / "队员.csv"
    file.write_bytes(members(someone("M1"), someone("M2", unit="U-NONE")))
    refused = vanguard("import", "members", str(file), **there)
    assert refused.returncode == 1
    assert "unit-unknown" in refused.stdout
    assert "There is no unit U-NONE." in refused.stdout
    assert "Traceback" not in refused.stdout + refused.stderr
    chinese = vanguard("import", "members", str(file), "--language", "zh", "--dry-run", **there)
    assert chinese.returncode == 1
    assert "没有单位 U-NONE" in chinese.stdout
    assert await count("member") == 0


async def test_json_is_the_report(there, tmp_path):
    file = tmp_path / "members.csv"
    file.write_bytes(members(someone("M1")))
    found = vanguard(
        "import", "members", str(file), "--dry-run", "--json", "--column", "number=number", **there
    )
    report = json.loads(found.stdout)
    assert report["added"]["count"] == 1
    assert report["columns"][0] == {"field": "number", "column": "number", "given": True}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("members", "{file}", "--column", "number"), "write the field and the column with ="),
        (("governance-grids", "{file}"), "CSV"),
        (("units", "{file}"), "CSV"),
    ],
)
async def test_errors_are_sentences(there, tmp_path, arguments, sentence):
    file = tmp_path / "members.csv"
    file.write_bytes(b"code,name,kind,lon,lat\nU1,x,y,110.41,21.21\n")
    refused = vanguard("import", *(each.format(file=file) for each in arguments), **there)
    assert refused.returncode == 1
    assert sentence in refused.stdout
    assert "Traceback" not in refused.stdout + refused.stderr


async def test_an_unknown_import_is_a_sentence(there):
    refused = vanguard("import-undo", "01900000-0000-7000-8000-000000000000", **there)
    assert refused.returncode == 1
    assert "no such import" in refused.stdout
