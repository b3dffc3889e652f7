"""The files of tasks and workers that arrive."""

import pytest

from benchmarks.online import first_come, matched, offline, online
from benchmarks.streams import Arrival, BadLines, made_up, parse


def test_lines_with_comments_and_gaps_are_read() -> None:
    lines = ["# x y t deadline", "", "1 2 3 4", "\t-1.5\t2e3  0 0 # here", "   "]
    assert parse(lines, "tasks.txt") == [Arrival(1, 2, 3, 4), Arrival(-1.5, 2000, 0, 0)]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("1 2 3", "3 fields, and not the four `x y t deadline`"),
        ("1 2 3 4 5", "5 fields, and not the four `x y t deadline`"),
        ("1 two 3 4", "y is 'two', which is not a number"),
        ("1 2 nan 4", "t is 'nan', which is not a finite number"),
        ("1 2 3 inf", "deadline is 'inf', which is not a finite number"),
        ("1 2 5 4", "the deadline 4 is before t, 5"),
    ],
)
def test_a_bad_line_is_named_with_its_number_and_what_is_wrong(line: str, fault: str) -> None:
    with pytest.raises(BadLines) as error:
        parse(["0 0 0 1", line, "0 0 0 1"], "tasks.txt")
    assert str(error.value) == f"tasks.txt, line 2: {fault}"


def test_all_bad_lines_are_named_up_to_a_bound() -> None:
    with pytest.raises(BadLines) as error:
        parse(["0"] * 30, "workers.txt")
    named = str(error.value).splitlines()
    assert named[0].startswith("workers.txt, line 1: 1 fields")
    assert named[-1] == "and 10 more"
    assert len(named) == 21


def test_a_file_without_a_line_is_refused() -> None:
    with pytest.raises(BadLines, match=r"tasks\.txt: there is no line"):
        parse(["# nothing"], "tasks.txt")


def test_a_stream_is_the_same_by_its_seed() -> None:
    assert made_up(1, 30) == made_up(1, 30) != made_up(2, 30)


def test_batches_serve_what_first_come_loses_and_the_optimum_serves_all() -> None:
    # The first task takes the only worker whom the second could reach in time, unless both are looked at together.
    tasks = [Arrival(0, 0, 0, 10), Arrival(3, 0, 0, 2.5)]
    workers = [Arrival(1, 0, 0, 100), Arrival(-5, 0, 0, 100)]
    assert offline(tasks, workers, 1) == 2
    assert online(tasks, workers, 1, 1, matched) == (2, 7.0)
    assert online(tasks, workers, 1, 1, first_come).tasks == 1
    assert offline(tasks, workers, 0.05) == 0
