"""Listed strikes: the grids, the strike nearest a number, and the strike whose delta is nearest a target.

SPX strikes stand 5 points apart (quant.md 2.6; the wings list fewer, which a grid of 5 forgives). VIX strikes run from 1 to 435, 0.50 apart
to 15, 1 to 30, 2.50 to 50 and 5 above: as quoted on 2016-06-01 on the expiries up to seven weeks (the chain that the tests read; quant.md
2.5), continued below 10 and above 80.

Lane-generic; `is_call` is a scalar that all lanes share, `target` an absolute delta between 0 and 1 (exclusive). Unknown in, unknown out.
"""

from __future__ import annotations

from alvh.runtime.lanes import (
    absolute,
    divide,
    floor,
    inlined_lane_function,
    is_unknown,
    lane_function,
    maximum,
    minimum,
    select,
    square_root,
)
from alvh.runtime.mathematics import UNKNOWN, exp, log, normal_cdf, normal_quantile
from alvh.runtime.pricing import spx_surface, vix_options

FUND_STEP = 0.02
"""Strikes of options on volatility funds, in logs. Reverse splits kept the shares between some $10 and $50, where strikes stand $0.50 to $1
apart; a split-adjusted price leaves that range, so the grid moves with it."""
FUND_RANKS = 1024.0
"""Ranks searched around the forward: a factor of e^10 either way, so that two-year calls on UVXY have a delta of 0.01 among them."""

SPX_STEP = 5.0
LOWEST_VIX_RANK = 2.0
"""Strike 1."""
HIGHEST_VIX_RANK = 130.0
"""Strike 435, far above any VIX future: 128 pairs of neighbours, so that seven halvings find one."""


# The grids ------------------------------------------------------------------------------------------------------------------------------


@inlined_lane_function
def nearest_spx_strike(level: float) -> float:
    """The listed strike nearest a level, the higher of two equally near, at least 5."""
    return maximum(SPX_STEP, floor(level / SPX_STEP + 0.5) * SPX_STEP)


@inlined_lane_function
def vix_strike_of_rank(rank: float) -> float:
    """The strike with a whole rank: 0.50 each to rank 30, then 1 each to 45, 2.50 to 53, 5 beyond. Linear between whole ranks."""
    half = 0.5 * minimum(rank, 30.0)
    one = minimum(maximum(rank - 30.0, 0.0), 15.0)
    two_and_a_half = 2.5 * minimum(maximum(rank - 45.0, 0.0), 8.0)
    return half + one + two_and_a_half + 5.0 * maximum(rank - 53.0, 0.0)


@inlined_lane_function
def vix_rank_of_strike(strike: float) -> float:
    """The inverse of `vix_strike_of_rank`: whole where a strike is listed."""
    half = 2.0 * minimum(strike, 15.0)
    one = minimum(maximum(strike - 15.0, 0.0), 15.0)
    two_and_a_half = 0.4 * minimum(maximum(strike - 30.0, 0.0), 20.0)
    return half + one + two_and_a_half + 0.2 * maximum(strike - 50.0, 0.0)


@lane_function
def nearest_vix_strike(level: float) -> float:
    """The listed strike nearest a level, the higher of two equally near, 1 to 435."""
    rank = minimum(HIGHEST_VIX_RANK, maximum(LOWEST_VIX_RANK, floor(vix_rank_of_strike(level) + 0.5)))
    return select(is_unknown(level), level, vix_strike_of_rank(rank))


@inlined_lane_function
def fund_strike_of_rank(rank: float) -> float:
    """The strike with a whole rank on the grid of 2 %."""
    return exp(FUND_STEP * rank)


@lane_function
def nearest_fund_strike(level: float) -> float:
    """The listed strike of a VXX or UVXY option nearest a level above 0, in ratio."""
    return fund_strike_of_rank(floor(log(level) / FUND_STEP + 0.5))


# The strike for a delta -------------------------------------------------------------------------------------------------------------------


@inlined_lane_function
def _nearer(is_call: bool, target: float, lower: float, lower_delta: float, higher: float, higher_delta: float) -> float:
    """Of two neighbouring strikes the one whose delta is nearer the target; of two equally near the one further out of the money."""
    lower_miss = absolute(lower_delta - target)
    higher_miss = absolute(higher_delta - target)
    take_lower = select(is_call, lower_miss < higher_miss, lower_miss <= higher_miss)
    unknown = is_unknown(lower_miss) | is_unknown(higher_miss)
    return select(unknown, UNKNOWN, select(take_lower, lower, higher))


