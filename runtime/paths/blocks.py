"""The market of many paths: what they share, and their series block by block."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from attrs import frozen

from alvh.compiler.ir import Program
from alvh.runtime.market import MARKET_SERIES, Floats, MarketArrays
from alvh.runtime.markets.generated import GeneratedMarket
from alvh.runtime.markets.path_filler import PathFiller

OPENS = frozenset({"spx.open", "vix.open"})
"""What prices at the open are made of, beside those of the evening before."""
FUND_SERIES = frozenset({"vxx", "uvxy", "vxx_beta", "uvxy_beta", "vx30"})
"""What prices of VXX and UVXY and of options on them are made of, beside what VIX options need."""


def series_read(program: Program) -> frozenset[str]:
    """The series that a run may read. Opens, highs and lows are read by streams alone, the funds' series by them and by what trades on
    funds; the engine may read any other, whatever the program is."""
    named = {node.name for node in program.nodes if node.operation == "series"}
    has_funds = any(leg.product in ("VXX", "UVXY") for layer in program.layers for leg in layer.legs)
    spared = {name for name in MARKET_SERIES if "." in name} | (set() if has_funds else FUND_SERIES)
    if program.fill == "next open":
        spared -= OPENS
    return frozenset({*MARKET_SERIES, *program.inputs} - (spared - named))


class PathBlocks:
    """The paths of a generated market over one period, as the strategy reads them."""

    def __init__(
        self,
        market: GeneratedMarket,
        start: np.datetime64 | None,
        end: np.datetime64 | None,
        program: Program,
        lags: Mapping[str, int],
    ) -> None:
        """Raises MarketError where the market does not cover the period."""
        self._market = market
        self._start, self._end = start, end
        self._program = program
        self._lags = lags
        self.shared = self.path(0)
        """Everything but values is the same for all paths."""

    def path(self, number: int) -> MarketArrays:
        """The arrays of one path alone."""
        market = self._market.starting_at(number)
        return market.arrays(self._start, self._end, self._program.inputs, self._program.calendars, paths=1, lags=self._lags)

    def new_block(self, lanes: int) -> PathBlock:
        """Memory for so many paths side by side, one a thread."""
        filler = self._market.filler(
            self._start,
            self._end,
            self._program.inputs,
            self._lags,
            wanted=series_read(self._program),
            every_print=False,
            lanes=lanes,
        )
        return PathBlock(filler, self._market.seed, self._market.first_path, filler.new_block(), filler.new_state())


@frozen(eq=False)
class PathBlock:
    """The series of some paths, where the engine reads them."""

    _filler: PathFiller
    _seed: int
    _first_path: int
    series: Floats
    """[bars * rows, lanes]."""
    _state: Floats

    def fill(self, first: int) -> None:
        """Writes the paths from number `first` on, one a lane."""
        self._filler.fill(self.series, self._state, self._seed, self._first_path + first)
