"""The metrics of many paths at once are those of each path alone, also where figures are undefined."""

from __future__ import annotations

import math

import numpy as np
import pytest
from attrs import astuple
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays as drawn

from alvh.runtime.metrics import measure
from alvh.runtime.paths.measure_paths import METRICS, measure_paths

CAPITAL = 1_000.0


def one_by_one(equity: np.ndarray, trades: np.ndarray, hedge: np.ndarray | None) -> np.ndarray:
    found = [
        astuple(measure(row, CAPITAL, int(count), None if hedge is None else float(hedge[path])))
        for path, (row, count) in enumerate(zip(equity, trades, strict=True))
    ]
    return np.array([[math.nan if value is None else value for value in row] for row in found])


@given(
    st.tuples(st.integers(1, 5), st.integers(1, 70)).flatmap(
        lambda shape: drawn(np.int64, shape, elements=st.integers(-50_000, 500_000)).map(lambda cents: cents / 100.0)
    ),
    st.booleans(),
)
def test_each_row_is_what_one_run_says(equity: np.ndarray, has_hedge: bool) -> None:
    trades = np.arange(len(equity), dtype=float)
    hedge = 7.0 - 40.0 * trades if has_hedge else None
    expected = one_by_one(equity, trades, hedge)
    found = measure_paths(equity, CAPITAL, trades, hedge)
    assert np.allclose(found, expected, rtol=1e-12, atol=1e-15, equal_nan=True)


def test_figures_by_pencil() -> None:
    """1,000 goes to 1,100, then to 880: +10 % and -20 %; the second path stands still; the third is ruined."""
    equity = np.array([[1_100.0, 880.0], [1_000.0, 1_000.0], [500.0, -1.0]])
    found = measure_paths(equity, CAPITAL, np.array([3.0, 0.0, 1.0]), np.array([-99.0, 0.0, 0.0]))
    figures = dict(zip(METRICS, found.T.tolist(), strict=True))
    deviation = math.sqrt((0.15**2 + 0.15**2) / 1)  # about the mean of -5 %, one degree of freedom
    assert figures["cagr"][0] == pytest.approx(0.88 ** (252 / 2) - 1.0)
    assert figures["volatility"][0] == pytest.approx(deviation * math.sqrt(252.0))
    assert figures["sharpe"][0] == pytest.approx(-0.05 / deviation * math.sqrt(252.0))
    assert figures["sortino"][0] == pytest.approx(-0.05 * 252.0 / (math.sqrt(0.2**2 / 2) * math.sqrt(252.0)))
    assert figures["max_drawdown"][0] == pytest.approx(-0.2)
    assert figures["cvar_95"][0] == pytest.approx(-0.2)
    assert figures["hedge_cost"][0] == pytest.approx(99.0 / 990.0 / (2 / 252))
    assert [figures[name][1] for name in ("cagr", "volatility", "max_drawdown", "hedge_cost")] == [0.0, 0.0, 0.0, 0.0]
    assert math.isnan(figures["sharpe"][1])
    assert math.isnan(figures["sortino"][1])
    assert all(math.isnan(figures[name][2]) for name in ("cagr", "volatility", "sharpe", "sortino", "cvar_95"))
    assert (figures["max_drawdown"][2], figures["final_equity"][2], figures["trades"][2]) == (-1.001, -1.0, 1.0)
