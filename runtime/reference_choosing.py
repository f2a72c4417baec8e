"""Which listed contracts a layer's legs mean on one bar: docs/design/bar.md, section "Choosing"."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import field, frozen

from alvh.compiler.ir import Expiry as ExpiryChoice
from alvh.compiler.ir import Layer, Leg
from alvh.grammar.diagnostics import InternalError
from alvh.runtime.pricing import strikes
from alvh.runtime.record import NO_BID, NO_EXPIRY, NO_PRICE, NO_REASON, NO_STRIKE
from alvh.runtime.reference_market import Contract, Expiry, MarketPath, Prices, Product, Quote
from alvh.runtime.reference_streams import UNKNOWN, is_unknown

REFUSED_DELTA_GAP = 0.10
FLAGGED_DELTA_GAP = 0.05


@frozen
class ChosenExpiries:
    """One expiry a leg, or none. `inside`: every range held one, which an open needs and a roll does not."""

    refusal: int
    inside: bool = True
    expiries: tuple[Expiry, ...] = ()

    @property
    def nearest(self) -> int:
        """Day of the first settlement."""
        return min(expiry.settle_day for expiry in self.expiries)


@frozen
class Structure:
    """Contracts that trade together and what one of them costs, in points except for the fee."""

    contracts: tuple[Contract, ...]
    ratios: tuple[int, ...]
    quotes: tuple[Quote, ...]
    fee: float
    """Dollars a structure."""
    debit: float = field(init=False)
    worst: float = field(init=False)

    @debit.default
    def _sum_prices(self) -> float:
        debit = 0.0
        for ratio, quote in zip(self.ratios, self.quotes, strict=True):
            debit = debit + ratio * quote.bought(ratio)
        return debit

    @worst.default
    def _find_worst(self) -> float:
        return worst_loss(self.contracts, self.ratios)

    @property
    def lacks_a_bid(self) -> bool:
        """Whether a leg would be sold for nothing."""
        return any(ratio < 0 and not quote.bid > 0.0 for ratio, quote in zip(self.ratios, self.quotes, strict=True))


@frozen
class Choice:
    """What a layer would buy today: a structure, or why there is none."""

    expiries: ChosenExpiries
    refusal: int
    structure: Structure | None = None
    flagged: bool = False
    """A strike lies off its delta by more than 0.05."""


def worst_loss(contracts: Sequence[Contract], ratios: Sequence[int]) -> float:
    """Largest loss of the payoff over settlement prices 0 and each strike, premium aside, in points."""
    worst = 0.0
    for price in (0.0, *(contract.strike for contract in contracts)):
        value = 0.0
        for contract, ratio in zip(contracts, ratios, strict=True):
            value = value + ratio * contract.payoff(price)
        if -value > worst:
            worst = -value
    return worst


def choose_expiries(legs: Sequence[Leg], prices: Prices) -> ChosenExpiries:
    chosen: dict[int, Expiry] = {}
    inside = True
    for number, leg in enumerate(legs):
        if leg.expiry.manner == "same":
            continue
        expiry, in_range = _nearest_expiry(leg.expiry, leg.product, prices)
        if expiry is None:
            return ChosenExpiries(NO_EXPIRY)
        chosen[number] = expiry
        inside = inside and in_range
    for number in range(len(legs)):
        origin = number
        while legs[origin].expiry.manner == "same":
            origin = legs[origin].expiry.reference
        if legs[origin].product != legs[number].product:
            raise InternalError("a leg takes its expiry from a leg of another product")
        chosen[number] = chosen[origin]
    return ChosenExpiries(NO_REASON, inside, tuple(chosen[number] for number in range(len(legs))))


def _nearest_expiry(wish: ExpiryChoice, product: Product, prices: Prices) -> tuple[Expiry | None, bool]:
    """The expiry, and whether it lies where it was wished."""
    market, bar = prices.market, prices.bar
    monthly_only = wish.monthly_only or wish.manner == "month"
    tradable = [expiry for expiry in prices.tradable(product) if expiry.monthly or not monthly_only]
    if wish.manner == "month":
        rank = int(wish.low)
        return (tradable[rank - 1], True) if len(tradable) >= rank else (None, False)
    if wish.manner == "days":
        return _closest(tradable, wish.low, market, bar), True
    middle = (wish.low + wish.high) / 2.0
    in_range = [expiry for expiry in tradable if wish.low <= market.days_to(expiry, bar) <= wish.high]
    return _closest(in_range or tradable, middle, market, bar), bool(in_range)


def _closest(expiries: Sequence[Expiry], days: float, market: MarketPath, bar: int) -> Expiry | None:
    """The least distance in calendar days; of two alike the earlier, which stands first."""
    return min(expiries, key=lambda expiry: abs(market.days_to(expiry, bar) - days), default=None)


def choose_legs(layer: Layer, prices: Prices, values: Sequence[float], fee_per_contract: float) -> Choice:
    """The layer's contracts by its rules today. `values` are the streams."""
    expiries = choose_expiries(layer.legs, prices)
    if expiries.refusal != NO_REASON:
        return Choice(expiries, expiries.refusal)
    found: dict[int, float] = {}
    flagged = False
    for number in range(len(layer.legs)):
        refusal, odd = _find_strike(number, layer.legs, expiries.expiries, prices, values, found)
        if refusal != NO_REASON:
            return Choice(expiries, refusal)
        flagged = flagged or odd
    contracts = tuple(
        Contract(leg.product, leg.right == "call", expiry, found[number])
        for number, (leg, expiry) in enumerate(zip(layer.legs, expiries.expiries, strict=True))
    )
    quotes = tuple(prices.quote(contract) for contract in contracts)
    if any(quote.is_unknown for quote in quotes):
        return Choice(expiries, NO_PRICE)
    ratios = tuple(leg.ratio for leg in layer.legs)
    structure = Structure(contracts, ratios, quotes, fee_per_contract * sum(abs(ratio) for ratio in ratios))
    if structure.lacks_a_bid:
        return Choice(expiries, NO_BID)
    return Choice(expiries, NO_REASON, structure, flagged)


