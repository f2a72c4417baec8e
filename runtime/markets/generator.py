"""The data-free joint generator of SPX, VIX, VVIX and VIX3M: PARAM of quant.md 3.4, one session at a time, all paths at once.

State: x = ln VIX, m = its EMA of half-life 63 sessions, U and W the AR(1) residuals of VVIX and VIX3M. Innovations z (index) and eta (VIX)
are Hansen's skewed Student t (International Economic Review 35, 1994) with a small moving-average term.

Opens, highs and lows are not part of that model. The day is taken as a Brownian motion in logs, of whose variance an overnight share passes
before the open: given the day's move r, the overnight part is normal about share * r; given open and close, high and low are the extremes
of a Brownian bridge, drawn independently (their joint law is narrower). The VIX settles on its open with the noise of real settlements.

Random numbers are counter-based: Philox keyed by (seed, path), a row of numbers a session. So path k is the same however many paths are
asked for, and a longer market begins as the shorter one.
"""

from __future__ import annotations

import math

import numpy as np
from attrs import frozen

from alvh.runtime.market import Floats
from alvh.runtime.pricing.spx_surface import LOG_18

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

SLOW_WEIGHT = 1.0 - 0.5 ** (1.0 / 63.0)
HIGHEST_GAP, HIGHEST_JUMP = 0.9, 0.8
"""Caps on x - m in the volatility of returns and in that of the VIX."""
PULL_ABOVE, PULL = math.log(80.0), 0.25
LOWEST, HIGHEST = math.log(8.6), math.log(180.0)
"""ln VIX is reflected at 8.6 points and cut at 180."""
LOWEST_VVIX, HIGHEST_VVIX = 40.0, 300.0

SPX_OVERNIGHT_SHARE = 0.30
VIX_OVERNIGHT_SHARE = 0.32
"""Regression of the overnight on the whole day's log change, real opens 2014-2021 and 2010-2021."""
SETTLEMENT_NOISE = 0.022
"""Standard deviation of ln(settlement / VIX open), 103 settlements 2006-2014 (quant.md 2.4). With the overnight share above, settlements
lie as far from the previous close, measured in daily moves of the VIX, as real ones did."""
BREADTH_CORRELATION = 0.85
"""Of the day's advances less declines with the index's standardised return (quant.md 1.6 T4)."""
BREADTH_SCALE = 1000.0
BREADTH_START = 100_000.0

START_SPX, START_VIX = 4000.0, 18.0
NUMBERS_A_SESSION = 16


@frozen(eq=False)
class Generated:
    """Paths of the joint model; arrays are [sessions, paths]. Indices in points, VIX settlement on every session."""

    spx: Floats
    spx_open: Floats
    spx_high: Floats
    spx_low: Floats
    vix: Floats
    vix_open: Floats
    vix_high: Floats
    vix_low: Floats
    vix3m: Floats
    vvix: Floats
    vix_settlement: Floats
    ad_line: Floats


def generate(seed: int, sessions: int, paths: int, first_path: int = 0) -> Generated:
    """`paths` paths of so many sessions, from number `first_path` on. `seed` is a non-negative 64-bit integer; path k depends on it
    and on k alone."""
    uniforms = np.empty((sessions, NUMBERS_A_SESSION, paths))
    for path in range(paths):
        bits = np.random.Philox(key=np.array([seed, first_path + path], dtype=np.uint64))
        uniforms[:, :, path] = 1.0 - np.random.Generator(bits).random((sessions, NUMBERS_A_SESSION))  # in (0, 1]
    z = _with_moving_average(_skewed_t(uniforms[:, 0:3], Z_FREEDOM, Z_SKEW), Z_MOVING_AVERAGE)
    eta = _with_moving_average(_skewed_t(uniforms[:, 3:6], ETA_FREEDOM, ETA_SKEW), ETA_MOVING_AVERAGE)
    vvix_noise, vix3m_noise = _normals(uniforms[:, 6:8])
    spx_night, vix_night = _normals(uniforms[:, 8:10])
    settlement_noise, breadth_noise = _normals(uniforms[:, 10:12])

    # Only x and m feed back; everything else follows from their paths afterwards.
    log_vix, slow = np.empty((sessions, paths)), np.empty((sessions, paths))
    x = np.full(paths, math.log(START_VIX))
    m = x.copy()
    for t, (z_today, bend, eta_today) in enumerate(zip(z, C2 * (z * z - 1.0), eta, strict=True)):
        lever, own = _vix_loadings(x, m)
        drift = C - K1 * (x - m) + K2 * (LOG_18 - m) - PULL * np.maximum(x - PULL_ABOVE, 0.0)
        x = x + drift + lever * z_today + bend + np.sqrt(own) * eta_today
        x = np.minimum(np.maximum(x, 2.0 * LOWEST - x), HIGHEST)
        m = m + SLOW_WEIGHT * (x - m)
        log_vix[t], slow[t] = x, m

    start = np.full((1, paths), math.log(START_VIX))
    x_before, m_before = np.vstack([start, log_vix[:-1]]), np.vstack([start, slow[:-1]])
    vix_before = np.exp(x_before) / 100.0
    lever, own = _vix_loadings(x_before, m_before)
    vix_sd = np.sqrt(lever * lever + own)
    gap = np.minimum(x_before - m_before, HIGHEST_GAP)
    spx_sd = vix_before / math.sqrt(252.0) * np.exp(0.5 * (A0 + A1 * (x_before - LOG_18) + A2 * gap))
    log_return = (MU0 + LAMBDA * vix_before * vix_before) / 252.0 + spx_sd * z
    drives = np.stack((V_Z * z + V_ETA * eta + V_NOISE * vvix_noise, T_Z * z + T_ETA * eta + T_NOISE * vix3m_noise), axis=1)
    residuals = _fading_sums(drives, np.array([[V_MEMORY], [T_MEMORY]]))
    log_vvix = V0 + V1 * (log_vix - LOG_18) + V2 * (log_vix - slow) + residuals[:, 0]
    log_vix3m = log_vix + T0 + T1 * (log_vix - slow) + T2 * (slow - LOG_18) + residuals[:, 1]

    log_spx = math.log(START_SPX) + np.cumsum(log_return, axis=0)
    spx = _day(log_spx, math.log(START_SPX), spx_sd, SPX_OVERNIGHT_SHARE, spx_night, uniforms[:, 12], uniforms[:, 13])
    vix_day = _day(log_vix, math.log(START_VIX), vix_sd, VIX_OVERNIGHT_SHARE, vix_night, uniforms[:, 14], uniforms[:, 15])
    breadth = BREADTH_CORRELATION * (log_return / spx_sd) + math.sqrt(1.0 - BREADTH_CORRELATION**2) * breadth_noise
    return Generated(
        spx=np.exp(log_spx),
        spx_open=spx[0],
        spx_high=spx[1],
        spx_low=spx[2],
        vix=np.exp(log_vix),
        vix_open=vix_day[0],
        vix_high=vix_day[1],
        vix_low=vix_day[2],
        vix3m=np.exp(log_vix3m),
        vvix=np.clip(np.exp(log_vvix), LOWEST_VVIX, HIGHEST_VVIX),
        vix_settlement=vix_day[0] * np.exp(SETTLEMENT_NOISE * settlement_noise),
        ad_line=BREADTH_START + BREADTH_SCALE * np.cumsum(breadth, axis=0),
    )


