"""Options on VXX and UVXY: invariants 2 to 5, 7, 10 and 11 of quant.md section 6, and that their variance is VVIX's."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alvh.runtime.pricing.black import black_call
from alvh.runtime.pricing.fund_options import expiry_terms
from alvh.runtime.pricing.vix_options import option_delta, option_price, own_volatility

shares = st.floats(-14.0, 6.0).map(math.exp)
"""UVXY's replica goes below a millionth of where it starts."""
vvixes = st.floats(45.0, 220.0)
futures = st.floats(9.5, 90.0)
rates = st.floats(0.0, 0.08)
days_out = st.integers(1, 760).map(float)
leverages = st.sampled_from((1.0, 1.5, 2.0))
ratios = st.floats(0.3, 5.0)
"""K / F."""


def reference_call(strike: float, share: float, vvix: float, vx30: float, rate: float, days: float, leverage: float) -> float:
    """The model as its file states it, with the standard library."""
    years = days / 365.0
    variance = (leverage * 0.85 * vvix / 100.0) ** 2 * years
    chance = 1.0 - math.exp(-min(years, 0.75))
    jump = math.log(1.0 + leverage * 0.5 * 1.9 * min(1.0, (14.0 / vx30) ** 1.5))
    jump = min(jump, math.sqrt(variance / (2.0 * chance * (1.0 - chance))))
    forward = share * math.exp(rate * years)
    calm = forward / (1.0 - chance + chance * math.exp(jump))
    more = min((leverage * 0.25) ** 2 * min(12.0 * years, 1.0), variance / 2.0)
    # The log contract of both states together is the variance.
    of_jump = 2.0 * ((1.0 - chance) * math.log(forward / calm) + chance * math.log(forward / (calm * math.exp(jump))))
    left = variance - of_jump - chance * more
    value = (1.0 - chance) * black_call(calm, strike, math.sqrt(left))
    value += chance * black_call(calm * math.exp(jump), strike, math.sqrt(left + more))
    return math.exp(-rate * years) * value


@given(shares, vvixes, futures, rates, days_out, leverages, ratios)
def test_the_price_is_the_models(share, vvix, vx30, rate, days, leverage, ratio):
    terms = expiry_terms(share, vvix, vx30, rate, days, leverage)
    strike = ratio * share
    assert math.isclose(
        option_price(True, strike, *terms), reference_call(strike, share, vvix, vx30, rate, days, leverage), abs_tol=1e-10 * share
    )


@given(shares, vvixes, futures, rates, days_out, leverages, ratios)
def test_parity_on_the_share(share, vvix, vx30, rate, days, leverage, ratio):
    """The share pays nothing, so a call less a put is the share less the strike's present value."""
    terms = expiry_terms(share, vvix, vx30, rate, days, leverage)
    strike = ratio * share
    difference = option_price(True, strike, *terms) - option_price(False, strike, *terms)
    assert math.isclose(difference, share - math.exp(-rate * days / 365.0) * strike, abs_tol=1e-12 * (share + strike))


@given(st.floats(0.01, 100.0), vvixes, futures, days_out, leverages, ratios, st.floats(0.005, 0.2))
def test_prices_fall_and_bend_as_they_must_in_the_strike(share, vvix, vx30, days, leverage, ratio, step):
    terms = expiry_terms(share, vvix, vx30, 0.03, days, leverage)
    discount = terms[1]
    width = step * share
    strikes = [ratio * share + place * width for place in range(3)]
    calls = [option_price(True, strike, *terms) for strike in strikes]
    puts = [option_price(False, strike, *terms) for strike in strikes]
    assert all(-discount - 1e-9 <= (b - a) / width <= 1e-9 for a, b in itertools.pairwise(calls))
    assert all(-1e-9 <= (b - a) / width <= discount + 1e-9 for a, b in itertools.pairwise(puts))
    assert calls[0] - 2.0 * calls[1] + calls[2] >= -1e-11 * share
    assert max(0.0, share - discount * strikes[0]) - 1e-12 * share <= calls[0] <= share * (1.0 + 1e-12)
    assert min(calls + puts) >= 0.0


@settings(max_examples=25)
@given(vvixes, futures, days_out, leverages)
def test_the_states_have_the_forward_as_their_mean_and_vvix_as_their_variance(vvix, vx30, days, leverage):
    forward, _, floor, calm, spike, log_calm, log_spike, chance, calm_volatility, spike_volatility = expiry_terms(
        20.0, vvix, vx30, 0.0, days, leverage
    )
    assert floor == 0.0
    assert math.isclose((1.0 - chance) * calm + chance * spike, forward, rel_tol=1e-13)
    wanted = (leverage * 0.85 * vvix / 100.0) ** 2 * days / 365.0
    drift = 2.0 * ((1.0 - chance) * (math.log(forward) - log_calm) + chance * (math.log(forward) - log_spike))
    inside = (1.0 - chance) * calm_volatility**2 + chance * spike_volatility**2
    assert math.isclose(drift + inside, wanted, rel_tol=1e-9)
    # The calm state keeps a good part of it, so that no option hangs on a single price.
    assert calm_volatility**2 > 0.2 * wanted


