"""The volatility level s of the VIX model from VVIX, as a table of polynomials (engine.md, "The VIX level s(F, VVIX, T) as a table").

quant.md 3.3 defines s implicitly: the log contract on the model's VIX, X(s; F, T) = E[ln(F / VIX_T)], must equal (VVIX_T / 100)^2 T / 2.
The table answers without root finding, and it, not the root, is the model's definition. It ships with the package: building it uses NumPy's
exponentials and least squares, whose last bits differ between machines, and one table for all keeps a run's bytes the same everywhere.
`python -m alvh.runtime.pricing.vix_level` writes it anew; a test rebuilds and compares.

Row d of the table serves d calendar days to settlement, a whole number that all lanes share. With q = 1 / sqrt(F), in which floor and
spike are polynomials, and two pieces that meet at F = 14, where the spike starts to shrink:
    lowest = X(0; F),  span = X(s_max; F) - X(0; F),  z = (X - lowest) / span,  s^2 = s_max^2 z h(z, q),
`lowest`, `span` and `h` polynomials. Below F = 11.25 the cap on the floor binds and X no longer depends on F; above 180 F is taken as 180.
Relative error of s against the root, from s = 0.05 to s_max = min(6, 1.6 / sqrt T): 4e-5.

Where z leaves 0 .. 1 there is no solution: even s = 0 gives a higher VVIX (the spikes alone do), or s_max a lower one. s is then
clamped, and `is_clamped` says so, for a market to count. At 0 days s is 0; beyond the table it is unknown.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.polynomial import chebyshev
from numpy.polynomial.hermite_e import hermegauss
from numpy.typing import NDArray

from alvh.runtime.lanes import all_lanes, any_lane, divide, inlined_lane_function, lane_function, select, square_root, to_index
from alvh.runtime.market import Floats, Integers
from alvh.runtime.mathematics import UNKNOWN

FLOOR = 9.0
"""Below the lowest close on record, 9.14."""
FLOOR_OF_FORWARD = 0.8
SPIKE = 1.9
"""A spike multiplies the forward above the floor by up to 1 + this."""
SPIKE_FORWARD = 14.0
SPIKE_VOLATILITY = 0.25
SPIKES_A_YEAR = 1.0
SPIKE_YEARS = 0.75
"""Chance of the spike state grows no further beyond so many years."""
VVIX_MEAN = 92.0
VVIX_REVERSION = 7.0
SAMUELSON_SPEED = 8.25
SAMUELSON_REST = 0.336
"""Instantaneous volatility of a future u years before settlement is proportional to (1 - rest) e^(-speed u) + rest."""

DAYS_A_YEAR = 365.0
LONGEST_DAYS = 300
LOWEST_FORWARD = FLOOR / FLOOR_OF_FORWARD
HIGHEST_FORWARD = 180.0

EDGES = 13
"""Coefficients of `lowest` and of `span`, in q."""
SHAPE_Z = 6
SHAPE_Q = 8
PIECE = 2 * EDGES + SHAPE_Z * SHAPE_Q
REVERSION, SAMUELSON, PROBABILITY, HIGHEST_LEVEL, LOW_PIECE = range(5)
HIGH_PIECE = LOW_PIECE + PIECE
COLUMNS = HIGH_PIECE + PIECE
"""A row: what scales VVIX to the term, twice; the chance of the spike state; s_max; then the pieces below and above F = 14, each `lowest`,
`span`, and `h` by powers of 2z - 1, within them by powers of q mapped to -1 .. 1, lowest power first."""

_PIECE_ENDS = ((SPIKE_FORWARD**-0.5, LOWEST_FORWARD**-0.5), (HIGHEST_FORWARD**-0.5, SPIKE_FORWARD**-0.5))
LOW_CENTRE, HIGH_CENTRE = (0.5 * (low + high) for low, high in _PIECE_ENDS)
LOW_REACH, HIGH_REACH = (0.5 * (high - low) for low, high in _PIECE_ENDS)


# The market's side, on arrays ------------------------------------------------------------------------------------------------------------


def is_clamped(future: Floats, vvix: Floats, days: Integers, table: Floats) -> NDArray[np.bool_]:
    """Where no level gives this VVIX, so that `volatility_level` is 0 or s_max instead: the same formula on arrays that broadcast.

    `days` whole, 1 to LONGEST_DAYS. False where something is unknown.
    """
    at_term = (VVIX_MEAN + (vvix - VVIX_MEAN) * table[days, REVERSION]) * table[days, SAMUELSON] / 100.0
    wanted = at_term * at_term * (0.5 * (days / DAYS_A_YEAR))
    q = np.sqrt(1.0 / np.clip(future, LOWEST_FORWARD, HIGHEST_FORWARD))
    low = future < SPIKE_FORWARD
    first = np.where(low, LOW_PIECE, HIGH_PIECE)
    t = np.where(low, (q - LOW_CENTRE) / LOW_REACH, (q - HIGH_CENTRE) / HIGH_REACH)

    def edge(first: Integers) -> Floats:
        value = table[days, first + EDGES - 1]
        for place in range(EDGES - 2, -1, -1):
            value = value * t + table[days, first + place]
        return value

    z = (wanted - edge(first)) / edge(first + EDGES)
    return np.asarray((z < 0.0) | (z > 1.0))


# Building, on arrays ---------------------------------------------------------------------------------------------------------------------


def spike_probability(years: float) -> float:
    """Chance that the VIX stands in the spike state at the term."""
    return float(-np.expm1(-SPIKES_A_YEAR * min(years, SPIKE_YEARS)))


def reversion_weight(years: float) -> float:
    """How much of VVIX's distance from its mean is left, averaged to the term."""
    return float(-np.expm1(-VVIX_REVERSION * years) / (VVIX_REVERSION * years))


