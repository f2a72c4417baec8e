"""The SPX surface on five days of real chains, 2011-01-03 to 07, from the index series alone (item 6 of what must hold)."""

from __future__ import annotations

import math

import numpy as np
from option_chains import Chain, chains, needs_data, series

from alvh.runtime.pricing.black import black_delta, black_implied_volatility
from alvh.runtime.pricing.spx_surface import expiry_terms, implied_volatility, smile_parameters, surface_nodes

RATE = 0.0015
"""Three-month bills in the week."""


def slow_log_vix(vix: dict[str, float]) -> dict[str, float]:
    """EMA of ln VIX with a half-life of 63 sessions, by date."""
    slow, state = {}, math.log(next(iter(vix.values())))
    for date, level in vix.items():
        state += (1.0 - 2.0 ** (-1.0 / 63.0)) * (math.log(level) - state)
        slow[date] = state
    return slow


def volatility_errors(chain: Chain, model: tuple[float, float, float, float, float]) -> list[float]:
    """Model less market volatility in points, on options out of the money with a bid and an absolute delta of at least 0.03."""
    forward = chain.forward(RATE)
    years = chain.days / 365.0
    discount = math.exp(-RATE * years)
    _, _, theta, phi, rho = model
    errors = []
    for strike, pair in chain.quotes.items():
        is_call = strike >= forward
        quote = pair.get("C" if is_call else "P")
        if quote is None or quote.bid <= 0.0:
            continue
        lower, higher = min(strike, forward), max(strike, forward)
        total = black_implied_volatility(lower, higher, math.log(lower / higher), quote.mid / discount)
        if black_delta(is_call, forward, strike, total) >= 0.03:
            modelled = implied_volatility(strike, forward, theta, phi, rho, float(chain.days))
            errors.append(100.0 * (modelled - total / math.sqrt(years)))
    return errors


@needs_data
def test_volatilities_of_january_2011_from_the_indices_alone(capsys):
    vix = series("vix_ohlc.csv")
    slow = slow_log_vix(vix)
    files = {"vix9d": "vix9d_ohlc.csv", "vix3m": "vix3m_ohlc.csv", "vix6m": "vix6m_ohlc.csv", "spx": "spx_ohlc.csv"}
    indices = {name: series(file) for name, file in files.items()}
    skew = series("skew.csv", "skew")
    pooled, lines = [], []
    for chain in chains("spx_chain_2011-01-03_to_07.csv"):
        if not 44 <= chain.days <= 254:
            continue
        family = [np.array([indices[name].get(chain.date, math.nan)]) for name in ("vix9d", "vix3m", "vix6m")]
        nodes = surface_nodes(family[0], np.array([vix[chain.date]]), family[1], family[2], np.array([slow[chain.date]]))
        rho, eta, scale = smile_parameters(np.array([skew[chain.date]]), nodes[1])
        variances = (float(node[0]) for node in nodes)
        terms = expiry_terms(indices["spx"][chain.date], RATE, *variances, float(scale[0]), float(eta[0]), float(chain.days))
        errors = np.array(volatility_errors(chain, (*terms, float(rho[0]))))
        error = math.sqrt(float(np.mean(errors**2)))
        pooled.extend(errors)
        lines.append(f"{chain.date} {chain.root:5s} {chain.expiry} {chain.days:4d} days  {len(errors):3d} options  {error:.2f}")
        assert error < 2.5, lines[-1]
    error = math.sqrt(float(np.mean(np.square(pooled))))
    with capsys.disabled():
        print(f"\nSPX volatilities of 2011-01-03 to 07 from the indices alone: {error:.2f} points on {len(pooled)} options")
        print("\n".join(lines))
    assert len(lines) >= 25
    assert len(pooled) > 900
    assert error < 1.5
