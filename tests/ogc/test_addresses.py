"""Links lead back to the service, wherever the client finds it."""

import httpx
import pytest
from pydantic import ValidationError
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from service.app import create_app
from service.settings import Settings
from tests.conftest import serving

PROXY = {
    "X-Forwarded-For": "203.0.113.7",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "gis.example.cn",
    "X-Forwarded-Prefix": "/vanguard",
}


async def every_link(client, gis, headers):
    """The links of the landing page, the collections, a page of features and its next one, as far as they lead here."""
    found = []
    for path in ("", "/collections", "/collections/links/items?limit=2"):
        answer = await client.get(f"/ogc{path}", headers=gis | headers)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        found += body["links"]
        for each in body.get("collections", []):
            found += each["links"]
    return [link["href"] for link in found]


def behind(app, trusted="127.0.0.1", peer=("127.0.0.1", 50000)):
    """A client whose requests come as uvicorn hands them on, from a peer."""
    transport = httpx.ASGITransport(ProxyHeadersMiddleware(app, trusted_hosts=trusted), client=peer)
    return httpx.AsyncClient(transport=transport, base_url="http://10.0.0.5:8000")


@pytest.fixture
def app(settings, sessions, clock):
    """The application inside the outer transaction."""
    app = create_app(settings, clock)
    app.state.sessions = sessions
    return app


async def test_without_a_proxy_it_is_the_requests_own_host(app, gis):
    async with behind(app) as client:
        links = await every_link(client, gis, {})
    assert len(links) > 40
    assert all(link.startswith("http://10.0.0.5:8000/") for link in links)


async def test_behind_a_proxy_with_a_prefix(app, gis):
    async with behind(app) as client:
        links = await every_link(client, gis, PROXY)
        document = (await client.get("/ogc/api", headers=PROXY)).json()
    assert all(link.startswith("https://gis.example.cn/vanguard/") for link in links)
    assert document["servers"] == [{"url": "https://gis.example.cn/vanguard/ogc"}]


async def test_behind_a_proxy_elsewhere_that_uvicorn_trusts(app, gis):
    async with behind(app, trusted="192.0.2.1", peer=("192.0.2.1", 50000)) as client:
        links = await every_link(client, gis, PROXY)
    assert all(link.startswith("https://gis.example.cn/vanguard/") for link in links)


async def test_nobody_else_is_believed(app, gis):
    async with behind(app, peer=("192.0.2.9", 50000)) as client:
        links = await every_link(client, gis, PROXY)
    assert all(link.startswith("http://10.0.0.5:8000/") for link in links)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("X-Forwarded-Host", "evil.example/path"),
        ("X-Forwarded-Host", 'a"><script>'),
        ("X-Forwarded-Prefix", "//evil.example"),
        ("X-Forwarded-Prefix", "/a?b"),
    ],
)
async def test_a_header_that_is_no_host_or_path_is_passed_over(app, gis, header, value):
    async with behind(app) as client:
        links = await every_link(client, gis, {header: value})
    assert all(link.startswith("http://10.0.0.5:8000/") for link in links)


async def test_the_root_path_of_the_server_is_in_the_links(settings, sessions, clock, gis):
    app = create_app(settings, clock)
    app.state.sessions = sessions
    transport = httpx.ASGITransport(app, root_path="/vanguard")
    async with httpx.AsyncClient(transport=transport, base_url="http://h.test") as client:
        answer = await client.get("/vanguard/ogc/collections/links/items?limit=2", headers=gis)
        assert answer.status_code == 200, answer.text
        links = [link["href"] for link in answer.json()["links"]]
    assert all(link.startswith("http://h.test/vanguard/ogc/") for link in links)


async def test_the_public_address_of_the_settings_decides(settings, sessions, clock, gis):
    settings = settings.model_copy(update={"public_url": "https://city.example.cn/grid"})
    async with serving(settings, sessions, clock) as client:
        links = await every_link(client, gis, PROXY)
        answer = await client.get("/ogc/collections/links/items?limit=2&kind=bridge", headers=gis)
    assert all(link.startswith("https://city.example.cn/grid/") for link in links)
    following = next(link["href"] for link in answer.json()["links"] if link["rel"] == "next")
    assert "limit=2&kind=bridge&cursor=" in following


@pytest.mark.parametrize(
    "given", ["gis.example.cn", "ftp://gis.example.cn", "https://", "https://a b", "https://a/b?c"]
)
def test_a_public_address_that_is_none_is_refused(given):
    with pytest.raises(ValidationError, match="public_url"):
        Settings(public_url=given)
