"""The documents that describe the tiles: tile matrix sets, tilesets, TileJSON 3.0 for MapLibre and QGIS."""

from typing import Any

from fastapi import Request

from service.ogc.addresses import address, link
from service.ogc.collection import Collection, Kind, Shape
from service.ogc.documents import JSON, Extent, language_of, property_schema
from service.ogc.systems import CRS84
from service.ogc.tiling import MVT, SCHEME_REL, TMS, TMS_CRS, TMS_URI, limits, matrix_set
from service.texts import Language

USUALLY_DEEPEST = 16
"""A tile's unit is 15 cm there: map software enlarges these tiles rather than ask for more."""
DIMENSIONS = {Shape.MULTIPOLYGON: 2, Shape.LINE: 1, Shape.POINT: 0}


def matrix_sets(request: Request) -> dict[str, Any]:
    """The tile matrix sets: the one."""
    here = link(address(request, "tileMatrixSets", TMS), "self", JSON, TMS)
    return {
        "links": [link(address(request, "tileMatrixSets"), "self", JSON)],
        "tileMatrixSets": [
            {"id": TMS, "title": TMS, "uri": TMS_URI, "crs": TMS_CRS, "links": [here]},
        ],
    }


def matrix_set_document(request: Request) -> dict[str, Any]:
    """The tile matrix set."""
    return matrix_set() | {"links": [link(address(request, "tileMatrixSets", TMS), "self", JSON)]}


def tilesets(request: Request, of: Collection) -> dict[str, Any]:
    """The tilesets of a collection: the one."""
    place = ("collections", of.id, "tiles")
    return {
        "links": [
            link(address(request, *place), "self", JSON),
            link(address(request, "collections", of.id), "collection", JSON),
        ],
        "tilesets": [summary(request, of) | {"links": [link(address(request, *place, TMS), "self", JSON)]}],
    }


def summary(request: Request, of: Collection) -> dict[str, Any]:
    """What every description of a tileset says."""
    return {
        "title": of.title(language_of(request) is Language.ZH),
        "dataType": "vector",
        "crs": TMS_CRS,
        "tileMatrixSetURI": TMS_URI,
    }


def template(request: Request, of: Collection, names: tuple[str, str, str], level: str | None) -> str:
    """The address of a tile, with variables in braces in place of its zoom level, row and column."""
    here = address(request, "collections", of.id, "tiles", TMS)
    variables = "/".join(f"{{{name}}}" for name in names)
    return f"{here}/{variables}{f'?level={level}' if level else ''}"


def tileset(request: Request, of: Collection, extent: Extent, level: str | None) -> dict[str, Any]:
    """The tileset, as OGC 17-083r4 has it."""
    language = language_of(request)
    place = ("collections", of.id, "tiles", TMS)
    item = template(request, of, ("tileMatrix", "tileRow", "tileCol"), level)
    properties = {each.name: property_schema(each, language) for each in of.properties}
    found = summary(request, of) | {
        "links": [
            link(address(request, *place, level=level), "self", JSON),
            link(address(request, *place, f="tilejson", level=level), "alternate", JSON, "TileJSON"),
            {**link(item, "item", MVT, "MVT"), "templated": True},
            link(address(request, "tileMatrixSets", TMS), SCHEME_REL, JSON, TMS),
            link(address(request, "collections", of.id), "collection", JSON),
        ],
        "layers": [
            {
                "id": of.id,
                "dataType": "vector",
                "geometryDimension": DIMENSIONS[of.shape],
                "propertiesSchema": {
                    "type": "object",
                    "properties": {"id": {"type": "string"}} | properties,
                },
            }
        ],
    }
    if extent is not None:
        west, south, east, north = extent
        found["boundingBox"] = {"lowerLeft": [west, south], "upperRight": [east, north], "crs": CRS84}
        found["tileMatrixSetLimits"] = [
            {
                "tileMatrix": str(each.z),
                "minTileRow": each.rows[0],
                "maxTileRow": each.rows[1],
                "minTileCol": each.cols[0],
                "maxTileCol": each.cols[1],
            }
            for each in limits(extent)
        ]
    return found


def tilejson(request: Request, of: Collection, extent: Extent, level: str | None) -> dict[str, Any]:
    """The tileset as TileJSON 3.0."""
    chinese = language_of(request) is Language.ZH
    kinds = {Kind.BOOLEAN: "Boolean", Kind.INTEGER: "Number", Kind.NUMBER: "Number"}
    found: dict[str, Any] = {
        "tilejson": "3.0.0",
        "name": of.title(chinese),
        "description": of.about_zh if chinese else of.about_en,
        "scheme": "xyz",
        "tiles": [template(request, of, ("z", "y", "x"), level)],
        "minzoom": 0,
        "maxzoom": USUALLY_DEEPEST,
        "vector_layers": [
            {
                "id": of.id,
                "fields": {"id": "String"}
                | {each.name: kinds.get(each.kind, "String") for each in of.properties},
            }
        ],
    }
    if extent is not None:
        found["bounds"] = list(extent)
    return found
