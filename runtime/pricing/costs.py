"""What trading costs: half of the bid-ask width by price, era and stress, and fees (quant.md 2.8, measured on quotes of 2011 to 2023).

Lane-generic. Prices and widths in points of the option, the VIX in points; `era` a scalar, 0 where the widths of 2011 hold and 1 from 2021.
"""

from __future__ import annotations

from alvh.runtime.lanes import inlined_lane_function, lane_function, maximum, minimum, square_root
from alvh.runtime.mathematics import exp, log

FEE_PER_OPTION = 1.20
"""Dollars a contract and side: commission and exchange fee; 1.16 to 1.31 observed all in (quant.md 2.8)."""

INDEX_HALF_SPREAD = 0.00005
"""Of the index held by `hold SPX`, as a fraction of the price: a fund on it quotes a cent wide at 100 dollars."""

CALM_VIX = 20.0
HIGHEST_STRESS = 4.0


@inlined_lane_function
def stress_multiplier(vix: float) -> float:
    """How much wider quotes stand: VIX / 20, between 1 and 4."""
    return minimum(HIGHEST_STRESS, maximum(1.0, vix / CALM_VIX))


@lane_function
def spx_half_spread(price: float, era: float, vix: float) -> float:
    """Half the width of an SPX option at mid `price`: 0.10 + 0.75 sqrt p in 2011, 0.05 + 0.10 sqrt p in 2021, ln-linear between."""
    root = square_root(price)
    early = log(0.10 + 0.75 * root)
    late = log(0.05 + 0.10 * root)
    return 0.5 * exp(early + era * (late - early)) * stress_multiplier(vix)


@lane_function
def vix_half_spread(price: float, vix: float) -> float:
    """Half the width of a VIX option at mid `price`: 0.05 + 0.08 sqrt p, in all eras."""
    return 0.5 * (0.05 + 0.08 * square_root(price)) * stress_multiplier(vix)
