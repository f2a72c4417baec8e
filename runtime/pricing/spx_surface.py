"""The SPX surface from the VIX family and SKEW: term structure of variance, an SSVI smile, prices and deltas (quant.md 3.1).

Total variance w of SSVI (Gatheral and Jacquier, Quantitative Finance 14, 2014), k = ln(K / F):
    w(k) = theta / 2 (1 + rho phi k + sqrt((phi k + rho)^2 + 1 - rho^2)),  phi = eta / sqrt(theta (1 + theta)).
theta is the model-free variance of the VIX family divided by the ratio of model-free to at-the-money variance, so that the surface
reprices the VIX by construction. eta (1 + |rho|) <= 1.95 keeps butterflies non-negative, theta non-decreasing keeps calendars so.

What makes a market's series takes arrays of real history and lanes of generated paths by one formula (`on_arrays.py`); the rest is
lane-generic too. `days` (calendar days to settlement) and `is_call` are scalars that all lanes share.
Prices in points, rates as fractions a year, years of 365 days.
"""

from __future__ import annotations

import numpy as np

from alvh.runtime.lanes import absolute, divide, inlined_lane_function, lane_function, maximum, minimum, select, square_root
from alvh.runtime.market import Floats
from alvh.runtime.mathematics import exp, exp_inside, log, normal_cdf
from alvh.runtime.on_arrays import on_arrays
from alvh.runtime.pricing.black import black_out_of_the_money, black_theta, black_vega, d1_of

DIVIDEND_YIELD = 0.018
DAYS_A_YEAR = 365.0
NODE_DAYS = (9.0, 30.0, 93.0, 184.0, 365.0)
LOG_18 = 2.8903717578961645
"""The level around which the regressions of quant.md 3.1 are centred."""
SKEW_WHERE_MISSING = 122.0


# The market's side ------------------------------------------------------------------------------------------------------------------------


@lane_function
def vix9d_from(vix: float, log_ratio: float, slow_log_vix: float) -> float:
    """VIX9D by its regression; `log_ratio` is ln(VIX3M / VIX), `slow_log_vix` the EMA of ln VIX with a half-life of 63 sessions."""
    return vix * exp_inside(0.041 - 0.87 * log_ratio - 0.023 * (slow_log_vix - LOG_18))


@lane_function
def vix6m_from(vix3m: float, log_ratio: float, slow_log_vix: float) -> float:
    """VIX6M by its regression; arguments as for `vix9d_from`."""
    return vix3m * exp_inside(0.0207 + 0.5075 * log_ratio - 0.0308 * (slow_log_vix - LOG_18))


@lane_function
def nodes_from(vix9d: float, vix: float, vix3m: float, vix6m: float) -> tuple[float, float, float, float, float]:
    """Total variance at NODE_DAYS, forced non-decreasing; indices in points. The year's node continues the forward variance between 93 and
    184 days."""
    w9 = maximum((vix9d / 100.0) * (vix9d / 100.0) * (NODE_DAYS[0] / DAYS_A_YEAR), 0.0)
    w30 = maximum((vix / 100.0) * (vix / 100.0) * (NODE_DAYS[1] / DAYS_A_YEAR), w9)
    w93 = maximum((vix3m / 100.0) * (vix3m / 100.0) * (NODE_DAYS[2] / DAYS_A_YEAR), w30)
    w184 = maximum((vix6m / 100.0) * (vix6m / 100.0) * (NODE_DAYS[3] / DAYS_A_YEAR), w93)
    return w9, w30, w93, w184, w184 + (w184 - w93) * ((365.0 - 184.0) / (184.0 - 93.0))


@lane_function
def smile_from(skew: float) -> tuple[float, float]:
    """`rho` and `eta` from SKEW."""
    rho = -minimum(maximum(0.53 + 0.012 * (skew - 120.0), 0.40), 0.75)
    eta = minimum(maximum(1.05 + 0.004 * (skew - 120.0), 0.90), 1.95 / (1.0 + absolute(rho)))
    return rho, eta


@lane_function
def scale_from(rho: float, eta: float, w30: float) -> float:
    """What divides model-free to at-the-money variance, from the 30-day node."""
    shape = 1.0 + 0.2585 * (eta * eta) + 0.284 * ((rho * eta) * (rho * eta))
    return shape * (1.0 + 1.9 * (w30 / shape))


def vix3m_where_missing(vix: Floats, slow_log_vix: Floats) -> Floats:
    """VIX3M by its regression on VIX; `slow_log_vix` is the EMA of ln VIX with a half-life of 63 sessions."""
    log_vix = np.log(vix)
    return np.asarray(vix * np.exp(0.1106 - 0.2986 * (log_vix - slow_log_vix) - 0.0547 * (slow_log_vix - LOG_18)))


def vix9d_where_missing(vix: Floats, vix3m: Floats, slow_log_vix: Floats) -> Floats:
    """VIX9D by its regression, on arrays."""
    return np.asarray(on_arrays(vix9d_from)(vix, np.log(vix3m / vix), slow_log_vix))


def vix6m_where_missing(vix: Floats, vix3m: Floats, slow_log_vix: Floats) -> Floats:
    """VIX6M by its regression, on arrays."""
    return np.asarray(on_arrays(vix6m_from)(vix3m, np.log(vix3m / vix), slow_log_vix))


