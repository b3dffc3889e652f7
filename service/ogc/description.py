"""The OpenAPI 3.0 document of /ogc, as the standard's class oas30 wants it: a path for each collection by its name."""

from importlib.metadata import version
from typing import Any

from service.grids.rules import LEVELS
from service.ogc.collection import Collection, Kind, Property
from service.ogc.collections import COLLECTIONS, LEVEL
from service.ogc.cql.filters import JSON, TEXT
from service.ogc.documents import OPENAPI
from service.ogc.parameters import (
    DOCUMENT_FORMATS,
    GEOJSON,
    MEDIA_TYPES,
    MOST_LIMIT,
    USUAL_LIMIT,
    Format,
)
from service.ogc.systems import CRS84, SYSTEMS
from service.ogc.tiling import DEEPEST, MVT, TMS
from service.texts import Language
from service.web.problems import MEDIA_TYPE as PROBLEM

Object = dict[str, Any]


def parameter(name: str, schema: Object, description: str) -> Object:
    """A parameter of a query."""
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": schema,
        "style": "form",
        "explode": False,
    }


def choice(*values: str, default: str | None = None) -> Object:
    """The schema of one of several texts."""
    found: Object = {"type": "string", "enum": list(values)}
    return found if default is None else found | {"default": default}


URIS = choice(*SYSTEMS, default=CRS84)
LIMIT = parameter(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": MOST_LIMIT, "default": USUAL_LIMIT},
    "Features a page; more than the most is the most",
)
BBOX = parameter(
    "bbox",
    {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}},
    "Only what meets this box: 4 numbers, or 6 with heights, in the order of bbox-crs",
)
DATETIME = parameter(
    "datetime",
    {"type": "string"},
    "Only what is or was at a moment, on a day of the city, or in a period: 2026-06-03, 2026-06-01T00:00:00Z/..",
)
CRS = parameter("crs", URIS, "The coordinate system of the answer, which decides the order of axes too")
LANG = parameter(
    "lang", choice(*Language), "The language of the texts; left out, the Accept-Language header decides"
)
F = parameter("f", choice(*DOCUMENT_FORMATS), "The format; left out, the Accept header decides")
ITEMS = (
    LIMIT,
    BBOX,
    parameter("bbox-crs", URIS, "The coordinate system of bbox"),
    CRS,
    DATETIME,
    parameter("filter", {"type": "string"}, "CQL2; docs/ogc.md says what of it is understood"),
    parameter("filter-lang", choice(TEXT, JSON, default=TEXT), "The language of filter"),
    parameter("filter-crs", URIS, "The coordinate system of the shapes in filter"),
    parameter("cursor", {"type": "string"}, "From the link to the next page"),
    parameter("f", choice(*Format), "The format; left out, the Accept header decides"),
    LANG,
)
ITEM = (CRS, F, LANG)
DOCUMENT = (F, LANG)


def by_property(of: Property) -> Object:
    """The parameter that asks for one value of a property."""
    if of.kind in (Kind.TIME, Kind.UUID):
        schema: Object = {"type": "string"}
    else:
        schema = {"type": of.kind.value} | ({"enum": list(of.values)} if of.values else {})
    return parameter(of.name, schema, f"{of.zh} {of.en}")


def responses(*media_types: str, missing: bool = False) -> Object:
    """What an operation answers."""
    problem = {"content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    found: Object = {
        "200": {
            "description": "OK",
            "content": {
                each: {"schema": {"type": "object"} if "json" in each else {"type": "string"}}
                for each in media_types
            },
        },
        "400": {"description": "A parameter is wrong or unknown", **problem},
        "401": {"description": "No valid key or token", **problem},
        "403": {"description": "Not allowed", **problem},
    }
    return found | ({"404": {"description": "Not there", **problem}} if missing else {})


def operation(
    name: str, summary: str, parameters: tuple[Object, ...], answers: Object, *, open_: bool = False
) -> Object:
    """One GET."""
    found: Object = {
        "operationId": name,
        "summary": summary,
        "parameters": list(parameters),
        "responses": answers,
    }
    return {"get": found | ({"security": []} if open_ else {})}


