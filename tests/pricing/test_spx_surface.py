"""The SPX surface: invariants 1 to 6, 9 to 11 and 13 of quant.md section 6, and its nodes."""

from __future__ import annotations

import itertools
import math

import numpy as np
from attrs import frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from alvh.runtime.pricing import spx_surface
from alvh.runtime.pricing.black import black_vega
from alvh.runtime.pricing.spx_surface import (
    DIVIDEND_YIELD,
    expiry_terms,
    implied_volatility,
    option_delta,
    option_price,
    smile_parameters,
    surface_nodes,
    total_variance,
)

NOWHERE = np.array([np.nan])
SLOW = np.array([math.log(18.0)])


@frozen
class Surface:
    nodes: tuple[float, float, float, float, float]
    scale: float
    rho: float
    eta: float
    spx: float = 4000.0
    rate: float = 0.03

    def terms(self, days: float) -> tuple[float, float, float, float]:
        return expiry_terms(self.spx, self.rate, *self.nodes, self.scale, self.eta, days)

    def price(self, is_call: bool, strike: float, days: float) -> float:
        return option_price(is_call, strike, *self.terms(days), self.rho)


def surface_of(vix9d: float, vix: float, vix3m: float, vix6m: float, skew: float) -> Surface:
    nodes = surface_nodes(*(np.array([level]) for level in (vix9d, vix, vix3m, vix6m)), SLOW)
    rho, eta, scale = smile_parameters(np.array([skew]), nodes[1])
    return Surface(tuple(float(node[0]) for node in nodes), float(scale[0]), float(rho[0]), float(eta[0]))


@st.composite
def surfaces(draw, highest: float = 120.0) -> Surface:
    vix = draw(st.floats(9.0, highest))
    others = (draw(st.floats(0.7, 1.4)) * vix for _ in range(3))
    vix9d, vix3m, vix6m = others
    return surface_of(vix9d, vix, vix3m, vix6m, draw(st.floats(100.0, 160.0)))


days_out = st.integers(1, 1_120).map(float)
"""To the farthest LEAPS."""
moneyness = st.floats(-0.9, 0.6)
"""ln(K / F)."""


@given(surfaces(), days_out, moneyness)
def test_parity(surface, days, k):
    forward, discount, _, _ = surface.terms(days)
    strike = forward * math.exp(k)
    difference = surface.price(True, strike, days) - surface.price(False, strike, days)
    assert abs(difference - discount * (forward - strike)) < 1e-9 * surface.spx


@given(surfaces(), days_out, moneyness, st.floats(0.5, 100.0))
def test_prices_fall_and_bend_as_they_must_in_the_strike(surface, days, k, step):
    forward, discount, _, _ = surface.terms(days)
    strikes = [forward * math.exp(k) + place * step for place in (-1.0, 0.0, 1.0)]
    calls = [surface.price(True, strike, days) for strike in strikes]
    puts = [surface.price(False, strike, days) for strike in strikes]
    assert all(-discount - 1e-9 <= (b - a) / step <= 1e-9 for a, b in itertools.pairwise(calls))
    assert all(-1e-9 <= (b - a) / step <= discount + 1e-9 for a, b in itertools.pairwise(puts))
    assert calls[0] - 2.0 * calls[1] + calls[2] >= -1e-9
    assert max(0.0, discount * (forward - strikes[1])) - 1e-9 <= calls[1] <= discount * forward


@given(surfaces(), st.integers(1, 1_000), st.integers(1, 200), moneyness)
def test_no_calendar_arbitrage(surface, days, more, k):
    near, far = ((*surface.terms(float(until))[2:], surface.rho) for until in (days, days + more))
    assert total_variance(k, *far) >= total_variance(k, *near) - 1e-12


@given(surfaces(), days_out, moneyness)
def test_no_butterfly_arbitrage(surface, days, k):
    """Durrleman's g, with derivatives of SSVI by small steps."""
    theta, phi = surface.terms(days)[2:]
    step = 1e-4

    def w(at: float) -> float:
        return total_variance(at, theta, phi, surface.rho)

    here, first = w(k), (w(k + step) - w(k - step)) / (2.0 * step)
    second = (w(k + step) - 2.0 * w(k) + w(k - step)) / (step * step)
    g = (1.0 - k * first / (2.0 * here)) ** 2 - first * first / 4.0 * (1.0 / here + 0.25) + second / 2.0
    assert g > -1e-4


