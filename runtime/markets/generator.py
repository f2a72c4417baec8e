"""The law of the generated market: the data-free joint model of SPX, VIX, VVIX and VIX3M, PARAM of quant.md 3.4, a session at a time.

State: x = ln VIX, m = its EMA of half-life 63 sessions, U and W the AR(1) residuals of VVIX and VIX3M. Innovations z (index) and eta (VIX)
are Hansen's skewed Student t (International Economic Review 35, 1994) with a small moving-average term.

Opens, highs and lows are not part of that model. The day is taken as a Brownian motion in logs, of whose variance an overnight share passes
before the open: given the day's move r, the overnight part is normal about share * r; given open and close, high and low are the extremes
of a Brownian bridge, drawn independently (their joint law is narrower). The VIX settles on its open with the noise of real settlements.

Every function is lane-generic; `fill_paths.py` strings them together. Numbers are drawn by path, session and purpose (`random_numbers.py`),
so path k is the same however many paths are asked for, and a longer market begins as the shorter one.
"""

from __future__ import annotations

from alvh.runtime.lanes import inlined_lane_function, lane_function, maximum, minimum, select, square_root
from alvh.runtime.mathematics import exp_inside, log_inside
from alvh.runtime.pricing.spx_surface import LOG_18
from alvh.runtime.random_numbers import student_size

# model_params.json, `generator_param`, in full precision; names as in quant.md 3.4.
MU0, LAMBDA = -0.029624387418919415, 2.7045405668654032
A0, A1, A2 = -0.5299020415140894, 0.21044557647695378, 0.9644880633727462
C, K1, K2 = 0.0003232195420741438, 0.03736701226265019, 0.004075596437620417
B0, B1, B2 = -0.03721721642882884, -0.0008327268889608318, -0.10795556814531282
C2 = 0.006538459231210863
E0, E1, E2 = -1.1979534843348263, -0.19072948778538257, 3.404373328058523
V0, V1, V2 = 4.524876697741436, 0.032334532446198355, 0.3557489118335548
V_MEMORY, V_Z, V_ETA, V_NOISE = 0.9722606392213887, -0.009282385542959876, 0.006060135547132943, 0.029491942245661852
T0, T1, T2 = 0.11057343489327817, -0.2985758067691852, -0.05472334996182555
T_MEMORY, T_Z, T_ETA, T_NOISE = 0.9283297929109142, 0.00304913649785524, -0.007603495207530001, 0.012681014863558738
Z_FREEDOM, Z_SKEW, Z_MOVING_AVERAGE = 8.0, -0.2, -0.06
ETA_FREEDOM, ETA_SKEW, ETA_MOVING_AVERAGE = 5.5, 0.16, -0.13

# Of both skewed t: how the two sides are stretched and what is taken off, so that mean and variance are 0 and 1. With n degrees of freedom,
# skew l, c = gamma((n + 1) / 2) / (sqrt(pi (n - 2)) gamma(n / 2)), a = 4 l c (n - 2) / (n - 1), b = sqrt(1 + 3 l^2 - a^2), the sides are
# -(1 - l) sqrt(n - 2) / b and (1 + l) sqrt(n - 2) / b, and what is taken off is a / b.
Z_LEFT, Z_RIGHT, Z_SHIFT = -2.901551519106079, 1.9343676794040527, -0.3022449499068832
ETA_LEFT, ETA_RIGHT, ETA_SHIFT = -1.5558701846781944, 2.148582635984173, 0.23556843869257466

SLOW_WEIGHT = 0.010942031863926727
SLOWER_WEIGHT = 0.005486064383171452
"""1 - 2^(-1/63) and 1 - 2^(-1/126): the day's weight in averages with half-lives of 63 and 126 sessions."""
HIGHEST_GAP, HIGHEST_JUMP = 0.9, 0.8
"""Caps on x - m in the volatility of returns and in that of the VIX."""
PULL_ABOVE, PULL = 4.382026634673881, 0.25
"""Above 80 points the VIX is pulled back."""
LOWEST, HIGHEST = 2.151762203259462, 5.19295685089021
"""ln VIX is reflected at 8.6 points and cut at 180."""
LOWEST_VVIX, HIGHEST_VVIX = 40.0, 300.0

DAY_OF_YEAR = 1.0 / 252.0
ROOT_OF_DAY = 0.0629940788348712
"""Of a trading day in years: sqrt(1 / 252)."""

SPX_OVERNIGHT_SHARE, SPX_NIGHT = 0.30, 0.458257569495584
VIX_OVERNIGHT_SHARE, VIX_NIGHT = 0.32, 0.46647615158762407
"""Share s of the variance: regression of the overnight on the whole day's log change, real opens 2014-2021 and 2010-2021; and
sqrt(s (1 - s))."""
SETTLEMENT_NOISE = 0.022
"""Standard deviation of ln(settlement / VIX open), 103 settlements 2006-2014 (quant.md 2.4). With the overnight share above, settlements
lie as far from the previous close, measured in daily moves of the VIX, as real ones did."""
BREADTH_CORRELATION, BREADTH_NOISE = 0.85, 0.526782687642637
"""Of the day's advances less declines with the index's standardised return (quant.md 1.6 T4); and sqrt(1 - 0.85^2)."""
BREADTH_SCALE = 1000.0
BREADTH_START = 100_000.0

