"""The page: the document's numbers in words, its plots, and the template that holds them. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from service.geo.shapes import Polygonal
from service.grids.graph import GridGraph
from service.simulate.figures import CURVE_MINUTES, FIGURES, SCENE_MINUTES
from service.simulate.report import map as maps
from service.simulate.report import plots
from service.simulate.report.words import word
from service.simulate.result import Json
from service.texts import Language

MINUS = "−"
COUNTED = ("filled", "most_offers", "people", "in_vain")
SLOWER = ("fill_p50", "fill_p90", "fill_p90_all")
SCENE = ("scene_p50", "scene_p90")
FEWER = ("offers_per_filled", "offers_per_person", "most_offers", "people", "in_vain")


def page(document: Json, graph: GridGraph, language: Language) -> str:
    """The whole report as HTML."""
    environment = Environment(
        loader=PackageLoader("service.simulate.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("page.html.j2").render(_Page(document, graph, language).context())


def said(figure: str, value: float | None, *, signed: bool = False) -> str:
    """A figure's value: times as minutes and seconds, shares as percents."""
    if value is None:
        return "–"
    sign = (MINUS if value < 0 else "+") if signed else MINUS if value < 0 else ""
    size, unit = abs(value), FIGURES[figure].unit
    if unit == "seconds":
        whole = round(size)
        return f"{sign}{whole // 60}:{whole % 60:02d}"
    if unit == "share":
        return f"{sign}{size * 100:.1f} %"
    return f"{sign}{size:,.1f}"


def interval(figure: str, each: Mapping[str, Any] | None, *, signed: bool = False) -> str:
    """The interval of an estimate; empty where there is none."""
    if each is None or each["low"] is None:
        return ""
    return f"{said(figure, each['low'], signed=signed)} … {said(figure, each['high'], signed=signed)}"


