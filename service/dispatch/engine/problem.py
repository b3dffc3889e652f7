"""The words of the engine: what planning is given and what it gives back. Frozen, and free of I/O.

Units, throughout the engine: metres, minutes, probabilities in 0..1, aware UTC datetimes.
"""

import math
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from service.roster.rules import Tier
from service.tasks.rules import Urgency


class Mode(StrEnum):
    """平急: which section of a playbook applies."""

    NORMAL = "normal"
    EMERGENCY = "emergency"


class Precedence(StrEnum):
    """What a seat is held for; emergency goes before normal, normal before drill."""

    DRILL = "drill"
    NORMAL = "normal"
    EMERGENCY = "emergency"

    @property
    def rank(self) -> int:
        """0 for a drill, 2 for an emergency."""
        return _RANKS[self]


_RANKS = {precedence: rank for rank, precedence in enumerate(Precedence)}


class Source(StrEnum):
    """Where a member is taken to be: a fresh presence, or else their duty place (双报到)."""

    PRESENCE = "presence"
    OFFICE = "office"
    HOME = "home"


class Reason(StrEnum):
    """Why a member was not asked. `eligibility.RULES` says which are hard."""

    DEACTIVATED = "deactivated"
    BUSY = "busy"
    TAKEN = "taken"
    """Another transaction is asking them at this moment."""
    MISSING_SKILL = "missing_skill"
    EXPIRED_SKILL = "expired_skill"
    OPTED_OUT = "opted_out"
    OUT_OF_SCOPE = "out_of_scope"
    ALREADY_ASKED = "already_asked"
    NOT_RESIDENT = "not_resident"
    UNWANTED = "unwanted"
    OFF_DUTY = "off_duty"
    STANDBY_ONLY = "standby_only"
    RESTING = "resting"
    WEEKLY_HOURS = "weekly_hours"
    QUIET_HOURS = "quiet_hours"
    UNREACHABLE = "unreachable"
    TOO_FAR = "too_far"
    MATCHED_ELSEWHERE = "matched_elsewhere"
    """Asked for another task of the same batch."""
    NOT_NEEDED = "not_needed"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a member is taken to be: CGCS2000 degrees, the leaf grid, and how sure that is (metres)."""

    lon: float
    lat: float
    grid_id: UUID
    source: Source
    uncertainty_m: float


@dataclass(frozen=True, slots=True)
class Skill:
    """A skill that a member has; `expired` is judged on the day of planning by whoever builds the problem."""

    code: str
    expired: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """One member as the planner sees them."""

    member_id: UUID
    unit_code: str
    place: Place
    tier: Tier
    acceptance: float
    """The probability that they say yes when asked."""
    active: bool = True
    on_duty: bool = True
    skills: tuple[Skill, ...] = ()
    opted_out: frozenset[str] = frozenset()
    """Categories they are never asked for, by law or health."""
    unwanted: frozenset[str] = frozenset()
    """Categories that they would rather not be asked for."""
    resting_until: datetime | None = None
    week_hours: float = 0.0
    """Of service in this calendar week."""
    most_week_hours: float = math.inf
    quiet_until: datetime | None = None
    """The end of the quiet hours that they are in; None outside them."""
    offered: Precedence | None = None
    """The precedence of the pending offer that they have."""
    engaged: Precedence | None = None
    """The precedence of their live engagement."""
    on_scene: bool = False
    """They are on the scene of it: nothing calls them away."""
    taken: bool = False
    """Another transaction is asking them at this moment."""
    already_asked: bool = False
    """Asked for this task before, or withdrawn from it."""
    in_scope: bool = True
    recent_load: float = 0.0
    """Engagements in the last 28 days, for fairness in normal mode."""
    home_code: str = ""
    """The division code of their home community, by which scopes judge."""


@dataclass(frozen=True, slots=True)
class Seat:
    """An open seat and the skills that it needs."""

    id: UUID
    number: int
    skills: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PendingOffer:
    """An offer that is still unanswered and counts towards the target."""

    seat_id: UUID
    acceptance: float
    skills: frozenset[str] | None = None
    """What its seat needs, so that the offer counts for the like seats when its own is taken; None: look the
    seat up among the open ones, and leave the offer out if it is not there."""


@dataclass(frozen=True, slots=True)
class Section:
    """The parameters of a playbook in one mode."""

    reach_minutes: tuple[float, ...]
    """The steps of reach, rising."""
    target_probability: float
    """That all seats fill from what has been asked."""
    acceptance_prior: tuple[tuple[int, float], ...]
    """(from this hour of the local day on, the probability of a yes), rising from hour 0: what is expected of
    somebody of whom nothing is known."""
    answer_minutes: float
    """How long an offer stands, and when the wave widens."""
    move_minutes: float
    """After which somebody who accepted and has not moved is a likely no-show."""
    max_offers: int
    """In one wave."""
    calls_standby: bool = False
    """Whether standby members (战备) are asked."""
    rest_minutes: float = 0.0
    """After an engagement, during which they are not asked again."""
    confirm_minutes: float = 0.0
    """On the scene, after which somebody is asked to say that they are well, again and again; 0: not asked."""
    speed_kmh: float = 30.0
    road_factor: float = 1.4
    """How much longer the way is than the straight line."""


@dataclass(frozen=True, slots=True)
class Problem:
    """All that one planning step may know."""

    mode: Mode
    precedence: Precedence
    urgency: Urgency
    category: str
    area_code: str
    section: Section
    step: int
    """Index into `section.reach_minutes`."""
    seats: tuple[Seat, ...]
    """The open ones."""
    pending: tuple[PendingOffer, ...]
    candidates: tuple[Candidate, ...]
    minutes: dict[UUID, float]
    """Travel minutes by member; `math.inf` is unreachable."""
    searched_minutes: float
    """Everybody nearer than this is among the candidates; at most the step's reach."""
    responsible_units: frozenset[str]
    neighbour_units: frozenset[str]
    """Responsible for the neighbouring grids."""
    residents_of: str | None
    """Only those who live in this community are asked."""
    office_hours: bool
    """双报到: whether a member acts for their unit now, rather than for the community where they live."""
    now: datetime
    seed: int
    at_least: int = 0
    """Ask this many even where the target is met (a refusal is always replaced)."""

    @property
    def reach_minutes(self) -> float:
        """The reach of this step."""
        return self.section.reach_minutes[self.step]


