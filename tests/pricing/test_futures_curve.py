"""The curve models: their ends, their bound (invariants 10 and 12), and their distance from real settlements."""

from __future__ import annotations

import csv
import datetime
import math
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alvh.runtime.market import Floats
from alvh.runtime.pricing.futures_curve import (
    convexity_bound,
    interpolate_log,
    model_future,
    model_future_vix_only,
    model_future_with_vix3m,
)
from alvh.runtime.pricing.spx_surface import surface_nodes

DATA = Path(os.environ.get("ALVH_DATA", Path(__file__).parents[2] / "../shared/data"))
levels = st.floats(9.0, 90.0)


@given(levels, levels, levels, levels)
def test_both_curves_start_at_the_vix(vix, vix3m, slow63, slow126):
    for third in (vix3m, math.nan):
        today = model_future(np.array(0.0), np.array(vix), np.array(third), np.log(slow63), np.log(slow126))
        assert math.isclose(float(today), vix, rel_tol=1e-12)


def test_vix3m_decides_which_curve_serves():
    days, vix, vix3m = np.array(60.0), np.array([16.0, 16.0]), np.array([18.0, np.nan])
    slow = np.log(np.array([17.0, 17.0]))
    both = model_future(days, vix, vix3m, slow, slow)
    assert both[0] == model_future_with_vix3m(days, vix, vix3m, slow)[0]
    assert both[1] == model_future_vix_only(days, vix, slow)[1]


def test_far_out_the_curves_revert():
    far = np.array(365.0 * 400.0)
    sixteen = np.array(16.0)
    assert math.isclose(float(model_future_vix_only(far, sixteen, np.log(30.0))), math.exp(2.971), rel_tol=1e-6)


@given(levels, st.floats(0.0, 250.0))
def test_a_flat_family_bounds_the_future_by_itself(vix, days):
    node = np.array([vix])
    nodes = tuple(np.array([(vix / 100.0) ** 2 * until / 365.0]) for until in (9.0, 30.0, 93.0, 184.0, 365.0))
    assert math.isclose(float(convexity_bound(np.array([days]), nodes)[0]), float(node[0]), rel_tol=1e-9)


@given(levels, st.floats(0.7, 1.4), st.floats(0.7, 1.4), st.floats(0.7, 1.4), st.floats(0.0, 500.0))
def test_the_bound_is_the_forward_volatility(vix, ratio9d, ratio3m, ratio6m, days):
    nodes = surface_nodes(*(np.array([vix * ratio]) for ratio in (ratio9d, 1.0, ratio3m, ratio6m)), np.log([vix]))
    knots = np.array([0.0, 9.0, 30.0, 93.0, 184.0, 365.0])
    variances = np.array([0.0, *(float(node[0]) for node in nodes)])

    def variance(until: float) -> float:
        if until <= 365.0:
            return float(np.interp(until, knots, variances))
        return float(variances[5] + (until - 365.0) * (variances[5] - variances[4]) / 181.0)

    wanted = 100.0 * math.sqrt(max(variance(days + 30.0) - variance(days), 0.0) * 365.0 / 30.0)
    assert math.isclose(float(convexity_bound(np.array([days]), nodes)[0]), wanted, rel_tol=1e-6, abs_tol=1e-5)


@given(levels, levels, st.floats(0.0, 40.0), st.floats(0.5, 60.0), st.floats(0.0, 1.0))
def test_between_knots_the_logarithm_is_linear(f0, f1, t0, length, share):
    t = t0 + share * length
    wanted = math.exp(float(np.interp(t, [t0, t0 + length], [math.log(f0), math.log(f1)])))
    assert math.isclose(interpolate_log(f0, t0, f1, t0 + length, t), wanted, rel_tol=1e-11)
    assert interpolate_log(f0, t0, f1, t0 + length, t0) == f0


def test_one_day_for_both_knots_is_unknown():
    assert math.isnan(interpolate_log(15.0, 30.0, 16.0, 30.0, 30.0))


def column(name: str, field: str = "close") -> dict[str, float]:
    with (DATA / "market" / name).open() as file:
        return {row["date"]: float(row[field]) for row in csv.DictReader(file) if row[field]}


@pytest.mark.skipif(not (DATA / "market").is_dir(), reason="no market data: set ALVH_DATA")
def test_distance_from_real_settlements():
    """quant.md 3.2: root mean square errors of the first five futures in points, from 2007-04 (curve B) and from 2009-09-18 (D) to 2021."""
    vix, vix3m = column("vix_ohlc.csv"), column("vix3m_ohlc.csv")
    slow63, slow126 = {}, {}
    short = long = math.log(next(iter(vix.values())))
    for date, level in vix.items():
        short += (1.0 - 2.0 ** (-1.0 / 63.0)) * (math.log(level) - short)
        long += (1.0 - 2.0 ** (-1.0 / 126.0)) * (math.log(level) - long)
        slow63[date], slow126[date] = short, long
    with (DATA / "market" / "vx_futures_monthly_long.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["is_final"] == "0" and row["settle"] and row["date"] in vix]

    def errors(rank: int, since: str, model: Callable[[Floats, list[str]], Floats]) -> float:
        own = [row for row in rows if row["rank"] == str(rank) and row["date"] >= since]
        dates = [row["date"] for row in own]
        days = np.array([date_number(row["expiry"]) - date_number(row["date"]) for row in own], dtype=np.float64)
        misses = model(days, dates) - np.array([float(row["settle"]) for row in own])
        assert len(misses) > 2900
        return math.sqrt(float(np.mean(misses**2)))

    def values(of: dict[str, float], dates: list[str]) -> Floats:
        return np.array([of.get(date, math.nan) for date in dates])

    def curve_b(days: Floats, dates: list[str]) -> Floats:
        return model_future_vix_only(days, values(vix, dates), values(slow63, dates))

    def curve_d(days: Floats, dates: list[str]) -> Floats:
        return model_future_with_vix3m(days, values(vix, dates), values(vix3m, dates), values(slow126, dates))

    for curve, since, published in (
        (curve_b, "2007-04-02", (1.19, 1.60, 1.62, 1.62, 1.72)),
        (curve_d, "2009-09-18", (0.85, 1.00, 0.87, 0.86, 0.98)),
    ):
        for rank, error in enumerate(published, start=1):
            assert errors(rank, since, curve) == pytest.approx(error, abs=0.011), (curve.__name__, rank)


def date_number(text: str) -> int:
    return datetime.date.fromisoformat(text).toordinal()
