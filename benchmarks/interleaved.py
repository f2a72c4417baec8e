"""Timing of things that are to be compared: in turn, round after round, so that a machine's moods strike all alike."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median

from attrs import frozen

REPOSITORY = Path(__file__).resolve().parent.parent


@frozen
class Ratio:
    """A measured thing against another one, in one run."""

    name: str
    seconds: float
    """Median."""
    against: str
    against_seconds: float
    most: float | None = None
    """The largest ratio that is good enough; None where none is asked for."""

    @property
    def ratio(self) -> float:
        return self.seconds / self.against_seconds


def medians(timers: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """Median seconds of each; a timer runs once and returns what it measured. One round more goes first, unmeasured."""
    taken: dict[str, list[float]] = {name: [] for name in timers}
    for turn in range(rounds + 1):
        for name, timer in timers.items():
            seconds = timer()
            if turn > 0:
                taken[name].append(seconds)
    return {name: median(seconds) for name, seconds in taken.items()}


def time_process(command: Sequence[str], environment: Mapping[str, str] | None = None) -> float:
    """Seconds of a whole process; RuntimeError with what it said when it fails."""
    start = time.perf_counter()
    done = subprocess.run(command, env=environment, cwd=REPOSITORY, capture_output=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr.decode(errors='replace')}")
    return seconds


def environment(**changes: str | None) -> dict[str, str]:
    """This process's environment with some variables set, or taken out (None)."""
    merged = {**os.environ, **{name: value for name, value in changes.items() if value is not None}}
    return {name: value for name, value in merged.items() if name not in changes or changes[name] is not None}


def table(ratios: Sequence[Ratio]) -> str:
    """The ratios as lines for a reader."""
    lines = [f"{'what':<50} {'time':>10}   {'against':<28} {'time':>10} {'ratio':>7} {'at most':>8}"]
    for ratio in ratios:
        most = "" if ratio.most is None else f"{ratio.most:.1f}" + ("" if ratio.ratio <= ratio.most else " missed")
        lines.append(
            f"{ratio.name:<50} {_duration(ratio.seconds):>10}   {ratio.against:<28} {_duration(ratio.against_seconds):>10}"
            f" {ratio.ratio:>7.2f} {most:>8}"
        )
    return "\n".join(lines)


def _duration(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"
