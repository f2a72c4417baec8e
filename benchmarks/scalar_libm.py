"""The loop of `hand_written_442.py` with the C library's exp, log and erfc and the textbook's formulas: scalar Numba as usual.

The modules of the hand-written loop and of pricing are imported a second time, with a stand-in for `runtime/mathematics.py`; the functions
that are written around the Mills ratio take their textbook form. Results agree with the engine's to rounding: `furthest` says how far.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"
# Numba infers the types of what it compiles.
from __future__ import annotations

import importlib
import math
import sys
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
from numba.extending import register_jitable

import alvh.runtime.pricing as pricing
from alvh.runtime import mathematics
from alvh.runtime.record import RunRecord
from benchmarks import hand_written_442 as by_hand

PRICING = ("black", "spx_surface", "futures_curve", "vix_level", "costs", "vix_options", "strikes")
ROOT_HALF = math.sqrt(0.5)

libm = register_jitable(error_model="numpy")


@libm
def exp(x):
    return math.exp(x)


@libm
def log(x):
    return math.log(x) if x > 0.0 else math.nan


@libm
def normal_cdf(x):
    return 0.5 * math.erfc(-x * ROOT_HALF)


@libm
def normal_density(x):
    return 0.3989422804014327 * math.exp(-0.5 * x * x)


@libm
def black_out_of_the_money(lower, higher, log_ratio, total_volatility):
    if total_volatility == 0.0:
        return 0.0
    d1 = log_ratio / total_volatility + 0.5 * total_volatility
    return max(0.0, lower * normal_cdf(d1) - higher * normal_cdf(d1 - total_volatility))


@libm
def black_implied_volatility(lower, higher, log_ratio, time_value):
    """The engine's start and two steps on the logarithm of the price, the price by two normal probabilities."""
    if not time_value < lower:
        return math.nan
    x = max(-log_ratio, 1e-16)
    wanted = time_value / lower
    if wanted < 1e-290:
        return 0.0
    m = 2.0 * (log(x) - (log(wanted) - 0.5 * x) - 0.9189385332046727)
    near = exp(min(m, 1.0))
    y = m - log(m) if m > 1.0 else near / (1.0 + near)
    y = y * ((1.0 + m) - log(y)) / (1.0 + y)
    v = x / math.sqrt(y)
    for _ in range(2):
        d1 = 0.5 * v - x / v
        value = normal_cdf(d1) - exp(x) * normal_cdf(d1 - v)
        density = normal_density(d1)
        slope = density / value
        step = log(wanted / value) * value / density
        curvature = x * x / (v * v * v) - 0.25 * v
        second = curvature - slope
        third = curvature * curvature - 3.0 * x * x / (v * v * v * v) - 0.25 - 3.0 * curvature * slope + 2.0 * slope * slope
        v = v + step * (1.0 + 0.5 * second * step) / (1.0 + second * step + third * step * step / 6.0)
    return v


@libm
def side_by_side(function, first, second, same, shared):
    """One after the other: the C library's functions take one number."""
    return function(first, same, *shared), function(second, same, *shared)


def _stand_in() -> ModuleType:
    module = ModuleType(mathematics.__name__)
    vars(module).update(vars(mathematics))
    vars(module).update(exp=exp, log=log, normal_cdf=normal_cdf, normal_density=normal_density)
    return module


@cache
def hand_written() -> Any:
    """`hand_written_442`, imported anew on the C library."""
    names = [f"{pricing.__name__}.{name}" for name in PRICING]
    replaced = [mathematics.__name__, *names, by_hand.__name__]
    kept = {name: sys.modules[name] for name in replaced}
    packages = {pricing: {name: getattr(pricing, name) for name in PRICING}}
    runtime, benchmarks = sys.modules["alvh.runtime"], sys.modules["benchmarks"]
    packages[runtime], packages[benchmarks] = {"mathematics": mathematics}, {"hand_written_442": by_hand}
    try:
        for name in replaced:
            del sys.modules[name]
        sys.modules[mathematics.__name__] = runtime.mathematics = _stand_in()  # type: ignore[attr-defined]
        black: Any = importlib.import_module(names[0])
        black.black_out_of_the_money, black.black_implied_volatility = black_out_of_the_money, black_implied_volatility
        for name in names[1:]:
            module: Any = importlib.import_module(name)
            if hasattr(module, "side_by_side"):
                module.side_by_side = side_by_side
        return importlib.import_module(by_hand.__name__)
    finally:
        sys.modules.update(kept)
        for package, members in packages.items():
            vars(package).update(members)


def furthest(engine: RunRecord, hand: by_hand.Record) -> float:
    """The largest relative difference of equity on any bar; infinite where the journals' actions or strikes differ."""
    columns = {"bar": by_hand.J_BAR, "layer": by_hand.J_LAYER, "action": by_hand.J_ACTION}
    same = len(engine.journal.bar) == len(hand.journal) and all(
        np.array_equal(getattr(engine.journal, name), hand.journal[:, column]) for name, column in columns.items()
    )
    strikes = hand.journal[:, by_hand.J_STRIKE :]
    if not same or not np.array_equal(engine.journal.strike, strikes, equal_nan=True):
        return math.inf
    return float(np.max(np.abs(hand.days[:, by_hand.R_EQUITY] / engine.equity - 1.0)))
