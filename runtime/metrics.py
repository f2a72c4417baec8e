"""The figures of a result, from its equity: empyrical's conventions, written so that what cannot be known is None.

Conventions (empyrical-reloaded, `empyrical/stats.py`): 252 days a year, risk-free rate 0, simple daily returns, sample
standard deviation, drawdown and CVaR negative. The first return is the first bar's equity over the capital, so that the
costs of entering count.
"""

from __future__ import annotations

import math

import numpy as np
from attrs import frozen

from alvh.runtime.market import Floats

DAYS_A_YEAR = 252.0
CVAR_TAIL = 0.05


@frozen
class Metrics:
    """Fractions, except `final_equity` (dollars) and `trades` (a count). None: undefined for this run."""

    cagr: float | None
    volatility: float | None
    sharpe: float | None
    sortino: float | None
    max_drawdown: float | None
    cvar_95: float | None
    final_equity: float
    trades: int
    hedge_cost: float | None
    """What the hedge's layers lost after costs, over mean equity, a year; negative when they earned."""


def daily_returns(equity: Floats, capital: float) -> Floats:
    """Simple returns [bars] of `equity` [bars, dollars]; the first over `capital`.

    Empty when equity is ever zero or below: returns have no meaning from there on."""
    before = np.concatenate(([capital], equity[:-1]))
    if equity.size == 0 or before.min() <= 0.0 or equity[-1] <= 0.0:
        return np.empty(0)
    returns: Floats = equity / before - 1.0
    return returns


def annual_growth(returns: Floats) -> float | None:
    """Compound annual growth rate; None without returns, and where it is beyond what a float holds."""
    if returns.size == 0:
        return None
    with np.errstate(over="ignore"):
        growth = float(np.prod(1.0 + returns))
    try:
        yearly = growth ** (DAYS_A_YEAR / returns.size)
    except OverflowError:
        return None
    return yearly - 1.0 if math.isfinite(yearly) else None


def annual_volatility(returns: Floats) -> float | None:
    """Sample standard deviation a year; None with fewer than two returns."""
    return float(np.std(returns, ddof=1)) * math.sqrt(DAYS_A_YEAR) if returns.size >= 2 else None


def sharpe_ratio(returns: Floats) -> float | None:
    """Mean over standard deviation, a year; None with fewer than two returns or when they do not vary."""
    if returns.size < 2 or returns.min() == returns.max():
        return None
    return float(np.mean(returns) / np.std(returns, ddof=1)) * math.sqrt(DAYS_A_YEAR)


def sortino_ratio(returns: Floats) -> float | None:
    """Mean a year over downside deviation from 0; None with fewer than two returns or without a loss."""
    if returns.size < 2 or returns.min() >= 0.0:
        return None
    downside = math.sqrt(float(np.mean(np.square(np.minimum(returns, 0.0))))) * math.sqrt(DAYS_A_YEAR)
    return float(np.mean(returns)) * DAYS_A_YEAR / downside


def drawdowns(equity: Floats, capital: float) -> Floats:
    """[bars] equity over the highest equity so far (the capital at first) less 1: 0 at a peak, negative below it."""
    peak = np.maximum.accumulate(np.maximum(equity, capital))
    below: Floats = equity / peak - 1.0
    return below


def conditional_value_at_risk(returns: Floats) -> float | None:
    """Mean of the worst twentieth of the returns, a day; None without returns."""
    if returns.size == 0:
        return None
    worst = int((returns.size - 1) * CVAR_TAIL)
    return float(np.mean(np.partition(returns, worst)[: worst + 1]))


def hedge_cost(hedge_profit: float | None, equity: Floats) -> float | None:
    """What the hedge lost (`hedge_profit` in dollars over the run, sign turned) over mean equity, a year; None without a hedge."""
    if hedge_profit is None or equity.size == 0:
        return None
    mean = float(np.mean(equity))
    if mean <= 0.0:
        return None
    cost = -hedge_profit / mean / (equity.size / DAYS_A_YEAR)
    return cost + 0.0  # a hedge that did nothing cost 0, not -0


def drawdown_reduction(max_drawdown: float | None, baseline: float | None) -> float | None:
    """Share of the baseline's drawdown that is gone; None where the baseline has none."""
    if max_drawdown is None or baseline is None or baseline == 0.0:
        return None
    return 1.0 - max_drawdown / baseline


def measure(equity: Floats, capital: float, trades: int, hedge_profit: float | None) -> Metrics:
    """All metrics of one run: `equity` [bars, dollars], at least one bar."""
    returns = daily_returns(equity, capital)
    return Metrics(
        cagr=annual_growth(returns),
        volatility=annual_volatility(returns),
        sharpe=sharpe_ratio(returns),
        sortino=sortino_ratio(returns),
        max_drawdown=float(drawdowns(equity, capital).min()) + 0.0,
        cvar_95=conditional_value_at_risk(returns),
        final_equity=float(equity[-1]),
        trades=trades,
        hedge_cost=hedge_cost(hedge_profit, equity),
    )
