"""The documents that describe what is published: landing page, conformance, collections, queryables, schemas."""

from collections.abc import Iterable
from typing import Any

from fastapi import Request

from service.ogc.addresses import address, asked_language, kept, link
from service.ogc.collection import Collection, Kind, Property
from service.ogc.parameters import GEOJSON, MEDIA_TYPES, Format
from service.ogc.systems import CRS84, STORED, SYSTEMS
from service.ogc.tiling import SCHEMES_REL, TILES_CONFORM, TILESETS_REL
from service.texts import Language
from service.web.addresses import root
from service.web.asked import header_language

JSON, HTML = MEDIA_TYPES[Format.JSON], MEDIA_TYPES[Format.HTML]
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
SCHEMA = "application/schema+json"
QUERYABLES_REL = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
SCHEMA_REL = "http://www.opengis.net/def/rel/ogc/1.0/schema"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
Extent = tuple[float, float, float, float] | None
"""West, south, east, north in degrees."""

FEATURES_1 = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/"
FEATURES_2 = "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/"
FEATURES_3 = "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/"
CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf/"
CONFORMS = (
    *(FEATURES_1 + name for name in ("core", "oas30", "html", "geojson")),
    FEATURES_2 + "crs",
    *(
        FEATURES_3 + name
        for name in ("queryables", "queryables-query-parameters", "filter", "features-filter")
    ),
    *(
        CQL2 + name
        for name in (
            "cql2-text",
            "cql2-json",
            "basic-cql2",
            "advanced-comparison-operators",
            "case-insensitive-comparison",
            "basic-spatial-functions",
        )
    ),
    *TILES_CONFORM,
)
"""The conformance classes that hold whole; what else of CQL2 is understood, docs/ogc.md says."""


def language_of(request: Request) -> Language:
    """The language that the client asks for: by `lang`, or else by the header."""
    return asked_language(request) or header_language(request)


def alternates(request: Request, *path: str, own: str = JSON) -> list[dict[str, str]]:
    """The links of a document to itself and to its page."""
    return [
        link(kept(request, *path, f=Format.JSON), "self", own, "JSON"),
        link(kept(request, *path, f=Format.HTML), "alternate", HTML, "HTML"),
    ]


def landing(request: Request) -> dict[str, Any]:
    """The landing page. It names no data, and is open to anyone."""
    chinese = language_of(request) is Language.ZH
    return {
        "title": "网格与任务" if chinese else "Grids and tasks",
        "description": (
            "社会治理网格、机关党建网格、覆盖情况和任务，供地图软件使用。请用 API 密钥登录。"
            if chinese
            else "Governance grids, party grids, what covers them, and tasks, for map software. Log in by API key."
        ),
        "links": [
            *alternates(request),
            link(address(request, "api"), "service-desc", OPENAPI, "OpenAPI 3.0"),
            link(f"{root(request)}/docs", "service-doc", HTML, "API"),
            link(kept(request, "conformance"), "conformance", JSON, "Conformance"),
            link(kept(request, "collections"), "data", JSON, "Collections"),
            link(address(request, "tileMatrixSets"), SCHEMES_REL, JSON, "Tile matrix sets"),
        ],
    }


def conformance(request: Request) -> dict[str, Any]:
    """The conformance classes."""
    return {"conformsTo": list(CONFORMS), "links": alternates(request, "conformance")}


def collections(request: Request, shown: Iterable[Collection], extent: Extent) -> dict[str, Any]:
    """The collections that the caller may read."""
    return {
        "links": alternates(request, "collections"),
        "collections": [collection(request, each, extent) for each in shown],
    }


