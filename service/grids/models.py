"""Governance grids and party grids versioned in time, their overlay, links, and the grid graph."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.db.base import Base, Json, Key, MultiPolygon, Point, Timestamp

CURRENT = text("valid_to IS NULL")
LETTERS = text("regexp_split_to_array(lower(name || coalesce(' ' || name_en, '')), '')")
"""The letters of a grid's names: whoever searches for a part of a name looks for its letters first."""


class Edition(Base):
    """The city's one row that each change of the map locks first; its number versions what is derived."""

    __tablename__ = "edition"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigInteger)
    changed_at: Mapped[Timestamp]
    notice: Mapped[Json | None]
    """What everybody should know of the data (a demo's: what in it is made up), by language."""


class Grid(Base):
    """A governance grid or a party grid: what stays the same while its shape changes."""

    __tablename__ = "grid"
    __table_args__ = (
        UniqueConstraint("layer", "code"),
        CheckConstraint("layer IN ('governance', 'party')", name="layer"),
    )

    id: Mapped[Key]
    layer: Mapped[str]
    code: Mapped[str]
    """A governance code begins with its parent's: 4, 6, 9, 12 digits, then the grid's own."""
    level: Mapped[str | None]
    """city, county, town, community or grid; None for a party grid."""
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("grid.id"), index=True)


class GridVersion(Base):
    """A grid's name, shape and unit from one time to another; the current one has no end."""

    __tablename__ = "grid_version"
    __table_args__ = (
        ExcludeConstraint(
            ("grid_id", "="),
            (func.tstzrange(text("valid_from"), text("valid_to")), "&&"),
            using="gist",
            name="ex_grid_version_no_overlap",
        ),
        CheckConstraint("valid_to > valid_from", name="order"),
        Index("ix_grid_version_geom", "geom", postgresql_using="gist"),
        Index(
            "ix_grid_version_leaf_geom",
            "geom",
            postgresql_using="gist",
            postgresql_where=text("leaf AND valid_to IS NULL"),
        ),
        Index("uq_grid_version_current", "grid_id", unique=True, postgresql_where=CURRENT),
        Index("ix_grid_version_letters", LETTERS, postgresql_using="gin", postgresql_where=CURRENT),
    )

    id: Mapped[Key]
    grid_id: Mapped[UUID] = mapped_column(ForeignKey("grid.id"))
    valid_from: Mapped[Timestamp]
    valid_to: Mapped[datetime | None]
    name: Mapped[str]
    name_en: Mapped[str | None]
    unit_code: Mapped[str | None] = mapped_column(ForeignKey("unit.code"), index=True)
    """The unit responsible for a party grid; None for a governance grid."""
    leaf: Mapped[bool]
    """A governance grid without children: a node of the grid graph."""
    geom: Mapped[MultiPolygon]
    area_m2: Mapped[float]
    """Geodesic."""
    invented: Mapped[bool]
    """Made up for a demo: no such boundary is known."""


class Overlay(Base):
    """A governance grid × party grid pair that intersects now: the ground, its area and share of either side."""

    __tablename__ = "overlay"
    __table_args__ = (
        Index(None, "party_grid_id"),
        Index("ix_overlay_geom", "geom", postgresql_using="gist"),
    )

    governance_grid_id: Mapped[UUID] = mapped_column(ForeignKey("grid.id"), primary_key=True)
    party_grid_id: Mapped[UUID] = mapped_column(ForeignKey("grid.id"), primary_key=True)
    geom: Mapped[MultiPolygon]
    area_m2: Mapped[float]
    governance_share: Mapped[float]
    party_share: Mapped[float]


class Gap(Base):
    """The ground of a leaf governance grid for which no unit is responsible now."""

    __tablename__ = "gap"
    __table_args__ = (Index("ix_gap_geom", "geom", postgresql_using="gist"),)

    governance_grid_id: Mapped[UUID] = mapped_column(ForeignKey("grid.id"), primary_key=True)
    geom: Mapped[MultiPolygon]
    area_m2: Mapped[float]
    share: Mapped[float]
    """Of the governance grid."""
    width_m: Mapped[float]
    """Mean width, 2 × area ÷ perimeter: a narrow one is a sliver of digitising (`rules.is_sliver`)."""


class PartyOverlap(Base):
    """Ground that two party grids claim now."""

    __tablename__ = "party_overlap"
    __table_args__ = (
        Index(None, "party_grid_b_id"),
        Index("ix_party_overlap_geom", "geom", postgresql_using="gist"),
    )

    party_grid_a_id: Mapped[UUID] = mapped_column(ForeignKey("grid.id"), primary_key=True)
    """The one with the lower code."""
    party_grid_b_id: Mapped[UUID] = mapped_column(ForeignKey("grid.id"), primary_key=True)
    geom: Mapped[MultiPolygon]
    area_m2: Mapped[float]
    share_a: Mapped[float]
    share_b: Mapped[float]
    width_m: Mapped[float]
    """As in `Gap`."""


class Crossing(Base):
    """A point on the border that two leaf grids share: an edge of the grid graph."""

    __tablename__ = "crossing"
    __table_args__ = (Index(None, "grid_a_id"), Index(None, "grid_b_id"))

    id: Mapped[Key]
    grid_a_id: Mapped[UUID] = mapped_column(ForeignKey("grid.id"))
    grid_b_id: Mapped[UUID] = mapped_column(ForeignKey("grid.id"))
    location: Mapped[Point]


class Link(Base):
    """A bridge, causeway or ferry between two leaf grids that do not touch by land."""

    __tablename__ = "link"

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    name_en: Mapped[str]
    kind: Mapped[str]
    grid_a_id: Mapped[UUID] = mapped_column(ForeignKey("grid.id"))
    grid_b_id: Mapped[UUID] = mapped_column(ForeignKey("grid.id"))
    end_a: Mapped[Point]
    end_b: Mapped[Point]
    length_m: Mapped[float]
    minutes: Mapped[float]
    wait_minutes: Mapped[float]
    open: Mapped[bool]
    invented: Mapped[bool]
    """Made up for a demo: no such crossing is known."""
