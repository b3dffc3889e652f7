"""The pages for people: in both languages, for every kind of reader, safe, and with all that the documents have."""

import json
import re
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx
import pytest
import shapely
from sqlalchemy import text

from service.app import create_app
from service.ogc import pages
from service.ogc.collections import COLLECTIONS
from service.ogc.drawing import DETAIL, WIDTH, draw, shapes_of
from service.ogc.parameters import filled
from service.ogc.systems import CRS84, SYSTEMS
from service.ogc.wording import share, share_class
from tests.conftest import serving

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
DOCUMENTS = {
    "landing": "",
    "conformance": "/conformance",
    "collections": "/collections",
    "collection": "/collections/coverage",
    "queryables": "/collections/coverage/queryables",
    "schema": "/collections/links/schema",
    "items": "/collections/governance_grids/items?level=county",
    "item": "/collections/governance_grids/items/440802",
}
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
VOID = {"meta", "link", "input", "img", "br"}


class Page(HTMLParser):
    """What a page is made of: its elements with their attributes, in order, and whether they are all closed.

    Addresses in it lead from `at`, where a browser would have it from; `addresses` are those as they are written.
    """

    def __init__(self, source: str, at: str = "http://vanguard.test/ogc") -> None:
        super().__init__()
        self.at = at
        self.addresses: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        attributes = dict(attrs)
        for name in ("href", "src", "action"):
            if name in attributes and not attributes[name].startswith("#"):
                self.addresses.append(attributes[name])
                attributes[name] = urljoin(self.at, attributes[name])
        self.elements.append((tag, attributes))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and data.strip():
            self.texts.append((self.open[-1], data.strip()))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of each element of that name."""
        return [attributes for name, attributes in self.elements if name == tag]

    def text_of(self, tag: str) -> str:
        """The text inside of an element of that name."""
        return " ".join(found for name, found in self.texts if name == tag)


@pytest.fixture
def look(client, gis):
    """See a page as a browser does: `await look("/collections")` gives the 200's page and its source."""

    async def look(path: str, language: str = "zh-CN", status: int = 200) -> tuple[Page, str]:
        headers = {**gis, "Accept": BROWSER, "Accept-Language": language}
        address = path if path.startswith("http") else f"/ogc{path}"
        answer = await client.get(address, headers=headers)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert_walled(answer.headers)
        return Page(answer.text, str(answer.url)), answer.text

    return look


