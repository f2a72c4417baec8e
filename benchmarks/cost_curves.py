"""How time and memory grow with paths, days, layers, parameter sets and threads; and with layers, how long a strategy takes to compile.

Whole processes of the command line, as a user runs it: processor time (clock time where threads are compared) and the largest resident
set. `linear or better` holds where so many times the size costs at most so many times as much, and where one more costs in the upper half
of a curve at most a third more than over all of it. `python -m benchmarks.cost_curves [PICTURE]` prints the curves, and draws them.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
from attrs import frozen

from alvh.compiler.emit_kernel import emit_kernel
from alvh.compiler.emit_steps import emit_steps
from alvh.compiler.emit_tables import emit_tables
from alvh.runtime.engine import compiled
from alvh.runtime.market import MARKET_SERIES
from alvh.strategy import load
from benchmarks.interleaved import REPOSITORY, Missing, Ratio, Row, amount, medians, table
from benchmarks.markets import FIRST, write_generated
from benchmarks.run_latency import kernels_removed

STRATEGY = REPOSITORY / "strategies" / "alvh_442_contracts.alvh"
MOST_GROWTH = 4.0 / 3.0
NOISE = 0.1
"""Of the smallest size's cost: a curve that rises by less is flat."""
MOST_COMPILE = 2.0
MOST_MEMORY = 100e6
LEAST_TWO_THREADS = 1.8
MANY_PATHS = 10_000
THREADED_PATHS = 4_096
ROUNDS = 7
COMPILE_ROUNDS = 5


@frozen
class Point:
    """One size, measured."""

    size: int
    seconds: float
    memory: float
    """Bytes of the largest resident set."""


@frozen
class Curve:
    """Points by growing size."""

    name: str
    points: tuple[Point, ...]


class UnavailableError(Exception):
    """The command line does not know what a curve needs, or not yet."""


LAUNCH = """
import json, resource, subprocess, sys, time
start = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
clock = time.perf_counter() - start
used = resource.getrusage(resource.RUSAGE_CHILDREN)
words = done.stderr.decode(errors="replace").strip().splitlines()
print(json.dumps([done.returncode, used.ru_utime + used.ru_stime, clock, used.ru_maxrss, words[-1:]]))
"""
"""A small process in between: a child's largest resident set counts what its parent held when it was started."""


