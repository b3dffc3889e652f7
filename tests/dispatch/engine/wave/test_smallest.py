"""The smallest wave, against all waves there are."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.dispatch.engine.wave import smallest
from service.dispatch.engine.wave.pools import Pool
from service.dispatch.engine.wave.share import shared_wave
from service.dispatch.engine.wave.smallest import smallest_wave
from tests.dispatch.engine.wave.waves import ROUNDING, by_enumeration, probability_of, size


def made_up(draw: random.Random) -> tuple[list[Pool], list[float], float, int, int]:
    """A few pools of people, many of whom qualify for several; scarce pools first, as `assign` has them."""
    people = draw.randint(2, 10)
    levels = draw.choice(
        [[0.6], [0.4, 0.9], [0.2, 0.6, 0.95], [draw.uniform(0.2, 0.95) for _ in range(people)]]
    )
    qualifying = [
        [person for person in range(people) if draw.random() < share]
        for share in draw.choice([[1.0], [0.4, 1.0], [0.6, 0.6], [0.4, 0.6, 1.0], [0.7, 0.7, 0.8]])
    ]
    everybody = sorted({person for each in qualifying for person in each})
    pools = [
        Pool(
            draw.choice([1, 1, 1, 1, 2]),
            tuple(draw.uniform(0.05, 0.95) for _ in range(draw.choice([0, 0, 0, 1, 2]))),
            tuple(everybody.index(person) for person in each),
        )
        for each in sorted(qualifying, key=len)
    ]
    return (
        pools,
        [draw.choice(levels) for _ in everybody],
        draw.choice([0.3, 0.5, 0.75, draw.uniform(0.1, 0.95)]),
        draw.choice([0, 0, 0, 1, 2, 5]),
        draw.choice([4, 6, 20, 20, 20]),
    )


def check(
    pools: list[Pool],
    acceptances: list[float],
    target: float,
    fewest: int,
    most: int,
) -> None:
    found = smallest_wave(pools, acceptances, target, fewest, most)
    expected = by_enumeration(pools, acceptances, target, fewest, most)
    everybody = [person for asked in found for person in asked]
    assert len(everybody) == len(set(everybody))
    assert min(fewest, most, len(acceptances)) <= len(everybody) <= most
    for pool, asked in zip(pools, found, strict=True):
        assert set(asked) <= set(pool.people)
    if expected is not None and found != expected:
        # Only by asking out of turn a wave may be smaller.
        assert size(found) < size(expected)
        assert probability_of(pools, acceptances, found) >= target - ROUNDING


@settings(max_examples=400, deadline=None, derandomize=True)
@given(draw=st.randoms(use_true_random=False))
def test_no_smaller_wave_reaches_the_target_and_none_of_its_size_is_nearer(draw: random.Random) -> None:
    check(*made_up(draw))


@pytest.mark.parametrize("hundred", range(25))
def test_no_smaller_wave_reaches_the_target_in_thousands_of_cases(hundred: int) -> None:
    for seed in range(100 * hundred, 100 * hundred + 100):
        check(*made_up(random.Random(seed)))


def test_one_pool_asks_its_first_until_the_target_is_met() -> None:
    acceptances = [0.2, 0.3, 0.8, 0.9]
    assert smallest_wave([Pool(1, (), (0, 1, 2, 3))], acceptances, 0.85, 0, 9) == ((0, 1, 2),)
    assert smallest_wave([Pool(1, (0.5,), (0, 1, 2, 3))], acceptances, 0.7, 0, 9) == ((0, 1),)


def test_an_uneven_share_of_the_target_may_take_fewer_people() -> None:
    pools = [Pool(1, (), (0, 1, 2)), Pool(1, (), tuple(range(3, 13)))]
    acceptances = [0.9] * 3 + [0.3] * 10
    assert [len(asked) for asked in shared_wave(pools, acceptances, 0.8, 0, 20)] == [1, 7]
    found = smallest_wave(pools, acceptances, 0.8, 0, 20)
    assert [len(asked) for asked in found] == [2, 5]  # 0.99 * (1 - 0.7^5) = 0.82


def test_of_waves_of_one_size_the_nearest_is_taken() -> None:
    # Either pool may ask a second person: 0.75 * 0.5 both ways.
    assert smallest_wave([Pool(1, (), (0, 2)), Pool(1, (), (1, 3))], [0.5] * 4, 0.375, 0, 9) == ((0, 2), (1,))
    assert smallest_wave([Pool(1, (), (0, 3)), Pool(1, (), (1, 2))], [0.5] * 4, 0.375, 0, 9) == ((0,), (1, 2))


def test_a_person_of_two_pools_counts_once() -> None:
    pools = [Pool(1, (), (0, 1)), Pool(1, (), (0, 1, 2))]
    assert smallest_wave(pools, [0.9] * 3, 0.8, 0, 9) == ((0,), (1,))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(draw=st.randoms(use_true_random=False), work=st.integers(0, 300))
def test_where_the_search_is_cut_short_the_wave_is_no_larger_than_by_sharing(
    draw: random.Random, work: int
) -> None:
    pools, acceptances, target, fewest, most = made_up(draw)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(smallest, "MOST_WORK", work)
        found = smallest_wave(pools, acceptances, target, fewest, most)
    shared = shared_wave(pools, acceptances, target, fewest, most)
    if probability_of(pools, acceptances, shared) >= target - ROUNDING:
        assert probability_of(pools, acceptances, found) >= target - ROUNDING
        assert min(fewest, most, len(acceptances)) <= size(found) <= size(shared)
    if work == 0:
        assert found == shared


def test_a_large_task_is_not_cut_short() -> None:
    draw = random.Random(15)
    acceptances = [draw.betavariate(3, 5) for _ in range(300)]
    skilled = [[person for person in range(300) if draw.random() < share] for share in (0.15, 0.2, 0.3)]
    pools = [Pool(seats, (), tuple(each)) for seats, each in zip((6, 8, 10), skilled, strict=True)]
    pools.append(Pool(26, (), tuple(range(300))))
    found = smallest_wave(pools, acceptances, 0.9, 0, 250)
    assert probability_of(pools, acceptances, found) >= 0.9
    assert size(found) == 177
    assert size(shared_wave(pools, acceptances, 0.9, 0, 250)) == 179


def test_by_sharing_a_pool_makes_up_for_another_that_falls_short() -> None:
    # Both must reach 0.95 if they share 0.9 evenly; the first stops at 0.92.
    pools = [Pool(1, (), (0,)), Pool(1, (), tuple(range(1, 12)))]
    assert shared_wave(pools, [0.92] + [0.5] * 11, 0.9, 0, 20) == ((0,), (1, 2, 3, 4, 5, 6))
    # Nothing makes up for 0.85: the other asks for its share.
    assert shared_wave(pools, [0.85] + [0.5] * 11, 0.9, 0, 20) == ((0,), (1, 2, 3, 4, 5))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(draw=st.randoms(use_true_random=False))
def test_by_sharing_no_pool_can_do_without_the_last_whom_it_asks(draw: random.Random) -> None:
    pools, acceptances, target, fewest, most = made_up(draw)
    wave = shared_wave(pools, acceptances, target, fewest, most)
    if size(wave) > fewest and probability_of(pools, acceptances, wave) >= target - ROUNDING:
        for number, asked in enumerate(wave):
            without = (*wave[:number], asked[:-1], *wave[number + 1 :])
            assert not asked or probability_of(pools, acceptances, without) < target
