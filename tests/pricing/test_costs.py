"""Half-spreads against the widths observed in quant.md 2.8."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alvh.runtime.pricing.costs import (
    FEE_PER_FUTURE,
    FEE_PER_MINI_FUTURE,
    FEE_PER_OPTION,
    FUND_HALF_SPREAD,
    INDEX_HALF_SPREAD,
    crowd_factor,
    fund_option_half_spread,
    future_half_spread,
    spx_half_spread,
    vix_half_spread,
)

prices = st.floats(0.0, 500.0)
levels = st.floats(9.0, 150.0)


@pytest.mark.parametrize(
    ("price", "era", "low", "high"), [(0.9, 1.0, 0.10, 0.20), (10.0, 1.0, 0.3, 0.4), (4.0, 0.0, 1.5, 1.7), (14.0, 0.0, 2.5, 3.1)]
)
def test_observed_spx_widths(price, era, low, high):
    assert low <= 2.0 * spx_half_spread(price, era, 15.0) <= high


@given(prices, levels)
def test_widths_are_the_formulas(price, vix):
    stress = min(max(vix / 20.0, 1.0), 4.0)
    root = math.sqrt(price)
    assert math.isclose(spx_half_spread(price, 0.0, vix), 0.5 * (0.10 + 0.75 * root) * stress, rel_tol=1e-14)
    assert math.isclose(spx_half_spread(price, 1.0, vix), 0.5 * (0.05 + 0.10 * root) * stress, rel_tol=1e-14)
    assert math.isclose(vix_half_spread(price, vix), 0.5 * (0.05 + 0.08 * root) * stress, rel_tol=1e-14)


@given(prices, levels)
def test_between_the_eras_the_logarithm_is_linear(price, vix):
    early, middle, late = (spx_half_spread(price, era, vix) for era in (0.0, 0.5, 1.0))
    assert math.isclose(middle * middle, early * late, rel_tol=1e-13)


@given(prices, levels, st.floats(0.0, 50.0))
def test_widths_never_fall_with_price_or_stress(price, vix, more):
    assert spx_half_spread(price + more, 0.4, vix) >= spx_half_spread(price, 0.4, vix)
    assert vix_half_spread(price, vix + more) >= vix_half_spread(price, vix)


def test_stress_is_capped_and_unknown_stays_unknown():
    assert vix_half_spread(1.0, 80.0) == vix_half_spread(1.0, 160.0) == 4.0 * vix_half_spread(1.0, 12.0)
    assert math.isnan(vix_half_spread(1.0, math.nan))
    assert math.isnan(spx_half_spread(math.nan, 1.0, 15.0))


@pytest.mark.parametrize(("vix", "width"), [(12.0, 0.05), (20.0, 0.05), (40.0, 0.2), (60.0, 0.45), (80.0, 0.8), (150.0, 0.8)])
def test_widths_of_futures(vix, width):
    """quant.md 2.8: 0.05 to 0.10 in calm, 0.2 to 0.5 when the VIX is above 40."""
    assert math.isclose(2.0 * future_half_spread(vix), width, rel_tol=1e-14)


@given(st.floats(0.0, 40.0), st.floats(-14.0, 6.0).map(math.exp), levels)
def test_width_of_a_fund_option_is_a_vix_options_on_a_share_of_25_dollars(points, share, vix):
    """`points` is the price it would have on such a share: 0.05 + 0.08 sqrt p wide, and the fee of $1.20 on a hundred shares."""
    half = fund_option_half_spread(points * share / 25.0, share, vix)
    assert math.isclose(half * 25.0 / share, vix_half_spread(points, vix) + 0.012, rel_tol=1e-12)


def test_a_share_of_25_dollars_by_hand():
    # 0.05 + 0.08 * sqrt(2.25) is 0.17 wide, twice that at VIX 40; a share of 50 has all of it twice.
    assert math.isclose(fund_option_half_spread(2.25, 25.0, 15.0), 0.085 + 0.012, rel_tol=1e-14)
    assert math.isclose(fund_option_half_spread(4.50, 50.0, 40.0), 2.0 * (0.17 + 0.012), rel_tol=1e-14)
    assert math.isnan(fund_option_half_spread(1.0, 0.0, 20.0))


@pytest.mark.parametrize(
    ("vix", "before", "factor"),
    [
        (15.0, 15.0, 1.25),  # a = 0.25
        (20.0, 20.0, 1.25),
        (30.0, 30.0, 1.5),  # and b = 0.25 for each ten points above 20
        (60.0, 55.0, 2.25),
        (60.0, 45.0, 3.5),  # twice as much where the VIX moved by more than 20 %
        (15.0, 20.0, 1.5),  # down too
        (24.0, 20.0, 1.35),  # ln 1.2 is 18 %
        (25.0, 20.0, 1.75),
        (30.0, math.nan, 1.5),
    ],
)
def test_what_crowds_cost(vix, before, factor):
    """quant.md T18, by hand."""
    assert math.isclose(crowd_factor(vix, before), factor, rel_tol=1e-14)
    assert math.isnan(crowd_factor(math.nan, before))


def test_fees():
    assert FEE_PER_OPTION == 1.20
    assert INDEX_HALF_SPREAD == 0.00005
    assert (FEE_PER_FUTURE, FEE_PER_MINI_FUTURE, FUND_HALF_SPREAD) == (2.0, 1.0, 0.0005)
