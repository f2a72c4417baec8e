"""Half-spreads against the widths observed in quant.md 2.8."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alvh.runtime.pricing.costs import FEE_PER_OPTION, INDEX_HALF_SPREAD, spx_half_spread, vix_half_spread

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


def test_fees():
    assert FEE_PER_OPTION == 1.20
    assert INDEX_HALF_SPREAD == 0.00005
