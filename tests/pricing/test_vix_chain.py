"""The VIX model on all VIX options of one real close, 2016-06-01 (item 6 of what must hold)."""

from __future__ import annotations

import csv

import numpy as np
from option_chains import DATA, Chain, chains, needs_data, series

from alvh.runtime.pricing.vix_level import PROBABILITY, level_table, volatility_level
from alvh.runtime.pricing.vix_options import option_price, terms_at_level

RATE = 0.003
"""Three-month bills on the day."""
NEAR = 1.2
"""Half-spreads from the mid."""


def misses(chain: Chain, forward: float, level: float) -> np.ndarray:
    """Distance of each call with a bid from its mid, in half-spreads."""
    terms = terms_at_level(forward, level, RATE, float(chain.days), float(level_table()[chain.days, PROBABILITY]))
    calls = [(strike, pair["C"]) for strike, pair in sorted(chain.quotes.items()) if pair["C"].bid > 0.0]
    return np.array([(option_price(True, strike, *terms) - call.mid) / call.half_spread for strike, call in calls])


def fitted_level(chain: Chain, forward: float, start: float) -> float:
    """The one free number of an expiry, by least squares in half-spreads over a fine grid."""
    levels = start * np.exp(np.linspace(-0.4, 0.4, 161))
    # A quote that no level can reach must not drag the rest.
    costs = [float(np.sum(np.minimum(np.abs(misses(chain, forward, float(level))), 3.0) ** 2)) for level in levels]
    return float(levels[int(np.argmin(costs))])


@needs_data
def test_calls_of_2016_06_01_lie_inside_the_spread(capsys):
    vvix = series("vvix_close.csv", "vvix")["2016-06-01"]
    fitted_misses, unfitted_misses, lines = [], [], []
    for chain in chains("vix_chain_2016-06-01.csv"):
        if chain.days <= 5:
            continue
        forward = chain.forward(RATE)
        start = volatility_level(forward, vvix, float(chain.days), level_table())
        level = fitted_level(chain, forward, start)
        fitted, unfitted = (np.abs(misses(chain, forward, s)) <= NEAR for s in (level, start))
        fitted_misses.append(fitted)
        unfitted_misses.append(unfitted)
        lines.append(
            f"{chain.expiry} {chain.days:4d} days  F {forward:6.3f}  {len(fitted):3d} calls  "
            f"fitted s {level:.3f}: {fitted.mean():4.0%}  from VVIX s {start:.3f}: {unfitted.mean():4.0%}"
        )
    share, unfitted_share = np.concatenate(fitted_misses).mean(), np.concatenate(unfitted_misses).mean()
    with capsys.disabled():
        print(f"\nVIX calls of 2016-06-01 inside {NEAR} half-spreads of the mid: fitted {share:.1%}, from VVIX alone {unfitted_share:.1%}")
        print("\n".join(lines))
    assert len(lines) == 9
    assert share >= 0.85
    assert min(fitted.mean() for fitted in fitted_misses) >= 0.80
    # Without a fit the model still has the size of the market's prices.
    assert unfitted_share >= 0.40


@needs_data
def test_parity_forwards_are_the_futures():
    """The chain's forwards lie within 0.05 of the settlements of the futures that expire with them."""
    with (DATA / "market" / "vx_futures_monthly_long.csv").open() as file:
        settlements = {row["expiry"]: float(row["settle"]) for row in csv.DictReader(file) if row["date"] == "2016-06-01"}
    compared = [
        abs(chain.forward(RATE) - settlements[chain.expiry])
        for chain in chains("vix_chain_2016-06-01.csv")
        if chain.days > 5 and chain.expiry in settlements
    ]
    assert len(compared) >= 5
    assert max(compared) < 0.05
