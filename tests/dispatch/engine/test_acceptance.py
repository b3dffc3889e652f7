import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.dispatch.engine.acceptance import PRIOR_STRENGTH, posterior, prior_at

PRIOR = ((0, 0.2), (7, 0.4), (22, 0.3))
priors = st.floats(0.01, 0.99)
records = st.integers(0, 200).flatmap(lambda asked: st.tuples(st.integers(0, asked), st.just(asked)))


@pytest.mark.parametrize(
    ("hour", "expected"), [(0, 0.2), (6, 0.2), (7, 0.4), (12, 0.4), (21, 0.4), (22, 0.3), (23, 0.3)]
)
def test_the_prior_of_an_hour_is_that_of_the_last_step_begun(hour: int, expected: float) -> None:
    assert prior_at(PRIOR, hour) == expected


def test_a_prior_of_one_step_holds_all_day() -> None:
    assert {prior_at([(0, 0.35)], hour) for hour in range(24)} == {0.35}


def test_no_prior_before_the_first_step() -> None:
    with pytest.raises(ValueError, match="hour 3"):
        prior_at([(7, 0.4)], 3)


def test_of_somebody_who_was_never_asked_the_prior_is_all_that_is_known() -> None:
    assert posterior(0.3, 0, 0) == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("prior", "yes", "asked", "expected"),
    [
        # Beta(4, 4) before, Beta(4 + yes, 4 + no) after; the mean of Beta(a, b) is a / (a + b).
        (0.5, 1, 1, 5 / 9),
        (0.5, 0, 1, 4 / 9),
        (0.5, 3, 10, 7 / 18),
        # Beta(2, 6).
        (0.25, 6, 8, 8 / 16),
        (0.25, 0, 30, 2 / 38),
    ],
)
def test_the_estimate_is_the_mean_of_the_posterior(
    prior: float, yes: int, asked: int, expected: float
) -> None:
    assert PRIOR_STRENGTH == 8
    assert posterior(prior, yes, asked) == pytest.approx(expected, rel=1e-12)


def test_one_answer_does_not_swing_it_and_thirty_do() -> None:
    assert abs(posterior(0.4, 1, 1) - 0.4) < 0.07
    assert abs(posterior(0.4, 0, 1) - 0.4) < 0.05
    assert posterior(0.4, 30, 30) > 0.85
    assert posterior(0.4, 0, 30) < 0.1


@given(prior=priors, record=records)
def test_it_lies_between_the_prior_and_the_frequency(prior: float, record: tuple[int, int]) -> None:
    yes, asked = record
    frequency = yes / asked if asked else prior
    low, high = sorted((prior, frequency))
    found = posterior(prior, yes, asked)
    assert low - 1e-12 <= found <= high + 1e-12
    assert 0 < found < 1


@given(prior=priors, record=records)
def test_a_yes_raises_it_and_a_no_lowers_it(prior: float, record: tuple[int, int]) -> None:
    yes, asked = record
    before = posterior(prior, yes, asked)
    assert posterior(prior, yes + 1, asked + 1) > before > posterior(prior, yes, asked + 1)
    if yes < asked:
        assert posterior(prior, yes + 1, asked) > before


@given(priors=st.tuples(priors, priors), record=records)
def test_a_higher_prior_gives_no_lower_estimate(priors: tuple[float, float], record: tuple[int, int]) -> None:
    low, high = sorted(priors)
    assert posterior(low, *record) <= posterior(high, *record)


@given(prior=priors, first=records, second=records)
def test_what_was_learned_does_not_depend_on_the_order(
    prior: float, first: tuple[int, int], second: tuple[int, int]
) -> None:
    """Learning twice is learning the sum: the first outcome is the second prior, worth more answers."""
    yes, asked = first[0] + second[0], first[1] + second[1]
    strength = PRIOR_STRENGTH + first[1]
    in_turn = (posterior(prior, *first) * strength + second[0]) / (strength + second[1])
    assert posterior(prior, yes, asked) == pytest.approx(in_turn, rel=1e-12)
