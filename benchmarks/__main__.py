"""All benchmarks, one table: `python -m benchmarks`."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from benchmarks import check_latency, language_tax, run_latency
from benchmarks.interleaved import table


def processor() -> str:
    """The processor's name where the system says it, without the machine's own."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


print(f"{processor()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}", flush=True)
print(table([*check_latency.measure(), *run_latency.measure(), *language_tax.measure()]))
