"""The metrics of many paths at once: those of `runtime/metrics.py`, in the same order of operations, a row a path."""

from __future__ import annotations

import math

import numpy as np
from attrs import fields

from alvh.runtime.market import Floats
from alvh.runtime.metrics import CVAR_TAIL, DAYS_A_YEAR, Metrics

METRICS = tuple(attribute.name for attribute in fields(Metrics))
"""The columns of what `measure_paths` returns."""


def measure_paths(equity: Floats, capital: float, trades: Floats, hedge_profit: Floats | None) -> Floats:
    """[paths, METRICS] of `equity` [paths, bars, dollars], C order, at least one bar; NaN where a metric is undefined.

    `trades` and `hedge_profit` [paths], dollars; no hedge: None. Each row is what `metrics.measure` says of the path."""
    paths, bars = equity.shape
    found = np.full((paths, len(METRICS)), np.nan)
    cagr, volatility, sharpe, sortino, max_drawdown, cvar_95, final_equity, count, hedge_cost = found.T

    final_equity[:] = equity[:, -1]
    count[:] = trades
    peak = np.maximum.accumulate(np.maximum(equity, capital), axis=1)
    np.divide(equity, peak, out=peak)
    peak -= 1.0
    max_drawdown[:] = peak.min(axis=1) + 0.0
    if hedge_profit is not None:
        mean_equity = equity.mean(axis=1)
        known = mean_equity > 0.0
        hedge_cost[known] = -hedge_profit[known] / mean_equity[known] / (bars / DAYS_A_YEAR) + 0.0

    before = np.empty_like(equity)
    before[:, 0] = capital
    before[:, 1:] = equity[:, :-1]
    sound = ~((before.min(axis=1) <= 0.0) | (equity[:, -1] <= 0.0))  # returns have no meaning once equity was gone
    if not sound.any():
        return found
    returns = equity[sound] / before[sound] - 1.0
    mean = returns.mean(axis=1)
    lowest, highest = returns.min(axis=1), returns.max(axis=1)
    year = math.sqrt(DAYS_A_YEAR)
    growth = np.prod(1.0 + returns, axis=1)
    cagr[sound] = [whole ** (DAYS_A_YEAR / bars) - 1.0 for whole in growth.tolist()]
    worst = int((bars - 1) * CVAR_TAIL)
    cvar_95[sound] = np.partition(returns, worst, axis=1)[:, : worst + 1].mean(axis=1)
    if bars >= 2:
        deviation = np.std(returns, axis=1, ddof=1, mean=mean[:, None])
        volatility[sound] = deviation * year
        varies, loses = lowest < highest, lowest < 0.0
        sharpe[sound] = np.where(varies, mean / np.where(varies, deviation, 1.0) * year, np.nan)
        downside = np.sqrt(np.square(np.minimum(returns, 0.0)).mean(axis=1)) * year
        sortino[sound] = np.where(loses, mean * DAYS_A_YEAR / np.where(loses, downside, 1.0), np.nan)
    return found
