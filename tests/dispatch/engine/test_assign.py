"""Whom to ask in an emergency: the smallest wave that reaches the target, nearest first."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.dispatch.engine.assign import assign, group_seats
from service.dispatch.engine.cost import rank
from service.dispatch.engine.eligibility import reasons
from service.dispatch.engine.problem import PendingOffer, PlannedOffer, Problem
from service.dispatch.engine.wave.pools import Pool, Wave
from tests.dispatch.engine.made_up import SECTION, SKILLS, person, problem, seat
from tests.dispatch.engine.wave.waves import ROUNDING, by_enumeration, probability_of, size


def wave(given_problem: Problem) -> list[PlannedOffer]:
    return assign(given_problem, group_seats(given_problem))


def asked(given_problem: Problem) -> list[int]:
    return [offer.member_id.int for offer in wave(given_problem)]


@st.composite
def tasks(draw: st.DrawFn, most_people: int = 8) -> Problem:
    """A small task, most people near it may be asked."""
    needs = draw(st.sampled_from([[], ["boat"], ["boat", "drone"]]).map(lambda first: [first, [], ["boat"]]))
    seats = [seat(number, *draw(st.sampled_from(needs))) for number in range(1, draw(st.integers(1, 3)) + 1)]
    people = {}
    for number in range(draw(st.integers(1, most_people))):
        who = person(
            number,
            *draw(st.lists(st.sampled_from(SKILLS), unique=True)),
            acceptance=draw(st.sampled_from([0.3, 0.5, 0.8, 0.95]) | st.floats(0.2, 0.95)),
            unit=draw(st.sampled_from(["u1", "u2", "u9"])),
            on_duty=draw(st.sampled_from([True] * 9 + [False])),
        )
        people[who] = draw(st.sampled_from([1.0, 2.0, 3.0]) | st.floats(0, 11))
    return problem(
        people,
        seats,
        replace(
            SECTION,
            target_probability=draw(st.sampled_from([0.25, 0.5, 0.75]) | st.floats(0.1, 0.95)),
            max_offers=draw(st.sampled_from([2, 4, 30, 30])),
        ),
        pending=tuple(
            PendingOffer(draw(st.sampled_from(seats)).id, draw(st.floats(0.05, 0.95)))
            for _ in range(draw(st.sampled_from([0, 0, 1, 2])))
        ),
        seed=draw(st.integers(0, 9)),
        at_least=draw(st.sampled_from([0, 0, 1, 3])),
    )


@dataclass(frozen=True)
class Judged:
    """A problem and what is asked for it in terms of `engine.wave.pools`, once more in the words of this test."""

    pools: list[Pool]
    acceptances: list[float]
    wave: Wave

    @property
    def probability(self) -> float:
        return probability_of(self.pools, self.acceptances, self.wave)


def judged(given_problem: Problem, offers: Sequence[PlannedOffer]) -> Judged:
    needs = {each.id: each.skills for each in given_problem.seats}
    able = {
        skills: [
            each
            for each in given_problem.candidates
            if given_problem.minutes[each.member_id] <= given_problem.searched_minutes
            and not reasons(each, skills, given_problem)
        ]
        for skills in needs.values()
    }
    people = {each.member_id: each for found in able.values() for each in found}
    order = sorted(people.values(), key=lambda each: rank(each, given_problem))
    position = {each.member_id: number for number, each in enumerate(order)}
    firsts = {
        skills: min(each.number for each in given_problem.seats if each.skills == skills) for skills in able
    }
    scarcest_first = sorted(able, key=lambda skills: (len(able[skills]), firsts[skills]))
    return Judged(
        pools=[
            Pool(
                list(needs.values()).count(skills),
                tuple(each.acceptance for each in given_problem.pending if needs[each.seat_id] == skills),
                tuple(sorted(position[each.member_id] for each in able[skills])),
            )
            for skills in scarcest_first
        ],
        acceptances=[each.acceptance for each in order],
        wave=tuple(
            tuple(sorted(position[each.member_id] for each in offers if needs[each.seat_id] == skills))
            for skills in scarcest_first
        ),
    )


@settings(max_examples=400, deadline=None, derandomize=True)
@given(given_problem=tasks())
def test_no_smaller_wave_reaches_the_target_and_none_of_its_size_is_nearer(given_problem: Problem) -> None:
    section, at_least = given_problem.section, given_problem.at_least
    offers = wave(given_problem)
    found = judged(given_problem, offers)
    assert len({offer.member_id for offer in offers}) == len(offers)
    assert min(at_least, section.max_offers, len(found.acceptances)) <= len(offers) <= section.max_offers
    expected = by_enumeration(
        found.pools,
        found.acceptances,
        section.target_probability,
        at_least,
        section.max_offers,
    )
    if expected is not None and found.wave != expected:
        assert len(offers) < size(expected)
        assert found.probability >= section.target_probability - ROUNDING


@settings(max_examples=150, deadline=None, derandomize=True)
@given(given_problem=tasks(), order=st.randoms(use_true_random=False))
def test_the_probability_of_a_wave_is_a_lower_bound(given_problem: Problem, order: random.Random) -> None:
    """Over all answers, in any order: a yes takes a seat of its own kind while one is open, else another that fits."""
    given_problem = replace(given_problem, pending=())
    offers = wave(given_problem)
    skills = {each.member_id: {skill.code for skill in each.skills} for each in given_problem.candidates}
    needs = {each.id: each.skills for each in given_problem.seats}
    probability = judged(given_problem, offers).probability
    order.shuffle(offers)
    filled = 0.0
    for answers in product([True, False], repeat=len(offers)):
        chance, open_seats = 1.0, list(needs.values())
        for offer, yes in zip(offers, answers, strict=True):
            chance *= offer.acceptance if yes else 1 - offer.acceptance
            fitting = [need for need in open_seats if need <= skills[offer.member_id]]
            if yes and fitting:
                own = needs[offer.seat_id]
                open_seats.remove(own if own in fitting else fitting[0])
        filled += chance * (not open_seats)
    assert probability <= filled + 1e-9


def test_nobody_near_is_passed_over_for_somebody_likelier() -> None:
    people = {person(1, acceptance=0.2): 1.0, person(2, acceptance=0.3): 2.0, person(3, acceptance=0.95): 3.0}
    assert asked(problem(people, [seat(1)])) == [1, 2, 3]


def test_a_group_that_is_likely_to_fill_takes_more_of_the_target_on_itself() -> None:
    # Shared evenly, 0.8 would take one boatman and seven others; two boatmen and five others reach it as well.
    people = {person(n, "boat", acceptance=0.9): n / 10 for n in range(1, 4)}
    people |= {person(n, "drone", acceptance=0.3): n / 10 for n in range(4, 20)}
    section = replace(SECTION, target_probability=0.8)
    offers = wave(problem(people, [seat(1, "drone"), seat(2, "boat")], section))
    assert Counter(offer.seat_id for offer in offers) == {seat(2).id: 2, seat(1).id: 5}


def test_offers_go_to_the_seats_with_the_fewest_in_turn_and_nearest_first() -> None:
    people = {person(n): 9.0 - n for n in range(8)}
    pending = (PendingOffer(seat(1).id, 0.5),)
    offers = wave(problem(people, [seat(1), seat(2)], pending=pending))
    assert [offer.minutes for offer in offers] == [2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    assert [offer.seat_id for offer in offers] == [seat(number).id for number in (2, 1, 2, 1, 2, 1)]
    assert {offer.cost for offer in offers} == {2.0, 3.0, 4.0, 5.0, 6.0, 7.0}


def test_where_the_target_is_out_of_reach_everybody_who_helps_is_asked() -> None:
    people = {person(n, acceptance=0.2): float(n) for n in range(1, 6)}
    assert asked(problem(people, [seat(1)])) == [1, 2, 3, 4, 5]
    assert asked(problem(people, [seat(1)], replace(SECTION, max_offers=3))) == [1, 2, 3]


@pytest.mark.parametrize("at_least", [0, 1, 3, 7])
def test_at_least_so_many_are_asked_as_far_as_there_are_people(at_least: int) -> None:
    people = {person(n): float(n) for n in range(1, 6)}
    pending = (PendingOffer(seat(1).id, 0.95),)
    given_problem = problem(people, [seat(1)], pending=pending, at_least=at_least)
    assert asked(given_problem) == [1, 2, 3, 4, 5][:at_least]


def test_without_open_seats_nobody_is_asked() -> None:
    assert wave(problem({person(1): 1.0}, [], at_least=1)) == []


def test_seats_of_many_kinds_are_planned_as_well() -> None:
    seats = [seat(number, f"skill{number}") for number in range(12)]
    draw = random.Random(1)
    people = {
        person(
            n,
            *[f"skill{number}" for number in range(12) if draw.random() < 0.5],
            acceptance=draw.uniform(0.2, 0.9),
        ): draw.uniform(0, 9)
        for n in range(200)
    }
    section = replace(SECTION, max_offers=100)
    given_problem = problem(people, seats, section)
    offers = wave(given_problem)
    assert judged(given_problem, offers).probability >= section.target_probability
    assert len(offers) < section.max_offers
