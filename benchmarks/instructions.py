"""How many instructions the engine executes on fixed workloads, against recorded counts: `python -m benchmarks.instructions [--record]`.

A count does not depend on what else a machine does, so a few per cent more are seen where a clock sees nothing. The engine's object code
is taken from Numba, compiled for one processor whatever this one is (valgrind knows no AVX-512), linked with `count_driver.c` and run once
under valgrind's callgrind: no Python and no compiler is counted. First its tape must equal the engine's in plain Python, bit for bit.
Ends with 1 where a count is more than 5 % above the recorded one; `--record` writes the counts anew.
"""

from __future__ import annotations

import json
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import llvmlite
import numba
import numpy as np
from attrs import evolve

from alvh.runtime.engine import layout
from alvh.runtime.engine.simulate import simulate
from alvh.runtime.record import same_bits
from benchmarks.engine_object import WIDTH, WORKLOADS, workload
from benchmarks.interleaved import REPOSITORY, Missing, Ratio, Row, environment, table

RECORDED = Path(__file__).with_name("instructions.json")
DRIVER = Path(__file__).with_name("count_driver.c")
MOST = 1.05
PROCESSOR = "haswell"


def lacking() -> str | None:
    """What this machine lacks to count, in words; None where nothing."""
    if platform.machine() != "x86_64" or sys.platform != "linux":
        return "instructions are counted on Linux on x86-64 only"
    return next((f"{tool} is not installed" for tool in ("valgrind", "gcc") if shutil.which(tool) is None), None)


def make(folder: Path, what: str) -> None:
    """Object code or workloads, in a process whose compiler is pinned to one processor."""
    pinned = environment(NUMBA_CPU_NAME=PROCESSOR, NUMBA_CPU_FEATURES="")
    command = [sys.executable, "-m", "benchmarks.engine_object", str(folder), what]
    done = subprocess.run(command, env=pinned, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{what} could not be made:\n{done.stderr[-2000:]}")


def link(folder: Path) -> Path:
    """The driver with the engine's object code in the folder, as a program."""
    program = folder / "count_driver"
    options = ["-O1", "-no-pie", f"-I{folder}", "-Wl,-z,noexecstack"]
    done = subprocess.run(
        ["gcc", *options, str(DRIVER), str(folder / "engine.o"), "-o", str(program)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"gcc failed:\n{done.stderr[-2000:]}")
    return program


def count(program: Path, name: str) -> int:
    """Instructions of one workload, driver and reading left out. RuntimeError where the tape differs from the engine's in plain Python."""
    tape, profile = program.with_name(f"{name}.tape"), program.with_name(f"{name}.profile")
    watch = ["valgrind", "--tool=callgrind", "--toggle-collect=counted", f"--callgrind-out-file={profile}"]
    command = [*watch, str(program), str(program.with_name(f"{name}.bin")), str(tape)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"valgrind ended with {done.returncode}:\n{done.stderr[-2000:]}")
    require_same(name, tape)
    found = re.search(r"^(?:summary|totals): (\d+)", profile.read_text(encoding="ascii"), re.MULTILINE)
    if found is None:
        raise RuntimeError("callgrind wrote no sum")
    return int(found.group(1))


def require_same(name: str, tape: Path) -> None:
    """The first path's equity, as the driver wrote it and as plain Python computes it."""
    program, arrays = workload(name)
    record = simulate(program, evolve(arrays, values=np.ascontiguousarray(arrays.values[:, :, :1])), jit=False)[0]
    bars = arrays.last - arrays.first + 1
    rows = np.fromfile(tape).reshape(bars, layout.tape_rows(len(program.layers), False), WIDTH)
    if not same_bits(record.equity, np.ascontiguousarray(rows[:, layout.P_EQUITY, 0])):
        raise RuntimeError(f"{name}: the object code's equity is not that of the engine in plain Python")


def counts() -> dict[str, int]:
    with tempfile.TemporaryDirectory() as name:
        make(Path(name), "object")  # kept with the engine's other widths: compiled once
        make(Path(name), "workloads")
        program = link(Path(name))
        return {workload: count(program, workload) for workload in WORKLOADS}


def recorded() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(RECORDED.read_text(encoding="utf-8"))
    return found


def record() -> None:
    """Write today's counts, with the versions that they hold for."""
    versions = {"numba": numba.__version__, "llvmlite": llvmlite.__version__, "processor": PROCESSOR, "lanes": WIDTH}
    RECORDED.write_text(json.dumps({**versions, "counts": counts()}, indent=2) + "\n", encoding="utf-8")


def measure() -> list[Row]:
    """Instructions of every workload against the recorded ones."""
    lack = lacking()
    if lack is not None:
        return [Missing("instructions", lack)]
    kept = recorded()
    against = f"recorded, Numba {kept['numba']}"
    return [
        Ratio(f"instructions, {name}, a year of {WIDTH} paths", found, against, kept["counts"][name], MOST, unit="instructions")
        for name, found in counts().items()
    ]


if __name__ == "__main__":
    if sys.argv[1:] == ["--record"]:
        record()
    rows = measure()
    print(table(rows))
    sys.exit(any(isinstance(row, Ratio) and row.ratio > MOST for row in rows))
