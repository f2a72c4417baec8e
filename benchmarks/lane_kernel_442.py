"""`alvh_442_contracts` in C, many paths side by side: built with GCC, called through ctypes, on the market arrays that the engine reads.

What the engine is measured against where speed matters most, on many paths (`monte_carlo.py`). The sources stand in
`benchmarks/lane_kernel/`. Constants that the engine's Python has come from there as macros; strict IEEE, no fma,
so that the bits can be required to be equal.
"""

from __future__ import annotations

import ctypes
import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen

from alvh.runtime import record
from alvh.runtime.cache_lines import empty_on_lines
from alvh.runtime.market import Floats, MarketArrays
from alvh.runtime.mathematics import normal_quantile
from alvh.runtime.pricing import costs, vix_level
from benchmarks import hand_written_442 as by_hand

SOURCES = Path(__file__).resolve().with_name("lane_kernel")
OPTIONS = ("-O3", "-march=native", "-ffp-contract=off", "-fno-math-errno")
LANGUAGE = ("-x", "c++", "-std=c++17", "-fno-exceptions", "-fno-rtti", "-Wall", "-Wno-psabi")
"""The C++ front end: GCC chooses between vectors by a mask only there."""

BY_HAND = (
    "SPX", "SPX_AM", "RATE", "VIX", "VVIX", "VIX_SETTLEMENT", "VX1", "W9", "SCALE", "RHO", "ETA", "AD_LINE", "FUTURES",
    "CAPITAL", "CONDOR_FEE", "CONDOR_LOTS", "CONDOR_DELTA", "SHORTEST", "LONGEST", "RISK", "TAKE_PROFIT", "STOP", "TIME_STOP", "OVERSOLD",
    "RSI_SESSIONS", "NARROW_WING", "WIDE_WING", "CALL_DELTA", "DIVERGENCE_SESSIONS", "LIMIT", "INVERSION", "ROOM", "REFUSED_DELTA_GAP",
    "FLAGGED_DELTA_GAP", "MOST_STALE_BARS", "QUICK_WIDTH", "QUICK_DAYS", "J_BAR", "J_LAYER", "J_SLOT", "J_ACTION", "J_CUT", "J_FILLED",
    "J_PRICE", "J_COST", "J_EXPIRY", "J_STRIKE", "JOURNAL_COLUMNS",
)  # fmt: skip
OF_RECORD = (
    "OPEN", "CLOSE", "ROLL_OUT", "ROLL_IN", "SETTLE", "REFUSED", "NO_REASON", "CUT_BY_LIMIT", "CUT_BY_CASH", "LESS_THAN_ONE",
    "SIZE_UNKNOWN", "SIZE_NOT_POSITIVE", "NO_EXPIRY", "NO_STRIKE", "NO_PRICE", "NO_BID", "NO_DAYS_GAINED", "ABOVE_SIZE", "STALE_MARK",
    "NO_DEBIT", "DELTA_FLAGGED",
)  # fmt: skip
OF_LEVEL = (
    "EDGES", "SHAPE_Z", "SHAPE_Q", "LONGEST_DAYS", "REVERSION", "SAMUELSON", "PROBABILITY", "HIGHEST_LEVEL", "LOW_PIECE", "HIGH_PIECE",
    "LOW_CENTRE", "LOW_REACH", "HIGH_CENTRE", "HIGH_REACH", "LOWEST_FORWARD", "HIGHEST_FORWARD", "SPIKE_FORWARD",
)  # fmt: skip


class NoCompilerError(Exception):
    """There is no C compiler here."""


def compiler() -> str | None:
    """The path of GCC, or None."""
    return shutil.which("gcc")


def macros(rows: int) -> list[str]:
    """Every constant that the sources take from Python; `rows` are the market's series."""
    values: dict[str, Any] = {name: getattr(by_hand, name) for name in BY_HAND}
    values |= {name: getattr(record, name) for name in OF_RECORD}
    values |= {name: getattr(vix_level, name) for name in OF_LEVEL}
    values |= {
        "ROWS": rows,
        "LEVEL_COLUMNS": vix_level.COLUMNS,
        "FEE_PER_OPTION": costs.FEE_PER_OPTION,
        "CONDOR_QUANTILE": normal_quantile(by_hand.CONDOR_DELTA),
        "CALL_QUANTILE": normal_quantile(by_hand.CALL_DELTA),
    }
    return [f"-D{name}=({value!r})" for name, value in values.items()]


