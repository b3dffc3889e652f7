"""What docs/benchmarks.md shows of a run: every verdict in a table, then each benchmark's whole output. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
"""What stands between these lines is written anew with each run."""
VERDICT = re.compile(
    r"^= (?P<what>.+): (?P<ratio>-?[\d.]+|nan|inf)(?:  \((?P<target>.+): (?P<kept>yes|NO)\))?$"
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A line of `measure.verdict`, read back."""

    what: str
    ratio: str
    target: str | None
    """None: published as it is."""
    kept: bool | None


@dataclass(frozen=True, slots=True)
class Ran:
    """A benchmark's output, and how it ended."""

    name: str
    output: str
    code: int
    seconds: float

    @property
    def verdicts(self) -> list[Verdict]:
        """In their order."""
        return verdicts_in(self.output.splitlines())


def verdicts_in(lines: Iterable[str]) -> list[Verdict]:
    """The verdicts among the lines of an output."""
    found = []
    for line in lines:
        if (read := VERDICT.match(line.rstrip())) is not None:
            kept = None if read["kept"] is None else read["kept"] == "yes"
            found.append(Verdict(read["what"], read["ratio"], read["target"], kept))
    return found


def figures(ran: Sequence[Ran], where: str) -> str:
    """The part of the page that a run writes; `where` says on what and when."""
    lines = [where, "", "| benchmark | ratio | measured | target | met |", "|---|---|---|---|---|"]
    for each in ran:
        for verdict in each.verdicts:
            met = {None: "", True: "yes", False: "**no**"}[verdict.kept]
            what = verdict.what.replace("|", "\\|")
            lines.append(
                f"| {each.name} | {what} | {verdict.ratio} | {verdict.target or 'published'} | {met} |"
            )
        if each.code != 0:
            lines.append(f"| {each.name} | did not run to its end (exit {each.code}) | | | **no** |")
    for each in ran:
        lines += ["", f"### {each.name}", "", f"`python -m benchmarks.{each.name}`, {each.seconds:.0f} s", ""]
        lines += ["```text", *(line.rstrip() for line in each.output.strip().splitlines()), "```"]
    return "\n".join(lines)


def renewed(page: str, part: str) -> str:
    """The page with that part between its two lines. ValueError where they are not there."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the lines {BEGIN} and {END} are not in the page, in this order")
    return f"{before}{begin}\n\n{part}\n\n{end}{after}"
