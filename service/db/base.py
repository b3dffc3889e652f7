"""The declarative base of every table, its naming convention, and the column types that recur.

Table names are unqualified: `search_path` is the city's schema, then `public` (DESIGN §3.9).
"""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from geoalchemy2 import Geometry
from sqlalchemy import (
    ColumnElement,
    DateTime,
    MetaData,
    String,
    Text,
    Uuid,
    any_,
    literal,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, mapped_column
from uuid_utils.compat import uuid7

SRID = 4490
"""CGCS2000, longitude and latitude in degrees: the one SRID that is stored."""

Timestamp = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Codes = Annotated[list[str], mapped_column(ARRAY(Text))]
Json = Annotated[Any, mapped_column(JSONB)]
Key = Annotated[UUID, mapped_column(primary_key=True)]
Point = Annotated[Any, mapped_column(Geometry("POINT", srid=SRID, spatial_index=False))]
OptionalPoint = Annotated[
    Any, mapped_column(Geometry("POINT", srid=SRID, spatial_index=False), nullable=True)
]
MultiPolygon = Annotated[Any, mapped_column(Geometry("MULTIPOLYGON", srid=SRID, spatial_index=False))]


class Base(DeclarativeBase):
    """Every table of the city."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {str: Text, datetime: DateTime(timezone=True), String: Text}


def new_id() -> UUID:
    """A fresh key. Version 7 keeps index inserts together; nothing may depend on its order."""
    return uuid7()


def utcnow() -> datetime:
    """The time, aware, in UTC."""
    return datetime.now(UTC)


def point_wkt(lon: float, lat: float) -> str:
    """A point for a geometry column, as EWKT."""
    return f"SRID={SRID};POINT({lon!r} {lat!r})"


def among(column: InstrumentedAttribute[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """Whether a column of UUIDs or texts holds one of many values: IN, with one bind however many they are."""
    kind = Uuid() if isinstance(column.type, Uuid) else Text()
    return column == any_(literal(list(values), ARRAY(kind)))
