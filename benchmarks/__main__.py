"""All benchmarks in one run: `python -m benchmarks [--quick] [PAGE]` prints a table a part; docs/performance.md as PAGE gets them too.

Each part also runs by itself, `python -m benchmarks.NAME`. `--quick` runs one round of everything, to see that all works. The page keeps
its text; what stands between its two marks is replaced, and the cost curves are drawn beside it.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks import (
    backtesters,
    check_latency,
    condors_on_a_chain,
    cost_curves,
    instructions,
    language_tax,
    monte_carlo,
    option_values,
    run_latency,
)
from benchmarks.interleaved import Missing, Row, markdown, table
from benchmarks.lane_kernel_442 import compiler

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
CURVES = "cost-curves.png"
VERSIONS = ("numba", "llvmlite", "numpy", "scipy", "QuantLib")


def processor() -> str:
    """The processor's name where the system says it, without the machine's own."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def vector_width() -> str:
    """The widest vectors of the processor, where the system says it."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return "vectors unknown"
    return "AVX-512" if "avx512f" in flags else "AVX2" if "avx2" in flags else "no AVX2"


def machine() -> str:
    """Processor, cores, load and versions: what a reader needs to compare, and nothing that names the machine."""
    told = [f"Python {platform.python_version()}"]
    for package in VERSIONS:
        try:
            told.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    gcc = compiler()
    if gcc is not None:
        told.append(f"gcc {subprocess.run([gcc, '-dumpfullversion'], capture_output=True, text=True, check=False).stdout.strip()}")
    return f"{processor()}, {vector_width()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start; {', '.join(told)}."


Part = Callable[[], tuple[Sequence[Row], Sequence[str]]]


def parts(page: Path | None, quick: bool) -> list[tuple[str, Part]]:
    """Headings, and what measures each: rows, and lines that follow the table."""

    def rows_only(measure: Callable[..., Sequence[Row]], **settings: int) -> Part:
        return lambda: (measure(**settings), ())

    once = {"rounds": 1} if quick else {}
    few = {"parity_paths": 128} if quick else {}
    curves = None if page is None else page.with_name(CURVES)
    return [
        ("Waiting: check", rows_only(check_latency.measure, **once)),
        ("Waiting: run", rows_only(run_latency.measure, **once)),
        ("The tax of the language, one path", rows_only(language_tax.measure, **once)),
        ("Many paths", rows_only(monte_carlo.measure, **once, **few)),
        ("Option values", rows_only(option_values.measure, **once)),
        ("Backtesters", rows_only(backtesters.measure, **once)),
        ("A condor on a chain", rows_only(condors_on_a_chain.measure, **once)),
        ("Instructions", rows_only(instructions.measure)),
        ("Cost curves", lambda: cost_curves.measure(curves, **once)),
    ]


def replaced(text: str, measured: str) -> str:
    """The page with what stands between its marks replaced. ValueError where it has none."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page lacks {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{measured}\n{END}{after}"


def main(page: Path | None, quick: bool) -> int:
    """How many parts failed; each stands on the page with what it said."""
    failed = 0
    told = machine()
    print(told, flush=True)
    written = [f"Machine: {told} Made by `make bench`{', quickly: one round each' if quick else ''}; do not edit."]
    for heading, measure in parts(page, quick):
        try:
            rows, lines = measure()
        except Exception as error:  # the other parts are still worth having
            traceback.print_exc()
            rows, lines = [Missing("failed", str(error).splitlines()[0] if str(error) else type(error).__name__)], ()
            failed += 1
        print("\n".join(["", heading, table(rows), *lines]), flush=True)
        written += [f"### {heading}", markdown(rows), *lines]
    if page is not None:
        if page.with_name(CURVES).exists():
            written.append(f"![Time and memory as paths, days, layers and parameter sets grow]({CURVES})")
        page.write_text(replaced(page.read_text(encoding="utf-8"), "\n\n".join(written)), encoding="utf-8")
    return failed


if __name__ == "__main__":
    words = sys.argv[1:]
    pages = [Path(word) for word in words if word != "--quick"]
    sys.exit(min(main(pages[0] if pages else None, "--quick" in words), 1))
