"""What trading costs: half of the bid-ask width by price, era and stress, and fees (quant.md 2.8, measured on quotes of 2011 to 2023).

Lane-generic. Prices and widths in points of the option, the VIX in points; `era` a scalar, 0 where the widths of 2011 hold and 1 from 2021.
"""

from __future__ import annotations

from alvh.runtime.lanes import absolute, divide, inlined_lane_function, lane_function, maximum, minimum, select, square_root
from alvh.runtime.mathematics import exp, log

FEE_PER_FUTURE = 2.00
FEE_PER_MINI_FUTURE = 1.00
"""Dollars a contract and side of VX and VXM (quant.md 2.8)."""

FUND_HALF_SPREAD = 0.0005
"""Of VXX and UVXY shares, as a fraction of the price: two cents on a share of $20."""

FUND_SHARE = 25.0
"""Dollars: the share that widths and fees of fund options are those of; they scale with the split-adjusted price."""

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
    width = 0.10 + 0.75 * root
    if era == 1.0:
        width = 0.05 + 0.10 * root
    elif era > 0.0:
        early = log(width)
        width = exp(early + era * (log(0.05 + 0.10 * root) - early))
    return 0.5 * width * stress_multiplier(vix)


@lane_function
def vix_half_spread(price: float, vix: float) -> float:
    """Half the width of a VIX option at mid `price`: 0.05 + 0.08 sqrt p, in all eras."""
    return 0.5 * (0.05 + 0.08 * square_root(price)) * stress_multiplier(vix)


@lane_function
def future_half_spread(vix: float) -> float:
    """Half the width of a VIX future: 0.05 in calm markets, 0.2 at VIX 40 and 0.45 at 60 (quant.md 2.8)."""
    multiplier = stress_multiplier(vix)
    return 0.025 * (multiplier * multiplier)


@lane_function
def fund_option_half_spread(price: float, share: float, vix: float) -> float:
    """Half the width of a VXX or UVXY option at mid `price` on a share at `share`, fee included: the VIX option's, on a share of $25."""
    scale = share / FUND_SHARE
    width = 0.05 + 0.08 * square_root(divide(price, scale))
    return scale * (0.5 * width * stress_multiplier(vix) + FEE_PER_OPTION / 100.0)


@lane_function
def crowd_factor(vix: float, previous_vix: float) -> float:
    """What `costs crowded` multiplies half spreads by (quant.md T18): a quarter more in calm, more with every point above VIX 20, and twice
    that on days on which the VIX moved by more than 20 % in logs. An unknown `previous_vix` counts as no move."""
    slip = 0.25 + 0.25 * maximum(0.0, vix - CALM_VIX) / 10.0
    moved = absolute(log(divide(vix, previous_vix))) > 0.2
    return 1.0 + select(moved, 2.0, 1.0) * slip
