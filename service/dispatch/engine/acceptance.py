"""How likely somebody is to say yes: what is expected of anybody at this hour, corrected by their own answers.

A yes or a no is a draw with an unknown chance. What is believed of that chance beforehand is a Beta distribution;
each answer counts one towards its side, and the mean of the outcome is the estimate (Gelman et al., Bayesian Data
Analysis, 3rd edition, section 2.4; prior as mean and number of pseudo-observations: Kruschke, Doing Bayesian Data
Analysis, 2nd edition, section 6.2).
"""

from collections.abc import Iterable

PRIOR_STRENGTH = 8.0
"""How many answers the prior is worth. One answer moves the estimate by a ninth of its distance at most, so nobody
is written off for one no; after thirty, four fifths of the estimate are the member's own answers."""


def prior_at(section_prior: Iterable[tuple[int, float]], hour: int) -> float:
    """The prior of an hour (0..23) of the local day: that of the last step that begins by then.

    The steps are those of `Section.acceptance_prior`, rising from hour 0; ValueError if none begins by then.
    """
    begun = [probability for first, probability in section_prior if first <= hour]
    if not begun:
        raise ValueError(f"no acceptance prior holds at hour {hour}")
    return begun[-1]


def posterior(prior: float, yes: int, asked: int) -> float:
    """The estimate for somebody who said yes `yes` times of the `asked` that they were asked, 0 <= yes <= asked.

    The posterior mean for a Beta prior of that mean and `PRIOR_STRENGTH`: it lies between the prior and yes / asked,
    hence never at 0 or 1 where the prior does not.
    """
    return (PRIOR_STRENGTH * prior + yes) / (PRIOR_STRENGTH + asked)
