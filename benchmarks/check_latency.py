"""How long `alvh check` keeps a user waiting: whole processes on a file of sixty lines, against a Python that does nothing."""

from __future__ import annotations

import shutil
import sys
import tempfile
from functools import partial
from pathlib import Path

from benchmarks.interleaved import REPOSITORY, Ratio, Row, environment, medians, table, time_process

STRATEGY = "benchmarks/sixty_lines.alvh"
SOURCES = ("alvh", "grammar", "compiler", "runtime", "strategies")
MOST = 12.0
ROUNDS = 15


def measure(rounds: int = ROUNDS) -> list[Row]:
    """The console command and `python -m alvh`, with Python's compiled files and without them."""
    nothing = [sys.executable, "-c", "pass"]
    command = [str(Path(sys.executable).with_name("alvh")), "check", STRATEGY]
    module = [sys.executable, "-m", "alvh", "check", STRATEGY]
    with tempfile.TemporaryDirectory() as folder:
        kept, never = Path(folder) / "kept", Path(folder) / "never"
        with_bytecode = environment(PYTHONDONTWRITEBYTECODE=None, PYTHONPYCACHEPREFIX=str(kept))
        time_process(command, with_bytecode)
        time_process(module, with_bytecode)
        # What alvh itself would have compiled is missing in the copy, and is not written again.
        shutil.copytree(kept, never)
        for source in SOURCES:
            shutil.rmtree(never / REPOSITORY.relative_to("/") / source, ignore_errors=True)
        without = environment(PYTHONDONTWRITEBYTECODE="1", PYTHONPYCACHEPREFIX=str(never))
        timers = {
            "pass": partial(time_process, nothing, with_bytecode),
            "alvh": partial(time_process, command, with_bytecode),
            "module": partial(time_process, module, with_bytecode),
            "compiled": partial(time_process, command, without),
        }
        found = medians(timers, rounds)
    return [
        Ratio(name, found[timer], "python -c pass", found["pass"], most)
        for name, timer, most in (
            ("alvh check, 60 lines", "alvh", MOST),
            ("python -m alvh check, 60 lines", "module", MOST),
            ("alvh check, cold: no compiled Python files", "compiled", MOST),
        )
    ]


if __name__ == "__main__":
    print(table(measure()))
