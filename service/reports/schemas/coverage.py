"""Coverage over REST: counts, each null and named among the suppressed where it would give a person away."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, Field

from service.dispatch.schemas.activations import ParameterOut
from service.geo.crs import Crs
from service.grids.schemas import PositionOut
from service.reports.queries.areas import Node, Share
from service.reports.queries.coverage import Changed, Covered, Effect, Figures, Thin

SHARE_DIGITS = 6
REACHABLE = (
    "Of the available ones, those at most `minutes` away from `point`. For those who may not read the roster in steps"
    " of `threshold`, rounded down"
)


class GridOut(BaseModel):
    """A governance grid."""

    code: str
    name: str
    name_en: str | None
    level: str
    invented: bool = Field(description="The boundary is made up for a demo")
    area_m2: float

    @staticmethod
    def fields_of(node: Node) -> dict[str, object]:
        """The fields that every answer about a grid has."""
        return {
            "code": node.code,
            "name": node.name,
            "name_en": node.name_en,
            "level": node.level,
            "invented": node.invented,
            "area_m2": round(node.area_m2, 1),
        }


class UnitShareOut(BaseModel):
    """A responsible unit and its part of a grid."""

    code: str
    name: str
    area_m2: float = Field(description="Of its party grids in the grid, counted once")
    share: float = Field(description="Of the grid")

    @classmethod
    def of(cls, share: Share, grid_m2: float) -> "UnitShareOut":
        """One unit."""
        part = min(1.0, share.area_m2 / grid_m2)
        return cls(
            code=share.unit_code,
            name=share.unit_name,
            area_m2=round(share.area_m2, 1),
            share=round(part, SHARE_DIGITS),
        )


class CoveredOut(GridOut):
    """What covers a grid."""

    point: PositionOut = Field(description="Stands for the grid: travel times are those to it")
    covered_share: float = Field(description="For which some unit is responsible; overlaps counted once")
    gap_share: float
    gap_m2: float
    units: list[UnitShareOut] = Field(description="Responsible, the largest part first")
    members_home: int | None = Field(description="Active members who live there (双报到)")
    members_units: int | None = Field(description="Active members of the responsible units")
    available: int | None = Field(
        description="Who would be asked for an urgent task, by all rules of dispatch, and is taken to be there"
    )
    reachable: int | None = Field(description=REACHABLE)
    suppressed: list[str] = Field(
        description="The counts that are null because they would give a person away"
    )

    @classmethod
    def of(cls, covered: Covered, crs: Crs) -> "CoveredOut":
        """One grid."""
        counts = {
            "members_home": covered.members_home,
            "members_units": covered.members_units,
            "available": covered.figures.available,
            "reachable": covered.figures.reachable,
        }
        return cls(
            **GridOut.fields_of(covered.node),
            point=PositionOut.of(covered.place.lon, covered.place.lat, crs),
            covered_share=round(covered.covered_share, SHARE_DIGITS),
            gap_share=round(1.0 - covered.covered_share, SHARE_DIGITS),
            gap_m2=round(covered.gap_m2, 1),
            units=[UnitShareOut.of(share, covered.node.area_m2) for share in covered.units],
            **counts,
            suppressed=[name for name, count in counts.items() if count is None],
        )


class AskedOut(BaseModel):
    """What was asked, and of what time the answer is."""

    at: datetime
    edition: int = Field(description="Of the map")
    minutes: int
    skill: str | None
    category: str = Field(description="Whose playbook gives the speed and whether standby members are called")
    threshold: int = Field(description="Counts above 0 and below this are not said; 1: all are")


class CoverageOut(AskedOut):
    """What covers an area: as a whole, and grid by grid, by code."""

    total: CoveredOut = Field(description="Of the area; `reachable` is about its own point")
    items: list[CoveredOut]
    next: str | None


class FiguresOut(BaseModel):
    """Counts of people at one level."""

    available: int | None
    reachable: int | None = Field(description=REACHABLE)

    @classmethod
    def of(cls, figures: Figures) -> "FiguresOut":
        """Before or after."""
        return cls(available=figures.available, reachable=figures.reachable)


class ChangedOut(GridOut):
    """What an activation changes in a grid."""

    before: FiguresOut
    after: FiguresOut
    gained: int | None = Field(description="Who is there, would be asked then, and would not be asked now")
    lost: int | None
    suppressed: list[str] = Field(
        description="The counts that are null because they would give a person away"
    )

    @classmethod
    def of(cls, changed: Changed) -> "ChangedOut":
        """One grid."""
        counts = {
            "before.available": changed.before.available,
            "before.reachable": changed.before.reachable,
            "after.available": changed.after.available,
            "after.reachable": changed.after.reachable,
            "gained": changed.gained,
            "lost": changed.lost,
        }
        return cls(
            **GridOut.fields_of(changed.node),
            before=FiguresOut.of(changed.before),
            after=FiguresOut.of(changed.after),
            gained=changed.gained,
            lost=changed.lost,
            suppressed=[name for name, count in counts.items() if count is None],
        )


class EffectOut(AskedOut):
    """What an activation changes in the coverage of an area."""

    level_from: str | None = Field(description="Of the area; null is normal mode")
    level_to: str | None
    standby: int | None = Field(
        description="Standby members on duty in the area who become callable, as the activation's preview counts them;"
        " null where it would give a person away"
    )
    parameters: list[ParameterOut] = Field(description="Of an urgent task that is posted in the area")
    total: ChangedOut
    items: list[ChangedOut]
    next: str | None

    @staticmethod
    def fields_of(effect: Effect) -> dict[str, object]:
        """The fields about the area as a whole."""
        return {
            "level_from": effect.level_from,
            "level_to": effect.level_to,
            "standby": effect.standby,
            "parameters": [ParameterOut.model_validate(changed) for changed in effect.parameters],
            "total": ChangedOut.of(effect.grids[0]),
        }


class ThinGridOut(GridOut):
    """A leaf grid that too few people reach in time."""

    point: PositionOut
    reachable: int | None = Field(description=REACHABLE)
    suppressed: list[str]

    @classmethod
    def of(cls, thin: Thin, crs: Crs) -> "ThinGridOut":
        """One grid."""
        return cls(
            **GridOut.fields_of(thin.node),
            point=PositionOut.of(thin.place.lon, thin.place.lat, crs),
            reachable=thin.reachable,
            suppressed=["reachable"] if thin.reachable is None else [],
        )


class ThinOut(AskedOut):
    """The leaf grids of an area that too few people reach in time, by code."""

    people: int
    grids: int = Field(description="Leaf grids of the area")
    thin_grids: int
    thin_m2: float = Field(description="Their ground")
    items: list[ThinGridOut]
    next: str | None

    @staticmethod
    def fields_of(found: Sequence[Thin], leaves: int) -> dict[str, object]:
        """The fields about the area as a whole."""
        return {
            "grids": leaves,
            "thin_grids": len(found),
            "thin_m2": round(sum(each.node.area_m2 for each in found), 1),
        }
