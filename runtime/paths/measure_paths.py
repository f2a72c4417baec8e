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
    work = np.maximum(equity, capital)  # written over again and again: fresh memory costs more than what is done in it
    np.maximum.accumulate(work, axis=1, out=work)
    np.divide(equity, work, out=work)
    work -= 1.0
    max_drawdown[:] = work.min(axis=1) + 0.0
    if hedge_profit is not None:
        mean_equity = equity.mean(axis=1)
        known = mean_equity > 0.0
        hedge_cost[known] = -hedge_profit[known] / mean_equity[known] / (bars / DAYS_A_YEAR) + 0.0

    returns = np.empty_like(equity)  # of equity before, at first
    returns[:, 0] = capital
    returns[:, 1:] = equity[:, :-1]
    sound = ~((returns.min(axis=1) <= 0.0) | (equity[:, -1] <= 0.0))  # returns have no meaning once equity was gone
    if not sound.all():
        if not sound.any():
            return found
        equity, returns, work = equity[sound], returns[sound], work[sound]
    np.divide(equity, returns, out=returns)
    returns -= 1.0
    mean = returns.mean(axis=1)
    lowest, highest = returns.min(axis=1), returns.max(axis=1)
    year = math.sqrt(DAYS_A_YEAR)
    growth = np.prod(np.add(1.0, returns, out=work), axis=1)
    cagr[sound] = [whole ** (DAYS_A_YEAR / bars) - 1.0 for whole in growth.tolist()]
    if bars >= 2:
        np.subtract(returns, mean[:, None], out=work)
        deviation = np.sqrt(np.square(work, out=work).sum(axis=1) / (bars - 1))
        volatility[sound] = deviation * year
        varies, loses = lowest < highest, lowest < 0.0
        sharpe[sound] = np.where(varies, mean / np.where(varies, deviation, 1.0) * year, np.nan)
        np.square(np.minimum(returns, 0.0, out=work), out=work)
        downside = np.sqrt(work.mean(axis=1)) * year
        sortino[sound] = np.where(loses, mean * DAYS_A_YEAR / np.where(loses, downside, 1.0), np.nan)
    worst = int((bars - 1) * CVAR_TAIL)
    returns.partition(worst, axis=1)
    cvar_95[sound] = returns[:, : worst + 1].mean(axis=1)
    return found
