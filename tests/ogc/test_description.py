"""The documents that describe the interface are valid, and say what is there."""

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator, validate

from service.ogc.collections import COLLECTIONS


async def test_the_services_openapi_document_is_valid(client):
    document = (await client.get("/openapi.json")).json()
    validate(document, cls=OpenAPIV31SpecValidator)
    assert "/ogc/collections/{collection_id}/items" in document["paths"]


async def test_the_openapi_document_of_ogc_is_valid(client):
    document = (await client.get("/ogc/api")).json()
    validate(document, cls=OpenAPIV30SpecValidator)


async def test_a_document_that_is_wrong_is_found_out(client):
    document = (await client.get("/ogc/api")).json()
    document["paths"]["/collections/links/items"]["get"]["parameters"][0].pop("in")
    with pytest.raises(Exception, match="in"):
        validate(document, cls=OpenAPIV30SpecValidator)


async def test_each_parameter_of_the_document_is_understood(client, gis, tasks):
    paths = (await client.get("/ogc/api")).json()["paths"]
    tried = {
        "limit": "5",
        "bbox": "110,21,111,22",
        "datetime": "2026-06-03",
        "filter": "TRUE",
        "filter-lang": "cql2-text",
        "f": "json",
    }
    for collection in COLLECTIONS.values():
        path = f"/collections/{collection.id}/items"
        answer = await client.get(f"/ogc{path}", params={"limit": 1}, headers=gis)
        (feature,) = answer.json()["features"]
        for parameter in paths[path]["get"]["parameters"]:
            name, schema = parameter["name"], parameter["schema"]
            if name == "cursor":
                continue
            value = tried.get(name) or schema.get("enum", [None])[0]
            if name in collection.by_name:
                value = feature["properties"][name]
            if value is None:
                continue
            value = str(value).lower() if isinstance(value, bool) else value
            found = await client.get(f"/ogc{path}", params={name: value}, headers=gis)
            assert found.status_code == 200, (path, name, found.text)
            if name in collection.by_name:
                assert found.json()["numberMatched"] > 0, (path, name, value)


async def test_the_media_type_of_the_api_link_is_the_answers(client):
    links = (await client.get("/ogc")).json()["links"]
    (described,) = [link for link in links if link["rel"] == "service-desc"]
    answer = await client.get(described["href"])
    assert answer.headers["content-type"] == described["type"]