@dataclass(frozen=True, slots=True)
class PlannedOffer:
    """Ask this member for this seat."""

    member_id: UUID
    seat_id: UUID
    minutes: float
    cost: float
    acceptance: float
    source: Source


@dataclass(frozen=True, slots=True)
class NotChosen:
    """Somebody who was not asked, and why."""

    member_id: UUID
    minutes: float
    reason: Reason
    source: Source
    """What their minutes are reckoned from."""
    detail: dict[str, Any] = field(default_factory=dict)
    """What the reason's sentence needs beyond the minutes: JSON, see `engine.detail`."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why seats that need the same skills cannot be filled."""

    skills: frozenset[str]
    seats: tuple[UUID, ...]
    reason: Reason | None
    """What keeps those who come closest; None: there is nobody else within the searched reach."""
    people: int
    """Whom that reason keeps."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The outcome of one planning step, whole enough for the ledger."""

    offers: tuple[PlannedOffer, ...]
    reach_minutes: float
    searched_minutes: float
    probability: float
    """That all open seats fill, given what is pending and what is planned (a lower bound)."""
    target_met: bool
    not_chosen: tuple[NotChosen, ...]
    """The nearest ones, nearest first."""
    counts: dict[Reason, int] = field(default_factory=dict)
    """Everybody within the searched reach who is not asked, by reason."""
    causes: tuple[Cause, ...] = ()
    """Of the seats for which there are not people enough within the searched reach."""

    @property
    def people(self) -> int:
        """Everybody within the searched reach."""
        return len(self.offers) + sum(self.counts.values())
