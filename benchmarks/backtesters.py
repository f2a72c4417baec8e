"""The RSI rule over 9,000 bars, a thousand times at once: alvh, vectorbt and backtrader, which must end with the same values.

`rsi_rule.alvh` buys 100 SPX shares while RSI 14 is low and sells them when it is high, free of costs. Two thousands of it are run. *Cells*:
one series of prices, a thousand pairs of thresholds, as backtesters are used to search; alvh walks them as the cells of a grid. *Columns*:
a thousand series of prices, one pair; alvh walks them as paths, and once more runs all of its day loop, with account, journal and a tape
of every bar. What is timed ends with final values in memory; metrics are timed apart, and whole processes from a file of prices to a
table of metrics, by the clock. The backtesters run in a process and an environment of their own, `.venv-peers`, which `make bench` makes;
backtrader runs one column. All other times are processor time of one thread.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from statistics import median
from typing import Any, TypeAlias

import numpy as np
from attrs import evolve

from alvh.compiler.ir import Program
from alvh.interface import Market
from alvh.runtime.engine.simulate import simulate
from alvh.runtime.engine.simulate_cells import numbers_of
from alvh.runtime.market import Floats, MarketArrays
from alvh.runtime.run_cells import Cell, CellGroup, CellRun
from alvh.runtime.run_cells import Row as CellRow
from alvh.runtime.signals.compiled_kernels import compiled_kernels
from alvh.runtime.signals.walk_cells import SignalCells
from alvh.runtime.signals.walk_paths import PathWalker
from alvh.strategy import load
from benchmarks.interleaved import REPOSITORY, Missing, Ratio, Row, environment, medians, table, time_process
from benchmarks.markets import FIRST, SESSIONS, write_generated

PEERS = REPOSITORY / ".venv-peers" / "bin" / "python"
PEER_SCRIPT = str(REPOSITORY / "benchmarks" / "peer_backtesters.py")
RULE = REPOSITORY / "benchmarks" / "rsi_rule.alvh"
LOWS, HIGHS = np.arange(20.0, 45.0), np.arange(60.0, 100.0)
"""Of a thousand pairs."""
COLUMNS = 1_000
LANES = 16
CHUNK = 64
ROUNDS = 5
LEAST_AGAINST_VECTORBT = 200.0
FURTHEST = 1e-12

Timed: TypeAlias = tuple[float, list[float]]
"""Seconds, and final equity."""


def prices(columns: int = COLUMNS) -> Floats:
    """[SESSIONS, columns] of a random walk."""
    steps = np.random.default_rng(14).normal(0.0, 0.01, (SESSIONS, columns))
    return np.asarray(100.0 * np.exp(np.cumsum(steps, axis=0)))


def thresholds() -> tuple[Floats, Floats]:
    """[cells] of RSI to buy below and to sell above."""
    return np.repeat(LOWS, len(HIGHS)), np.tile(HIGHS, len(LOWS))


@cache
def _calendar() -> MarketArrays:
    with tempfile.TemporaryDirectory() as folder:
        return Market(write_generated(Path(folder))).arrays(FIRST, None)


def arrays_of(closes: Floats) -> MarketArrays:
    """A market of nothing but an index, cash bearing no interest; a path a column."""
    calendar = _calendar()
    bars, paths = closes.shape
    values = np.full((bars, len(calendar.series), paths), np.nan)
    values[:, calendar.series.index("spx")] = closes
    values[:, calendar.series.index("rate")] = 0.0
    return evolve(calendar, values=values, first=0, last=bars - 1)


def numbers_of_cells(program: Program) -> Floats:
    """[cells, numbers] of the program with each pair of thresholds."""
    places = [node.name for node in program.nodes if node.operation in ("constant", "parameter")]
    low, high = thresholds()
    numbers = np.repeat(np.array(numbers_of(program))[None, :], len(low), axis=0)
    numbers[:, places.index("oversold")], numbers[:, places.index("overbought")] = low, high
    return numbers


def walk_cells(program: Program, arrays: MarketArrays, numbers: Floats) -> Timed:
    """From a program, market arrays and numbers to the equity of every bar of every cell, in memory that is used again."""
    loops, final = compiled_kernels(LANES), []
    start = time.thread_time()
    cells = SignalCells(program, arrays, 0, numbers, loops)
    for first in range(0, len(numbers), cells.at_once):
        final.append(cells.walk(first).final_equity)
    return time.thread_time() - start, [float(value) for block in final for value in block]


def tell_cells(program: Program, arrays: MarketArrays, numbers: Floats) -> Timed:
    """The same to the rows of a grid, nine metrics each."""
    rows: list[CellRow] = []
    start = time.process_time()
    group = CellGroup(program, arrays, [Cell(place + 1, tuple(row), "") for place, row in enumerate(numbers.tolist())])
    CellRun(0, 1, lambda number, day: "", walks=True).rows([group], rows.extend, lambda more: None, lambda stage: None)
    return time.process_time() - start, [row["final_equity"] for row in sorted(rows, key=lambda row: int(row["cell"]))]


def walk_columns(program: Program, closes: Floats) -> Timed:
    """Every column as a path. Filling a block is the market's time."""
    shared = arrays_of(closes[:, :1])
    series = np.repeat(shared.values.reshape(-1, 1), LANES, axis=1)
    index = series.reshape(len(closes), -1, LANES)[:, shared.series.index("spx"), :]
    walker = PathWalker(program, shared, 0, compiled_kernels(LANES), series)
    seconds, final = 0.0, []
    for first in range(0, closes.shape[1], LANES):
        index[:] = closes[:, np.minimum(np.arange(first, first + LANES), closes.shape[1] - 1)]
        start = time.thread_time()
        walker.walk()
        seconds += time.thread_time() - start
        final += walker.tape.bars[len(closes) - 1].tolist()
    return seconds, final[: closes.shape[1]]


