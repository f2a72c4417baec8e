"""Vega and theta of options on SPX, VIX and funds: QuantLib's and finite differences of the price, at the option's own volatility."""

from __future__ import annotations

import math

import numpy as np
import pytest
import QuantLib as ql  # noqa: N813  (its own convention)
from hypothesis import given
from hypothesis import strategies as st

from alvh.runtime.pricing import fund_options, spx_surface, vix_options
from alvh.runtime.pricing.black import black_call, black_put
from alvh.runtime.pricing.vix_level import level_table

TABLE = level_table()
rates = st.floats(0.0, 0.08)
days_out = st.integers(1, 300).map(float)
distances = st.floats(-2.5, 2.5)
"""ln(K / F) in total volatilities at the money."""


def check(
    is_call: bool, forward: float, strike: float, total_volatility: float, rate: float, days: float, vega: float, theta: float, close: float
) -> None:
    """`vega` for a point of volatility and `theta` for a day, against both judges; within `close` of QuantLib's."""
    years = days / 365.0
    sigma = total_volatility / math.sqrt(years)
    kind = ql.Option.Call if is_call else ql.Option.Put
    calculator = ql.BlackCalculator(ql.PlainVanillaPayoff(kind, strike), forward, total_volatility, math.exp(-rate * years))
    nothing = 1e-11 * forward
    assert math.isclose(vega, calculator.vega(years) / 100.0, rel_tol=close, abs_tol=nothing)
    # With spot at the forward QuantLib's carry is none: theta of a forward that stands still.
    assert math.isclose(theta, calculator.theta(forward, years) / 365.0, rel_tol=close, abs_tol=nothing)

    def price(volatility: float, term: float) -> float:
        black = black_call if is_call else black_put
        return math.exp(-rate * term) * black(forward, strike, volatility * math.sqrt(term))

    step = 1e-3 * sigma
    by_steps = (price(sigma + step, years) - price(sigma - step, years)) / (2.0 * step) / 100.0
    assert math.isclose(vega, by_steps, rel_tol=1e-4, abs_tol=nothing)
    step = 1e-3 * years
    by_steps = (price(sigma, years - step) - price(sigma, years + step)) / (2.0 * step) / 365.0
    # A deep put's decay and its interest can cancel; what is left of the two is compared with their size.
    size = rate * price(sigma, years) / 365.0
    assert math.isclose(theta, by_steps, rel_tol=1e-4, abs_tol=max(nothing, 1e-4 * size, 1e-4 * abs(vega * sigma * 100.0 / (2.0 * days))))


@given(st.booleans(), st.floats(9.0, 80.0), st.floats(0.8, 1.3), st.floats(110.0, 150.0), rates, days_out, distances)
def test_of_spx_options(is_call, vix, ratio, skew, rate, days, distance):
    w30 = (vix / 100.0) ** 2 * 30.0 / 365.0
    rho, eta, scale = (float(value) for value in spx_surface.smile_parameters(np.array(skew), np.array(w30)))
    nodes = [w30 * node / 30.0 * ratio for node in spx_surface.NODE_DAYS]
    forward, discount, theta, phi = spx_surface.expiry_terms(4000.0, rate, *nodes, scale, eta, days)
    strike = forward * math.exp(distance * math.sqrt(theta))
    volatility = math.sqrt(spx_surface.total_variance(math.log(strike / forward), theta, phi, rho))
    vega = spx_surface.option_vega(strike, forward, discount, theta, phi, rho, days)
    decay = spx_surface.option_theta(is_call, strike, forward, theta, phi, rho, rate, days)
    check(is_call, forward, strike, volatility, rate, days, vega, decay, close=1e-8)


def own_volatility(strike: float, terms: tuple[float, ...]) -> float:
    """Total volatility at which QuantLib's Black formula gives the model's price of the out-of-the-money option."""
    is_call = strike >= terms[0]
    kind = ql.Option.Call if is_call else ql.Option.Put
    price = vix_options.option_price(is_call, strike, *terms)
    return float(ql.blackFormulaImpliedStdDev(kind, strike, terms[0], price, terms[1], 0.0, 0.5, 1e-14, 1000))


