"""What models put on the bars of a market that lacks series: the formulas of quant.md 3, written out bar by bar."""

from __future__ import annotations

import math

import numpy as np
import pytest
from made_market import SESSIONS, MadeMarket

from alvh.runtime.market import MODELLED, OBSERVED, Floats, MarketArrays
from alvh.runtime.markets.check_data import check_data
from alvh.runtime.markets.complete_curve import CurveState, complete_curve
from alvh.runtime.pricing.futures_curve import convexity_bound, model_future_vix_only


def row(arrays: MarketArrays, name: str) -> Floats:
    return arrays.values[:, arrays.series.index(name), 0]


def slow_average(log_vix: Floats, half_life: float) -> Floats:
    averages = [float(log_vix[0])]
    for value in log_vix[1:].tolist():
        averages.append(averages[-1] * 0.5 ** (1.0 / half_life) + value * (1.0 - 0.5 ** (1.0 / half_life)))
    return np.array(averages)


def test_vix_alone_brings_the_whole_family(made: MadeMarket) -> None:
    arrays = made.open().arrays(None, None)
    vix = row(arrays, "vix")
    x, m = np.log(vix), slow_average(np.log(vix), 63.0)
    vix3m = vix * np.exp(0.1106 - 0.2986 * (x - m) - 0.0547 * (m - math.log(18.0)))
    assert np.allclose(row(arrays, "vix3m"), vix3m, rtol=1e-10)
    assert np.allclose(row(arrays, "vix9d"), vix * np.exp(0.041 - 0.87 * np.log(vix3m / vix) - 0.023 * (m - math.log(18.0))), rtol=1e-10)
    assert np.allclose(
        row(arrays, "vix6m"), vix3m * np.exp(0.0207 + 0.5075 * np.log(vix3m / vix) - 0.0308 * (m - math.log(18.0))), rtol=1e-10
    )
    assert np.allclose(row(arrays, "vvix"), np.exp(4.525 + 0.032 * (x - math.log(18.0)) + 0.356 * (x - m)), rtol=1e-10)
    assert (row(arrays, "skew") == 122.0).all()


def test_without_a_real_vix3m_the_curve_is_that_of_the_vix_alone(made: MadeMarket) -> None:
    """Curve B, capped at the forward variance of the surface. A VIX3M that is itself a model must not pass for an observation."""
    arrays = made.open().arrays(None, None)
    vix = row(arrays, "vix")
    slow = slow_average(np.log(vix), 63.0)
    monthly = arrays.vix.settle_day[arrays.vix.monthly == 1]
    nodes = [row(arrays, name) for name in ("spx_w9", "spx_w30", "spx_w93", "spx_w184", "spx_w365")]
    under_the_bound = 0
    for rank in range(9):
        days = (monthly[arrays.vx_front + rank] - arrays.sessions[:SESSIONS]).astype(np.float64)
        curve = model_future_vix_only(days, vix, slow)
        bound = convexity_bound(days, (nodes[0], nodes[1], nodes[2], nodes[3], nodes[4]))
        assert np.allclose(row(arrays, f"vx{rank + 1}"), np.minimum(curve, bound), rtol=1e-10)
        under_the_bound += int((curve < bound).sum())
    assert under_the_bound > 1000


@pytest.mark.parametrize(("series", "memory", "level"), [("vvix", 0.97226, 120.0), ("vix3m", 0.928, 40.0)])
def test_in_a_gap_the_last_residual_fades(made: MadeMarket, series: str, memory: float, level: float) -> None:
    alone = row(made.open().arrays(None, None), series)
    gap = range(100, 112)
    made.series[series] = f'file = "{series}.csv"\nallow = {{ missing_sessions = {len(gap)} }}'
    made.write(f"{series}.csv", [f"date,{series}", *(f"{date},{level}" for i, date in enumerate(made.dates) if i not in gap)])
    arrays = made.open().arrays(None, None)
    residual = math.log(level / alone[gap[0] - 1])
    for after, bar in enumerate(gap, start=1):
        assert math.isclose(row(arrays, series)[bar], alone[bar] * math.exp(residual * memory**after), rel_tol=1e-9)
    provenance = arrays.provenance[:, arrays.series.index(series)]
    assert (np.flatnonzero(provenance == MODELLED) == list(gap)).all()
    assert (provenance[[99, 112]] == OBSERVED).all()