def collection(request: Request, of: Collection, extent: Extent) -> dict[str, Any]:
    """One collection."""
    chinese = language_of(request) is Language.ZH
    place = ("collections", of.id)
    found: dict[str, Any] = {
        "id": of.id,
        "title": of.title(chinese),
        "description": of.about_zh if chinese else of.about_en,
        "itemType": "feature",
        "crs": list(SYSTEMS),
        "storageCrs": STORED,
        "links": [
            *alternates(request, *place),
            link(kept(request, *place, "items"), "items", GEOJSON, "GeoJSON"),
            *(
                link(kept(request, *place, "items", f=each), "items", MEDIA_TYPES[each], each.upper())
                for each in (Format.HTML, Format.CSV, Format.GPKG)
            ),
            link(kept(request, *place, "queryables"), QUERYABLES_REL, SCHEMA, "Queryables"),
            link(kept(request, *place, "schema"), SCHEMA_REL, SCHEMA, "Schema"),
            link(address(request, *place, "tiles"), TILESETS_REL, JSON, "Vector tiles"),
        ],
    }
    if extent is not None:
        found["extent"] = {"spatial": {"bbox": [list(extent)], "crs": CRS84}}
    return found


def property_schema(of: Property, language: Language) -> dict[str, Any]:
    """A property as JSON Schema."""
    found: dict[str, Any] = {"title": of.zh if language is Language.ZH else of.en}
    if of.kind in (Kind.TIME, Kind.UUID):
        found |= {"type": "string", "format": of.kind.value}
    else:
        found["type"] = of.kind.value
    if of.values:
        found["enum"] = list(of.values)
    if of.unit:
        found["x-ogc-unit"] = of.unit
    return found


def geometry_schema(of: Collection) -> dict[str, Any]:
    """The geometry as JSON Schema."""
    return {"format": f"geometry-{of.shape.lower()}", "x-ogc-role": "primary-geometry"}


def queryables(request: Request, of: Collection) -> dict[str, Any]:
    """What may be filtered by."""
    return described(request, of, "queryables") | {"additionalProperties": False}


def schema(request: Request, of: Collection) -> dict[str, Any]:
    """What features have."""
    found = described(request, of, "schema")
    if len(of.identity) == 1:
        found["properties"][of.identity[0]]["x-ogc-role"] = "id"
    return found


def described(request: Request, of: Collection, name: str) -> dict[str, Any]:
    """The properties of a collection as JSON Schema."""
    language = language_of(request)
    return {
        "$schema": DIALECT,
        "$id": address(request, "collections", of.id, name),
        "type": "object",
        "title": of.title(language is Language.ZH),
        "properties": {each.name: property_schema(each, language) for each in of.properties}
        | {"geom": geometry_schema(of)},
    }


def items_links(
    request: Request, of: Collection, query: list[tuple[str, str]], cursor: str | None
) -> list[dict[str, str]]:
    """The links of a page of features."""
    place = ("collections", of.id, "items")
    here = dict(query)
    bare = {name: value for name, value in here.items() if name not in ("f", "cursor")}
    found = [
        link(address(request, *place, **here), "self", GEOJSON, "GeoJSON"),
        link(address(request, *place, **{**here, "f": Format.HTML}), "alternate", HTML, "HTML"),
        *(
            link(
                address(request, *place, **{**bare, "f": each}), "alternate", MEDIA_TYPES[each], each.upper()
            )
            for each in (Format.CSV, Format.GPKG)
        ),
        link(kept(request, "collections", of.id), "collection", JSON, of.title(True)),
    ]
    if cursor is not None:
        found.append(link(address(request, *place, **{**here, "cursor": cursor}), "next", GEOJSON))
    return found


def item_links(request: Request, of: Collection, feature_id: str, crs: str | None) -> list[dict[str, str]]:
    """The links of one feature."""
    place = ("collections", of.id, "items", feature_id)
    return [
        link(kept(request, *place, crs=crs), "self", GEOJSON, "GeoJSON"),
        link(kept(request, *place, crs=crs, f=Format.HTML), "alternate", HTML, "HTML"),
        link(kept(request, "collections", of.id), "collection", JSON, of.title(True)),
    ]
