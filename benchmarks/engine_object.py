"""The engine's object code and fixed workloads for a C driver: `python -m benchmarks.engine_object FOLDER (object | workloads)`.

`benchmarks/instructions.py` runs it with the processor pinned, in a process of its own. FOLDER gets `engine.o`, whose one entry takes every
array of a `Run` as a pointer, and `call.h`, which says how many there are, for `count_driver.c`; or `NAME.bin`, the arrays of each workload
one after another.
"""

# mypy: disable-error-code="no-untyped-call, untyped-decorator"
# Numba carries no annotations.
from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numba
import numpy as np
from numba import carray
from numba.core import types
from numba.core.codegen import CPUCodeLibrary

from alvh.compiler.emit_kernel import EMPTY_KERNEL
from alvh.compiler.ir import Program
from alvh.runtime.engine import compiled, layout
from alvh.runtime.engine.day_loop import run_days
from alvh.runtime.engine.simulate import simulate
from alvh.runtime.lanes import Lanes
from alvh.runtime.market import MarketArrays
from alvh.runtime.markets.generated import GeneratedMarket
from alvh.strategy import load
from benchmarks.interleaved import REPOSITORY

WIDTH = 8
WORKLOADS = {
    "alvh_442_contracts": "strategies/alvh_442_contracts.alvh",
    "sixty_lines": "benchmarks/sixty_lines.alvh",
}
"""A year of eight generated paths each, streams interpreted from steps."""
END = np.datetime64("2023-12-29", "D")
PARTS = {"market": layout.MarketTables, "rules": layout.Rules, "state": layout.State, "tape": layout.Tape}


class _CapturedError(Exception):
    """The arrays are laid out; nothing needs to run."""


def workload(name: str) -> tuple[Program, MarketArrays]:
    program = load(REPOSITORY / WORKLOADS[name]).program
    return program, GeneratedMarket(442).arrays(None, END, program.inputs, program.calendars, paths=WIDTH)


def laid_out(name: str) -> layout.Run:
    """The arrays of a workload's one block before its first bar."""
    taken: list[layout.Run] = []

    def capture(_: Any, arrays: layout.Run) -> None:
        taken.append(arrays)
        raise _CapturedError

    run, compiled.Compiled.run = compiled.Compiled.run, capture  # type: ignore[method-assign]
    try:
        simulate(*workload(name), lanes=WIDTH, kernel=False)
    except _CapturedError:
        pass
    finally:
        compiled.Compiled.run = run  # type: ignore[method-assign]
    return taken[0]


def arrays_of(run: layout.Run) -> dict[str, Any]:
    """Every array by name, and the settings as two more: whole numbers, fractions."""
    found = {f"{part}_{field}": getattr(getattr(run, part), field) for part, kind in PARTS.items() for field in kind._fields}
    whole, fractions = [], []
    for value in run.settings:
        (fractions if isinstance(value, float) else whole).append(value)
    return {**found, "whole": np.array(whole, dtype=np.int64), "fractions": np.array(fractions, dtype=np.float64)}


def entry_text(run: layout.Run) -> str:
    """Source of the entry: arrays again from pointers, then the day loop."""
    arrays = arrays_of(run)
    lines = [f"def entry({', '.join(arrays)}):"]
    lines += [f"    {name} = carray({name}, {', '.join(['(1,)'] if value.ndim == 1 else ['(1, 1)'])})" for name, value in arrays.items()]
    settings, whole, fractions = [], 0, 0
    for value in run.settings:
        if isinstance(value, float):
            settings.append(f"fractions[{fractions}]")
            fractions += 1
        else:
            settings.append(f"whole[{whole}]")
            whole += 1
    parts = {part: f"{part.title()}({', '.join(f'{part}_{field}' for field in kind._fields)})" for part, kind in PARTS.items()}
    lines.append(f"    run_days(LANES, KERNEL, Run({parts['market']}, Settings({', '.join(settings)}), {parts['rules']},")
    lines.append(f"        {parts['state']}, {parts['tape']}))")
    return "\n".join(lines)


@contextmanager
def objects_kept() -> Iterator[None]:
    """Numba keeps the object code of a library only where it is to be cached."""
    finalize = CPUCodeLibrary.finalize

    def keeping(self: Any) -> None:
        self.enable_object_caching()
        finalize(self)

    CPUCodeLibrary.finalize = keeping
    try:
        yield
    finally:
        CPUCodeLibrary.finalize = finalize


def object_code(run: layout.Run) -> tuple[bytes, str]:
    """The engine for one lane width and the processor that this process is pinned to, and the name of its entry."""
    kernel = compiled._compiled_kernel(compiled._kernel_module(EMPTY_KERNEL), WIDTH)
    scope: dict[str, Any] = {part.title(): kind for part, kind in PARTS.items()}
    scope |= {"Market": layout.MarketTables, "Settings": layout.Settings, "Run": layout.Run, "carray": carray}
    scope |= {"run_days": numba.njit(**compiled.FLAGS)(run_days), "LANES": Lanes(WIDTH), "KERNEL": kernel}
    exec(entry_text(run), scope)
    kinds = {np.dtype(np.float64): types.float64, np.dtype(np.int64): types.int64}
    signature = types.void(*[types.CPointer(kinds[value.dtype]) for value in arrays_of(run).values()])
    with objects_kept():
        made: Any = numba.cfunc(signature, error_model="numpy")(scope["entry"])
    code: bytes = made._library._get_compiled_object()
    return code, str(made.native_name)


def write_workloads(folder: Path) -> None:
    for name in WORKLOADS:
        with open(folder / f"{name}.bin", "wb") as file:
            for array in arrays_of(laid_out(name)).values():
                file.write(np.int64(array.nbytes).tobytes())
                file.write(np.ascontiguousarray(array).tobytes())


def write_object(folder: Path) -> None:
    run = laid_out(next(iter(WORKLOADS)))
    arrays = list(arrays_of(run))
    code, entry = object_code(run)
    (folder / "engine.o").write_bytes(code)
    call = [
        f"#define ARRAYS {len(arrays)}",
        f"#define TAPE {arrays.index('tape_bars')}",
        f'extern void engine({", ".join(["void *"] * len(arrays))}) __asm__("{entry}");',
        f"#define CALL(arrays) engine({', '.join(f'arrays[{place}]' for place in range(len(arrays)))})",
    ]
    (folder / "call.h").write_text("\n".join(call) + "\n")


if __name__ == "__main__":
    {"object": write_object, "workloads": write_workloads}[sys.argv[2]](Path(sys.argv[1]))