@cache
def _library(width: int, rows: int) -> ctypes.CDLL:
    gcc = compiler()
    if gcc is None:
        raise NoCompilerError("gcc is not installed")
    folder = Path(tempfile.mkdtemp(prefix="alvh-lane-kernel-"))
    try:
        command = [gcc, *LANGUAGE, *OPTIONS, "-shared", "-fPIC", f"-DW={width}", *macros(rows), str(SOURCES / "strategy_442.cpp")]
        built = folder / f"{hashlib.sha256(' '.join(command).encode()).hexdigest()[:16]}.so"
        subprocess.run([*command, "-o", str(built)], check=True, capture_output=True, text=True)
        return ctypes.CDLL(str(built))
    except subprocess.CalledProcessError as error:
        raise RuntimeError(f"gcc failed:\n{error.stderr[:4000]}") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Market(ctypes.Structure):
    """`struct Market` of strategy_442.cpp."""

    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("values", "sessions", "week_start", "era", "front_future")),
        *((f"spx_{name}", ctypes.c_void_p) for name in ("day", "bar", "listed", "is_am")),
        *((f"vix_{name}", ctypes.c_void_p) for name in ("day", "bar", "listed", "monthly", "month")),
        *((name, ctypes.c_void_p) for name in ("month_day", "level")),
        *((name, ctypes.c_long) for name in ("first", "last", "spx_expiries", "vix_expiries", "months")),
    )


@frozen(eq=False)
class LaneKernel:
    """The kernel at one width on one market; blocks of `width` paths."""

    width: int
    arrays: MarketArrays
    _library: ctypes.CDLL

    def values_of(self, first_path: int) -> Floats:
        """[bars, series, width] of the paths from one on, the last path repeated where there are fewer."""
        paths = np.minimum(np.arange(first_path, first_path + self.width), self.arrays.values.shape[2] - 1)
        return np.ascontiguousarray(self.arrays.values[:, :, paths])

    def run(self, values: Floats) -> tuple[Floats, Floats, Floats]:
        """Days [bars, columns, width], journals [width, capacity, columns] and how many rows each has. ValueError where a path stops."""
        call, days, journal, rows = self.prepare(values)
        ending = call()
        if ending:
            raise ValueError({1: "a mark was missing for too long", 2: "a layer ran out of room"}[ending])
        if rows.max() > journal.shape[1]:
            raise ValueError("the journal cannot hold all rows")
        return days, journal, rows

    def prepare(self, values: Floats) -> tuple[Any, Floats, Floats, Any]:
        """A call of the day loop alone, and the arrays that it fills."""
        arrays, width = self.arrays, self.width
        one = by_hand.market_of(arrays)
        bars = arrays.last - arrays.first + 1
        days = np.zeros((bars, by_hand.RECORD_COLUMNS, width))
        capacity = 64 + 4 * bars
        journal = np.empty((width, capacity, by_hand.JOURNAL_COLUMNS))
        rows = np.zeros(width, dtype=np.int64)
        spx_terms, vix_terms = empty_on_lines(len(one.spx_day) * 4 * width), empty_on_lines(len(one.vix_day) * 10 * width)
        columns = {name: np.ascontiguousarray(getattr(one, name)) for name, kind in _Market._fields_ if kind is ctypes.c_void_p}
        columns["values"] = values
        counts = {"first": arrays.first, "last": arrays.last, "spx_expiries": len(one.spx_day), "vix_expiries": len(one.vix_day)}
        market = _Market(**{name: column.ctypes.data for name, column in columns.items()}, **counts, months=len(one.month_day))
        pointers = [ctypes.c_void_p(array.ctypes.data) for array in (days, journal, rows, spx_terms, vix_terms)]
        run_days = self._library.run_days
        run_days.restype = ctypes.c_long

        def call() -> int:
            kept = (columns, spx_terms, vix_terms)  # alive while C reads them
            ending = run_days(ctypes.byref(market), pointers[0], pointers[1], ctypes.c_long(capacity), *pointers[2:])
            del kept
            return int(ending)

        return call, days, journal, rows

    def records(self) -> Iterator[by_hand.Record]:
        """Every path's record, block after block."""
        paths = self.arrays.values.shape[2]
        for first in range(0, paths, self.width):
            days, journal, rows = self.run(self.values_of(first))
            for lane in range(min(self.width, paths - first)):
                yield by_hand.Record(np.ascontiguousarray(days[:, :, lane]), journal[lane, : int(rows[lane])].copy(), -1)


def lane_kernel(width: int, arrays: MarketArrays) -> LaneKernel:
    """Built for this machine. NoCompilerError where there is no GCC."""
    return LaneKernel(width, arrays, _library(width, len(arrays.series)))
