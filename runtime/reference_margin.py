"""What positions bind beside what they cost (quant.md 2.4, 2.9). Points of one structure, that is hundreds of dollars."""

from __future__ import annotations

from collections.abc import Sequence

from alvh.runtime.reference_instruments import Contract
from alvh.runtime.reference_prices import Prices
from alvh.runtime.reference_streams import larger

FUTURE_SHARE = 0.45
LEAST_OF_FUTURE = 5.0
"""Points of a VX: $5,000."""
NAKED_SHARE = 0.2
LEAST_NAKED_SHARE = 0.1


def worst_loss(contracts: Sequence[Contract], ratios: Sequence[int]) -> float:
    """Largest loss of the options' payoff over settlement prices 0 and each strike, premium aside; underlying by underlying, added."""
    worst = 0.0
    for product in ("SPX", "VIX", "VXX", "UVXY"):
        options = [
            (contract, contract.weight(ratio))
            for contract, ratio in zip(contracts, ratios, strict=True)
            if contract.is_option and contract.product == product
        ]
        worst = worst + _worst_of_one_underlying(options)
    return worst


def _worst_of_one_underlying(options: Sequence[tuple[Contract, float]]) -> float:
    worst = 0.0
    for price in (0.0, *(contract.strike for contract, _ in options)):
        value = 0.0
        for contract, weight in options:
            value = value + weight * contract.payoff(price)
        if -value > worst:
            worst = -value
    return worst


def floating_margin(contracts: Sequence[Contract], ratios: Sequence[int], mids: Sequence[float], prices: Prices, naked: bool) -> float:
    """Margin that follows the prices of the day: of futures, and of what a layer sells against another's contracts, which brokers hold
    naked because each expiry has a future of its own."""
    margin = 0.0
    for contract, ratio, mid in zip(contracts, ratios, mids, strict=True):
        weight = abs(contract.weight(ratio))
        if contract.is_future:
            margin = margin + weight * larger(FUTURE_SHARE * mid, LEAST_OF_FUTURE)
        elif naked and contract.is_option and ratio < 0:
            margin = margin + weight * (mid + _beyond_premium(contract, prices))
    return margin


def _beyond_premium(contract: Contract, prices: Prices) -> float:
    """20 % of the underlying less what the option is out of the money, at least 10 % of it."""
    underlying = prices.forward(contract.product, contract.settlement)
    out = contract.strike - underlying if contract.is_call else underlying - contract.strike
    return larger(NAKED_SHARE * underlying - larger(out, 0.0), LEAST_NAKED_SHARE * underlying)
