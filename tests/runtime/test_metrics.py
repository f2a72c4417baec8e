"""Metrics against empyrical-reloaded, and at the edges where empyrical answers NaN."""

from __future__ import annotations

import math

import empyrical
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alvh.runtime.metrics import annual_growth, daily_returns, drawdown_reduction, drawdowns, measure

CAPITAL = 1_000_000.0

equities = st.lists(st.floats(-0.3, 0.3), min_size=2, max_size=400).map(lambda returns: CAPITAL * np.cumprod(1.0 + np.array(returns)))


def near(measured: float | None, judge: float) -> bool:
    if measured is None:
        return math.isnan(judge) or math.isinf(judge)
    return measured == pytest.approx(judge, rel=1e-10, abs=1e-10)


@given(equities)
def test_figures_equal_empyrical(equity: np.ndarray) -> None:
    metrics = measure(equity, CAPITAL, trades=3, hedge_profit=None)
    returns = pd.Series(equity / np.concatenate(([CAPITAL], equity[:-1])) - 1.0)
    assert near(metrics.cagr, empyrical.cagr(returns))
    assert near(metrics.volatility, empyrical.annual_volatility(returns))
    assert near(metrics.max_drawdown, empyrical.max_drawdown(returns))
    assert near(metrics.cvar_95, empyrical.conditional_value_at_risk(returns))
    if metrics.sharpe is not None and abs(metrics.sharpe) < 1e6:
        assert near(metrics.sharpe, empyrical.sharpe_ratio(returns))
    if metrics.sortino is not None and abs(metrics.sortino) < 1e6:
        assert near(metrics.sortino, empyrical.sortino_ratio(returns))


def test_a_long_run_equals_empyrical() -> None:
    returns = np.random.default_rng(7).normal(0.0003, 0.01, 5000)
    metrics = measure(CAPITAL * np.cumprod(1.0 + returns), CAPITAL, trades=0, hedge_profit=None)
    assert metrics.sharpe == pytest.approx(empyrical.sharpe_ratio(returns), abs=1e-10)
    assert metrics.sortino == pytest.approx(empyrical.sortino_ratio(returns), abs=1e-10)
    assert metrics.cagr == pytest.approx(empyrical.cagr(returns), abs=1e-10)


def test_growth_beyond_what_a_float_holds_is_undefined() -> None:
    # 1000 times in a day, 252 days a year: 1e756; 10 times, 1e252, is still a number.
    assert measure(CAPITAL * np.array([1e3]), CAPITAL, trades=0, hedge_profit=None).cagr is None
    assert measure(CAPITAL * np.array([10.0]), CAPITAL, trades=0, hedge_profit=None).cagr == pytest.approx(1e252)
    assert annual_growth(np.full(400, 9.0)) is None  # 10 times a day for 400 days: 1e400


@given(equities, st.floats(1e-3, 1e3))
def test_drawdown_does_not_depend_on_scale(equity: np.ndarray, scale: float) -> None:
    assert drawdowns(scale * equity, scale * CAPITAL).min() == pytest.approx(drawdowns(equity, CAPITAL).min(), abs=1e-12)


def test_a_rising_equity_has_no_drawdown_and_no_sortino() -> None:
    metrics = measure(CAPITAL * np.array([1.0, 1.1, 1.3]), CAPITAL, trades=0, hedge_profit=0.0)
    assert metrics.max_drawdown == 0.0
    assert metrics.sortino is None
    assert math.copysign(1.0, metrics.hedge_cost or 0.0) == 1.0


def test_entry_costs_count_as_a_loss_of_the_first_day() -> None:
    assert daily_returns(np.array([990.0, 990.0]), 1000.0).tolist() == pytest.approx([-0.01, 0.0])
    assert drawdowns(np.array([990.0, 995.0]), 1000.0).tolist() == pytest.approx([-0.01, -0.005])


def test_an_account_that_is_lost_has_a_drawdown_and_no_returns() -> None:
    metrics = measure(np.array([900.0, -50.0, 100.0]), 1000.0, trades=1, hedge_profit=-10.0)
    assert metrics.max_drawdown == pytest.approx(-1.05)
    assert (metrics.cagr, metrics.volatility, metrics.sharpe, metrics.sortino, metrics.cvar_95) == (None,) * 5


def test_one_bar_is_too_short_for_ratios() -> None:
    metrics = measure(np.array([1000.0]), 1000.0, trades=0, hedge_profit=None)
    assert (metrics.cagr, metrics.volatility, metrics.sharpe, metrics.hedge_cost) == (0.0, None, None, None)


def test_hedge_cost_is_the_loss_over_mean_equity_a_year() -> None:
    equity = np.full(504, 1000.0)
    assert measure(equity, 1000.0, 0, hedge_profit=-40.0).hedge_cost == pytest.approx(0.02)
    assert measure(equity, 1000.0, 0, hedge_profit=40.0).hedge_cost == pytest.approx(-0.02)


def test_drawdown_reduction() -> None:
    assert drawdown_reduction(-0.2, -0.4) == pytest.approx(0.5)
    assert drawdown_reduction(-0.4, -0.4) == 0.0
    assert drawdown_reduction(-0.1, 0.0) is None
    assert drawdown_reduction(None, -0.1) is None
