"""The limit: the optimum of somebody who knows all answers and delays in advance. No policy can fill more seats.

It is a relaxation, and easier than any real day. Everybody who would say yes to one of the first asks may be sent, at
the hour at which they are the likeliest to, as if they had not served that day, over the best way of the task's time; a
member may serve as many tasks as fit one after the other into the time in which tasks want them, the shortest first.
What is left is a cheapest flow from the tasks' seats to the members: first as many seats as possible, then the least
total of the seconds until everybody is there. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.dispatch.engine.flow import Arcs, cheapest_flow
from service.dispatch.engine.problem import Section
from service.dispatch.rules import section_of
from service.simulate.behaviour import LONGEST_LEAVE_S, chance
from service.simulate.crowd import Crowd
from service.simulate.day import Need
from service.simulate.draws import Shares
from service.simulate.outcome import Cause, Outcome, SeatOutcome
from service.simulate.ways import NEAR_MINUTES
from service.simulate.world import Luck
from service.tasks.rules import Level

ASKS = 3
"""How often somebody may be asked for a task until the answer is the one that is known."""
EMPTY = 10**8
"""The cost of a seat that stays empty: more than any chain of moves costs, in seconds."""


@dataclass(frozen=True, slots=True)
class _Offerings:
    """Who could take a kind of seats of a task, and when they would say yes and be there, in seconds from the post."""

    need: Need
    seats: tuple[int, ...]
    members: NDArray[np.intp]
    yes_s: Shares
    scene_s: Shares
    takes_s: Shares
    """From the yes until they may be asked again."""


def limit(luck: Luck) -> Outcome:
    """The most that could come of a day."""
    crowd = Crowd(luck.day)
    kinds = [each for need in luck.day.needs for each in _offerings(luck, crowd, need)]
    capacity = _capacity(kinds, len(crowd.ids))
    chosen = _cheapest(kinds, capacity)
    seats: list[SeatOutcome] = []
    times = np.zeros(len(crowd.ids), dtype=np.intp)
    for kind, taken in zip(kinds, chosen, strict=True):
        filled: list[int | None] = [*taken, *[None] * (len(kind.seats) - len(taken))]
        for at in filled:
            if at is not None:
                times[kind.members[at]] += 1
            seats.append(
                SeatOutcome(
                    need=kind.need.number,
                    urgency=kind.need.urgency,
                    deadline_s=kind.need.due_s - kind.need.at_s,
                    filled_s=None if at is None else float(kind.yes_s[at]),
                    scene_s=None if at is None else float(kind.scene_s[at]),
                    cause=Cause.NO_YES if at is None else None,
                )
            )
    count = sum(len(taken) for taken in chosen)
    return Outcome(tuple(seats), count, tuple(np.bincount(times)[1:].tolist()), 0, 0, 0, 0)


def _offerings(luck: Luck, crowd: Crowd, need: Need) -> list[_Offerings]:
    day, stage = luck.day, luck.day.stage
    window_s = need.due_s - need.at_s
    sections = _sections(luck, need)
    first, last = int(need.at_s // 60), int(need.due_s // 60)
    may = day.on_duty[:, first : last + 1].any(axis=1)
    people = stage.city.people
    may &= np.array(
        [need.category not in each.opted_out and need.category not in each.unwanted for each in people]
    )
    minutes = _best_way(luck, need, sections)
    farthest = max(section.reach_minutes[-1] for section in sections)
    course = luck.courses(need)
    yes_s = _soonest_yes(luck, need)
    may &= (minutes <= farthest) & course.comes & (yes_s <= window_s)
    way_s = np.where(
        may,
        course.leave_s + np.round(np.where(may, minutes, 0.0) * course.travel * stage.scenario.slower * 60.0),
        0.0,
    )
    rest_s = min(section.rest_minutes for section in sections) * 60.0
    takes_s = way_s + np.round(need.stay_minutes * course.stay * 60.0) + rest_s
    found = []
    for skills in dict.fromkeys(need.seats):
        members = np.flatnonzero(may & crowd.having(skills))
        found.append(
            _Offerings(
                need,
                tuple(n for n, each in enumerate(need.seats) if each == skills),
                members,
                yes_s[members],
                (yes_s + way_s)[members],
                takes_s[members],
            )
        )
    return found


def _sections(luck: Luck, need: Need) -> list[Section]:
    """The playbook's sections at every level."""
    playbook = luck.day.stage.city.playbooks[need.category]
    return [section_of(playbook.sections, playbook.levels, level) for level in (None, *Level)]


