"""How long a user waits for the first run of a strategy just written: 9,000 days, the engine cached, the strategy never compiled.

Whole processes of `alvh run` against `python -c "import numba"`. Each strategy is the one of sixty lines with a condition of a shape that
was never seen, so that its kernel must be compiled; what that leaves in the cache is removed again. `python -m benchmarks.run_latency`
also says where one process's time goes.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from benchmarks.interleaved import REPOSITORY, Ratio, medians, table, time_process
from benchmarks.markets import HISTORY, has_history, write_generated

STRATEGY = REPOSITORY / "benchmarks" / "sixty_lines.alvh"
MOST = 4.5
ROUNDS = 7
TERMS = 24
"""Terms of the condition, each added or taken off: so many signs make a shape."""


def never_seen(text: str, shape: int) -> str:
    """The strategy with one more condition, which never holds."""
    terms = [f"{'+' if shape >> place & 1 else '-'} {'vix3m' if place % 2 else 'vix6m'}" for place in range(TERMS)]
    return re.sub(
        r"hedge calls \{", f"trigger unseen = vix {' '.join(terms)} > 100000\n\nhedge calls {{\n  unwind when unseen", text, count=1
    )


def run_command(strategy: Path, market: Path) -> list[str]:
    return [sys.executable, "-m", "alvh", "run", str(strategy), "--market", str(market), "--from", "1990-01-02", "--json"]


@contextmanager
def kernels_removed() -> Iterator[None]:
    """Leave the user's cache of compiled code as it was."""
    from alvh.runtime.engine.compiled import cache_folder

    folder = cache_folder()
    before = set(folder.rglob("*"))
    try:
        yield
    finally:
        for path in set(folder.rglob("*")) - before:
            if path.is_file():
                path.unlink(missing_ok=True)


def measure(rounds: int = ROUNDS) -> list[Ratio]:
    """New strategies, and one that was run before, over real history where it is, else over generated files."""
    shapes = random.sample(range(2**TERMS), rounds + 2)
    text = STRATEGY.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        generated = write_generated(folder)
        strategy, seen = folder / "unseen.alvh", folder / "seen.alvh"
        seen.write_text(never_seen(text, shapes.pop()), encoding="utf-8")

        def run_unseen() -> float:
            strategy.write_text(never_seen(text, shapes.pop()), encoding="utf-8")
            return time_process(run_command(strategy, generated))

        time_process(run_command(STRATEGY, generated))  # the engine itself is compiled once, and kept
        with kernels_removed():
            timers = {
                "numba": partial(time_process, [sys.executable, "-c", "import numba"]),
                "unseen": run_unseen,
                "seen": partial(time_process, run_command(seen, generated)),
            }
            if has_history():
                timers["history"] = partial(time_process, run_command(seen, HISTORY))
            found = medians(timers, rounds)
    rows = [
        ("alvh run, new strategy, 9,000 days", "unseen", MOST),
        ("alvh run, known strategy, 9,000 days", "seen", None),
        ("alvh run, known strategy, real history", "history", None),
    ]
    return [Ratio(name, found[timer], "import numba", found["numba"], most) for name, timer, most in rows if timer in found]


STAGES = """
import sys, time
clock = time.perf_counter
start = clock(); seen = []
def stage(name):
    global start
    seen.append((name, clock() - start)); start = clock()
import numpy; stage("import numpy")
import polars; stage("import polars")
import numba; stage("import numba")
import alvh; from alvh.interface import Market; from alvh.strategy import load; from alvh.runtime.run import Runnable, RunOptions, interpret_record
from alvh.runtime.results import Result; from alvh.runtime.write_results import write_result
stage("import alvh, without the engine")
strategy = load(sys.argv[1]); program = strategy.program; stage("compile the file to a program")
market = Market(sys.argv[2]); stage("open the market")
arrays = market.arrays(numpy.datetime64("1990-01-02"), None, program.inputs, program.calendars, lags=strategy.lags); stage("market arrays")
from alvh.runtime.engine import simulate as engine; from alvh.runtime.engine import compiled; stage("import the engine")
tables = engine.emit_tables(program, engine.FIRST_ROOM); text = engine.emit_kernel(program, tables, arrays.series, 1); stage("tables and kernel text")
from numba.core import config; config.CACHE_DIR = str(compiled.cache_folder()); stage("hash the engine's sources")
kernel = compiled._compiled_kernel(compiled._kernel_module(text), 1); stage("compile the kernel")
engine.simulate(program, arrays); stage("load the engine, first dispatch, simulate")
record = engine.simulate(program, arrays)[0]; stage("simulate again")
runnable = Runnable(program, "unseen", strategy.texts, strategy.lags)
result = interpret_record(runnable, market, RunOptions(), arrays, record); stage("results")
result.to_json(); stage("json")
for name, seconds in seen: print(f"{name:<46} {1000 * seconds:>8.0f} ms")
"""


def stages() -> str:
    """Where the time of one process with a new strategy goes."""
    with tempfile.TemporaryDirectory() as name, kernels_removed():
        strategy = Path(name) / "unseen.alvh"
        strategy.write_text(never_seen(STRATEGY.read_text(encoding="utf-8"), random.randrange(2**TERMS)), encoding="utf-8")
        command = [sys.executable, "-c", STAGES, str(strategy), str(write_generated(Path(name)))]
        return subprocess.run(command, cwd=REPOSITORY, env=os.environ, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    start = time.perf_counter()
    print(table(measure()))
    print()
    print(stages())
