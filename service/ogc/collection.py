"""What a published collection is: its view and properties, who may read it, and which rows are whose. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from service.access.rules import Action

GEOMETRY = "geom"
"""The geometry column of every view."""
ID_SEPARATOR = "~"
"""Between the parts of a feature's id where it has two: no code has it."""


class Kind(StrEnum):
    """What the values of a property are."""

    TEXT = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIME = "date-time"
    UUID = "uuid"


class Shape(StrEnum):
    """What the geometries of a collection are, as GeoJSON and GDAL name them."""

    MULTIPOLYGON = "MultiPolygon"
    LINE = "LineString"
    POINT = "Point"


@dataclass(frozen=True, slots=True)
class Property:
    """A column that is shown, and may be filtered by."""

    name: str
    kind: Kind
    zh: str
    en: str
    values: tuple[str, ...] = ()
    """All that it may be, where that is known."""
    unit: str | None = None
    """Of a number: m, m², min; a share is from 0 to 1 and has none."""


@dataclass(frozen=True, slots=True, eq=False)
class Collection:
    """A published view. There is one object of each, which is what caches know it by."""

    id: str
    zh: str
    en: str
    about_zh: str
    about_en: str
    action: Action
    shape: Shape
    identity: tuple[str, ...]
    """The properties that make a feature's id, joined by `ID_SEPARATOR`."""
    properties: tuple[Property, ...]
    paged_by: tuple[str, ...]
    """The columns that order the pages, along an index; they need not be shown."""
    paged_kind: Kind
    """What they hold."""
    area: str | None = None
    """The column with the governance code by which an account's areas are told; None where everybody sees all, or, with
    `by_ground`, where the shape itself says which areas it is in."""
    by_ground: bool = False
    period: tuple[str, str | None] | None = None
    """The columns from which, and until which, a feature is or was; the second is None where all are to this day."""
    stands_for: str | None = None
    """The column with the code of the grid for which the geometry, a point, stands: it has no index of its own."""

    @property
    def view(self) -> str:
        """The view's name, without a schema."""
        return f"published_{self.id}"

    @property
    def by_name(self) -> Mapping[str, Property]:
        """The properties by their names."""
        return {each.name: each for each in self.properties}

    def title(self, chinese: bool) -> str:
        """What it is called."""
        return self.zh if chinese else self.en
