"""Planning, on made-up people whose minutes are given."""

import math
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.dispatch.engine.assign import group_seats
from service.dispatch.engine.plan import LISTED, assemble, plan
from service.dispatch.engine.problem import (
    Candidate,
    Cause,
    Mode,
    PendingOffer,
    Plan,
    PlannedOffer,
    Precedence,
    Problem,
    Reason,
    Skill,
    Source,
)
from service.roster.rules import Tier
from service.tasks.rules import Urgency
from tests.dispatch.engine.made_up import (
    NORMAL,
    NOW,
    PLACE,
    SECTION,
    person,
    problem,
    problems,
    seat,
)


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
    [cause] = found.causes
    assert cause.seats == (seat(2).id,)


def test_at_most_max_offers_and_an_offer_a_seat_is_left_for_the_plain_seats() -> None:
    section = replace(SECTION, max_offers=6)
    people = {person(n, "boat", acceptance=0.05): n / 10 for n in range(20)}
    people |= {person(n, acceptance=0.5): n / 10 for n in range(20, 60)}
    found = plan(problem(people, [seat(1), seat(2), seat(3, "boat")], section))
    assert len(found.offers) == 6
    assert Counter(offer.seat_id.int - 1000 for offer in found.offers) == {3: 4, 1: 1, 2: 1}


def test_a_refusal_is_replaced_even_where_the_target_is_met() -> None:
    people = {person(n): n for n in range(1, 5)}
    pending = tuple(PendingOffer(seat(1).id, 0.9) for _ in range(3))
    assert asked(plan(problem(people, [seat(1)], pending=pending))) == []
    assert asked(plan(problem(people, [seat(1)], pending=pending, at_least=1))) == [1]
    nobody = {person(1, on_duty=False): 1.0}
    assert asked(plan(problem(nobody, [seat(1)], pending=pending, at_least=1))) == []


def test_without_open_seats_nobody_is_asked() -> None:
    found = plan(problem({person(1): 1.0, person(2, on_duty=False): 2.0}, [], at_least=1))
    assert found.offers == ()
    assert found.target_met
    assert found.counts == {Reason.OFF_DUTY: 1, Reason.NOT_NEEDED: 1}


# -- the plan around the offers -----------------------------------------------------------------------------


def offer(candidate: Candidate, seat_number: int, minutes: float = 1.0) -> PlannedOffer:
    return PlannedOffer(
        candidate.member_id,
        seat(seat_number).id,
        minutes,
        minutes,
        candidate.acceptance,
        candidate.place.source,
    )


def assembled(given: Problem, *offers: PlannedOffer, elsewhere: Sequence[int] = ()) -> Plan:
    """The plan around offers that were found by whatever way."""
    return assemble(given, group_seats(given), offers, frozenset(UUID(int=number) for number in elsewhere))


def test_in_normal_mode_the_target_is_met_when_each_open_seat_has_an_offer() -> None:
    one, two = person(1, acceptance=0.1), person(2, acceptance=0.1)
    given = problem({one: 1.0, two: 2.0}, [seat(1), seat(2)], **NORMAL)
    assert assembled(given, offer(one, 1), offer(two, 2)).target_met
    assert not assembled(given, offer(one, 1)).target_met
    assert not assembled(given, offer(one, 1), offer(two, 1)).target_met
    assert not assembled(given).target_met
    waiting = replace(given, pending=(PendingOffer(seat(2).id, 0.1),))
    assert assembled(waiting, offer(one, 1)).target_met
    assert not assembled(waiting, offer(one, 2)).target_met
    # In an emergency it is the probability that counts.
    assert not assembled(replace(given, mode=Mode.EMERGENCY), offer(one, 1), offer(two, 2)).target_met