def _find_strike(
    number: int, legs: Sequence[Leg], expiries: Sequence[Expiry], prices: Prices, values: Sequence[float], found: dict[int, float]
) -> tuple[int, bool]:
    """Put the strike of a leg, and of those that it refers to, into `found`; the refusal, and whether the delta is off."""
    if number in found:
        return NO_REASON, False
    leg, expiry = legs[number], expiries[number]
    is_call = leg.right == "call"
    wish = values[leg.strike.value]
    flagged = False
    match leg.strike.manner:
        case "delta":
            terms = prices.terms(leg.product, expiry)
            if is_unknown(wish):
                return NO_STRIKE, False
            if terms is None:
                return NO_PRICE, False
            solve = strikes.spx_strike_for_delta if leg.product == "SPX" else strikes.vix_strike_for_delta
            strike = float(solve(is_call, wish, *terms))
            gap = abs(prices.delta(Contract(leg.product, is_call, expiry, strike)) - wish) if strike > 0.0 else UNKNOWN
            if not gap <= REFUSED_DELTA_GAP:
                return NO_STRIKE, False
            flagged = gap > FLAGGED_DELTA_GAP
        case "forward":
            forward = prices.forward(leg.product, expiry)
            if is_unknown(forward) and not is_unknown(wish):
                return NO_PRICE, False
            strike = _nearest_strike(leg.product, wish * forward)
        case "strike":
            strike = _nearest_strike(leg.product, wish)
        case "below" | "above":
            refusal, flagged = _find_strike(leg.strike.reference, legs, expiries, prices, values, found)
            if refusal != NO_REASON:
                return refusal, False
            reference = found[leg.strike.reference]
            strike = _nearest_strike(leg.product, reference - wish if leg.strike.manner == "below" else reference + wish)
    if not strike > 0.0:
        return NO_STRIKE, False
    found[number] = strike
    return NO_REASON, flagged


def _nearest_strike(product: Product, price: float) -> float:
    """The listed strike; unknown where the price is."""
    if is_unknown(price):
        return UNKNOWN
    return float(strikes.nearest_spx_strike(price) if product == "SPX" else strikes.nearest_vix_strike(price))
