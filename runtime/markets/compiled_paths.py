"""The generated market's kernel as callable code: compiled once a lane width into the user's cache, or run as plain Python."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numba
from numba.core import config as numba_config

from alvh.runtime.engine.compiled import FLAGS, comes_from_cache, empty_folder, folder_of_code
from alvh.runtime.markets.fill_paths import fill_bars

ARRAY_LANES = 8
"""Width at which whole markets are made: arrays of every number of paths by one piece of compiled code."""

KERNEL_PAYS = 50_000
"""Path-days from which on compiling the kernel (seconds) saves time over plain Python (most of a millisecond a path-day)."""


def kernel_that_pays(path_days: int) -> tuple[int, Callable[..., None]]:
    """Lane width and kernel for a request of this size: compiled where that was done before or pays, else plain Python, one lane wide. Both
    give the same bits."""
    if path_days >= KERNEL_PAYS or is_kernel_cached(ARRAY_LANES):
        return ARRAY_LANES, CompiledPaths(ARRAY_LANES)
    return 1, fill_bars


def is_kernel_cached(width: int) -> bool:
    """Whether the kernel at a lane width has been compiled on this machine."""
    return _marker(width).exists()


class CompiledPaths:
    """`fill_paths.fill_bars` at one lane width."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._kernel = _compiled(width)

    def __call__(self, *arguments: Any) -> None:
        """Calls it; without the interpreter lock once it is compiled. What is damaged in the cache is compiled anew."""
        try:
            self._kernel(*arguments)
        except Exception as error:
            if not comes_from_cache(error):
                raise
            # Nothing ran yet: the kernel is loaded when it is called.
            empty_folder(_folder())
            _compiled.cache_clear()
            self._kernel = _compiled(self._width)
            self._kernel(*arguments)
        if not _marker(self._width).exists():
            _marker(self._width).touch()


@cache
def _compiled(width: int) -> Callable[..., None]:
    vars(numba_config)["CACHE_DIR"] = str(_folder())
    kernel: Callable[..., None] = numba.njit(cache=True, **FLAGS)(fill_bars)
    return kernel


@cache
def _folder() -> Path:
    return folder_of_code("market", kernel_sources())


def _marker(width: int) -> Path:
    return _folder() / f"compiled-for-{width}-lanes"


def kernel_sources() -> list[Path]:
    """Every file whose text is compiled into the kernel."""
    markets = Path(__file__).resolve().parent
    runtime = markets.parent
    own = [markets / name for name in ("complete_curve.py", "fill_paths.py", "generator.py", "volatility_funds.py")]
    beside = [runtime / name for name in ("lanes.py", "rows.py", "mathematics.py", "market.py", "random_numbers.py")]
    return [*own, *sorted(runtime.glob("pricing/*.py")), *beside]
