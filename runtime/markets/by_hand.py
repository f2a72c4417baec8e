"""The market of a `test` block: levels given session by session, and the models of any market for the rest.

Nothing is drawn, and nothing moves but what a step moves: in a calm stretch VIX stands where it says, and all else where it stood. A move
goes in equal steps, SPX in equal shares. A session is one level: it opens where the one before closed, and what settles on it, in the
morning too, settles on that level.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from alvh.compiler.read_tests import Step, Target
from alvh.grammar.source import Span
from alvh.runtime.calendars.expiries import STANDARD_FUND_LISTING, STANDARD_SPX_LISTING, STANDARD_VIX_LISTING
from alvh.runtime.calendars.sessions import nyse
from alvh.runtime.market import Floats, MarketArrays
from alvh.runtime.markets.build_arrays import Observed, Terms, build_arrays
from alvh.runtime.markets.generated import START
from alvh.runtime.markets.generator import START_VIX
from alvh.runtime.markets.load_history import LOOK_AHEAD
from alvh.runtime.markets.manifest import MODELLED_SERIES
from alvh.runtime.markets.path_filler import RATE

BOUNDS = {
    "vix": (5.0, 200.0),
    "vix9d": (5.0, 200.0),
    "vix3m": (5.0, 200.0),
    "vix6m": (5.0, 200.0),
    "vvix": (40.0, 300.0),
    "spx": (1.0, 1e6),
}
"""Levels that the models are made for (quant.md section 6, invariant 42)."""


class ScenarioError(Exception):
    """A step that cannot be carried out: what is wrong, and where."""

    def __init__(self, message: str, span: Span) -> None:
        super().__init__(message)
        self.message = message
        self.span = span


def market_by_hand(steps: Sequence[Step], sessions: int, inputs: tuple[str, ...]) -> MarketArrays:
    """Arrays of `sessions` bars, all traded, for the steps and what follows them. Calendars of releases are not known; ScenarioError."""
    given: dict[str, list[float]] = {"spx": [], "vix": [], "rate": []}
    levels = {"spx": 4000.0, "vix": START_VIX, "rate": RATE}
    done = 0
    for step in steps:
        if step.calm is not None:
            levels["vix"] = _inside("vix", step.calm, step.span)
        starts = {target.series: _start(target, levels, given, done, inputs) for target in step.targets}
        ends = {target.series: _end(target, starts[target.series]) for target in step.targets}
        for number in range(1, step.sessions + 1):
            for series in levels.keys() | ends.keys():
                row = given.setdefault(series, [])
                row += [math.nan] * (done - len(row))
                row.append(_level(series, levels, starts, ends, number / step.sessions))
            done += 1
        levels |= ends
    for series, row in given.items():
        row += [levels[series]] * (sessions - done)
    return _arrays(given, sessions, inputs)


def _level(series: str, levels: Mapping[str, float], starts: Mapping[str, float], ends: Mapping[str, float], share: float) -> float:
    if series not in ends:
        return levels[series]
    start, end = starts[series], ends[series]
    if share == 1.0:
        return end
    if math.isnan(start):
        return math.nan
    return start * (end / start) ** share if series == "spx" else start + (end - start) * share


def _start(target: Target, levels: Mapping[str, float], given: Mapping[str, list[float]], done: int, inputs: tuple[str, ...]) -> float:
    """The level that a move starts from; NaN where the series had none. What is modelled starts from its model."""
    if target.series in levels:
        return levels[target.series]
    if done == 0 or target.series not in MODELLED_SERIES:
        return math.nan
    arrays = _arrays(given, done, inputs)
    return float(arrays.values[-1, arrays.series.index(target.series), 0])


def _end(target: Target, start: float) -> float:
    if target.manner != "to" and math.isnan(start):
        raise ScenarioError(f"{target.series} has no level yet to move by something: move it `to` a level first.", target.span)
    ways: dict[str, Callable[[], float]] = {
        "to": lambda: target.value,
        "by": lambda: start * (1.0 + target.value),
        "plus": lambda: start + target.value,
    }
    return _inside(target.series, ways[target.manner](), target.span)


def _inside(series: str, value: float, span: Span) -> float:
    low, high = BOUNDS.get(series, (-math.inf, math.inf))
    if not low <= value <= high:
        raise ScenarioError(f"{series} would stand at {value:g}: a test takes {low:g} to {high:g}.", span)
    return value


def _arrays(given: Mapping[str, list[float]], sessions: int, inputs: tuple[str, ...]) -> MarketArrays:
    calendar = nyse()
    origin = int(calendar.at_or_after(START))
    columns: dict[str, Floats] = {name: np.array(row[:sessions], dtype=np.float64)[:, None] for name, row in given.items()}
    for index in ("spx", "vix"):
        close = columns[index]
        opened = np.vstack([close[:1], close[:-1]])
        columns |= {f"{index}.open": opened, f"{index}.high": np.maximum(opened, close), f"{index}.low": np.minimum(opened, close)}
    observed = Observed(calendar.days[origin : origin + sessions + LOOK_AHEAD], columns, futures=None, settlements=columns["vix"])
    terms = Terms(STANDARD_VIX_LISTING, STANDARD_SPX_LISTING, STANDARD_FUND_LISTING, frozenset(MODELLED_SERIES), 0.0, "close")
    return build_arrays(observed, terms, 0, inputs, {})
