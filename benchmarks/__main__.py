"""All benchmarks, or the named ones, one after the other, each in a process of its own; writes docs/benchmarks.md.

    VANGUARD_TEST_DATABASE_URL=postgresql://… python -m benchmarks [--quick] [--large] [--page] [NAME …]

Their output is shown as it comes. The page gets a table of all verdicts, a miss as a miss, and each whole output; the
words around it stay. With names, or `--quick`, which takes fewer and shorter rounds, the page is written only with
`--page`: it holds one run of everything. The database's server is to be idle otherwise, and so is the machine.
"""

import argparse
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

from benchmarks.page import Ran, figures, renewed

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
ALL: dict[str, tuple[str, ...]] = {
    "matching": (),
    "post": ("--rounds", "1"),
    "travel": ("--tasks", "6", "--rounds", "5"),
    "online": ("--seeds", "2"),
    "fanout": (),
    "checkins": ("--seconds", "3", "--rounds", "1"),
    "overlay": (),
    "coverage": ("--rounds", "2"),
    "ogc_features": (),
    "ogc_tiles": ("--tiles", "3", "--rounds", "3"),
    "console": (),
}
"""By name, what makes it quick."""
LARGE = {"overlay": ("--large",)}
"""By name, what makes it larger: some minutes more."""


def there(name: str) -> bool:
    """Whether a benchmark is here."""
    return (Path(__file__).parent / f"{name}.py").exists()


def run(name: str, quick: bool, large: bool) -> Ran:
    """Run one, with its output shown as it comes."""
    more = (ALL[name] if quick else ()) + (LARGE.get(name, ()) if large else ())
    began, lines = perf_counter(), []
    print(f"\n## {name} {' '.join(more)}".rstrip(), flush=True)
    with subprocess.Popen(
        [sys.executable, "-u", "-m", f"benchmarks.{name}", *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    return Ran(name, "".join(lines), process.returncode, perf_counter() - began)


def where() -> str:
    """The machine, the date and the versions."""
    cores = len(os.sched_getaffinity(0))
    packages = ", ".join(
        f"{name} {version(name)}"
        for name in ("fastapi", "sqlalchemy", "asyncpg", "numpy", "scipy", "ortools", "shapely")
    )
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {cores} cores ({platform.machine()}, {model()}), {platform.system()}"
        f" {platform.release()}, Python {platform.python_version()}; {packages}."
        " PostgreSQL's version is in the outputs."
    )


def model() -> str:
    """The processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return "unknown processor"
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "unknown processor")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    known = [name for name in ALL if there(name)]
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(known))
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--large", action="store_true", help="the overlay of 100,000 grids too")
    parser.add_argument("--page", action=argparse.BooleanOptionalAction, help="write docs/benchmarks.md")
    given = parser.parse_args()
    if unknown := [name for name in given.names if name not in known]:
        parser.error(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(known)}")
    if not os.environ.get("VANGUARD_TEST_DATABASE_URL"):
        sys.exit("VANGUARD_TEST_DATABASE_URL is not set: it names a superuser of a PostgreSQL with PostGIS.")
    ran = [run(name, given.quick, given.large) for name in given.names or known]
    writes = given.page if given.page is not None else not (given.names or given.quick)
    if writes:
        PAGE.write_text(renewed(PAGE.read_text("utf-8"), figures(ran, where())), "utf-8")
        print(f"\n{PAGE.name} is written.")
    missed = [verdict for each in ran for verdict in each.verdicts if verdict.kept is False]
    broken = [each.name for each in ran if each.code != 0]
    print(
        f"\n{len(missed)} targets missed" + (f"; not run to the end: {', '.join(broken)}" if broken else "")
    )
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