@lane_function
def spx_strike_for_delta(is_call: bool, target: float, forward: float, discount: float, theta: float, phi: float, rho: float) -> float:
    """The listed SPX strike whose delta is nearest the target. The arguments after it are the expiry's terms and rho.

    With g the normal quantile of a call's delta, d1 = g says k = w(k) / 2 - g sqrt w(k) for k = ln(K / F): four Newton steps from the
    at-the-money variance, which end within 4e-8 of the root (targets from 1e-4, volatilities to 1.2, 400 days), then the two listed
    neighbours by their deltas.
    """
    quantile = normal_quantile(target)
    g = select(is_call, quantile, -quantile)
    root = square_root(theta)
    k = 0.5 * theta - g * root
    for _ in range(4):
        x = phi * k + rho
        bend = square_root(x * x + (1.0 - rho * rho))
        root = square_root(spx_surface.total_variance(k, theta, phi, rho))
        slope = (0.5 * theta * phi) * (rho + x / bend)
        miss = k + g * root - 0.5 * (root * root)
        k = k - miss / (1.0 + (0.5 * g / root - 0.5) * slope)
    lower = maximum(SPX_STEP, floor(forward * exp(k) / SPX_STEP) * SPX_STEP)
    higher = lower + SPX_STEP
    lower_delta = spx_surface.option_delta(is_call, lower, forward, theta, phi, rho)
    higher_delta = spx_surface.option_delta(is_call, higher, forward, theta, phi, rho)
    return _nearer(is_call, target, lower, lower_delta, higher, higher_delta)


@inlined_lane_function
def _call_delta_reaches(call_delta: float, quantile: float, strike: float, terms: vix_options.Terms) -> bool:
    """Whether the vendor delta of the VIX call at a strike is at least so much, told from its price without its implied volatility.

    With x = ln(K / F), Black's d1 is g = `quantile` where the total volatility v is g +- sqrt(g^2 + 2 x). There d2 = -+ sqrt(g^2 + 2 x),
    so one normal probability gives the price at both. Out of the money d1 rises with v: a price at or above that at the upper v will do.
    In the money d1 falls to sqrt(-2 x) and then rises: a price outside the two will do, and where there are none d1 is always above g.
    """
    future = terms[0]
    price = vix_options.undiscounted_price(True, strike, terms)
    x = log(divide(strike, future))
    squared = quantile * quantile + 2.0 * x
    asset = future * call_delta
    lower_cash = normal_cdf(-square_root(squared)) * strike
    in_the_money = x < 0.0
    always = in_the_money & ((quantile <= 0.0) | (squared < 0.0))
    return always | (price >= asset - lower_cash) | (in_the_money & (price <= asset - (strike - lower_cash)))


@lane_function
def vix_strike_for_delta(is_call: bool, target: float, *terms: float) -> float:
    """The listed VIX strike whose vendor delta is nearest the target. The arguments after it are `vix_options.Terms`.

    A call's delta falls with the strike, so seven halvings of the listed strikes leave two neighbours, whatever the shape of the smile:
    nothing to converge. A put's delta is one less the call's.
    """
    quantile = normal_quantile(target)
    call_quantile = select(is_call, quantile, -quantile)
    call_delta = select(is_call, target, 1.0 - target)
    rank = terms[0] * 0.0 + LOWEST_VIX_RANK
    step = 64.0
    for _ in range(7):
        reached = _call_delta_reaches(call_delta, call_quantile, vix_strike_of_rank(rank + step), terms)
        rank = select(reached, rank + step, rank)
        step = 0.5 * step
    lower = vix_strike_of_rank(rank)
    higher = vix_strike_of_rank(rank + 1.0)
    lower_delta = vix_options.option_delta(is_call, lower, *terms)
    higher_delta = vix_options.option_delta(is_call, higher, *terms)
    return _nearer(is_call, target, lower, lower_delta, higher, higher_delta)


@lane_function
def fund_strike_for_delta(is_call: bool, target: float, *terms: float) -> float:
    """The listed strike of a VXX or UVXY option whose delta is nearest the target. The arguments after it are `vix_options.Terms`, which
    options on funds share (`fund_options.expiry_terms`). Ten halvings, as for the VIX."""
    quantile = normal_quantile(target)
    call_quantile = select(is_call, quantile, -quantile)
    call_delta = select(is_call, target, 1.0 - target)
    rank = floor(log(terms[0]) / FUND_STEP) - 0.5 * FUND_RANKS
    step = 0.5 * FUND_RANKS
    for _ in range(10):
        reached = _call_delta_reaches(call_delta, call_quantile, fund_strike_of_rank(rank + step), terms)
        rank = select(reached, rank + step, rank)
        step = 0.5 * step
    lower = fund_strike_of_rank(rank)
    higher = fund_strike_of_rank(rank + 1.0)
    lower_delta = vix_options.option_delta(is_call, lower, *terms)
    higher_delta = vix_options.option_delta(is_call, higher, *terms)
    return _nearer(is_call, target, lower, lower_delta, higher, higher_delta)
