"""Many paths of a short market, held in memory, and what single runs say of each."""

from __future__ import annotations

import math

import numpy as np
from attrs import astuple, evolve, frozen

from alvh.compiler.ir import Program
from alvh.runtime.attribution import count_trades, hedge_profit
from alvh.runtime.market import Floats, MarketArrays
from alvh.runtime.metrics import measure
from alvh.runtime.record import RunRecord


class MadePaths:
    """The paths of `arrays`, and beyond them the last one again."""

    def __init__(self, arrays: MarketArrays) -> None:
        self.arrays = arrays
        self.shared = evolve(arrays, values=np.ascontiguousarray(arrays.values[:, :, :1]))
        self.filled: list[int] = []

    def new_block(self, lanes: int) -> MadeBlock:
        bars, rows, _ = self.arrays.values.shape
        return MadeBlock(self, np.empty((bars * rows, lanes)))


@frozen(eq=False)
class MadeBlock:
    """Some of them side by side."""

    paths: MadePaths
    series: Floats

    def fill(self, first: int) -> None:
        self.paths.filled.append(first)
        values = self.paths.arrays.values
        lanes = np.minimum(first + np.arange(self.series.shape[1]), values.shape[2] - 1)
        self.series[:] = values[:, :, lanes].reshape(self.series.shape)


def measured(program: Program, record: RunRecord) -> list[float]:
    """The metrics of a record, NaN where undefined."""
    found = measure(record.equity, program.capital, count_trades(record), hedge_profit(program, record))
    return [math.nan if value is None else value for value in astuple(found)]
