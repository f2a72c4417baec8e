"""What a broker asks for a position (quant.md 2.4 and 2.9, docs/design/instruments.md), in dollars, from the product and its prices alone.
Written apart from both engines: an option's own forward is read out of a call and a put by parity."""

from __future__ import annotations

from collections.abc import Callable

from replay import Legs, worst_loss

from alvh.runtime.reference_instruments import Contract

Mid = Callable[[Contract], float]
"""Model price of a contract on the day asked about."""

OF_FUTURE, LEAST_A_VX, LEAST_A_VXM = 0.45, 5_000.0, 500.0
"""Initial margin floats: 45 % of what the future is worth, at least $5,000 for $1,000 a point."""
FUTURE_DOLLARS = {"VX": 1_000.0, "VXM": 100.0}
LEAST = {"VX": LEAST_A_VX, "VXM": LEAST_A_VXM}
OPTION_DOLLARS = 100.0


def forward_of(contract: Contract, mid: Mid) -> float:
    """The forward of an option's own expiry: C - P falls by the discount a point of strike, and is 0 at the forward."""
    low, high = 0.9 * contract.strike, 1.1 * contract.strike

    def call_less_put(strike: float) -> float:
        call, put = (Contract(contract.product, right, contract.expiry, strike) for right in ("call", "put"))
        return mid(call) - mid(put)

    discount = (call_less_put(low) - call_less_put(high)) / (high - low)
    return low + call_less_put(low) / discount


def naked_option(contract: Contract, mid: Mid) -> float:
    """Of one option sold: its premium, and 20 % of the underlying less what it is out of the money, at least 10 %."""
    underlying = forward_of(contract, mid)
    strike = contract.strike
    out = max(strike - underlying if contract.right == "call" else underlying - strike, 0.0)
    return (mid(contract) + max(0.20 * underlying - out, 0.10 * underlying)) * OPTION_DOLLARS


def future(contract: Contract, mid: Mid) -> float:
    """Of one future, bought or sold."""
    product = str(contract.product)
    return max(OF_FUTURE * mid(contract) * FUTURE_DOLLARS[product], LEAST[product])


def margin_of_structure(legs: Legs, mid: Mid, is_written: bool) -> float:
    """Of one structure: the worst that the options of each underlying can cost at expiry, each future, and, where it is written against
    contracts of another expiry, each option sold as if it were naked."""
    options = [(ratio, contract) for ratio, contract in legs if contract.right in ("call", "put")]
    total = sum(
        worst_loss(tuple(leg for leg in options if leg[1].product == product)) * OPTION_DOLLARS
        for product in {contract.product for _, contract in options}
    )
    for ratio, contract in legs:
        if contract.right == "future":
            total += abs(ratio) * future(contract, mid)
        elif is_written and contract.right in ("call", "put") and ratio < 0:
            total += abs(ratio) * naked_option(contract, mid)
    return total