def test_the_probability_is_that_of_what_is_pending_and_planned() -> None:
    one, two = person(1, acceptance=0.4), person(2, "boat", acceptance=0.3)
    pending = (PendingOffer(seat(1).id, 0.2),)
    given = problem({one: 1.0, two: 2.0}, [seat(1), seat(2, "boat")], pending=pending, **NORMAL)
    assert assembled(given, offer(one, 1), offer(two, 2)).probability == pytest.approx((1 - 0.6 * 0.8) * 0.3)
    assert assembled(given, offer(one, 1)).probability == 0.0


def test_who_is_asked_for_another_task_of_the_batch_is_said_to_be_where_nothing_else_keeps_them() -> None:
    people = {
        person(1): 1.0,
        person(2): 2.0,
        person(3, on_duty=False): 3.0,
        person(4): 4.0,
        person(5): 14.0,
    }
    given = problem(people, [seat(1)], **NORMAL)
    found = assembled(given, offer(person(1), 1), elsewhere=[2, 3, 5])
    assert {each.member_id.int: each.reason for each in found.not_chosen} == {
        2: Reason.MATCHED_ELSEWHERE,
        3: Reason.OFF_DUTY,
        4: Reason.NOT_NEEDED,
        5: Reason.TOO_FAR,
    }
    assert found.counts == {Reason.OFF_DUTY: 1, Reason.MATCHED_ELSEWHERE: 1, Reason.NOT_NEEDED: 1}
    assert found.people == 4
    assert [(each.member_id.int, each.seat_id) for each in found.offers] == [(1, seat(1).id)]


# -- why seats cannot be filled -----------------------------------------------------------------------------


def test_a_cause_is_the_reason_of_those_who_come_closest() -> None:
    people = {
        person(1): 1.0,
        person(2, "boat", active=False): 2.0,
        person(3, "boat", on_duty=False): 3.0,
        person(4, "boat", on_duty=False): 4.0,
        person(5, "boat", on_duty=False, already_asked=True): 5.0,
        # Beyond what was searched: nearer ones may be unknown.
        person(6, "boat", resting_until=NOW + timedelta(hours=1)): 12.0,
        person(7, "boat"): math.inf,
    }
    found = plan(problem(people, [seat(1), seat(2, "boat"), seat(3, "boat")]))
    boats = (seat(2).id, seat(3).id)
    assert found.causes == (Cause(frozenset({"boat"}), boats, Reason.OFF_DUTY, 2),)
    wider = plan(problem(people, [seat(2, "boat")], step=1, searched_minutes=20.0))
    assert [(cause.reason, cause.people) for cause in wider.causes] == [(Reason.RESTING, 1)]


def test_each_kind_of_seats_has_its_own_cause() -> None:
    people = {person(1, "boat", on_duty=False): 1.0, person(2): 2.0}
    found = plan(problem(people, [seat(1, "drone"), seat(2, "boat"), seat(3)]))
    assert found.causes == (
        Cause(frozenset({"drone"}), (seat(1).id,), Reason.MISSING_SKILL, 2),
        Cause(frozenset({"boat"}), (seat(2).id,), Reason.OFF_DUTY, 1),
    )


def test_where_nobody_is_near_the_cause_has_no_reason() -> None:
    nobody = plan(problem({person(1): 11.0}, [seat(1)]))
    assert nobody.causes == (Cause(frozenset(), (seat(1).id,), None, 0),)
    assert nobody.people == 0


def test_seats_for_which_an_answer_is_awaited_or_somebody_may_be_asked_have_no_cause() -> None:
    given = problem({person(1, on_duty=False): 1.0}, [seat(1)])
    assert plan(given).causes != ()
    assert plan(replace(given, pending=(PendingOffer(seat(1).id, 0.1),))).causes == ()
    full = problem({person(1): 1.0}, [seat(1), seat(2)], replace(SECTION, max_offers=0))
    assert plan(full).offers == ()
    assert plan(full).causes == (Cause(frozenset(), (seat(2).id,), None, 0),)
    assert plan(problem({}, [])).causes == ()


# -- the ledger --------------------------------------------------------------------------------------------