class _Page:
    def __init__(self, document: Json, graph: GridGraph, language: Language) -> None:
        self.document = document
        self.graph = graph
        self.language = language
        self.policies: list[str] = document["policies"]
        self.names = {policy: self.word("policy", policy) for policy in self.policies}

    def word(self, kind: str, name: str, **params: Any) -> str:
        return word(self.language, kind, name, **params)

    def text(self, name: str, **params: Any) -> str:
        return self.word("text", name, **params)

    def context(self) -> Json:
        document, zh = self.document, self.language is Language.ZH
        seeds = document["seeds"]
        return {
            "language": "zh-CN" if zh else "en",
            "t": self.text,
            "title": document["scenario"]["title"]["zh" if zh else "en"],
            "beneath": document["scenario"]["title"]["en" if zh else "zh"],
            "about": document["scenario"]["about"]["zh" if zh else "en"],
            "document": document,
            "done": len(seeds["done"]),
            "wanted": seeds["wanted"],
            "claims": [self._claim(claim) for claim in document["claims"]],
            "policies": [
                {
                    "name": self.names[policy],
                    "about": self.word("policy_about", policy),
                    "colour": plots.COLOURS[policy],
                }
                for policy in self.policies
            ],
            "rows": [self._row(figure) for figure in FIGURES],
            "worse": self._worse(),
            "plots": self._plots(),
            "maps": self._maps(),
            "variants": self._variants(),
        }

    def _claim(self, claim: Json) -> Json:
        figure = claim["figure"]
        verdict = {True: "met", False: "missed", None: "unknown"}[claim["met"]]
        return {
            "words": self.text(f"claim_{figure}", policy=self.names[claim["policy"]]),
            "verdict": verdict,
            "verdict_words": self.text(verdict),
            "against": self.text(
                "against", ours=said(figure, claim["ours"]), theirs=said(figure, claim["theirs"])
            ),
            "by": self.text("by", difference=self._signed(figure, claim["difference"])),
        }

    def _signed(self, figure: str, each: Json | None) -> str:
        if each is None:
            return "–"
        between = interval(figure, each, signed=True)
        return said(figure, each["mean"], signed=True) + (f" ({between})" if between else "")

    def _row(self, figure: str) -> Json:
        cells = []
        for policy in self.policies:
            each = self.document["figures"][policy][figure]
            against = self.document["differences"].get(policy, {}).get(figure)
            cells.append(
                {
                    "mean": said(figure, each and each["mean"]),
                    "interval": interval(figure, each),
                    "difference": said(figure, against["mean"], signed=True) if against else "",
                    "verdict": against["verdict"] if against and policy != "clairvoyant" else "",
                }
            )
        return {"name": self.word("figure", figure), "cells": cells}

    def _worse(self) -> list[Json]:
        """Where the intervals say that ours is worse, and why; what has one reason, together. The limit is no rival."""
        lines: dict[tuple[str, str], list[str]] = {}
        for policy in self.policies:
            against = self.document["differences"].get(policy, {})
            for figure in FIGURES:
                each = against.get(figure)
                if policy == "clairvoyant" or each is None or each["verdict"] != "worse":
                    continue
                line = self.text(
                    "worse_line",
                    policy=self.names[policy],
                    figure=self.word("figure", figure).removeprefix("· "),
                    difference=self._signed(figure, each),
                )
                lines.setdefault((policy, self._why(policy, figure)), []).append(line)
        return [{"lines": found, "why": why} for (_, why), found in lines.items()]

    def _why(self, policy: str, figure: str) -> str:
        figures = self.document["figures"]

        def of(name: str, whose: str) -> str:
            return said(name, figures[whose][name] and figures[whose][name]["mean"])

        if figure in SLOWER:
            offers = "offers_per_filled"
            return self.text("why_fill", ours=of(offers, "ours"), theirs=of(offers, policy))
        if figure in SCENE:
            return self.text("why_scene")
        if figure in FEWER and policy == "first_come":
            return self.text("why_few", ours=of("fill_p90", "ours"), theirs=of("fill_p90", policy))
        if figure in ("filled", "filled_share"):
            ours, theirs = self.document["causes"]["ours"], self.document["causes"][policy]
            more = {cause: seats - theirs.get(cause, 0.0) for cause, seats in ours.items()}
            cause = max(more, key=lambda cause: more[cause])
            return self.text("why_filled", cause=self.word("cause", cause), more=f"{more[cause]:.1f}")
        if figure.endswith("_share"):
            return self.text("why_share")
        return self.text("why_other")

    def _plots(self) -> list[Json]:
        document, names = self.document, self.names
        filled = {policy: document["curves"][policy]["filled"] for policy in self.policies}
        on_scene = {policy: document["curves"][policy]["on_scene"] for policy in self.policies}
        per_seat = {
            policy: document["figures"][policy]["offers_per_filled"]
            for policy in self.policies
            if document["figures"][policy]["offers_per_filled"] is not None
        }
        people = {policy: document["offers_by_people"][policy] for policy in self.policies}
        unfilled = {policy: document["causes"][policy] for policy in self.policies}
        causes = {cause: self.word("cause", cause) for cause in plots.CAUSES}
        minutes = self.text("minutes")
        drawn = {
            "plot_fill": plots.curves(filled, names, CURVE_MINUTES, minutes, self.text("plot_fill")),
            "plot_scene": plots.curves(on_scene, names, SCENE_MINUTES, minutes, self.text("plot_scene")),
            "plot_causes": plots.stacks(unfilled, names, causes, self.text("plot_causes")),
            "plot_people": plots.columns(people, names, self.text("plot_people")),
        }
        if per_seat:
            drawn["plot_offers"] = plots.bars(per_seat, names, self.text("plot_offers"))
        order = ("plot_fill", "plot_scene", "plot_offers", "plot_causes", "plot_people")
        return [{"title": self.text(name), "svg": Markup(drawn[name])} for name in order if name in drawn]

    def _maps(self) -> list[Json]:
        counties: Sequence[Polygonal] = maps.outlines(self.graph)
        seeds = len(self.document["seeds"]["done"])
        found = []
        for policy in self.policies:
            if policy == "clairvoyant":
                continue
            points = self.document["unserved"][policy]
            drawn = maps.unserved_map(
                self.graph, counties, points, plots.COLOURS[policy], seeds, self.names[policy]
            )
            empty = sum(seats for _, _, seats in points) / seeds
            found.append({"name": self.names[policy], "empty": f"{empty:.1f}", "svg": Markup(drawn)})
        return found

    def _variants(self) -> Json | None:
        variants = self.document["variants"]
        if len(variants) < 2:
            return None
        key = "zh" if self.language is Language.ZH else "en"
        rows = []
        for figure in FIGURES:
            cells = []
            for number, variant in enumerate(variants):
                each, effect = variant["figures"][figure], variant["effects"][figure]
                cells.append(
                    {
                        "mean": said(figure, each and each["mean"]),
                        "interval": interval(figure, each),
                        "difference": self._signed(figure, effect) if number and effect else "",
                        "verdict": effect["verdict"] if number and effect else "",
                    }
                )
            rows.append({"name": self.word("figure", figure), "cells": cells})
        return {"names": [variant["title"][key] for variant in variants], "rows": rows}
