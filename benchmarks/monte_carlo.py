"""Many generated paths of `alvh_442_contracts`: the engine in lanes against a lane kernel in C and against scalar Numba with the C library.

First all must agree: engine and C kernel on every bit of equity, cash, interest, fees, P&L a layer and journal of 1,000 paths; the scalar
loop with the C library's functions to rounding.

Then a few blocks of paths are run in turn, each loop in memory that was written before. Times of one thread are its processor time, so
that what else the machine does counts little; those of a whole run over many paths on one and two threads are the clock's. `whole` is
from market arrays to records (the engine) or to days and journal (C): layout, loop, reading off, in memory that is new.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from attrs import evolve

from alvh.compiler.ir import Program
from alvh.runtime.engine.simulate import simulate
from alvh.runtime.market import MarketArrays
from alvh.runtime.markets.generated import GeneratedMarket
from alvh.runtime.paths.blocks import PathBlocks
from alvh.runtime.paths.stream import Manner, stream_paths
from alvh.strategy import load
from benchmarks import hand_written_442 as by_hand
from benchmarks import scalar_libm
from benchmarks.interleaved import Missing, Ratio, Row, medians, table
from benchmarks.lane_kernel_442 import NoCompilerError, lane_kernel
from benchmarks.language_tax import STRATEGY, day_loop_seconds, first_difference

SEED = 442
PARITY_PATHS = 1_000
TIMED_PATHS = 64
STREAMED_PATHS = 2_048
LANES = 16
CHUNK = 128
ROUNDS = 7
MOST_AGAINST_C = 1.5
LEAST_AGAINST_LIBM = 5.0
LEAST_TWO_THREADS = 1.8
FURTHEST = 1e-9
"""Relative difference of equity that the C library's functions may make."""


def paths(program: Program, count: int, first: int = 0) -> MarketArrays:
    """Ten years of generated days a path."""
    return GeneratedMarket(SEED, first_path=first).arrays(None, None, program.inputs, program.calendars, paths=count)


def require_same(program: Program, count: int = PARITY_PATHS, width: int = LANES) -> None:
    """RuntimeError where engine and C kernel differ in a bit on one of so many paths."""
    for first in range(0, count, CHUNK):
        arrays = paths(program, min(CHUNK, count - first), first)
        engine = simulate(program, arrays, lanes=width, kernel=True)
        for path, (record, kernel) in enumerate(zip(engine, lane_kernel(width, arrays).records(), strict=True)):
            difference = first_difference(record, kernel)
            if difference is not None:
                raise RuntimeError(f"path {first + path}: {difference}")


def require_near(program: Program, arrays: MarketArrays) -> None:
    """RuntimeError where the scalar loop with the C library trades otherwise than the engine, or its equity is far off."""
    hand = scalar_libm.hand_written()
    for path, record in enumerate(simulate(program, arrays, lanes=LANES, kernel=True)):
        market = hand.market_of(arrays, path)
        book, days = hand.new_book(market), hand.new_days(market)
        stopped = int(hand.compiled(market, book, days))
        off = scalar_libm.furthest(record, by_hand.Record(days, book.journal[: int(book.rows[0])], stopped))
        if not off <= FURTHEST:
            raise RuntimeError(f"path {path}: with the C library equity differs by {off:.1e}, or another trade is made")


def thread_seconds(work: Callable[[], object]) -> float:
    """Processor seconds of this thread."""
    start = time.thread_time()
    work()
    return time.thread_time() - start


def engine_loop(program: Program, arrays: MarketArrays, width: int) -> float:
    with day_loop_seconds(time.thread_time, twice=True) as seconds:
        simulate(program, arrays, lanes=width, kernel=True)
    return sum(seconds)


def kernel_loop(arrays: MarketArrays, width: int) -> float:
    kernel = lane_kernel(width, arrays)
    seconds = 0.0
    for first in range(0, arrays.values.shape[2], width):
        call, *filled = kernel.prepare(kernel.values_of(first))  # held here while C writes to them
        call()  # as of the engine, the second run is timed, in memory that was written before
        filled[-1][:] = 0  # rows of the journal so far
        seconds += thread_seconds(call)
    return seconds


