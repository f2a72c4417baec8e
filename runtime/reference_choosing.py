"""Which listed contracts a layer's legs mean on one bar: docs/design/bar.md, section "Choosing"; and what stands in for them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from attrs import evolve, field, frozen

from alvh.compiler.ir import Expiry as ExpiryWish
from alvh.compiler.ir import Layer, Leg, Product, Rule
from alvh.grammar.diagnostics import InternalError
from alvh.runtime.pricing import strikes
from alvh.runtime.record import NO_BID, NO_EXPIRY, NO_PRICE, NO_REASON, NO_STRIKE
from alvh.runtime.reference_beta import beta_to_first_future, share_to_first_future
from alvh.runtime.reference_instruments import FUNDS, TABLES, Contract, Expiry, Quote, fee_of
from alvh.runtime.reference_margin import floating_margin, worst_loss
from alvh.runtime.reference_market import MarketPath
from alvh.runtime.reference_prices import Prices
from alvh.runtime.reference_streams import UNKNOWN, is_unknown

REFUSED_DELTA_GAP = 0.10
FLAGGED_DELTA_GAP = 0.05
NO_PROXY = -1


@frozen
class ChosenExpiries:
    """One expiry a leg (None for shares), or nothing. `inside`: every range held one, which an open needs and a roll does not."""

    refusal: int
    inside: bool = True
    expiries: tuple[Expiry | None, ...] = ()

    @property
    def nearest(self) -> float:
        """Day of the first settlement; infinite for shares alone."""
        return nearest_of(self.expiries)


def nearest_of(expiries: Sequence[Expiry | None]) -> float:
    return min((float(expiry.settle_day) for expiry in expiries if expiry is not None), default=math.inf)


@frozen
class Structure:
    """Contracts that trade together and what one of them costs, in points except for the fee."""

    contracts: tuple[Contract, ...]
    ratios: tuple[int, ...]
    quotes: tuple[Quote, ...]
    fee: float
    """Dollars a structure."""
    floating: float
    """Margin that follows the prices, before `scale`."""
    scale: float = 1.0
    """How much of these legs one structure holds: other than 1 only where shares stand in for other legs."""
    proxy: int = NO_PROXY
    sized_by: Structure | None = None
    """What money and loss are measured by, where it is not this structure: the legs that a proxy stands in for."""
    debit: float = field(init=False)
    """What leaves the account at once: prices of what is paid for, half spreads of futures."""
    price: float = field(init=False)
    """Sum of the prices traded at, for readers."""
    measure: float = field(init=False)
    """What money sizes divide by: prices of what is paid for, contract values of futures."""
    off_mid: float = field(init=False)
    """Distance to mid that buying it pays."""
    worst: float = field(init=False)

    @debit.default
    def _sum_debit(self) -> float:
        debit = 0.0
        for contract, ratio, quote in self.legs:
            weight = contract.weight(ratio)
            debit = debit + (abs(weight) * quote.half if contract.is_future else weight * quote.bought(ratio))
        return self.scale * debit

    @price.default
    def _sum_prices(self) -> float:
        price = 0.0
        for contract, ratio, quote in self.legs:
            price = price + contract.weight(ratio) * quote.bought(ratio)
        return self.scale * price

    @measure.default
    def _sum_measure(self) -> float:
        measure = 0.0
        for contract, ratio, quote in self.legs:
            weight = contract.weight(ratio)
            measure = measure + (abs(weight) * quote.mid if contract.is_future else weight * quote.bought(ratio))
        return self.scale * measure

    @off_mid.default
    def _sum_off_mid(self) -> float:
        off_mid = 0.0
        for contract, ratio, quote in self.legs:
            off_mid = off_mid + abs(contract.weight(ratio)) * quote.off_mid_bought(ratio)
        return self.scale * off_mid

    @worst.default
    def _find_worst(self) -> float:
        return worst_loss(self.contracts, self.ratios)

    @property
    def legs(self) -> list[tuple[Contract, int, Quote]]:
        return list(zip(self.contracts, self.ratios, self.quotes, strict=True))

    @property
    def sizing(self) -> Structure:
        return self if self.sized_by is None else self.sized_by

    @property
    def nearest(self) -> float:
        return nearest_of([contract.expiry for contract in self.contracts])

    @property
    def lacks_a_bid(self) -> bool:
        """Whether an option would be sold for nothing."""
        return any(contract.is_option and ratio < 0 and not quote.bid > 0.0 for contract, ratio, quote in self.legs)

    def delta(self, prices: Prices) -> float:
        """Points a structure gains for a point of what its legs are on."""
        delta = 0.0
        for contract, ratio, _ in self.legs:
            delta = delta + contract.weight(ratio) * prices.signed_delta(contract)
        return delta * self.scale


def structure_of(
    contracts: Sequence[Contract],
    ratios: Sequence[int],
    prices: Prices,
    naked: bool,
    *,
    scale: float = 1.0,
    proxy: int = NO_PROXY,
    sized_by: Structure | None = None,
) -> Structure:
    """These legs at today's prices. `naked`: sold options are margined as if nothing covered them."""
    quotes = tuple(prices.quote(contract) for contract in contracts)
    floating = floating_margin(contracts, ratios, [quote.mid for quote in quotes], prices, naked)
    fee = fee_of(contracts, ratios, prices.charged) * scale
    return Structure(tuple(contracts), tuple(ratios), quotes, fee, floating, scale, proxy, sized_by)


