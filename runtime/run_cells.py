"""Cells of a grid run: groups of programs that differ in numbers alone, cut into blocks of lanes, the blocks run on threads.

Cells that signals decide are walked from signal to signal, all others go through the day loop. Neither that, nor how cells are grouped,
how many lanes there are and on how many threads they run, changes a bit of a row. A cell keeps its figures and nothing else, so that
memory does not grow with the grid.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import cache
from itertools import islice
from math import isnan
from typing import Any, TypeAlias

import numpy as np
from attrs import asdict, evolve, field, frozen

from alvh.compiler.ir import Program
from alvh.compiler.twins import hedge_layers
from alvh.runtime.attribution import count_trades, hedge_profit
from alvh.runtime.engine.compiled import is_engine_cached
from alvh.runtime.engine.simulate import KERNEL_PAYS
from alvh.runtime.engine.simulate_cells import CellRunner, path_of_cells
from alvh.runtime.journal import calendar_date
from alvh.runtime.lane_width import production_width
from alvh.runtime.market import Floats, MarketArrays, MarketError, Problem
from alvh.runtime.metrics import measure
from alvh.runtime.paths.measure_paths import METRICS, measure_paths
from alvh.runtime.record import RunRecord
from alvh.runtime.signals.compiled_kernels import are_kernels_cached, compiled_kernels, plain_kernels, walks_pay
from alvh.runtime.signals.walk_cells import SignalCells, can_be_walked

FULL_ENOUGH = 3
"""Cells from which on a block of lanes, some of them idle, is faster than a run for each, once one lane is compiled too."""
LANES_PAY = 5_000_000
"""Path-days from which on lanes are worth a first compilation of the engine for them (fifteen seconds)."""
WITH_SIGNALS = 4_096
"""Cells whose signals are in memory at a time; each may have its own, two kilobytes for thirty years."""
PATIENCE = 1.0
"""Seconds between two parts: what a kill can cost, beside the blocks it interrupts."""

Row: TypeAlias = dict[str, Any]
"""`cell`, the metrics, `to` and `identity`."""


@frozen
class Cell:
    """One cell: its number in the grid, from 1, what its program has for constants and params, and its identity."""

    number: int
    numbers: tuple[float, ...]
    identity: str
    """Of a run that reaches the last bar."""


@frozen(eq=False)
class CellGroup:
    """Cells whose programs differ in numbers alone."""

    program: Program
    """Of one of them."""
    arrays: MarketArrays
    cells: list[Cell] = field(factory=list)

    @property
    def bars(self) -> int:
        return self.arrays.last + 1


@frozen(eq=False)
class CellRun:
    """How the cells of groups are run. `jit=False`: in plain Python, one lane, one thread."""

    phase: int
    threads: int
    identify: Callable[[int, int], str]
    """The identity of a cell (its number) that stopped after a day (since 1970-01-01)."""
    lanes: int | None = None
    """None: chosen by what is worth it."""
    jit: bool = True
    walks: bool | None = None
    """Whether what signals decide is walked; None: where that is worth it."""

    def rows(
        self, groups: Sequence[CellGroup], keep: Callable[[list[Row]], None], done: Callable[[int], None], report: Callable[[str], None]
    ) -> None:
        """Runs all cells; `keep` is given the rows of finished ones about once a second, `done` told how many more are finished.

        What was finished is kept when a run is interrupted or fails, too. MarketError for a cell without a bar."""
        lanes = self._lanes_of(groups)
        least = FULL_ENOUGH if self.jit and is_engine_cached(1) else 1
        report("compiling (once, fifteen seconds at most)" if self._compiles(groups, lanes, least) else "simulating")
        waiting: list[Row] = []
        written = time.monotonic()
        running: set[Future[list[Row]]] = set()
        blocks = self._runs(groups, lanes, least)
        pool = ThreadPoolExecutor(self.threads, thread_name_prefix="cells")
        try:
            while True:
                # Two blocks a thread: one that runs and one that waits, so that the rest costs no memory.
                for run in islice(blocks, 2 * self.threads - len(running)):
                    running.add(pool.submit(run))
                if not running:
                    break
                finished, running = wait(running, return_when=FIRST_COMPLETED)
                for future in sorted(finished, key=_failed):  # what succeeded counts before what failed ends the run
                    rows = future.result()
                    waiting += rows
                    done(len(rows))
                report("simulating")
                if waiting and time.monotonic() - written >= PATIENCE:
                    keep(waiting)
                    waiting, written = [], time.monotonic()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
            late = [row for future in running if not future.cancelled() and not _failed(future) for row in future.result()]
            # Apart: what was being kept when the run was interrupted is kept again under its own name, not beside itself.
            for rows in filter(None, (waiting, late)):
                keep(rows)

    def _compiles(self, groups: Sequence[CellGroup], lanes: int, least: int) -> bool:
        """Whether something will have to be compiled that is not in the cache."""
        if not self.jit:
            return False
        through_the_loop = [group for group in groups if not self._is_walked(group)]
        widths = {width for group in through_the_loop for width, _ in _blocks(group, lanes, least)}
        walks = len(through_the_loop) < len(groups)
        return (walks and not are_kernels_cached(production_width())) or not all(map(is_engine_cached, widths))

    def _lanes_of(self, groups: Sequence[CellGroup]) -> int:
        if not self.jit:
            return 1
        if self.lanes is not None:
            return self.lanes
        path_days = sum(len(group.cells) * group.bars for group in groups)
        return production_width() if is_engine_cached(production_width()) or path_days >= LANES_PAY else 1

    def _runs(self, groups: Sequence[CellGroup], lanes: int, least: int) -> Iterator[Callable[[], list[Row]]]:
        """Each block as a call. Groups of one market share its arrays."""
        shared: dict[tuple[int, int], MarketArrays] = {}
        for group in groups:
            if self._is_walked(group):
                yield from self._walks_of(group)
                continue
            runners: dict[int, CellRunner] = {}
            for width, cells in _blocks(group, lanes, least):
                if width not in runners:
                    place = id(group.arrays), width
                    if place not in shared:
                        shared[place] = path_of_cells(group.arrays, width)
                    kernel = len(group.cells) * group.bars >= KERNEL_PAYS * width > KERNEL_PAYS
                    runners[width] = CellRunner(group.program, shared[place], self.phase, kernel, self.jit)
                yield self._run_of(group, runners[width], cells)

    def _run_of(self, group: CellGroup, runner: CellRunner, cells: list[Cell]) -> Callable[[], list[Row]]:
        def run() -> list[Row]:
            return [self._row(group, cell, record) for cell, record in zip(cells, runner.run(_numbers_of(cells)), strict=True)]

        return run

    def _row(self, group: CellGroup, cell: Cell, record: RunRecord) -> Row:
        program, arrays = group.program, group.arrays
        bars = record.equity.size
        if bars == 0:
            problem = "the run has no bar: prices were missing from its first day on"
            raise MarketError((Problem(f"cell {cell.number}", None, problem, "start it later"),))
        metrics = measure(record.equity, program.capital, count_trades(record), hedge_profit(program, record))
        last_day = int(arrays.sessions[arrays.first + bars - 1])
        identity = cell.identity if record.stopped < 0 else self.identify(cell.number, last_day)
        return {"cell": cell.number, **asdict(metrics), "to": calendar_date(last_day), "identity": identity}

    def _is_walked(self, group: CellGroup) -> bool:
        """Whether signals decide all of a group, and walking it is worth it."""
        pays = self.jit and walks_pay(len(group.cells) * group.bars, production_width())
        return (pays if self.walks is None else self.walks) and can_be_walked(group.program, group.arrays)

    def _walks_of(self, group: CellGroup) -> Iterator[Callable[[], list[Row]]]:
        alone = cache(lambda: CellRunner(group.program, path_of_cells(group.arrays, 1), self.phase, kernel=False, jit=self.jit))
        loops = compiled_kernels(production_width()) if self.jit else plain_kernels()
        for start in range(0, len(group.cells), WITH_SIGNALS):
            part = evolve(group, cells=group.cells[start : start + WITH_SIGNALS])
            walked = SignalCells(group.program, group.arrays, self.phase, _numbers_of(part.cells), loops)
            for first in range(0, len(part.cells), walked.at_once):
                yield self._walk_of(part, walked, alone, first)

    def _walk_of(self, group: CellGroup, walked: SignalCells, alone: Callable[[], CellRunner], first: int) -> Callable[[], list[Row]]:
        """Rows of the cells that one walk runs; those that need more than a walk go through the day loop."""
        cells = group.cells[first : first + walked.at_once]
        last_day = calendar_date(int(group.arrays.sessions[group.arrays.last]))
        is_hedge = bool(hedge_layers(group.program))

        def run() -> list[Row]:
            found = walked.walk(first)
            metrics = measure_paths(found.equity(), group.program.capital, found.trades, found.profit if is_hedge else None)
            rows = []
            for place, (cell, figures) in enumerate(zip(cells, metrics.tolist(), strict=True)):
                if found.is_cut[place]:
                    rows.append(self._row(group, cell, alone().run(_numbers_of([cell]))[0]))
                else:
                    named = {name: None if isnan(figure) else figure for name, figure in zip(METRICS, figures, strict=True)}
                    named["trades"] = int(found.trades[place])
                    rows.append({"cell": cell.number, **named, "to": last_day, "identity": cell.identity})
            return rows

        return run


def _numbers_of(cells: Sequence[Cell]) -> Floats:
    """[cells, numbers]."""
    return np.array([cell.numbers for cell in cells], dtype=np.float64).reshape(len(cells), -1)


def _failed(future: Future[list[Row]]) -> bool:
    return future.exception() is not None


def _blocks(group: CellGroup, lanes: int, least: int) -> Iterator[tuple[int, list[Cell]]]:
    """Width and cells of each block of a group; the last few cells, fewer than `least`, run one by one: lanes would mostly idle."""
    for start in range(0, len(group.cells), lanes):
        cells = group.cells[start : start + lanes]
        if lanes == 1 or len(cells) >= least:
            yield lanes, cells
        else:
            yield from ((1, [cell]) for cell in cells)
