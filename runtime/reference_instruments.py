"""What can be held: contracts, what one of them is worth in hundreds of dollars, what it costs to trade, and the expiries listed.

A price times a leg's weight is what one structure pays for it, in hundreds of dollars: 10 a VX future, 1 a VXM or an option, 0.01 a share.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import field, frozen

from alvh.compiler.ir import MULTIPLIERS, Product, Right
from alvh.grammar.diagnostics import InternalError
from alvh.runtime.pricing import costs
from alvh.runtime.reference_streams import UNKNOWN, is_unknown

FUTURES: frozenset[str] = frozenset({"VX", "VXM"})
FUNDS: Mapping[str, str] = {"VXX": "vxx", "UVXY": "uvxy"}
"""Series of a share's price, by product."""
SHARES: Mapping[str, str] = {"SPX": "spx", **FUNDS}
TABLES: Mapping[str, str] = {"SPX": "SPX", "VIX": "VIX", "VX": "VIX", "VXM": "VIX", "VXX": "funds", "UVXY": "funds"}
"""The table of expiries in which a product's stand."""

FEES: Mapping[tuple[str, bool], float] = {
    ("SPX", True): costs.FEE_PER_OPTION,
    ("VIX", True): costs.FEE_PER_OPTION,
    ("VX", False): costs.FEE_PER_FUTURE,
    ("VXM", False): costs.FEE_PER_MINI_FUTURE,
}
"""Dollars a contract and side, by product and whether it is an option; what is not named has none (quant.md 2.8)."""


@frozen
class Expiry:
    """One line of a table of expiries; `number` is its place in it."""

    number: int
    settle_day: int
    settle_bar: int
    listed_bar: int
    monthly: bool
    am: bool
    month_index: int


def strike_compared(strike: float) -> float:
    """Two contracts without strike are alike."""
    return -1.0 if is_unknown(strike) else strike


@frozen
class Contract:
    """One listed option or future, or a share."""

    product: Product
    right: Right
    expiry: Expiry | None
    """None for shares."""
    strike: float = field(default=UNKNOWN, eq=strike_compared)
    """Of options; else unknown."""

    @property
    def is_option(self) -> bool:
        return self.right in ("call", "put")

    @property
    def is_call(self) -> bool:
        return self.right == "call"

    @property
    def is_future(self) -> bool:
        return self.right == "future"

    @property
    def settlement(self) -> Expiry:
        """The expiry of what has one."""
        if self.expiry is None:
            raise InternalError("a share was asked when it settles")
        return self.expiry

    def weight(self, ratio: int) -> float:
        return ratio * (MULTIPLIERS[self.product, self.is_option] / 100.0)

    def payoff(self, price: float) -> float:
        """An option's payoff at expiry, in points."""
        value = price - self.strike if self.is_call else self.strike - price
        return value if value > 0.0 else 0.0

    @property
    def settlement_series(self) -> str:
        """The row of the market on which it is paid."""
        if TABLES[self.product] == "VIX":
            return "vix_settlement"
        if self.product in FUNDS:
            return FUNDS[self.product]
        return "spx_am" if self.settlement.am else "spx"


@frozen
class Quote:
    """Mid and half spread of a contract in points; unknown where either is."""

    mid: float
    half: float
    right: Right

    @property
    def is_unknown(self) -> bool:
        return is_unknown(self.mid) or is_unknown(self.half)

    @property
    def bid(self) -> float:
        """Nothing paid for is sold below 0."""
        price = self.mid - self.half
        return price if price > 0.0 or self.right == "future" else 0.0

    @property
    def ask(self) -> float:
        return self.mid + self.half

    def bought(self, ratio: int) -> float:
        """What a leg of this sign trades at when the structure is bought."""
        return self.ask if ratio > 0 else self.bid

    def sold(self, ratio: int) -> float:
        """What a leg of this sign trades at when the structure is given up."""
        return self.bid if ratio > 0 else self.ask

    def off_mid_bought(self, ratio: int) -> float:
        """Distance to mid that a leg of this sign pays; an option cannot be sold below 0."""
        return self.half if ratio > 0 or self.right in ("future", "shares") else self.mid - self.bid

    def off_mid_sold(self, ratio: int) -> float:
        return self.off_mid_bought(-ratio)


def fee_of(contracts: Sequence[Contract], ratios: Sequence[int], charged: bool) -> float:
    """Dollars that one structure of these legs costs in fees, a side."""
    fee = 0.0
    for contract, ratio in zip(contracts, ratios, strict=True):
        fee = fee + abs(ratio) * (FEES.get((contract.product, contract.is_option), 0.0) if charged else 0.0)
    return fee
