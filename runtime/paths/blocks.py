"""The market of many paths: what they share, and their series block by block."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

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
        return self._market.starting_at(number).arrays(*self._read, paths=1, lags=self._lags)

    def fill(self, first: int, series: Floats) -> None:
        """Writes the paths from number `first` on into `series` [bars * rows, lanes], one a lane. Threads may call it together."""
        lanes = series.shape[1]
        for lane in range(0, lanes, AT_ONCE):
            count = min(AT_ONCE, lanes - lane)
            arrays = self._market.starting_at(first + lane).arrays(*self._read, paths=count, lags=self._lags)
            series[:, lane : lane + count] = arrays.values.reshape(len(series), count)
