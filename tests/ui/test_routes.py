"""How the built app is served, and the link and QR code that lead to it."""

import json
import re
from pathlib import Path

import pytest

from service.ui import routes

ROOT = Path(routes.__file__).parent


@pytest.fixture
def static(tmp_path, monkeypatch) -> Path:
    """A folder for built files, still empty."""
    monkeypatch.setattr(routes, "STATIC", tmp_path)
    return tmp_path


@pytest.fixture
def page(static) -> Path:
    """A built app of a few files."""
    folder = static / "m"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html>")
    (folder / "sw.js").write_text("0")
    (folder / "notes.txt").write_text("not for the world")
    (folder / "assets" / "app-1.js").write_text("0")
    (static / "secret.js").write_text("0")
    return folder


async def test_pages_that_were_not_built_say_what_to_run(client, static):
    page = await client.get("/m/")
    assert page.status_code == 503
    assert "deploy/up" in page.text
    assert "npm run build" in page.text
    asset = await client.get("/m/sw.js", headers={"Accept-Language": "en"})
    assert asset.status_code == 503
    assert asset.json()["type"] == "/problems/pages-not-built"


@pytest.mark.parametrize(
    ("path", "cached"),
    [("", "no-cache"), ("sw.js", "no-cache"), ("assets/app-1.js", "public, max-age=31536000, immutable")],
)
async def test_files_are_cached_as_their_names_allow(client, page, path, cached):
    answer = await client.get(f"/m/{path}")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == cached
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["nothing.js", "notes.txt", "..%2fsecret.js", "assets", "%00"])
async def test_nothing_else_is_served(client, page, path):
    answer = await client.get(f"/m/{path}")
    assert answer.status_code == 404
    assert answer.json()["type"] == "/problems/not-found"


async def test_the_slash_is_added_under_any_prefix(client, page):
    answer = await client.get("/m")
    assert (answer.status_code, answer.headers["location"]) == (308, "m/")


async def test_the_built_app_names_no_address_but_its_own(built):
    for each in built.rglob("*"):
        if each.suffix in {".html", ".css", ".webmanifest"}:
            assert not re.search(r"https?://|[\"'(]/", each.read_text())


def test_the_lock_names_no_registry():
    lock = json.loads((ROOT / "package-lock.json").read_text())
    assert [name for name, each in lock["packages"].items() if "resolved" in each] == []
    assert all("integrity" in each for name, each in lock["packages"].items() if name)
