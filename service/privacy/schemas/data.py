"""All that is kept about one member, as one document: `GET /api/v1/me/data`.

Times are UTC, positions CGCS2000 degrees, minutes those of the local day, Monday is 0.
"""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel


class MemberPart(BaseModel):
    """The member's row in the roster."""

    id: UUID
    number: str
    name: str
    unit_code: str
    unit_name: str
    home_grid: str
    home_lon: float
    home_lat: float
    tier: str
    active: bool
    opted_out: list[str]
    created_at: datetime


class AccountPart(BaseModel):
    """The account that the member logs in with."""

    id: UUID
    username: str
    display_name: str
    contact: str | None
    roles: list[str]
    areas: list[str]
    units: list[str]
    active: bool
    created_at: datetime


class SkillPart(BaseModel):
    """A skill."""

    skill_code: str
    expires_on: date | None


class SlotPart(BaseModel):
    """A weekly period of duty."""

    weekday: int
    from_minute: int
    to_minute: int


class ExceptionPart(BaseModel):
    """A day on which duty is otherwise."""

    day: date
    from_minute: int
    to_minute: int
    on_duty: bool


class SwitchPart(BaseModel):
    """One's own switch."""

    state: str
    set_at: datetime
    until: datetime | None


class HandoverPart(BaseModel):
    """Duty given to somebody or taken from somebody, who is not named."""

    side: Literal["given", "taken"]
    day: date
    from_minute: int
    to_minute: int
    state: str
    created_at: datetime
    decided_at: datetime | None


class MusterPart(BaseModel):
    """A muster that called, and what one answered."""

    title: str
    area_name: str
    started_at: datetime
    until: datetime
    answer: str | None
    answered_at: datetime | None


class LimitsPart(BaseModel):
    """What one wants to be spared."""

    weekly_hours: float | None
    quiet_from: int | None
    quiet_to: int | None
    unwanted: list[str]


class ContactPart(BaseModel):
    """An address on a channel."""

    channel: str
    address: str
    created_at: datetime


class PreferencePart(BaseModel):
    """How one wants to be told."""

    language: str
    ladders: Any


class DevicePart(BaseModel):
    """A phone or a session."""

    id: UUID
    kind: str
    name: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class CodePart(BaseModel):
    """An enrolment code that was made for one."""

    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


class OfferPart(BaseModel):
    """What one was asked, and what one answered."""

    id: UUID
    task_id: UUID
    category: str
    drill: bool
    rough_place: str
    state: str
    travel_minutes: float | None
    acceptance: float
    """The probability of a yes that planning reckoned with."""
    created_at: datetime
    expires_at: datetime
    answer: str | None
    answered_at: datetime | None
    ended_at: datetime | None
    decline_reason: str | None


class NotAskedPart(BaseModel):
    """A search that found one near and did not ask, and why."""

    task_id: UUID
    at: datetime
    reason: str | None
    travel_minutes: int | None


class EngagementPart(BaseModel):
    """What one went out for."""

    id: UUID
    task_id: UUID
    offer_id: UUID
    category: str
    drill: bool
    rough_place: str
    state: str
    accepted_at: datetime
    move_by: datetime
    en_route_at: datetime | None
    on_scene_at: datetime | None
    confirm_by: datetime | None
    confirmed_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None
    rest_until: datetime | None
    counted_for: str


class MessagePart(BaseModel):
    """What a dispatcher told those who were engaged in a task."""

    task_id: UUID
    at: datetime
    text: str


class NotificationPart(BaseModel):
    """What one was to be told."""

    id: UUID
    template: str
    params: Any
    urgency: str
    task_id: UUID | None
    offer_id: UUID | None
    state: str
    created_at: datetime
    ended_at: datetime | None


class DeliveryPart(BaseModel):
    """Sending it by one channel."""

    notification_id: UUID
    channel: str
    state: str
    attempts: int
    created_at: datetime
    ended_at: datetime | None


class PresencePart(BaseModel):
    """What is known of where one is."""

    at: datetime | None
    lon: float | None
    lat: float | None
    accuracy_m: float | None
    crs: str | None
    grid: str | None
    coarse: bool
    marks: list[str]
    how: str | None
    how_at: datetime | None
    duty_until: datetime | None
    tracked_until: datetime | None


class CheckInPart(BaseModel):
    """A position that one's phone sent."""

    id: UUID
    at: datetime
    received_at: datetime
    lon: float
    lat: float
    accuracy_m: float
    grid: str
    marks: list[str]
    how: str | None


class HelpPart(BaseModel):
    """One called for help, from within a task or apart from any."""

    grid: str
    task_id: UUID | None
    drill: bool
    called_at: datetime
    last_at: datetime
    times: int
    acknowledged_at: datetime | None


class LookPart(BaseModel):
    """Somebody looked at one's position."""

    at: datetime
    by: str
    roles: list[str]
    precision: str
    task_id: UUID | None


class AuditPart(BaseModel):
    """What one did, or was refused."""

    at: datetime
    action: str
    outcome: str
    subject: str | None
    detail: Any


class MemberData(BaseModel):
    """All that is kept about one member. A new `version` when a section goes or a field changes its meaning."""

    version: Literal[1]
    at: datetime
    member: MemberPart
    account: AccountPart | None
    skills: list[SkillPart]
    duty_slots: list[SlotPart]
    duty_exceptions: list[ExceptionPart]
    duty_switch: SwitchPart | None
    handovers: list[HandoverPart]
    musters: list[MusterPart]
    limits: LimitsPart | None
    contacts: list[ContactPart]
    notify_preference: PreferencePart | None
    devices: list[DevicePart]
    enrolment_codes: list[CodePart]
    offers: list[OfferPart]
    not_asked: list[NotAskedPart]
    engagements: list[EngagementPart]
    messages: list[MessagePart]
    notifications: list[NotificationPart]
    deliveries: list[DeliveryPart]
    presence: PresencePart | None
    checkins: list[CheckInPart]
    help_calls: list[HelpPart]
    looks: list[LookPart]
    audit: list[AuditPart]
