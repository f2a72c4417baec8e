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
    value: float
    """Median; seconds unless `unit` says otherwise."""
    against: str
    against_value: float
    most: float | None = None
    """The largest ratio that is good enough; None where none is asked for."""
    least: float | None = None
    """The smallest ratio that is good enough, where `value` is what the other is to be faster than."""
    unit: str = "s"
    """`s`, `B` or `instructions`."""

    @property
    def ratio(self) -> float:
        return self.value / self.against_value

    @property
    def goal(self) -> str:
        """`at most 1.5`, `at least 5`, or nothing; ` (missed)` where it is."""
        if self.most is not None:
            return f"at most {self.most:.3g}" + ("" if self.ratio <= self.most else " (missed)")
        if self.least is not None:
            return f"at least {self.least:.3g}" + ("" if self.ratio >= self.least else " (missed)")
        return ""

    @property
    def amounts(self) -> tuple[str, str]:
        """Both values with their units."""
        return amount(self.value, self.unit), amount(self.against_value, self.unit)


@frozen
class Missing:
    """What could not be measured here, and why."""

    name: str
    why: str


Row = Ratio | Missing


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


def table(rows: Sequence[Row]) -> str:
    """The rows as lines for a reader."""
    lines = [f"{'what':<56} {'':>10}   {'against':<44} {'':>10} {'ratio':>8}  goal"]
    for row in rows:
        if isinstance(row, Missing):
            lines.append(f"{row.name:<56} {'-':>10}   {row.why}")
            continue
        value, against = row.amounts
        lines.append(f"{row.name:<56} {value:>10}   {row.against:<44} {against:>10} {ratio_text(row.ratio):>8}  {row.goal}".rstrip())
    return "\n".join(lines)


def markdown(rows: Sequence[Row]) -> str:
    """The rows as a table of a page."""
    lines = ["| what | | against | | ratio | goal |", "|---|---:|---|---:|---:|---|"]
    for row in rows:
        if isinstance(row, Missing):
            lines.append(f"| {row.name} | - | {row.why} | | | |")
        else:
            value, against = row.amounts
            lines.append(f"| {row.name} | {value} | {row.against} | {against} | {ratio_text(row.ratio)} | {row.goal} |")
    return "\n".join(lines)


def ratio_text(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio < 100.0 else f"{ratio:,.0f}"


UNITS = {
    "s": (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9)),
    "B": (("GB", 1e9), ("MB", 1e6), ("kB", 1e3), ("B", 1.0)),
    "instructions": (("G", 1e9), ("M", 1e6), ("k", 1e3), ("", 1.0)),
}


def amount(value: float, unit: str) -> str:
    """Three digits and a unit that suits."""
    for name, size in UNITS[unit]:
        if value >= size:
            return f"{value / size:.3g} {name}".rstrip()
    name, size = UNITS[unit][-1]
    return f"{value / size:.3g} {name}".rstrip()