def assert_walled(headers) -> None:
    """Nothing may run or be loaded but what comes from here."""
    policy = dict(each.strip().split(" ", 1) for each in headers["content-security-policy"].split(";"))
    assert policy == {
        "default-src": "'none'",
        "style-src": "'self'",
        "script-src": "'self'",
        "img-src": "'self'",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(("language", "tag"), [("zh-CN", "zh-Hans"), ("en-GB", "en")])
@pytest.mark.parametrize("kind", DOCUMENTS)
async def test_each_kind_of_page_is_whole_and_can_be_read_by_everyone(look, kind, language, tag):
    page, source = await look(DOCUMENTS[kind], language)
    assert source.startswith("<!doctype html>")
    assert page.all("html") == [{"lang": tag}]
    for landmark in ("header", "main", "footer", "h1"):
        assert len(page.all(landmark)) == 1, landmark
    skip = next(each for each in page.all("a") if each.get("class") == "skip")
    assert skip["href"] == f"#{page.all('main')[0]['id']}"
    assert page.text_of("title")
    assert page.text_of("h1")
    assert ("nav" in dict(page.elements)) == (kind != "landing")
    labelled = {each["for"] for each in page.all("label")}
    fields = [each for each in page.all("input") + page.all("select") if each.get("type", "text") != "hidden"]
    assert {each["id"] for each in fields} == labelled
    assert len(page.all("table")) == len(page.all("caption"))
    assert all("scope" in each for each in page.all("th"))
    assert all(each.get("aria-label") or kind == "items" for each in page.all("nav"))
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    has_chinese = bool(re.search("[\u4e00-\u9fff]", source))
    assert has_chinese or language.startswith("en")


@pytest.mark.parametrize("collection", COLLECTIONS)
async def test_each_collection_has_its_pages(look, tasks, collection):
    for path in ("", "/queryables", "/schema", "/items?limit=3"):
        page, _ = await look(f"/collections/{collection}{path}")
    link = next(each["href"] for each in page.all("a") if "tabindex" in each)
    item, _ = await look(link)
    headings = [found for tag, found in item.texts if tag == "th"]
    assert headings == [each.zh for each in COLLECTIONS[collection].properties]


@pytest.mark.parametrize("kind", DOCUMENTS)
async def test_no_page_leads_out_or_has_anything_inline(look, kind):
    page, _ = await look(DOCUMENTS[kind])
    for tag, attributes in page.elements:
        assert tag != "style"
        assert tag != "script" or attributes["src"].startswith("http://vanguard.test/ogc/assets/")
        assert not [name for name in attributes if name == "style" or name.startswith("on")]
        for name in ("href", "src", "action"):
            if name in attributes:
                address = urlsplit(attributes[name])
                assert address.netloc == "vanguard.test" or attributes[name].startswith("#")
    assert page.text_of("script") == ""


def assert_all_here(page: Page, prefix: str) -> None:
    """Nothing on a page names a host or a prefix, and all of it leads to where the page itself was found."""
    assert len(page.addresses) > 5
    for written in page.addresses:
        assert not urlsplit(written).scheme, written
        assert not written.startswith("/"), written
        assert urljoin(page.at, written).startswith(prefix), written


@pytest.mark.parametrize(
    "path", ["", "/", "/collections", "/collections/links/items?limit=2", "/no/such%2Fplace"]
)
@pytest.mark.parametrize("prefix", ["", "/city", "/gis/vanguard"])
async def test_a_page_holds_together_behind_a_proxy_with_a_prefix(client, gis, path, prefix):
    proxy = {"X-Forwarded-Host": "maps.example", "X-Forwarded-Prefix": prefix}
    answer = await client.get(f"/ogc{path}", headers={**gis, "Accept": BROWSER, **proxy})
    assert_all_here(
        Page(answer.text, f"https://maps.example{prefix}/ogc{path}"), f"https://maps.example{prefix}/"
    )


async def test_a_page_holds_together_by_an_address_that_is_not_the_public_one(settings, sessions, clock, gis):
    settings = settings.model_copy(update={"public_url": "https://city.example.cn/grid"})
    async with serving(settings, sessions, clock) as client:
        for path in ("", "/collections", "/collections/links", "/collections/links/items?limit=2"):
            answer = await client.get(f"/ogc{path}", headers={**gis, "Accept": BROWSER})
            page = Page(answer.text, str(answer.url))
            assert_all_here(page, "http://vanguard.test/")
            for each in page.all("link") + page.all("script"):
                assert (await client.get(each.get("href") or each["src"])).status_code == 200
        landing = await client.get("/ogc", headers={"Accept": BROWSER})
    # What people copy into their software is the public address.
    assert "https://city.example.cn/grid/ogc" in Page(landing.text).text_of("code")


async def test_a_page_holds_together_under_the_root_path_of_the_server(settings, sessions, clock, gis):
    app = create_app(settings, clock)
    app.state.sessions = sessions
    transport = httpx.ASGITransport(app, root_path="/vanguard")
    async with httpx.AsyncClient(transport=transport, base_url="http://h.test") as client:
        for path in ("", "/collections/links/items?limit=2", "/no/such/place"):
            answer = await client.get(f"/vanguard/ogc{path}", headers={**gis, "Accept": BROWSER})
            page = Page(answer.text, str(answer.url))
            assert_all_here(page, "http://h.test/vanguard/")
            assert "http://h.test/vanguard/ogc/assets/page.css" in [each["href"] for each in page.all("link")]


@pytest.mark.parametrize("kind", DOCUMENTS)
async def test_no_link_of_a_page_is_broken(look, client, gis, kind):
    for path in (DOCUMENTS[kind], with_lang(DOCUMENTS[kind], "en")):
        page, _ = await look(path)
        ways = {each["href"] for each in page.all("a") + page.all("link") if not each["href"].startswith("#")}
        shapes = {each["href"] for each in page.all("a") if "tabindex" in each}
        for way in (ways - shapes) | set(sorted(shapes)[:1]):
            answer = await client.get(way, headers={**gis, "Accept": BROWSER})
            assert answer.status_code == 200, way


def with_lang(path: str, language: str) -> str:
    """A path that asks for a language."""
    return f"{path}{'&' if '?' in path else '?'}lang={language}"


@pytest.mark.parametrize("kind", DOCUMENTS)
async def test_the_address_decides_on_the_language_of_a_page_and_its_pages(look, kind):
    page, _ = await look(with_lang(DOCUMENTS[kind], "en"), "zh-CN")
    assert page.all("html") == [{"lang": "en"}]
    assert not re.search("[\u4e00-\u9fff]", page.text_of("h1")) or kind == "item"
    pages_of_it = [
        each["href"]
        for each in page.all("a")
        if "hreflang" not in each
        and not re.search(r"/docs$|/ogc/api$|/tiles$|f=csv|f=gpkg", each["href"])
        and not each["href"].startswith("#")
    ]
    assert pages_of_it
    for way in pages_of_it:
        assert ("lang", "en") in parse_qsl(urlsplit(way).query), way
    for form in page.all("form"):
        hidden = {each["name"]: each["value"] for each in page.all("input") if each.get("type") == "hidden"}
        assert hidden["lang"] == "en", form


@pytest.mark.parametrize("kind", DOCUMENTS)
async def test_each_page_has_a_switch_that_leads_to_the_same_page(look, kind):
    page, _ = await look(DOCUMENTS[kind], "zh-CN")
    for _ in range(2):
        chinese, english = [each for each in page.all("a") if "hreflang" in each]
        assert (chinese["lang"], english["lang"]) == ("zh-Hans", "en")
        own = [each["lang"] for each in (chinese, english) if each.get("aria-current") == "true"]
        assert own == [page.all("html")[0]["lang"]]
        assert urlsplit(english["href"]).path == f"/ogc{urlsplit(DOCUMENTS[kind]).path}"
        page, _ = await look(english["href"], "zh-CN")
        assert page.all("html") == [{"lang": "en"}]
        page, _ = await look(next(each["href"] for each in page.all("a") if "hreflang" in each), "en")
        assert page.all("html") == [{"lang": "zh-Hans"}]


async def test_the_switch_keeps_what_was_asked_for(look):
    page, _ = await look("/collections/governance_grids/items?level=county&limit=2&f=html")
    english = next(each["href"] for each in page.all("a") if each.get("hreflang") == "en")
    assert dict(parse_qsl(urlsplit(english).query)) == {
        "level": "county",
        "limit": "2",
        "f": "html",
        "lang": "en",
    }


@pytest.mark.parametrize("path", ["", "/collections", "/collections/links", "/collections/links/items"])
@pytest.mark.parametrize("given", ["fr", "EN", "zh-CN", "", "en&lang=zh"])
async def test_a_language_that_there_is_not_is_named(client, gis, path, given):
    answer = await client.get(f"/ogc{path}?lang={given}", headers=gis)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert "lang" in answer.json()["detail"]


async def test_what_is_wrong_is_said_in_the_language_of_the_address(look, client, gis):
    page, _ = await look("/collections/links/items?colour=red&lang=en", "zh-CN", status=400)
    assert not re.search("[\u4e00-\u9fff]", page.text_of("h1") + page.text_of("p"))
    switch = next(each["href"] for each in page.all("a") if each.get("hreflang") == "zh-Hans")
    page, _ = await look(switch, "en", status=400)
    assert re.search("[\u4e00-\u9fff]", page.text_of("h1"))
    answer = await client.get("/ogc/collections/nothing?lang=en", headers={**gis, "Accept-Language": "zh"})
    assert answer.headers["content-language"] == "en"


async def test_documents_for_programs_follow_the_address_too(client, gis):
    answer = await client.get("/ogc/collections/links?lang=en", headers={**gis, "Accept-Language": "zh"})
    assert answer.headers["content-language"] == "en"
    assert answer.json()["title"] == COLLECTIONS["links"].en
    own = next(each["href"] for each in answer.json()["links"] if each["rel"] == "self")
    assert own == "http://vanguard.test/ogc/collections/links?f=json&lang=en"
    features = await client.get("/ogc/collections/links/items?lang=en&limit=1", headers=gis)
    following = next(each["href"] for each in features.json()["links"] if each["rel"] == "next")
    assert "lang=en" in following


@pytest.mark.parametrize("collection", COLLECTIONS)
async def test_the_map_has_a_shape_for_each_feature_with_its_name_and_its_link(
    look, client, gis, tasks, collection
):
    path = f"/collections/{collection}/items?limit=20"
    page, _ = await look(path)
    document = (await client.get(f"/ogc{path}", headers=gis)).json()
    links = [each["href"] for each in page.all("a") if each.get("tabindex") == "-1"]
    shapes = [each for each in page.all("path") if each.get("class")]
    here = f"http://vanguard.test/ogc/collections/{collection}/items/"
    assert sorted(links) == sorted(here + each["id"] for each in document["features"])
    assert len(shapes) == len(document["features"])
    kind = {"MultiPolygon": "area", "LineString": "line", "Point": "point"}[COLLECTIONS[collection].shape]
    assert {each["class"].split()[0] for each in shapes} == {kind}
    # One title a shape, and that of the map; the page's own is in its head.
    assert len(page.all("title")) == len(shapes) + 2


async def test_the_pages_lead_through_all_features_and_back(look, session):
    count = await session.scalar(text("SELECT count(*) FROM published_governance_grids WHERE level = 'town'"))
    seen, address, pages_seen = [], "/collections/governance_grids/items?level=town&limit=50&f=html&bbox=", 0
    while address:
        page, _ = await look(address)
        seen += [each["href"] for each in page.all("a") if each.get("tabindex") == "-1"]
        pages_seen += 1
        first = [each["href"] for each in page.all("a") if each.get("rel") == "first"]
        assert bool(first) == (pages_seen > 1)
        address = next((each["href"] for each in page.all("a") if each.get("rel") == "next"), None)
    assert len(seen) == len(set(seen)) == count
    again, _ = await look(first[0])
    assert {each["href"] for each in again.all("a") if each.get("tabindex") == "-1"} == set(seen[:50])


async def test_a_page_shows_no_more_than_a_browser_can_bear(look, client, gis):
    asked = pages.MOST_ON_PAGE + 100
    page, _ = await look(f"/collections/coverage/items?limit={asked}")
    assert len([each for each in page.all("a") if each.get("tabindex") == "-1"]) == pages.MOST_ON_PAGE
    program = await client.get(f"/ogc/collections/coverage/items?limit={asked}", headers=gis)
    assert program.json()["numberReturned"] == asked


async def test_the_form_asks_again_with_what_is_filled_in(look, client, gis):
    page, _ = await look("/collections/governance_grids/items?level=town&code=440802001&f=html")
    form = page.all("form")[0]
    assert form["method"] == "get"
    hidden = {each["name"]: each["value"] for each in page.all("input") if each.get("type") == "hidden"}
    assert hidden == {"f": "html", "code": "440802001"}
    assert [each["value"] for each in page.all("option") if "selected" in each and "value" in each] == [
        "town"
    ]
    sent = f"{form['action']}?f=html&level=county&leaf=&invented=&datetime=&bbox=&limit=20"
    _, source = await look(sent)
    counties = (await client.get("/ogc/collections/governance_grids/items?level=county", headers=gis)).json()
    assert all(each["properties"]["name"] in source for each in counties["features"])


def test_only_the_form_may_send_empty_fields():
    assert filled([("f", "html"), ("level", ""), ("bbox", "1,2,3,4")]) == [("f", "html"), ("bbox", "1,2,3,4")]
    assert filled([("level", "")]) == [("level", "")]


async def test_files_have_the_same_filters(look, client, gis):
    page, _ = await look("/collections/governance_grids/items?level=county&limit=2&f=html")
    ways = {each["href"] for each in page.all("a") if "f=" in (each.get("href") or "")}
    (csv,) = [each for each in ways if "f=csv" in each]
    (geojson,) = [each for each in ways if "f=json" in each]
    (gpkg,) = [each for each in ways if "f=gpkg" in each]
    counties = (await client.get("/ogc/collections/governance_grids/items?level=county", headers=gis)).json()
    rows = (await client.get(csv, headers=gis)).text.strip().splitlines()
    assert len(rows) - 1 == counties["numberMatched"] > 2
    assert len((await client.get(geojson, headers=gis)).json()["features"]) == 2
    assert (await client.get(gpkg, headers=gis)).content.startswith(b"SQLite format 3")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_what_people_wrote_is_text_and_nothing_else(look, session, tasks, language):
    named = {"name": EVIL}
    await session.execute(text("UPDATE grid_version SET name = :name, name_en = :name"), named)
    await session.execute(text("UPDATE link SET name = :name, name_en = :name"), named)
    await session.execute(text("UPDATE unit SET name = :name"), named)
    await session.execute(text("UPDATE task SET grid_name = :name"), named)
    for collection in COLLECTIONS:
        page, source = await look(f"/collections/{collection}/items?limit=3", language)
        item, item_source = await look(
            next(each["href"] for each in page.all("a") if each.get("tabindex") == "-1"), language
        )
        for found, given in ((page, source), (item, item_source)):
            assert "&lt;script&gt;" in given
            assert "<script>" not in given
            assert [each.get("src") for each in found.all("script")] == [
                "http://vanguard.test/ogc/assets/map.js"
            ]
            assert found.all("img") == []


async def test_what_the_address_says_is_text_and_nothing_else(look, client, gis):
    page, source = await look(f"/collections/links/items?code={EVIL.replace('#', '')}&f=html")
    assert "<script>alert" not in source
    assert [each["value"] for each in page.all("input") if each.get("name") == "code"] == [EVIL]
    page, source = await look(f"/collections/links/items?bbox={EVIL}", status=400)
    assert "<script>" not in source
    assert page.all("img") == []


async def test_who_is_not_logged_in_is_told_how(client):
    headers = {"Accept": BROWSER}
    answer = await client.get("/ogc/collections", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers.get_list("www-authenticate") == [
        "Bearer",
        'Basic realm="Vanguard", charset="UTF-8"',
    ]
    assert_walled(answer.headers)
    page = Page(answer.text)
    assert page.text_of("h1") == "请先登录"
    assert "/api/v1/me/keys" in answer.text
    english = await client.get("/ogc/collections", headers=headers | {"Accept-Language": "en"})
    assert Page(english.text).text_of("h1") == "Log in first"


@pytest.mark.parametrize("accept", ["application/json", "*/*", "application/geo+json, text/html;q=0.5"])
async def test_programs_get_the_problem_as_before(client, gis, accept):
    for path, headers, status in (
        ("/collections", {}, 401),
        ("/collections/links/items?colour=red", gis, 400),
        ("/collections/nothing", gis, 404),
    ):
        answer = await client.get(f"/ogc{path}", headers={**headers, "Accept": accept})
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
        assert answer.json()["status"] == status


async def test_what_is_wrong_is_a_page_for_a_browser(look, client, login):
    _, source = await look("/collections/links/items?colour=red", "en", status=400)
    assert "colour" in source
    await look("/collections/nothing", status=404)
    await look("/no/such/place", status=404)
    manager = await login("unit_manager", units=["U001"])
    answer = await client.get("/ogc/collections/coverage", headers={**manager, "Accept": BROWSER})
    assert (answer.status_code, answer.headers["content-type"]) == (403, "text/html; charset=utf-8")


async def test_elsewhere_a_browser_gets_the_problem(client):
    answer = await client.get("/api/v1/me", headers={"Accept": BROWSER})
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")


async def test_a_refusal_shown_as_a_page_is_on_record_too(client, session, login):
    manager = await login("unit_manager", units=["U001"])
    await client.get("/ogc/collections/coverage", headers={**manager, "Accept": BROWSER})
    found = await session.scalar(
        text("SELECT count(*) FROM audit WHERE outcome = 'refused' AND subject LIKE '%/ogc/%'")
    )
    assert found == 1


@pytest.mark.parametrize(
    ("name", "kind"), [("page.css", "text/css"), ("map.js", "text/javascript"), ("icon.svg", "image/svg+xml")]
)
async def test_the_files_of_the_pages_are_open_and_may_be_kept(client, name, kind):
    answer = await client.get(f"/ogc/assets/{name}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].split(";")[0] == kind
    assert answer.headers["cache-control"] == "public, max-age=3600"
    assert "//" not in answer.text.replace("http://www.w3.org/2000/svg", "").replace("// ", "")


@pytest.mark.parametrize("name", ["other.css", "..%2Fpages.py", "..%2F..%2Fsettings.py", "."])
async def test_there_are_no_other_files(client, name):
    assert (await client.get(f"/ogc/assets/{name}")).status_code == 404


async def test_numbers_times_and_words_are_written_for_people(look, session):
    row = (
        await session.execute(
            text(
                "SELECT area_m2, valid_from AT TIME ZONE 'Asia/Shanghai' AS at"
                " FROM published_governance_grids WHERE code = '440802'"
            )
        )
    ).one()
    chinese, _ = await look("/collections/governance_grids/items/440802")
    english, _ = await look("/collections/governance_grids/items/440802", "en")
    values = chinese.text_of("td").split(" ")
    assert f"{row.area_m2:,.0f}" in values
    assert {"区县", "否"} <= set(values)
    assert {"County", "No"} <= set(english.text_of("td").split(" "))
    assert chinese.text_of("time") == f"{row.at:%Y-%m-%d %H:%M}"


def test_a_share_is_not_rounded_to_nothing_or_the_whole():
    assert [share(each) for each in (0, 0.0002, 0.5, 0.9996, 1)] == [
        "0.0%",
        "<0.1%",
        "50.0%",
        ">99.9%",
        "100.0%",
    ]
    assert [share_class(each) for each in (None, 0, 0.2, 0.7, 0.99, 1)] == [
        "unknown",
        "none",
        "half",
        "most",
        "nearly",
        "whole",
    ]


@pytest.mark.parametrize("uri", SYSTEMS)
async def test_the_map_is_the_same_in_every_system(client, gis, uri):
    async def drawing(crs):
        answer = await client.get(
            "/ogc/collections/governance_grids/items", params={"level": "county", "crs": crs}, headers=gis
        )
        return draw(shapes_of(answer.json()["features"], SYSTEMS[crs]))

    here, there = await drawing(CRS84), await drawing(uri)
    assert here
    assert there
    assert there.west == pytest.approx(here.west, abs=1e-6)
    assert there.north == pytest.approx(here.north, abs=1e-6)
    assert [each.number for each in there.shapes] == [each.number for each in here.shapes]


def test_a_drawing_stays_within_half_a_pixel_and_is_much_smaller():
    wavy = shapely.Point(110.4, 21.2).buffer(0.3, quad_segs=2000)
    drawing = draw([wavy])
    assert drawing is not None
    pairs = [
        tuple(map(float, each.split(","))) for each in re.findall(r"[\d.]+,[\d.]+", drawing.shapes[0].path)
    ]
    assert len(pairs) < 200
    across, down = WIDTH / (drawing.east - drawing.west), drawing.height / (drawing.north - drawing.south)
    exact = shapely.transform(wavy, lambda xy: (xy - [drawing.west, drawing.north]) * [across, -down])
    assert exact.boundary.hausdorff_distance(shapely.LinearRing(pairs)) < DETAIL + 0.1


def test_a_bar_of_scale_is_as_long_as_it_says():
    drawing = draw([shapely.box(110.0, 21.0, 110.9, 21.5)])
    assert drawing is not None
    assert drawing.bar.label == "20 km"
    degrees = drawing.bar.at / WIDTH * (drawing.east - drawing.west)
    geod_m = degrees * 111_320 * 0.9313  # cos 21.36°, near enough
    assert geod_m == pytest.approx(20_000, rel=0.01)


def test_a_lone_point_has_ground_around_it_and_nothing_is_no_map():
    drawing = draw([None, shapely.Point(110.4, 21.2)])
    assert drawing is not None
    assert [(each.number, each.kind) for each in drawing.shapes] == [(1, "point")]
    assert drawing.west < 110.4 < drawing.east
    assert drawing.meridians
    assert drawing.parallels
    assert draw([None]) is None
    assert draw([]) is None


def test_small_shapes_lie_on_large_ones():
    drawing = draw([shapely.box(110.1, 21.1, 110.2, 21.2), shapely.box(110, 21, 111, 22)])
    assert drawing is not None
    assert [each.number for each in drawing.shapes] == [1, 0]


def test_geometry_that_is_null_is_drawn_as_nothing():
    feature = json.loads('{"type":"Feature","geometry":null,"properties":{}}')
    assert shapes_of([feature], SYSTEMS[CRS84]) == [None]