def scalar_loop(module: Any, arrays: MarketArrays, count: int) -> float:
    """Seconds of the hand-written loop, for all paths from so many."""
    seconds = 0.0
    for path in range(count):
        market = module.market_of(arrays, path)
        book, days = module.new_book(market), module.new_days(market)
        seconds += thread_seconds(partial(module.compiled, market, book, days))
    return seconds * arrays.values.shape[2] / count


def streamed(program: Program, threads: int) -> float:
    """Clock seconds of STREAMED_PATHS paths as `alvh run --paths` runs them: made, simulated and measured, start-up apart."""
    blocks = PathBlocks(GeneratedMarket(SEED), None, None, program, {})
    start = time.perf_counter()
    stream_paths(program, blocks, STREAMED_PATHS, 0, Manner(LANES, threads, kernel=True))
    return time.perf_counter() - start


def measure(rounds: int = ROUNDS, parity_paths: int = PARITY_PATHS) -> list[Row]:
    """Seconds a path and day. RuntimeError where results differ."""
    program = load(STRATEGY).program
    arrays = paths(program, TIMED_PATHS)
    days = TIMED_PATHS * (arrays.last - arrays.first + 1)
    streamed_days = STREAMED_PATHS * (arrays.last - arrays.first + 1)
    timers: dict[str, Callable[[], float]] = {
        f"engine {LANES}": partial(engine_loop, program, arrays, LANES),
        "engine 8": partial(engine_loop, program, arrays, 8),
        "engine whole": lambda: thread_seconds(partial(simulate, program, arrays, lanes=LANES, kernel=True)),
        "libm": partial(scalar_loop, scalar_libm.hand_written(), arrays, 4),
        "scalar": partial(scalar_loop, by_hand, arrays, 4),
        "one": lambda: streamed(program, 1) * days / streamed_days,
        "two": lambda: streamed(program, 2) * days / streamed_days,
    }
    missing: list[Row] = []
    try:
        lane_kernel(LANES, arrays)
    except NoCompilerError as error:
        missing.append(Missing(f"engine, {LANES} lanes, against C", str(error)))
    else:
        require_same(program, parity_paths)
        require_same(program, CHUNK, 8)
        timers |= {
            f"C {LANES}": partial(kernel_loop, arrays, LANES),
            "C 8": partial(kernel_loop, arrays, 8),
            "C whole": lambda: thread_seconds(lambda: list(lane_kernel(LANES, arrays).records())),
        }
    require_near(program, evolve(arrays, values=np.ascontiguousarray(arrays.values[:, :, :LANES])))
    found = {name: seconds / days for name, seconds in medians(timers, rounds).items()}
    rows: list[Row] = []
    if not missing:
        rows += [
            Ratio(f"a path-day, engine, {LANES} lanes", found[f"engine {LANES}"], f"C, {LANES} lanes", found[f"C {LANES}"], MOST_AGAINST_C),
            Ratio("a path-day, engine, 8 lanes", found["engine 8"], "C, 8 lanes", found["C 8"]),
            Ratio(f"a path-day whole, engine, {LANES} lanes", found["engine whole"], f"C, {LANES} lanes", found["C whole"]),
        ]
    engine = f"engine, {LANES} lanes"
    return [
        *rows,
        *missing,
        Ratio("a path-day, scalar Numba, C library", found["libm"], engine, found[f"engine {LANES}"], least=LEAST_AGAINST_LIBM),
        Ratio("a path-day, scalar Numba, alvh's functions", found["scalar"], engine, found[f"engine {LANES}"]),
        Ratio("a path-day of `alvh run --paths`, one thread", found["one"], "two threads", found["two"], least=LEAST_TWO_THREADS),
    ]


if __name__ == "__main__":
    print(table(measure()))
