"""Tasks as dispatchers and auditors read them: seats, waves, offers, engagements."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from service.dispatch.commands.confirm import is_overdue
from service.dispatch.commands.engage import is_likely_no_show
from service.dispatch.models import Engagement, Escalation, Offer
from service.dispatch.queries.board import Story
from service.geo.crs import Crs
from service.grids.schemas import PositionOut


class GridRef(BaseModel):
    """The leaf grid that took the task."""

    id: UUID
    code: str
    name: str


class EngagementOut(BaseModel):
    """A member's commitment to a seat."""

    id: UUID
    member_id: UUID
    state: str
    accepted_at: datetime
    en_route_at: datetime | None
    on_scene_at: datetime | None
    ended_at: datetime | None
    likely_no_show: bool = Field(description="Accepted, and has not moved in the playbook's time")
    confirm_by: datetime | None = Field(
        description="On the scene: when the member is next to say that they are well; null: not asked"
    )
    confirmed_at: datetime | None
    overdue: bool = Field(description="On the scene, and has not said so by then")

    @classmethod
    def of(cls, engagement: Engagement, now: datetime) -> "EngagementOut":
        """One engagement as it stands."""
        return cls(
            id=engagement.id,
            member_id=engagement.member_id,
            state=engagement.state,
            accepted_at=engagement.accepted_at,
            en_route_at=engagement.en_route_at,
            on_scene_at=engagement.on_scene_at,
            ended_at=engagement.ended_at,
            likely_no_show=is_likely_no_show(engagement, now),
            confirm_by=engagement.confirm_by,
            confirmed_at=engagement.confirmed_at,
            overdue=is_overdue(engagement, now),
        )


class SeatOut(BaseModel):
    """A seat, and who fills it."""

    id: UUID
    number: int
    skills: list[str]
    engagement: EngagementOut | None


class OfferRef(BaseModel):
    """An offer as a dispatcher sees it."""

    id: UUID
    member_id: UUID
    seat_id: UUID
    state: str
    travel_minutes: int | None = Field(description="Whole minutes; null where there is no known way")
    expires_at: datetime
    answered_at: datetime | None

    @classmethod
    def of(cls, offer: Offer) -> "OfferRef":
        """One offer."""
        minutes = None if offer.travel_minutes is None else int(offer.travel_minutes)
        return cls(
            id=offer.id,
            member_id=offer.member_id,
            seat_id=offer.seat_id,
            state=offer.state,
            travel_minutes=minutes,
            expires_at=offer.expires_at,
            answered_at=offer.answered_at,
        )


class WaveOut(BaseModel):
    """One round of offers."""

    number: int
    trigger: str
    reach: float = Field(description="Minutes of travel")
    created_at: datetime
    offers_until: datetime | None
    shortfall: dict[str, Any] | None = Field(
        description="What the wave could not do; null where the target is met"
    )
    offers: list[OfferRef]


class RungOut(BaseModel):
    """纵横统筹: one rung of the ladder that was told."""

    rung: str = Field(description="units, neighbours, town, county or city")
    area: str | None = Field(description="The town, county or city; null for a rung of units")
    units: list[str]
    officers: list[UUID] = Field(description="The accounts of the duty officers who were told")
    at: datetime

    @classmethod
    def of(cls, told: Escalation) -> "RungOut":
        """One rung as it was told."""
        return cls(
            rung=told.rung, area=told.area_code, units=told.unit_codes, officers=told.officers, at=told.at
        )


class TaskOut(BaseModel):
    """A task with all that has happened to it."""

    id: UUID
    state: str
    mode: str
    level: str | None = Field(description="In an emergency I to IV: whose parameters apply")
    category: str
    title: str
    instructions: str | None
    urgency: str
    drill: bool
    location: PositionOut
    grid: GridRef
    snapped_m: float
    responsible_units: list[str]
    residents_of: str | None = Field(description="The community whose residents alone are asked")
    needed_by: datetime | None
    created_at: datetime
    staffed_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None
    waits_for: str | None = Field(
        description="Why its next wave is wanted, while it waits for the batch or a worker"
    )
    seats: list[SeatOut]
    waves: list[WaveOut]
    ladder: list[RungOut]

    @classmethod
    def of(cls, story: Story, crs: Crs, now: datetime) -> "TaskOut":
        """One task with its story."""
        board, waves, offers, told = story
        task = board.task
        return cls(
            id=task.id,
            state=task.state,
            mode=task.mode,
            level=task.level,
            category=task.category,
            title=task.title,
            instructions=task.instructions,
            urgency=task.urgency,
            drill=task.drill,
            location=PositionOut.of(task.lon, task.lat, crs),
            grid=GridRef(id=task.grid_id, code=task.grid_code, name=task.grid_name),
            snapped_m=round(task.snapped_m, 1),
            responsible_units=task.responsible_units,
            residents_of=task.residents_of,
            needed_by=task.needed_by,
            created_at=task.created_at,
            staffed_at=task.staffed_at,
            ended_at=task.ended_at,
            end_reason=task.end_reason,
            waits_for=task.queued_for,
            ladder=[RungOut.of(each) for each in told],
            seats=[
                SeatOut(
                    id=seat.id,
                    number=seat.number,
                    skills=seat.skills,
                    engagement=EngagementOut.of(board.filled[seat.id], now)
                    if seat.id in board.filled
                    else None,
                )
                for seat in board.seats
            ],
            waves=[
                WaveOut(
                    number=wave.number,
                    trigger=wave.trigger,
                    reach=wave.reach_minutes,
                    created_at=wave.created_at,
                    offers_until=wave.offers_until,
                    shortfall=wave.shortfall,
                    offers=[OfferRef.of(offer) for offer in offers if offer.wave_id == wave.id],
                )
                for wave in waves
            ],
        )


class FindingOut(BaseModel):
    """What asking one member would break."""

    member_id: UUID
    hard: list[str] = Field(description="Nobody may overrule these")
    soft: list[str] = Field(description="A dispatcher may, with a reason")
    seat_ids: list[UUID] = Field(description="The open seats they could take")
    travel_minutes: int | None


class CheckOut(BaseModel):
    """What a choice would break."""

    findings: list[FindingOut]