def test_reasons_details_and_counts() -> None:
    people = {
        person(1, acceptance=1.0): 1.0,
        person(2, offered=Precedence.EMERGENCY): 2.0,
        person(3, on_duty=False): 3.0,
        person(4): 4.0,
        person(5, resting_until=NOW + timedelta(minutes=30)): 5.0,
        person(6, place=replace(PLACE, source=Source.PRESENCE)): 12.0,
        person(7): math.inf,
    }
    found = plan(problem(people, [seat(1)]))
    assert asked(found) == [1]
    assert found.offers[0].source is Source.OFFICE
    held = {"by": "offer", "precedence": "emergency", "on_scene": False}
    assert [(each.member_id.int, each.minutes, each.reason, each.detail) for each in found.not_chosen] == [
        (2, 2.0, Reason.BUSY, held),
        (3, 3.0, Reason.OFF_DUTY, {}),
        (4, 4.0, Reason.NOT_NEEDED, {}),
        (5, 5.0, Reason.RESTING, {"until": "2026-09-01T08:30:00+00:00"}),
        (6, 12.0, Reason.TOO_FAR, {"reach": 10.0}),
        (7, math.inf, Reason.UNREACHABLE, {}),
    ]
    assert [each.source for each in found.not_chosen] == [Source.OFFICE] * 4 + [
        Source.PRESENCE,
        Source.OFFICE,
    ]
    assert found.counts == {Reason.BUSY: 1, Reason.OFF_DUTY: 1, Reason.RESTING: 1, Reason.NOT_NEEDED: 1}
    assert found.people == 5
    assert (found.reach_minutes, found.searched_minutes) == (10.0, 10.0)
    wider = problem(dict(list(people.items())[5:]), [seat(1)], step=1, searched_minutes=20.0)
    assert asked(plan(wider)) == [6]


def test_the_skills_in_a_detail_are_those_of_the_seats_that_they_come_closest_to() -> None:
    people = {
        person(1, skills=(Skill("boat", expired=True), Skill("first_aid", expired=True))): 1.0,
        person(2, "radio"): 2.0,
    }
    seats = [seat(1, "boat"), seat(2, "radio", "pump"), seat(3, "first_aid", "drone")]
    found = plan(problem(people, seats))
    assert [(each.reason, each.detail) for each in found.not_chosen] == [
        (Reason.EXPIRED_SKILL, {"skills": ["boat"]}),
        (Reason.MISSING_SKILL, {"skills": ["boat", "drone", "first_aid", "pump"]}),
    ]


def test_nobody_beyond_the_searched_minutes_is_asked() -> None:
    found = plan(problem({person(1): 6.0, person(2): 4.0}, [seat(1)], searched_minutes=5.0))
    assert asked(found) == [2]
    assert sum(found.counts.values()) == 0


def test_only_the_nearest_not_chosen_are_named() -> None:
    found = plan(problem({person(n, on_duty=False): n / 20 for n in range(1, 101)}, [seat(1)]))
    assert [each.member_id.int for each in found.not_chosen] == list(range(1, LISTED + 1))
    assert found.counts == {Reason.OFF_DUTY: 100}


def test_of_those_as_near_as_the_last_named_the_ladder_says_who_is() -> None:
    people = {person(n, on_duty=False): 1.0 for n in range(LISTED - 1)}
    people |= {
        person(100 + n, on_duty=False, unit=unit): 2.0 for n, unit in enumerate(["u9", "u2", "u1", "u9"])
    }
    found = plan(problem(people, [seat(1)]))
    assert len(found.not_chosen) == LISTED
    assert found.not_chosen[-1].member_id.int == 102
    assert found.counts == {Reason.OFF_DUTY: LISTED + 3}


# -- what holds always -------------------------------------------------------------------------------------


