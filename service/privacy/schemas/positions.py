"""Positions of members, as the table of rules shows them, and the looks at them."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import Row

from service.access.rules import Action, Caller, Role
from service.geo.crs import Crs
from service.grids.schemas import PositionOut
from service.privacy.rules import Precision, Standing, Viewer, precision_of
from service.roster.schemas.answers import Named


class PlaceOut(BaseModel):
    """Where somebody is, as precisely as it may be told. Nothing of it is known where `precision` is "nothing"."""

    precision: Precision
    position: PositionOut | None = Field(
        description='The very place; with "grid", a point that stands for it'
    )
    grid: Named | None
    accuracy_m: float | None = Field(description="Of an exact position")
    at: datetime | None = Field(description="By the phone's clock")
    age_seconds: int | None
    marks: list[str] = Field(description="Why the position is not to be trusted, if it is not")
    how: str | None = Field(description='How they last said they are: "safe" or "need_help"')
    how_at: datetime | None

    @staticmethod
    def fields_of(row: Row[Any], precision: Precision, crs: Crs, now: datetime) -> dict[str, Any]:
        """What a row of `queries.positions` says, at that precision."""
        how = {"how": row.how, "how_at": row.how_at}
        if row.at is None or precision is Precision.NOTHING:
            nothing = dict.fromkeys(("position", "grid", "accuracy_m", "at", "age_seconds"))
            return {"precision": Precision.NOTHING, "marks": [], **nothing, **how}
        exact = precision is Precision.EXACT
        lon, lat = (row.lon, row.lat) if exact else (row.grid_lon, row.grid_lat)
        return {
            "precision": precision,
            "position": PositionOut.of(lon, lat, crs),
            "grid": Named(code=row.grid_code, name=row.grid_name),
            "accuracy_m": row.accuracy_m if exact else None,
            "at": row.at,
            "age_seconds": max(0, int((now - row.at).total_seconds())),
            "marks": row.marks,
            **how,
        }


class OwnPositionOut(PlaceOut):
    """One's own position, as it is kept."""

    @classmethod
    def of(cls, row: Row[Any] | None, crs: Crs, now: datetime) -> Self:
        """A row of `queries.positions.own`; None where nothing is known."""
        if row is None:
            return cls(
                precision=Precision.NOTHING,
                marks=[],
                **dict.fromkeys(set(cls.model_fields) - {"precision", "marks"}),
            )
        # Off duty or on, the table shows oneself whatever is kept.
        precision = precision_of(Viewer.SELF, Standing.OFF_DUTY, coarse=row.coarse)
        return cls(**cls.fields_of(row, precision, crs, now))


class MemberPositionOut(PlaceOut):
    """A member and where they are, for a dispatcher of the area."""

    member_id: UUID
    number: str | None = Field(description="Where the roster is the caller's to read, as is the name")
    name: str | None
    unit_code: str
    tier: str
    standing: Standing
    task_id: UUID | None = Field(description="Of the task that they are engaged in or asked for")
    engagement_state: str | None
    stale: bool = Field(description="Too old to say where they are now, or not known")

    @classmethod
    def of(cls, row: Row[Any], who: Caller, crs: Crs, now: datetime, fresh_seconds: float) -> Self:
        """A row of `queries.positions`, as its standing lets a dispatcher of the area see it."""
        standing = Standing(row.standing)
        coarse = row.coarse is not False
        named = who.may_see_member(Action.ROSTER_READ, row.id, row.unit_code, row.home_code)
        place = cls.fields_of(row, precision_of(Viewer.DISPATCHER, standing, coarse=coarse), crs, now)
        return cls(
            member_id=row.id,
            number=row.number if named else None,
            name=row.name if named else None,
            unit_code=row.unit_code,
            tier=row.tier,
            standing=standing,
            task_id={
                Standing.ENGAGED: row.engaged_in,
                Standing.IN_DRILL: row.engaged_in,
                Standing.OFFERED: row.asked_for,
            }.get(standing),
            engagement_state=row.engagement_state,
            stale=row.at is None or (now - row.at).total_seconds() > fresh_seconds,
            **place,
        )


class LookOut(BaseModel):
    """Somebody looked at a member's position."""

    id: UUID
    at: datetime
    by: str = Field(description="The account's display name")
    roles: list[Role]
    precision: Precision
    task_id: UUID | None = Field(description="For which task, if for one")

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        """A row of `queries.looks`."""
        return cls(**row._mapping)