def measured_process(command: Sequence[str]) -> tuple[float, float, float]:
    """Processor seconds, clock seconds and largest resident set of a process. UnavailableError with its last words where it fails."""
    launched = subprocess.run([sys.executable, "-S", "-c", LAUNCH, *command], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    code, seconds, clock, memory, words = json.loads(launched.stdout)
    if code != 0:
        raise UnavailableError(words[0] if words else f"exit {code}")
    return seconds, clock, float(memory * (1 if sys.platform == "darwin" else 1024))


def run_command(strategy: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "alvh", "run", str(strategy), *words, "--json"]


def curve(name: str, sizes: Sequence[int], command: Callable[[int], list[str]], rounds: int = ROUNDS) -> Curve:
    """A curve of whole processes, sizes in turn; the first round warms up."""
    taken: dict[int, list[tuple[float, float]]] = {size: [] for size in sizes}
    for turn in range(rounds + 1):
        for size in sizes if turn else sizes[:1]:
            seconds, _, memory = measured_process(command(size))
            if turn:
                taken[size].append((seconds, memory))
    points = (Point(size, median(run[0] for run in runs), median(run[1] for run in runs)) for size, runs in taken.items())
    return Curve(name, tuple(points))


def layered(count: int, shape: int = 0) -> str:
    """A strategy of so many layers of VIX calls, each with a rule of its own."""
    layers = [
        f"  layer call{index} {{\n    buy 1 VIX call at {0.2 + 0.01 * index:.2f} delta, {30 + 5 * index} days\n"
        f"    roll when dte <= {10 + index} days\n    close when sma(vix, {5 + index} sessions) > {40 + index + shape}\n  }}\n"
        for index in range(count)
    ]
    return f'strategy "{count} layers"\n\ncapital $100_000_000\n\nhedge calls {{\n{"".join(layers)}}}\n'


def swept(folder: Path) -> Path:
    """The strategy with a whole number to vary."""
    text = (REPOSITORY / "benchmarks" / "sixty_lines.alvh").read_text(encoding="utf-8")
    path = folder / "swept.alvh"
    path.write_text(text.replace("in 10 .. 25", "in 1 .. 1000"), encoding="utf-8")
    return path


def curves(folder: Path, rounds: int = ROUNDS) -> tuple[list[Curve], list[Missing]]:
    """Every curve that this version's command line can give."""
    market = str(write_generated(folder))
    for count in (1, 3, 5, 10, 20, 40):
        (folder / f"layers{count}.alvh").write_text(layered(count), encoding="utf-8")
    until = {days: str(FIRST + int(days * 365.25 / 252)) for days in (1_125, 2_250, 4_500, 6_750, 9_000)}
    until[9_000] = ""
    sweep = swept(folder)

    def many(strategy: Path, size: int) -> list[str]:
        return run_command(strategy, "--market", "generated", "--paths", str(size), "--threads", "1")

    def days(size: int) -> list[str]:
        end = ["--to", until[size]] if until[size] else []
        return run_command(STRATEGY, "--market", market, "--from", str(FIRST), *end)

    wanted: list[tuple[str, Sequence[int], Callable[[int], list[str]]]] = [
        ("paths", (64, 256, 512, 1_024), partial(many, STRATEGY)),
        ("days", tuple(until), days),
        ("layers", (1, 5, 10, 20, 40), lambda size: run_command(folder / f"layers{size}.alvh", "--market", market, "--from", str(FIRST))),
        ("parameter sets", (16, 64, 128, 256), lambda size: run_command(sweep, "--market", "generated", "--set", f"calm=1..{size}")),
    ]
    found, missing = [], []
    for name, sizes, command in wanted:
        try:
            found.append(curve(name, sizes, command, rounds))
        except UnavailableError as error:
            missing.append(Missing(f"curve over {name}", f"not available: {error}"))
    return found, missing


def thread_rows() -> list[Row]:
    """One thread against two on the same paths, by the clock and less what a run of one block takes, and what many paths hold in memory."""

    def measured(paths: int, threads: int) -> tuple[float, float, float]:
        return measured_process(run_command(STRATEGY, "--market", "generated", "--paths", str(paths), "--threads", str(threads)))

    try:
        _, start_up, small = measured(16, 2)
        clocks = medians({str(count): (lambda count=count: measured(THREADED_PATHS, count)[1] - start_up) for count in (1, 2)}, 2)
        large = measured(MANY_PATHS, 2)[2]
    except UnavailableError as error:
        return [Missing("threads, and memory of many paths", f"not available: {error}")]
    # A ratio to 100 MB, so that the goal stands like the others.
    return [
        Ratio(f"alvh run, {THREADED_PATHS:,} paths, one thread", clocks["1"], "two threads", clocks["2"], least=LEAST_TWO_THREADS),
        Ratio(f"memory of {MANY_PATHS:,} paths above that of 16", max(large - small, 1.0), "100 MB", MOST_MEMORY, 1.0, unit="B"),
    ]


def compile_rows(rounds: int = COMPILE_ROUNDS) -> list[Row]:
    """A strategy of 40 layers against one of 3, never seen before each time: the whole process of a short run, and within one process from
    text to what the engine runs, which is steps for single runs and a kernel where many paths repay it. Processor time."""
    shapes = iter(range(1, 1_000))

    def seconds(count: int, kernel: bool) -> float:
        with tempfile.TemporaryDirectory() as name:
            path = Path(name) / "layers.alvh"
            path.write_text(layered(count, next(shapes)), encoding="utf-8")
            start = time.process_time()
            program = load(path).program
            tables = emit_tables(program, 8, expose_all=not kernel)
            if kernel:
                # A number alone makes no other kernel; the comment makes this one unknown to every cache.
                text = emit_kernel(program, tables, MARKET_SERIES, 16) + f"\n# {np.random.default_rng().integers(2**62)}\n"
                compiled.compiled_engine(text, 16, jit=True)
            else:
                emit_steps(program, tables, MARKET_SERIES)
            return time.process_time() - start

    def run(count: int) -> float:
        with tempfile.TemporaryDirectory() as name:
            path = Path(name) / "layers.alvh"
            path.write_text(layered(count, next(shapes)), encoding="utf-8")
            return measured_process(run_command(path, "--market", "generated", "--to", "2023-02-01"))[0]

    timers = {f"{count} {kernel}": partial(seconds, count, kernel) for count in (3, 40) for kernel in (False, True)}
    timers |= {str(count): partial(run, count) for count in (3, 40)}
    with kernels_removed():
        found = medians(timers, rounds)
    return [
        Ratio("alvh run of a month, 40 layers never seen", found["40"], "3 layers", found["3"], MOST_COMPILE),
        Ratio("of which text to steps, 40 layers", found["40 False"], "3 layers", found["3 False"]),
        Ratio("text to kernel, 40 layers, for a million path-days and more", found["40 True"], "3 layers", found["3 True"]),
    ]


def rows_of(curve: Curve) -> list[Row]:
    """The largest size against the smallest; and where the curve rises by more than noise, how much steeper its upper half is."""
    first, middle, last = curve.points[0], curve.points[len(curve.points) // 2], curve.points[-1]
    kinds: tuple[tuple[str, str, Callable[[Point], float]], ...] = (
        ("time", "s", lambda point: point.seconds),
        ("memory", "B", lambda point: point.memory),
    )
    rows: list[Row] = []
    for what, unit, of in kinds:
        told = f"{what}, {last.size:,} {curve.name}"
        rows.append(Ratio(told, of(last), f"{first.size:,} {curve.name}", of(first), last.size / first.size, unit=unit))
        if of(last) - of(first) > NOISE * of(first):
            upper = max(of(last) - of(middle), 0.0) / (last.size - middle.size)
            every = (of(last) - of(first)) / (last.size - first.size)
            told = f"{what} of one more, {middle.size:,} to {last.size:,} {curve.name}"
            rows.append(Ratio(told, upper, f"{first.size:,} to {last.size:,}", every, MOST_GROWTH, unit=unit))
    return rows


def picture(curves: Sequence[Curve], path: Path) -> None:
    """Time and memory over size, a column a curve."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(2, len(curves), figsize=(3.2 * len(curves), 5.2), squeeze=False)
    for column, curve in enumerate(curves):
        sizes = [point.size for point in curve.points]
        for row, (label, values) in enumerate(
            (("processor seconds", [point.seconds for point in curve.points]), ("MB", [point.memory / 1e6 for point in curve.points]))
        ):
            axis = axes[row][column]
            axis.plot(sizes, values, marker="o")
            axis.set_ylim(0.0, 1.1 * max(values))
            axis.set_xlim(left=0.0)
            axis.set_xlabel(curve.name)
            axis.grid(alpha=0.3)
            if column == 0:
                axis.set_ylabel(label)
    figure.tight_layout()
    figure.savefig(path, dpi=110, metadata={"Software": None})
    pyplot.close(figure)


def text_of(curve: Curve) -> str:
    """The curve's points in a line."""
    points = (f"{point.size:,}: {amount(point.seconds, 's')}, {amount(point.memory, 'B')}" for point in curve.points)
    return f"{curve.name}: " + "; ".join(points)


def measure(path: Path | None = None, rounds: int = ROUNDS) -> tuple[list[Row], list[str]]:
    """All rows, and the curves in words; drawn where a path is given."""
    with tempfile.TemporaryDirectory() as folder:
        found, missing = curves(Path(folder), rounds)
    if path is not None and found:
        picture(found, path)
    rows = [row for curve in found for row in rows_of(curve)]
    return [*rows, *missing, *compile_rows(), *thread_rows()], [text_of(curve) for curve in found]


if __name__ == "__main__":
    measured, words = measure(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    print(table(measured))
    print("\n".join(words))
