"""What a simulated day is made of while it runs: seats, offers, engagements, tasks. Seconds from the start."""

from dataclasses import dataclass, field
from uuid import UUID

from service.dispatch.engine.problem import Mode, PendingOffer, Precedence, Seat
from service.dispatch.rules import Answer, EngagementState, OfferState
from service.simulate.day import Need
from service.tasks.rules import Level

LIVE = (EngagementState.ACCEPTED, EngagementState.EN_ROUTE, EngagementState.ON_SCENE)


@dataclass(slots=True, eq=False)
class Offer:
    """Somebody is asked for a task. `member` is their position in `City.people`."""

    task: "Task"
    member: int
    member_id: UUID
    seat_id: UUID
    precedence: Precedence
    acceptance: float
    ask: int
    """The how-manyth of this task to this member, from 1 on."""
    made_s: float
    expires_s: float
    state: OfferState = OfferState.PENDING
    answer: Answer | None = None
    ended_s: float | None = None

    @property
    def decided(self) -> bool:
        """Whether it says something of how the member answers."""
        return self.answer is not None or self.state is OfferState.EXPIRED


@dataclass(slots=True, eq=False)
class Engagement:
    """Somebody said yes and took a seat."""

    task: "Task"
    member: int
    seat: Seat
    precedence: Precedence
    accepted_s: float
    state: EngagementState = EngagementState.ACCEPTED
    scene_s: float | None = None
    ended_s: float | None = None

    @property
    def live(self) -> bool:
        """Whether it goes on."""
        return self.state in LIVE

    @property
    def kept(self) -> bool:
        """Whether they came, or are on their way."""
        return self.live or self.state is EngagementState.RELEASED


@dataclass(slots=True, eq=False)
class Task:
    """A posted task."""

    need: Need
    seats: tuple[Seat, ...]
    level: Level | None
    mode: Mode
    step: int = 0
    given_up: bool = False
    """Its deadline is over: nobody is sought any more."""
    filled: dict[UUID, Engagement] = field(default_factory=dict)
    """By seat: who holds it or has done it."""
    pending: list[Offer] = field(default_factory=list)
    asked: dict[int, list[Offer]] = field(default_factory=dict)
    """All offers, by member."""
    engagements: list[Engagement] = field(default_factory=list)

    @property
    def open_seats(self) -> tuple[Seat, ...]:
        """The seats that nobody fills and that are still wanted, by number."""
        return () if self.given_up else tuple(seat for seat in self.seats if seat.id not in self.filled)

    @property
    def precedence(self) -> Precedence:
        """What it holds people for."""
        return Precedence(self.mode)

    def counted(self) -> tuple[PendingOffer, ...]:
        """What is pending, as planning counts it."""
        needs = {seat.id: seat.skills for seat in self.seats}
        return tuple(
            PendingOffer(each.seat_id, each.acceptance, needs[each.seat_id]) for each in self.pending
        )
