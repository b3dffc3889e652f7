"""What a run of the benchmarks puts on its page."""

import pytest

from benchmarks.measure import verdict
from benchmarks.page import BEGIN, END, Ran, Verdict, figures, renewed, verdicts_in


def test_what_a_verdict_prints_is_read_back(capsys) -> None:
    verdict("a: b ÷ c, at most twice", 1.234, most=2)
    verdict("d ÷ e", 0.5, least=0.97)
    verdict("f ÷ g", 3, most=3, least=2)
    verdict("h ÷ i", 225.05)
    print("  = no verdict: 1.0")
    assert verdicts_in(capsys.readouterr().out.splitlines()) == [
        Verdict("a: b ÷ c, at most twice", "1.23", "at most 2", True),
        Verdict("d ÷ e", "0.50", "at least 0.97", False),
        Verdict("f ÷ g", "3.00", "at most 3, at least 2", True),
        Verdict("h ÷ i", "225.05", None, None),
    ]


def test_a_miss_is_shown_as_a_miss_and_a_benchmark_that_broke_as_one() -> None:
    ran = [
        Ran("one", "title\n= a | b: 2.00  (at most 1: NO)\n= c: 7.00\n", 0, 3.4),
        Ran("two", "Traceback\n", 1, 0.2),
    ]
    part = figures(ran, "Here, today.")
    assert part.startswith("Here, today.\n\n| benchmark |")
    assert "| one | a \\| b | 2.00 | at most 1 | **no** |" in part
    assert "| one | c | 7.00 | published |  |" in part
    assert "| two | did not run to its end (exit 1) | | | **no** |" in part
    assert (
        "### one\n\n`python -m benchmarks.one`, 3 s\n\n```text\ntitle\n= a | b: 2.00  (at most 1: NO)\n"
        in part
    )


def test_only_what_stands_between_the_two_lines_is_written_anew() -> None:
    page = f"# Words\n\n{BEGIN}\nold\n{END}\n\nMore words.\n"
    assert renewed(page, "new") == f"# Words\n\n{BEGIN}\n\nnew\n\n{END}\n\nMore words.\n"
    assert renewed(renewed(page, "new"), "newer") == renewed(page, "newer")
    with pytest.raises(ValueError, match="not in the page"):
        renewed("# Words\n", "new")
