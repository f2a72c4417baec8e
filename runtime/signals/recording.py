"""What the rules of a strategy say, bar by bar, and what the loop that records it is given: streams, and nothing of a book."""

from __future__ import annotations

import numpy as np
from attrs import evolve, field, frozen

from alvh.compiler.emit_steps import emit_steps
from alvh.compiler.emit_tables import Tables
from alvh.compiler.ir import Program
from alvh.runtime.engine import arrays as build
from alvh.runtime.engine.layout import MarketTables, Run
from alvh.runtime.market import Expiries, Floats, Integers, MarketArrays
from alvh.runtime.signals import layout
from alvh.runtime.signals.compiled_kernels import SignalKernels
from alvh.runtime.signals.signal_strategy import SignalStrategy

_NONE = Expiries(*[np.zeros(0, dtype=np.int64)] * 6)


def without_expiries(arrays: MarketArrays) -> MarketArrays:
    """Streams look at none, and the terms of all of them are much memory."""
    return evolve(arrays, spx=_NONE, vix=_NONE, fund=_NONE)


def recording_run(program: Program, tables: Tables, arrays: MarketArrays, market: MarketTables, phase: int, numbers: Floats) -> Run:
    """A run as `record_signals` reads it, before its first bar. `numbers` [numbers, lanes]; `tables` with a row for every stream."""
    width = numbers.shape[1]
    settings = build.settings_of(program, tables, arrays, phase, 0, width, interpreted=True, records=False)
    return Run(
        market=market,
        settings=settings,
        rules=build.rule_arrays(program, tables, emit_steps(program, tables, arrays.series), numbers),
        state=build.fresh_state(program, tables, market, numbers),
        tape=build.small_tape(program, arrays, width, settings),
    )


@frozen(eq=False)
class SignalColumns:
    """Columns of signals, WORD bars in a word, and one column more in which nothing is ever said."""

    strategy: SignalStrategy
    kernels: SignalKernels
    bars: int
    columns: int
    words: int = field(init=False)
    to_open: Integers = field(init=False)
    to_close: Integers = field(init=False)
    _conditions: Integers = field(init=False)
    _said: Integers = field(init=False)

    @words.default
    def _count_words(self) -> int:
        return -(-self.bars // layout.WORD)

    @to_open.default
    @to_close.default
    def _make_columns(self) -> Integers:
        return np.zeros((self.columns + 1) * self.words, dtype=np.int64)

    @_conditions.default
    def _list_conditions(self) -> Integers:
        return np.array([*self.strategy.opens, *self.strategy.closes, 0], dtype=np.int64)

    @_said.default
    def _make_room(self) -> Integers:
        return np.zeros(2 * layout.WORD, dtype=np.int64)

    def record(self, run: Run, first: int) -> None:
        """Writes the columns from `first` on, one a lane of the run."""
        rules = len(self.strategy.opens), len(self.strategy.closes)
        self.kernels.record_signals(run, *rules, self._conditions, self._said, first, self.words, self.to_open, self.to_close)
        if self.strategy.always_opens:
            self.to_open[first * self.words : (first + self.kernels.width) * self.words] = (1 << layout.WORD) - 1

    def of_cells(self, opening: Integers, closing: Integers, sizes: Floats) -> Integers:
        """[cells, CELL_COLUMNS] of cells that go by these columns; an order of nothing is refused, so its cell never opens."""
        opens = np.where(sizes[:, layout.BOUGHT] > 0.0, opening, self.columns)
        return np.ascontiguousarray(np.stack([opens, closing], axis=1), dtype=np.int64)
