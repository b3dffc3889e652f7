"""/docs works where there is no internet, and the document that it shows is whole."""

import re

import httpx
import pytest

from service.texts import catalogue

METHODS = {"get", "post", "put", "patch", "delete"}
OPEN = {
    "/healthz",
    "/readyz",
    "/problems/{slug}",
    "/api/v1/token",
    "/api/v1/devices/enrol",
    "/api/v1/sms/{channel}",
    "/ogc",
    "/ogc/conformance",
    "/ogc/api",
    "/ogc/tileMatrixSets",
    "/ogc/tileMatrixSets/WebMercatorQuad",
}
"""What one may call without being anybody."""

KEYS_OF_THEIR_OWN = {"/api/v1/checkins"}
"""Each item has an id: no key is needed."""


@pytest.fixture
async def document(client: httpx.AsyncClient) -> dict:
    """The OpenAPI document as it is served."""
    answer = await client.get("/openapi.json")
    assert answer.status_code == 200
    return answer.json()


@pytest.fixture
def operations(document) -> dict[str, dict]:
    """Its operations by method and path."""
    return {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    }


async def test_the_page_names_no_address_but_its_own(client):
    page = await client.get("/docs")
    assert page.status_code == 200
    assert not re.search(r"https?://|[\"'(]//", page.text)
    assert "url: 'openapi.json'" in page.text
    assets = re.findall(r"(?:src|href)=\"([^\"]+)\"", page.text)
    assert len(assets) == 3
    for asset in assets:
        # Relative to /docs, so that a proxy's prefix stays in front.
        assert asset.startswith("docs/assets/")
        found = await client.get(f"/{asset}")
        assert found.status_code == 200
        assert len(found.content) > 500


async def test_the_style_sheet_fetches_nothing(client):
    style = await client.get("/docs/assets/swagger-ui.css")
    assert not re.findall(r"@import|url\((?![\"']?data:)", style.text)


@pytest.mark.parametrize("name", ["..%2Fapp.py", "secret.js", "%2Fetc%2Fpasswd"])
async def test_no_other_file_is_served(client, name):
    assert (await client.get(f"/docs/assets/{name}")).status_code == 404


def test_every_operation_says_what_it_does(operations):
    assert len(operations) > 40
    for name, operation in operations.items():
        assert operation["summary"], name
        assert operation["description"].endswith((".", "?")), name
        assert operation["tags"], name


def test_operations_have_names_of_their_own(operations):
    names = [operation["operationId"] for operation in operations.values()]
    assert len(set(names)) == len(names)


def test_every_refusal_is_a_problem_document(document, operations):
    assert "HTTPValidationError" not in str(document)
    assert set(document["components"]["schemas"]["Problem"]["required"]) >= {
        "type",
        "title",
        "status",
        "detail",
    }
    schema = {"$ref": "#/components/schemas/Problem"}
    for name, operation in operations.items():
        takes_something = operation.get("parameters") or operation.get("requestBody")
        # The OGC's standards say 400 of a parameter that is wrong.
        wrong = "400" if "/ogc" in name else "422"
        assert wrong in operation["responses"] or not takes_something, name
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                assert response["content"] == {"application/problem+json": {"schema": schema}}, (name, status)


def test_the_way_in_is_shown(document, operations):
    schemes = document["components"]["securitySchemes"]
    assert schemes["OAuth2PasswordBearer"]["flows"]["password"]["tokenUrl"] == "/api/v1/token"
    assert schemes["KeyAsPassword"]["scheme"] == "basic"
    for name, operation in operations.items():
        assert bool(operation.get("security")) is (name.split()[1] not in OPEN), name
        if operation.get("security"):
            assert {"401", "403"} <= set(operation["responses"]), name


def test_whatever_a_client_may_repeat_takes_a_key(operations):
    for name, operation in operations.items():
        method, path = name.split()
        keys = [each for each in operation.get("parameters", []) if each["name"] == "Idempotency-Key"]
        assert len(keys) == (method != "GET" and path not in OPEN | KEYS_OF_THEIR_OWN), name


async def test_a_type_leads_to_its_meaning(client):
    problem = (await client.get("/nowhere")).json()
    meaning = (await client.get(problem["type"])).json()
    assert meaning["title"] == catalogue()["problem.not-found.title"]
    assert meaning["detail"] == catalogue()["problem.not-found.detail"]
