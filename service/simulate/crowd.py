"""The members while a day runs: what holds them, how they have answered, and how planning sees them. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from service.dispatch.engine.acceptance import posterior, prior_at
from service.dispatch.engine.problem import Candidate, Place, Precedence, Section, Skill
from service.dispatch.rules import ASK_AGAIN_AFTER, Answer, EngagementState, OfferState
from service.roster.rules import LocalTime, Quiet, Tier, quiet_until
from service.simulate.city import Person
from service.simulate.day import Day
from service.simulate.parts import Engagement, Offer, Task
from service.tasks.rules import Urgency

HISTORY_OFFERS = 20
"""So many of a member's answers are looked at, the newest: as `queries.candidates` does."""
FREE, ON_SCENE = -1, len(Precedence)
"""What holds a member, as a number: nothing, or the rank of a precedence, or being on a scene."""


@dataclass(slots=True)
class _Member:
    """What one member has done so far."""

    offer: Offer | None = None
    engagement: Engagement | None = None
    offers: list[Offer] = field(default_factory=list)
    engagements: list[Engagement] = field(default_factory=list)
    seen: dict[tuple[float, bool, datetime | None], Candidate] = field(default_factory=dict)
    """As planning saw them since something last changed."""


class Crowd:
    """All members of a city on one day."""

    def __init__(self, day: Day) -> None:
        self._day = day
        self._people = day.stage.city.people
        self._members = [_Member() for _ in self._people]
        count = len(self._people)
        self.ids: tuple[UUID, ...] = tuple(person.id for person in self._people)
        self.position = {member_id: number for number, member_id in enumerate(self.ids)}
        self.load: NDArray[np.int64] = np.zeros(count, dtype=np.int64)
        self._held = np.full(count, FREE, dtype=np.int64)
        self._rests_until = np.zeros(count)
        self._standby = np.array([person.tier is Tier.STANDBY for person in self._people], dtype=np.bool_)
        self._active = np.array([person.active for person in self._people], dtype=np.bool_)
        self._skills = [_skills(person, day.stage.local(0.0)) for person in self._people]
        self._having: dict[frozenset[str], NDArray[np.bool_]] = {}
        self.quiet_end = lru_cache(maxsize=4096)(self._quiet_end)

    def offer_of(self, member: int) -> Offer | None:
        """Their pending offer."""
        return self._members[member].offer

    def engagement_of(self, member: int) -> Engagement | None:
        """Their live engagement."""
        return self._members[member].engagement

    def skills_of(self, member: int) -> frozenset[str]:
        """The skills that they have and that hold."""
        return frozenset(skill.code for skill in self._skills[member] if not skill.expired)

    def asked(self, offer: Offer) -> None:
        """Somebody has an offer from now on."""
        of = self._members[offer.member]
        of.offer = offer
        of.offers.append(offer)
        self.changed(offer.member)

    def offer_ended(self, offer: Offer) -> None:
        """An offer is pending no more."""
        of = self._members[offer.member]
        if of.offer is offer:
            of.offer = None
        self.changed(offer.member)

    def engaged(self, engagement: Engagement) -> None:
        """Somebody is engaged from now on."""
        of = self._members[engagement.member]
        of.engagement = engagement
        of.engagements.append(engagement)
        self.load[engagement.member] += 1
        self.changed(engagement.member)

    def disengaged(self, engagement: Engagement, rests_until_s: float) -> None:
        """An engagement has ended."""
        of = self._members[engagement.member]
        if of.engagement is engagement:
            of.engagement = None
        self._rests_until[engagement.member] = max(self._rests_until[engagement.member], rests_until_s)
        self.changed(engagement.member)

    def changed(self, member: int) -> None:
        """Something about a member is not what it was."""
        of = self._members[member]
        of.seen.clear()
        held = FREE
        if of.offer is not None:
            held = of.offer.precedence.rank
        if of.engagement is not None:
            on_scene = of.engagement.state is EngagementState.ON_SCENE
            held = ON_SCENE if on_scene else max(held, of.engagement.precedence.rank)
        self._held[member] = held

    def may_be_asked(self, at_s: float, precedence: Precedence, section: Section) -> NDArray[np.bool_]:
        """Who is not surely kept from being asked: a sieve before the engine's rules, which decide. Shape (people,)."""
        minute = int(at_s // 60)
        may = self._active & self._day.on_duty[:, minute] & (self._held < precedence.rank)
        may &= self._rests_until <= at_s
        return may if section.calls_standby else may & ~self._standby

    def on_duty(self, at_s: float, section: Section) -> NDArray[np.bool_]:
        """Who is on duty and would be called, whatever holds them. Shape (people,)."""
        on: NDArray[np.bool_] = self._active & self._day.on_duty[:, int(at_s // 60)]
        return on if section.calls_standby else on & ~self._standby

    def having(self, skills: frozenset[str]) -> NDArray[np.bool_]:
        """Who has the skills, and is active. Shape (people,)."""
        if skills not in self._having:
            able = [skills <= self.skills_of(member) for member in range(len(self._people))]
            self._having[skills] = self._active & np.array(able, dtype=np.bool_)
        return self._having[skills]

    def candidates(
        self, members: Iterable[int], at_s: float, section: Section, task: Task
    ) -> list[Candidate]:
        """Some members as planning for a task sees them at a moment."""
        at = self._day.stage.local(at_s)
        office = self._day.stage.in_office_hours(at_s)
        prior = prior_at(section.acceptance_prior, at.hour)
        minute = int(at_s // 60)
        routine = task.need.urgency is Urgency.ROUTINE
        found = []
        for member in members:
            person = self._people[member]
            quiet = self.quiet_end(person.limits.quiet, at.day, at.minute) if routine else None
            candidate = self._candidate(member, prior, office, quiet, at_s)
            if member in task.asked and self._already_asked(task, member, at_s):
                candidate = replace(candidate, already_asked=True)
            if not self._day.on_duty[member, minute]:
                candidate = replace(candidate, on_duty=False)
            found.append(candidate)
        return found

    def _candidate(
        self, member: int, prior: float, office: bool, quiet: datetime | None, at_s: float
    ) -> Candidate:
        of = self._members[member]
        key = (prior, office, quiet)
        found = of.seen.get(key)
        if found is None:
            found = self._seen(member, prior, office, quiet, at_s)
            if of.engagement is None:
                of.seen[key] = found
        return found

    def _seen(
        self, member: int, prior: float, office: bool, quiet: datetime | None, at_s: float
    ) -> Candidate:
        person, of, stage = self._people[member], self._members[member], self._day.stage
        decided = [offer for offer in of.offers if offer.decided][-HISTORY_OFFERS:]
        yes = sum(offer.answer is Answer.YES for offer in decided)
        engaged = of.engagement
        resting = self._rests_until[member]
        place: Place = person.office if office else person.home
        return Candidate(
            member_id=self.ids[member],
            unit_code=person.unit_code,
            place=place,
            tier=person.tier,
            acceptance=posterior(prior, yes, len(decided)),
            active=person.active,
            skills=self._skills[member],
            opted_out=person.opted_out,
            unwanted=person.unwanted,
            resting_until=stage.at(float(resting)) if resting else None,
            week_hours=sum(_hours(each, at_s) for each in of.engagements),
            most_week_hours=person.limits.weekly_hours,
            quiet_until=quiet,
            offered=of.offer.precedence if of.offer is not None else None,
            engaged=engaged.precedence if engaged is not None else None,
            on_scene=engaged is not None and engaged.state is EngagementState.ON_SCENE,
            recent_load=float(len(of.engagements)),
            home_code=person.home_code,
        )

    def _already_asked(self, task: Task, member: int, at_s: float) -> bool:
        """As `queries.candidates` has it: after a yes or a no, and for a while after an offer that passed."""
        forgiven = at_s - ASK_AGAIN_AFTER.total_seconds()
        return any(
            offer.state in (OfferState.ACCEPTED, OfferState.DECLINED)
            or (offer.state is OfferState.EXPIRED and (offer.ended_s or 0.0) > forgiven)
            for offer in task.asked[member]
        )

    def _quiet_end(self, quiet: Quiet | None, day: date, minute: int) -> datetime | None:
        if quiet is None:
            return None
        start = self._day.stage.local(0.0)
        days = (day - start.day).days
        at = self._day.stage.start + timedelta(days=days, minutes=minute - start.minute)
        return quiet_until(*quiet, LocalTime.of(at, start.zone))


def _skills(person: Person, at: LocalTime) -> tuple[Skill, ...]:
    return tuple(
        Skill(held.code, held.expires_on is not None and held.expires_on < at.day) for held in person.skills
    )


def _hours(engagement: Engagement, at_s: float) -> float:
    """The hours of service that count: of those who went (`queries.hours`). A day lies within one week."""
    went = engagement.scene_s is not None or engagement.kept
    end = at_s if engagement.ended_s is None else engagement.ended_s
    return max(0.0, end - engagement.accepted_s) / 3600.0 if went else 0.0
