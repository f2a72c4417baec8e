"""The joint generator run backwards and forwards: the innovations read out of a path are those it was made of, and they make it again
(quant.md section 6, invariant 31; the generator here is PARAM, whose innovations are drawn and not picked from history in blocks)."""

from __future__ import annotations

import math

import numpy as np
import pytest
from effort import examples
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from alvh.runtime.markets import generator
from alvh.runtime.markets.generator import Generated, generate
from alvh.runtime.markets.history import HistoryMarket

Path1 = NDArray[np.float64]
LN_18 = math.log(18.0)


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


def innovations_of(log_spx: Path1, log_vix: Path1, spx: float, x: float, m: float) -> tuple[Path1, Path1]:
    """z and eta of each session of a path that starts from ln SPX, ln VIX and its average as given."""
    z, eta = np.empty(len(log_spx)), np.empty(len(log_spx))
    for t, (spx_now, x_now) in enumerate(zip(log_spx.tolist(), log_vix.tolist(), strict=True)):
        mean, sd = return_law(x, m)
        z[t] = (spx_now - spx - mean) / sd
        lever, own = loadings(x, m)
        eta[t] = (x_now - x - drift(x, m) - lever * z[t] - generator.C2 * (z[t] ** 2 - 1.0)) / own
        spx, x = spx_now, x_now
        m += generator.SLOW_WEIGHT * (x - m)
    return z, eta


def regenerated(monkeypatch: pytest.MonkeyPatch, z: Path1, eta: Path1) -> Generated:
    """The generator's own path of these innovations in place of drawn ones."""
    given_ones = iter((z[:, None], eta[:, None]))
    monkeypatch.setattr(generator, "_with_moving_average", lambda innovations, weight: next(given_ones))
    return generate(0, len(z), 1)


@examples(30)
@given(st.integers(0, 2**40), st.integers(0, 40), st.integers(20, 700))
def test_the_innovations_of_a_path_make_it_again(seed: int, path: int, sessions: int) -> None:
    made = generate(seed, sessions, 1, first_path=path)
    log_spx, log_vix = np.log(made.spx[:, 0]), np.log(made.vix[:, 0])
    z, eta = innovations_of(log_spx, log_vix, math.log(4000.0), LN_18, LN_18)
    with pytest.MonkeyPatch.context() as patch:
        again = regenerated(patch, z, eta)
    assert np.abs(np.log(again.spx[:, 0]) - log_spx).max() <= 1e-10
    assert np.abs(np.log(again.vix[:, 0]) - log_vix).max() <= 1e-10


def test_the_innovations_of_history_make_history_again(real_history: HistoryMarket, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole of 1990-2021 but for sessions without a VIX: filtered by the report's equations, then generated."""
    arrays = real_history.arrays(None, None)
    spx, vix = (arrays.values[:, arrays.series.index(name), 0] for name in ("spx", "vix"))
    known = ~(np.isnan(spx) | np.isnan(vix))
    log_spx, log_vix = np.log(spx[known]), np.log(vix[known])
    assert len(log_spx) > 8000
    monkeypatch.setattr(generator, "START_SPX", math.exp(log_spx[0]))
    monkeypatch.setattr(generator, "START_VIX", math.exp(log_vix[0]))
    z, eta = innovations_of(log_spx[1:], log_vix[1:], log_spx[0], log_vix[0], log_vix[0])
    again = regenerated(monkeypatch, z, eta)
    assert np.abs(np.log(again.spx[:, 0]) - log_spx[1:]).max() <= 1e-10
    assert np.abs(np.log(again.vix[:, 0]) - log_vix[1:]).max() <= 1e-10
    # They are innovations: about standard, and history's own.
    assert abs(z.mean()) < 0.05
    assert 0.9 < z.std() < 1.1
    assert 0.9 < eta.std() < 1.1
