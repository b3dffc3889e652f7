"""Which seat somebody takes, and who is left without one. Pure."""

from collections.abc import Collection, Mapping, Sequence, Set
from typing import Generic, NamedTuple, Protocol, TypeVar
from uuid import UUID


class AnySeat(Protocol):
    """A seat, whoever keeps it."""

    @property
    def id(self) -> UUID: ...

    @property
    def number(self) -> int: ...

    @property
    def skills(self) -> Collection[str]: ...


class AnyOffer(Protocol):
    """A pending offer, whoever keeps it."""

    @property
    def seat_id(self) -> UUID: ...

    @property
    def member_id(self) -> UUID: ...


S = TypeVar("S", bound=AnySeat)
O = TypeVar("O", bound=AnyOffer)  # noqa: E741


def like_seat(open_seats: Sequence[S], offered: S) -> S | None:
    """The open seat that a yes takes first: the one offered, else one that needs the same; None: there is none.

    The engine's probability that all seats fill is a lower bound only because the like seats come first.
    """
    like = [seat for seat in open_seats if seat.skills == offered.skills]
    return next((seat for seat in like if seat.id == offered.id), like[0]) if like else None


def fitting_seat(open_seats: Sequence[S], skills: Set[str]) -> S | None:
    """The most demanding open seat for which somebody with those skills qualifies."""
    fitting = [seat for seat in open_seats if skills >= set(seat.skills)]
    return max(fitting, key=lambda seat: (len(seat.skills), -seat.number), default=None)


class Refit(NamedTuple, Generic[O, S]):
    """What becomes of the pending offers whose seats were taken."""

    moved: Sequence[tuple[O, S]]
    """To another open seat."""
    surplus: Sequence[O]
    """For whom there is none."""


def refit(
    pending: Sequence[O], open_seats: Sequence[S], skills: Mapping[UUID, Set[str]], *, one_each: bool
) -> Refit[O, S]:
    """Find an open seat for each pending offer whose own is taken; `skills` are by member.

    With `one_each` (normal mode, where a seat has one offer) only seats count that nobody else is asked for.
    """
    still_open = {seat.id for seat in open_seats}
    asked_for = {offer.seat_id for offer in pending} if one_each else set()
    moved: list[tuple[O, S]] = []
    surplus: list[O] = []
    for offer in pending:
        if offer.seat_id in still_open:
            continue
        has = skills.get(offer.member_id, frozenset())
        fitting = (seat for seat in open_seats if seat.id not in asked_for and has >= set(seat.skills))
        seat = next(fitting, None)
        if seat is None:
            surplus.append(offer)
            continue
        moved.append((offer, seat))
        if one_each:
            asked_for.add(seat.id)
    return Refit(moved, surplus)