def test_a_curve_goes_on_from_a_settlement_above_the_bound_without_rising() -> None:
    """A settlement above the convexity bound is a print and stays; what is modelled beyond it neither rises above it nor drops."""
    one = np.array([[16.0]])
    flat = tuple(np.array([[(0.16) ** 2 * days / 365.0]]) for days in (9.0, 30.0, 93.0, 184.0, 365.0))
    state = CurveState(one, np.array([[17.0]]), np.log(one), np.log(one), (flat[0], flat[1], flat[2], flat[3], flat[4]))
    settlements = np.full((1, 9, 1), np.nan)
    settlements[0, 0, 0] = 21.0
    days = 20 + 30 * np.arange(9)[None, :]
    curve = complete_curve(settlements, days, state, may_model=True)
    prices = curve.prices[0, :, 0]
    assert prices[0] == 21.0
    assert not curve.modelled[0, 0, 0]
    assert curve.modelled[0, 1:, 0].all()
    assert np.allclose(prices[1:], 21.0, rtol=1e-12)


def test_a_publication_is_known_as_long_as_it_is_carried(made: MadeMarket) -> None:
    """Published on Tuesday 2019-03-12, two days after its date; carried for seven days, so until Tuesday the 19th."""
    made.rest = '[inputs.survey]\nfile = "survey.csv"\nlag = "2 days"\ncarried = "7 days"\nallow = { ends_early = 1 }\n'
    made.write("survey.csv", ["date,close", "2019-03-10,5"])
    arrays = made.open().arrays(None, None, ("survey",))
    known = arrays.sessions[: arrays.last + 1][~np.isnan(row(arrays, "survey"))]
    assert [str(day) for day in known.astype("datetime64[D]")] == [f"2019-03-{day}" for day in (12, 13, 14, 15, 18, 19)]


def test_an_odd_total_is_judged_by_the_rows_before_it_alone(made: MadeMarket) -> None:
    """Totals alternate so that the median of the 21 rows before is 1000 and, with row 21 among them, would be 1400."""
    totals = [1000 if i % 2 else 1400 for i in range(SESSIONS)]
    made.rest = '[inputs.ad_line]\nfile = "breadth.csv"\ncumulate = true\ntotal_within = 0.3\nallow = { odd_total = 300 }\n'
    made.write("breadth.csv", ["date,plus,minus", *(f"{date},{total - 100},100" for date, total in zip(made.dates, totals, strict=True))])
    known = ~np.isnan(row(made.open().arrays(None, None, ("ad_line",)), "ad_line"))
    for i in range(SESSIONS):
        usual = float(np.median(totals[i - 21 : i])) if i >= 21 else math.nan
        assert known[i] == (not abs(totals[i] / usual - 1.0) > 0.3)
    assert not known[21:].all()


def test_stale_opens_are_counted_in_the_report(made: MadeMarket) -> None:
    """An open is stale when it equals the close before, not the open before."""

    def with_stale_opens(lines: list[str]) -> list[str]:
        cells = [line.split(",") for line in lines]
        for i in (40, 80, 120):
            cells[i] = [cells[i][0], cells[i - 1][4], "9999", "99", cells[i][4]]
        return [",".join(line) for line in cells]

    before = {entry.series: entry.stale for entry in check_data(made.open()).series}
    made.edit("spx.csv", with_stale_opens)
    after = {entry.series: entry.stale for entry in check_data(made.open()).series}
    assert after["spx.open"] == before["spx.open"] + 3
