"""The curve of VIX futures where there are no settlements, its bound, and the future between two knots (quant.md 3.2).

ln VIX reverts to a slow level s, which reverts to theta:
    F(tau) = exp(theta + (x - s) e^(-k1 tau) + (s - theta) e^(-k2 tau)),  x = ln VIX, tau in years of 365 days,
the discrete likeness of the central-tendency log model of Mencia and Sentana (Journal of Financial Economics 108, 2013). F meets the VIX
at 0 days and is always positive. Curve D takes s from VIX and VIX3M, curve B from the VIX alone.

All but `interpolate_log` work on NumPy arrays that broadcast against each other, once a market. Futures and indices in points.
"""

from __future__ import annotations

import numpy as np

from alvh.runtime.lanes import divide, lane_function
from alvh.runtime.market import Floats
from alvh.runtime.mathematics import exp, log
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


def _reverting(days: Floats, x: Floats, slow: Floats, theta: float, fast_speed: float, slow_speed: float) -> Floats:
    years = days / DAYS_A_YEAR
    return np.asarray(np.exp(theta + (x - slow) * np.exp(-fast_speed * years) + (slow - theta) * np.exp(-slow_speed * years)))


def model_future_with_vix3m(days: Floats, vix: Floats, vix3m: Floats, slow_log_vix_126: Floats) -> Floats:
    """Curve D. `slow_log_vix_126` is the EMA of ln VIX with a half-life of 126 sessions."""
    x = np.log(vix)
    ahead = (1.0 + WITH_VIX3M_LEAD) * np.log(vix3m) - WITH_VIX3M_LEAD * x
    slow = (1.0 - WITH_VIX3M_MEMORY) * ahead + WITH_VIX3M_MEMORY * slow_log_vix_126
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

    def variance_to(until: Floats) -> Floats:
        total = nodes[0] * np.clip(until / NODE_DAYS[0], 0.0, 1.0)
        for place in range(4):
            length = NODE_DAYS[place + 1] - NODE_DAYS[place]
            # The last piece goes on for ever.
            share = np.clip((until - NODE_DAYS[place]) / length, 0.0, 1.0 if place < 3 else np.inf)
            total = total + (nodes[place + 1] - nodes[place]) * share
        return np.asarray(total)

    forward = variance_to(days + CONVEXITY_DAYS) - variance_to(days)
    return np.asarray(100.0 * np.sqrt(forward * (DAYS_A_YEAR / CONVEXITY_DAYS)))


@lane_function
def interpolate_log(f0: float, t0: float, f1: float, t1: float, t: float) -> float:
    """The future at `t` between two knots, ln F linear in days. f0 exactly at t0; unknown where the knots are on one day. Lane-generic."""
    return f0 * exp(log(divide(f1, f0)) * divide(t - t0, t1 - t0))
