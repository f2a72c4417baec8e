"""How far a figure may lie from what it would be on other data: one-sided 90 % bounds, one below and one above.

A bootstrap for what is measured along one path (the stationary one of Politis and Romano, JASA 89, 1994, by the package
`arch`), Wilson's score interval (JASA 22, 1927) for a share of cases, quantiles where there are many paths.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from attrs import frozen

from alvh.runtime.market import Floats

CONFIDENCE, TAIL = 0.90, 0.10
NORMAL_90 = 1.2815515655446004
"""The normal quantile of CONFIDENCE."""
RESAMPLES = 1_000

Statistic = Callable[[Floats], float | None]
"""A figure of rows [n, columns]; None where it is undefined."""


@frozen
class Sampled:
    """What a figure is made of, so that it can be made again of other rows."""

    rows: Floats
    """[n, columns]: days, months, years, events .. in order of time."""
    statistic: Statistic
    block: int
    """Mean length in rows of the blocks that are drawn together; 1 where rows are as good as independent."""
    is_share: bool = False
    """Whether the figure is the share of rows whose one column is 1."""

    @property
    def value(self) -> float | None:
        return self.statistic(self.rows) if len(self.rows) else None


@frozen
class Interval:
    """A lower and an upper bound, each of which the figure passes with a tenth of the chance."""

    low: float
    high: float
    how: str


def interval_of(sampled: Sampled, seed: int = 0, resamples: int = RESAMPLES) -> Interval | None:
    """The interval of a figure measured on one path; None where there are fewer than two rows, or too few figures of them."""
    count = len(sampled.rows)
    if sampled.is_share:
        return wilson(float(sampled.rows[:, 0].sum()), count) if count else None
    return bootstrap(sampled, seed, resamples) if count >= 2 else None


def bootstrap(sampled: Sampled, seed: int, resamples: int) -> Interval | None:
    """Percentiles of the figure over stationary resamples of its rows; None if it is undefined on more than a tenth of them."""
    from arch.bootstrap import StationaryBootstrap

    drawn = StationaryBootstrap(sampled.block, sampled.rows, seed=seed)
    found = (sampled.statistic(data[0]) for data, _ in drawn.bootstrap(resamples))
    return _percentiles([value for value in found if value is not None and math.isfinite(value)], resamples, "bootstrap")


def over_paths(values: Sequence[float | None]) -> Interval | None:
    """Percentiles over paths of a market; None if the figure is undefined on more than half of them."""
    known = [value for value in values if value is not None]
    return _percentiles(known, len(values), "paths", needed=0.5)


def wilson(successes: float, trials: float, z: float = NORMAL_90) -> Interval:
    """The score interval of a share of independent trials."""
    share = successes / trials
    spread = z * math.sqrt(share * (1.0 - share) / trials + z * z / (4.0 * trials * trials))
    middle, scale = share + z * z / (2.0 * trials), 1.0 + z * z / trials
    return Interval(max((middle - spread) / scale, 0.0), min((middle + spread) / scale, 1.0), "Wilson")


def _percentiles(values: list[float], asked: int, how: str, needed: float = CONFIDENCE) -> Interval | None:
    if not values or len(values) < needed * asked:
        return None
    low, high = np.quantile(np.array(values), (TAIL, CONFIDENCE))
    return Interval(float(low), float(high), how)
