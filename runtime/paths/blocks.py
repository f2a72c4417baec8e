"""The market of many paths: what they share, and their series block by block."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from attrs import frozen

from alvh.runtime.market import Floats, MarketArrays
from alvh.runtime.markets.generated import GeneratedMarket

AT_ONCE = 8
"""Paths whose arrays are made together: enough to share what is made once, few enough that what is made meanwhile stays small."""


class PathBlocks:
    """The paths of a generated market over one period, as the strategy reads them."""

    def __init__(
        self,
        market: GeneratedMarket,
        start: np.datetime64 | None,
        end: np.datetime64 | None,
        inputs: tuple[str, ...],
        calendars: tuple[str, ...],
        lags: Mapping[str, int],
    ) -> None:
        """Raises MarketError where the market does not cover the period."""
        self._market = market
        self._read = start, end, inputs, calendars
        self._lags = lags
        self.shared = self.path(0)
        """Everything but values is the same for all paths."""

    def path(self, number: int) -> MarketArrays:
        """The arrays of one path alone."""
        return self.some(number, 1)

    def new_block(self, lanes: int) -> PathBlock:
        """Memory for so many paths side by side, one a thread."""
        bars, rows, _ = self.shared.values.shape
        return PathBlock(self, np.empty((bars * rows, lanes)))

    def some(self, first: int, count: int) -> MarketArrays:
        """The arrays of some paths from number `first` on."""
        return self._market.starting_at(first).arrays(*self._read, paths=count, lags=self._lags)


@frozen(eq=False)
class PathBlock:
    """The series of some paths, as the engine reads them."""

    _paths: PathBlocks
    series: Floats
    """[bars * rows, lanes]."""

    def fill(self, first: int) -> None:
        """Writes the paths from number `first` on, one a lane."""
        lanes = self.series.shape[1]
        for lane in range(0, lanes, AT_ONCE):
            count = min(AT_ONCE, lanes - lane)
            values = self._paths.some(first + lane, count).values
            self.series[:, lane : lane + count] = values.reshape(len(self.series), count)
