"""Field types that recur in request bodies: strict, bounded, and free of what the database cannot hold."""

import re
from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

from service.geo.crs import Crs, to_cgcs2000


def without_nul(value: str) -> str:
    """PostgreSQL's text holds no NUL."""
    if "\x00" in value:
        raise ValueError("must not contain the character U+0000")
    return value


Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(without_nul)
]
Prose = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000), AfterValidator(without_nul)
]
CODE_PATTERN = r"^[A-Za-z0-9_.:-]{1,64}$"
Code = Annotated[str, StringConstraints(pattern=CODE_PATTERN)]


def in_utc(value: datetime) -> datetime:
    """The same moment in UTC. ValueError for one outside what UTC can say (the year 9999 with an offset)."""
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("must be a time between the years 1 and 9999 in UTC") from error


def written_out(value: object) -> object:
    """A number is no time: pydantic would take it for the seconds since 1970, or the milliseconds if it is large."""
    if isinstance(value, str) and not re.match(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        raise ValueError("must begin with a date, YYYY-MM-DD")
    if not isinstance(value, str | date):
        raise ValueError("must be text")
    return value


Moment = Annotated[
    AwareDatetime,
    BeforeValidator(written_out),
    AfterValidator(in_utc),
    Field(description="RFC 3339, with its offset"),
]
Day = Annotated[date, BeforeValidator(written_out)]


class Body(BaseModel):
    """A request body: no unknown fields, no silent conversions."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Position(Body):
    """A position; its coordinate system is always named, as a silent guess is off by 500 m."""

    lon: Annotated[float, Field(strict=True, ge=-180, le=180)]
    lat: Annotated[float, Field(strict=True, ge=-90, le=90)]
    crs: Crs

    def cgcs2000(self) -> tuple[float, float]:
        """Longitude and latitude in CGCS2000 degrees."""
        lon, lat = to_cgcs2000(self.lon, self.lat, self.crs)
        return float(lon), float(lat)
