"""The engine and a strategy's kernel as callable code: compiled once and kept, or run as plain Python."""

from __future__ import annotations

import ctypes
import hashlib
import linecache
import types
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen

from alvh.grammar.diagnostics import InternalError
from alvh.runtime.engine import layout
from alvh.runtime.native_code import NativeCode, address_of, code_of, function_of, is_cached, key_of

AROUND_THE_ENGINE = frozenset({"arrays", "simulate", "simulate_cells"})
Words = np.ndarray[Any, np.dtype[np.int64]]


@frozen(eq=False)
class Compiled:
    """A day loop with a kernel bound to it."""

    _run: Callable[[layout.Run], None]

    def run(self, arrays: layout.Run) -> None:
        """Runs one block; `arrays.state` and `arrays.tape` are changed in place. Other threads go on meanwhile."""
        self._run(arrays)


def is_engine_cached(width: int) -> bool:
    """Whether the engine at a lane width has been compiled on this machine; else its first run takes about fifteen seconds more."""
    return is_cached(*_engine_name(width))


def compiled_engine(kernel_text: str, width: int, *, jit: bool) -> Compiled:
    """The engine at a lane width with the kernel of one strategy; with an empty text without one, for runs that interpret steps."""
    if not jit:
        from alvh.runtime.engine.day_loop import run_days
        from alvh.runtime.lanes import Lanes

        decide: Any = kernel_module(kernel_text).decide if kernel_text else None
        return Compiled(lambda run: run_days(Lanes(1), decide, run, at_prices_of_fills(run)))
    loop, kernel = _loop(width), address_of(kernel_code(kernel_text, width)) if kernel_text else 0

    def run_block(run: layout.Run) -> None:
        words, at_fills = words_of(run, width), words_of(at_prices_of_fills(run), width)
        loop(None, kernel, words.ctypes.data, at_fills.ctypes.data)

    return Compiled(run_block)


def at_prices_of_fills(run: layout.Run) -> layout.Run:
    """The same run with the prices at which waiting orders are executed in the place of the market's."""
    return run._replace(market=run.market._replace(series=run.market.fills, fills=run.market.series))


def words_of(run: layout.Run, width: int) -> Words:
    """A run as compiled code reads it (`pointed.py`): addresses of its arrays, its whole numbers and its doubles, one word each, in the
    order of `layout.Run`. The arrays must outlive the call that is given the row."""
    words: list[int] = []
    for part in run:
        if isinstance(part, layout.Settings):
            reals = (name in layout.REAL_SETTINGS for name in part._fields)
            words += [int(np.float64(value).view(np.int64)) if real else int(value) for value, real in zip(part, reals, strict=True)]
        else:
            words += [_address(part, name, array, width) for name, array in zip(part._fields, part, strict=True)]
    return np.array(words, dtype=np.int64)


def _address(part: Any, name: str, array: Any, width: int) -> int:
    """Of an array that is what compiled code takes it for; anything else would be read past its end."""
    columns = layout.COLUMNS[type(part)][name]
    wanted = width if columns == layout.BY_LANE else columns
    element = np.int64 if name in layout.WHOLE_NUMBERS else np.float64
    has = array.shape[1] if array.ndim == 2 else 1
    if array.dtype != element or not array.flags.c_contiguous or has != wanted:
        raise InternalError(f"{type(part).__name__}.{name} has {has} columns of {array.dtype}, not {wanted} of {np.dtype(element)}")
    return int(array.ctypes.data)


@cache
def _engine_name(width: int) -> tuple[str, str]:
    name = f"engine-{width}"
    return name, key_of(name, engine_sources())


@cache
def _loop(width: int) -> Callable[..., None]:
    return function_of(engine_code(width), ctypes.c_void_p, *[ctypes.c_int64] * 3)


def engine_code(width: int) -> NativeCode:
    """The day loop at a lane width: a function of a token, the address of a kernel, and those of the run's words at either prices."""

    def compile_engine() -> NativeCode:
        from numba.core import types as numba_types

        from alvh.runtime.compile_native import compile_native
        from alvh.runtime.engine.day_loop import run_days
        from alvh.runtime.engine.pointed import run_type
        from alvh.runtime.lane_types import LanesType

        return compile_native(run_days, (LanesType(width), numba_types.int64, run_type(width), run_type(width)))

    return code_of(*_engine_name(width), compile_engine)


def kernel_code(text: str, width: int) -> NativeCode:
    """A strategy's kernel, whose text names the width."""

    def compile_kernel() -> NativeCode:
        from alvh.runtime.compile_native import compile_native
        from alvh.runtime.engine.pointed import kernel_arguments

        return compile_native(kernel_module(text).decide, kernel_arguments(width))

    name = f"kernel-{width}"
    return code_of(name, key_of(name, engine_sources(), text), compile_kernel)


@cache
def kernel_module(text: str) -> Any:
    """The kernel's text as a module; a debugger and a traceback show its lines."""
    name = f"alvh_kernel_{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    file = f"<{name}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    module = types.ModuleType(name)
    exec(compile(text, file, "exec"), vars(module))  # our own text, made from a checked program: numbers and fixed names
    return module


@cache
def engine_sources() -> tuple[Path, ...]:
    """Every file whose text is compiled into the engine or a kernel: all of the engine but what lays blocks out and reads them off."""
    runtime = Path(__file__).resolve().parent.parent
    engine = (path for path in sorted(runtime.glob("engine/*.py")) if path.stem not in AROUND_THE_ENGINE)
    compiler = runtime.parent / "compiler"
    names = ("lanes.py", "lane_types.py", "rows.py", "mathematics.py", "market.py", "record.py", "compile_native.py", "object_target.py")
    beside = [runtime / name for name in names]
    return (*engine, *sorted(runtime.glob("pricing/*.py")), *beside, *sorted(compiler.glob("emit_*.py")))
