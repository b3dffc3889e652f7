"""At the edge: who sends what how, again, at the same time, and how far it is."""

from contextlib import closing
from uuid import uuid4

import httpx
import pytest

from service.app import create_app
from service.errors import TooLarge
from service.settings import Settings
from service.web.bodies import CHUNK_BYTES, Upload
from tests.conftest import serving
from tests.imports.conftest import geojson, party, square

PARTY = geojson(party("P-1", square(2)))


@pytest.mark.parametrize(
    "options",
    [
        {"content": PARTY, "headers": {"Content-Type": "application/json"}},
        {"content": PARTY, "headers": {"Content-Type": "application/geo+json"}},
        {"data": {"file": "text"}},
        {"files": {"other": ("a.geojson", PARTY)}},
        {"files": [("file", ("a.geojson", PARTY)), ("file", ("b.geojson", PARTY))]},
        {"content": b"--x\r\nbroken", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
        {"content": b"", "headers": {"Content-Type": "multipart/form-data"}},
        {},
    ],
)
async def test_what_is_no_form_with_one_file(city, gis, client, counts, options):
    before = await counts()
    headers = {**gis, **options.pop("headers", {})}
    answer = await client.post("/api/v1/imports/party-grids", headers=headers, **options)
    assert answer.status_code == 422, answer.text
    assert answer.json()["type"] in ("/problems/invalid-body", "/problems/malformed-request")
    assert await counts() == before


@pytest.mark.parametrize(
    "query",
    [
        {"dry_run": "perhaps"},
        {"missing": "delete"},
        {"id": "7"},
        {"layer": "a\x00b"},
        {"column": "x" * 300},
    ],
)
async def test_wrong_options(city, gis, send, counts, query):
    before = await counts()
    answer = await send("party-grids", PARTY, gis, **query)
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/invalid-parameter"
    assert await counts() == before


async def test_a_file_that_is_too_large_names_the_limit(settings, sessions, clock, login):
    small = Settings(**{**settings.model_dump(), "import_limit_bytes": 5000, "body_limit_bytes": 2000})
    headers = await login("gis", areas=["4408"])
    async with serving(small, sessions, clock) as client:
        form = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n' + b"x" * 6000
        for content in (form, piecemeal(form)):
            answer = await client.post(
                "/api/v1/imports/party-grids",
                content=content,
                headers=headers | {"Content-Type": "multipart/form-data; boundary=x"},
            )
            assert answer.status_code == 413
            assert answer.json()["type"] == "/problems/body-too-large"
            assert "5000" in answer.json()["detail"]
        other = await client.post("/api/v1/logout", content=b"x" * 3000, headers=headers)
        assert (other.status_code, "2000" in other.json()["detail"]) == (413, True)
        undo = await client.post(f"/api/v1/imports/{uuid4()}/undo", content=b"x" * 3000, headers=headers)
        assert (undo.status_code, "2000" in undo.json()["detail"]) == (413, True)


async def piecemeal(content):
    """A body of unknown length."""
    for start in range(0, len(content), 1000):
        yield content[start : start + 1000]


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer junk"}])
async def test_nobody_is_refused_before_a_byte_is_read(settings, sessions, clock, headers):
    app = create_app(settings, clock)
    app.state.sessions = sessions
    asked = []

    async def receive():
        asked.append(1)
        return {"type": "http.request", "body": b"x", "more_body": True}

    sent = []

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/v1/imports/party-grids",
        "raw_path": b"/api/v1/imports/party-grids",
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("vanguard.test", 80),
        "scheme": "http",
        "http_version": "1.1",
        "root_path": "",
    }
    await app(scope, receive, send)
    assert sent[0]["status"] == 401
    assert asked == []


PIECES = [b"a" * 300_000, b"", b"b" * 900_000, b"c"]


def coming(pieces):
    """A client that sends a body in pieces and then goes away."""
    left = list(pieces)

    async def receive():
        if not left:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    return receive


async def whole(receive):
    """What a `receive` gives, in chunks."""
    chunks, more = [], True
    while more:
        message = await receive()
        chunks.append(message["body"])
        more = message["more_body"]
    return chunks


async def test_an_upload_is_given_again_from_its_beginning():
    with closing(Upload(coming(PIECES), 10_000_000)) as upload:
        half = upload.replay()
        assert (await half())["body"] == b"a" * CHUNK_BYTES
        for _ in range(2):
            again = upload.replay()
            chunks = await whole(again)
            assert b"".join(chunks) == b"".join(PIECES)
            assert max(map(len, chunks)) == CHUNK_BYTES
            assert (await again())["type"] == "http.disconnect"


async def test_an_upload_that_is_too_large_is_not_taken_whole():
    with closing(Upload(coming([b"x" * 1000] * 1000), 4500)) as upload:
        with pytest.raises(TooLarge):
            await whole(upload.replay())
        assert upload.size == 4000


async def test_an_upload_that_breaks_off_is_a_disconnect_and_no_end():
    async def gone():
        return {"type": "http.disconnect"}

    with closing(Upload(gone, 1000)) as upload:
        assert (await upload.replay()())["type"] == "http.disconnect"


async def test_the_same_key_and_file_give_the_same_answer_once(city, gis, send, counts):
    first = await send("party-grids", PARTY, gis, key="one")
    after = await counts()
    again = await send("party-grids", PARTY, gis, key="one")
    assert (first.status_code, again.status_code) == (201, 201), first.text
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json() == first.json()
    assert await counts() == after


@pytest.mark.parametrize(
    "other",
    [
        {"content": geojson(party("P-2", square(2)))},
        {"name": "other.geojson"},
        {"dry_run": True},
        {"missing": "close"},
    ],
)
async def test_the_same_key_for_another_file_or_other_options(city, gis, send, other):
    await send("party-grids", PARTY, gis, key="one")
    content = other.pop("content", PARTY)
    answer = await send("party-grids", content, gis, key="one", **other)
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/idempotency-key-reused"


async def test_a_refused_file_keeps_no_key(city, gis, send):
    bad = geojson(party("P-1", square(2), unit="U-NONE"))
    assert (await send("party-grids", bad, gis, key="one")).status_code == 422
    assert (await send("party-grids", PARTY, gis, key="one")).status_code == 201


async def test_a_client_that_goes_away_leaves_nothing(settings, sessions, clock, city, gis, counts):
    before = await counts()
    app = create_app(settings, clock)
    app.state.sessions = sessions
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)

    async def broken():
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.geojson"\r\n\r\nab'

    async with httpx.AsyncClient(transport=transport, base_url="http://vanguard.test") as client:
        answer = await client.post(
            "/api/v1/imports/party-grids",
            content=broken(),
            headers=gis | {"Content-Type": "multipart/form-data; boundary=x"},
        )
    assert answer.status_code == 422
    assert await counts() == before
