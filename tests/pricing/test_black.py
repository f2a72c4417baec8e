"""Black's formula against QuantLib, its greeks against finite differences, its implied volatility against itself."""

from __future__ import annotations

import math

import pytest
import QuantLib as ql  # noqa: N813  (its own convention)
from hypothesis import assume, example, given
from hypothesis import strategies as st

from alvh.runtime.pricing.black import (
    black_call,
    black_delta,
    black_gamma,
    black_implied_volatility,
    black_out_of_the_money,
    black_put,
    black_theta,
    black_vega,
)

forwards = st.floats(5.0, 8000.0)
distances = st.floats(-4.0, 4.0)
"""ln(K / F) in total volatilities."""
volatilities = st.floats(0.005, 1.5)
years = st.floats(1.0 / 365.0, 3.0)
rates = st.floats(0.0, 0.1)


def quantlib(is_call: bool, forward: float, strike: float, volatility: float, discount: float) -> ql.BlackCalculator:
    kind = ql.Option.Call if is_call else ql.Option.Put
    return ql.BlackCalculator(ql.PlainVanillaPayoff(kind, strike), forward, volatility, discount)


@given(st.booleans(), forwards, distances, volatilities)
@example(True, 100.0, 0.0, 1e-3)
def test_values_against_quantlib(is_call, forward, distance, volatility):
    strike = forward * math.exp(distance * volatility)
    price = black_call if is_call else black_put
    wanted = quantlib(is_call, forward, strike, volatility, 1.0).value()
    assert abs(price(forward, strike, volatility) - wanted) < 1e-10 * forward


@given(st.booleans(), forwards, distances, volatilities, years, rates)
def test_greeks_against_quantlib(is_call, forward, distance, volatility, term, rate):
    strike = forward * math.exp(distance * volatility)
    calculator = quantlib(is_call, forward, strike, volatility, 1.0)
    sign = 1.0 if is_call else -1.0
    assert abs(sign * black_delta(is_call, forward, strike, volatility) - calculator.deltaForward()) < 1e-8
    assert abs(black_gamma(forward, strike, volatility) - calculator.gammaForward()) * forward * volatility < 1e-8
    assert abs(black_vega(forward, strike, term, volatility) - calculator.vega(term)) < 1e-8 * forward


@given(st.booleans(), st.floats(50.0, 150.0), st.floats(50.0, 150.0), st.floats(0.08, 0.6), st.integers(5, 700), rates)
def test_black_scholes_with_dividends_against_quantlib(is_call, spot, strike, sigma, days, rate):
    """Black-Scholes-Merton is Black on the forward, discounted; theta by QuantLib with the forward standing still."""
    dividend = 0.018
    today = ql.Date(15, 9, 2008)
    ql.Settings.instance().evaluationDate = today
    counter = ql.Actual365Fixed()
    process = ql.BlackScholesMertonProcess(
        ql.QuoteHandle(ql.SimpleQuote(spot)),
        ql.YieldTermStructureHandle(ql.FlatForward(today, dividend, counter)),
        ql.YieldTermStructureHandle(ql.FlatForward(today, rate, counter)),
        ql.BlackVolTermStructureHandle(ql.BlackConstantVol(today, ql.NullCalendar(), sigma, counter)),
    )
    payoff = ql.PlainVanillaPayoff(ql.Option.Call if is_call else ql.Option.Put, strike)
    option = ql.VanillaOption(payoff, ql.EuropeanExercise(today + days))
    option.setPricingEngine(ql.AnalyticEuropeanEngine(process))
    term = days / 365.0
    discount, forward = math.exp(-rate * term), spot * math.exp((rate - dividend) * term)
    volatility = sigma * math.sqrt(term)
    price = discount * (black_call if is_call else black_put)(forward, strike, volatility)
    assert abs(price - option.NPV()) < 1e-10 * forward
    sign = 1.0 if is_call else -1.0
    delta = sign * black_delta(is_call, forward, strike, volatility) * math.exp(-dividend * term)
    assert abs(delta - option.delta()) < 1e-8
    # A forward that stands still means a spot that drifts: theta on the forward is QuantLib's plus the drift's share.
    theta = black_theta(forward, strike, term, volatility, rate, is_call)
    assert abs(theta - (option.theta() + (rate - dividend) * spot * option.delta())) < 1e-8 * max(spot, abs(theta))


@given(st.booleans(), st.floats(20.0, 40.0), st.floats(-1.5, 1.5), st.floats(0.1, 0.8), st.floats(0.05, 2.0))
def test_greeks_are_finite_differences(is_call, forward, distance, volatility, term):
    strike = forward * math.exp(distance * volatility)
    price = black_call if is_call else black_put
    step = 1e-4 * forward * volatility
    up, here, down = (price(forward + move, strike, volatility) for move in (step, 0.0, -step))
    sign = 1.0 if is_call else -1.0
    assert math.isclose((up - down) / (2.0 * step), sign * black_delta(is_call, forward, strike, volatility), rel_tol=1e-4, abs_tol=1e-9)
    wide = 100.0 * step
    up, here, down = (price(forward + move, strike, volatility) for move in (wide, 0.0, -wide))
    assert math.isclose((up - 2.0 * here + down) / (wide * wide), black_gamma(forward, strike, volatility), rel_tol=1e-3, abs_tol=1e-6)
    root = math.sqrt(term)
    rise = (price(forward, strike, volatility + 1e-5 * root) - price(forward, strike, volatility - 1e-5 * root)) / 2e-5
    assert math.isclose(rise, black_vega(forward, strike, term, volatility), rel_tol=1e-4)


@given(forwards, st.floats(0.0, 12.0), st.floats(1e-3, 1.8))
def test_implied_volatility_comes_back(forward, distance, volatility):
    higher = forward * math.exp(distance * volatility)
    ratio = math.log(forward / higher)
    value = black_out_of_the_money(forward, higher, ratio, volatility)
    assume(value > 1e-250)
    assert math.isclose(black_implied_volatility(forward, higher, ratio, value), volatility, rel_tol=3e-10)


def test_at_the_edges():
    assert black_call(100.0, 90.0, 0.0) == 10.0
    assert black_put(100.0, 90.0, 0.0) == 0.0
    assert black_call(100.0, 100.0, 0.0) == 0.0
    assert black_call(100.0, -1.0, 0.3) == 101.0
    assert black_put(100.0, 0.0, 0.3) == 0.0
    assert black_delta(True, 100.0, 90.0, 0.0) == 1.0
    assert black_delta(False, 100.0, 90.0, 0.0) == 0.0
    assert black_implied_volatility(10.0, 12.0, math.log(10.0 / 12.0), 0.0) == 0.0
    assert math.isnan(black_implied_volatility(10.0, 12.0, math.log(10.0 / 12.0), 10.0))


@pytest.mark.parametrize("place", [0, 1, 2])
def test_unknown_stays_unknown(place):
    arguments = [100.0, 90.0, 0.2]
    arguments[place] = math.nan
    assert math.isnan(black_call(*arguments))
    assert math.isnan(black_put(*arguments))
    assert math.isnan(black_delta(True, *arguments))