@frozen
class Choice:
    """What a layer would buy today: a structure, or why there is none."""

    expiries: ChosenExpiries
    refusal: int
    structure: Structure | None = None
    flagged: bool = False
    """A strike lies off its delta by more than 0.05."""


# Expiries


def choose_expiries(legs: Sequence[Leg], prices: Prices) -> ChosenExpiries:
    chosen: dict[int, Expiry | None] = {}
    inside = True
    for number, leg in enumerate(legs):
        if leg.expiry is None:
            chosen[number] = None
        elif leg.expiry.manner != "same":
            expiry, in_range = _nearest_expiry(leg.expiry, leg.product, prices)
            if expiry is None:
                return ChosenExpiries(NO_EXPIRY)
            chosen[number] = expiry
            inside = inside and in_range
    for number in range(len(legs)):
        origin = _origin_of_expiry(number, legs)
        if TABLES[legs[origin].product] != TABLES[legs[number].product]:
            raise InternalError("a leg takes its expiry from a leg of another product")
        chosen[number] = chosen[origin]
    return ChosenExpiries(NO_REASON, inside, tuple(chosen[number] for number in range(len(legs))))


def _origin_of_expiry(number: int, legs: Sequence[Leg]) -> int:
    """The leg that says itself when it expires."""
    wish = legs[number].expiry
    return _origin_of_expiry(wish.reference, legs) if wish is not None and wish.manner == "same" else number


def _nearest_expiry(wish: ExpiryWish, product: Product, prices: Prices) -> tuple[Expiry | None, bool]:
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


def with_expiry(legs: Sequence[Leg], wish: ExpiryWish | None) -> tuple[Leg, ...]:
    """`roll to EXPIRY`: the legs with it in place of each expiry that they say themselves."""
    if wish is None:
        return tuple(legs)
    return tuple(leg if leg.expiry is None or leg.expiry.manner == "same" else evolve(leg, expiry=wish) for leg in legs)


# Legs


def choose(layer: Layer, prices: Prices, values: Sequence[float], to: ExpiryWish | None = None) -> Choice:
    """What the layer buys by its rules today: its own legs, or the first proxy whose condition holds. `values` are the streams."""
    choice = choose_legs(layer, prices, values, to)
    if choice.structure is None:
        return choice
    for number, rule in enumerate(layer.proxies):
        if _holds(rule, values):
            return _stand_in(choice, choice.structure, layer, number, prices)
    return evolve(choice, refusal=NO_BID, structure=None, flagged=False) if choice.structure.lacks_a_bid else choice


def _holds(rule: Rule, values: Sequence[float]) -> bool:
    return rule.condition < 0 or values[rule.condition] == 1.0


