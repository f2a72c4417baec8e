"""Days and stretches of days that figures are about: gap days, falls of the index, cycles of volatility, days by a condition."""

from __future__ import annotations

from datetime import date

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from alvh.compiler.ir import Node
from alvh.compiler.read_claims import DayCondition
from alvh.compiler.scenarios import SCENARIOS
from alvh.runtime.market import Floats, Integers, MarketArrays
from alvh.runtime.reference_market import MarketPath
from alvh.runtime.reference_streams import UNKNOWN, Streams

Flags = NDArray[np.bool_]

GAP_CLOSE, GAP_OPEN = 0.20, 0.10
"""A gap day: the VIX closes so much above the last close, or opens so much above it."""
FALL, FALL_SESSIONS = 0.04, 5
"""An event: the index lies so much below one of so many closes before."""
APART = 21
"""Sessions between two events."""
CYCLE_LEVEL, CYCLE_RISE, CYCLE_WINDOW, CYCLE_APART = 25.0, 1.5, 63, 42
"""A cycle: the VIX at such a level and so many times its lowest of so many sessions, so many sessions after the last."""


@frozen
class Stretch:
    """Bars of an event: `before` is the last bar that it has not touched, `last` the last that belongs to it."""

    before: int
    day: int
    last: int


def gap_days(vix: Floats, vix_open: Floats) -> Flags:
    """[bars] of which the first is none: there is no close before it."""
    flags = np.zeros(vix.size, dtype=bool)
    with np.errstate(invalid="ignore"):
        flags[1:] = (vix[1:] >= (1.0 + GAP_CLOSE) * vix[:-1]) | (vix_open[1:] >= (1.0 + GAP_OPEN) * vix[:-1])
    return flags


def falls(spx: Floats) -> list[tuple[int, int]]:
    """Each event's day, and the bar of the close that the index has fallen from."""
    bars = spx.size
    deepest, since = np.zeros(bars), np.zeros(bars, dtype=np.int64)
    for back in range(1, FALL_SESSIONS + 1):
        change = np.zeros(bars)
        change[back:] = spx[back:] / spx[:-back] - 1.0
        lower = change < deepest
        deepest, since = np.where(lower, change, deepest), np.where(lower, back, since)
    return [(day, day - int(since[day])) for day in first_days(deepest <= -FALL)]


def first_days(flags: Flags) -> list[int]:
    """Bars on which `flags` begins to hold, at least APART from the bar kept before."""
    starts = np.flatnonzero(flags & ~np.concatenate(([False], flags[:-1])))
    kept: list[int] = []
    for day in starts:
        if not kept or day - kept[-1] >= APART:
            kept.append(int(day))
    return kept


def cycles(vix: Floats, first: int) -> list[Stretch]:
    """Cycles told on bar `first` of `vix` or later, from the window's lowest VIX to CYCLE_APART sessions on; bars count from `first`."""
    found: list[Stretch] = []
    last = -CYCLE_APART
    for bar in range(max(first, CYCLE_WINDOW - 1), vix.size):
        if vix[bar] >= CYCLE_LEVEL and bar - last >= CYCLE_APART:
            window = vix[bar - CYCLE_WINDOW + 1 : bar + 1]
            if vix[bar] >= CYCLE_RISE * window.min():
                last = bar
                lowest = bar - CYCLE_WINDOW + 1 + int(np.argmin(window))
                found.append(Stretch(max(lowest - first, 0), bar - first, min(bar + CYCLE_APART, vix.size) - first - 1))
    return found


def days_when(condition: DayCondition, arrays: MarketArrays, path: int) -> Flags:
    """[bars traded] whether a condition on the market is known to be true."""
    market = MarketPath(arrays, path)
    streams = Streams(condition.nodes)
    readings = _MarketReadings(market)
    flags = np.zeros(arrays.last + 1, dtype=bool)
    for bar in range(arrays.last + 1):
        readings.bar = bar
        streams.begin()
        streams.evaluate(0, readings)
        flags[bar] = streams.values[condition.root] == 1.0
        streams.end()
    return flags[arrays.first :]


class _MarketReadings:
    """The leaves of a condition on one bar, account and layers apart."""

    def __init__(self, market: MarketPath) -> None:
        self.market = market
        self.bar = 0

    def leaf(self, node: Node) -> float:
        match node.operation:
            case "constant" | "parameter":
                return node.value
            case "series":
                return self.market.value(node.name, self.bar) if node.name in self.market.series else UNKNOWN
            case "calendar":
                return self.market.event(node.name, self.bar) if node.name in self.market.events else 0.0
            case "calendar_within":
                before, after = node.window
                days = [*range(self.bar - after, self.bar + (1 if after > 0 else 0)), *range(self.bar + 1, self.bar + before + 1)]
                return 1.0 if node.name in self.market.events and any(self.market.event(node.name, day) == 1.0 for day in days) else 0.0
            case _:
                return 1.0 if (self.bar - self.market.first) % node.window[0] == 0 else 0.0


def scenario_windows(days: Integers) -> list[tuple[int, int]]:
    """First bar and the bar after the last of each scenario that `days` hold whole."""
    found = []
    for scenario in SCENARIOS.values():
        first, last = day_number(scenario.first), day_number(scenario.last)
        if days[0] <= first and last <= days[-1]:
            found.append(bars_between(days, first, last))
    return found


def in_scenarios(days: Integers) -> Flags:
    """[bars] whether the day lies in a scenario that `days` hold whole."""
    flags = np.zeros(days.size, dtype=bool)
    for start, stop in scenario_windows(days):
        flags[start:stop] = True
    return flags


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - date(1970, 1, 1)).days


def bars_between(days: Integers, first: int, last: int) -> tuple[int, int]:
    """First bar on or after day `first`, and the bar after the last on or before `last`."""
    return int(np.searchsorted(days, first)), int(np.searchsorted(days, last, side="right"))
