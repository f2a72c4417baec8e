"""Cboe's `*_History.csv` files as users download them."""

from __future__ import annotations

import numpy as np
from made_market import MadeMarket


def american(date: str) -> str:
    year, month, day = date.split("-")
    return f"{month}/{day}/{year}"


def in_cboe_layout(lines: list[str]) -> list[str]:
    return [lines[0].upper(), *(f"{american(line.split(',', 1)[0])},{line.split(',', 1)[1]}" for line in lines[1:])]


def test_downloads_are_read_as_they_come(made: MadeMarket) -> None:
    plain = made.open().arrays(None, None)
    made.write("VIX_History.csv", in_cboe_layout(made.lines("vix.csv")))
    made.write("VVIX_History.csv", ["DATE,VVIX", *(f"{american(date)},{90 + index % 7}" for index, date in enumerate(made.dates))])
    made.write("SKEW_History.csv", ["DATE,SKEW", *(f"{american(date)},{130 + index % 5}" for index, date in enumerate(made.dates))])
    made.series["vix"] = 'file = "VIX_History.csv"'
    made.series["vvix"] = 'file = "VVIX_History.csv"'
    made.series["skew"] = 'file = "SKEW_History.csv"'
    arrays = made.open().arrays(None, None)
    for name in ("vix", "vix.open", "vix.high", "vix.low"):
        row = arrays.series.index(name)
        assert np.array_equal(arrays.values[:, row], plain.values[:, row]), name
    assert arrays.values[:8, arrays.series.index("vvix"), 0].tolist() == [90, 91, 92, 93, 94, 95, 96, 90]
    assert arrays.values[1, arrays.series.index("skew"), 0] == 131


def test_american_dates_elsewhere_are_not_guessed(made: MadeMarket) -> None:
    lines = in_cboe_layout(made.lines("vix.csv"))
    made.write("vix.csv", [lines[0].lower(), *lines[1:]])
    problem = made.problem()
    assert problem.row == 2
    assert 'date_format = "%m/%d/%Y"' in problem.hint
    made.series["vix"] = 'file = "vix.csv"\ndate_format = "%m/%d/%Y"'
    assert made.open().arrays(None, None).last == len(made.dates) - 1
