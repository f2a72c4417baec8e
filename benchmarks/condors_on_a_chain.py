"""A 16-delta condor with wings of 50 points on one expiry: optopsy lists those of a quoted chain, alvh solves for its strikes.

The chain is SPX of 2011-01-03, expiring on 2011-02-18. The work differs: optopsy knows quotes and goes through all condors that its delta
filter leaves; alvh has no chain, but a surface made from the VIX family of that day, on which it finds the strike of a delta and prices
four legs with their spreads. What both can be asked is the condor: its short strikes must lie within three listed strikes of each other.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"
# Numba infers the types of what it compiles.
from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path
from statistics import median

import numba
import numpy as np

from alvh.interface import Market
from alvh.runtime.market import MARKET_SERIES, Floats
from alvh.runtime.pricing import costs, spx_surface, strikes
from benchmarks.backtesters import PEERS
from benchmarks.interleaved import REPOSITORY, Missing, Ratio, Row, table
from benchmarks.markets import HISTORY, has_history

ENTRY, EXIT, EXPIRY = "2011-01-03", "2011-01-07", "2011-02-18"
DELTA, WING = 0.16, 50.0
MOST_APART = 15.0
"""Points: three strikes of the grid. Surface and chain have their own deltas, and far strikes are not all listed."""
REPEATED = 20_000
ROUNDS = 9
TERMS = ("spx", "rate", "spx_w9", "spx_w30", "spx_w93", "spx_w184", "spx_w365", "spx_scale", "spx_eta")


@numba.njit(error_model="numpy")
def find_condors(today, rho, days, vix, era, count, found):
    """So many condors, the index moving by a tenth of a cent; `found` gets the last one's strikes, then the credit at bid and ask."""
    for turn in range(count):
        close, rate, w9, w30, w93, w184, w365, scale, eta = today
        spx = close + 0.001 * (turn % 2)
        forward, discount, theta, phi = spx_surface.expiry_terms(spx, rate, w9, w30, w93, w184, w365, scale, eta, days)
        put = strikes.spx_strike_and_delta(False, DELTA, forward, discount, theta, phi, rho)[0]
        call = strikes.spx_strike_and_delta(True, DELTA, forward, discount, theta, phi, rho)[0]
        credit = 0.0
        legs = ((False, put - WING, -1.0), (False, put, 1.0), (True, call, 1.0), (True, call + WING, -1.0))
        for place, (is_call, level, sign) in enumerate(legs):
            strike = strikes.nearest_spx_strike(level)
            mid = spx_surface.option_price(is_call, strike, forward, discount, theta, phi, rho)
            half = costs.spx_half_spread(mid, era, vix)
            credit += sign * mid - half
            found[place] = strike
        found[4] = credit


def run_alvh(rounds: int) -> tuple[list[float], Floats]:
    """Processor seconds a condor by round, and what was found."""
    arrays = Market(HISTORY).arrays(np.datetime64(ENTRY), np.datetime64(EXIT))
    today = dict(zip(MARKET_SERIES, arrays.values[arrays.first, :, 0].tolist(), strict=False))
    days = float(np.datetime64(EXPIRY, "D").astype(np.int64) - arrays.sessions[arrays.first])
    asked = (tuple(today[name] for name in TERMS), today["spx_rho"], days, today["vix"], float(arrays.era[arrays.first]))
    found, seconds = np.zeros(5), []
    for _ in range(rounds + 1):
        start = time.thread_time()
        find_condors(*asked, REPEATED, found)
        seconds.append((time.thread_time() - start) / REPEATED)
    return seconds[1:], found


def measure(rounds: int = ROUNDS) -> list[Row]:
    """Seconds a condor. RuntimeError where the condors are far apart."""
    what = f"a 16-delta condor of {ENTRY}, optopsy"
    data = Path(os.environ.get("ALVH_DATA") or REPOSITORY.parent / "shared" / "data")
    chain = data / "chains" / "spx_chain_2011-01-03_to_07.csv"
    if not (has_history() and chain.exists()):
        return [Missing(what, "the option chain is not here: set ALVH_DATA to the folder that holds chains/")]
    command = [str(PEERS), str(REPOSITORY / "benchmarks" / "peer_optopsy.py"), str(chain), ENTRY, EXIT, EXPIRY, str(rounds)]
    done = subprocess.run(command, capture_output=True, text=True, check=False) if PEERS.exists() else None
    if done is None or "ModuleNotFoundError" in done.stderr:
        return [Missing(what, "not installed: make .venv-peers/installed")]
    if done.returncode != 0:
        raise RuntimeError(f"optopsy failed:\n{done.stderr[-2000:]}")
    theirs = json.loads(done.stdout.splitlines()[-1])
    seconds, ours = run_alvh(rounds)
    apart = max(abs(ours[place] - theirs["strikes"][place]) for place in (1, 2))
    if not apart <= MOST_APART:
        raise RuntimeError(f"short strikes are {apart:.0f} points apart: {ours[:4]} and {theirs['strikes']}")
    against = "alvh, by its surface"
    told = f"{what} {theirs['version']}, {theirs['listed']:,} listed"
    return [Ratio(told, median(theirs["seconds"]), against, median(seconds))]


if __name__ == "__main__":
    print(table(measure()))
