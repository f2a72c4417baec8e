"""States that the VIX model has no volatility level for are counted and said."""

from __future__ import annotations

import numpy as np
from made_market import MadeMarket

from alvh.runtime.market import MarketArrays
from alvh.runtime.markets.generated import GeneratedMarket
from alvh.runtime.pricing.vix_level import LONGEST_DAYS, level_table, volatility_level
from alvh.runtime.reference_market import MarketPath


def clamped_one_by_one(arrays: MarketArrays) -> tuple[int, int]:
    """Bar by bar and expiry by expiry, by looking the level up: at the end of its range it does not move with VVIX any more."""
    clamped, listed = 0, 0
    for number in range(arrays.values.shape[2]):
        path = MarketPath(arrays, number)
        for bar in range(arrays.first, arrays.last + 1):
            for expiry in path.tradable("VIX", bar):
                future, days = path.future(expiry, bar), path.days_to(expiry, bar)
                if days > LONGEST_DAYS or np.isnan(future):
                    continue
                level, highest = (volatility_level(future, vvix, days, level_table()) for vvix in (path.value("vvix", bar), 1e4))
                listed += 1
                clamped += level in (0.0, highest)
    return clamped, listed


def test_clamped_days_of_listed_expiries_are_counted(made: MadeMarket) -> None:
    # So low a VVIX that the model's spikes alone are more, so high a one that no level reaches it, and one in between.
    made.series["vvix"] = 'file = "vvix.csv"'
    made.write("vvix.csv", ["date,vvix", *(f"{date},{(42, 95, 290)[i % 3]}" for i, date in enumerate(made.dates))])
    arrays = made.open().arrays(None, None)
    clamped, listed = clamped_one_by_one(arrays)
    assert 100 < clamped < listed / 2
    assert (
        f"VIX options: on {clamped} of {listed} days of listed expiries no volatility level gives the VVIX quoted; the nearest stands in"
        in [note.text for note in arrays.notes]
    )


def test_nothing_is_said_where_nothing_is_clamped() -> None:
    arrays = GeneratedMarket(seed=1, years=1).arrays(None, None)
    assert clamped_one_by_one(arrays)[0] == 0
    assert not any("no volatility level" in note.text for note in arrays.notes)
