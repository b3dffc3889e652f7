"""How members behave on a synthetic day. Fixed before any policy was tuned, and not changed since. Pure.

A yes is between 17 and 47 % likely, the range of published response rates of volunteer first responders (Khalemsky et
al., Predictive Dispatch of Volunteer First Responders, JMIR mHealth and uHealth 11, 2023, e41551); where in that range
is a matter of person, category, hour and load. Of those who said yes some do not come: of 1,985 alerted in Victoria
and New Zealand 37.7 % accepted and 27.1 % arrived (Haskins et al., A binational survey of smartphone activated
volunteer responders, Resuscitation 169, 2021). What no source says (delays, the share of silent ones) is assumed.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.simulate.draws import Draws, Shares, spread
from service.tasks.rules import Urgency

LEAST, MOST = 0.17, 0.47
"""The chance of a yes, at least and at most."""
CATEGORY = {
    "emergency_response": 0.20,
    "public_request": 0.05,
    "grassroots_governance": 0.0,
    "industry_development": -0.10,
    "enterprise_development": -0.10,
    "project_construction": -0.10,
}
"""How far a category moves somebody from the one end of the range to the other (1 is the whole range)."""
NIGHT_HOURS, NIGHT = (22, 7), -0.30
"""Local hours in which people sleep, and how far that moves them."""
LOAD, MOST_LOAD = -0.20, 3
"""How far each engagement of the day moves somebody, and how many count."""
SAYS_NO = 0.45
"""Of those who do not say yes, the share who say no; the others say nothing."""
ANSWER_S = {Urgency.CRITICAL: 45.0, Urgency.URGENT: 60.0, Urgency.ROUTINE: 180.0}
"""The median seconds until an answer."""
ANSWER_SHAPE, LONGEST_ANSWER_S = 1.8, 45 * 60.0
WITHDRAWS, NO_SHOWS = 0.08, 0.05
"""Of those who said yes: who withdraw when they should leave, and who never leave."""
LEAVE_S, LEAVE_SHAPE, LONGEST_LEAVE_S = 180.0, 3.0, 20 * 60.0
"""From the yes until they leave."""
TRAVEL_SHAPE, LEAST_TRAVEL, MOST_TRAVEL = 7.0, 0.6, 2.5
"""The way takes the engine's minutes times a factor around 1."""
STAY_SHAPE, LEAST_STAY, MOST_STAY = 5.0, 0.5, 2.0
"""They stay the task's minutes times a factor around 1."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What each member would do when asked for a task for the n-th time. Shapes (members,)."""

    willing: Shares
    """A yes if less than the chance of one."""
    frank: NDArray[np.bool_]
    """Whether somebody who does not say yes says no."""
    after_s: Shares
    """Whole seconds until the answer."""


@dataclass(frozen=True, slots=True)
class Courses:
    """What each member does after a yes to a task. Shapes (members,)."""

    withdraws: NDArray[np.bool_]
    no_show: NDArray[np.bool_]
    leave_s: Shares
    """Whole seconds from the yes until they leave, or withdraw."""
    travel: Shares
    """Factor of the engine's travel minutes."""
    stay: Shares
    """Factor of the task's minutes on the scene."""

    @property
    def comes(self) -> NDArray[np.bool_]:
        """Whether they get there."""
        return ~(self.withdraws | self.no_show)


def inclinations(draws: Draws) -> Shares:
    """How inclined each member is, in 0..1 around a half."""
    return (draws.of_members("inclined", 1) + draws.of_members("inclined", 2)) / 2


def chance(inclination: Shares, category: str, hour: int, load: NDArray[np.int64]) -> Shares:
    """The chance of a yes, by member: asked at that local hour, after `load` engagements that day."""
    first, last = NIGHT_HOURS
    where = inclination + CATEGORY.get(category, 0.0) + LOAD * np.minimum(load, MOST_LOAD)
    if hour >= first or hour < last:
        where = where + NIGHT
    return LEAST + (MOST - LEAST) * np.clip(where, 0.0, 1.0)


def answers(draws: Draws, task: int, ask: int, urgency: Urgency) -> Answers:
    """What each member would do when asked for the task for the `ask`-th time, from 1 on."""
    after = spread(draws.of_members("answers", task, ask), ANSWER_S[urgency], ANSWER_SHAPE)
    return Answers(
        willing=draws.of_members("willing", task, ask),
        frank=draws.of_members("frank", task, ask) < SAYS_NO,
        after_s=np.ceil(np.minimum(after, LONGEST_ANSWER_S)),
    )


def courses(draws: Draws, task: int) -> Courses:
    """What each member does after a yes to the task."""
    kept = draws.of_members("keeps", task)
    leave = spread(draws.of_members("leaves", task), LEAVE_S, LEAVE_SHAPE)
    travel = spread(draws.of_members("travels", task), 1.0, TRAVEL_SHAPE)
    stay = spread(draws.of_members("stays", task), 1.0, STAY_SHAPE)
    return Courses(
        withdraws=kept < WITHDRAWS,
        no_show=(kept >= WITHDRAWS) & (kept < WITHDRAWS + NO_SHOWS),
        leave_s=np.ceil(np.minimum(leave, LONGEST_LEAVE_S)),
        travel=np.clip(travel, LEAST_TRAVEL, MOST_TRAVEL),
        stay=np.clip(stay, LEAST_STAY, MOST_STAY),
    )
