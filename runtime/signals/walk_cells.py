"""Cells of a grid of a strategy that signals decide: which rules they share, what those say, and the walk of each cell."""

from __future__ import annotations

from threading import local

import numpy as np
from attrs import evolve, field, frozen

from alvh.compiler.emit_tables import Tables, emit_tables, place_numbers
from alvh.compiler.ir import NodeId, Program, needed_by
from alvh.grammar.diagnostics import InternalError
from alvh.runtime.cache_lines import empty_on_lines
from alvh.runtime.engine import arrays as build
from alvh.runtime.market import Floats, Integers, MarketArrays
from alvh.runtime.signals import layout
from alvh.runtime.signals.compiled_kernels import SignalKernels
from alvh.runtime.signals.recording import SignalColumns, recording_run, without_expiries
from alvh.runtime.signals.signal_strategy import (
    SignalStrategy,
    days_between,
    share_of,
    signal_strategy_of,
    sizes_of,
    spread_of,
    traded,
)

BLOCKS = 4
"""Blocks of lanes that one walk runs: a call costs as much as some of them, memory for more of them is slower."""
SURFACE_OPERATIONS = frozenset({"spx_volatility"})
"""Operations that read rows of the market at their places in the engine's order."""


@frozen(eq=False)
class Walked:
    """What some cells came to."""

    blocks: Floats
    """[blocks, bars, lanes], dollars of equity, the cells lane after lane; good until the thread's next walk."""
    profit: Floats
    """[cells], dollars: of the layer."""
    trades: Floats
    """[cells]: orders filled."""
    is_cut: Floats
    """[cells]: 1 where cash did not pay a whole order: nothing of the cell holds, the day loop has to run it."""

    @property
    def final_equity(self) -> Floats:
        """[cells]."""
        return self.blocks[:, -1, :].reshape(-1)[: len(self.profit)]

    def equity(self) -> Floats:
        """[cells, bars], a copy."""
        blocks, bars, lanes = self.blocks.shape
        return np.array(self.blocks.transpose(0, 2, 1), order="C").reshape(blocks * lanes, bars)[: len(self.profit)]


def can_be_walked(program: Program, arrays: MarketArrays) -> bool:
    """Whether signals decide all of a program, and no price that it needs is missing."""
    strategy = signal_strategy_of(program)
    return strategy is not None and bool(np.all(traded(arrays, share_of(strategy)) > 0.0))