@settings(max_examples=20)
@given(st.floats(60.0, 160.0), st.floats(11.0, 50.0), st.integers(5, 300).map(float), leverages)
def test_the_distribution_has_the_forward_as_its_mean(vvix, vx30, days, leverage):
    """Invariant 7: the second derivative of the call is a density whose mean is the forward."""
    terms = expiry_terms(20.0, vvix, vx30, 0.0, days, leverage)
    strikes = 20.0 * np.exp(np.linspace(-9.0, 9.0, 4001))
    prices = np.array([option_price(True, float(strike), *terms) for strike in strikes])
    mass = np.diff(np.diff(prices) / np.diff(strikes))
    assert math.isclose(mass.sum(), 1.0, abs_tol=2e-3)
    assert math.isclose(float(mass @ strikes[1:-1]), 20.0, rel_tol=2e-3)


@given(shares, vvixes, futures, st.booleans(), leverages, ratios)
def test_at_expiry_an_option_is_worth_its_intrinsic_value(share, vvix, vx30, is_call, leverage, ratio):
    strike = ratio * share
    terms = expiry_terms(share, vvix, vx30, 0.03, 0.0, leverage)
    assert terms[:3] == (share, 1.0, 0.0)
    price = option_price(is_call, strike, *terms)
    assert math.isclose(price, max(share - strike if is_call else strike - share, 0.0), abs_tol=1e-12 * share)


@given(vvixes, futures, days_out, st.booleans(), leverages, ratios, st.floats(1.0, 40.0))
def test_prices_rise_with_vvix_near_the_money_and_scale_with_the_share(vvix, vx30, days, is_call, leverage, ratio, more):
    terms = expiry_terms(20.0, vvix, vx30, 0.03, days, leverage)
    at_the_money = [option_price(is_call, 20.0, *expiry_terms(20.0, level, vx30, 0.03, days, leverage)) for level in (vvix, vvix + more)]
    assert at_the_money[1] >= at_the_money[0] - 1e-12
    price = option_price(is_call, 20.0 * ratio, *terms)
    small = option_price(is_call, 20e-6 * ratio, *expiry_terms(20e-6, vvix, vx30, 0.03, days, leverage))
    assert math.isclose(small, 1e-6 * price, rel_tol=1e-9, abs_tol=1e-17)


@pytest.mark.parametrize("leverage", [1.0, 1.5])
def test_the_smile_looks_like_a_volatility_funds(leverage):
    """At the money 0.85 to 1 of what VVIX says, calls above it dearer in volatility (quant.md 2.7: the VIX's shape)."""
    for vx30, vvix in ((12.0, 80.0), (16.0, 90.0), (25.0, 110.0), (45.0, 140.0)):
        terms = expiry_terms(20.0, vvix, vx30, 0.0, 30.0, leverage)
        at_the_money, above = (own_volatility(20.0 * ratio, math.log(ratio), terms) for ratio in (1.0, 1.5))
        assert 0.88 < at_the_money / (leverage * 0.85 * vvix / 100.0 * math.sqrt(30.0 / 365.0)) < 1.0
        assert 1.0 < above / at_the_money < 1.8


@given(shares, vvixes, futures, days_out, leverages, ratios, st.floats(0.01, 0.5))
def test_delta_falls_with_a_calls_strike(share, vvix, vx30, days, leverage, ratio, more):
    terms = expiry_terms(share, vvix, vx30, 0.02, days, leverage)
    near, far = (option_delta(True, (ratio + extra) * share, *terms) for extra in (0.0, more))
    assert 0.0 <= far <= near <= 1.0
    assert math.isclose(option_delta(False, ratio * share, *terms), 1.0 - near, abs_tol=1e-12)


@pytest.mark.parametrize("days", [0.0, 30.0, 400.0])
@pytest.mark.parametrize("place", range(5))
def test_unknown_in_unknown_out(days, place):
    """Which a minimum would swallow: the known one of two is the smaller."""
    arguments = [20.0, 90.0, 18.0, 0.02, 1.5]
    arguments[place] = math.nan
    share, vvix, vx30, rate, leverage = arguments
    terms = expiry_terms(share, vvix, vx30, rate, days, leverage)
    assert math.isnan(option_price(True, 20.0, *terms))
    assert math.isnan(option_price(False, 30.0, *terms))
    assert math.isnan(option_delta(True, 20.0, *terms))
    assert math.isnan(terms[0])
