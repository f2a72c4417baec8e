"""Every pricing function gives the same bits in lanes, in scalars and in plain Python."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

import alvh.runtime.lane_types  # noqa: F401 - teaches Numba the lane functions
from alvh.runtime.lanes import Lanes, lane_function, load, store
from alvh.runtime.pricing import black, costs, fund_options, futures_curve, sensitivities, spx_surface, strikes, vix_level, vix_options
from alvh.runtime.record import same_bits

WIDTHS = (1, 8)
"""The widths that runs use; compiling is slow. test_lanes.py and test_mathematics.py go through the others."""
INPUTS = 14
OUTPUTS = 61
ROWS = INPUTS + OUTPUTS
TERMS = (1.0, 2.0, 7.0, 23.0, 30.0, 61.0, 94.0, 200.0, 290.0, 301.0)
"""Days to settlement, one a case: shared by all lanes."""


@lane_function
def _sum(pair):
    return pair[0] + pair[1]


@njit(error_model="numpy")
def price_everything(lanes, block, days_of_case, table):
    for case in range(len(days_of_case)):
        row = case * ROWS
        days = days_of_case[case]
        spx = load(lanes, block, row)
        rate = load(lanes, block, row + 1)
        rho = load(lanes, block, row + 9)
        future = load(lanes, block, row + 10)
        vvix = load(lanes, block, row + 11)
        ratio = load(lanes, block, row + 12)
        target = load(lanes, block, row + 13)
        terms = spx_surface.expiry_terms(
            spx,
            rate,
            load(lanes, block, row + 2),
            load(lanes, block, row + 3),
            load(lanes, block, row + 4),
            load(lanes, block, row + 5),
            load(lanes, block, row + 6),
            load(lanes, block, row + 7),
            load(lanes, block, row + 8),
            days,
        )
        forward, discount, theta, phi = terms
        strike = forward * ratio
        result = row + INPUTS
        for member in range(4):
            store(lanes, block, result + member, terms[member])
        result += 4
        vix_terms = vix_options.expiry_terms(future, vvix, rate, days, table)
        for member in range(10):
            store(lanes, block, result + member, vix_terms[member])
        result += 10
        vix_strike = future * ratio
        for is_call in (True, False):
            price = spx_surface.option_price(is_call, strike, forward, discount, theta, phi, rho)
            store(lanes, block, result, price)
            store(lanes, block, result + 1, spx_surface.option_delta(is_call, strike, forward, theta, phi, rho))
            store(lanes, block, result + 2, _sum(strikes.spx_strike_and_delta(is_call, target, forward, discount, theta, phi, rho)))
            store(lanes, block, result + 3, vix_options.option_price(is_call, vix_strike, *vix_terms))
            store(lanes, block, result + 4, vix_options.option_delta(is_call, vix_strike, *vix_terms))
            store(lanes, block, result + 5, _sum(strikes.vix_strike_and_delta(is_call, target, *vix_terms)))
            result += 6
        store(lanes, block, result, costs.spx_half_spread(price, 0.3, future) + costs.vix_half_spread(price, future))
        store(lanes, block, result + 1, futures_curve.interpolate_log(future, 0.0, vix_strike, 30.0, 12.0))
        total = black.black_call(spx, strike, ratio) + black.black_put(spx, strike, ratio) + black.black_gamma(spx, strike, ratio)
        greeks = black.black_vega(spx, strike, 0.5, ratio) + black.black_theta(spx, strike, 0.5, ratio, rate, True)
        store(lanes, block, result + 2, total + greeks)
        store(lanes, block, result + 3, strikes.nearest_vix_strike(vix_strike))
        result += 4
        fund_terms = fund_options.expiry_terms(spx, vvix, future, rate, days, 1.5)
        for member in range(10):
            store(lanes, block, result + member, fund_terms[member])
        result += 10
        fund_strike = spx * ratio
        for is_call in (True, False):
            price = vix_options.option_price(is_call, fund_strike, *fund_terms)
            store(lanes, block, result, price)
            store(lanes, block, result + 1, _sum(strikes.fund_strike_and_delta(is_call, target, *fund_terms)))
            store(lanes, block, result + 2, vix_options.option_theta(is_call, fund_strike, rate, days, *fund_terms))
            store(lanes, block, result + 3, vix_options.option_theta(is_call, vix_strike, rate, days, *vix_terms))
            store(lanes, block, result + 4, spx_surface.option_theta(is_call, strike, forward, theta, phi, rho, rate, days))
            result += 5
        store(lanes, block, result, strikes.nearest_fund_strike(fund_strike))
        store(lanes, block, result + 1, vix_options.option_vega(fund_strike, days, *fund_terms))
        store(lanes, block, result + 2, vix_options.option_vega(vix_strike, days, *vix_terms))
        store(lanes, block, result + 3, spx_surface.option_vega(strike, forward, discount, theta, phi, rho, days))
        store(lanes, block, result + 4, costs.future_half_spread(future))
        store(lanes, block, result + 5, costs.fund_option_half_spread(price, spx, future))
        store(lanes, block, result + 6, costs.crowd_factor(future, vvix))
        store(lanes, block, result + 7, future * sensitivities.future_beta(case % 9 + 1))


def inputs() -> np.ndarray:
    random = np.random.default_rng(20200316)
    shape = (len(TERMS), 16)
    block = np.zeros((len(TERMS), ROWS, 16))
    block[:, 0] = np.exp(random.uniform(6.5, 9.0, shape))
    block[:, 1] = random.uniform(0.0, 0.06, shape)
    vix = np.exp(random.uniform(math.log(9.0), math.log(90.0), shape))
    block[:, 2:7] = np.cumsum(random.uniform(0.3, 1.7, (len(TERMS), 5, 16)), axis=1) * (vix[:, None, :] / 100.0) ** 2 * 30.0 / 365.0
    block[:, 7] = random.uniform(1.3, 1.5, shape)
    block[:, 8] = random.uniform(0.9, 1.1, shape)
    block[:, 9] = random.uniform(-0.75, -0.4, shape)
    block[:, 10] = np.exp(random.uniform(math.log(9.5), math.log(90.0), shape))
    block[:, 11] = random.uniform(50.0, 220.0, shape)
    block[:, 12] = random.uniform(0.5, 2.5, shape)
    block[:, 13] = random.uniform(0.02, 0.98, shape)
    # Unknown inputs, one a lane, on one case.
    for place in range(INPUTS):
        block[3, place, place] = math.nan
    return block.reshape(len(TERMS) * ROWS, 16)


def test_same_bits_in_lanes_in_scalars_and_in_plain_python():
    days, table = np.array(TERMS), vix_level.level_table()
    results = []
    for width in WIDTHS:
        result = inputs()
        for start in range(0, 16, width):
            block = result[:, start : start + width].copy()
            price_everything(Lanes(width), block, days, table)
            result[:, start : start + width] = block
        results.append(result)
    for result in results[1:]:
        assert same_bits(result, results[0])
    for column in range(16):
        block = inputs()[:, column : column + 1].copy()
        price_everything.py_func(Lanes(1), block, days, table)
        assert same_bits(block, results[0][:, column : column + 1])
    outputs = results[0].reshape(len(TERMS), ROWS, 16)[:, INPUTS:]
    known = np.delete(outputs, 3, axis=0)
    # Beyond the table's 300 days the VIX side is unknown, all else is known.
    assert not np.isnan(known[:-1]).any()
    assert np.isnan(known[-1, 12:14]).all()
    # At 23 days the nodes from 93 days on are not read.
    assert np.flatnonzero(~np.isnan(outputs[3]).any(axis=0)).tolist() == [4, 5, 6, 14, 15]
