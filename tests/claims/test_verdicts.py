"""Verdicts: inside, outside, across; and what roll phases do to them."""

from __future__ import annotations

import pytest

from alvh.compiler.read_claims import Region
from alvh.runtime.claims.intervals import Interval
from alvh.runtime.claims.verdicts import combine, judge

AT_LEAST = Region(low=0.35)
RANGE = Region(0.35, 0.40)
BELOW = Region(high=0.25, high_open=True)


@pytest.mark.parametrize(
    ("region", "low", "high", "verdict"),
    [
        (AT_LEAST, 0.36, 0.50, "supported"),
        (AT_LEAST, 0.35, 0.50, "supported"),
        (AT_LEAST, 0.30, 0.50, "undetermined"),
        (AT_LEAST, 0.10, 0.34, "refuted"),
        (RANGE, 0.36, 0.39, "supported"),
        (RANGE, 0.36, 0.50, "undetermined"),
        (RANGE, 0.41, 0.50, "refuted"),
        (RANGE, 0.10, 0.30, "refuted"),
        (RANGE, 0.10, 0.90, "undetermined"),
        (BELOW, 0.10, 0.24, "supported"),
        (BELOW, 0.10, 0.25, "undetermined"),
        (BELOW, 0.25, 0.30, "refuted"),
    ],
)
def test_an_interval_in_outside_and_across_the_region(region: Region, low: float, high: float, verdict: str) -> None:
    assert judge(region, (low + high) / 2.0, Interval(low, high, "bootstrap")) == verdict


def test_without_an_interval_the_figure_itself_decides() -> None:
    assert judge(RANGE, 0.37, None) == "supported"
    assert judge(RANGE, 0.41, None) == "refuted"


def test_a_figure_outside_its_own_interval_widens_it() -> None:
    assert judge(AT_LEAST, 0.30, Interval(0.36, 0.50, "bootstrap")) == "undetermined"


def test_no_figure_no_verdict() -> None:
    assert judge(RANGE, None, None) == "not evaluable"


def test_a_roll_phase_on_the_other_side_leaves_it_open() -> None:
    assert judge(AT_LEAST, 0.40, Interval(0.36, 0.50, "bootstrap"), (0.38, 0.20)) == "undetermined"
    assert judge(AT_LEAST, 0.20, Interval(0.10, 0.30, "bootstrap"), (0.40,)) == "undetermined"
    assert judge(AT_LEAST, 0.20, Interval(0.10, 0.30, "bootstrap"), (0.25, None)) == "refuted"


def test_of_several_parts_one_refutes_and_all_support() -> None:
    assert combine(["supported", "supported"]) == "supported"
    assert combine(["supported", "undetermined"]) == "undetermined"
    assert combine(["refuted", "not evaluable"]) == "refuted"
    assert combine(["supported", "not evaluable"]) == "not evaluable"
