"""How measured ratios are told."""

from __future__ import annotations

import pytest

from benchmarks.__main__ import replaced
from benchmarks.cost_curves import Curve, Point, rows_of
from benchmarks.interleaved import REPOSITORY, Missing, Ratio, amount, markdown, table


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(0.0123, "s", "12.3 ms"), (2e-10, "s", "0.2 ns"), (1.5, "s", "1.5 s"), (1.2e8, "B", "120 MB"), (4.03e7, "instructions", "40.3 M")],
)
def test_amounts_have_three_digits_and_a_unit(value: float, unit: str, text: str) -> None:
    assert amount(value, unit) == text


def test_goals_say_whether_they_are_missed() -> None:
    assert Ratio("a", 3.0, "b", 2.0, 1.5).goal == "at most 1.5"
    assert Ratio("a", 3.1, "b", 2.0, 1.5).goal == "at most 1.5 (missed)"
    assert Ratio("a", 10.0, "b", 2.0, least=5.0).goal == "at least 5"
    assert Ratio("a", 9.0, "b", 2.0, least=5.0).goal == "at least 5 (missed)"
    assert Ratio("a", 9.0, "b", 2.0).goal == ""


def test_what_is_missing_stands_in_the_table() -> None:
    rows = [Ratio("run", 0.9, "import numba", 0.3, 4.0), Missing("vectorbt", "not installed")]
    assert markdown(rows).splitlines()[2:] == [
        "| run | 900 ms | import numba | 300 ms | 3.00 | at most 4 |",
        "| vectorbt | - | not installed | | | |",
    ]
    assert table(rows).splitlines()[2].split(maxsplit=2) == ["vectorbt", "-", "not installed"]


def test_only_what_stands_between_the_marks_is_replaced() -> None:
    page = "# Speed\nwhy\n<!-- measured: begin -->\nold\n<!-- measured: end -->\nafter\n"
    assert replaced(page, "new") == "# Speed\nwhy\n<!-- measured: begin -->\nnew\n<!-- measured: end -->\nafter\n"
    with pytest.raises(ValueError, match="the page lacks"):
        replaced("# Speed\n", "new")


def test_the_page_has_its_marks() -> None:
    assert "new" in replaced((REPOSITORY / "docs" / "performance.md").read_text(encoding="utf-8"), "new")


def test_a_curve_that_bends_upwards_misses_its_goals() -> None:
    """From 4 to 8 one more costs 6 s, from 2 to 8 on average 26 / 6 s; memory grows by 5 MB for each."""
    points = tuple(Point(size, seconds, memory) for size, seconds, memory in ((2, 1.0, 100e6), (4, 3.0, 110e6), (8, 27.0, 130e6)))
    time, time_of_one, memory, memory_of_one = rows_of(Curve("paths", points))
    assert isinstance(time, Ratio)
    assert (time.ratio, time.goal) == (27.0, "at most 4 (missed)")
    assert isinstance(time_of_one, Ratio)
    assert (round(time_of_one.ratio, 3), time_of_one.goal) == (1.385, "at most 1.33 (missed)")
    assert isinstance(memory, Ratio)
    assert (memory.ratio, memory.goal) == (1.3, "at most 4")
    assert isinstance(memory_of_one, Ratio)
    assert (memory_of_one.ratio, memory_of_one.goal) == (1.0, "at most 1.33")


def test_a_flat_curve_is_not_asked_where_it_bends() -> None:
    points = tuple(Point(size, seconds, 1e8) for size, seconds in ((2, 1.0), (4, 1.0), (8, 1.05)))
    assert [row.name for row in rows_of(Curve("days", points))] == ["time, 8 days", "memory, 8 days"]
