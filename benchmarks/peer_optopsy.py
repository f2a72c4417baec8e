"""Iron condors on one expiry of an option chain in optopsy: `python benchmarks/peer_optopsy.py CHAIN.csv ENTRY EXIT EXPIRY ROUNDS`.

optopsy pairs entries with exits and lists every condor that its filters leave; of those the one whose short legs are nearest 0.16 delta
with wings nearest 50 points is taken. Runs in an environment that has optopsy. Prints JSON: version, seconds of every round, how many
condors were listed, the four strikes in order.
"""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version
from typing import Any

import optopsy
import pandas as pd

DELTA, WING = 0.16, 50.0
WIDEST_DELTA = 0.20
"""Legs further in the money are filtered out."""


def chain_of(path: str, days: tuple[str, str], expiry: str) -> Any:
    """One expiry on two days, with optopsy's names of columns."""
    chain = pd.read_csv(path)
    chain = chain[(chain.expiry == expiry) & chain.quote_date.isin(days)]
    named = {
        "underlying_symbol": chain.underlying,
        "underlying_price": chain.underlying_price,
        "option_type": chain.cp.str.lower(),
        "expiration": pd.to_datetime(chain.expiry),
        "quote_date": pd.to_datetime(chain.quote_date),
        "strike": chain.strike.astype(float),
        "bid": chain.bid.astype(float),
        "ask": chain.ask.astype(float),
        "delta": chain.delta.astype(float),
    }
    return pd.DataFrame(named).reset_index(drop=True)


def find(chain: Any, exit_day: str) -> tuple[int, list[float]]:
    """How many condors there are, and the strikes of the one taken."""
    exit_dte = int((chain.expiration.iloc[0] - pd.Timestamp(exit_day)).days)
    condors = optopsy.iron_condor(
        chain, exit_dte=exit_dte, max_entry_dte=90, delta_min=-WIDEST_DELTA, delta_max=WIDEST_DELTA, raw=True, max_otm_pct=1.0
    )
    entry = chain[chain.quote_date == chain.quote_date.min()]
    deltas = {kind: entry[entry.option_type == kind].set_index("strike").delta.abs() for kind in ("p", "c")}
    legs = [condors[f"strike_leg{leg}"] for leg in range(1, 5)]
    off = (legs[1].map(deltas["p"]) - DELTA).abs() + (legs[2].map(deltas["c"]) - DELTA).abs()
    off = off + 1e-3 * ((legs[1] - legs[0] - WING).abs() + (legs[3] - legs[2] - WING).abs())
    taken = off.idxmin()
    return len(condors), [float(leg.loc[taken]) for leg in legs]


def main(path: str, entry_day: str, exit_day: str, expiry: str, rounds: int) -> None:
    chain = chain_of(path, (entry_day, exit_day), expiry)
    seconds: list[float] = []
    for _ in range(rounds + 1):
        start = time.process_time()
        listed, strikes = find(chain, exit_day)
        seconds.append(time.process_time() - start)
    print(json.dumps({"version": version("optopsy"), "seconds": seconds[1:], "listed": listed, "strikes": strikes}))


if __name__ == "__main__":
    main(*sys.argv[1:5], int(sys.argv[5]))
