"""Planning, cost, assignment and check, on made-up people whose minutes are given."""

import math
import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.dispatch.engine.check import Finding, check
from service.dispatch.engine.cost import LOAD_MINUTES, OTHER_UNIT_MINUTES, cost, rank
from service.dispatch.engine.plan import LISTED, plan
from service.dispatch.engine.problem import (
    Candidate,
    Mode,
    PendingOffer,
    Place,
    Plan,
    Precedence,
    Problem,
    Reason,
    Seat,
    Section,
    Skill,
    Source,
)
from service.roster.rules import Tier

NOW = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
PLACE = Place(110.4, 21.2, UUID(int=100), Source.OFFICE, 300.0)
EMERGENCY = Section((10.0, 20.0, 40.0), 0.9, 0.3, 5.0, 10.0, 30)
NORMAL = replace(EMERGENCY, max_offers=30)


def person(
    number: int, *skills: str, acceptance: float = 0.5, unit: str = "u9", **changes: object
) -> Candidate:
    return Candidate(
        UUID(int=number),
        unit,
        PLACE,
        Tier.NORMAL,
        acceptance,
        skills=tuple(Skill(skill) for skill in skills),
        **changes,  # type: ignore[arg-type]
    )


def seat(number: int, *skills: str) -> Seat:
    return Seat(UUID(int=1000 + number), number, frozenset(skills))


def problem(
    people: dict[Candidate, float], seats: list[Seat], section: Section = EMERGENCY, **changes: object
) -> Problem:
    """People with their minutes; the mode follows the section."""
    given = Problem(
        mode=Mode.NORMAL if section.one_offer_a_seat else Mode.EMERGENCY,
        precedence=Precedence.NORMAL if section.one_offer_a_seat else Precedence.EMERGENCY,
        category="flood",
        area_code="4408",
        section=section,
        step=0,
        seats=tuple(seats),
        pending=(),
        candidates=tuple(people),
        minutes={candidate.member_id: minutes for candidate, minutes in people.items()},
        searched_minutes=10.0,
        responsible_units=frozenset({"u1"}),
        now=NOW,
        seed=1,
    )
    return replace(given, **changes)  # type: ignore[arg-type]


def asked(found: Plan) -> list[int]:
    return [offer.member_id.int for offer in found.offers]


# -- emergency ---------------------------------------------------------------------------------------------


def test_the_nearest_are_asked_until_the_target_is_met() -> None:
    found = plan(problem({person(n): 9.0 - n for n in range(8)}, [seat(1)]))
    # Each says yes half the time: 1 - 0.5^4 is the first above 0.9.
    assert asked(found) == [7, 6, 5, 4]
    assert found.probability == pytest.approx(1 - 0.5**4)
    assert found.target_met
    assert found.counts == {Reason.NOT_NEEDED: 4}
    assert [each.member_id.int for each in found.not_chosen] == [3, 2, 1, 0]


def test_two_seats_ask_more_than_twice_the_half() -> None:
    found = plan(problem({person(n): n for n in range(1, 10)}, [seat(1), seat(2)]))
    # P(at least 2 of 7) = 1 - 8/128 = 0.9375, of 6 it is 0.89.
    assert asked(found) == [1, 2, 3, 4, 5, 6, 7]
    assert found.probability == pytest.approx(1 - 8 / 128)
    # Seats in turn.
    assert [offer.seat_id for offer in found.offers] == [seat(1 + turn % 2).id for turn in range(7)]


def test_pending_offers_count_and_their_seats_wait() -> None:
    people = {person(n): n for n in range(1, 10)}
    pending = tuple(PendingOffer(seat(1).id, 0.5) for _ in range(5))
    found = plan(problem(people, [seat(1), seat(2)], pending=pending))
    assert asked(found) == [1, 2]
    assert {offer.seat_id for offer in found.offers} == {seat(2).id}
    enough = (*pending, *pending)
    assert plan(problem(people, [seat(1), seat(2)], pending=enough)).offers == ()
    assert plan(problem(people, [seat(1), seat(2)], pending=enough)).target_met


def test_a_pending_offer_for_a_taken_seat_counts_for_the_like_ones() -> None:
    people = {person(n, "boat"): n for n in range(1, 10)}
    sure = PendingOffer(UUID(int=7), 0.99, frozenset({"boat"}))
    assert plan(problem(people, [seat(1, "boat")], pending=(sure,))).offers == ()
    assert len(plan(problem(people, [seat(1)], pending=(sure,))).offers) == 4
    assert len(plan(problem(people, [seat(1, "boat")], pending=(replace(sure, skills=None),))).offers) == 4


