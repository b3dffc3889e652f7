"""What the map says over REST."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from service.geo.crs import Crs, from_cgcs2000
from service.grids.queries.at import At
from service.grids.rules import NEAR_BOUNDARY_M
from service.web.fields import Body


class PositionOut(BaseModel):
    """A position on the way out."""

    lon: float
    lat: float
    crs: Crs

    @classmethod
    def of(cls, lon: float, lat: float, crs: Crs = Crs.CGCS2000) -> "PositionOut":
        """A CGCS2000 position in the coordinate system asked for, to the centimetre."""
        out_lon, out_lat = from_cgcs2000(lon, lat, crs)
        return cls(lon=round(float(out_lon), 7), lat=round(float(out_lat), 7), crs=crs)


class AreaOut(BaseModel):
    """A governance grid."""

    id: UUID
    code: str
    name: str
    name_en: str | None
    level: str
    invented: bool = Field(description="The boundary is made up for a demo")


class PartyGridOut(BaseModel):
    """A party grid, its responsible unit, and how far the point is from its boundary."""

    id: UUID
    code: str
    name: str
    unit_code: str
    unit_name: str
    invented: bool = Field(description="The boundary is made up for a demo")
    boundary_m: float
    near_boundary: bool


class GridsAtOut(BaseModel):
    """What is at a point."""

    position: PositionOut
    on: datetime | None = Field(description="The time asked about; null is now")
    snapped_m: float = Field(description="How far the point is from the grid that took it; 0 inside")
    boundary_m: float = Field(description="Metres to the boundary of the lowest governance grid")
    near_boundary: bool = Field(description="So near to a boundary that the neighbour may be meant")
    governance: list[AreaOut] = Field(description="From the city down")
    party: list[PartyGridOut]
    responsible_units: list[str] = Field(description="Unit codes")

    @classmethod
    def of(cls, at: At, position: PositionOut, on: datetime | None) -> "GridsAtOut":
        """The answer about a point."""
        return cls(
            position=position,
            on=on,
            snapped_m=round(at.snapped_m, 1),
            boundary_m=round(at.boundary_m, 1),
            near_boundary=at.boundary_m < NEAR_BOUNDARY_M,
            governance=[AreaOut.model_validate(area, from_attributes=True) for area in at.chain],
            party=[
                PartyGridOut(
                    id=grid.id,
                    code=grid.code,
                    name=grid.name,
                    unit_code=grid.unit_code,
                    unit_name=grid.unit_name,
                    invented=grid.invented,
                    boundary_m=round(grid.boundary_m, 1),
                    near_boundary=grid.boundary_m < NEAR_BOUNDARY_M,
                )
                for grid in at.party_grids
            ],
            responsible_units=at.responsible_units,
        )


class LinkOut(BaseModel):
    """A bridge, causeway or ferry between two grids that do not touch by land."""

    code: str
    name: str
    name_en: str
    kind: str
    grid_a: str = Field(description="The code of the grid at one end")
    grid_b: str
    length_m: float
    minutes: float = Field(description="To cross it, without waiting")
    wait_minutes: float
    open: bool
    invented: bool


class LinkSwitch(Body):
    """Whether a link can be used."""

    open: Annotated[bool, Field(strict=True)]


class MapOut(BaseModel):
    """The map as it is now."""

    edition: int
    changed_at: datetime
    grids: dict[str, int] = Field(description="How many, by level; party grids under `party`")
    notice: str | None = Field(
        description="What everybody should know of the data: in a demo, what is made up"
    )
