"""VIX options: invariants 2 to 5, 7, 10, 11 and 13 of quant.md section 6."""

from __future__ import annotations

import itertools
import math

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from alvh.runtime.pricing.black import black_call
from alvh.runtime.pricing.vix_level import PROBABILITY, level_table, volatility_level
from alvh.runtime.pricing.vix_options import expiry_terms, option_delta, option_price, terms_at_level

TABLE = level_table()
futures = st.floats(math.log(9.5), math.log(90.0)).map(math.exp)
vvixes = st.floats(60.0, 200.0)
days_out = st.integers(1, 300).map(float)
ratios = st.floats(0.4, 4.0)
"""K / F."""


def reference_call(strike: float, future: float, vvix: float, rate: float, days: float) -> float:
    """quant.md 3.3, written out with the standard library, the level from the table."""
    years = days / 365.0
    floor = min(9.0, 0.80 * future)
    chance = 1.0 - math.exp(-1.0 * min(years, 0.75))
    spike = 1.0 + 1.9 * min(1.0, (14.0 / future) ** 1.5)
    forward = (future - floor) / (1.0 - chance + chance * spike)
    level = volatility_level(future, vvix, days, TABLE)

    def black(f: float, k: float, v: float) -> float:
        if v == 0.0:
            return max(f - k, 0.0)
        d1 = math.log(f / k) / v + v / 2.0
        return f * 0.5 * math.erfc(-d1 / math.sqrt(2.0)) - k * 0.5 * math.erfc((v - d1) / math.sqrt(2.0))

    if strike <= floor:
        return math.exp(-rate * years) * (future - strike)
    calm = black(forward, strike - floor, level * math.sqrt(years))
    spiked = black(forward * spike, strike - floor, math.sqrt(level * level * years + 0.25**2))
    return math.exp(-rate * years) * ((1.0 - chance) * calm + chance * spiked)


@given(futures, vvixes, st.floats(0.0, 0.08), days_out, ratios)
def test_the_price_is_the_reports_formula(future, vvix, rate, days, ratio):
    price = option_price(True, ratio * future, *expiry_terms(future, vvix, rate, days, TABLE))
    assert abs(price - reference_call(ratio * future, future, vvix, rate, days)) < 1e-11 * future


@given(futures, vvixes, st.floats(0.0, 0.08), days_out, ratios)
def test_parity_on_the_same_expiry_future(future, vvix, rate, days, ratio):
    terms = expiry_terms(future, vvix, rate, days, TABLE)
    strike = ratio * future
    difference = option_price(True, strike, *terms) - option_price(False, strike, *terms)
    assert abs(difference - math.exp(-rate * days / 365.0) * (future - strike)) < 1e-12 * future


@given(futures, vvixes, days_out, ratios, st.floats(0.05, 3.0))
def test_prices_fall_and_bend_as_they_must_in_the_strike(future, vvix, days, ratio, step):
    terms = expiry_terms(future, vvix, 0.03, days, TABLE)
    discount = terms[1]
    strikes = [ratio * future + place * step for place in range(3)]
    calls = [option_price(True, strike, *terms) for strike in strikes]
    puts = [option_price(False, strike, *terms) for strike in strikes]
    assert all(-discount - 1e-9 <= (b - a) / step <= 1e-9 for a, b in itertools.pairwise(calls))
    assert all(-1e-9 <= (b - a) / step <= discount + 1e-9 for a, b in itertools.pairwise(puts))
    assert calls[0] - 2.0 * calls[1] + calls[2] >= -1e-9
    assert max(0.0, discount * (future - strikes[0])) - 1e-12 <= calls[0] <= discount * future
    assert min(calls + puts) >= 0.0