def test_scarce_skills_are_kept_for_the_seats_that_need_them() -> None:
    # The two boatmen are nearest; everybody else can do the plain seat only.
    people = {person(1, "boat", acceptance=0.8): 1.0, person(2, "boat", acceptance=0.8): 2.0}
    people |= {person(n, acceptance=0.8): float(n) for n in range(3, 8)}
    found = plan(problem(people, [seat(1), seat(2, "boat")]))
    by_seat = {offer.member_id.int: offer.seat_id for offer in found.offers}
    assert by_seat[1] == by_seat[2] == seat(2, "boat").id
    assert by_seat[3] == by_seat[4] == seat(1).id
    assert found.probability == pytest.approx(0.96**2)


def test_one_group_makes_up_for_another_that_falls_short() -> None:
    # Both must reach 0.95 if they share 0.9 evenly; the boatmen stop at 0.92.
    people = {person(1, "boat", acceptance=0.92): 1.0}
    people |= {person(n, acceptance=0.5): float(n) for n in range(2, 10)}
    found = plan(problem(people, [seat(1), seat(2, "boat")]))
    assert found.target_met
    assert found.probability == pytest.approx(0.92 * (1 - 0.5**6))


def test_a_hopeless_group_does_not_make_the_others_ask_everybody() -> None:
    found = plan(problem({person(n): n / 4 for n in range(1, 30)}, [seat(1), seat(2, "boat")]))
    assert found.probability == 0.0
    assert not found.target_met
    assert len(found.offers) == 5  # 1 - 0.5^5 is the first above the square root of 0.9
    assert found.unfillable_seats == (seat(2).id,)


def test_at_most_max_offers_and_an_offer_a_seat_is_left_for_the_plain_seats() -> None:
    section = replace(EMERGENCY, max_offers=6)
    people = {person(n, "boat", acceptance=0.05): n / 10 for n in range(20)}
    people |= {person(n, acceptance=0.5): n / 10 for n in range(20, 60)}
    found = plan(problem(people, [seat(1), seat(2), seat(3, "boat")], section))
    assert len(found.offers) == 6
    assert Counter(offer.seat_id.int - 1000 for offer in found.offers) == {3: 4, 1: 1, 2: 1}


def test_those_made_superfluous_by_a_likelier_yes_are_dropped_farthest_first() -> None:
    likely = {person(1, acceptance=0.2): 1.0, person(2, acceptance=0.3): 2.0, person(3, acceptance=0.95): 3.0}
    found = plan(problem(likely, [seat(1)]))
    assert asked(found) == [3]
    assert found.counts == {Reason.NOT_NEEDED: 2}
    # One of the first two is needed beside the third: the nearer stays.
    either = {person(1, acceptance=0.3): 1.0, person(2, acceptance=0.3): 2.0, person(3, acceptance=0.88): 3.0}
    assert asked(plan(problem(either, [seat(1)]))) == [1, 3]


def test_a_refusal_is_replaced_even_where_the_target_is_met() -> None:
    people = {person(n): n for n in range(1, 5)}
    pending = tuple(PendingOffer(seat(1).id, 0.9) for _ in range(3))
    assert asked(plan(problem(people, [seat(1)], pending=pending))) == []
    assert asked(plan(problem(people, [seat(1)], pending=pending, at_least=1))) == [1]
    nobody = {person(1, on_duty=False): 1.0}
    assert asked(plan(problem(nobody, [seat(1)], pending=pending, at_least=1))) == []


def test_ties_go_to_the_responsible_unit_and_then_by_lot() -> None:
    people = {person(n, unit="u1" if n == 5 else "u9", acceptance=0.95): 3.0 for n in range(1, 9)}
    assert asked(plan(problem(people, [seat(1)]))) == [5]
    people.pop(person(5, unit="u1", acceptance=0.95))
    firsts = {asked(plan(problem(people, [seat(1)], seed=seed)))[0] for seed in range(40)}
    assert len(firsts) > 3


def test_travel_time_goes_before_the_unit_in_an_emergency() -> None:
    people = {person(1, unit="u1", acceptance=0.95): 3.1, person(2, acceptance=0.95): 3.0}
    assert asked(plan(problem(people, [seat(1)]))) == [2]


