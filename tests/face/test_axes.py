"""What `--set` says of several values, written out value by value; what it says of one stays one."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alvh.axes import MOST_CELLS, axis_of, check_size, parted, read_axis
from alvh.mistakes import RequestError
from alvh.runtime.axis import Axis, cells_of, count_cells, words_of


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("0.1,0.2", ["0.1", "0.2"]),
        ("1..5", ["1", "2", "3", "4", "5"]),
        ("-1..1", ["-1", "0", "1"]),
        ("3..3", ["3"]),
        ("0.1..0.5 by 0.1", ["0.1", "0.2", "0.3", "0.4", "0.5"]),
        ("1..10 by 4", ["1", "5", "9"]),
        ("0.20,0.30 delta", ["0.20 delta", "0.30 delta"]),
        ("0.20 delta, 0.30 delta", ["0.20 delta", "0.30 delta"]),
        ("0.20..0.30 by 0.05 delta", ["0.20 delta", "0.25 delta", "0.30 delta"]),
        ("10..30 by 10 days, 45", ["10 days", "20 days", "30 days", "45 days"]),
        ("4%..6%", ["4%", "5%", "6%"]),
        ("4..6 by 0.5%", ["4.0%", "4.5%", "5.0%", "5.5%", "6.0%"]),
        ("$1_000_000, $2_000_000", ["$1_000_000", "$2_000_000"]),
        ("$1_000..2_000 by 500", ["$1000", "$1500", "$2000"]),
        ("none,listed", ["none", "listed"]),
        ("next open, this close", ["next open", "this close"]),
        ("max(vix, 20) > 25, vix > 30", ["max(vix, 20) > 25", "vix > 30"]),
    ],
)
def test_lists_and_ranges(text: str, values: list[str]) -> None:
    axis = read_axis("a", text)
    assert axis is not None
    assert list(axis.values) == values


@pytest.mark.parametrize(
    "text",
    [
        "0.20 delta", "$1_000_000", "none", "next open", "1.5", "max(vix, 20) > 25", "vix in 10 .. 20", "vx(1) / vx(2) - 1",
        "diverges(spx, ad_line, 20 sessions)", "1..5..9", "low..high",
    ],
)  # fmt: skip
def test_one_value_stays_one_though_it_has_commas_and_dots(text: str) -> None:
    assert read_axis("a", text) is None


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("5..1", "is empty, for it ends below its start"),
        ("0.1..0.5", "needs a step, as in 0.1..0.5 by 0.1"),
        ("1..5 by 0", "must be above 0"),
        ("1..5 by -1", "must be above 0"),
        ("1..1_000_000", "has 1,000,000 values; at most 100,000 cells"),
        ("1,,2", "no value beside a comma"),
        ("1,2,", "no value beside a comma"),
        ("0.1,0.10", "0.10 stands there twice"),
        ("1,000,000", "000 stands there twice; a number has no comma in it: write 1_000"),
        ("none, none", "none stands there twice"),
        ("1 days..5 delta", "the units of the range '1 days..5 delta' differ"),
    ],
)
def test_what_is_no_list_is_refused_in_a_sentence(text: str, complaint: str) -> None:
    with pytest.raises(RequestError) as refused:
        read_axis("a", text)
    assert complaint in str(refused.value)
    assert str(refused.value).startswith("--set a: ")


def test_numbers_are_fractions_where_values_are_per_cent_and_absent_where_they_are_words() -> None:
    def numbers(text: str) -> tuple[float, ...] | None:
        axis = read_axis("a", text)
        assert axis is not None
        return axis.numbers

    assert numbers("4%,7.5%") == (0.04, 0.075)
    assert numbers("0.1..0.3 by 0.1") == (0.1, 0.2, 0.3)
    assert numbers("none,listed") is None
    assert numbers("5 days, 1 sessions") is None


@given(st.integers(-50, 50), st.integers(1, 40), st.integers(1, 30), st.integers(0, 3))
def test_a_range_takes_every_step_up_to_its_end(first: int, by: int, steps: int, digits: int) -> None:
    def written(value: int) -> str:
        return f"{Decimal(value).scaleb(-digits):f}"

    axis = read_axis("a", f"{written(first)}..{written(first + by * steps)} by {written(by)}")
    assert axis is not None
    assert [Decimal(value) for value in axis.values] == [Decimal(first + by * step).scaleb(-digits) for step in range(steps + 1)]


def test_values_from_python_are_read_alike() -> None:
    assert axis_of("a", [0.2, "0.3 delta"]).values == ("0.2 delta", "0.3 delta")
    with pytest.raises(RequestError, match="a has no value"):
        axis_of("a", [])


def test_the_last_axis_changes_fastest() -> None:
    axes = (Axis("a", ("1", "2")), Axis("b", ("x", "y", "z")))
    assert count_cells(axes) == 6
    cells = [words_of(axes, places) for places in cells_of(axes)]
    assert [(cell["a"], cell["b"]) for cell in cells] == [("1", "x"), ("1", "y"), ("1", "z"), ("2", "x"), ("2", "y"), ("2", "z")]


def test_axes_and_single_settings_are_parted() -> None:
    axes, single = parted({"a": "1..2", "costs": "none", "b": "3,4"})
    assert [axis.name for axis in axes] == ["a", "b"]
    assert single == {"costs": "none"}


def test_a_grid_has_a_greatest_size() -> None:
    thousand, hundred, two = (Axis("a", tuple(map(str, range(count)))) for count in (1_000, 100, 2))
    check_size((thousand, hundred))
    assert MOST_CELLS == 100_000
    with pytest.raises(RequestError, match=r"the grid has 200,000 cells \(1000 x 100 x 2\); at most 100,000"):
        check_size((thousand, hundred, two))
