"""How a figure is spread over paths: percentiles, mean, and how well its median is known.

Percentiles are Hyndman and Fan's definition 7 (The American Statistician 50, 1996), what NumPy and R take by default. The interval is the
distribution-free one of the median between two order statistics (Conover, Practical Nonparametric Statistics, 3.2): it supposes nothing but
that paths are independent, which fits figures as skewed as drawdowns.
"""

from __future__ import annotations

import math

import numpy as np
from attrs import frozen

from alvh.runtime.market import Floats

PERCENTILES = (5, 25, 50, 75, 95)
CONFIDENCE = 0.90


@frozen
class Distribution:
    """One metric over all paths. None where no path has it."""

    known: int
    """Paths on which the metric is defined; all below is of these."""
    mean: float | None
    percentiles: tuple[float, ...] | None
    """At PERCENTILES."""
    median_interval: tuple[float, float] | None
    """Contains the median of all paths that there could be with a chance of CONFIDENCE or a little more; None for fewer than five paths."""


def distribution(values: Floats) -> Distribution:
    """Of `values` [paths], NaN where undefined."""
    known = np.sort(values[~np.isnan(values)])
    if known.size == 0:
        return Distribution(0, None, None, None)
    rank = median_rank(known.size)
    return Distribution(
        known=known.size,
        mean=float(np.mean(known)),
        percentiles=tuple(np.quantile(known, np.array(PERCENTILES) / 100.0).tolist()),
        median_interval=None if rank == 0 else (float(known[rank - 1]), float(known[known.size - rank])),
    )


def median_rank(count: int) -> int:
    """The rank r for which the r-th smallest and the r-th largest of `count` values enclose the median with CONFIDENCE: the largest with
    P(B < r) <= (1 - CONFIDENCE) / 2, B binomial of `count` and 1/2. 0 where even the extremes do not."""
    below, log_chance = 0, -count * math.log(2.0)
    tail = math.exp(log_chance)
    while tail <= (1.0 - CONFIDENCE) / 2.0:
        log_chance += math.log((count - below) / (below + 1))
        tail += math.exp(log_chance)
        below += 1
    return below