def test_without_open_seats_nobody_is_asked() -> None:
    found = plan(problem({person(1): 1.0, person(2, on_duty=False): 2.0}, [], at_least=1))
    assert found.offers == ()
    assert found.target_met
    assert found.counts == {Reason.OFF_DUTY: 1, Reason.NOT_NEEDED: 1}


# -- normal ------------------------------------------------------------------------------------------------


def test_normal_mode_asks_one_person_a_seat() -> None:
    people = {person(1, "boat"): 1.0, person(2): 2.0, person(3): 3.0}
    found = plan(problem(people, [seat(1), seat(2, "boat")], NORMAL))
    assert [(offer.member_id.int, offer.seat_id) for offer in found.offers] == [
        (1, seat(2).id),
        (2, seat(1).id),
    ]
    assert found.target_met
    waiting = problem(people, [seat(1), seat(2, "boat")], NORMAL, pending=(PendingOffer(seat(2).id, 0.5),))
    assert [offer.seat_id for offer in plan(waiting).offers] == [seat(1).id]
    assert not plan(problem({person(1): 1.0}, [seat(1), seat(2)], NORMAL)).target_met


def test_cost_in_normal_mode_weighs_load_and_unit() -> None:
    near_and_tired, far_and_fresh = person(1, recent_load=4.0), person(2, unit="u1")
    given = problem({near_and_tired: 2.0, far_and_fresh: 9.0}, [seat(1)], NORMAL)
    assert cost(near_and_tired, given) == 2.0 + 4 * LOAD_MINUTES + OTHER_UNIT_MINUTES
    assert cost(far_and_fresh, given) == 9.0
    assert asked(plan(given)) == [2]
    emergency = replace(given, mode=Mode.EMERGENCY)
    assert cost(near_and_tired, emergency) == 2.0
    assert rank(near_and_tired, emergency) < rank(far_and_fresh, emergency)


# -- the ledger --------------------------------------------------------------------------------------------


def test_reasons_and_counts() -> None:
    people = {
        person(1, acceptance=1.0): 1.0,
        person(2, held=Precedence.NORMAL): 2.0,
        person(3, on_duty=False): 3.0,
        person(4): 4.0,
        person(5): 12.0,
        person(6): math.inf,
    }
    found = plan(problem(people, [seat(1)]))
    assert asked(found) == [1]
    assert [(each.member_id.int, each.reason) for each in found.not_chosen] == [
        (2, Reason.BUSY),
        (3, Reason.OFF_DUTY),
        (4, Reason.NOT_NEEDED),
        (5, Reason.TOO_FAR),
        (6, Reason.UNREACHABLE),
    ]
    assert found.counts == {Reason.BUSY: 1, Reason.OFF_DUTY: 1, Reason.NOT_NEEDED: 1}
    assert (found.reach_minutes, found.searched_minutes) == (10.0, 10.0)
    assert asked(plan(problem(dict(list(people.items())[4:]), [seat(1)], step=1, searched_minutes=20.0))) == [
        5
    ]


def test_nobody_beyond_the_searched_minutes_is_asked() -> None:
    found = plan(problem({person(1): 6.0, person(2): 4.0}, [seat(1)], searched_minutes=5.0))
    assert asked(found) == [2]
    assert sum(found.counts.values()) == 0


def test_only_the_nearest_not_chosen_are_named() -> None:
    found = plan(problem({person(n, on_duty=False): n / 20 for n in range(1, 101)}, [seat(1)]))
    assert [each.member_id.int for each in found.not_chosen] == list(range(1, LISTED + 1))
    assert found.counts == {Reason.OFF_DUTY: 100}


# -- what holds always -------------------------------------------------------------------------------------

SKILLS = ["boat", "first_aid", "drone"]


