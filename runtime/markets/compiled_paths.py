"""The generated market's kernel as callable code: compiled once a lane width and kept, or run as plain Python."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

from alvh.runtime.lanes import Lanes
from alvh.runtime.market import Floats, Integers
from alvh.runtime.markets import fill_paths
from alvh.runtime.native_code import NativeCode, addresses_of, code_of, function_of, is_cached, key_of

ARRAY_LANES = 8
"""Width at which whole markets are made: arrays of every number of paths by one piece of compiled code."""

KERNEL_PAYS = 50_000
"""Path-days from which on compiling the kernel (seconds) saves time over plain Python (most of a millisecond a path-day)."""

Fill = Callable[[Lanes, int, int, int, int, Integers, Floats, Floats, Floats, Floats], None]


def kernel_that_pays(path_days: int) -> tuple[int, Fill]:
    """Lane width and kernel for a request of this size: compiled where that was done before or pays, else plain Python, one lane wide. Both
    give the same bits."""
    if path_days >= KERNEL_PAYS or is_kernel_cached(ARRAY_LANES):
        return ARRAY_LANES, compiled_paths(ARRAY_LANES)
    return 1, fill_paths.fill_bars


def is_kernel_cached(width: int) -> bool:
    """Whether the kernel at a lane width has been compiled on this machine."""
    return is_cached(*_kernel_name(width))


@cache
def compiled_paths(width: int) -> Fill:
    """`fill_paths.fill_bars` at one lane width; it runs without the interpreter lock."""
    native = function_of(kernel_code(width), ctypes.c_void_p, *[ctypes.c_int64] * 9)

    def fill(
        lanes: Lanes, begin: int, end: int, key_low: int, key_high: int, plan: Integers, days: Floats, terms: Floats, state: Floats,
        series: Floats,
    ) -> None:  # fmt: skip
        arrays = (
            (plan, np.int64, 1), (days, np.float64, fill_paths.DAY_COLUMNS), (terms, np.float64, fill_paths.TERM_COLUMNS),
            (state, np.float64, width), (series, np.float64, width),
        )  # fmt: skip
        native(None, begin, end, key_low, key_high, *addresses_of(*arrays))

    return fill


@cache
def _kernel_name(width: int) -> tuple[str, str]:
    name = f"market-{width}"
    return name, key_of(name, kernel_sources())


def kernel_code(width: int) -> NativeCode:
    """The kernel at a lane width: a function of a token, four whole numbers and the addresses of five arrays."""

    def compile_kernel() -> NativeCode:
        from numba.core import types

        import alvh.runtime.random_number_types  # noqa: F401 - teaches Numba where uniform numbers come from
        from alvh.runtime.compile_native import compile_native
        from alvh.runtime.lane_types import LanesType
        from alvh.runtime.rows import RowsType

        columns = (fill_paths.DAY_COLUMNS, fill_paths.TERM_COLUMNS, width, width)
        arrays = (RowsType(types.int64, 1), *(RowsType(types.float64, count) for count in columns))
        return compile_native(fill_paths.fill_bars, (LanesType(width), *[types.int64] * 4, *arrays))

    return code_of(*_kernel_name(width), compile_kernel)


@cache
def kernel_sources() -> tuple[Path, ...]:
    """Every file whose text is compiled into the kernel."""
    markets = Path(__file__).resolve().parent
    runtime = markets.parent
    own = [markets / name for name in ("complete_curve.py", "fill_paths.py", "generator.py", "volatility_funds.py")]
    names = ("lanes.py", "lane_types.py", "rows.py", "mathematics.py", "market.py", "random_numbers.py", "random_number_types.py",
             "compile_native.py", "object_target.py")  # fmt: skip
    return (*own, *sorted(runtime.glob("pricing/*.py")), *(runtime / name for name in names))
