"""The lines of docs/ogc.md, run as they stand, and its lists, against the code."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pyogrio
import pytest

from service.ogc.collections import COLLECTIONS
from service.ogc.cql.values import SUPPORTED
from service.ogc.systems import SYSTEMS

PAGE = (Path(__file__).parents[2] / "docs/ogc.md").read_text(encoding="utf-8")
LINES = re.findall(r"^ogr(?:info|2ogr) .*$", PAGE, re.MULTILINE)


@pytest.fixture(scope="session")
def run(city, gis_key, tmp_path_factory):
    """Run a line in a shell, in one folder for all of them, with the address and the login set as the page has them."""
    folder = tmp_path_factory.mktemp("gdal")
    # GDAL_DATA and the like are another version's, pyogrio's own.
    left_out = re.compile(r".*_proxy|GDAL_.*|PROJ_.*", re.IGNORECASE)
    environment = {name: value for name, value in os.environ.items() if not left_out.fullmatch(name)}
    environment |= {"url": f"{city.url}/ogc", "GDAL_HTTP_USERPWD": f"{gis_key.username}:{gis_key.key}"}

    def run(line):
        found = subprocess.run(
            ["sh", "-c", line], cwd=folder, env=environment, capture_output=True, text=True, timeout=120
        )
        assert found.returncode == 0, found.stderr
        assert "ERROR" not in found.stderr
        return folder, found.stdout

    return run


@pytest.mark.skipif(shutil.which("ogr2ogr") is None, reason="only where gdal-bin is installed")
@pytest.mark.parametrize("line", LINES)
def test_a_line_of_the_page_runs_as_it_stands(run, line):
    folder, said = run(line)
    if line.startswith("ogrinfo"):
        assert "coverage" in said
        return
    (name,) = re.findall(r"\b\w+\.(?:gpkg|shp|csv)\b", line)
    for layer, _ in pyogrio.list_layers(folder / name):
        assert pyogrio.read_info(folder / name, layer=layer, force_feature_count=True)["features"] > 0


def test_the_page_lists_every_collection_with_its_action():
    listed = dict(re.findall(r"^\| `(\w+)` \|.*\| `([\w.]+)` \| [^|]+ \|$", PAGE, re.MULTILINE))
    assert listed == {each.id: each.action.value for each in COLLECTIONS.values()}


def test_the_page_lists_every_system_and_operator():
    assert set(re.findall(r"`(http://www\.opengis\.net/def/crs/[^`]+)`", PAGE)) == set(SYSTEMS)
    words = {"isNull": "IS NULL", "casei": "CASEI"}
    for operator in SUPPORTED.split(", "):
        assert words.get(operator, operator.upper()) in PAGE, operator
    assert len(LINES) >= 6
