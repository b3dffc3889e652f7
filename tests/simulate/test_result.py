"""Figures, the document and the page: the same bytes twice, partial results, differences paired by seed."""

import os
import re
import signal
from dataclasses import replace
from math import inf

import pytest
from scipy import stats

from service.simulate.figures import percentile
from service.simulate.report.page import page
from service.simulate.result import document
from service.simulate.run import BASE, DEFAULT, Order, Variant, run, run_seed
from service.simulate.stage import set_stage
from service.simulate.statistics import difference, estimate, t_975
from service.simulate.whatif import with_standby
from service.texts import Language
from tests.simulate.little import STORM, city, crowd


@pytest.fixture(scope="module")
def order():
    little = city(crowd())
    variants = [
        Variant(BASE, "现状", "As it is", set_stage(little, STORM)),
        Variant("standby", "战备 40%", "Standby 40%", set_stage(with_standby(little, 0.4), STORM)),
    ]
    return Order(STORM, variants, DEFAULT, range(1, 4), 2)


@pytest.fixture(scope="module")
def results(order):
    return [run_seed(order, seed) for seed in order.seeds]


def whole(order, results):
    found = document(order, results)
    return found, page(found, order.variants[0].stage.city.graph, Language.ZH)


def test_the_same_seeds_give_the_same_bytes_however_many_processes_run_them(order, results):
    done = []
    again, interrupted = run(order, done.append)
    assert (done, interrupted) == ([1, 2, 3], 0)
    assert whole(order, again) == whole(order, results)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_keeps_what_is_done_and_says_so(order, number):
    few = replace(order, policies=("ours",), seeds=range(1, 41))
    results, interrupted = run(few, lambda done: os.kill(os.getpid(), number))
    assert interrupted == number
    assert 1 <= len(results) < 40
    found, html = whole(few, results)
    assert found["complete"] is False
    assert found["seeds"] == {"wanted": 40, "done": [result.seed for result in results]}
    assert f"这次运行被中断：只完成了 {len(results)} / 40 个种子" in html


def test_the_page_needs_nothing_from_outside_and_no_script(order, results):
    found = document(order, results)
    for language in Language:
        html = page(found, order.variants[0].stage.city.graph, language)
        assert not re.search(r"<script|<link|<img|@import|url\(|https?://", html)
        assert html.count("<svg") == 5 + 4
        assert found["scenario"]["title"][language] in html
        assert "示例市" in html


def test_what_the_document_says_adds_up(order, results):
    found = document(order, results)
    for policy in found["policies"]:
        figures = found["figures"][policy]
        empty = sum(seats for _, _, seats in found["unserved"][policy]) / 3
        assert sum(found["causes"][policy].values()) == pytest.approx(empty, abs=1e-3)
        share = figures["filled"]["mean"] / (figures["filled"]["mean"] + empty)
        assert found["curves"][policy]["filled"][-1] <= share + 1e-3
        assert found["curves"][policy]["filled"] == sorted(found["curves"][policy]["filled"])
    ours, blast = (found["figures"][policy]["filled"]["mean"] for policy in ("ours", "blast"))
    assert found["differences"]["blast"]["filled"]["mean"] == pytest.approx(ours - blast, abs=1e-3)
    assert [variant["name"] for variant in found["variants"]] == [BASE, "standby"]
    assert {claim["policy"] for claim in found["claims"]} == {"nearest3", "blast", "first_come"}


def test_intervals_are_those_of_students_t():
    for degrees in (1, 2, 29, 30, 31, 50, 1000):
        assert t_975(degrees) == pytest.approx(stats.t.ppf(0.975, degrees), rel=1e-3)
    values = [3.0, 4.0, 8.0, 5.0]
    found = estimate(values)
    low, high = stats.t.interval(0.95, 3, loc=5.0, scale=stats.sem(values))
    assert (found.mean, found.low, found.high) == pytest.approx((5.0, low, high), rel=1e-3)


def test_differences_are_paired_and_seeds_without_a_value_are_left_out():
    found = difference([1.0, None, 3.0, 9.0], [0.0, 5.0, 2.0, None])
    assert (found.mean, found.low, found.high, found.seeds) == (1.0, 1.0, 1.0, 2)
    assert found.excludes_zero
    assert difference([None], [1.0]) is None
    assert not estimate([1.0]).excludes_zero


def test_a_percentile_is_one_of_the_values():
    assert percentile([4.0, 1.0, 3.0, 2.0], 0.5) == 2.0
    assert percentile(list(map(float, range(1, 11))), 0.9) == 9.0
    assert percentile([], 0.9) is None
    assert percentile([inf], 0.9) == inf
