"""The listed grids, and that no listed strike has a delta nearer the target than the one chosen."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from alvh.runtime.pricing import fund_options
from alvh.runtime.pricing.spx_surface import option_delta as spx_delta
from alvh.runtime.pricing.strikes import (
    HIGHEST_VIX_RANK,
    LOWEST_VIX_RANK,
    fund_strike_and_delta,
    fund_strike_of_rank,
    nearest_fund_strike,
    nearest_spx_strike,
    nearest_vix_strike,
    spx_strike_and_delta,
    vix_rank_of_strike,
    vix_strike_and_delta,
    vix_strike_of_rank,
)
from alvh.runtime.pricing.vix_level import level_table
from alvh.runtime.pricing.vix_options import expiry_terms
from alvh.runtime.pricing.vix_options import option_delta as vix_delta

TABLE = level_table()
RANKS = [float(rank) for rank in range(int(LOWEST_VIX_RANK), int(HIGHEST_VIX_RANK) + 1)]
targets = st.one_of(st.floats(0.01, 0.99), st.floats(0.001, 0.1))


def test_the_vix_grid():
    strikes = [vix_strike_of_rank(rank) for rank in RANKS]
    assert strikes[:3] == [1.0, 1.5, 2.0]
    # As quoted on 2016-06-01 to seven weeks.
    quoted = [10.0, 10.5, 14.5, 15.0, 16.0, 17.0, 29.0, 30.0, 32.5, 47.5, 50.0, 55.0, 60.0, 65.0, 70.0, 75.0, 80.0]
    assert set(quoted) <= set(strikes)
    assert [strike for strike in strikes if 27.0 < strike < 60.0] == [
        28.0,
        29.0,
        30.0,
        32.5,
        35.0,
        37.5,
        40.0,
        42.5,
        45.0,
        47.5,
        50.0,
        55.0,
    ]
    assert strikes[-1] == 435.0
    assert [vix_rank_of_strike(strike) for strike in strikes] == RANKS


@given(st.floats(0.0, 600.0))
@example(15.5)
@example(52.5)
@example(31.25)
def test_the_nearest_vix_strike_is_nearest(level):
    chosen = nearest_vix_strike(level)
    distances = {vix_strike_of_rank(rank): abs(vix_strike_of_rank(rank) - level) for rank in RANKS}
    assert distances[chosen] <= min(distances.values()) + 1e-9
    equally_near = [strike for strike, distance in distances.items() if distance == min(distances.values())]
    if len(equally_near) == 2 and level > 1.0:
        assert chosen == max(equally_near)


@given(st.floats(0.0, 20000.0))
@example(2502.5)
def test_the_nearest_spx_strike_is_nearest(level):
    chosen = nearest_spx_strike(level)
    assert chosen % 5.0 == 0.0
    assert chosen >= 5.0
    assert abs(chosen - level) <= 2.5 or (chosen == 5.0 and level < 2.5)
    assert nearest_spx_strike(2502.5) == 2505.0


@given(
    st.booleans(),
    targets,
    st.floats(math.log(200.0), math.log(12000.0)).map(math.exp),
    st.floats(0.05, 1.2),
    st.integers(1, 1_120),
    st.floats(-0.75, -0.40),
    st.floats(0.9, 1.1),
)
def test_no_spx_strike_is_nearer_in_delta(is_call, target, forward, volatility, days, rho, eta):
    theta = volatility * volatility * days / 365.0
    phi = eta / math.sqrt(theta * (1.0 + theta))
    chosen, delta = spx_strike_and_delta(is_call, target, forward, 0.99, theta, phi, rho)

    def miss(strike: float) -> float:
        return abs(spx_delta(is_call, strike, forward, theta, phi, rho) - target)

    near = [chosen + 5.0 * place for place in range(-10, 11) if chosen + 5.0 * place > 0.0]
    # Far away too: where deltas are all but 0 or 1, no neighbour tells.
    far = [nearest_spx_strike(forward * math.exp(0.25 * place * math.sqrt(theta))) for place in range(-12, 13)]
    assert miss(chosen) <= min(map(miss, near + far)) + 1e-15
    assert chosen % 5.0 == 0.0
    assert delta == spx_delta(is_call, chosen, forward, theta, phi, rho)


@given(
    st.booleans(),
    targets,
    st.floats(math.log(9.5), math.log(90.0)).map(math.exp),
    st.floats(60.0, 200.0),
    st.integers(1, 300).map(float),
)
@example(True, 0.5, 14.0, 92.0, 30.0)
def test_no_vix_strike_is_nearer_in_delta(is_call, target, future, vvix, days):
    terms = expiry_terms(future, vvix, 0.02, days, TABLE)
    chosen, delta = vix_strike_and_delta(is_call, target, *terms)

    def miss(strike: float) -> float:
        return abs(vix_delta(is_call, strike, *terms) - target)

    assert miss(chosen) <= min(miss(vix_strike_of_rank(rank)) for rank in RANKS) + 1e-15
    assert vix_rank_of_strike(chosen) in RANKS
    assert delta == vix_delta(is_call, chosen, *terms)


@given(st.floats(-20.0, 8.0).map(math.exp))
def test_the_nearest_fund_strike_is_nearest_in_ratio(level):
    chosen = nearest_fund_strike(level)
    assert abs(math.log(chosen / level)) <= 0.01 + 1e-12
    assert math.isclose(math.log(chosen) / 0.02, round(math.log(chosen) / 0.02), abs_tol=1e-9)
    assert nearest_fund_strike(chosen) == chosen


@given(
    st.booleans(),
    targets,
    st.floats(-14.0, 6.0).map(math.exp),
    st.floats(50.0, 200.0),
    st.floats(10.0, 80.0),
    st.integers(1, 760).map(float),
    st.sampled_from((1.0, 1.5, 2.0)),
)
@example(True, 0.01, 20.0, 100.0, 20.0, 730.0, 2.0)
@example(False, 0.01, 20.0, 200.0, 20.0, 730.0, 2.0)
def test_no_fund_strike_is_nearer_in_delta(is_call, target, share, vvix, vx30, days, leverage):
    terms = fund_options.expiry_terms(share, vvix, vx30, 0.02, days, leverage)
    chosen, delta = fund_strike_and_delta(is_call, target, *terms)

    def miss(strike: float) -> float:
        return abs(vix_delta(is_call, strike, *terms) - target)

    # The whole grid within e^5 of the share, further than any delta of these targets lies.
    middle = round(math.log(share) / 0.02)
    grid = [fund_strike_of_rank(float(middle + place)) for place in range(-250, 251)]
    assert miss(chosen) <= min(map(miss, grid)) + 1e-15
    assert nearest_fund_strike(chosen) == chosen
    assert delta == vix_delta(is_call, chosen, *terms)


def test_equally_near_deltas_go_further_out_of_the_money():
    """Almost without volatility the deltas of the two neighbours are 1 and 0, both half away from the target."""
    flat = (102.5, 1.0, 1e-12, 0.0, 0.0)
    assert [spx_strike_and_delta(is_call, 0.5, *flat)[0] for is_call in (True, False)] == [105.0, 100.0]


@pytest.mark.parametrize("place", range(5))
def test_unknown_terms_give_an_unknown_spx_strike(place):
    arguments = [0.16, 4000.0, 0.01, 5.0, -0.5]
    arguments[place] = math.nan
    target, forward, theta, phi, rho = arguments
    assert math.isnan(spx_strike_and_delta(True, target, forward, 0.99, theta, phi, rho)[0])


def test_unknown_terms_give_an_unknown_vix_strike():
    for future, vvix in ((math.nan, 90.0), (20.0, math.nan)):
        assert math.isnan(vix_strike_and_delta(True, 0.3, *expiry_terms(future, vvix, 0.02, 30.0, TABLE))[0])
    assert math.isnan(vix_strike_and_delta(True, math.nan, *expiry_terms(20.0, 90.0, 0.02, 30.0, TABLE))[0])
    assert math.isnan(nearest_vix_strike(math.nan))
    assert math.isnan(nearest_fund_strike(math.nan))
    assert math.isnan(fund_strike_and_delta(True, math.nan, *fund_options.expiry_terms(20.0, 90.0, 18.0, 0.02, 30.0, 1.0))[0])
    for share, vvix, vx30 in ((math.nan, 90.0, 18.0), (20.0, math.nan, 18.0), (20.0, 90.0, math.nan)):
        assert math.isnan(fund_strike_and_delta(True, 0.3, *fund_options.expiry_terms(share, vvix, vx30, 0.02, 30.0, 1.0))[0])
    assert math.isnan(nearest_spx_strike(math.nan))