def _vix_loadings(x: Floats, m: Floats) -> tuple[Floats, Floats]:
    """Of ln VIX, after a session that ended at x and m: what it takes of the index's innovation, and the variance of its own."""
    u = x - LOG_18
    jump = np.minimum(np.maximum(x - m, 0.0), HIGHEST_JUMP)
    return B0 + B1 * u + B2 * jump, np.exp(E0 + E1 * u + E2 * jump) / 252.0


def _normals(uniforms: Floats) -> tuple[Floats, Floats]:
    """Two independent standard normals from two uniforms, by Box and Muller (Annals of Mathematical Statistics 29, 1958)."""
    radius = np.sqrt(-2.0 * np.log(uniforms[:, 0]))
    angle = 2.0 * math.pi * uniforms[:, 1]
    return radius * np.cos(angle), radius * np.sin(angle)


def _skewed_t(uniforms: Floats, freedom: float, skew: float) -> Floats:
    """Hansen's skewed t with mean 0 and variance 1, from three uniforms on axis 1.

    A Student t comes from two of them by Bailey's polar method (Mathematics of Computation 62, 1994); the third picks the side, the
    left one with probability (1 - skew) / 2, and each side is stretched by 1 - skew or 1 + skew.
    """
    student = np.sqrt(freedom * (uniforms[:, 0] ** (-2.0 / freedom) - 1.0)) * np.cos(2.0 * math.pi * uniforms[:, 1])
    size = np.abs(student) * math.sqrt((freedom - 2.0) / freedom)
    density_at_zero = math.gamma((freedom + 1.0) / 2.0) / (math.sqrt(math.pi * (freedom - 2.0)) * math.gamma(freedom / 2.0))
    mean = 4.0 * skew * density_at_zero * (freedom - 2.0) / (freedom - 1.0)
    deviation = math.sqrt(1.0 + 3.0 * skew * skew - mean * mean)
    stretched = np.where(uniforms[:, 2] <= (1.0 - skew) / 2.0, -(1.0 - skew) * size, (1.0 + skew) * size)
    return np.asarray((stretched - mean) / deviation)


def _with_moving_average(innovations: Floats, weight: float) -> Floats:
    """Each innovation plus `weight` times the one before."""
    mixed = innovations.copy()
    mixed[1:] += weight * innovations[:-1]
    return mixed


def _fading_sums(drives: Floats, memory: Floats) -> Floats:
    """AR(1) along the first axis: each row is `memory` times the one before, plus its drive; from 0."""
    values = np.empty_like(drives)
    state = np.zeros(drives.shape[1:])
    for t, drive in enumerate(drives):
        state = memory * state + drive
        values[t] = state
    return values


def _day(
    log_close: Floats, log_start: float, sd: Floats, share: float, night: Floats, up: Floats, down: Floats
) -> tuple[Floats, Floats, Floats]:
    """Open, high and low of each session given its close, the standard deviation of its log change, and random numbers."""
    previous = np.vstack([np.full((1, log_close.shape[1]), log_start), log_close[:-1]])
    log_open = previous + share * (log_close - previous) + math.sqrt(share * (1.0 - share)) * sd * night
    day_variance = (1.0 - share) * sd * sd
    move, middle = log_close - log_open, log_open + log_close
    high = 0.5 * (middle + np.sqrt(move * move - 2.0 * day_variance * np.log(up)))
    low = 0.5 * (middle - np.sqrt(move * move - 2.0 * day_variance * np.log(down)))
    return np.exp(log_open), np.exp(high), np.exp(low)