@frozen(eq=False)
class SignalCells:
    """Cells of a program that can be walked, ready for it, with the signals that they go by. Any number of threads may share it."""

    program: Program
    arrays: MarketArrays
    """Of which the first path is the market."""
    phase: int
    numbers: Floats
    """[cells, numbers], in the order of `numbers_of`."""
    kernels: SignalKernels
    strategy: SignalStrategy = field(init=False)
    sizes: Floats = field(init=False)
    _signals: tuple[SignalColumns, Integers] = field(init=False)
    _days: Floats = field(init=False)
    _rooms: local = field(factory=local, init=False)

    @strategy.default
    def _know_the_strategy(self) -> SignalStrategy:
        strategy = signal_strategy_of(self.program)
        if strategy is None:
            raise InternalError("a program was to be walked that signals do not decide")
        return strategy

    @sizes.default
    def _tell_sizes(self) -> Floats:
        return _sizes_of(self)

    @_signals.default
    def _record(self) -> tuple[SignalColumns, Integers]:
        return _record_signals(self)

    @_days.default
    def _tell_days(self) -> Floats:
        return _days_of(self)

    @property
    def bars(self) -> int:
        return self.arrays.last - self.arrays.first + 1

    @property
    def at_once(self) -> int:
        """Cells that one walk runs."""
        return BLOCKS * self.kernels.width

    def walk(self, first: int) -> Walked:
        """The cells from number `first` on, at most `at_once`. Its equity is good until the thread's next walk."""
        (signals, columns), width, bars = self._signals, self.kernels.width, self.bars
        count = min(self.at_once, len(self.numbers) - first)
        blocks = -(-count // width)
        # A last block with fewer cells than lanes repeats its last cell, and drops it.
        chosen = np.minimum(np.arange(first, first + blocks * width), len(self.numbers) - 1)
        room = self._room()
        self.kernels.walk(
            0, blocks, bars, self.program.capital, self.strategy.leg.weight, spread_of(self.program, self.strategy), self._days,
            room.account, 0, 0, 0, signals.words, signals.to_open, signals.to_close, columns[chosen], self.sizes[chosen],
            room.coming, room.account, room.equity, room.figures,
        )  # fmt: skip
        return Walked(room.equity.reshape(BLOCKS, bars, width)[:blocks], *room.figures[:count].T.copy())

    def _room(self) -> _Room:
        """The thread's own: memory written for the first time costs more than the walk."""
        if not hasattr(self._rooms, "own"):
            width = self.kernels.width
            self._rooms.own = _Room(
                coming=np.zeros(width, dtype=np.int64),
                account=empty_on_lines(layout.ACCOUNT_ROWS, width),
                equity=empty_on_lines(BLOCKS * self.bars, width),
                figures=np.empty((self.at_once, layout.FIGURE_COLUMNS)),
            )
        own: _Room = self._rooms.own
        return own


@frozen(eq=False)
class _Room:
    """What a walk works in."""

    coming: Integers
    account: Floats
    equity: Floats
    figures: Floats


def _record_signals(cells: SignalCells) -> tuple[SignalColumns, Integers]:
    """Signals, and the columns of each cell. Rules that read the same numbers say the same: they are evaluated once."""
    program, strategy, width = cells.program, cells.strategy, cells.kernels.width
    tables = emit_tables(program, expose_all=True)
    read_to_open, read_to_close = (_numbers_read(program, tables, rules) for rules in (strategy.opens, strategy.closes))
    if set(read_to_open) & set(read_to_close):
        read_to_open = read_to_close = sorted({*read_to_open, *read_to_close})
    opening, of_opening = _distinct(cells.numbers[:, read_to_open])
    closing, of_closing = _distinct(cells.numbers[:, read_to_close])
    different = max(len(opening), len(closing))
    columns = width * -(-different // width)
    numbers = np.repeat(cells.numbers[:1], columns, axis=0)
    numbers[:, read_to_open] = opening[np.minimum(np.arange(columns), len(opening) - 1)]
    numbers[:, read_to_close] = closing[np.minimum(np.arange(columns), len(closing) - 1)]
    signals = SignalColumns(strategy, cells.kernels, cells.bars, columns)
    narrowed = _what_streams_read(program, cells.arrays, width)
    market = build.market_tables(tables, narrowed, slice(None), build.level_table(), None, width)
    for first in range(0, columns, width):
        run = recording_run(program, tables, narrowed, market, cells.phase, np.ascontiguousarray(numbers[first : first + width].T))
        signals.record(run, first)
    return signals, signals.of_cells(of_opening, of_closing, cells.sizes)


def _distinct(rows: Floats) -> tuple[Floats, Integers]:
    """The rows that differ, and which of them each is."""
    places: dict[tuple[float, ...], int] = {}
    which = [places.setdefault(tuple(row), len(places)) for row in rows.tolist()]
    return np.array(list(places), dtype=np.float64).reshape(len(places), -1), np.array(which, dtype=np.int64)


def _numbers_read(program: Program, tables: Tables, conditions: tuple[NodeId, ...]) -> list[int]:
    """Places of the numbers that conditions are made of."""
    return sorted(tables.node_numbers[node] for node in needed_by(program.nodes, conditions) if node in tables.node_numbers)


def _what_streams_read(program: Program, arrays: MarketArrays, width: int) -> MarketArrays:
    """The market's first path once a lane, with the series that the program's streams read and no others, since all are much memory."""
    named = {"spx", *(node.name for node in program.nodes if node.operation == "series")}
    by_place = any(node.operation in SURFACE_OPERATIONS for node in program.nodes)
    kept = [row for row, name in enumerate(arrays.series) if by_place or name in named]
    values = np.repeat(arrays.values[:, kept, :1], width, axis=2)
    series = tuple(arrays.series[row] for row in kept)
    return without_expiries(evolve(arrays, series=series, values=values))


def _days_of(cells: SignalCells) -> Floats:
    """What `walk` reads of each bar traded."""
    days = days_between(cells.arrays)
    days[:, layout.CLOSE] = traded(cells.arrays, share_of(cells.strategy))
    rate = traded(cells.arrays, "rate")[:-1]
    days[1:, layout.RATE] = np.where(np.isnan(rate), 0.0, rate)
    return days


def _sizes_of(cells: SignalCells) -> Floats:
    """[cells, SIZE_COLUMNS]."""
    _, places = place_numbers(cells.program)
    return sizes_of(cells.program, cells.numbers[:, places[cells.strategy.size]])
