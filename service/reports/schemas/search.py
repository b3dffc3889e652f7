"""Search over REST."""

from pydantic import BaseModel, Field

from service.geo.crs import Crs
from service.grids.schemas import PositionOut
from service.reports.queries.search import Hit


class StepOut(BaseModel):
    """An area that holds what was found."""

    code: str
    name: str
    name_en: str | None


class HitOut(BaseModel):
    """Something found by its name or code."""

    kind: str = Field(description="`area`, `party_grid`, or `post` (岗): the office of a unit")
    code: str
    name: str
    name_en: str | None
    level: str | None = Field(description="Of an area")
    unit_code: str | None = Field(description="Of the unit whose party grid or post it is")
    point: PositionOut
    path: list[StepOut] = Field(
        description="The areas that hold it, from the city down; an area is its own last"
    )
    full_name: str = Field(description="Their names in one: 湛江市赤坎区…")

    @classmethod
    def of(cls, hit: Hit, crs: Crs) -> "HitOut":
        """One hit."""
        path = [StepOut(code=step.code, name=step.name.name, name_en=step.name.name_en) for step in hit.path]
        names = [step.name for step in path]
        if hit.level is None:
            names.append(hit.name)
        return cls(
            kind=hit.kind,
            code=hit.code,
            name=hit.name,
            name_en=hit.name_en,
            level=hit.level,
            unit_code=hit.unit_code,
            point=PositionOut.of(hit.lon, hit.lat, crs),
            path=path,
            full_name="".join(names),
        )


class HitsOut(BaseModel):
    """The best hits, best first."""

    items: list[HitOut]
    more: bool = Field(description="There are others: a longer text finds fewer")
