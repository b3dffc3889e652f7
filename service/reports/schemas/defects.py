"""Gaps and overlaps over REST."""

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pydantic import BaseModel, Field
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Row

from service.geo.crs import Crs, from_cgcs2000
from service.grids.queries.siblings import FaultBetween
from service.grids.rules import is_sliver
from service.grids.schemas import PositionOut

SHARE_DIGITS = 6
DEGREE_DIGITS = 7
"""A centimetre."""

GeoJson = dict[str, Any]


def geojson(shape: BaseGeometry, crs: Crs) -> GeoJson:
    """A shape as GeoJSON writes it, in the coordinate system asked for."""

    def converted(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(from_cgcs2000(points[:, 0], points[:, 1], crs)).round(DEGREE_DIGITS)

    written: GeoJson = shapely.geometry.mapping(shapely.transform(shape, converted))
    return written


class GroundOut(BaseModel):
    """A piece of ground: its size, whether it is a drawing error, and where it is."""

    area_m2: float
    width_m: float = Field(description="Mean width: twice the area by the perimeter")
    sliver: bool = Field(description="So narrow that two drawings of one border must differ")
    point: PositionOut = Field(description="Inside it")
    geometry: GeoJson | None = Field(description="A GeoJSON MultiPolygon in `crs`, with `geometry=true`")

    @staticmethod
    def fields_of(row: Row[Any], crs: Crs) -> dict[str, Any]:
        """The fields that gaps and overlaps have."""
        return {
            "area_m2": round(row.area_m2, 1),
            "width_m": round(row.width_m, 2),
            "sliver": row.sliver,
            "point": PositionOut.of(row.lon, row.lat, crs),
            "geometry": None if row.wkb is None else geojson(shapely.from_wkb(bytes(row.wkb)), crs),
        }


class GapOut(GroundOut):
    """The ground of a leaf grid for which no unit is responsible."""

    code: str
    name: str
    name_en: str | None
    level: str
    share: float = Field(description="Of the grid")

    @classmethod
    def of(cls, row: Row[Any], crs: Crs) -> "GapOut":
        """One gap."""
        return cls(
            **GroundOut.fields_of(row, crs),
            code=row.code,
            name=row.name,
            name_en=row.name_en,
            level=row.level,
            share=round(row.share, SHARE_DIGITS),
        )


class ClaimOut(BaseModel):
    """One of the two party grids that claim some ground."""

    code: str
    name: str
    unit_code: str
    share: float = Field(description="Of the party grid")


class OverlapOut(GroundOut):
    """Ground that two party grids claim."""

    party_grids: list[ClaimOut] = Field(description="Two, by code")

    @classmethod
    def of(cls, row: Row[Any], crs: Crs) -> "OverlapOut":
        """One overlap."""
        return cls(
            **GroundOut.fields_of(row, crs),
            party_grids=[
                ClaimOut(code=code, name=name, unit_code=unit, share=round(share, SHARE_DIGITS))
                for code, name, unit, share in (
                    (row.code_a, row.name_a, row.unit_a, row.share_a),
                    (row.code_b, row.name_b, row.unit_b, row.share_b),
                )
            ],
        )


class SiblingOut(BaseModel):
    """One of the siblings at fault."""

    code: str
    share: float = Field(description="The ground at fault, of the sibling")


class FaultOut(GroundOut):
    """Where siblings overlap, or leave a gap too narrow to be meant."""

    kind: str = Field(description="`overlap` or `gap`")
    siblings: list[SiblingOut] = Field(description="Two of an overlap, at least two of a gap")
    edges: GeoJson = Field(
        description="The edges of the siblings along it, as drawn: a GeoJSON MultiLineString in `crs`"
    )

    @classmethod
    def of(cls, found: FaultBetween, crs: Crs, *, geometry: bool) -> "FaultOut":
        """One fault."""
        fault = found.fault
        inside = shapely.point_on_surface(fault.shape)
        return cls(
            kind=fault.kind,
            siblings=[
                SiblingOut(code=code, share=round(share, SHARE_DIGITS))
                for code, share in zip(found.codes, fault.shares, strict=True)
            ],
            area_m2=round(fault.area_m2, 1),
            width_m=round(fault.width_m, 2),
            sliver=is_sliver(fault.width_m),
            point=PositionOut.of(inside.x, inside.y, crs),
            geometry=geojson(fault.shape, crs) if geometry else None,
            edges=geojson(fault.edges, crs),
        )