@st.composite
def problems(draw: st.DrawFn, max_people: int = 25) -> Problem:
    flag = st.sampled_from([False] * 6 + [True])
    people = {}
    for number in range(draw(st.integers(0, max_people))):
        skills = draw(st.lists(st.sampled_from(SKILLS), unique=True))
        candidate = Candidate(
            UUID(int=number),
            draw(st.sampled_from(["u1", "u2"])),
            PLACE,
            Tier.STANDBY if draw(flag) else Tier.NORMAL,
            draw(st.floats(0.05, 0.95)),
            active=not draw(flag),
            on_duty=not draw(flag),
            skills=tuple(Skill(skill, expired=draw(flag)) for skill in skills),
            opted_out=frozenset({"flood"}) if draw(flag) else frozenset(),
            resting_until=NOW + timedelta(hours=1) if draw(flag) else None,
            held=Precedence.DRILL if draw(flag) else None,
            already_asked=draw(flag),
            in_scope=not draw(flag),
            recent_load=draw(st.sampled_from([0.0, 1.0, 3.0])),
        )
        people[candidate] = draw(st.one_of(st.floats(0, 25), st.just(math.inf), st.just(3.0)))
    needs = st.lists(st.sampled_from(SKILLS), max_size=2, unique=True)
    seats = [seat(number, *draw(needs)) for number in range(1, draw(st.integers(0, 5)) + 1)]
    pending = tuple(
        PendingOffer(draw(st.sampled_from(seats)).id, draw(st.floats(0.05, 0.95)))
        for _ in range(draw(st.integers(0, 3)) if seats else 0)
    )
    section = replace(
        draw(st.sampled_from([EMERGENCY, NORMAL])),
        max_offers=draw(st.integers(0, 12)),
        target_probability=draw(st.floats(0.3, 0.99)),
    )
    step = draw(st.integers(0, 2))
    searched = section.reach_minutes[step] * draw(st.sampled_from([1.0, 1.0, 0.5]))
    return problem(
        people,
        seats,
        section,
        pending=pending,
        step=step,
        searched_minutes=searched,
        seed=draw(st.integers(0, 9)),
        at_least=draw(st.integers(0, 2)),
    )


def may_be_asked(candidate: Candidate, need: frozenset[str], given: Problem) -> bool:
    """The rules once more, in the words of this test."""
    valid = {skill.code for skill in candidate.skills if not skill.expired}
    return (
        candidate.active
        and candidate.on_duty
        and candidate.in_scope
        and not candidate.already_asked
        and candidate.held is None
        and candidate.opted_out.isdisjoint({"flood"})
        and candidate.resting_until is None
        and need <= valid
        and (candidate.tier is Tier.NORMAL or given.mode is Mode.EMERGENCY)
        and given.minutes[candidate.member_id] <= given.searched_minutes
    )


@settings(max_examples=150, deadline=None)
@given(given_problem=problems())
def test_nobody_ineligible_is_chosen_nobody_twice_and_never_too_many(given_problem: Problem) -> None:
    found = plan(given_problem)
    people = {candidate.member_id: candidate for candidate in given_problem.candidates}
    needs = {each.id: each.skills for each in given_problem.seats}
    for offer in found.offers:
        assert may_be_asked(people[offer.member_id], needs[offer.seat_id], given_problem)
    assert len({offer.member_id for offer in found.offers}) == len(found.offers)
    assert len(found.offers) <= given_problem.section.max_offers
    if given_problem.section.one_offer_a_seat:
        offered = [offer.seat_id for offer in (*found.offers, *given_problem.pending)]
        assert all(offered.count(offer.seat_id) == 1 for offer in found.offers)


@settings(max_examples=100, deadline=None)
@given(given_problem=problems())
def test_the_ledger_adds_up(given_problem: Problem) -> None:
    found = plan(given_problem)
    within = [each for each in given_problem.minutes.values() if each <= given_problem.searched_minutes]
    assert len(found.offers) + sum(found.counts.values()) == len(within)
    minutes = [each.minutes for each in found.not_chosen]
    assert minutes == sorted(minutes)
    eligible = {
        candidate.member_id
        for candidate in given_problem.candidates
        if any(may_be_asked(candidate, each.skills, given_problem) for each in given_problem.seats)
    }
    spare = found.counts.get(Reason.NOT_NEEDED, 0)
    if given_problem.seats:
        assert spare == len(eligible) - len(found.offers)


@settings(max_examples=100, deadline=None)
@given(given_problem=problems(), seed=st.integers(0, 100))
def test_the_order_of_the_candidates_does_not_matter(given_problem: Problem, seed: int) -> None:
    shuffled = random.Random(seed).sample(given_problem.candidates, len(given_problem.candidates))
    assert plan(replace(given_problem, candidates=tuple(shuffled))) == plan(given_problem)


