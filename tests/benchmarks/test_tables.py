"""How measured ratios are told."""

from __future__ import annotations

import pytest

from benchmarks.interleaved import Missing, Ratio, amount, markdown, table


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
