"""The search outwards from a task: candidates ring by ring, with the travel time to each.

The first ring is two minutes wide and each one doubles it, so that the cost follows the neighbourhood.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from service.dispatch.engine.outwards import Outwards
from service.dispatch.engine.problem import Candidate, Mode, PendingOffer, Problem, Section
from service.dispatch.engine.problem import Seat as OpenSeat
from service.dispatch.engine.travel import Search
from service.dispatch.models import Offer
from service.dispatch.queries.board import Board, board, pending_offers
from service.dispatch.queries.candidates import candidates_in
from service.dispatch.queries.ground import Ground
from service.dispatch.rules import in_office_hours, precedence, rings
from service.grids.graph import Located
from service.tasks.models import Task
from service.tasks.rules import Urgency


@dataclass(slots=True)
class Reach(Outwards):
    """One task's search in the database."""

    task: Task
    ground: Ground
    search: Search
    start: Located
    metres: float = 0.0

    @classmethod
    def of(cls, task: Task, ground: Ground, problem: Problem) -> "Reach":
        """The search of a task, before its first ring."""
        section = problem.section
        start = ground.graph.locate(task.lon, task.lat)
        search = Search(ground.graph, start, speed_kmh=section.speed_kmh, road_factor=section.road_factor)
        return cls(problem, list(rings(section.reach_minutes, problem.step)), task, ground, search, start)

    async def widen(self, session: AsyncSession) -> None:
        """Take the next ring."""
        step, minutes = self.rings.pop(0)
        metres = self.search.metres_within(minutes)
        grids = self.ground.graph.leaves_between(self.start.x, self.start.y, self.metres, metres)
        self.metres = metres
        candidates = list(self.problem.candidates)
        if grids:
            prior = self.problem.section.acceptance_prior
            found = await candidates_in(session, self.ground, grids, self.task.id, prior, self.problem.now)
            # Somebody who moves outwards while the rings are read is met twice.
            known = {candidate.member_id for candidate in candidates}
            candidates += [each for each in found if each.member_id not in known]
        self.problem = replace(
            self.problem,
            step=step,
            candidates=tuple(candidates),
            minutes=travel_minutes(self.ground, self.search, candidates, minutes),
            searched_minutes=minutes,
        )


async def problem_of(
    session: AsyncSession, task: Task, section: Section, *, at_least: int, now: datetime, zone: ZoneInfo
) -> Problem:
    """What is to be planned for a task: its open seats and what is pending for them; no candidates yet."""
    seats = await board(session, task)
    pending = await pending_offers(session, task.id)
    return problem_on(seats, pending, section, at_least=at_least, now=now, zone=zone)


def problem_on(
    seats: Board, pending: Sequence[Offer], section: Section, *, at_least: int, now: datetime, zone: ZoneInfo
) -> Problem:
    """The same, where it has been read."""
    task = seats.task
    needs = {seat.id: frozenset(seat.skills) for seat in seats.seats}
    return Problem(
        mode=Mode(task.mode),
        precedence=precedence(task.mode, task.drill),
        urgency=Urgency(task.urgency),
        category=task.category,
        area_code=task.grid_code,
        section=section,
        step=task.step,
        seats=tuple(OpenSeat(seat.id, seat.number, needs[seat.id]) for seat in seats.open_seats),
        pending=tuple(
            PendingOffer(offer.seat_id, offer.acceptance, needs.get(offer.seat_id, frozenset()))
            for offer in pending
        ),
        candidates=(),
        minutes={},
        searched_minutes=0.0,
        responsible_units=frozenset(task.responsible_units),
        neighbour_units=frozenset(task.neighbour_units),
        residents_of=task.residents_of,
        office_hours=in_office_hours(now, zone),
        now=now,
        seed=task.id.int & 0xFFFFFFFF,
        at_least=at_least,
    )


def travel_minutes(
    ground: Ground, search: Search, candidates: Sequence[Candidate], within: float
) -> dict[UUID, float]:
    """Travel minutes by member: exact within the bound, beyond it a lower bound, infinite where there is no way."""
    if not candidates:
        return {}
    points = ground.graph.points(
        [candidate.place.lon for candidate in candidates],
        [candidate.place.lat for candidate in candidates],
        [candidate.place.grid_id for candidate in candidates],
    )
    minutes = search.minutes(points, within)
    return {candidate.member_id: float(each) for candidate, each in zip(candidates, minutes, strict=True)}
