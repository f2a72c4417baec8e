"""Values and greeks of many European options: alvh's functions in lanes against NumPy with SciPy and against QuantLib.

Undiscounted Black with the forward, strike and total volatility of each option its own: value; then value, delta, gamma, vega and theta.
alvh runs the engine's own functions (`runtime/pricing/black.py`), each greek by itself, sixteen options at once. All must agree to 1e-9 of
the forward before anything is timed; times are processor time.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"
# Numba infers the types of what it compiles.
from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numba
import numpy as np

import alvh.runtime.lane_types  # noqa: F401 - teaches Numba the lane functions
from alvh.runtime.lanes import Lanes, load, store
from alvh.runtime.market import Floats
from alvh.runtime.pricing.black import black_call, black_delta, black_gamma, black_theta, black_vega
from benchmarks.interleaved import Missing, Ratio, Row, medians, table

OPTIONS = 64_000
FEW = 1_000
"""Options that QuantLib prices in a round, one after another as it must."""
LANES = 16
ROUNDS = 15
RATE = 0.03
FURTHEST = 1e-9


@numba.njit(error_model="numpy")
def value_all(lanes, options, out):
    for row in range(len(out)):
        forward, strike, total = load(lanes, options, 4 * row), load(lanes, options, 4 * row + 1), load(lanes, options, 4 * row + 2)
        store(lanes, out, row, black_call(forward, strike, total))


@numba.njit(error_model="numpy")
def greeks_all(lanes, options, out):
    for row in range(len(out) // 5):
        forward, strike = load(lanes, options, 4 * row), load(lanes, options, 4 * row + 1)
        total, years = load(lanes, options, 4 * row + 2), load(lanes, options, 4 * row + 3)
        store(lanes, out, 5 * row, black_call(forward, strike, total))
        store(lanes, out, 5 * row + 1, black_delta(True, forward, strike, total))
        store(lanes, out, 5 * row + 2, black_gamma(forward, strike, total))
        store(lanes, out, 5 * row + 3, black_vega(forward, strike, years, total))
        store(lanes, out, 5 * row + 4, black_theta(forward, strike, years, total, RATE, True))


def options() -> Floats:
    """[4, OPTIONS]: forward, strike, total volatility, years."""
    rng = np.random.default_rng(4)
    forward = rng.uniform(3000.0, 5000.0, OPTIONS)
    years = rng.uniform(0.05, 1.0, OPTIONS)
    return np.stack([forward, forward * rng.uniform(0.7, 1.3, OPTIONS), rng.uniform(0.1, 0.6, OPTIONS) * np.sqrt(years), years])


def in_lanes(table: Floats) -> Floats:
    """[.., lanes]: rows of one block after another."""
    count, columns = table.shape
    return np.ascontiguousarray(table.reshape(count, columns // LANES, LANES).swapaxes(0, 1).reshape(-1, LANES))


def out_of_lanes(rows: Floats, count: int) -> Floats:
    return rows.reshape(-1, count, LANES).swapaxes(0, 1).reshape(count, -1)


def numpy_values(table: Floats) -> Floats:
    from scipy.special import ndtr

    forward, strike, total, _ = table
    d1 = np.log(forward / strike) / total + 0.5 * total
    return np.asarray(forward * ndtr(d1) - strike * ndtr(d1 - total))


def numpy_greeks(table: Floats) -> Floats:
    from scipy.special import ndtr

    forward, strike, total, years = table
    d1 = np.log(forward / strike) / total + 0.5 * total
    delta = ndtr(d1)
    density = np.exp(-0.5 * d1 * d1) / math.sqrt(2.0 * math.pi)
    value = forward * delta - strike * ndtr(d1 - total)
    theta = np.exp(-RATE * years) * (RATE * value - forward * density * total / (2.0 * years))
    return np.stack([value, delta, density / (forward * total), forward * density * np.sqrt(years), theta])


def quantlib_values(table: Floats) -> Floats:
    import QuantLib as ql  # noqa: N813

    return np.array([ql.blackFormula(ql.Option.Call, strike, forward, total) for forward, strike, total, _ in table.T.tolist()])


def quantlib_greeks(table: Floats) -> Floats:
    import QuantLib as ql  # noqa: N813

    found = []
    for forward, strike, total, years in table.T.tolist():
        option = ql.BlackCalculator(ql.PlainVanillaPayoff(ql.Option.Call, strike), forward, total, 1.0)
        value, vega = option.value(), option.vega(years)
        decay = 0.5 * vega * total / math.sqrt(years) / years
        found.append((value, option.deltaForward(), option.gammaForward(), vega, math.exp(-RATE * years) * (RATE * value - decay)))
    return np.array(found).T


def processor_seconds(work: Callable[[], Any], options: int) -> float:
    start = time.thread_time()
    work()
    return (time.thread_time() - start) / options


def measure(rounds: int = ROUNDS) -> list[Row]:
    """Seconds an option. RuntimeError where values differ."""
    every, token = options(), Lanes(LANES)
    few = np.ascontiguousarray(every[:, :FEW])
    rows = in_lanes(every)
    value_out, greeks_out = np.empty((OPTIONS // LANES, LANES)), np.empty((5 * OPTIONS // LANES, LANES))
    value_all(token, rows, value_out)
    greeks_all(token, rows, greeks_out)
    values, greeks = out_of_lanes(value_out, 1)[0], out_of_lanes(greeks_out, 5)
    timers: dict[str, Callable[[], float]] = {
        "values": partial(processor_seconds, partial(value_all, token, rows, value_out), OPTIONS),
        "greeks": partial(processor_seconds, partial(greeks_all, token, rows, greeks_out), OPTIONS),
    }
    missing: list[Row] = []
    peers: dict[str, tuple[Callable[[Floats], Floats], Callable[[Floats], Floats], Floats]] = {
        "NumPy and SciPy": (numpy_values, numpy_greeks, every),
        "QuantLib": (quantlib_values, quantlib_greeks, few),
    }
    for name, (value_of, greeks_of, asked) in peers.items():
        try:
            their_values, their_greeks = value_of(asked), greeks_of(asked)
        except ImportError:
            missing.append(Missing(f"an option, {name}", "not installed"))
            continue
        count = asked.shape[1]
        off = max(np.max(np.abs(values[:count] - their_values)), np.max(np.abs(greeks[:, :count] - their_greeks))) / 5000.0
        if not off <= FURTHEST:
            raise RuntimeError(f"values of {name} differ by {off:.1e} of the forward")
        timers[f"{name} values"] = partial(processor_seconds, partial(value_of, asked), count)
        timers[f"{name} greeks"] = partial(processor_seconds, partial(greeks_of, asked), count)
    found = medians(timers, rounds)
    told = {"values": "an option's value", "greeks": "value, delta, gamma, vega and theta"}
    return [
        *(
            Ratio(f"{told[what]}, {name}", found[f"{name} {what}"], f"alvh, {LANES} lanes", found[what])
            for name in peers
            for what in told
            if f"{name} {what}" in found
        ),
        *missing,
    ]


if __name__ == "__main__":
    print(table(measure()))