def run_engine(program: Program, closes: Floats) -> Timed:
    """`simulate`, one block of market arrays at a time."""
    seconds, final = 0.0, []
    for first in range(0, closes.shape[1], CHUNK):
        arrays = arrays_of(closes[:, first : first + CHUNK])
        start = time.thread_time()
        records = simulate(program, arrays, lanes=LANES, kernel=True)
        seconds += time.thread_time() - start
        final += [float(record.equity[-1]) for record in records]
    return seconds, final


def write_inputs(path: Path, closes: Floats) -> None:
    """As `peer_backtesters.py` reads them."""
    low, high = thresholds()
    np.savez(path, prices=closes, oversold=low, overbought=high)


def run_peers(closes: Floats, rounds: int) -> dict[str, Any]:
    """What `peer_backtesters.py` prints; empty without the environment."""
    if not PEERS.exists():
        return {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "inputs.npz"
        write_inputs(path, closes)
        done = subprocess.run([str(PEERS), PEER_SCRIPT, str(path), str(rounds)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"the backtesters failed:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def time_processes(rounds: int) -> tuple[float, float]:
    """Seconds of a whole search of a thousand pairs, by the peer and by `alvh run`, each having compiled what it compiles once."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_inputs(folder / "inputs.npz", prices(1))
        market = write_generated(folder)
        axes = ["--set", f"oversold={LOWS[0]:g}..{LOWS[-1]:g}", "--set", f"overbought={HIGHS[0]:g}..{HIGHS[-1]:g}"]
        ours = [sys.executable, "-m", "alvh", "run", str(RULE), "--market", str(market), "--from", "1990-01-02", *axes, "--threads", "1"]
        theirs = [str(PEERS), PEER_SCRIPT, str(folder / "inputs.npz"), "0", "metrics"]
        kept = environment(PYTHONDONTWRITEBYTECODE=None, PYTHONPYCACHEPREFIX=str(folder / "bytecode"))
        found = medians({"theirs": partial(time_process, theirs, kept), "ours": partial(time_process, ours, kept)}, rounds)
    return found["theirs"], found["ours"]


def measure(rounds: int = ROUNDS, columns: int = COLUMNS) -> list[Row]:
    """Seconds a bar of a cell or column. RuntimeError where final values differ."""
    program, closes = load(RULE).program, prices(columns)
    arrays, numbers = arrays_of(closes[:, :1]), numbers_of_cells(program)
    found = run_peers(closes, rounds)
    of_cells, of_columns = SESSIONS * len(numbers), closes.size

    def ours() -> Iterator[tuple[str, str, int, str, Callable[[], Timed], float | None]]:
        cell, column = "RSI rule, a bar of a pair of thresholds", "RSI rule, a bar of a price series"
        yield "cells", cell, of_cells, f"alvh, {LANES} lanes", lambda: walk_cells(program, arrays, numbers), LEAST_AGAINST_VECTORBT
        yield "metrics", f"{cell}, metrics", of_cells, "alvh, rows of a grid", lambda: tell_cells(program, arrays, numbers), None
        yield "columns", column, of_columns, f"alvh, {LANES} lanes", lambda: walk_columns(program, closes), None
        yield "columns", column, of_columns, "alvh, journal and tape", lambda: run_engine(program, closes), None
        yield "column", column, SESSIONS, "alvh, journal and tape", lambda: run_engine(program, closes[:, :LANES]), None

    rows: list[Row] = []
    for task, what, bars, name, run, least in ours():
        if task not in found:
            rows.append(Missing(what, "not installed: make .venv-peers/installed"))
            continue
        theirs, (_, final) = found[task], run()
        off = max(abs(value / own - 1.0) for value, own in zip(theirs["final"], final, strict=False))
        if not off <= FURTHEST:
            raise RuntimeError(f"final values of {theirs['name']} ({task}) differ by {off:.1e}")
        seconds = median(run()[0] for _ in range(rounds)) / (SESSIONS * len(final))
        rows.append(Ratio(f"{what}, {theirs['name']}", median(theirs["seconds"]) / bars, name, seconds, least=least))
    if "metrics" in found:
        whole, own = time_processes(min(rounds, 3))
        rows.append(Ratio(f"RSI rule, 1,000 pairs, whole process, {found['metrics']['name']}", whole, "alvh run --set", own))
    return rows


if __name__ == "__main__":
    print(table(measure()))