@settings(max_examples=100, deadline=None)
@given(given_problem=problems())
def test_enough_are_asked_or_nobody_is_left(given_problem: Problem) -> None:
    found = plan(given_problem)
    people, needs = given_problem.candidates, [each.skills for each in given_problem.seats]
    left = len(
        [each for each in people if any(may_be_asked(each, need, given_problem) for need in needs)]
    ) - len(found.offers)
    room = given_problem.section.max_offers - len(found.offers)
    if not given_problem.section.one_offer_a_seat and left and room:
        assert len(found.offers) >= given_problem.at_least
        if len(set(needs)) == 1:
            assert found.target_met
    if found.target_met and not given_problem.section.one_offer_a_seat and given_problem.at_least == 0:
        # Everybody who is asked is needed.
        for offer in found.offers:
            without = [each for each in found.offers if each is not offer]
            assert bound(given_problem, without) < given_problem.section.target_probability


def bound(given_problem: Problem, offers: list[object]) -> float:
    """The product of the groups' tails, by enumeration of the number of yeses."""
    product_of_tails = 1.0
    needs = {each.id: each.skills for each in given_problem.seats}
    for need in set(needs.values()):
        chances = [
            each.acceptance  # type: ignore[attr-defined]
            for each in (*given_problem.pending, *offers)
            if needs[each.seat_id] == need  # type: ignore[attr-defined]
        ]
        spread = [1.0]
        for p in chances:
            spread = [
                (spread[j] if j < len(spread) else 0.0) * (1 - p) + (spread[j - 1] * p if j else 0.0)
                for j in range(len(spread) + 1)
            ]
        product_of_tails *= sum(spread[list(needs.values()).count(need) :])
    return product_of_tails


@settings(max_examples=100, deadline=None)
@given(given_problem=problems(max_people=12), order=st.randoms(use_true_random=False))
def test_the_probability_is_a_lower_bound(given_problem: Problem, order: random.Random) -> None:
    """Against all answers in any order: a yes takes a like seat first, else any open one that fits."""
    found = plan(replace(given_problem, pending=()))
    if len(found.offers) > 10:
        return
    people = {candidate.member_id: candidate for candidate in given_problem.candidates}
    needs = {each.id: each.skills for each in given_problem.seats}
    offers = order.sample(found.offers, len(found.offers))
    filled = 0.0
    for answers in product([True, False], repeat=len(offers)):
        chance, open_seats = 1.0, dict(needs)
        for offer, yes in zip(offers, answers, strict=True):
            chance *= offer.acceptance if yes else 1 - offer.acceptance
            valid = {skill.code for skill in people[offer.member_id].skills if not skill.expired}
            fitting = [each for each, need in open_seats.items() if need <= valid]
            fitting.sort(key=lambda each: open_seats[each] != needs[offer.seat_id])
            if yes and fitting:
                del open_seats[fitting[0]]
        filled += chance * (not open_seats)
    assert found.probability <= filled + 1e-9


# -- manual choice -----------------------------------------------------------------------------------------


def test_check_says_what_a_choice_breaks() -> None:
    people = {
        person(1, "boat"): 1.0,
        person(2, on_duty=False, active=False): 2.0,
        person(3, on_duty=False): 30.0,
        person(4, acceptance=0.1): 3.0,
    }
    given = problem(people, [seat(2, "boat"), seat(1)])
    plain, boat = seat(1).id, seat(2).id
    assert check(given, [UUID(int=number) for number in (1, 2, 3, 4, 1)]) == (
        Finding(UUID(int=1), (), (), (plain, boat)),
        Finding(UUID(int=2), (Reason.DEACTIVATED,), (Reason.OFF_DUTY,), ()),
        Finding(UUID(int=3), (), (Reason.OFF_DUTY, Reason.TOO_FAR), (plain,)),
        Finding(UUID(int=4), (), (), (plain,)),
    )


def test_check_names_the_missing_skill_where_no_seat_fits() -> None:
    given = problem({person(1, on_duty=False): 1.0}, [seat(1, "boat")])
    assert check(given, [UUID(int=1)]) == (
        Finding(UUID(int=1), (Reason.MISSING_SKILL,), (Reason.OFF_DUTY,), ()),
    )


def test_check_of_a_stranger() -> None:
    with pytest.raises(KeyError):
        check(problem({}, [seat(1)]), [UUID(int=5)])