@settings(max_examples=40)
@given(surfaces(highest=50.0))
def test_the_surface_reprices_the_vix(surface):
    """The 30-day strip of options by the formula of the VIX, 2 / T of the integral of O(K) / K^2, within 1 % (quant.md 3.1)."""
    forward, discount, _, _ = surface.terms(30.0)
    spread = 12.0 * math.sqrt(surface.nodes[1])
    strikes = forward * np.exp(np.linspace(-spread, spread, 1201))
    values = [surface.price(strike >= forward, float(strike), 30.0) / discount for strike in strikes]
    variance = 2.0 * 365.0 / 30.0 * np.trapezoid(np.array(values) / strikes**2, strikes)
    assert math.isclose(math.sqrt(variance), math.sqrt(surface.nodes[1] * 365.0 / 30.0), rel_tol=0.01)


@given(surfaces(), st.booleans(), st.floats(2000.0, 6000.0))
def test_at_expiry_an_option_is_worth_its_intrinsic_value(surface, is_call, strike):
    intrinsic = max(surface.spx - strike if is_call else strike - surface.spx, 0.0)
    assert surface.price(is_call, strike, 0.0) == intrinsic
    assert option_delta(is_call, strike, surface.spx, 0.0, 0.0, surface.rho) == (1.0 if intrinsic > 0.0 else 0.0) or strike == surface.spx


@given(surfaces(), days_out, st.floats(-0.3, 0.3), st.floats(1.0, 1.5))
def test_prices_rise_with_variance_out_of_the_money(surface, days, k, more):
    forward, discount, theta, phi = surface.terms(days)
    # phi moves with theta, as in a surface with more variance (invariant 11).
    more_theta = theta * more
    more_phi = surface.eta / math.sqrt(more_theta * (1.0 + more_theta))
    strike = forward * math.exp(k)
    near = option_price(k > 0.0, strike, forward, discount, theta, phi, surface.rho)
    assert option_price(k > 0.0, strike, forward, discount, more_theta, more_phi, surface.rho) >= near - 1e-9


@given(surfaces(), st.integers(10, 300).map(float), st.floats(-0.2, 0.15), st.booleans())
def test_delta_is_the_slope_at_the_options_own_volatility(surface, days, k, is_call):
    forward, _, theta, phi = surface.terms(days)
    strike = forward * math.exp(k)
    volatility = math.sqrt(total_variance(k, theta, phi, surface.rho))

    def black(level: float) -> float:
        # SSVI with rho = phi = 0 is a flat smile: Black at one volatility.
        return option_price(is_call, strike, level, 1.0, volatility * volatility, 0.0, 0.0)

    step = 1e-4 * forward * volatility
    slope = abs(black(forward + step) - black(forward - step)) / (2.0 * step)
    assert math.isclose(slope, option_delta(is_call, strike, forward, theta, phi, surface.rho), rel_tol=1e-4, abs_tol=1e-8)
    assert black_vega(forward, strike, days / 365.0, volatility) >= 0.0


def test_the_forward_carries_rate_less_dividends():
    surface = surface_of(14.0, 15.0, 17.0, 18.0, 122.0)
    forward, discount, _, _ = surface.terms(365.0)
    assert math.isclose(forward, surface.spx * math.exp(surface.rate - DIVIDEND_YIELD), rel_tol=1e-15)
    assert math.isclose(discount, math.exp(-surface.rate), rel_tol=1e-15)


def test_missing_nodes_come_from_their_regressions():
    """quant.md 3.1, written out, after months in which the VIX stood at 25."""
    slow = np.log([25.0])
    known = surface_nodes(*(np.array([level]) for level in (15.0, 16.0, 18.0, 19.0)), slow)
    vix = np.array([16.0])
    filled = surface_nodes(NOWHERE, vix, NOWHERE, NOWHERE, slow)
    months = math.log(25.0 / 18.0)
    vix3m = 16.0 * math.exp(0.1106 - 0.2986 * math.log(16.0 / 25.0) - 0.0547 * months)
    vix9d = 16.0 * math.exp(0.041 - 0.87 * math.log(vix3m / 16.0) - 0.023 * months)
    vix6m = vix3m * math.exp(0.0207 + 0.5075 * math.log(vix3m / 16.0) - 0.0308 * months)
    for node, level, days in zip(filled, (vix9d, 16.0, vix3m, vix6m), spx_surface.NODE_DAYS, strict=False):
        assert math.isclose(node[0], (level / 100.0) ** 2 * days / 365.0, rel_tol=1e-12)
    assert known[1][0] == filled[1][0]
    assert np.isnan(surface_nodes(NOWHERE, NOWHERE, NOWHERE, NOWHERE, SLOW)[4]).all()


