"""Many paths of the generated market: where the time of a day goes, what a second thread brings, what memory it takes.

`python -m benchmarks.many_paths [PATHS]`, 640 by default; 40000 is the size that docs/performance.md speaks of."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

import numpy as np
from attrs import frozen

from alvh.runtime.lane_width import production_width
from alvh.runtime.market import Floats
from alvh.runtime.markets.generated import GeneratedMarket
from alvh.runtime.paths.blocks import PathBlocks
from alvh.runtime.paths.measure_paths import measure_paths
from alvh.runtime.paths.stream import Manner, stream_paths
from alvh.strategy import Strategy, load
from benchmarks.interleaved import REPOSITORY, medians

STRATEGY = REPOSITORY / "strategies" / "alvh_442_contracts.alvh"
ROUNDS = 3
MANY = 10_000
SEED = 7


class ReadyPaths:
    """One block of paths over and over, written once into a worker's memory: what is left is the engine and the metrics."""

    def __init__(self, blocks: PathBlocks, width: int) -> None:
        self.shared = blocks.shared
        block = blocks.new_block(width)
        block.fill(0)
        self._series = block.series

    def new_block(self, lanes: int) -> ReadyBlock:
        return ReadyBlock(self._series.copy())


@frozen(eq=False)
class ReadyBlock:
    """A worker's."""

    series: Floats

    def fill(self, first: int) -> None:
        """It is full already."""


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def peak_memory(paths: int, threads: int) -> float:
    """MB that a process of its own takes at most while it runs so many paths, their market made once."""
    code = f"from benchmarks.many_paths import stream_ready; stream_ready({paths}, {threads})"
    child = os.spawnv(os.P_NOWAIT, sys.executable, [sys.executable, "-c", code])
    _, status, used = os.wait4(child, 0)
    if status != 0:
        raise RuntimeError(f"the run of {paths} paths ended with {status}")
    return used.ru_maxrss / 1024.0


def stream_ready(paths: int, threads: int) -> None:
    """What `peak_memory` measures."""
    strategy, width = load(STRATEGY), production_width()
    ready = ReadyPaths(_blocks(strategy), width)
    stream_paths(strategy.program, ready, paths, 0, Manner(width, threads, kernel=True))


def _blocks(strategy: Strategy) -> PathBlocks:
    return PathBlocks(GeneratedMarket(SEED), None, None, strategy.program, strategy.lags)


def main(paths: int) -> None:
    strategy, width = load(STRATEGY), production_width()
    program, blocks = strategy.program, _blocks(strategy)
    ready = ReadyPaths(blocks, width)
    bars = blocks.shared.last + 1
    block = blocks.new_block(width)

    def run(threads: int) -> float:
        return seconds(lambda: stream_paths(program, ready, paths, 0, Manner(width, threads, kernel=True)))

    run(1)  # compiles
    equity = 1e6 * np.exp(np.cumsum(np.random.default_rng(SEED).normal(0.0, 0.01, (width, bars)), axis=1))
    found = medians(
        {
            "market": lambda: seconds(lambda: block.fill(0)),
            "metrics": lambda: seconds(lambda: measure_paths(equity, program.capital, equity[:, 0], equity[:, 0])),
            "one thread": lambda: run(1),
            "two threads": lambda: run(2),
        },
        ROUNDS,
    )
    days = bars * width
    whole = found["one thread"] / (paths * bars)
    metrics = found["metrics"] / days
    print(f"{paths} paths of {bars} bars, {width} side by side; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(f"market               {1e9 * found['market'] / days:8.1f} ns a path-day")
    print(f"simulation           {1e9 * (whole - metrics):8.1f}")
    print(f"metrics              {1e9 * metrics:8.1f}")
    print(f"two threads, market apart: {found['one thread'] / found['two threads']:.2f} times as fast as one")
    start, many = peak_memory(1, 2), peak_memory(MANY, 2)
    print(f"memory: {start:.0f} MB with one path, {many - start:.0f} MB more with {MANY:,}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 640)