START_LOG_SPX = 8.294049640102028
"""4,000 points."""
START_VIX, START_LOG_VIX = 18.0, LOG_18

INDEX_DRAW, VIX_DRAW, NOISE_DRAW, NIGHT_DRAW, PRINT_DRAW, SPX_EXTREMES_DRAW, VIX_EXTREMES_DRAW = range(7)
"""What each pair of a session's numbers is for: z; eta; the noise of VVIX and VIX3M; the nights of SPX and VIX; the settlement and breadth;
high and low of the index; high and low of the VIX."""


@inlined_lane_function
def skewed_t(raised: float, second: float, skew: float, left: float, right: float, shift: float) -> float:
    """Hansen's skewed t with mean 0 and variance 1, from two independent uniform numbers in (0, 1], the first raised to -2 / freedom.

    The side is the left one with probability (1 - skew) / 2: where `second` lies below that. Its place between the ends of that side is
    uniform again and independent of the side, so it serves for the size. `left`, `right` and `shift` as written above.
    """
    border = 0.5 * (1.0 - skew)
    is_left = second <= border
    part = select(is_left, second * (1.0 / border), (second - border) * (1.0 / (1.0 - border)))
    return select(is_left, left, right) * student_size(raised, part) - shift


@lane_function
def index_innovation(first: float, second: float) -> float:
    """z of a session before its moving-average term."""
    # Raised to -1/4, with 8 degrees of freedom: by roots alone.
    return skewed_t(1.0 / square_root(square_root(first)), second, Z_SKEW, Z_LEFT, Z_RIGHT, Z_SHIFT)


@lane_function
def vix_innovation(first: float, second: float) -> float:
    """eta of a session before its moving-average term."""
    return skewed_t(exp_inside(-(2.0 / ETA_FREEDOM) * log_inside(first)), second, ETA_SKEW, ETA_LEFT, ETA_RIGHT, ETA_SHIFT)


@lane_function
def vix_loadings(x: float, m: float) -> tuple[float, float]:
    """Of ln VIX, after a session that ended at x and m: what it takes of z and what of eta."""
    u = x - LOG_18
    jump = minimum(maximum(x - m, 0.0), HIGHEST_JUMP)
    return B0 + B1 * u + B2 * jump, ROOT_OF_DAY * exp_inside(0.5 * (E0 + E1 * u + E2 * jump))


@lane_function
def next_log_vix(x: float, m: float, from_z: float, from_eta: float, z: float) -> float:
    """x of a session from the one before; `from_z` and `from_eta` are the loadings times the innovations."""
    drift = C - K1 * (x - m) + K2 * (LOG_18 - m) - PULL * maximum(x - PULL_ABOVE, 0.0)
    moved = x + drift + from_z + C2 * (z * z - 1.0) + from_eta
    return minimum(maximum(moved, 2.0 * LOWEST - moved), HIGHEST)


@lane_function
def index_deviation(x: float, m: float, vix: float) -> float:
    """Standard deviation of the index's log return of the session after one that ended at x, m and `vix` points."""
    return (0.01 * ROOT_OF_DAY) * vix * exp_inside(0.5 * (A0 + A1 * (x - LOG_18) + A2 * minimum(x - m, HIGHEST_GAP)))


@lane_function
def index_drift(vix: float) -> float:
    """Mean of that return."""
    return (MU0 + LAMBDA * ((0.01 * vix) * (0.01 * vix))) * DAY_OF_YEAR


@lane_function
def vvix_residual(before: float, z: float, eta: float, noise: float) -> float:
    """U of a session."""
    return V_MEMORY * before + (V_Z * z + V_ETA * eta + V_NOISE * noise)


@lane_function
def vix3m_residual(before: float, z: float, eta: float, noise: float) -> float:
    """W of a session."""
    return T_MEMORY * before + (T_Z * z + T_ETA * eta + T_NOISE * noise)


@lane_function
def vvix_from(x: float, m: float, residual: float) -> float:
    """VVIX in points, within its bounds."""
    return minimum(maximum(exp_inside(V0 + V1 * (x - LOG_18) + V2 * (x - m) + residual), LOWEST_VVIX), HIGHEST_VVIX)


@lane_function
def vix3m_log_ratio(x: float, m: float, residual: float) -> float:
    """ln(VIX3M / VIX)."""
    return T0 + T1 * (x - m) + T2 * (m - LOG_18) + residual


@lane_function
def log_open(before: float, close: float, share: float, night: float, deviation: float, normal: float) -> float:
    """ln of the open between two closes (in logs): `share` of the move, and noise that is `night` times the day's deviation."""
    return before + share * (close - before) + night * deviation * normal


@lane_function
def log_high(opened: float, close: float, variance: float, uniform: float) -> float:
    """ln of the high between an open and a close (in logs), given the variance of the time between."""
    move = close - opened
    return 0.5 * ((opened + close) + square_root(move * move - 2.0 * variance * log_inside(uniform)))


@lane_function
def log_low(opened: float, close: float, variance: float, uniform: float) -> float:
    """ln of the low."""
    move = close - opened
    return 0.5 * ((opened + close) - square_root(move * move - 2.0 * variance * log_inside(uniform)))
