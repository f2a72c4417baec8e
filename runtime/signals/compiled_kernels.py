"""The loops of strategies that signals decide as callable code: compiled once a lane width and kept, or run as plain Python."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
from attrs import frozen

from alvh.runtime.engine.compiled import engine_sources, words_of
from alvh.runtime.engine.layout import Run
from alvh.runtime.lanes import Lanes
from alvh.runtime.market import Floats, Integers
from alvh.runtime.native_code import NativeCode, addresses_of, code_of, function_of, is_cached, key_of
from alvh.runtime.signals import layout

WALKS_PAY = 8_000_000
"""Path-days from which on walks are worth a first compilation of their two loops (two seconds)."""


@frozen(eq=False)
class SignalKernels:
    """The two loops at one lane width; their arguments are those of `kernels.py` after the lanes."""

    width: int
    record_signals: Callable[..., None]
    walk: Callable[..., None]


def are_kernels_cached(width: int) -> bool:
    """Whether both have been compiled on this machine; else it takes two seconds."""
    return all(is_cached(*_name(what, width)) for what in ("signals", "walk"))


def walks_pay(path_days: int, width: int) -> bool:
    """Whether walking so many path-days is faster than the day loop, a first compilation included."""
    return path_days >= WALKS_PAY or are_kernels_cached(width)


@cache
def plain_kernels() -> SignalKernels:
    """One lane, in plain Python, with the same bits."""
    from alvh.runtime.signals import kernels

    lanes = Lanes(1)
    return SignalKernels(
        1, lambda *arguments: kernels.record_signals(lanes, *arguments), lambda *arguments: kernels.walk(lanes, *arguments)
    )


@cache
def compiled_kernels(width: int) -> SignalKernels:
    """They run without the interpreter lock."""
    whole, real = ctypes.c_int64, ctypes.c_double
    native_signals = function_of(_signals_code(width), *[ctypes.c_void_p, *[whole] * 9])
    native_walk = function_of(_walk_code(width), *[ctypes.c_void_p, *[whole] * 3, *[real] * 3, *[whole] * 14])

    def record_signals(
        run: Run, opens: int, closes: int, conditions: Integers, said: Integers, column: int, words: int, to_open: Integers,
        to_close: Integers,
    ) -> None:  # fmt: skip
        row = words_of(run, width)
        addresses = addresses_of(*((array, np.int64, 1) for array in (conditions, said, to_open, to_close)))
        native_signals(None, row.ctypes.data, opens, closes, *addresses[:2], column, words, *addresses[2:])

    def walk(
        apart: int, blocks: int, bars: int, capital: float, weight: float, spread: float, days: Floats, series: Floats, rows: int,
        price: int, interest: int, words: int, to_open: Integers, to_close: Integers, columns: Integers, sizes: Floats, coming: Integers,
        account: Floats, equity: Floats, figures: Floats,
    ) -> None:  # fmt: skip
        quotes = addresses_of((days, np.float64, layout.BAR_COLUMNS), (series, np.float64, width))
        addresses = addresses_of(
            (to_open, np.int64, 1), (to_close, np.int64, 1), (columns, np.int64, layout.CELL_COLUMNS),
            (sizes, np.float64, layout.SIZE_COLUMNS), (coming, np.int64, 1), (account, np.float64, width), (equity, np.float64, width),
            (figures, np.float64, layout.FIGURE_COLUMNS),
        )  # fmt: skip
        native_walk(None, apart, blocks, bars, capital, weight, spread, *quotes, rows, price, interest, words, *addresses)

    return SignalKernels(width, record_signals, walk)


@cache
def _name(what: str, width: int) -> tuple[str, str]:
    name = f"{what}-{width}"
    return name, key_of(name, (*engine_sources(), *(Path(__file__).with_name(f"{name}.py") for name in ("kernels", "layout"))))


def _signals_code(width: int) -> NativeCode:
    def compile_signals() -> NativeCode:
        from numba.core import types

        from alvh.runtime.compile_native import compile_native
        from alvh.runtime.engine.pointed import run_type
        from alvh.runtime.lane_types import LanesType
        from alvh.runtime.rows import RowsType
        from alvh.runtime.signals import kernels

        whole = RowsType(types.int64, 1)
        numbers = types.int64
        arguments = (LanesType(width), run_type(width), numbers, numbers, whole, whole, numbers, numbers, whole, whole)
        return compile_native(kernels.record_signals, arguments)

    return code_of(*_name("signals", width), compile_signals)


def _walk_code(width: int) -> NativeCode:
    def compile_walk() -> NativeCode:
        from numba.core import types

        from alvh.runtime.compile_native import compile_native
        from alvh.runtime.lane_types import LanesType
        from alvh.runtime.rows import RowsType
        from alvh.runtime.signals import kernels

        whole, real, of = types.int64, types.float64, RowsType
        arguments = (
            LanesType(width), whole, whole, whole, real, real, real, of(real, layout.BAR_COLUMNS), of(real, width), whole, whole, whole,
            whole, of(whole, 1), of(whole, 1), of(whole, layout.CELL_COLUMNS), of(real, layout.SIZE_COLUMNS), of(whole, 1), of(real, width),
            of(real, width), of(real, layout.FIGURE_COLUMNS),
        )  # fmt: skip
        return compile_native(kernels.walk, arguments)

    return code_of(*_name("walk", width), compile_walk)
