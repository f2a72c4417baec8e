"""Black's formula and its greeks, written so that an option costs one logarithm and one exponential.

F n(d1) = K n(d2) holds for the density n, and N(-x) = n(x) m(x) with the Mills ratio m, so both terms of the formula share one
exponential (performance.md, "What follows from it", 7). Lane-generic; the same bits in plain Python.

Forwards and strikes in points, above 0 unless said; `total_volatility` is sigma times the root of the years, at least 0. Unknown in,
unknown out.
"""

from __future__ import annotations

from alvh.runtime.lanes import divide, inlined_lane_function, lane_function, maximum, minimum, select, square_root
from alvh.runtime.mathematics import UNKNOWN, exp, log, mills_ratio, normal_cdf, normal_density

HALF_LOG_TWO_PI = 0.9189385332046727


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
    # A put is a call with forward and strike exchanged.
    return select(strike <= 0.0, 0.0, black_call(strike, forward, total_volatility))


@inlined_lane_function
def d1_of(log_ratio: float, total_volatility: float) -> float:
    """x / v + v / 2 for x = ln(F / K); far out on its side of the money where there is no volatility."""
    without = select(log_ratio > 0.0, 40.0, -40.0)
    return select(total_volatility == 0.0, without, divide(log_ratio, total_volatility) + 0.5 * total_volatility)


@lane_function
def black_d1(forward: float, strike: float, total_volatility: float) -> float:
    """ln(F / K) / v + v / 2; far out on its side of the money where there is no volatility."""
    return d1_of(log(divide(forward, strike)), total_volatility)


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


@lane_function
def black_implied_volatility(lower: float, higher: float, log_ratio: float, time_value: float) -> float:
    """Total volatility at which the out-of-the-money option is worth `time_value`; unknown from `lower` upwards.

    0 where the price is below 1e-290 of `lower`, which near the floor of the VIX means nothing at all.

    Arguments as in `black_out_of_the_money`. With x = ln(higher / lower) and b = time value / sqrt(lower higher), b lies below
    v / sqrt(2 pi) exp(-x^2 / (2 v^2)) (integrate the vega), so the v where that bound equals b lies below the root, by at most half:
    y = (x / v)^2 solves y + ln y = 2 ln(x / (b sqrt(2 pi))), one Newton step. Two Householder steps of third order on ln b follow, as in
    Jaeckel, "Let's be rational" (Wilmott, 2015). Relative error 2e-10 for total volatilities of 0.001 to 1.8, 2e-7 at 3.
    """
    # At the money ln x has no value; the bound does not depend on x there.
    x = maximum(-log_ratio, 1e-16)
    wanted = divide(time_value, lower)
    nothing = wanted < 1e-290
    m = 2.0 * (log(x) - (log(wanted) - 0.5 * x) - HALF_LOG_TWO_PI)
    near = exp(minimum(m, 1.0))
    y = select(m > 1.0, m - log(maximum(m, 1.0)), divide(near, 1.0 + near))
    y = divide(y * ((1.0 + m) - log(y)), 1.0 + y)
    v = divide(x, square_root(y))
    for _ in range(2):
        inverse = divide(1.0, v)
        x_over_v = x * inverse
        d1 = 0.5 * v - x_over_v
        inside = d1 > 0.0
        density = normal_density(d1)
        tail = density * mills_ratio(select(inside, d1, -d1))
        value = select(inside, 1.0 - tail, tail) - density * mills_ratio(v - d1)
        inverse_value = divide(1.0, value)
        slope = density * inverse_value
        step = divide(log(wanted * inverse_value) * value, density)
        curvature = x_over_v * x_over_v * inverse - 0.25 * v
        second = curvature - slope
        third = curvature * curvature - 3.0 * (x_over_v * inverse) * (x_over_v * inverse) - 0.25
        third = third - 3.0 * curvature * slope + 2.0 * (slope * slope)
        v = v + divide(step * (1.0 + 0.5 * second * step), 1.0 + second * step + third * (step * step) * (1.0 / 6.0))
    return select(nothing, 0.0, select(time_value < lower, v, UNKNOWN))
