"""Black's formula and its greeks, written so that an option costs one logarithm and one exponential.

F n(d1) = K n(d2) holds for the density n, and N(-x) = n(x) m(x) with the Mills ratio m, so both terms of the formula share one
exponential (performance.md, "What follows from it", 7). Lane-generic; the same bits in plain Python.

Forwards and strikes in points, above 0 unless said; `total_volatility` is sigma times the root of the years, at least 0. Unknown in,
unknown out.
"""

from __future__ import annotations

from alvh.runtime.lanes import divide, inlined_lane_function, lane_function, maximum, minimum, select, square_root
from alvh.runtime.mathematics import exp, log, mills_ratio, normal_cdf, normal_density


@inlined_lane_function
def black_out_of_the_money(lower: float, higher: float, log_ratio: float, total_volatility: float) -> float:
    """Undiscounted price of the option of the two at one strike that is out of the money; 0 without volatility.

    A call on forward `lower` struck at `higher` is worth what a put on `higher` struck at `lower` is, so one formula serves both.
    `log_ratio` is ln(lower / higher), at most 0.
    """
    d1 = divide(log_ratio, total_volatility) + 0.5 * total_volatility
    # d2 is never positive here: the larger strike is the one that divides.
    minus_d2 = total_volatility - d1
    inside = d1 > 0.0
    scale = lower * normal_density(d1)
    tail = scale * mills_ratio(select(inside, d1, -d1))
    value = select(inside, lower - tail, tail) - scale * mills_ratio(minus_d2)
    return select(total_volatility == 0.0, 0.0, maximum(0.0, value))


@lane_function
def black_call(forward: float, strike: float, total_volatility: float) -> float:
    """Undiscounted call, F N(d1) - K N(d2); the intrinsic value where there is no volatility or the strike is not above 0."""
    lower = minimum(forward, strike)
    higher = maximum(forward, strike)
    intrinsic = maximum(0.0, forward - strike)
    value = intrinsic + black_out_of_the_money(lower, higher, log(divide(lower, higher)), total_volatility)
    return select(strike <= 0.0, intrinsic, value)


@lane_function
def black_put(forward: float, strike: float, total_volatility: float) -> float:
    """Undiscounted put, K N(-d2) - F N(-d1); 0 where the strike is not above 0."""
    lower = minimum(forward, strike)
    higher = maximum(forward, strike)
    intrinsic = maximum(0.0, strike - forward)
    value = intrinsic + black_out_of_the_money(lower, higher, log(divide(lower, higher)), total_volatility)
    return select(strike <= 0.0, intrinsic, value)


@lane_function
def black_d1(forward: float, strike: float, total_volatility: float) -> float:
    """ln(F / K) / v + v / 2; far out on its side of the money where there is no volatility."""
    without = select(forward > strike, 40.0, -40.0)
    return select(total_volatility == 0.0, without, divide(log(divide(forward, strike)), total_volatility) + 0.5 * total_volatility)


@lane_function
def black_delta(is_call: bool, forward: float, strike: float, total_volatility: float) -> float:
    """Absolute delta on the forward: N(d1) of a call, N(-d1) of a put, between 0 and 1. A step at the money without volatility."""
    d1 = black_d1(forward, strike, total_volatility)
    return normal_cdf(select(is_call, d1, -d1))


@lane_function
def black_gamma(forward: float, strike: float, total_volatility: float) -> float:
    """Change of the undiscounted delta for a point of the forward: n(d1) / (F v)."""
    return divide(normal_density(black_d1(forward, strike, total_volatility)), forward * total_volatility)


@lane_function
def black_vega(forward: float, strike: float, years: float, total_volatility: float) -> float:
    """Change of the undiscounted price for volatility 1 (100 points): F n(d1) times the root of the years."""
    return forward * normal_density(black_d1(forward, strike, total_volatility)) * square_root(years)


@lane_function
def black_theta(forward: float, strike: float, years: float, total_volatility: float, rate: float, is_call: bool) -> float:
    """Change of the discounted price for a year passing, the forward standing still: r V - e^(-rT) F n(d1) sigma / (2 root T)."""
    discount = exp(-rate * years)
    price = select(is_call, black_call(forward, strike, total_volatility), black_put(forward, strike, total_volatility))
    decay = forward * normal_density(black_d1(forward, strike, total_volatility)) * divide(total_volatility, 2.0 * years)
    return discount * (rate * price - decay)
