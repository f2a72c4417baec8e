"""Many paths through the engine, a block at a time: of each path only its figures are kept, so that memory does not grow with paths.

Each worker owns one block: series of the market, state and a small tape, used again for every block, since memory is slow to write for
the first time. Workers take blocks from a common queue; what a path's figures are depends neither on the block nor on the worker."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from threading import Lock
from typing import Protocol

import numpy as np
from attrs import define, evolve, frozen

from alvh.compiler.emit_kernel import emit_kernel
from alvh.compiler.emit_steps import emit_steps
from alvh.compiler.emit_tables import emit_tables
from alvh.compiler.ir import Program
from alvh.compiler.twins import hedge_layers
from alvh.grammar.diagnostics import InternalError
from alvh.runtime.engine import arrays as build
from alvh.runtime.engine import layout
from alvh.runtime.engine.compiled import Compiled, compiled_engine, is_engine_cached
from alvh.runtime.engine.simulate import FIRST_ROOM, KERNEL_PAYS, MOST_ROOM
from alvh.runtime.market import Floats, MarketArrays
from alvh.runtime.paths.measure_paths import METRICS, measure_paths
from alvh.runtime.pricing.opening import at_the_open
from alvh.runtime.signals.compiled_kernels import SignalKernels, are_kernels_cached, compiled_kernels, plain_kernels, walks_pay
from alvh.runtime.signals.signal_strategy import signal_strategy_of
from alvh.runtime.signals.walk_paths import PathWalker

Progress = Callable[[int, int], None]
NEVER = -1.0
PULSE = 0.1
"""Seconds."""


class Blocks(Protocol):
    """Where paths come from."""

    @property
    def shared(self) -> MarketArrays:
        """Of any path: everything but values is the same for all."""
        ...

    def new_block(self, lanes: int) -> Block:
        """A block of so many paths side by side, one a worker."""
        ...


class Block(Protocol):
    """Memory for the series of some paths, filled again and again."""

    @property
    def series(self) -> Floats:
        """[bars * rows, lanes]; whoever runs a block may write over it until it is filled again."""
        ...

    def fill(self, first: int) -> None:
        """Writes the paths from number `first` on, one a lane. Each thread fills its own block."""
        ...


@define(eq=False)
class Streamed:
    """What is kept of a path, and counts over all of them."""

    metrics: Floats
    """[paths, METRICS]; NaN where undefined."""
    stopped: Floats
    """[paths] bar before which the path's run stopped for want of a price; NEVER."""
    stale_marks: int = 0
    unknown_prints: int = 0
    unknown_rates: int = 0


@frozen
class Manner:
    """How paths are run; no figure depends on it."""

    width: int
    """Paths side by side."""
    threads: int = 1
    jit: bool = True
    """False: the same engine in plain Python, one lane at a time."""
    kernel: bool | None = None
    """Whether the strategy's streams are compiled; None: where that pays."""
    walks: bool | None = None
    """Whether what signals decide is walked; None: where that pays."""


def stream_paths(
    program: Program, blocks: Blocks, paths: int, phase: int, manner: Manner, progress: Progress = lambda _, __: None
) -> Streamed:
    """Runs `program` over the paths 0 .. `paths` - 1; `progress` is told how many are done, of how many, in turn, by any thread.

    An exception of a worker or a signal ends all of them after their block and is raised."""
    width = manner.width if manner.jit else 1
    streamed = Streamed(np.full((paths, len(METRICS)), np.nan), np.full(paths, NEVER))
    bars = blocks.shared.last + 1
    compiles = manner.kernel if manner.kernel is not None else paths * bars >= KERNEL_PAYS
    loops = None
    if _are_walked(program, manner, paths * bars):
        loops = compiled_kernels(width) if manner.jit else plain_kernels()
    plans = _Plans(program, blocks.shared, phase, width, manner.jit, compiles, loops)
    queue = _Queue(paths, width, progress)
    # The first block alone: what is compiled or loaded once is so before there are threads.
    workers = [_Worker(plans, blocks, streamed)]
    workers[0].work(queue, most=1)
    workers += [_Worker(plans, blocks, streamed) for _ in range(min(manner.threads, queue.left) - 1)]
    with ThreadPoolExecutor(len(workers), thread_name_prefix="paths") as pool:
        try:
            _await_all({pool.submit(worker.work, queue) for worker in workers})
        except BaseException:
            queue.close()
            raise
    for worker in workers:
        streamed.stale_marks += worker.counted[layout.COUNT_STALE]
        streamed.unknown_prints += worker.counted[layout.COUNT_PRINTS]
        streamed.unknown_rates += worker.counted[layout.COUNT_RATES]
    return streamed


