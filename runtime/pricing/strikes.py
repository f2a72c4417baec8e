"""Listed strikes: the grids, the strike nearest a number, and the strike whose delta is nearest a target.

SPX strikes stand 5 points apart (quant.md 2.6; the wings list fewer, which a grid of 5 forgives). VIX strikes run from 1 to 435, 0.50 apart
to 15, 1 to 30, 2.50 to 50 and 5 above: as quoted on 2016-06-01 on the expiries up to seven weeks (the chain that the tests read; quant.md
2.5), continued below 10 and above 80.

Lane-generic; `is_call` is a scalar that all lanes share, `target` an absolute delta between 0 and 1 (exclusive). Unknown in, unknown out.
"""

from __future__ import annotations

from alvh.runtime.lanes import (
    absolute,
    any_lane,
    divide,
    floor,
    inlined_lane_function,
    is_unknown,
    lane_function,
    maximum,
    minimum,
    negate,
    select,
    side_by_side,
    square_root,
)
from alvh.runtime.mathematics import UNKNOWN, exp, log, normal_density, normal_quantile
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
"""Strike 435, far above any VIX future."""
GUESSES = 7
"""Steps of a search that follow the slope; then what is left is halved."""
SQUARE_ROOT_OF_TWO_PI = 2.5066282746310002


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
def _nearer(is_call: bool, target: float, lower: float, lower_delta: float, higher: float, higher_delta: float) -> tuple[float, float]:
    """Of two neighbouring strikes the one whose delta is nearer the target, and that delta; of two equally near the one further out of the
    money."""
    lower_miss = absolute(lower_delta - target)
    higher_miss = absolute(higher_delta - target)
    take_lower = select(is_call, lower_miss < higher_miss, lower_miss <= higher_miss)
    unknown = is_unknown(lower_miss) | is_unknown(higher_miss)
    strike = select(unknown, UNKNOWN, select(take_lower, lower, higher))
    return strike, select(unknown, UNKNOWN, select(take_lower, lower_delta, higher_delta))


@lane_function
def spx_strike_and_delta(
    is_call: bool, target: float, forward: float, discount: float, theta: float, phi: float, rho: float
) -> tuple[float, float]:
    """The listed SPX strike whose delta is nearest the target, and its delta. The arguments after it are the expiry's terms and rho.

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


@lane_function
def vix_strike_and_delta(is_call: bool, target: float, *terms: float) -> tuple[float, float]:
    """The listed VIX strike whose vendor delta is nearest the target, and its delta. The arguments after it are `vix_options.Terms`."""
    lowest = terms[0] * 0.0 + LOWEST_VIX_RANK
    return _strike_of_states(False, is_call, target, lowest, lowest + (HIGHEST_VIX_RANK - LOWEST_VIX_RANK), terms)


@lane_function
def fund_strike_and_delta(is_call: bool, target: float, *terms: float) -> tuple[float, float]:
    """The listed strike of a VXX or UVXY option whose delta is nearest the target, and its delta. The arguments after it are
    `vix_options.Terms`, which options on funds share (`fund_options.expiry_terms`)."""
    lowest = floor(log(terms[0]) / FUND_STEP) - 0.5 * FUND_RANKS
    return _strike_of_states(True, is_call, target, lowest, lowest + FUND_RANKS, terms)


@lane_function
def _strike_of_rank(of_fund: bool, rank: float) -> float:
    if of_fund:
        return fund_strike_of_rank(rank)
    return vix_strike_of_rank(rank)


@lane_function
def _rank_of_strike(of_fund: bool, strike: float) -> float:
    if of_fund:
        return log(strike) / FUND_STEP
    return vix_rank_of_strike(strike)


@lane_function
def _delta_at(strike: float, is_call: bool, *terms: float) -> float:
    return vix_options.option_delta(is_call, strike, *terms)


@lane_function
def _strike_of_states(
    of_fund: bool, is_call: bool, target: float, lowest: float, highest: float, terms: vix_options.Terms
) -> tuple[float, float]:
    """The search on a grid of ranks, `lowest` and `highest` among them, for options of the two-state model.

    A call's delta falls with the strike, so the neighbours sought are the last strike whose delta reaches the target and the next. The
    first guess is where Black's formula puts the target, K = F exp(v^2 / 2 - g v), at the at-the-money volatility v, which the at-the-money
    price c F gives: v = 2 sqrt(2) erfinv(c), three terms. The strikes around it are looked at side by side; mostly they are the neighbours.
    Else the nearer of the two moves the guess along Black's slope, d delta / d ln K = -n(g) / v, within what is known, and from the
    eighth time on half of what is left is tried, so that the smile decides how many pairs are looked at (mostly one) and not the answer.
    A put's delta is one less the call's.
    """
    quantile = normal_quantile(target)
    g = select(is_call, quantile, -quantile)
    c = divide(vix_options.undiscounted_price(True, terms[0], terms), terms[0])
    square = c * c
    volatility = c * (SQUARE_ROOT_OF_TWO_PI + square * (0.656233747738434 + square * 0.3607833461632333))
    scale = divide(volatility, normal_density(g))
    guess = floor(_rank_of_strike(of_fund, terms[0] * exp(volatility * (0.5 * volatility - g))))
    low, high = lowest, highest
    rank = minimum(maximum(guess, low), high - 1.0)
    lower_delta = terms[0] * UNKNOWN
    higher_delta = lower_delta
    searching = negate(is_unknown(target * volatility))
    turn = 0
    while any_lane(searching):
        lower, higher = _strike_of_rank(of_fund, rank), _strike_of_rank(of_fund, rank + 1.0)
        of_lower, of_higher = side_by_side(_delta_at, lower, higher, is_call, terms)
        lower_delta = select(searching, of_lower, lower_delta)
        higher_delta = select(searching, of_higher, higher_delta)
        lower_over = select(is_call, of_lower - target, target - of_lower)
        higher_over = select(is_call, of_higher - target, target - of_higher)
        # The ends of the grid are taken for granted; an unknown delta ends the search of its lane without an answer.
        below = searching & (lower_over < 0.0) & (rank > low)
        above = searching & (higher_over >= 0.0) & (rank + 1.0 < high) & negate(below)
        high = select(below, rank, high)
        low = select(above, rank + 1.0, low)
        searching = below | above
        moved = select(above, higher * exp(higher_over * scale), lower * exp(lower_over * scale))
        moved = minimum(maximum(floor(_rank_of_strike(of_fund, moved)), low), high - 1.0)
        rank = select(searching, select(turn < GUESSES, moved, floor(0.5 * (low + high))), rank)
        turn += 1
    lower, higher = _strike_of_rank(of_fund, rank), _strike_of_rank(of_fund, rank + 1.0)
    return _nearer(is_call, target, lower, lower_delta, higher, higher_delta)