@settings(max_examples=25)
@given(st.floats(11.0, 60.0), st.floats(70.0, 160.0), days_out)
def test_the_distribution_has_the_future_as_its_mean(future, vvix, days):
    """Invariant 7: the second derivative of the call is a density whose mean is F."""
    terms = expiry_terms(future, vvix, 0.0, days, TABLE)
    floor = terms[2]
    strikes = floor + np.concatenate(([-0.01, 0.0], np.exp(np.linspace(math.log(1e-4), math.log(5000.0), 1500))))
    prices = np.array([option_price(True, float(strike), *terms) for strike in strikes])
    slopes = np.diff(prices) / np.diff(strikes)
    # Each pair of slopes is the mass between the middles of two intervals.
    mass = np.diff(slopes)
    assert math.isclose(mass.sum(), 1.0, abs_tol=1e-3)
    assert math.isclose(float(mass @ strikes[1:-1]), future, rel_tol=2e-3)


@given(futures, vvixes, st.booleans(), ratios)
def test_at_expiry_an_option_is_worth_its_intrinsic_value(future, vvix, is_call, ratio):
    strike = ratio * future
    price = option_price(is_call, strike, *expiry_terms(future, vvix, 0.03, 0.0, TABLE))
    assert math.isclose(price, max(future - strike if is_call else strike - future, 0.0), abs_tol=1e-12 * future)


@given(futures, st.floats(0.1, 3.0), st.floats(0.001, 1.0), days_out, st.booleans(), ratios)
def test_prices_rise_with_the_level(future, level, more, days, is_call, ratio):
    probability = float(TABLE[int(days), PROBABILITY])
    low, high = (terms_at_level(future, s, 0.02, days, probability) for s in (level, level + more))
    assert option_price(is_call, ratio * future, *high) >= option_price(is_call, ratio * future, *low) - 1e-12


@given(futures, vvixes, days_out, ratios)
def test_vendor_delta_is_blacks_at_the_volatility_of_the_price(future, vvix, days, ratio):
    """By bisection for the volatility, and by finite differences of Black at it (invariant 13)."""
    terms = expiry_terms(future, vvix, 0.0, days, TABLE)
    strike = ratio * future
    time_value = option_price(ratio > 1.0, strike, *terms)
    assume(time_value > 1e-6)
    intrinsic = max(future - strike, 0.0)
    low, high = 1e-4, 6.0
    for _ in range(100):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if black_call(future, strike, middle) - intrinsic < time_value else (low, middle)
    step = 1e-4 * future
    slope = (black_call(future + step, strike, low) - black_call(future - step, strike, low)) / (2.0 * step)
    delta = option_delta(True, strike, *terms)
    assert math.isclose(delta, slope, rel_tol=1e-4, abs_tol=1e-5)
    assert math.isclose(option_delta(False, strike, *terms), 1.0 - delta, abs_tol=1e-12)


@given(futures, vvixes, days_out, st.floats(0.3, 5.0), st.floats(0.01, 0.5))
def test_delta_falls_with_a_calls_strike(future, vvix, days, ratio, more):
    terms = expiry_terms(future, vvix, 0.02, days, TABLE)
    near, far = (option_delta(True, (ratio + extra) * future, *terms) for extra in (0.0, more))
    assert 0.0 <= far <= near <= 1.0


def test_below_the_floor_nothing_is_uncertain():
    terms = expiry_terms(20.0, 95.0, 0.02, 60.0, TABLE)
    assert option_price(False, 9.0, *terms) == 0.0
    assert option_delta(True, 8.5, *terms) == 1.0
    assert option_delta(False, 8.5, *terms) == 0.0


def test_unknown_inputs_give_unknown_prices():
    for future, vvix, rate in ((math.nan, 90.0, 0.02), (20.0, math.nan, 0.02), (20.0, 90.0, math.nan)):
        assert math.isnan(option_price(True, 22.0, *expiry_terms(future, vvix, rate, 30.0, TABLE)))
    assert math.isnan(option_price(True, 22.0, *expiry_terms(20.0, 90.0, 0.02, 301.0, TABLE)))
    assert math.isnan(option_delta(True, 22.0, *expiry_terms(20.0, math.nan, 0.02, 30.0, TABLE)))