def samuelson_variance(years: float) -> float:
    """Average over the term of the squared Samuelson shape, in closed form."""
    fast = 1.0 - SAMUELSON_REST
    twice = -np.expm1(-2.0 * SAMUELSON_SPEED * years) / (2.0 * SAMUELSON_SPEED)
    once = -np.expm1(-SAMUELSON_SPEED * years) / SAMUELSON_SPEED
    return float((fast * fast * twice + 2.0 * fast * SAMUELSON_REST * once) / years + SAMUELSON_REST * SAMUELSON_REST)


@cache
def _quadrature() -> tuple[Floats, Floats]:
    nodes, weights = hermegauss(64)
    return nodes, weights / weights.sum()


def log_contract(squared_level: Floats, forward: Floats, years: float) -> Floats:
    """E[ln(F / VIX_T)] of the model, by Gauss-Hermite with 64 points. Arrays of one shape."""
    nodes, weights = _quadrature()
    floor = np.minimum(FLOOR, FLOOR_OF_FORWARD * forward)
    spike = 1.0 + SPIKE * np.minimum(1.0, (SPIKE_FORWARD / forward) ** 1.5)
    probability = spike_probability(years)
    calm = (forward - floor) / (1.0 - probability + probability * spike)
    calm_variance = squared_level * years

    def expected(centre: Floats, variance: Floats) -> Floats:
        deviation = np.sqrt(variance)[..., None]
        level = floor[..., None] + centre[..., None] * np.exp(deviation * nodes - 0.5 * variance[..., None])
        return np.asarray(np.log(forward[..., None] / level) @ weights)

    spike_variance = calm_variance + SPIKE_VOLATILITY * SPIKE_VOLATILITY
    return (1.0 - probability) * expected(calm, calm_variance) + probability * expected(calm * spike, spike_variance)


def _points(count: int) -> Floats:
    """Chebyshev's points on -1 .. 1."""
    return np.asarray(np.cos(np.pi * (np.arange(count) + 0.5) / count))


def _powers(count: int) -> Floats:
    """Matrix that turns Chebyshev coefficients into coefficients of powers."""
    matrix = np.zeros((count, count))
    for degree in range(count):
        matrix[: degree + 1, degree] = chebyshev.cheb2poly(np.eye(count)[degree])[: degree + 1]
    return matrix


def _fit_piece(years: float, highest_level: float, ends: tuple[float, float]) -> Floats:
    position = _points(EDGES)
    forward = (0.5 * (ends[0] + ends[1]) + 0.5 * (ends[1] - ends[0]) * position) ** -2.0
    highest = highest_level * highest_level
    lowest = log_contract(np.zeros_like(forward), forward, years)
    span = log_contract(np.full_like(forward, highest), forward, years) - lowest
    squared = highest * 0.5 * (1.0 + _points(3 * SHAPE_Z))
    grid_squared, grid_forward = np.broadcast_arrays(squared, forward[:, None])
    z = (log_contract(grid_squared, grid_forward, years) - lowest[:, None]) / span[:, None]
    along_z = np.empty((EDGES, SHAPE_Z))
    for place in range(EDGES):
        basis = chebyshev.chebvander(2.0 * z[place] - 1.0, SHAPE_Z - 1)
        shape = squared / (highest * z[place])
        # Weighted so that the error is relative.
        along_z[place] = np.linalg.lstsq(basis / shape[:, None], np.ones_like(shape), rcond=None)[0]
    # From Chebyshev in 2z - 1 to powers of 2z - 1, and from points to powers of q.
    edge_basis = chebyshev.chebvander(position, EDGES - 1)
    shape_coefficients = np.linalg.lstsq(chebyshev.chebvander(position, SHAPE_Q - 1), along_z, rcond=None)[0]
    return np.concatenate(
        (
            _powers(EDGES) @ np.linalg.solve(edge_basis, lowest),
            _powers(EDGES) @ np.linalg.solve(edge_basis, span),
            (_powers(SHAPE_Z) @ (_powers(SHAPE_Q) @ shape_coefficients).T).ravel(),
        )
    )


