"""Paths of the generated market's joint model alone, without a calendar: for tests of its law, and for whoever writes it to files."""

from __future__ import annotations

import numpy as np
from attrs import frozen

from alvh.runtime.market import MARKET_SERIES, Floats
from alvh.runtime.markets import fill_paths as kernel
from alvh.runtime.markets.compiled_paths import kernel_that_pays
from alvh.runtime.markets.path_filler import Calendar, Choices, fill_arrays, path_filler

NAMES = {
    "spx": "spx",
    "spx_open": "spx.open",
    "spx_high": "spx.high",
    "spx_low": "spx.low",
    "vix": "vix",
    "vix_open": "vix.open",
    "vix_high": "vix.high",
    "vix_low": "vix.low",
    "vix3m": "vix3m",
    "vvix": "vvix",
    "vix_settlement": "vix_settlement",
    "ad_line": "ad_line",
}


@frozen(eq=False)
class Generated:
    """Paths of the joint model; arrays are [sessions, paths]. Indices in points, VIX settlement on every session."""

    spx: Floats
    spx_open: Floats
    spx_high: Floats
    spx_low: Floats
    vix: Floats
    vix_open: Floats
    vix_high: Floats
    vix_low: Floats
    vix3m: Floats
    vvix: Floats
    vix_settlement: Floats
    ad_line: Floats


def generate(seed: int, sessions: int, paths: int, first_path: int = 0) -> Generated:
    """`paths` paths of so many sessions, from number `first_path` on. `seed` is a non-negative 64-bit integer; path k depends on it
    and on k alone."""
    days = np.zeros((sessions, kernel.DAY_COLUMNS))
    days[:, kernel.D_VIX_SETTLES] = 1.0
    days[:, kernel.D_PUBLISHED] = np.arange(sessions)
    series = (*MARKET_SERIES, "ad_line")
    width, compiled = kernel_that_pays(sessions * paths)
    filler = path_filler(series, Calendar(days, kept=1), Choices(frozenset(NAMES.values())), width, compiled)
    values = fill_arrays(filler, seed, paths, first_path)
    return Generated(**{field: values[:, series.index(name)] for field, name in NAMES.items()})