def of_collection(of: Collection) -> Object:
    """The paths of one collection."""
    here = f"/collections/{of.id}"
    documents = responses(MEDIA_TYPES[Format.JSON], MEDIA_TYPES[Format.HTML])
    schemas = responses("application/schema+json", MEDIA_TYPES[Format.HTML])
    features = responses(GEOJSON, *(MEDIA_TYPES[each] for each in Format if each is not Format.JSON))
    id_ = {"name": "featureId", "in": "path", "required": True, "schema": {"type": "string"}}
    title = f"{of.zh} {of.en}"
    return {
        here: operation(f"{of.id}.describe", title, DOCUMENT, documents),
        f"{here}/queryables": operation(f"{of.id}.queryables", f"{title}: queryables", DOCUMENT, schemas),
        f"{here}/schema": operation(f"{of.id}.schema", f"{title}: schema", DOCUMENT, schemas),
        f"{here}/items": operation(
            f"{of.id}.items", f"{title}: features", (*ITEMS, *map(by_property, of.properties)), features
        ),
        f"{here}/items/{{featureId}}": operation(
            f"{of.id}.item",
            f"{title}: one feature",
            (id_, *ITEM),
            responses(GEOJSON, MEDIA_TYPES[Format.HTML], missing=True),
        ),
    }


def tiles_of_collection(of: Collection) -> Object:
    """The paths of one collection's tiles."""
    here, title = f"/collections/{of.id}/tiles", f"{of.zh} {of.en}"
    json = MEDIA_TYPES[Format.JSON]
    level = (
        (parameter("level", choice(*LEVELS), "Left out, the zoom decides"),) if LEVEL in of.properties else ()
    )
    place = tuple(
        {"name": name, "in": "path", "required": True, "schema": {"type": "integer", "minimum": 0} | most}
        for name, most in (("tileMatrix", {"maximum": DEEPEST}), ("tileRow", {}), ("tileCol", {}))
    )
    answers = responses(MVT, missing=True) | {"304": {"description": "The tile is as If-None-Match says"}}
    answers["200"]["content"][MVT]["schema"]["format"] = "binary"
    return {
        here: operation(f"{of.id}.tilesets", f"{title}: tilesets", (), responses(json)),
        f"{here}/{TMS}": operation(
            f"{of.id}.tileset",
            f"{title}: tileset",
            (parameter("f", choice("json", "tilejson"), "The format"), *level),
            responses(json),
        ),
        f"{here}/{TMS}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}": operation(
            f"{of.id}.tile", f"{title}: one tile", (*place, *level), answers
        ),
    }


def description(base: str) -> Object:
    """The document, for the service at an address."""
    documents = responses(MEDIA_TYPES[Format.JSON], MEDIA_TYPES[Format.HTML])
    paths: Object = {
        "/": operation("landing", "Landing page", DOCUMENT, documents, open_=True),
        "/conformance": operation("conformance", "Conformance classes", DOCUMENT, documents, open_=True),
        "/api": operation("api", "This document", (), responses(OPENAPI), open_=True),
        "/collections": operation("collections", "Collections", DOCUMENT, documents),
    }
    for path, name in (("/tileMatrixSets", "tileMatrixSets"), (f"/tileMatrixSets/{TMS}", TMS)):
        answers = responses(MEDIA_TYPES[Format.JSON])
        paths[path] = operation(name, "Tile matrix sets", (), answers, open_=True)
    for each in COLLECTIONS.values():
        paths |= of_collection(each) | tiles_of_collection(each)
    text = {"type": "string"}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Vanguard: OGC API", "version": version("vanguard-dispatch")},
        "servers": [{"url": base}],
        "security": [{"basic": []}, {"bearer": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "basic": {"type": "http", "scheme": "basic", "description": "Username and an API key"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
            "schemas": {
                "Problem": {
                    "type": "object",
                    "properties": {
                        "type": text,
                        "title": text,
                        "status": {"type": "integer"},
                        "detail": text,
                        "instance": text,
                    },
                }
            },
        },
    }
