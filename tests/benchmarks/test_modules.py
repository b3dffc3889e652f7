"""The benchmarks as modules."""

import importlib
from pathlib import Path

import pytest

import benchmarks.__main__ as whole

FOLDER = Path(whole.__file__).parent


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.py")))
def test_it_can_be_imported(name: str) -> None:
    assert importlib.import_module(f"benchmarks.{name}").__doc__


def test_the_page_has_the_place_for_the_figures() -> None:
    assert whole.renewed(whole.PAGE.read_text("utf-8"), "figures")