@given(surfaces())
def test_variance_is_straight_between_the_nodes(surface):
    """quant.md 3.1: linear in time; before the first node proportional to it, beyond the last on in a straight line."""
    knots, variances = (0.0, *spx_surface.NODE_DAYS), (0.0, *surface.nodes)
    for days in (0.0, 4.0, 9.0, 17.0, 30.0, 61.0, 93.0, 140.0, 184.0, 270.0, 365.0):
        straight = float(np.interp(days, knots, variances))
        assert math.isclose(spx_surface.variance_to(*surface.nodes, days), straight, rel_tol=1e-13)
    beyond = surface.nodes[4] + (surface.nodes[4] - surface.nodes[3]) * (100.0 / 181.0)
    assert math.isclose(spx_surface.variance_to(*surface.nodes, 465.0), beyond, rel_tol=1e-13)
    # The year goes on with the forward variance of 93 to 184 days.
    assert math.isclose((surface.nodes[4] - surface.nodes[3]) / 181.0, (surface.nodes[3] - surface.nodes[2]) / 91.0, abs_tol=1e-15)


def test_variance_never_falls_with_the_term():
    steep = surface_nodes(*(np.array([level]) for level in (150.0, 80.0, 40.0, 25.0)), SLOW)
    assert all(a[0] <= b[0] for a, b in itertools.pairwise(steep))


@given(st.floats(90.0, 180.0), st.floats(0.0005, 0.08))
def test_the_smile_is_the_reports(skew, w30):
    """quant.md 3.1, written out; at the SKEW of 122 that stands for a missing one, rho -0.554 and eta 1.058."""
    rho, eta, scale = (float(value[0]) for value in smile_parameters(np.array([skew]), np.array([w30])))
    assert math.isclose(rho, -min(max(0.53 + 0.012 * (skew - 120.0), 0.40), 0.75), rel_tol=1e-14)
    assert math.isclose(eta, min(max(1.05 + 0.004 * (skew - 120.0), 0.90), 1.95 / (1.0 - rho)), rel_tol=1e-14)
    shape = 1.0 + 0.2585 * eta**2 + 0.284 * (rho * eta) ** 2
    assert math.isclose(scale, shape * (1.0 + 1.9 * w30 / shape), rel_tol=1e-14)
    at_122 = smile_parameters(np.array([122.0]), np.array([w30]))
    assert np.allclose(at_122[:2], [[-0.554], [1.058]], rtol=1e-12)


def test_the_smile_stays_inside_the_butterfly_bound():
    rho, eta, _ = smile_parameters(np.linspace(90.0, 180.0, 400), np.full(400, 0.003))
    assert (eta * (1.0 + np.abs(rho)) <= 1.95 + 1e-12).all()
    missing, known = (smile_parameters(np.array([skew]), np.array([0.003])) for skew in (np.nan, 122.0))
    assert all(a == b for a, b in zip(missing, known, strict=True))


def test_sanity_quotes_of_the_report():
    """quant.md 3.1: at VIX 14.1 the 0.16-delta strikes 45 days out stood near 2795 and 3080 with SPX at 2964."""
    surface = surface_of(13.0, 14.1, 16.0, 17.0, 122.0)
    forward, _, theta, phi = expiry_terms(2964.0, 0.023, *surface.nodes, surface.scale, surface.eta, 45.0)
    assert abs(option_delta(False, 2795.0, forward, theta, phi, surface.rho) - 0.16) < 0.03
    assert abs(option_delta(True, 3080.0, forward, theta, phi, surface.rho) - 0.16) < 0.03
    assert 0.10 < implied_volatility(forward, forward, theta, phi, surface.rho, 45.0) < 0.15
