"""Programs that differ in their numbers alone, side by side as lanes over one path of a market: the cells of a grid."""

from __future__ import annotations

from threading import Lock

import numpy as np
from attrs import evolve, field, frozen

from alvh.compiler.emit_kernel import emit_kernel
from alvh.compiler.emit_steps import emit_steps
from alvh.compiler.emit_tables import Tables, emit_tables, place_numbers
from alvh.compiler.ir import Program
from alvh.grammar.diagnostics import InternalError
from alvh.runtime.engine import arrays as build
from alvh.runtime.engine import layout
from alvh.runtime.engine.compiled import Compiled, compiled_engine
from alvh.runtime.engine.simulate import FIRST_ROOM, MOST_ROOM, fill_tape, record_of
from alvh.runtime.market import Floats, MarketArrays
from alvh.runtime.pricing.opening import at_the_open
from alvh.runtime.record import RunRecord

_LOADING = Lock()
"""One kernel at a time is made and compiled, whoever asks."""


def numbers_of(program: Program) -> tuple[float, ...]:
    """What a program may differ in from those that run beside it: its constants and params, in the order of its streams."""
    return place_numbers(program)[0]


def without_numbers(program: Program) -> Program:
    """What programs that run side by side must have in common: all that the engine reads, without the numbers."""
    nodes = tuple(evolve(node, value=0.0, label="") for node in program.nodes)
    return evolve(program, title="", nodes=nodes, parameters=())


def path_of_cells(arrays: MarketArrays, lanes: int) -> MarketArrays:
    """The market's first path once a lane; shared by all blocks of a grid, for it is large."""
    return evolve(arrays, values=np.ascontiguousarray(np.repeat(arrays.values[:, :, :1], lanes, axis=2)))


@frozen(eq=False)
class CellRunner:
    """A program ready to run with other numbers, `lanes` cells at a time. Any number of threads may share it."""

    program: Program
    arrays: MarketArrays
    """As `path_of_cells` gives them, with as many paths as lanes."""
    phase: int
    kernel: bool
    """Whether the streams are compiled or interpreted from steps, with the same bits."""
    jit: bool = True
    """False: in plain Python, which has one lane."""
    _engines: dict[str, Compiled] = field(factory=dict, init=False)
    """By the kernel's text, so that it is loaded once and not a block."""

    opening: Floats | None = field(init=False)
    """Prices at the open, where orders fill at them."""

    @opening.default
    def _price_the_open(self) -> Floats | None:
        return at_the_open(self.arrays).values if self.program.fill == "next open" else None

    @property
    def lanes(self) -> int:
        return int(self.arrays.values.shape[2])

    def run(self, numbers: Floats) -> tuple[RunRecord, ...]:
        """The records of cells with these `numbers` [cells, numbers], in the order of `numbers_of`; at most as many as lanes.

        Each has the bits of a run of its own."""
        room = FIRST_ROOM
        while room <= MOST_ROOM:
            records = self._run_with_room(numbers, room)
            if records is not None:
                return records
            room *= 2
        raise InternalError(f"more than {MOST_ROOM} lots in one layer")

    def _run_with_room(self, numbers: Floats, room: int) -> tuple[RunRecord, ...] | None:
        """None if a layer ran out of room."""
        tables = emit_tables(self.program, room, expose_all=not self.kernel)
        steps = None if self.kernel else emit_steps(self.program, tables, self.arrays.series)
        cells = len(numbers)
        # A block with fewer cells than lanes repeats its last one; the extra lanes are dropped.
        by_lane = np.ascontiguousarray(np.concatenate([numbers, np.repeat(numbers[-1:], self.lanes - cells, axis=0)]).T)
        market = build.market_tables(tables, self.arrays, slice(None), build.level_table(), self.opening, self.lanes)
        filled = fill_tape(self._engine(tables), self.program, tables, steps, self.arrays, market, by_lane, self.phase)
        if filled is None:
            return None
        tape, settings = filled
        stopped = tape.counts[layout.COUNT_STOPPED, :cells] >= 0.0
        if self.lanes > 1 and bool(np.any(stopped)):
            # A lane that stopped went on beside the others: run these cells alone, so that nothing after the stop is counted.
            alone = evolve(self, arrays=path_of_cells(self.arrays, 1), kernel=False)
            return tuple(alone.run(numbers[cell : cell + 1])[0] for cell in range(cells))
        return tuple(record_of(self.program, self.arrays, tape, settings, lane) for lane in range(cells))

    def _engine(self, tables: Tables) -> Compiled:
        text = emit_kernel(self.program, tables, self.arrays.series, self.lanes) if self.kernel else ""
        with _LOADING:
            if text not in self._engines:
                self._engines[text] = compiled_engine(text, self.lanes, jit=self.jit)
            return self._engines[text]
