"""The mathematics against 60-digit arithmetic, and its bits at every width."""

from __future__ import annotations

import math
from decimal import Decimal, getcontext

import numpy as np
import pytest
from numba import njit

import alvh.runtime.lane_types  # noqa: F401 - teaches Numba the lane functions
from alvh.runtime.lanes import Lanes, load, store
from alvh.runtime.mathematics import exp, log, mills_ratio, normal_cdf, normal_density, normal_quantile
from alvh.runtime.record import same_bits

getcontext().prec = 60
ROOT_OF_TWO_PI = (2 * Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640629")).sqrt()
RANDOM = np.random.default_rng(19871019)


def exact_density(x: float) -> Decimal:
    return (-(Decimal(x) * Decimal(x)) / 2).exp() / ROOT_OF_TWO_PI


def exact_cdf(x: float) -> Decimal:
    """By the series of odd powers near 0 and by Laplace's continued fraction in the tails."""
    y = abs(Decimal(x))
    if y < 4:
        term = total = y
        for odd in range(3, 400, 2):
            term = term * y * y / odd
            total += term
        upper = Decimal("0.5") - exact_density(x) * total
    else:
        fraction = y
        for place in range(400, 0, -1):
            fraction = y + place / fraction
        upper = exact_density(x) / fraction
    return 1 - upper if x > 0 else upper


def worst_ulps(function, exact, points) -> float:
    worst = 0.0
    for point in map(float, points):
        wanted = exact(point)
        worst = max(worst, float(abs(Decimal(function(point)) - wanted) / Decimal(math.ulp(float(wanted)))))
    return worst


def worst_relative(function, exact, points) -> float:
    return max(float(abs(Decimal(function(float(point))) / exact(float(point)) - 1)) for point in points)


def test_exp_is_within_an_ulp():
    points = np.concatenate((RANDOM.uniform(-708.0, 709.4, 1500), RANDOM.uniform(-2.0, 2.0, 1500)))
    assert worst_ulps(exp, lambda x: Decimal(x).exp(), points) < 1.0


def test_exp_saturates():
    assert exp(709.5) == math.inf
    assert exp(math.inf) == math.inf
    assert exp(-708.5) == 0.0
    assert exp(-math.inf) == 0.0
    assert exp(0.0) == 1.0


def test_log_is_within_an_ulp():
    points = np.concatenate((np.exp(RANDOM.uniform(-744.0, 709.0, 1500)), RANDOM.uniform(0.5, 2.0, 1500), [5e-324, 2.3e-308]))
    assert worst_ulps(log, lambda x: Decimal(x).ln(), points) < 1.0


def test_log_at_the_edges():
    assert log(1.0) == 0.0
    assert log(math.inf) == math.inf
    assert math.isnan(log(0.0))
    assert math.isnan(log(-1.0))


def test_normal_cdf_absolutely():
    points = RANDOM.uniform(-9.0, 9.0, 800)
    assert max(float(abs(Decimal(normal_cdf(float(x))) - exact_cdf(float(x)))) for x in points) < 6e-16


@pytest.mark.parametrize(("low", "high", "error"), [(-3.0, 0.0, 2e-15), (-8.0, -3.0, 4e-15), (-37.0, -8.0, 1e-13)])
def test_normal_cdf_keeps_its_digits_in_the_tail(low, high, error):
    assert worst_relative(normal_cdf, exact_cdf, RANDOM.uniform(low, high, 400)) < error


def test_normal_cdf_at_the_ends():
    assert normal_cdf(math.inf) == 1.0
    assert normal_cdf(-math.inf) == 0.0
    assert abs(normal_cdf(0.0) - 0.5) < 3e-16


def test_density_and_mills_ratio():
    points = RANDOM.uniform(0.0, 20.0, 300)
    assert worst_relative(normal_density, exact_density, points[points < 8.0]) < 1e-14
    assert worst_relative(mills_ratio, lambda x: exact_cdf(-x) / exact_density(x), points) < 3e-15


def test_normal_quantile():
    points = np.concatenate((RANDOM.uniform(0.0, 1.0, 400), 10.0 ** RANDOM.uniform(-300.0, -1.0, 200)))
    for point in map(float, points):
        x = normal_quantile(point)
        miss = (exact_cdf(x) - Decimal(point)) / exact_density(x)
        assert abs(miss) < Decimal("1e-15") * max(1, abs(Decimal(x))), point
    assert normal_quantile(0.5) == 0.0
    assert all(math.isnan(normal_quantile(p)) for p in (0.0, 1.0, -0.1, 1.1))


@pytest.mark.parametrize("function", [exp, log, normal_cdf, normal_density, normal_quantile])
def test_unknown_stays_unknown(function):
    assert math.isnan(function(math.nan))


@njit(error_model="numpy")
def evaluate(lanes, block):
    for row in range(0, len(block), 6):
        x = load(lanes, block, row)
        store(lanes, block, row + 1, exp(x))
        store(lanes, block, row + 2, log(x))
        store(lanes, block, row + 3, normal_cdf(x))
        store(lanes, block, row + 4, mills_ratio(x) + normal_density(x))
        store(lanes, block, row + 5, normal_quantile(x))


def test_same_bits_at_every_width_and_in_plain_python():
    values = np.zeros((600, 16))
    points = RANDOM.normal(size=(100, 16)) * 10.0 ** RANDOM.integers(-3, 3, (100, 16))
    points[:20] = RANDOM.random((20, 16))
    points[20, :9] = (math.nan, math.inf, -math.inf, 0.0, -0.0, 5e-324, 1e-310, 709.3, -707.9)
    values[0::6] = points
    results = []
    for width in (1, 4, 8, 16):
        result = np.empty_like(values)
        for start in range(0, 16, width):
            block = values[:, start : start + width].copy()
            evaluate(Lanes(width), block)
            result[:, start : start + width] = block
        results.append(result)
    for result in results[1:]:
        assert same_bits(result, results[0])
    for column in (0, 1, 2, 8):
        block = values[:, column : column + 1].copy()
        evaluate.py_func(Lanes(1), block)
        assert same_bits(block, results[0][:, column : column + 1])
