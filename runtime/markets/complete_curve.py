"""VIX futures on every bar and rank: settlements where they exist, else the curve models of quant.md 3.2, matched at the last knot.

Knots are the VIX at 0 days and the settlements. Between knots the logarithm of the price is linear in days. Past the last knot the model's
shape goes on from it. No model price passes the forward volatility of the SPX surface over the 30 days after its expiry (invariant 12),
unless the settlement it goes on from does already: then it does not rise above that.
"""

from __future__ import annotations

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from alvh.runtime.market import Floats, Integers
from alvh.runtime.pricing.futures_curve import convexity_bound, model_future

RANKS = 9
CONSTANT_MATURITY = 30.0
"""Calendar days of `vx30`."""


@frozen(eq=False)
class Curve:
    """Prices in points; axes [bars, RANKS, paths]."""

    prices: Floats
    modelled: NDArray[np.bool_]
    """Which prices are no settlements."""
    constant_maturity: Floats
    """[bars, paths] price at CONSTANT_MATURITY days."""
    constant_modelled: NDArray[np.bool_]
    """[bars, paths] where a knot beside CONSTANT_MATURITY is modelled."""


@frozen(eq=False)
class CurveState:
    """What the curve models read; [bars, paths], indices in points."""

    vix: Floats
    vix3m: Floats
    """NaN where it is no observation: the model on VIX alone serves there."""
    slow_log_vix: Floats
    """EMA of ln VIX, half-life 63 sessions."""
    slower_log_vix: Floats
    """The same, half-life 126."""
    nodes: tuple[Floats, Floats, Floats, Floats, Floats]
    """Total variance of the SPX surface at 9, 30, 93, 184 and 365 days."""


def complete_curve(settlements: Floats, days: Integers, state: CurveState, may_model: bool) -> Curve:
    """The whole curve from `settlements` [bars, RANKS, paths] (NaN: none) and `days` [bars, RANKS] to each rank's expiry."""
    tau = days.astype(np.float64)
    known = ~np.isnan(settlements)
    prices = settlements.copy()
    if may_model:
        prices = np.where(known, settlements, _missing(settlements, tau, state))
    modelled = ~known & ~np.isnan(prices)
    constant, beside = _at_constant_maturity(prices, tau, state.vix, modelled)
    return Curve(prices, modelled, constant, beside)


def _missing(settlements: Floats, tau: Floats, state: CurveState) -> Floats:
    """Prices by interpolation and by the models, for all ranks of all bars."""
    bars, ranks, paths = settlements.shape
    days = np.broadcast_to(tau[:, :, None], settlements.shape)
    indices = (state.vix, state.vix3m, state.slow_log_vix, state.slower_log_vix)
    shape = np.log(model_future(days, *(values[:, None, :] for values in indices)))
    bound = _log_bound(days, state.nodes)
    log_vix = np.log(state.vix)
    known = ~np.isnan(settlements)
    log_price = np.log(settlements)
    # The knot before: VIX at 0 days, then each settlement in turn.
    knot_days = np.zeros((bars, paths))
    knot_log, knot_shape = log_vix, log_vix
    before_days, before_log, before_shape = (np.empty(settlements.shape) for _ in range(3))
    for rank in range(ranks):
        before_days[:, rank], before_log[:, rank], before_shape[:, rank] = knot_days, knot_log, knot_shape
        at = known[:, rank]
        knot_days = np.where(at, tau[:, rank, None], knot_days)
        knot_log = np.where(at, log_price[:, rank], knot_log)
        knot_shape = np.where(at, shape[:, rank], knot_shape)
    after_days = np.full((bars, paths), np.nan)
    after_log = np.full((bars, paths), np.nan)
    filled = np.empty(settlements.shape)
    for rank in reversed(range(ranks)):
        day = tau[:, rank, None]
        share = (day - before_days[:, rank]) / (after_days - before_days[:, rank])
        between = before_log[:, rank] + (after_log - before_log[:, rank]) * share
        highest = np.where(before_days[:, rank] > 0.0, np.maximum(bound[:, rank], before_log[:, rank]), bound[:, rank])
        beyond = np.minimum(before_log[:, rank] + (shape[:, rank] - before_shape[:, rank]), highest)
        filled[:, rank] = np.exp(np.where(np.isnan(after_days), beyond, between))
        at = known[:, rank]
        after_days = np.where(at, day, after_days)
        after_log = np.where(at, log_price[:, rank], after_log)
    return filled


def _log_bound(days: Floats, nodes: tuple[Floats, Floats, Floats, Floats, Floats]) -> Floats:
    """ln of the convexity bound. Where the surface had to be flattened to keep its variance from falling, it says nothing: infinite."""
    bound = convexity_bound(days, tuple(node[:, None, :] for node in nodes))  # type: ignore[arg-type]
    with np.errstate(divide="ignore"):
        return np.asarray(np.where(bound > 0.0, np.log(bound), np.inf))


def _at_constant_maturity(prices: Floats, tau: Floats, vix: Floats, modelled: NDArray[np.bool_]) -> tuple[Floats, NDArray[np.bool_]]:
    """Price at CONSTANT_MATURITY days between the knots beside it: VIX at 0 days, then the ranks."""
    first, second, third = (tau[:, rank, None] for rank in range(3))
    log_vix, log_prices = np.log(vix), np.log(prices[:, :3])

    def between(early: Floats, late: Floats, early_log: Floats, late_log: Floats) -> Floats:
        return early_log + (late_log - early_log) * ((CONSTANT_MATURITY - early) / (late - early))

    in_front = first >= CONSTANT_MATURITY
    in_second = ~in_front & (second >= CONSTANT_MATURITY)
    value = np.where(
        in_front,
        between(np.zeros_like(first), first, log_vix, log_prices[:, 0]),
        np.where(
            in_second,
            between(first, second, log_prices[:, 0], log_prices[:, 1]),
            between(second, third, log_prices[:, 1], log_prices[:, 2]),
        ),
    )
    beside = np.where(in_front, modelled[:, 0], np.where(in_second, modelled[:, 0] | modelled[:, 1], modelled[:, 1] | modelled[:, 2]))
    return np.exp(value), beside & ~np.isnan(value)