def is_compiled(program: Program, manner: Manner, path_days: int) -> bool:
    """Whether what runs so many path-days is in the cache."""
    return are_kernels_cached(manner.width) if _are_walked(program, manner, path_days) else is_engine_cached(manner.width)


def _are_walked(program: Program, manner: Manner, path_days: int) -> bool:
    pays = manner.jit and walks_pay(path_days, manner.width)
    return (pays if manner.walks is None else manner.walks) and signal_strategy_of(program) is not None


def _await_all(working: set[Future[None]]) -> None:
    """Until all are done, or raises what the first to fail raised."""
    while working:
        # A wait without end would not be left for Ctrl-C where the system hands the signal to another thread.
        done, working = wait(working, timeout=PULSE, return_when=FIRST_EXCEPTION)
        for future in done:
            future.result()


class _Queue:
    """Blocks that nobody has taken yet."""

    def __init__(self, paths: int, width: int, progress: Progress) -> None:
        self._paths = paths
        self._width = width
        self._next = 0
        self._done = 0
        self._of = paths
        self._progress = progress
        self._lock = Lock()

    @property
    def left(self) -> int:
        """Blocks."""
        return -(-(self._paths - self._next) // self._width)

    def take(self) -> tuple[int, int] | None:
        """First path of a block and how many it has; None when there is none left."""
        with self._lock:
            first = self._next
            if first >= self._paths:
                return None
            self._next += self._width
            return first, min(self._width, self._paths - first)

    def done(self, count: int) -> None:
        with self._lock:
            self._done += count
            self._progress(self._done, self._of)

    def close(self) -> None:
        """Hands out nothing more."""
        with self._lock:
            self._next = self._paths


@frozen(eq=False)
class _Plan:
    """What every block shares when a layer without a stated number of lots has a certain room."""

    room: int
    market: layout.MarketTables
    """Its series are a worker's own."""
    settings: layout.Settings
    rules: layout.Rules
    fresh: layout.State
    engine: Compiled


class _Plans:
    """A plan for each room that a path was found to need, made once."""

    def __init__(
        self, program: Program, arrays: MarketArrays, phase: int, width: int, jit: bool, compiles: bool, loops: SignalKernels | None
    ) -> None:
        self.program = program
        self.arrays = arrays
        self.width = width
        self.phase = phase
        self.loops = loops
        """Of walks; None where there are none."""
        self._jit = jit
        self._compiles = compiles
        self._level = build.level_table()
        self._made: dict[int, _Plan] = {}
        self._lock = Lock()

    def of(self, room: int) -> _Plan:
        with self._lock:
            if room not in self._made:
                self._made[room] = self._make(room)
            return self._made[room]

    def _make(self, room: int) -> _Plan:
        if room > MOST_ROOM:
            raise InternalError(f"more than {MOST_ROOM} lots in one layer")
        program, arrays, width = self.program, self.arrays, self.width
        tables = emit_tables(program, room, expose_all=not self._compiles)
        steps = None if self._compiles else emit_steps(program, tables, arrays.series)
        text = emit_kernel(program, tables, arrays.series, width) if self._compiles else ""
        numbers = build.same_numbers(tables, width)
        market = build.market_tables(tables, arrays, slice(0, 1), self._level, None, 1)
        return _Plan(
            room=room,
            market=market,
            settings=build.settings_of(program, tables, arrays, self.phase, 0, width, interpreted=not self._compiles, records=False),
            rules=build.rule_arrays(program, tables, steps, numbers),
            fresh=build.fresh_state(program, tables, market, numbers),
            engine=compiled_engine(text, width, jit=self._jit),
        )


class _Worker:
    """Runs blocks, one after another in the same memory."""

    def __init__(self, plans: _Plans, blocks: Blocks, streamed: Streamed) -> None:
        program, arrays = plans.program, plans.arrays
        self._plans = plans
        self._block = blocks.new_block(plans.width)
        self._series = self._block.series
        self._fills_at_open = program.fill == "next open"
        self._fills = self._series.copy() if self._fills_at_open else self._series
        self._streamed = streamed
        self._first_bar = arrays.first
        self._bars = arrays.last - arrays.first + 1
        self._capital = program.capital
        self._hedges = hedge_layers(program)
        self._plan: _Plan | None = None
        self._walker = None if plans.loops is None else PathWalker(program, arrays, plans.phase, plans.loops, self._series)
        if self._walker is not None:
            self._tape = self._walker.tape
        else:
            self._lay_out(FIRST_ROOM)
        self.counted = {layout.COUNT_STALE: 0, layout.COUNT_PRINTS: 0, layout.COUNT_RATES: 0}

    def work(self, queue: _Queue, most: int | None = None) -> None:
        """Runs the blocks that it can take, or so many."""
        while most is None or most > 0:
            block = queue.take()
            if block is None:
                return
            self._run_block(*block)
            queue.done(block[1])
            most = None if most is None else most - 1

    def _lay_out(self, room: int) -> _Plan:
        """Makes ready for the day loop."""
        plan = self._plan = self._plans.of(room)
        state = layout.State(*(array.copy() for array in plan.fresh))
        self._tape = build.small_tape(self._plans.program, self._plans.arrays, self._plans.width, plan.settings)
        market = plan.market._replace(series=self._series, fills=self._fills)
        self._run = layout.Run(market, plan.settings, plan.rules, state, self._tape)
        return plan

    def _run_block(self, first: int, count: int) -> None:
        # A last block with fewer paths than lanes takes the paths beyond, and drops them.
        self._block.fill(first)
        self._simulate()
        stops = self._tape.counts[layout.COUNT_STOPPED, :count].copy()
        stopped = np.flatnonzero(stops >= 0.0)
        running = np.flatnonzero(stops < 0.0)
        self._keep(first + running, running, self._bars)
        if len(stopped) == 0:
            return
        # A lane that stopped went on beside the others. Its path alone on all lanes ends where it stops, and nothing after it counts.
        for lane, column in zip(stopped.tolist(), self._series[:, stopped].T.copy(), strict=True):
            self._series[:] = column[:, None]
            self._simulate()
            self._streamed.stopped[first + lane] = stops[lane]
            self._keep(np.array([first + lane]), np.array([0]), int(stops[lane]) - self._first_bar)

    def _simulate(self) -> None:
        if self._walker is not None:
            self._tape = self._walker.tape
            if self._walker.walk():
                return
        plan = self._plan or self._lay_out(FIRST_ROOM)
        self._tape = self._run.tape
        if self._fills_at_open:
            arrays = self._plans.arrays
            shape = (arrays.last + 1, len(arrays.series), self._plans.width)
            opening = at_the_open(evolve(arrays, values=self._series.reshape(shape)))
            np.copyto(self._fills, opening.values.reshape(self._fills.shape))
        while True:
            for array, fresh in zip(self._run.state, plan.fresh, strict=True):
                np.copyto(array, fresh)
            build.clear_tape(self._tape)
            plan.engine.run(self._run)
            if not self._run.state.out_of_room[0]:
                return
            plan = self._lay_out(2 * plan.room)

    def _keep(self, paths: np.ndarray, lanes: np.ndarray, bars: int) -> None:
        """The figures of the paths that stand in `lanes`, of their first bars."""
        counts = self._tape.counts[:, lanes]
        for count in self.counted:
            self.counted[count] += int(counts[count].sum())
        if bars == 0 or len(lanes) == 0:
            return
        equity = np.ascontiguousarray(self._tape.bars[:bars, lanes].T)
        profits = self._tape.bars[self._bars :, lanes]
        hedge = sum(profits[layer] for layer in self._hedges) if self._hedges else None
        self._streamed.metrics[paths] = measure_paths(equity, self._capital, counts[layout.COUNT_TRADES], hedge)
