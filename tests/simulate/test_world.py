"""The kernel and the policies on a little city: what must hold whoever decides, and one day reckoned by hand."""

from collections import defaultdict
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from service.dispatch.engine.eligibility import engagement_holds
from service.dispatch.rules import OfferState
from service.simulate.behaviour import Answers, Courses
from service.simulate.crowd import Crowd
from service.simulate.day import draw_day
from service.simulate.outcome import Cause, live
from service.simulate.policies.clairvoyant import limit
from service.simulate.run import POLICIES
from service.simulate.scenario import Kind, Stretch
from service.simulate.stage import set_stage
from service.simulate.world import Luck, World
from service.tasks.rules import Urgency
from tests.simulate.little import LINK, NORMAL, PLAYBOOK, STORM, city, crowd, person, square

SEEDS = (1, 2)


@pytest.fixture(scope="module")
def stage():
    return set_stage(city(crowd()), STORM)


@pytest.fixture(scope="module")
def scarce():
    return set_stage(city(crowd(12)), STORM)


class Watched(World):
    """A world that notes what held of everybody at the moment they were asked."""

    def ask(self, task, planned, stands_s):
        for each in planned:
            member = self.crowd.position[each.member_id]
            person = self.stage.city.people[member]
            seat = next(seat for seat in task.seats if seat.id == each.seat_id)
            engaged, offer = self.crowd.engagement_of(member), self.crowd.offer_of(member)
            assert person.active
            assert self.day.on_duty[member, int(self.now // 60)]
            assert seat.skills <= {held.code for held in person.skills}
            assert task.need.category not in person.opted_out
            assert person.tier == "normal" or self.section(task).calls_standby
            assert offer is None or offer.precedence.rank < task.precedence.rank
            assert engaged is None or not engagement_holds(
                engaged.precedence, task.precedence, on_scene=engaged.state == "on_scene"
            )
            for before in self.engagements_of[member]:
                rested = self.section(before.task).rest_minutes * 60 if before.scene_s is not None else 0
                assert before.live or before.ended_s + rested <= self.now
            for before in task.asked.get(member, ()):
                assert before.state not in (OfferState.ACCEPTED, OfferState.DECLINED, OfferState.PENDING)
                assert before.state is not OfferState.EXPIRED or before.ended_s <= self.now - 30 * 60
            assert each.minutes <= self.section(task).reach_minutes[-1]
        return super().ask(task, planned, stands_s)

    @property
    def engagements_of(self):
        found = defaultdict(list)
        for task in self.tasks:
            for each in task.engagements:
                found[each.member].append(each)
        return found


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("policy", POLICIES)
def test_nobody_is_asked_against_the_rules_or_in_two_places_and_no_seat_is_taken_twice(stage, policy, seed):
    world = Watched(Luck(draw_day(stage, seed)), POLICIES[policy])
    world.run()
    by_seat = defaultdict(list)
    for of_member in world.engagements_of.values():
        in_order = sorted(of_member, key=lambda each: each.accepted_s)
        assert all(a.ended_s <= b.accepted_s for a, b in pairwise(in_order))
        for each in in_order:
            by_seat[each.seat.id].append(each)
    for of_seat in by_seat.values():
        in_order = sorted(of_seat, key=lambda each: each.accepted_s)
        assert all(a.ended_s <= b.accepted_s for a, b in pairwise(in_order))
        assert all(each.accepted_s <= each.task.need.due_s for each in in_order)
        assert sum(each.kept for each in in_order) <= 1
    assert world.offers
    assert all(offer.state is not OfferState.PENDING for offer in world.offers)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_clairvoyant_fills_at_least_as_many_seats_as_anybody(scarce, seed):
    luck = Luck(draw_day(scarce, seed))
    most = limit(luck).filled
    filled = {policy: live(World(luck, POLICIES[policy])).filled for policy in POLICIES}
    assert most >= max(filled.values())
    # So scarce that the limit says something, and yet nobody is idle.
    assert most < sum(len(need.seats) for need in luck.day.needs)
    assert min(filled.values()) > 0


def test_policies_meet_the_same_day_and_the_order_in_which_they_run_is_of_no_effect(stage):
    alone = {policy: live(World(Luck(draw_day(stage, 3)), POLICIES[policy])) for policy in POLICIES}
    luck = Luck(draw_day(stage, 3))
    limit(luck)
    for policy in reversed(POLICIES):
        assert live(World(luck, POLICIES[policy])) == alone[policy]


def test_the_sieve_before_the_rules_changes_nobody_who_is_asked(stage, monkeypatch):
    with_sieve = live(World(Luck(draw_day(stage, 2)), POLICIES["ours"]))
    monkeypatch.setattr(Crowd, "may_be_asked", lambda self, *_: np.ones(len(self.ids), dtype=np.bool_))
    assert live(World(Luck(draw_day(stage, 2)), POLICIES["ours"])) == with_sieve


class Scripted(Luck):
    """People who do what a test says: (yes, frank, seconds until the answer) by member."""

    def __init__(self, day, said):
        super().__init__(day)
        self.said = said

    def answers(self, need, ask):
        yes, frank, after = zip(*self.said, strict=True)
        willing = np.where(np.array(yes), 0.0, 1.0)
        return Answers(willing, np.array(frank), np.array(after, dtype=float))

    def courses(self, need):
        count = len(self.said)
        nobody, ones = np.zeros(count, dtype=np.bool_), np.ones(count)
        return Courses(nobody, nobody, ones * 60.0, ones, ones)


def one_task(seats):
    return replace(
        STORM,
        stretches=(Stretch(10, 10, 1),),
        kinds=(Kind("emergency_response", Urgency.CRITICAL, 1, seats, 30),),
        closings=None,
        slower=1.0,
    )


def test_a_day_reckoned_by_hand():
    """One seat, where the nearest alone is expected to suffice (0.9 ≥ 0.8).

    0 s: A, the nearest, is asked. 10 s: A says no, B is asked in A's place. 180 s: the first wave's time is up, and B
    is still asked: nobody more. 190 s: B's time is up, C is asked. 220 s: C says yes. 235 s: B's yes comes too late to
    be needed. 280 s: C leaves, and is there after the way.
    """
    sure = NORMAL | {"acceptance_prior": [[0, 0.9]], "answer_minutes": 3, "calls_standby": True}
    playbook = replace(PLAYBOOK, sections={"normal": NORMAL, "emergency": sure})
    people = [person(1, 0.30), person(2, 0.55), person(3, 0.95)]
    small = replace(city(people), playbooks={"emergency_response": playbook})
    stage = set_stage(small, one_task(((None, 1),)))
    day = draw_day(stage, 1)
    need = day.needs[0]
    at = stage.city.graph.points([people[0].home.lon - 0.001], [people[0].home.lat], [people[0].home.grid_id])
    place = replace(need.place, x=float(at.x[0]), y=float(at.y[0]), leaf=stage.city.graph.leaves[0])
    day = replace(day, needs=(replace(need, place=place),))
    luck = Scripted(day, [(False, True, 10), (True, True, 225), (True, True, 30)])
    world = World(luck, POLICIES["ours"])
    outcome = live(world)
    posted = need.at_s
    asked = [(offer.member, offer.made_s - posted) for offer in world.offers]
    assert asked == [(0, 0.0), (1, 10.0), (2, 190.0)]
    assert [offer.state for offer in world.offers] == ["declined", "stood_down", "accepted"]
    (seat,) = outcome.seats
    assert seat.filled_s == 220.0
    metres = float(np.hypot(stage.homes.x[2] - place.x, stage.homes.y[2] - place.y))
    assert seat.scene_s == 280.0 + round(metres * 1.4 / 500.0 * 60.0)
    assert outcome.in_vain == 1
    assert outcome.offers == 3


@pytest.mark.parametrize(
    ("people", "seats", "cause"),
    [
        ([person(1, 0.5)], ((None, 1),), Cause.NO_YES),
        ([person(1, 0.5)], (("boat", 1),), Cause.SKILL),
        ([person(1, 0.5, plans=person(2, 0.5).plans.__class__())], ((None, 1),), Cause.OFF_DUTY),
    ],
)
def test_an_empty_seat_has_the_cause_that_leaves_nobody(people, seats, cause):
    stage = set_stage(city(people), one_task(seats))
    luck = Scripted(draw_day(stage, 1), [(False, True, 10)] * len(people))
    outcome = live(World(luck, POLICIES["ours"]))
    assert [seat.cause for seat in outcome.seats] == [cause]


def test_whoever_is_cut_off_by_the_closed_ferry_is_not_asked():
    across = person(1, 5.5)
    stage = set_stage(city([across]), replace(STORM, stretches=(Stretch(100, 100, 1),), alarms=()))
    assert [since for since, _ in stage.graphs] == [0.0, 70 * 60.0, 200 * 60.0]
    day = draw_day(stage, 1)
    near = replace(day.needs[0], place=stage.city.graph.locate(LINK.a_lon, LINK.a_lat))
    for at_s, reached in ((60 * 60.0, True), (100 * 60.0, False)):
        need = replace(near, at_s=at_s, due_s=at_s + 20 * 60.0, seats=(frozenset(),))
        luck = Scripted(replace(day, needs=(need,)), [(True, True, 10)])
        assert bool(live(World(luck, POLICIES["ours"])).offers) is reached
    assert square(4).disjoint(square(2))
