"""Paths of a strategy that signals decide, a block of lanes at a time: what its rules say on each path, and the walk along it."""

from __future__ import annotations

import numpy as np

from alvh.compiler.emit_tables import emit_tables
from alvh.compiler.ir import Program
from alvh.grammar.diagnostics import InternalError
from alvh.runtime.cache_lines import empty_on_lines
from alvh.runtime.engine import arrays as build
from alvh.runtime.engine.layout import COUNT_TRADES, Tape
from alvh.runtime.market import Floats, MarketArrays
from alvh.runtime.signals import layout
from alvh.runtime.signals.compiled_kernels import SignalKernels
from alvh.runtime.signals.recording import SignalColumns, recording_run, without_expiries
from alvh.runtime.signals.signal_strategy import days_between, share_of, signal_strategy_of, sizes_of, spread_of


class PathWalker:
    """Walks the paths that stand in `series` [bars * rows, lanes], block after block; one a thread."""

    def __init__(self, program: Program, arrays: MarketArrays, phase: int, kernels: SignalKernels, series: Floats) -> None:
        """`arrays`: of any path, for what all share. A program that signals do not decide is an InternalError."""
        strategy = signal_strategy_of(program)
        if strategy is None:
            raise InternalError("a program was to be walked that signals do not decide")
        self._program, self._strategy, self._kernels = program, strategy, kernels
        self._arrays = arrays = without_expiries(arrays)
        width = kernels.width
        tables = emit_tables(program, expose_all=True)
        numbers = build.same_numbers(tables, width)
        market = build.market_tables(tables, arrays, slice(0, 1), build.level_table(), None, 1)._replace(series=series, fills=series)
        self._run = recording_run(program, tables, arrays, market, phase, numbers)
        self.tape: Tape = self._run.tape
        """What a walk writes, as `build.small_tape` lays it out."""
        self._fresh = self._run.state.nodes.copy(), self._run.state.cells.copy()
        bars = arrays.last - arrays.first + 1
        self._signals = SignalColumns(strategy, kernels, bars, width)
        self._days = days_between(arrays)
        self._sizes = sizes_of(program, numbers[tables.node_numbers[strategy.size]])
        lanes = np.arange(width)
        self._columns = self._signals.of_cells(lanes, lanes, self._sizes)
        self._coming = np.zeros(width, dtype=np.int64)
        self._account = empty_on_lines(layout.ACCOUNT_ROWS, width)
        self._figures = np.zeros((width, layout.FIGURE_COLUMNS))
        # Of the first bar traded on, seen as rows of bars.
        self._traded = series.reshape(-1, len(arrays.series), width)[arrays.first : arrays.last + 1]

    def walk(self) -> bool:
        """Writes the tape of the block; False where the day loop has to, for a price or rate that is missing or an order that cash cut."""
        arrays, strategy, width = self._arrays, self._strategy, self._kernels.width
        price, interest = arrays.series.index(share_of(strategy)), arrays.series.index("rate")
        prices, rates = self._traded[:, price, :], self._traded[:, interest, :]
        if not bool(np.all(prices > 0.0)) or bool(np.isnan(rates).any()):
            return False
        for array, fresh in zip((self._run.state.nodes, self._run.state.cells), self._fresh, strict=True):
            np.copyto(array, fresh)
        signals = self._signals
        signals.record(self._run, 0)
        bars = len(prices)
        self._kernels.walk(
            1, 1, bars, self._program.capital, strategy.leg.weight, spread_of(self._program, strategy), self._days,
            self._traded.reshape(-1, width), len(arrays.series), price, interest, signals.words,
            signals.to_open, signals.to_close, self._columns, self._sizes, self._coming, self._account, self.tape.bars, self._figures,
        )  # fmt: skip
        build.clear_tape(self.tape)
        self.tape.bars[bars] = self._figures[:, layout.PROFIT]
        self.tape.counts[COUNT_TRADES] = self._figures[:, layout.TRADES]
        return not bool(np.any(self._figures[:, layout.IS_CUT]))