def build_level_table(max_days: int = LONGEST_DAYS) -> Floats:
    """The table for 0 .. `max_days` days, float64[max_days + 1, COLUMNS]; row 0 is zeros. Two seconds for 300 days."""
    table = np.zeros((max_days + 1, COLUMNS))
    month = 30.0 / DAYS_A_YEAR
    for days in range(1, max_days + 1):
        years = days / DAYS_A_YEAR
        highest_level = min(6.0, 1.6 / years**0.5)
        table[days, REVERSION] = reversion_weight(years) / reversion_weight(month)
        table[days, SAMUELSON] = (samuelson_variance(years) / samuelson_variance(month)) ** 0.5
        table[days, PROBABILITY] = spike_probability(years)
        table[days, HIGHEST_LEVEL] = highest_level
        table[days, LOW_PIECE:HIGH_PIECE] = _fit_piece(years, highest_level, _PIECE_ENDS[0])
        table[days, HIGH_PIECE:] = _fit_piece(years, highest_level, _PIECE_ENDS[1])
    return table


SHIPPED_TABLE = Path(__file__).with_name("vix_level.npy")


@cache
def level_table() -> Floats:
    """The table that ships with the package, read-only."""
    table: Floats = np.load(SHIPPED_TABLE)
    table.flags.writeable = False
    return table


# Looking up, in lanes --------------------------------------------------------------------------------------------------------------------


@inlined_lane_function
def _polynomial(table: Floats, days: int, first: int, count: int, t: float) -> float:
    value = t * float(table[days, first + count - 1]) + float(table[days, first + count - 2])
    for place in range(first + count - 3, first - 1, -1):
        value = value * t + float(table[days, place])
    return value


@lane_function
def _log_contract_wanted(vvix: float, days: int, table: Floats) -> float:
    """What the log contract must be worth: VVIX brought to the term by mean reversion and the Samuelson shape."""
    at_term = (VVIX_MEAN + (vvix - VVIX_MEAN) * float(table[days, REVERSION])) * float(table[days, SAMUELSON]) / 100.0
    return at_term * at_term * (0.5 * (days / DAYS_A_YEAR))


@lane_function
def _shape_in(z: float, t: float, days: int, first: int, table: Floats) -> float:
    shape = first + 2 * EDGES
    y = 2.0 * z - 1.0
    value = _polynomial(table, days, shape + (SHAPE_Z - 1) * SHAPE_Q, SHAPE_Q, t)
    for power in range(SHAPE_Z - 2, -1, -1):
        value = value * y + _polynomial(table, days, shape + power * SHAPE_Q, SHAPE_Q, t)
    return value


@lane_function
def _root_of_inverse(future: float) -> float:
    bounded = select(future < LOWEST_FORWARD, LOWEST_FORWARD, select(future > HIGHEST_FORWARD, HIGHEST_FORWARD, future))
    return square_root(1.0 / bounded)


@lane_function
def _clamped(z: float) -> float:
    return select(z < 0.0, 0.0, select(z > 1.0, 1.0, z))


@lane_function
def _level_in(wanted: float, q: float, days: int, first: int, centre: float, reach: float, table: Floats) -> float:
    t = (q - centre) / reach
    lowest = _polynomial(table, days, first, EDGES, t)
    z = _clamped(divide(wanted - lowest, _polynomial(table, days, first + EDGES, EDGES, t)))
    return float(table[days, HIGHEST_LEVEL]) * square_root(z * _shape_in(z, t, days, first, table))


@lane_function
def volatility_level(future: float, vvix: float, days: float, table: Floats) -> float:
    """The level s a year at which the model's VVIX is the one quoted; clamped where there is none.

    `future` the VIX future of the same expiry, points above 0; `vvix` the index, points; `days` calendar days to settlement, a scalar.
    """
    if days < 1.0:
        return future * 0.0
    if days > LONGEST_DAYS:
        return future * UNKNOWN
    row = to_index(days)
    wanted = _log_contract_wanted(vvix, row, table)
    q = _root_of_inverse(future)
    low = future < SPIKE_FORWARD
    if all_lanes(low):
        return _level_in(wanted, q, row, LOW_PIECE, LOW_CENTRE, LOW_REACH, table)
    level = _level_in(wanted, q, row, HIGH_PIECE, HIGH_CENTRE, HIGH_REACH, table)
    if any_lane(low):
        level = select(low, _level_in(wanted, q, row, LOW_PIECE, LOW_CENTRE, LOW_REACH, table), level)
    return level


if __name__ == "__main__":
    np.save(SHIPPED_TABLE, build_level_table())
