"""The RSI rule over 1,000 columns of 9,000 bars: alvh's engine, vectorbt and backtrader, which must end with the same values.

`rsi_rule.alvh` buys 100 SPX shares while RSI 14 is below 30 and sells them above 70, free of costs. alvh runs all of its engine for it:
every column is a path with its account, its journal and its tape of every bar, `simulate` whole, market arrays given. vectorbt computes RSI
(through TA-Lib), signals, orders and final values of all columns at once; backtrader runs one column. The backtesters run in a process and
an environment of their own, `.venv-peers`, which `make bench` makes. All times are processor time.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from attrs import evolve

from alvh.compiler.ir import Program
from alvh.interface import Market
from alvh.runtime.engine.simulate import simulate
from alvh.runtime.market import Floats, MarketArrays
from alvh.strategy import load
from benchmarks.interleaved import REPOSITORY, Missing, Ratio, Row, table
from benchmarks.language_tax import day_loop_seconds
from benchmarks.markets import FIRST, SESSIONS, write_generated

PEERS = REPOSITORY / ".venv-peers" / "bin" / "python"
RULE = REPOSITORY / "benchmarks" / "rsi_rule.alvh"
COLUMNS = 1_000
LANES = 16
CHUNK = 64
ROUNDS = 5
LEAST_AGAINST_VECTORBT = 200.0
FURTHEST = 1e-12


def prices(columns: int = COLUMNS) -> Floats:
    """[SESSIONS, columns] of a random walk."""
    steps = np.random.default_rng(14).normal(0.0, 0.01, (SESSIONS, columns))
    return np.asarray(100.0 * np.exp(np.cumsum(steps, axis=0)))


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


def run_engine(program: Program, closes: Floats) -> tuple[float, float, list[float]]:
    """Processor seconds of `simulate`, of the day loops within it, and final equity by column; one block of market arrays at a time."""
    seconds, final = 0.0, []
    with day_loop_seconds(time.thread_time) as loops:
        for first in range(0, closes.shape[1], CHUNK):
            arrays = arrays_of(closes[:, first : first + CHUNK])
            start = time.thread_time()
            records = simulate(program, arrays, lanes=LANES, kernel=True)
            seconds += time.thread_time() - start
            final += [float(record.equity[-1]) for record in records]
    return seconds, sum(loops), final


def run_peers(closes: Floats, rounds: int) -> dict[str, Any]:
    """What `peer_backtesters.py` prints; empty without the environment."""
    if not PEERS.exists():
        return {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "prices.npy"
        np.save(path, closes)
        command = [str(PEERS), str(REPOSITORY / "benchmarks" / "peer_backtesters.py"), str(path), str(rounds)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"the backtesters failed:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure(rounds: int = ROUNDS, columns: int = COLUMNS) -> list[Row]:
    """Seconds a bar and column. RuntimeError where final values differ."""
    program, closes = load(RULE).program, prices(columns)
    final = run_engine(program, closes)[2]
    found = run_peers(closes, rounds)
    for name, peer in found.items():
        off = max(abs(theirs / ours - 1.0) for theirs, ours in zip(peer["final"], final, strict=False))
        if not off <= FURTHEST:
            raise RuntimeError(f"final values of {name} differ by {off:.1e}")
    runs = [run_engine(program, closes)[:2] for _ in range(rounds)]
    cells = closes.size
    whole, loop = median(run[0] for run in runs) / cells, median(run[1] for run in runs) / cells
    rows: list[Row] = []
    for name, bars, least in (("vectorbt", cells, LEAST_AGAINST_VECTORBT), ("backtrader", SESSIONS, None)):
        what = f"RSI rule, a bar of a column, {name}"
        if name not in found:
            rows.append(Missing(what, "not installed: make .venv-peers/installed"))
            continue
        seconds = median(found[name]["seconds"]) / bars
        rows.append(Ratio(f"{what} {found[name]['version']}", seconds, f"alvh, {LANES} lanes, account and tape", whole, least=least))
        rows.append(Ratio(f"{what} {found[name]['version']}", seconds, f"alvh, {LANES} lanes, day loop alone", loop))
    return rows


if __name__ == "__main__":
    print(table(measure()))
