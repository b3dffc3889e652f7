"""The kernel: what happens on a simulated day, event by event, whoever decides whom to ask.

What holds for every policy is here: who answers what and when (`behaviour`), that a member has one pending offer and
one live engagement at a time, what a yes takes, who is stood down, preempted or released, and when a task is given up.
Whom to ask, and when, is the policy's. Rules that the service has are its own (`dispatch.engine`, `dispatch.rules`).
Pure, deterministic, and without a clock: seconds from the start of the scenario.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from heapq import heappop, heappush
from itertools import count
from typing import Protocol

from service.dispatch.engine.eligibility import engagement_holds, offer_holds
from service.dispatch.engine.problem import Mode, PlannedOffer, Problem, Seat, Section
from service.dispatch.engine.seating import fitting_seat, like_seat, refit
from service.dispatch.rules import Answer, EngagementState, OfferState, Trigger, mode_of, section_of
from service.simulate.behaviour import Answers, Courses, answers, chance, courses
from service.simulate.crowd import Crowd
from service.simulate.day import Day, Need
from service.simulate.parts import Engagement, Offer, Task
from service.simulate.rules import DESK_S, seat_id
from service.simulate.ways import Ways
from service.tasks.rules import is_higher, level_of


class Policy(Protocol):
    """Whoever decides whom to ask, and when."""

    late_counts: bool
    """Whether a yes after the offer's end still takes an open seat."""

    def posted(self, task: Task) -> None:
        """A task has been posted."""

    def lost(self, task: Task, trigger: Trigger) -> None:
        """A live task with open seats lost somebody whom it had asked or had, or has risen to a higher level."""


class Luck:
    """What people would do on a day: drawn once for all policies."""

    def __init__(self, day: Day) -> None:
        self.day = day
        self.ways = Ways(day.stage)
        self._answers: dict[tuple[int, int], Answers] = {}
        self._courses: dict[int, Courses] = {}

    def answers(self, need: Need, ask: int) -> Answers:
        """What each member would do when asked for a task for the `ask`-th time."""
        key = (need.number, ask)
        if key not in self._answers:
            self._answers[key] = answers(self.day.draws, need.number, ask, need.urgency)
        return self._answers[key]

    def courses(self, need: Need) -> Courses:
        """What each member does after a yes to a task."""
        if need.number not in self._courses:
            self._courses[need.number] = courses(self.day.draws, need.number)
        return self._courses[need.number]