def may_be_asked(candidate: Candidate, need: frozenset[str], given: Problem) -> bool:
    """The rules once more, in the words of this test."""
    order = [Precedence.DRILL, Precedence.NORMAL, Precedence.EMERGENCY]
    goes_before = order[: order.index(given.precedence)]
    return (
        candidate.active
        and candidate.on_duty
        and candidate.in_scope
        and not candidate.already_asked
        and not candidate.taken
        and not candidate.on_scene
        and candidate.offered in [None, *goes_before]
        and candidate.engaged in [None, *goes_before]
        and given.category not in candidate.opted_out | candidate.unwanted
        and (candidate.resting_until is None or candidate.resting_until <= NOW)
        and not (given.urgency is Urgency.ROUTINE and (candidate.quiet_until or NOW) > NOW)
        and candidate.week_hours < candidate.most_week_hours
        and need <= {skill.code for skill in candidate.skills if not skill.expired}
        and (candidate.tier is Tier.NORMAL or given.section.calls_standby)
        and (given.residents_of is None or candidate.home_code[:12] == given.residents_of)
        and given.minutes[candidate.member_id] <= given.searched_minutes
    )


def planned(given: Problem, draw: random.Random) -> Plan:
    """The plan of an emergency; in normal mode one around a match drawn by lot from who may be asked."""
    if given.mode is Mode.EMERGENCY:
        return plan(given)
    groups, offers = group_seats(given), []
    for group in groups:
        for each in group.seats:
            taken = {offer.member_id for offer in offers}
            free = [candidate for candidate in group.qualified if candidate.member_id not in taken]
            if free and draw.random() < 0.7:
                candidate = draw.choice(free)
                offers.append(offer(candidate, each.number, given.minutes[candidate.member_id]))
    return assemble(given, groups, offers)


BOTH = tuple(Mode)
lots = st.randoms(use_true_random=False)


@settings(max_examples=200, deadline=None)
@given(given_problem=problems(modes=BOTH), draw=lots)
def test_nobody_ineligible_is_chosen_nobody_twice_and_never_too_many(
    given_problem: Problem, draw: random.Random
) -> None:
    found = planned(given_problem, draw)
    people = {candidate.member_id: candidate for candidate in given_problem.candidates}
    needs = {each.id: each.skills for each in given_problem.seats}
    for each in found.offers:
        assert may_be_asked(people[each.member_id], needs[each.seat_id], given_problem)
    assert len({each.member_id for each in found.offers}) == len(found.offers)
    if given_problem.mode is Mode.EMERGENCY:
        assert len(found.offers) <= given_problem.section.max_offers


@settings(max_examples=150, deadline=None)
@given(given_problem=problems(modes=BOTH))
def test_the_groups_hold_just_those_who_may_be_asked(given_problem: Problem) -> None:
    groups = group_seats(given_problem)
    assert {group.skills for group in groups} == {each.skills for each in given_problem.seats}
    for group in groups:
        assert {candidate.member_id for candidate in group.qualified} == {
            candidate.member_id
            for candidate in given_problem.candidates
            if may_be_asked(candidate, group.skills, given_problem)
        }


@settings(max_examples=150, deadline=None)
@given(given_problem=problems(modes=BOTH), draw=lots)
def test_the_ledger_adds_up(given_problem: Problem, draw: random.Random) -> None:
    found = planned(given_problem, draw)
    within = [each for each in given_problem.minutes.values() if each <= given_problem.searched_minutes]
    assert found.people == len(within)
    assert found.people == len(found.offers) + sum(found.counts.values())
    asked_for = {each.member_id for each in found.offers}
    named = [each.member_id for each in found.not_chosen]
    assert len(set(named)) == len(named) == min(LISTED, len(given_problem.candidates) - len(asked_for))
    assert asked_for.isdisjoint(named)
    minutes = [each.minutes for each in found.not_chosen]
    assert minutes == sorted(minutes)
    near = Counter(each.reason for each in found.not_chosen if each.minutes <= given_problem.searched_minutes)
    assert near == found.counts
    eligible = {
        candidate.member_id
        for candidate in given_problem.candidates
        if any(may_be_asked(candidate, each.skills, given_problem) for each in given_problem.seats)
    }
    if given_problem.seats:
        assert found.counts.get(Reason.NOT_NEEDED, 0) == len(eligible) - len(found.offers)


