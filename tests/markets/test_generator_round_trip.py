"""The joint generator run backwards and forwards: the innovations read out of a path by the report's equations make it again
(quant.md section 6, invariant 31; the generator here is PARAM, whose innovations are drawn and not picked from history in blocks)."""

from __future__ import annotations

import math

import numpy as np
from effort import examples
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from alvh.runtime.markets import generator
from alvh.runtime.markets.generator import index_deviation, index_drift, next_log_vix, vix_loadings
from alvh.runtime.markets.history import HistoryMarket
from alvh.runtime.markets.model_paths import generate

Column = NDArray[np.float64]
LN_18 = math.log(18.0)
SLOW_WEIGHT = 1.0 - 0.5 ** (1.0 / 63.0)


def loadings(x: float, m: float) -> tuple[float, float]:
    """quant.md 3.4, step 2: what ln VIX takes of the index's innovation, and the size of its own."""
    u, d = x - LN_18, min(max(x - m, 0.0), 0.8)
    return (
        generator.B0 + generator.B1 * u + generator.B2 * d,
        math.sqrt(math.exp(generator.E0 + generator.E1 * u + generator.E2 * d) / 252.0),
    )


def drift(x: float, m: float) -> float:
    return generator.C - generator.K1 * (x - m) + generator.K2 * (LN_18 - m) - 0.25 * max(x - math.log(80.0), 0.0)


def return_law(x: float, m: float) -> tuple[float, float]:
    """Mean and standard deviation of the index's log return (step 1)."""
    vix = math.exp(x) / 100.0
    gap = min(x - m, 0.9)
    return (
        (generator.MU0 + generator.LAMBDA * vix * vix) / 252.0,
        vix / math.sqrt(252.0) * math.exp(0.5 * (generator.A0 + generator.A1 * (x - LN_18) + generator.A2 * gap)),
    )


def innovations_of(log_spx: Column, log_vix: Column, spx: float, x: float, m: float) -> tuple[Column, Column]:
    """z and eta of each session of a path that starts from ln SPX, ln VIX and its average as given."""
    z, eta = np.empty(len(log_spx)), np.empty(len(log_spx))
    for t, (spx_now, x_now) in enumerate(zip(log_spx.tolist(), log_vix.tolist(), strict=True)):
        mean, sd = return_law(x, m)
        z[t] = (spx_now - spx - mean) / sd
        lever, own = loadings(x, m)
        eta[t] = (x_now - x - drift(x, m) - lever * z[t] - generator.C2 * (z[t] ** 2 - 1.0)) / own
        spx, x = spx_now, x_now
        m += SLOW_WEIGHT * (x - m)
    return z, eta


def regenerated(z: Column, eta: Column, spx: float, x: float, m: float) -> tuple[Column, Column]:
    """ln SPX and ln VIX by the generator's own functions, of these innovations."""
    log_spx, log_vix = np.empty(len(z)), np.empty(len(z))
    for t, (z_now, eta_now) in enumerate(zip(z.tolist(), eta.tolist(), strict=True)):
        lever, own = vix_loadings(x, m)
        vix = math.exp(x)
        spx += index_drift(vix) + index_deviation(x, m, vix) * z_now
        x = next_log_vix(x, m, lever * z_now, own * eta_now, z_now)
        m += SLOW_WEIGHT * (x - m)
        log_spx[t], log_vix[t] = spx, x
    return log_spx, log_vix


@examples(30)
@given(st.integers(0, 2**40), st.integers(0, 40), st.integers(20, 700))
def test_the_innovations_of_a_path_make_it_again(seed: int, path: int, sessions: int) -> None:
    made = generate(seed, sessions, 1, first_path=path)
    log_spx, log_vix = np.log(made.spx[:, 0]), np.log(made.vix[:, 0])
    start = (math.log(4000.0), LN_18, LN_18)
    again = regenerated(*innovations_of(log_spx, log_vix, *start), *start)
    assert np.abs(again[0] - log_spx).max() <= 1e-10
    assert np.abs(again[1] - log_vix).max() <= 1e-10


def test_the_innovations_of_history_make_history_again(real_history: HistoryMarket) -> None:
    """The whole of 1990-2021 but for sessions without a VIX: filtered by the report's equations, then generated."""
    arrays = real_history.arrays(None, None)
    spx, vix = (arrays.values[:, arrays.series.index(name), 0] for name in ("spx", "vix"))
    known = ~(np.isnan(spx) | np.isnan(vix))
    log_spx, log_vix = np.log(spx[known]), np.log(vix[known])
    assert len(log_spx) > 8000
    start = (float(log_spx[0]), float(log_vix[0]), float(log_vix[0]))
    z, eta = innovations_of(log_spx[1:], log_vix[1:], *start)
    again = regenerated(z, eta, *start)
    assert np.abs(again[0] - log_spx[1:]).max() <= 1e-10
    assert np.abs(again[1] - log_vix[1:]).max() <= 1e-10
    # They are innovations: about standard, and history's own.
    assert abs(z.mean()) < 0.05
    assert 0.9 < z.std() < 1.1
    assert 0.9 < eta.std() < 1.1