class World:
    """One day under one policy."""

    def __init__(self, luck: Luck, policy_of: "Callable[[World], Policy]") -> None:
        self.luck = luck
        self.day = luck.day
        self.stage = luck.day.stage
        self.crowd = Crowd(luck.day)
        self.now = 0.0
        self.tasks: list[Task] = []
        self.offers: list[Offer] = []
        self.in_vain = 0
        """Yeses for which no seat was left."""
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._sections: dict[tuple[str, object], Section] = {}
        self.policy = policy_of(self)
        for need in luck.day.needs:
            self.at(need.at_s, lambda need=need: self._post(need))  # type: ignore[misc]
        for moment in sorted({s for alert in self.stage.alerts for s in (alert.from_s, alert.to_s) if s > 0}):
            self.at(moment, self._turn_all)

    def run(self) -> None:
        """Let the day happen, to the end."""
        while self._events:
            self.now, _, event = heappop(self._events)
            event()

    def at(self, seconds: float, event: Callable[[], None]) -> None:
        """Have something happen at a moment, after what was planned for it before."""
        heappush(self._events, (seconds, next(self._order), event))

    def section(self, task: Task) -> Section:
        """The task's playbook at its level of now."""
        key = (task.need.category, task.level)
        if key not in self._sections:
            playbook = self.stage.city.playbooks[task.need.category]
            self._sections[key] = section_of(playbook.sections, playbook.levels, task.level)
        return self._sections[key]

    def problem(self, task: Task, *, at_least: int = 0) -> Problem:
        """What is to be planned for a task: `commands.reach.problem_of`, of this day. No candidates yet."""
        need = task.need
        return Problem(
            mode=task.mode,
            precedence=task.precedence,
            urgency=need.urgency,
            category=need.category,
            area_code=need.code,
            section=self.section(task),
            step=task.step,
            seats=task.open_seats,
            pending=task.counted(),
            candidates=(),
            minutes={},
            searched_minutes=0.0,
            responsible_units=need.units,
            neighbour_units=need.neighbour_units,
            residents_of=None,
            office_hours=self.stage.in_office_hours(self.now),
            now=self.stage.at(self.now),
            seed=need.number,
            at_least=at_least,
        )

    def ask(self, task: Task, planned: Iterable[PlannedOffer], stands_s: float) -> list[Offer]:
        """Ask people for seats of a task; what goes behind gives way."""
        made = []
        for each in planned:
            member = self.crowd.position[each.member_id]
            lower = self.crowd.offer_of(member)
            if lower is not None:
                self.end_offers([lower], OfferState.SUPERSEDED)
                self._lost_later(lower.task, Trigger.SUPERSEDED)
            before = task.asked.setdefault(member, [])
            offer = Offer(
                task=task,
                member=member,
                member_id=each.member_id,
                seat_id=each.seat_id,
                precedence=task.precedence,
                acceptance=each.acceptance,
                ask=len(before) + 1,
                made_s=self.now,
                expires_s=self.now + stands_s,
            )
            before.append(offer)
            task.pending.append(offer)
            self.offers.append(offer)
            self.crowd.asked(offer)
            self._await_answer(offer)
            made.append(offer)
        return made

    def end_offers(self, offers: Sequence[Offer], state: OfferState) -> None:
        """End pending offers."""
        for offer in offers:
            offer.state, offer.ended_s = state, self.now
            offer.task.pending.remove(offer)
            self.crowd.offer_ended(offer)

    # What people do.

    def _await_answer(self, offer: Offer) -> None:
        need, member = offer.task.need, offer.member
        drawn = self.luck.answers(need, offer.ask)
        hour = self.stage.local(self.now).hour
        inclined, load = self.day.inclination[member : member + 1], self.crowd.load[member : member + 1]
        says_yes = bool(drawn.willing[member] < chance(inclined, need.category, hour, load)[0])
        if says_yes or drawn.frank[member]:
            answer = self._accept if says_yes else self._decline
            self.at(self.now + float(drawn.after_s[member]), lambda: answer(offer))

    def _accept(self, offer: Offer) -> None:
        """A yes: `commands.answer.accept`."""
        task, member = offer.task, offer.member
        engaged = self.crowd.engagement_of(member)
        if engaged is not None and engagement_holds(
            engaged.precedence, task.precedence, on_scene=engaged.state is EngagementState.ON_SCENE
        ):
            return
        offer.answer = Answer.YES
        pending = offer.state is OfferState.PENDING
        if offer.state is OfferState.EXPIRED and not self.policy.late_counts:
            self.in_vain += 1
            self.crowd.changed(member)
            return
        seat = self._seat_for(task, offer)
        if seat is None:
            if pending:
                self.end_offers([offer], OfferState.STOOD_DOWN)
            offer.state = OfferState.STOOD_DOWN
            self.in_vain += 1
            self.crowd.changed(member)
            return
        if engaged is not None:
            self._end(engaged, EngagementState.PREEMPTED)
            self._lost_later(engaged.task, Trigger.PREEMPTED)
        if pending:
            self.end_offers([offer], OfferState.ACCEPTED)
        offer.state = OfferState.ACCEPTED
        self._engage(task, member, seat)
        other = self.crowd.offer_of(member)
        if other is not None and offer_holds(task.precedence, other.precedence):
            self.end_offers([other], OfferState.SUPERSEDED)
            if other.task is not task:
                self._lost(other.task, Trigger.SUPERSEDED)
        self._settle(task)

    def _decline(self, offer: Offer) -> None:
        """A no: `commands.answer.decline`."""
        offer.answer = Answer.NO
        if offer.state is OfferState.PENDING:
            self.end_offers([offer], OfferState.DECLINED)
            self._lost(offer.task, Trigger.DECLINED)
        elif offer.state is OfferState.EXPIRED:
            offer.state = OfferState.DECLINED
        self.crowd.changed(offer.member)

    def _seat_for(self, task: Task, offer: Offer) -> Seat | None:
        open_seats = task.open_seats
        offered = next(seat for seat in task.seats if seat.id == offer.seat_id)
        return like_seat(open_seats, offered) or fitting_seat(open_seats, self.crowd.skills_of(offer.member))

    def _engage(self, task: Task, member: int, seat: Seat) -> None:
        engagement = Engagement(task, member, seat, task.precedence, self.now)
        task.filled[seat.id] = engagement
        task.engagements.append(engagement)
        self.crowd.engaged(engagement)
        course = self.luck.courses(task.need)
        leaves_s = self.now + float(course.leave_s[member])
        if course.no_show[member]:
            # The dispatcher sees a likely no-show after the playbook's time, and has the seat refilled.
            due_s = self.now + self.section(task).move_minutes * 60.0 + DESK_S
            self.at(due_s, lambda: self._leave_open(engagement, EngagementState.NO_SHOW, Trigger.NO_SHOW))
        elif course.withdraws[member]:
            self.at(
                leaves_s, lambda: self._leave_open(engagement, EngagementState.WITHDRAWN, Trigger.WITHDRAWN)
            )
        else:
            self.at(leaves_s, lambda: self._depart(engagement))

    def _depart(self, engagement: Engagement) -> None:
        """They leave; where no way is left, they withdraw."""
        if not engagement.live:
            return
        task, member = engagement.task, engagement.member
        minutes = self.luck.ways.minutes_of(task.need, self.now, self.section(task), member)
        if minutes == float("inf"):
            self._leave_open(engagement, EngagementState.WITHDRAWN, Trigger.WITHDRAWN)
            return
        engagement.state = EngagementState.EN_ROUTE
        factor = float(self.luck.courses(task.need).travel[member]) * self.stage.scenario.slower
        self.at(self.now + round(minutes * factor * 60.0), lambda: self._arrive(engagement))

    def _arrive(self, engagement: Engagement) -> None:
        if not engagement.live:
            return
        engagement.state, engagement.scene_s = EngagementState.ON_SCENE, self.now
        self.crowd.changed(engagement.member)
        need = engagement.task.need
        minutes = need.stay_minutes * float(self.luck.courses(need).stay[engagement.member])
        self.at(self.now + round(minutes * 60.0), lambda: self._end(engagement, EngagementState.RELEASED))

    def _leave_open(self, engagement: Engagement, state: EngagementState, trigger: Trigger) -> None:
        if engagement.live:
            self._end(engagement, state)
            self._lost(engagement.task, trigger)

    def _end(self, engagement: Engagement, state: EngagementState) -> None:
        """End an engagement; whoever was on the scene rests, and a seat that nobody served opens."""
        task = engagement.task
        engagement.state, engagement.ended_s = state, self.now
        if state is not EngagementState.RELEASED:
            del task.filled[engagement.seat.id]
        rest_s = self.section(task).rest_minutes * 60.0 if engagement.scene_s is not None else 0.0
        self.crowd.disengaged(engagement, self.now + rest_s if rest_s else 0.0)

    # What happens to tasks.

    def _post(self, need: Need) -> None:
        level = level_of(need.urgency, self.stage.level_at(need.code, self.now))
        seats = tuple(Seat(seat_id(need.number, n), n, skills) for n, skills in enumerate(need.seats, 1))
        task = Task(need, seats, level, mode_of(level))
        self.tasks.append(task)
        self.at(need.due_s, lambda: self._give_up(task))
        self.policy.posted(task)

    def _give_up(self, task: Task) -> None:
        """The deadline: the desk drops the seats that are still open."""
        task.given_up = True
        self.end_offers(list(task.pending), OfferState.CANCELLED)

    def _settle(self, task: Task) -> None:
        """Stand down whom no open seat is left for: `commands.settle.stand_down_surplus`."""
        skills = {offer.member_id: self.crowd.skills_of(offer.member) for offer in task.pending}
        found = refit(task.pending, task.open_seats, skills, one_each=task.mode is Mode.NORMAL)
        for offer, seat in found.moved:
            offer.seat_id = seat.id
        self.end_offers(found.surplus, OfferState.STOOD_DOWN)

    def _lost(self, task: Task, trigger: Trigger) -> None:
        if task.open_seats:
            self.policy.lost(task, trigger)

    def _lost_later(self, task: Task, trigger: Trigger) -> None:
        """The same once what is being done is done, lest a member is asked by both."""
        self.at(self.now, lambda: self._lost(task, trigger))

    def _turn_all(self) -> None:
        """An activation begins or ends: `commands.activate.turn_all`."""
        for task in self.tasks:
            before = task.level
            level = level_of(task.need.urgency, self.stage.level_at(task.need.code, self.now))
            if level == before or not (task.open_seats or task.pending):
                continue
            was, (task.level, task.mode) = task.mode, (level, mode_of(level))
            last = len(self.section(task).reach_minutes) - 1
            task.step = 0 if was is not task.mode else min(task.step, last)
            for offer in task.pending:
                offer.precedence = task.precedence
                self.crowd.changed(offer.member)
            for engagement in task.engagements:
                if engagement.live:
                    engagement.precedence = task.precedence
                    self.crowd.changed(engagement.member)
            if is_higher(level, before):
                self._lost(task, Trigger.ACTIVATED)

    @property
    def asked_by_member(self) -> Counter[int]:
        """How many offers each member had."""
        return Counter(offer.member for offer in self.offers)
