"""The documents of the OGC API as pages for people: what JSON says, with a map, and words in the reader's language."""

from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from jinja2 import Environment, PackageLoader, StrictUndefined

from service.ogc import wording
from service.ogc.addresses import address, base, kept, near
from service.ogc.collection import Collection, Kind
from service.ogc.collections import COLLECTIONS
from service.ogc.documents import language_of
from service.ogc.drawing import draw, shapes_of
from service.ogc.parameters import OF_ITEMS, Format
from service.ogc.systems import CRS84, system_of
from service.ogc.tiling import TILESETS_REL
from service.texts import Language, text
from service.web.addresses import root

MOST_ON_PAGE = 1_000
"""Features that a page shows at most; a browser should not be sent ten thousand."""
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self';"
        " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
"""Of every page: nothing runs or is loaded but what the service itself serves."""
LEGENDS = ("none", "half", "most", "nearly", "whole")
"""The classes of covered shares, from the least."""
TAGS: Mapping[Language, str] = {Language.ZH: "zh-Hans", Language.EN: "en"}
LIMITS = (20, 50, 100, 200, 500, MOST_ON_PAGE)
NO_FILTERS = ("f", "lang", "cursor", "limit")
"""Parameters that say how features are shown, not which."""
Crumbs = list[tuple[str, str]]
"""The way to a page: an address and a name each."""

templates = Environment(
    loader=PackageLoader("service.ogc"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(request: Request, kind: str, document: dict[str, Any]) -> str:
    """A document as HTML; `kind` is landing, conformance, collections, collection, queryables, schema, items, item."""
    language = language_of(request)
    of = COLLECTIONS.get(request.path_params.get("collection_id", ""))
    given: dict[str, Any] = {"document": document, "of": of}
    if kind == "items" and of is not None:
        given |= features(request, of, document, language)
    elif kind == "item" and of is not None:
        given |= mapped(request, of, [document], language)
        given["feature_name"] = wording.label(of, document, language)
    name = "properties" if kind in ("queryables", "schema") else kind
    return render(request, name, kind=kind, crumbs=crumbs(request, kind, of), **given)


def problem_page(request: Request, problem: dict[str, Any]) -> str:
    """A problem document as HTML; that of a 401 says how one logs in."""
    return render(request, "problem", kind="problem", crumbs=crumbs(request, "", None), document=problem)


def render(request: Request, name: str, **given: Any) -> str:
    """A template with what all of them need."""
    language = language_of(request)
    return templates.get_template(f"{name}.html").render(
        language=TAGS[language],
        chinese=language is Language.ZH,
        t=lambda key, **params: text(f"page.{key}", language, **params),
        to=partial(to, request),
        link=partial(link, request),
        file=lambda *path: near(request, address(request, *path)),
        docs=near(request, f"{root(request)}/docs"),
        tilesets=TILESETS_REL,
        base=base(request),
        home=to(request),
        languages=languages(request),
        **given,
    )


def to(request: Request, *path: str, **query: Any) -> str:
    """The way from a page to another one, in the same language."""
    return near(request, kept(request, *path, **query))


def languages(request: Request) -> list[tuple[str, str, str, bool]]:
    """A page in each language: the way there, the language's tag and its own name, and whether it is this page's."""
    others = [each for each in request.query_params.multi_items() if each[0] != "lang"]
    now = language_of(request)
    return [
        (f"?{urlencode([*others, ('lang', each)])}", TAGS[each], text("page.language", each), each is now)
        for each in Language
    ]


def link(
    request: Request, document: Mapping[str, Any], rel: str, media_type: str | None = None
) -> str | None:
    """Where a link of a document leads; None where it has no such link."""
    found = (
        near(request, each["href"])
        for each in document["links"]
        if each["rel"] == rel and media_type in (None, each["type"])
    )
    return next(found, None)


def crumbs(request: Request, kind: str, of: Collection | None) -> Crumbs:
    """The pages above one, from the landing page on."""
    language = language_of(request)
    found: Crumbs = []
    if kind != "landing":
        found.append((to(request), text("page.home", language)))
    if of is not None:
        found.append((to(request, "collections"), text("page.collections", language)))
    if of is not None and kind != "collection":
        found.append((to(request, "collections", of.id), of.title(language is Language.ZH)))
    if of is not None and kind == "item":
        found.append((to(request, "collections", of.id, "items"), text("page.features", language)))
    return found


def features(
    request: Request, of: Collection, document: dict[str, Any], language: Language
) -> dict[str, Any]:
    """What the page of features needs: its map and table, what was asked for, the ways on."""
    query = dict(request.query_params)
    place = ("collections", of.id, "items")
    filters = {name: given for name, given in query.items() if name not in NO_FILTERS and given}
    limit = {"limit": query["limit"]} if query.get("limit") else {}
    asked = [each.name for each, _ in wording.choices(of, language)]
    formed = ("bbox", "datetime", *asked) if of.period else ("bbox", *asked)
    own_page = {name: given for name, given in query.items() if name not in ("f", "lang") and given}
    exports = [
        ("GeoJSON", to(request, *place, **own_page, f=Format.JSON), "this_page"),
        ("CSV", to(request, *place, **filters, f=Format.CSV), "all_matching"),
        ("GeoPackage", to(request, *place, **filters, f=Format.GPKG), "all_matching"),
    ]
    return mapped(request, of, document["features"], language) | {
        "choices": wording.choices(of, language),
        "query": query,
        "kept": {
            name: given
            for name, given in query.items()
            if name not in ("f", "cursor", "limit", *formed) and given
        },
        "limits": LIMITS,
        "in_degrees": query.get("bbox-crs") in (None, "", CRS84),
        "first": to(request, *place, **filters, **limit, f=Format.HTML) if query.get("cursor") else None,
        "next": link(request, document, "next"),
        "exports": exports,
        "is_filtered": any(name in of.by_name or name in OF_ITEMS for name in filters),
    }


def mapped(
    request: Request, of: Collection, found: list[dict[str, Any]], language: Language
) -> dict[str, Any]:
    """Features as a map and as rows of a table."""
    system = system_of("crs", request.query_params.get("crs") or None)
    zone = request.app.state.settings.zone
    rows = [
        {
            "label": wording.label(of, each, language),
            "href": to(request, "collections", of.id, "items", each["id"]),
            "class": (
                f"share-{wording.share_class(each['properties']['covered_share'])}"
                if of.id == "coverage"
                else of.id
            ),
            "values": {
                one.name: wording.value(one, each["properties"][one.name], language, zone)
                for one in of.properties
            },
            "properties": each["properties"],
        }
        for each in found
    ]
    return {
        "drawing": draw(shapes_of(found, system)),
        "rows": rows,
        "headings": {each.name: wording.heading(each, language) for each in of.properties},
        "numbers": {each.name for each in of.properties if wording.is_number(each)},
        "times": {each.name for each in of.properties if each.kind is Kind.TIME},
        "legend": LEGENDS if of.id == "coverage" else (),
    }