def choose_legs(layer: Layer, prices: Prices, values: Sequence[float], to: ExpiryWish | None) -> Choice:
    """The layer's own contracts; that what is sold has a bid is not looked at."""
    legs = with_expiry(layer.own_legs, to)
    expiries = choose_expiries(legs, prices)
    if expiries.refusal != NO_REASON:
        return Choice(expiries, expiries.refusal)
    refusal, found, flagged = find_strikes(legs, expiries.expiries, prices, values, {})
    if refusal != NO_REASON:
        return Choice(expiries, refusal)
    contracts = tuple(
        Contract(leg.product, leg.right, expiry, found[number])
        for number, (leg, expiry) in enumerate(zip(legs, expiries.expiries, strict=True))
    )
    structure = structure_of(contracts, [leg.ratio for leg in legs], prices, layer.cover >= 0)
    if any(quote.is_unknown for quote in structure.quotes):
        return Choice(expiries, NO_PRICE)
    return Choice(expiries, NO_REASON, structure, flagged)


def _stand_in(choice: Choice, primary: Structure, layer: Layer, number: int, prices: Prices) -> Choice:
    """A proxy in place of the primary legs: as many shares as follow the VIX alike, so that sizes may go on counting primary structures."""
    leg = layer.legs[len(layer.own_legs) + number]
    share = Contract(leg.product, leg.right, None)
    primary_beta = beta_to_first_future(zip(primary.contracts, primary.ratios, strict=True), prices)
    share_beta = share_to_first_future(share, leg.ratio, prices)
    scale = UNKNOWN if share_beta == 0.0 else primary_beta / share_beta
    if not scale > 0.0 or prices.quote(share).is_unknown:
        return Choice(choice.expiries, NO_PRICE)
    structure = structure_of((share,), (leg.ratio,), prices, False, scale=scale, proxy=number, sized_by=primary)
    return evolve(choice, structure=structure)


# Strikes


def find_strikes(
    legs: Sequence[Leg], expiries: Sequence[Expiry | None], prices: Prices, values: Sequence[float], held: Mapping[int, float]
) -> tuple[int, dict[int, float], bool]:
    """The refusal, the strikes by leg, and whether a delta is off. Legs in `held` have their strikes and keep them."""
    found = dict(held)
    flagged = False
    for number in range(len(legs)):
        refusal, odd = _find_strike(number, legs, expiries, prices, values, found)
        if refusal != NO_REASON:
            return refusal, found, False
        flagged = flagged or odd
    return NO_REASON, found, flagged


def _find_strike(
    number: int, legs: Sequence[Leg], expiries: Sequence[Expiry | None], prices: Prices, values: Sequence[float], found: dict[int, float]
) -> tuple[int, bool]:
    """Put the strike of a leg, and of those that it refers to, into `found`; the refusal, and whether the delta is off."""
    if number in found:
        return NO_REASON, False
    leg, expiry = legs[number], expiries[number]
    if leg.strike is None or expiry is None:
        found[number] = UNKNOWN
        return NO_REASON, False
    wish = values[leg.strike.value]
    flagged = False
    match leg.strike.manner:
        case "delta":
            terms = prices.terms(leg.product, expiry)
            if is_unknown(wish):
                return NO_STRIKE, False
            if terms is None:
                return NO_PRICE, False
            strike, delta = _strike_and_delta(leg, wish, terms)
            gap = abs(delta - wish) if strike > 0.0 else UNKNOWN
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


def _strike_and_delta(leg: Leg, wish: float, terms: Sequence[float]) -> tuple[float, float]:
    """The listed strike whose delta is nearest, and its delta."""
    if leg.product == "SPX":
        return strikes.spx_strike_and_delta(leg.right == "call", wish, *terms)
    solve = strikes.fund_strike_and_delta if leg.product in FUNDS else strikes.vix_strike_and_delta
    return solve(leg.right == "call", wish, *terms)


def _nearest_strike(product: Product, price: float) -> float:
    """The listed strike; unknown where the price is."""
    if is_unknown(price):
        return UNKNOWN
    if product in FUNDS:
        return float(strikes.nearest_fund_strike(price))
    return float(strikes.nearest_spx_strike(price) if product == "SPX" else strikes.nearest_vix_strike(price))
