"""The words of the engine: what planning is given and what it gives back. Frozen, and free of I/O.

Units, throughout the engine: metres, minutes, probabilities in 0..1, aware UTC datetimes.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from service.roster.rules import Tier


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
        return list(Precedence).index(self)


class Source(StrEnum):
    """Where a member is taken to be: a fresh presence, or else their duty place (双报到)."""

    PRESENCE = "presence"
    OFFICE = "office"
    HOME = "home"


class Reason(StrEnum):
    """Why a member was not asked. `eligibility.RULES` says which are hard."""

    DEACTIVATED = "deactivated"
    BUSY = "busy"
    MISSING_SKILL = "missing_skill"
    EXPIRED_SKILL = "expired_skill"
    OPTED_OUT = "opted_out"
    OUT_OF_SCOPE = "out_of_scope"
    ALREADY_ASKED = "already_asked"
    OFF_DUTY = "off_duty"
    STANDBY_ONLY = "standby_only"
    RESTING = "resting"
    UNREACHABLE = "unreachable"
    TOO_FAR = "too_far"
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
    resting_until: datetime | None = None
    held: Precedence | None = None
    """The precedence of the live engagement or pending offer that holds them."""
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
    acceptance_prior: float
    answer_minutes: float
    """How long an offer stands, and when the wave widens."""
    move_minutes: float
    """After which somebody who accepted and has not moved is a likely no-show."""
    max_offers: int
    """In one wave."""
    one_offer_a_seat: bool = False
    """Normal mode: ask one person for a seat and wait."""
    speed_kmh: float = 30.0
    road_factor: float = 1.4
    """How much longer the way is than the straight line."""


@dataclass(frozen=True, slots=True)
class Problem:
    """All that one planning step may know."""

    mode: Mode
    precedence: Precedence
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


@dataclass(frozen=True, slots=True)
class NotChosen:
    """Somebody who was not asked, and why."""

    member_id: UUID
    minutes: float
    reason: Reason


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
    unfillable_seats: tuple[UUID, ...] = ()
    """Seats for which nobody within the searched reach qualifies."""
