"""How a structure moves with the VIX and with the index: what proxies and `net_beta` are reckoned with (quant.md 2.7, 3.2, T9)."""

from __future__ import annotations

from collections.abc import Iterable

from alvh.runtime.pricing import sensitivities
from alvh.runtime.reference_instruments import FUNDS, Contract
from alvh.runtime.reference_prices import Prices
from alvh.runtime.reference_streams import UNKNOWN

BETAS = {"VXX": "vxx_beta", "UVXY": "uvxy_beta"}
"""Series of how a share's price follows the VIX."""


def dollar_beta(legs: Iterable[tuple[Contract, int]], prices: Prices) -> float:
    """What one structure gains, in hundreds of dollars, while the index rises by all its value: Black's delta times the slope of what it
    is an option on. Unknown where a price, a slope or a delta is."""
    beta = 0.0
    for contract, ratio in legs:
        beta = beta + _of_leg(contract, contract.weight(ratio), prices)
    return beta


def _of_leg(contract: Contract, weight: float, prices: Prices) -> float:
    if contract.is_option:
        weight = weight * prices.signed_delta(contract)
    if contract.product == "SPX":
        return weight * prices.series("spx")
    if contract.product in FUNDS:
        return weight * prices.share(contract.product) * prices.series(BETAS[contract.product]) * prices.series("vix_beta")
    future = prices.market.future(contract.settlement, prices.bar)
    follows = prices.market.future_beta(contract.settlement, prices.bar)
    return weight * future * follows * prices.series("vix_beta")


# In units of the first future, which stands for the VIX that proxies have to replace


def beta_to_first_future(legs: Iterable[tuple[Contract, int]], prices: Prices) -> float:
    """Hundreds of dollars of one structure while VX1 rises by all its value; unknown where a leg is no VIX future and no VIX option."""
    beta = 0.0
    for contract, ratio in legs:
        beta = beta + contract.weight(ratio) * _leg_to_first_future(contract, prices)
    return beta


def _leg_to_first_future(contract: Contract, prices: Prices) -> float:
    if contract.right == "shares" or contract.product not in ("VX", "VXM", "VIX"):
        return UNKNOWN
    follows = prices.market.future_beta(contract.settlement, prices.bar) / sensitivities.future_beta(1)
    future = prices.market.future(contract.settlement, prices.bar)
    return prices.signed_delta(contract) * future * follows if contract.is_option else future * follows


def share_to_first_future(share: Contract, ratio: int, prices: Prices) -> float:
    """The same of one share of a fund."""
    follows = prices.series(BETAS[share.product]) / sensitivities.future_beta(1)
    return share.weight(ratio) * prices.share(share.product) * follows
