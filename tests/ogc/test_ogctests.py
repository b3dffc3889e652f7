"""The OGC's own abstract tests, as the package `ogctests` runs them, in the venv that deploy/test made for it."""

import os
import re
import subprocess
from collections import Counter
from xml.etree import ElementTree

import pytest


def test_every_test_of_features_core_passes(city, gis_key, tmp_path):
    python = os.environ.get("VANGUARD_OGCTESTS_PYTHON")
    if not python:
        pytest.fail("VANGUARD_OGCTESTS_PYTHON is not set: run deploy/test, which makes a venv with ogctests.")
    place = city.url.replace("http://", f"http://{gis_key.username}:{gis_key.key}@")
    report = tmp_path / "report.xml"
    # Of its own: the venv lies in the checkout, whose settings are for another pytest.
    settings = tmp_path / "pytest.ini"
    settings.write_text("[pytest]\n")
    program = (
        "import sys; from ogctests.main import run_ogctests;"
        f"sys.exit(run_ogctests('features/core', {place + '/ogc'!r},"
        f" ['-c', '{settings}', '-p', 'no:cacheprovider', '-W', 'error::UserWarning', '--junit-xml={report}']))"
    )
    environment = {
        name: value
        for name, value in os.environ.items()
        if not re.search("proxy|^PYTEST|^PYTHON", name, re.I)
    }
    run = subprocess.run(
        [python, "-c", program], capture_output=True, text=True, env=environment, timeout=300, cwd=tmp_path
    )
    assert report.exists(), run.stdout + run.stderr
    suite = ElementTree.parse(report).getroot()[0]
    counts = Counter({name: int(suite.get(name, "0")) for name in ("tests", "failures", "errors", "skipped")})
    assert counts == Counter(tests=29), run.stdout + run.stderr