@settings(max_examples=150, deadline=None)
@given(given_problem=problems(modes=BOTH), draw=lots)
def test_the_causes_are_of_the_seats_that_nobody_can_take(
    given_problem: Problem, draw: random.Random
) -> None:
    found = planned(given_problem, draw)
    needs = {each.id: each.skills for each in given_problem.seats}
    awaited = Counter(needs.get(pending.seat_id) for pending in given_problem.pending)
    hopeless: list[UUID] = []
    for skills in set(needs.values()):
        like = sorted((each for each in given_problem.seats if each.skills == skills), key=lambda s: s.number)
        people = sum(may_be_asked(who, skills, given_problem) for who in given_problem.candidates)
        hopeless += [each.id for each in like[min(awaited[skills] + people, len(like)) :]]
    assert Counter(each for cause in found.causes for each in cause.seats) == Counter(hopeless)
    for cause in found.causes:
        assert (cause.reason is None) == (cause.people == 0)
        assert cause.reason is not None or all(
            may_be_asked(who, cause.skills, given_problem)
            for who in given_problem.candidates
            if given_problem.minutes[who.member_id] <= given_problem.searched_minutes
        )
        assert cause.people <= found.people
        assert cause.reason not in (Reason.NOT_NEEDED, Reason.MATCHED_ELSEWHERE, Reason.TOO_FAR)


@settings(max_examples=100, deadline=None)
@given(given_problem=problems(modes=BOTH), draw=lots, elsewhere=st.sets(st.integers(0, 24)))
def test_being_asked_elsewhere_changes_nothing_but_the_reason_of_those_not_needed(
    given_problem: Problem, draw: random.Random, elsewhere: set[int]
) -> None:
    alone = planned(given_problem, draw)
    groups = group_seats(given_problem)
    members = frozenset(UUID(int=number) for number in elsewhere)
    found = assemble(given_problem, groups, alone.offers, members)
    for before, after in zip(alone.not_chosen, found.not_chosen, strict=True):
        moved = before.reason is Reason.NOT_NEEDED and before.member_id in members
        assert after == (replace(before, reason=Reason.MATCHED_ELSEWHERE) if moved else before)
    spare = [Reason.NOT_NEEDED, Reason.MATCHED_ELSEWHERE]
    assert sum(found.counts.get(reason, 0) for reason in spare) == alone.counts.get(Reason.NOT_NEEDED, 0)
    same = {"not_chosen": (), "counts": {}, "causes": ()}
    assert replace(found, **same) == replace(alone, **same)


@settings(max_examples=100, deadline=None)
@given(given_problem=problems(), seed=st.integers(0, 100))
def test_the_same_again_in_whatever_order_the_candidates_come(given_problem: Problem, seed: int) -> None:
    found = plan(given_problem)
    assert plan(given_problem) == found
    shuffled = random.Random(seed).sample(given_problem.candidates, len(given_problem.candidates))
    assert plan(replace(given_problem, candidates=tuple(shuffled))) == found


@settings(max_examples=100, deadline=None)
@given(given_problem=problems())
def test_enough_are_asked_or_nobody_is_left(given_problem: Problem) -> None:
    found = plan(given_problem)
    people, needs = given_problem.candidates, [each.skills for each in given_problem.seats]
    left = len(
        [each for each in people if any(may_be_asked(each, need, given_problem) for need in needs)]
    ) - len(found.offers)
    room = given_problem.section.max_offers - len(found.offers)
    if left and room:
        assert len(found.offers) >= given_problem.at_least
        if len(set(needs)) == 1:
            assert found.target_met


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
