"""How often the VIX model has no volatility level for the VVIX quoted, over the expiries that were listed (engine.md)."""

from __future__ import annotations

import numpy as np

from alvh.runtime.market import Expiries, Floats, Integers
from alvh.runtime.pricing.vix_level import LONGEST_DAYS, is_clamped, level_table


def count_clamped_levels(
    expiries: Expiries, sessions: Integers, front: Integers, first: int, knots: Floats, vvix: Floats
) -> tuple[int, int]:
    """Pairs of a bar from `first` on and a VIX expiry that could be traded on it: those whose level was clamped, and all with a level.

    `knots` [bars, 1 + RANKS, paths] in points: the VIX at 0 days, then the monthly futures by rank; `front` [bars] the month_index of rank
    1; `vvix` [bars, paths]. Every path counts.
    """
    bars, ranks, paths = knots.shape
    begin = np.maximum(expiries.listed_bar, first)
    length = np.maximum(np.minimum(expiries.settle_bar, bars) - begin, 0)
    pair = np.repeat(np.arange(len(length)), length)
    bar = begin[pair] + np.arange(len(pair)) - np.repeat(np.cumsum(length) - length, length)
    monthly = expiries.settle_day[expiries.monthly == 1]
    # The monthly future of the expiry, or of the next one after a weekly: counted among the knots, so that the one before stands beside it.
    month = np.searchsorted(monthly, expiries.settle_day)[pair]
    knot = month - front[bar] + 1
    days = expiries.settle_day[pair] - sessions[bar]
    has_level = (knot < ranks) & (days <= LONGEST_DAYS)
    bar, month, knot, days = bar[has_level], month[has_level], knot[has_level], days[has_level]
    today = sessions[bar]
    start = np.where(knot > 1, monthly[month - 1] - today, 0)
    share = (days - start) / (monthly[month] - today - start)
    before, after = knots[bar, knot - 1], knots[bar, knot]
    future = before * np.exp(np.log(after / before) * share[:, None])
    clamped = is_clamped(future, vvix[bar], days[:, None], level_table())
    return int(clamped.sum()), len(bar) * paths
