"""What is not said cannot be reckoned from what is: tried by solving all that one can write down."""

from itertools import product
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from service.reports.rules import Group, Tree, in_steps, is_safe, members_of_units


@st.composite
def counted_trees(draw):
    """A tree of up to three levels with people in its leaves, many of them few."""
    parents: list[int | None] = [None]
    for _ in range(draw(st.integers(1, 4))):
        branch = len(parents)
        parents.append(0)
        parents += [branch] * draw(st.integers(0, 3))
    inner = set(parents)
    few = st.one_of(st.integers(0, 4), st.integers(0, 12))
    own = [0 if position in inner else draw(few) for position in range(len(parents))]
    return Tree(tuple(parents)), own


def possibilities(tree, own, said, threshold):
    """All numbers of people that agree with what is said, and with the threshold."""
    counts = tree.counts(own)
    leaves = [p for p in range(len(own)) if p not in set(tree.parents)]
    hidden = [p for p in leaves if not said[p]]
    assume(len(hidden) <= 7)
    for guess in product(range(1, threshold), repeat=len(hidden)):
        tried = list(own)
        for position, count in zip(hidden, guess, strict=True):
            tried[position] = count
        sums = tree.counts(tried)
        if all(sums[p] == counts[p] for p in range(len(own)) if said[p]):
            yield sums


@settings(max_examples=60, deadline=None)
@given(counted_trees(), st.integers(3, 5))
def test_no_suppressed_count_follows_from_the_others(case, threshold):
    tree, own = case
    said = tree.said(own, threshold)
    worlds = list(possibilities(tree, own, said, threshold))
    assert tree.counts(own) in worlds
    for position in range(len(own)):
        values = {world[position] for world in worlds}
        assert (len(values) == 1) == said[position], (position, values)
        if not said[position]:
            assert len(values) >= min(3, threshold - 1)


@pytest.mark.parametrize("seed", range(30))
def test_nor_from_those_with_a_skill_and_those_without(seed):
    """Also by somebody who knows the rule, and tries which numbers would be told in just this way."""
    chance, threshold = Random(seed), 4
    tree = Tree((None, 0, 0, 1, 1, 2))
    leaves = (3, 4, 5)
    with_it, without = ([0, 0, 0] + [chance.randint(0, 6) for _ in leaves] for _ in range(2))

    def told(skilled, others):
        """Everything that a reader sees: of all, of those with the skill, of those without."""
        everybody = [a + b for a, b in zip(skilled, others, strict=True)]
        all_said = tree.said(everybody, threshold)
        split = tree.said_together([skilled, everybody, others], threshold)
        return [
            (n if one else None, a if both else None)
            for n, a, one, both in zip(
                tree.counts(everybody), tree.counts(skilled), all_said, split, strict=True
            )
        ]

    truth = told(with_it, without)
    worlds = [
        (skilled, others)
        for counts in product(range(8), repeat=2 * len(leaves))
        if all(
            (n is None or n == a + b) and (s is None or s == a)
            for (n, s), a, b in zip(truth[3:], counts[:3], counts[3:], strict=True)
        )
        and told(skilled := [0, 0, 0, *counts[:3]], others := [0, 0, 0, *counts[3:]]) == truth
    ]
    assert (with_it, without) in worlds
    for position in leaves:
        for kind, own in enumerate((with_it, without)):
            if 0 < own[position] < threshold:
                assert len({world[kind][position] for world in worlds}) > 1, truth


def test_a_sum_is_left_out_rather_than_a_sibling():
    #        city
    #    a        b
    #  7   3    4   4   2
    tree = Tree((None, 0, 0, 1, 1, 2, 2, 2))
    own = [0, 0, 0, 7, 3, 4, 4, 2]
    assert tree.counts(own) == [20, 10, 10, 7, 3, 4, 4, 2]
    # a's sum would give its 3 away; b's leaves open who is how many; with a not said, the city's sum would say 3.
    assert tree.said(own, 5) == [False, False, True, True, False, False, False, False]
    assert tree.said(own, 1) == [True] * 8


def test_counts_that_fill_their_room_are_not_safe():
    assert not is_safe(Group(1, 4), 5)
    assert not is_safe(Group(2, 8), 5)  # 4 and 4
    assert not is_safe(Group(5, 5), 5)  # all are 1
    assert not is_safe(Group(2, 4), 5)  # the sum itself is too small
    assert is_safe(Group(2, 5), 5)
    assert is_safe(Group(0, 0), 5)


def test_a_sum_of_units_is_not_said_with_a_small_one_in_it():
    members = {"U1": 20, "U2": 3, "U3": 9}
    assert members_of_units(["U1", "U3"], members, 5) == 29
    assert members_of_units(["U1", "U2"], members, 5) is None
    assert members_of_units(["U1", "U2"], members, 1) == 23
    assert members_of_units(["U1", "U4"], members, 5) == 20
    assert members_of_units([], members, 5) == 0


def test_people_in_reach_are_said_in_steps():
    assert [in_steps(count, 5) for count in (0, 1, 4, 5, 9, 10, 23)] == [0, None, None, 5, 5, 10, 20]
    assert [in_steps(count, 1) for count in (0, 1, 4, 23)] == [0, 1, 4, 23]
