"""The bounds hold in every wave that reaches the target."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.dispatch.engine.wave.bounds import bounds_of, highest_products
from service.dispatch.engine.wave.pools import Pool
from tests.dispatch.engine.wave.waves import all_waves, probability_of, size, tail


def check(draw: random.Random, most_people: int) -> None:
    people = draw.randint(2, most_people)
    acceptances = [draw.choice([0.1, 0.5, 0.9, draw.uniform(0.1, 0.95)]) for _ in range(people)]
    shares = draw.choice([[0.7], [0.5, 1.0], [0.8, 0.8], [0.5, 0.6, 0.9]])
    pools = [
        Pool(
            draw.choice([1, 1, 2]),
            tuple(draw.uniform(0.05, 0.95) for _ in range(draw.choice([0, 0, 1]))),
            tuple(person for person in range(people) if draw.random() < share),
        )
        for share in shares
    ]
    target, most = draw.uniform(0.05, 0.9), draw.choice([people, draw.randint(0, people)])
    reaching = [
        (wave, probability)
        for wave in all_waves(pools)
        if size(wave) <= most and (probability := probability_of(pools, acceptances, wave)) > target
    ]
    bounds = bounds_of(pools, acceptances, target, most)
    if bounds is None:
        assert not reaching
        return
    fewest = sum(bound.fewest for bound in bounds)
    products = highest_products(bounds, most - fewest)
    for wave, probability in reaching:
        assert probability <= products[0][size(wave) - fewest] + 1e-9
        for pool, bound, asked in zip(pools, bounds, wave, strict=True):
            assert bound.fewest <= len(asked) <= bound.most
            assert bound.sure <= set(asked)
            chances = [*pool.pending, *(acceptances[person] for person in asked)]
            assert tail(pool.seats, chances) <= bound.tails[len(asked) - bound.fewest] + 1e-9


@settings(max_examples=300, deadline=None, derandomize=True)
@given(draw=st.randoms(use_true_random=False))
def test_every_wave_that_reaches_the_target_is_within_the_bounds(draw: random.Random) -> None:
    check(draw, most_people=8)


@pytest.mark.parametrize("seed", range(60))
def test_so_are_those_of_more_people(seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(5):
        check(draw, most_people=13)


def test_without_people_to_choose_from_the_bounds_are_exact() -> None:
    [only] = bounds_of([Pool(1, (), (0, 1, 2))], [0.5, 0.8, 0.9], 0.6, 2) or []
    assert (only.fewest, only.most, only.sure) == (2, 2, {0, 1})
    assert only.tails == pytest.approx((0.9,))
    assert bounds_of([Pool(1, (), (0, 1, 2))], [0.5, 0.8, 0.9], 0.95, 2) is None