def surface_nodes(
    vix9d: Floats, vix: Floats, vix3m: Floats, vix6m: Floats, slow_log_vix: Floats
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """`nodes_from` on arrays of one shape.

    A missing (NaN) VIX9D, VIX3M or VIX6M is replaced by its regression on the others. Where VIX is missing, so are the nodes.
    """
    vix3m = np.where(np.isnan(vix3m), vix3m_where_missing(vix, slow_log_vix), vix3m)
    vix9d = np.where(np.isnan(vix9d), vix9d_where_missing(vix, vix3m, slow_log_vix), vix9d)
    vix6m = np.where(np.isnan(vix6m), vix6m_where_missing(vix, vix3m, slow_log_vix), vix6m)
    nodes: tuple[Floats, Floats, Floats, Floats, Floats] = on_arrays(nodes_from)(vix9d, vix, vix3m, vix6m)
    return nodes


def smile_parameters(skew: Floats, w30: Floats) -> tuple[Floats, Floats, Floats]:
    """`rho`, `eta` and the scale that divides model-free to at-the-money variance, from SKEW (122 where missing) and the 30-day node."""
    rho, eta = on_arrays(smile_from)(np.where(np.isnan(skew), SKEW_WHERE_MISSING, skew))
    return rho, eta, on_arrays(scale_from)(rho, eta, w30)


# The day's side, in lanes ---------------------------------------------------------------------------------------------------------------


@lane_function
def variance_to(w9: float, w30: float, w93: float, w184: float, w365: float, days: float) -> float:
    """Total model-free variance to so many days: proportional before the first node, linear between and beyond."""
    if days <= 9.0:
        return w9 * (days / 9.0)
    if days <= 30.0:
        return w9 + (w30 - w9) * ((days - 9.0) / 21.0)
    if days <= 93.0:
        return w30 + (w93 - w30) * ((days - 30.0) / 63.0)
    if days <= 184.0:
        return w93 + (w184 - w93) * ((days - 93.0) / 91.0)
    return w184 + (w365 - w184) * ((days - 184.0) / 181.0)


@lane_function
def expiry_terms(
    spx: float,
    rate: float,
    w9: float,
    w30: float,
    w93: float,
    w184: float,
    w365: float,
    scale: float,
    eta: float,
    days: float,
) -> tuple[float, float, float, float]:
    """What all options of one expiry share: forward, discount factor, at-the-money total variance `theta`, and `phi`.

    `rate` continuously compounded. At 0 days variance is 0 and options are worth their intrinsic value.
    """
    years = days / DAYS_A_YEAR
    discount = exp(-rate * years)
    forward = spx * exp((rate - DIVIDEND_YIELD) * years)
    theta = variance_to(w9, w30, w93, w184, w365, days) / scale
    phi = select(theta == 0.0, 0.0, divide(eta, square_root(theta * (1.0 + theta))))
    return forward, discount, theta, phi


@inlined_lane_function
def total_variance(log_moneyness: float, theta: float, phi: float, rho: float) -> float:
    """SSVI: total implied variance at ln(K / F)."""
    x = phi * log_moneyness
    shifted = x + rho
    return 0.5 * theta * (1.0 + rho * x + square_root(shifted * shifted + (1.0 - rho * rho)))


@lane_function
def option_price(is_call: bool, strike: float, forward: float, discount: float, theta: float, phi: float, rho: float) -> float:
    """Price in points, discounted. Parity holds on `forward`: the out-of-the-money option is priced, intrinsic value added."""
    log_moneyness = log(divide(strike, forward))
    volatility = square_root(total_variance(log_moneyness, theta, phi, rho))
    below = strike < forward
    lower = select(below, strike, forward)
    higher = select(below, forward, strike)
    time_value = black_out_of_the_money(lower, higher, select(below, log_moneyness, -log_moneyness), volatility)
    difference = forward - strike
    intrinsic = maximum(0.0, select(is_call, difference, -difference))
    return discount * (time_value + intrinsic)


@lane_function
def option_delta(is_call: bool, strike: float, forward: float, theta: float, phi: float, rho: float) -> float:
    """Absolute Black delta on the option's own forward at its own volatility, between 0 and 1."""
    log_moneyness = log(divide(strike, forward))
    volatility = square_root(total_variance(log_moneyness, theta, phi, rho))
    d1 = d1_of(-log_moneyness, volatility)
    return normal_cdf(select(is_call, d1, -d1))


@lane_function
def implied_volatility(strike: float, forward: float, theta: float, phi: float, rho: float, days: float) -> float:
    """Volatility a year, as a fraction, of the option at a strike; `days` above 0."""
    return square_root(total_variance(log(divide(strike, forward)), theta, phi, rho) / (days / DAYS_A_YEAR))


@lane_function
def option_vega(strike: float, forward: float, discount: float, theta: float, phi: float, rho: float, days: float) -> float:
    """Change of the price, in points, for one volatility point of the option's own; 0 at 0 days."""
    volatility = square_root(total_variance(log(divide(strike, forward)), theta, phi, rho))
    return discount * black_vega(forward, strike, days / DAYS_A_YEAR, volatility) / 100.0


@lane_function
def option_theta(is_call: bool, strike: float, forward: float, theta: float, phi: float, rho: float, rate: float, days: float) -> float:
    """Change of the price, in points, for a calendar day passing while forward and volatility stand still; 0 at 0 days."""
    volatility = square_root(total_variance(log(divide(strike, forward)), theta, phi, rho))
    decay = black_theta(forward, strike, days / DAYS_A_YEAR, volatility, rate, is_call) / DAYS_A_YEAR
    return select(days == 0.0, 0.0 * volatility, decay)