@given(st.booleans(), st.floats(11.0, 80.0), st.floats(70.0, 180.0), rates, days_out, st.floats(0.75, 2.5))
def test_of_vix_options(is_call, future, vvix, rate, days, ratio):
    terms = vix_options.expiry_terms(future, vvix, rate, days, TABLE)
    strike = ratio * future
    if vix_options.option_price(strike >= future, strike, *terms) < 1e-7 * future:
        return  # nothing for QuantLib to find a volatility in
    vega = vix_options.option_vega(strike, days, *terms)
    theta = vix_options.option_theta(is_call, strike, rate, days, *terms)
    check(is_call, future, strike, own_volatility(strike, terms), rate, days, vega, theta, close=1e-6)


@given(
    st.booleans(),
    st.floats(-9.0, 5.0).map(math.exp),
    st.floats(60.0, 180.0),
    st.floats(11.0, 60.0),
    rates,
    st.integers(1, 730).map(float),
    st.sampled_from((1.0, 1.5, 2.0)),
    st.floats(0.6, 2.5),
)
def test_of_fund_options(is_call, share, vvix, vx30, rate, days, leverage, ratio):
    terms = fund_options.expiry_terms(share, vvix, vx30, rate, days, leverage)
    strike = ratio * terms[0]
    if vix_options.option_price(strike >= terms[0], strike, *terms) < 1e-7 * share:
        return
    vega = vix_options.option_vega(strike, days, *terms)
    theta = vix_options.option_theta(is_call, strike, rate, days, *terms)
    check(is_call, terms[0], strike, own_volatility(strike, terms), rate, days, vega, theta, close=1e-6)


@pytest.mark.parametrize("is_call", [True, False])
def test_nothing_is_left_at_expiry(is_call):
    for strike in (3900.0, 4000.0, 4100.0):
        terms = spx_surface.expiry_terms(4000.0, 0.03, 0.001, 0.003, 0.01, 0.02, 0.04, 1.4, 1.05, 0.0)
        forward, discount, theta, phi = terms
        assert spx_surface.option_vega(strike, forward, discount, theta, phi, -0.5, 0.0) == 0.0
        assert spx_surface.option_theta(is_call, strike, forward, theta, phi, -0.5, 0.03, 0.0) == 0.0
    for terms in (vix_options.expiry_terms(20.0, 95.0, 0.03, 0.0, TABLE), fund_options.expiry_terms(20.0, 95.0, 18.0, 0.03, 0.0, 1.5)):
        for strike in (15.0, 20.0, 25.0):
            assert vix_options.option_vega(strike, 0.0, *terms) == 0.0
            assert vix_options.option_theta(is_call, strike, 0.03, 0.0, *terms) == 0.0


def test_below_the_floor_of_the_vix_only_interest_accrues():
    terms = vix_options.expiry_terms(20.0, 95.0, 0.03, 60.0, TABLE)
    assert vix_options.option_vega(8.0, 60.0, *terms) == 0.0
    assert vix_options.option_theta(False, 8.0, 0.03, 60.0, *terms) == 0.0
    price = vix_options.option_price(True, 8.0, *terms)
    assert math.isclose(vix_options.option_theta(True, 8.0, 0.03, 60.0, *terms), 0.03 * price / 365.0, rel_tol=1e-12)
    a_day_later = vix_options.option_price(True, 8.0, *vix_options.expiry_terms(20.0, 95.0, 0.03, 59.0, TABLE))
    assert math.isclose(a_day_later - price, 0.03 * price / 365.0, rel_tol=1e-4)


@pytest.mark.parametrize("days", [0.0, 30.0])
def test_unknown_stays_unknown(days):
    nodes = (0.001, 0.003, 0.01, 0.02, 0.04, 1.4, 1.05)
    for spx, rate in ((math.nan, 0.03), (4000.0, math.nan)):
        forward, discount, theta, phi = spx_surface.expiry_terms(spx, rate, *nodes, days)
        assert math.isnan(spx_surface.option_vega(4000.0, forward, discount, theta, phi, -0.5, days))
        assert math.isnan(spx_surface.option_theta(True, 4000.0, forward, theta, phi, -0.5, rate, days))
    for rate, terms in (
        (0.03, vix_options.expiry_terms(math.nan, 95.0, 0.03, days, TABLE)),
        (math.nan, vix_options.expiry_terms(20.0, 95.0, math.nan, days, TABLE)),
        (0.03, fund_options.expiry_terms(20.0, math.nan, 18.0, 0.03, days, 1.0)),
    ):
        assert math.isnan(vix_options.option_vega(20.0, days, *terms))
        assert math.isnan(vix_options.option_theta(True, 20.0, rate, days, *terms))
