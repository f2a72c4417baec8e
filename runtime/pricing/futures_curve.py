"""The curve of VIX futures where there are no settlements, its bound, and the future between two knots (quant.md 3.2).

ln VIX reverts to a slow level s, which reverts to theta:
    F(tau) = exp(theta + (x - s) e^(-k1 tau) + (s - theta) e^(-k2 tau)),  x = ln VIX, tau in years of 365 days,
the discrete likeness of the central-tendency log model of Mencia and Sentana (Journal of Financial Economics 108, 2013). F meets the VIX
at 0 days and is always positive. Curve D takes s from VIX and VIX3M, curve B from the VIX alone.

Formulas are lane-generic; those on NumPy arrays, which broadcast against each other, read them for real history (`on_arrays.py`). Futures
and indices in points.
"""

from __future__ import annotations

import numpy as np

from alvh.runtime.lanes import divide, lane_function, maximum, minimum, square_root
from alvh.runtime.market import Floats
from alvh.runtime.mathematics import exp, exp_inside, log
from alvh.runtime.on_arrays import on_arrays
from alvh.runtime.pricing.spx_surface import DAYS_A_YEAR, NODE_DAYS

WITH_VIX3M_THETA = 3.9905
WITH_VIX3M_FAST = 7.6336
WITH_VIX3M_SLOW = 0.159
WITH_VIX3M_LEAD = 0.8772
"""How far the slow level lies beyond VIX3M, seen from the VIX."""
WITH_VIX3M_MEMORY = 0.403
"""Weight of the EMA of ln VIX with a half-life of 126 sessions."""

VIX_ONLY_THETA = 2.971
VIX_ONLY_FAST = 3.8407
VIX_ONLY_SLOW = 0.5695
VIX_ONLY_PREMIUM = 0.2751
"""What the slow level stands above the EMA of ln VIX with a half-life of 63 sessions: the risk premium, in logs."""

CONVEXITY_DAYS = 30.0


@lane_function
def share_left(days: float, speed: float) -> float:
    """What is left after so many days of a distance that fades at a speed a year."""
    return exp(-speed * (days / DAYS_A_YEAR))


@lane_function
def reverting(x: float, slow: float, theta: float, fast_left: float, slow_left: float) -> float:
    """The future by the formula above; `fast_left` and `slow_left` are `share_left` at its speeds."""
    return exp_inside(theta + (x - slow) * fast_left + (slow - theta) * slow_left)


@lane_function
def slow_level(x: float, log_vix3m: float, slow_log_vix_126: float) -> float:
    """s of curve D, from ln VIX, ln VIX3M and the EMA of ln VIX with a half-life of 126 sessions."""
    ahead = (1.0 + WITH_VIX3M_LEAD) * log_vix3m - WITH_VIX3M_LEAD * x
    return (1.0 - WITH_VIX3M_MEMORY) * ahead + WITH_VIX3M_MEMORY * slow_log_vix_126


@lane_function
def variance_shares(until: float) -> tuple[float, float, float, float, float]:
    """How much of the first node, and of each step from node to node, the total variance to so many days has. The last goes on for ever."""
    return (
        minimum(maximum(until / NODE_DAYS[0], 0.0), 1.0),
        minimum(maximum((until - NODE_DAYS[0]) / (NODE_DAYS[1] - NODE_DAYS[0]), 0.0), 1.0),
        minimum(maximum((until - NODE_DAYS[1]) / (NODE_DAYS[2] - NODE_DAYS[1]), 0.0), 1.0),
        minimum(maximum((until - NODE_DAYS[2]) / (NODE_DAYS[3] - NODE_DAYS[2]), 0.0), 1.0),
        maximum((until - NODE_DAYS[3]) / (NODE_DAYS[4] - NODE_DAYS[3]), 0.0),
    )


@lane_function
def variance_of(
    w9: float, w30: float, w93: float, w184: float, w365: float, s9: float, s30: float, s93: float, s184: float, s365: float
) -> float:
    """Total variance from nodes and shares; of a span, from the differences of the shares at its ends."""
    return w9 * s9 + (w30 - w9) * s30 + (w93 - w30) * s93 + (w184 - w93) * s184 + (w365 - w184) * s365


@lane_function
def highest_future(variance: float) -> float:
    """The convexity bound from the variance of the CONVEXITY_DAYS that the VIX will span (Jensen)."""
    return 100.0 * square_root(variance * (DAYS_A_YEAR / CONVEXITY_DAYS))


def _reverting(days: Floats, x: Floats, slow: Floats, theta: float, fast_speed: float, slow_speed: float) -> Floats:
    left = on_arrays(share_left)
    return np.asarray(on_arrays(reverting)(x, slow, theta, left(days, fast_speed), left(days, slow_speed)))


def model_future_with_vix3m(days: Floats, vix: Floats, vix3m: Floats, slow_log_vix_126: Floats) -> Floats:
    """Curve D. `slow_log_vix_126` is the EMA of ln VIX with a half-life of 126 sessions."""
    x = np.log(vix)
    slow = on_arrays(slow_level)(x, np.log(vix3m), slow_log_vix_126)
    return _reverting(days, x, slow, WITH_VIX3M_THETA, WITH_VIX3M_FAST, WITH_VIX3M_SLOW)


def model_future_vix_only(days: Floats, vix: Floats, slow_log_vix_63: Floats) -> Floats:
    """Curve B. `slow_log_vix_63` is the EMA of ln VIX with a half-life of 63 sessions."""
    return _reverting(days, np.log(vix), slow_log_vix_63 + VIX_ONLY_PREMIUM, VIX_ONLY_THETA, VIX_ONLY_FAST, VIX_ONLY_SLOW)


def model_future(days: Floats, vix: Floats, vix3m: Floats, slow_log_vix_63: Floats, slow_log_vix_126: Floats) -> Floats:
    """The model's future so many calendar days out: curve D where VIX3M is known (not NaN), else curve B."""
    with_vix3m = model_future_with_vix3m(days, vix, vix3m, slow_log_vix_126)
    return np.asarray(np.where(np.isnan(vix3m), model_future_vix_only(days, vix, slow_log_vix_63), with_vix3m))


def convexity_bound(days: Floats, nodes: tuple[Floats, Floats, Floats, Floats, Floats]) -> Floats:
    """The highest future that SPX variance allows: the root of the forward variance over the 30 days that the VIX will span (Jensen).

    `nodes` are the total variances of `spx_surface.surface_nodes`.
    """
    shares, variance = on_arrays(variance_shares), on_arrays(variance_of)
    forward = variance(*nodes, *shares(days + CONVEXITY_DAYS)) - variance(*nodes, *shares(days))
    return np.asarray(on_arrays(highest_future)(forward))


@lane_function
def interpolate_log(f0: float, t0: float, f1: float, t1: float, t: float) -> float:
    """The future at `t` between two knots, ln F linear in days. f0 exactly at t0; unknown where the knots are on one day. Lane-generic."""
    return f0 * exp(log(divide(f1, f0)) * divide(t - t0, t1 - t0))
