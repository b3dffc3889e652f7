"""The result as one JSON document: all that the report shows, and nothing that depends on clock or machine. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

from service.simulate.figures import (
    FIGURES,
    Better,
    causes,
    filled_by,
    offers_by_people,
    on_scene_by,
)
from service.simulate.outcome import Outcome
from service.simulate.run import CLAIRVOYANT, OURS, Order, SeedResult
from service.simulate.statistics import Estimate, difference, estimate

Json = dict[str, Any]
FORMAT = 1
DIGITS = 4
AT_MOST_OF_BLAST = 0.5


def document(order: Order, results: Sequence[SeedResult]) -> Json:
    """The whole of it; `results` are by seed, one at least."""
    base = order.variants[0].name
    by_policy = {policy: _outcomes(results, base, policy) for policy in order.policies}
    values = {policy: _values(outcomes) for policy, outcomes in by_policy.items()}
    by_variant = {
        variant.name: _outcomes(results, variant.name, OURS)
        for variant in order.variants
        if OURS in by_policy
    }
    scenario, stage = order.scenario, order.variants[0].stage
    figures = {
        policy: {figure: _of(estimate(each), each) for figure, each in of.items()}
        for policy, of in values.items()
    }
    differences = _differences(values)
    return {
        "format": FORMAT,
        "version": version("vanguard-dispatch"),
        "complete": len(results) == len(order.seeds),
        "seeds": {"wanted": len(order.seeds), "done": [result.seed for result in results]},
        "scenario": {
            "name": scenario.name,
            "title": {"zh": scenario.title_zh, "en": scenario.title_en},
            "about": {"zh": scenario.about_zh, "en": scenario.about_en},
            "start": stage.start.astimezone(stage.city.zone).isoformat(),
            "tasks": scenario.tasks,
        },
        "city": {
            "name": stage.city.name,
            "members": sum(person.active for person in stage.city.people),
            "units": len({person.unit_code for person in stage.city.people}),
            "leaves": len(stage.city.graph.leaves),
        },
        "intervals": "95 %, Student's t over seeds; differences paired by seed",
        "policies": list(order.policies),
        "figures": figures,
        "differences": differences,
        "claims": _claims(figures, differences),
        "curves": {
            policy: {"filled": _rounded(filled_by(of)), "on_scene": _rounded(on_scene_by(of))}
            for policy, of in by_policy.items()
        },
        "causes": {policy: _rounded_by(causes(of)) for policy, of in by_policy.items()},
        "offers_by_people": {policy: _rounded(offers_by_people(of)) for policy, of in by_policy.items()},
        "unserved": {policy: _unserved(results, base, policy) for policy in order.policies},
        "variants": [
            {
                "name": variant.name,
                "title": {"zh": variant.title_zh, "en": variant.title_en},
                "figures": {
                    figure: _of(estimate(each), each)
                    for figure, each in _values(by_variant[variant.name]).items()
                },
                "effects": _effects(by_variant[variant.name], by_variant[base]),
                "causes": _rounded_by(causes(by_variant[variant.name])),
            }
            for variant in order.variants
            if variant.name in by_variant
        ],
    }


def _outcomes(results: Sequence[SeedResult], variant: str, policy: str) -> list[Outcome]:
    return [result.outcomes[variant, policy] for result in results]


def _values(outcomes: Sequence[Outcome]) -> dict[str, list[float | None]]:
    return {name: [figure.of(outcome) for outcome in outcomes] for name, figure in FIGURES.items()}


def _differences(values: Mapping[str, Mapping[str, Sequence[float | None]]]) -> Json:
    """Ours less each other's, paired by seed."""
    ours = values.get(OURS)
    if ours is None:
        return {}
    return {
        policy: {figure: _paired(ours[figure], of[figure], FIGURES[figure].better) for figure in FIGURES}
        for policy, of in values.items()
        if policy != OURS
    }


def _effects(changed: Sequence[Outcome], base: Sequence[Outcome]) -> Json:
    after, before = _values(changed), _values(base)
    return {figure: _paired(after[figure], before[figure], FIGURES[figure].better) for figure in FIGURES}


def _paired(ours: Sequence[float | None], theirs: Sequence[float | None], better: Better) -> Json | None:
    found = difference(ours, theirs)
    if found is None:
        return None
    verdict = "same"
    if found.excludes_zero:
        verdict = "better" if (found.mean > 0) is (better is Better.MORE) else "worse"
    return {**_estimated(found), "verdict": verdict}


def _of(found: Estimate | None, values: Sequence[float | None]) -> Json | None:
    if found is None:
        return None
    return {**_estimated(found), "values": [None if each is None else round(each, DIGITS) for each in values]}


def _estimated(found: Estimate) -> Json:
    low, high = (None if each is None else round(each, DIGITS) for each in (found.low, found.high))
    return {"mean": round(found.mean, DIGITS), "low": low, "high": high, "seeds": found.seeds}


def _claims(figures: Json, differences: Json) -> list[Json]:
    """What our policy is held to, and whether it is so."""
    if OURS not in figures:
        return []
    claims: list[Json] = []
    rivals = [policy for policy in figures if policy not in (OURS, CLAIRVOYANT)]
    for policy in rivals:
        claims.append(_claim("filled", policy, figures, differences, least=True, factor=1.0))
    if "nearest3" in figures:
        claims.append(_claim("fill_p90", "nearest3", figures, differences, least=False, factor=1.0))
    if "blast" in figures:
        claims.append(
            _claim("offers_per_filled", "blast", figures, differences, least=False, factor=AT_MOST_OF_BLAST)
        )
    return claims


def _claim(figure: str, policy: str, figures: Json, differences: Json, *, least: bool, factor: float) -> Json:
    ours, theirs = figures[OURS][figure], figures[policy][figure]
    if ours is None or theirs is None:
        met = None
    else:
        bound = theirs["mean"] * factor
        met = ours["mean"] >= bound if least else ours["mean"] <= bound
    return {
        "figure": figure,
        "policy": policy,
        "at": "least" if least else "most",
        "factor": factor,
        "ours": None if ours is None else ours["mean"],
        "theirs": None if theirs is None else theirs["mean"],
        "difference": differences[policy][figure],
        "met": met,
    }


def _unserved(results: Sequence[SeedResult], variant: str, policy: str) -> list[list[float]]:
    """[longitude, latitude, seats that stayed empty] of the tasks of all seeds."""
    found = []
    for result in results:
        empty = Counter(seat.need for seat in result.outcomes[variant, policy].seats if seat.filled_s is None)
        found += [
            [result.places[need].lon, result.places[need].lat, seats] for need, seats in sorted(empty.items())
        ]
    return found


def _rounded(values: Sequence[float]) -> list[float]:
    return [round(each, DIGITS) for each in values]


def _rounded_by(values: Mapping[Any, float]) -> Json:
    return {str(name): round(each, DIGITS) for name, each in values.items()}