def _best_way(luck: Luck, need: Need, sections: Sequence[Section]) -> Shares:
    """The fewest minutes at any time until a yes may come and people leave; lower bounds where they are many."""
    stage = luck.day.stage
    ends = need.due_s + LONGEST_LEAVE_S
    # Links close one by one, and open again all at once: the map of the post is the best until they do.
    moments = [need.at_s]
    moments += [
        since for since, graph in stage.graphs if graph is stage.city.graph and need.at_s < since < ends
    ]
    at_office = stage.in_office_hours(need.at_s)
    elsewhere = (s for s in np.arange(need.at_s, ends, 60.0) if stage.in_office_hours(s) is not at_office)
    moments += [float(s) for s in [next(elsewhere, None)] if s is not None]
    best = np.full(len(stage.city.people), np.inf)
    ways = {(each.speed_kmh, each.road_factor): each for each in sections}
    for at_s in moments:
        for section in ways.values():
            best = np.minimum(best, luck.ways.minutes(need, at_s, section, NEAR_MINUTES))
    return best


def _soonest_yes(luck: Luck, need: Need) -> Shares:
    """The seconds until each member's yes, asked at the post; infinite: they say none."""
    day = luck.day
    hours = {day.stage.local(s).hour for s in np.arange(need.at_s, need.due_s + 1.0, 900.0)}
    nobody_served = np.zeros(len(day.inclination), dtype=np.int64)
    at_best = np.max([chance(day.inclination, need.category, hour, nobody_served) for hour in hours], axis=0)
    soonest = np.full(len(day.inclination), np.inf)
    for ask in range(1, ASKS + 1):
        drawn = luck.answers(need, ask)
        soonest = np.minimum(soonest, np.where(drawn.willing < at_best, drawn.after_s, np.inf))
    return soonest


def _capacity(kinds: Sequence[_Offerings], people: int) -> list[int]:
    """How many tasks each member can serve at most."""
    takes: list[dict[int, float]] = [{} for _ in range(people)]
    first, last = np.full(people, np.inf), np.zeros(people)
    for kind in kinds:
        for member, seconds in zip(kind.members.tolist(), kind.takes_s.tolist(), strict=True):
            takes[member][kind.need.number] = seconds
        first[kind.members] = np.minimum(first[kind.members], kind.need.at_s)
        last[kind.members] = np.maximum(last[kind.members], kind.need.due_s)
    capacity = []
    for member, of in enumerate(takes):
        used = np.cumsum(sorted(of.values()))
        fit = int(np.searchsorted(used, last[member] - first[member], side="right")) if of else 0
        capacity.append(min(len(of), fit + 1))
    return capacity


def _cheapest(kinds: Sequence[_Offerings], capacity: Sequence[int]) -> list[list[int]]:
    """Who takes each kind's seats, by position among its members.

    The nodes are the sink, the kinds, the members.
    """
    if not kinds:
        return []
    base = 1 + len(kinds)
    nodes = np.arange(1, base)
    seats = np.array([len(kind.seats) for kind in kinds], dtype=np.int64)
    asked = [len(kind.members) for kind in kinds]
    kind_of, members = np.repeat(nodes, asked), np.concatenate([kind.members for kind in kinds])
    seconds = np.concatenate([kind.scene_s for kind in kinds]).astype(np.int64)
    wanted = np.unique(members)
    supplies = np.zeros(base + len(capacity), dtype=np.int64)
    supplies[0], supplies[nodes] = -seats.sum(), seats
    arcs = [
        Arcs(kind_of, base + members, np.ones(len(members), dtype=np.int64), seconds),
        Arcs(nodes, 0 * nodes, seats, np.full(len(nodes), EMPTY)),
        Arcs.free(base + wanted, 0 * wanted, np.asarray(capacity, dtype=np.int64)[wanted]),
    ]
    flows = cheapest_flow(Arcs.all_of(arcs), supplies)[: len(members)]
    return [np.flatnonzero(each).tolist() for each in np.split(flows, np.cumsum(asked)[:-1])]
