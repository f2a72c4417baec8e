"""Lots, layers and the account of the reference interpreter, and the attributes that streams read of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from attrs import define, field

from alvh.compiler.ir import Layer
from alvh.grammar.diagnostics import InternalError
from alvh.runtime.record import NO_REASON
from alvh.runtime.reference_choosing import Choice, Structure, worst_loss
from alvh.runtime.reference_market import Contract, Prices
from alvh.runtime.reference_streams import UNKNOWN, Recorder, is_unknown, larger, smaller


@define
class HeldLeg:
    """One leg of a lot. Prices in points."""

    contract: Contract
    ratio: int
    fill: float
    mark: float
    alive: bool = True


@define
class Lot:
    """Structures filled together."""

    structures: float
    opened: int
    """Bar."""
    own: bool
    """Opened by its layer; not rolled in from another."""
    fees: float
    legs: list[HeldLeg]
    recorder: Recorder
    worst: float = field(init=False)
    """Largest loss at expiry of one structure's live legs, in points."""
    realized: float = 0.0
    stale_bars: int = 0
    """How many bars in a row, up to this one, a leg had no price."""

    @worst.default
    def _find_worst(self) -> float:
        live = self.live
        return worst_loss([leg.contract for leg in live], [leg.ratio for leg in live])

    def settle(self, legs: Iterable[HeldLeg]) -> None:
        """These legs are no more."""
        for leg in legs:
            leg.alive = False
        self.worst = self._find_worst()

    @property
    def is_stale(self) -> bool:
        return self.stale_bars > 0

    @property
    def live(self) -> list[HeldLeg]:
        return [leg for leg in self.legs if leg.alive]

    @property
    def value(self) -> float:
        """Dollars at the marks."""
        points = 0.0
        for leg in self.live:
            points = points + leg.ratio * leg.mark
        return points * self.structures * 100.0

    @property
    def margin(self) -> float:
        return self.worst * self.structures * 100.0

    @property
    def cost(self) -> float:
        return larger(entry_of(self.legs), 0.0) * self.structures * 100.0

    @property
    def nearest(self) -> int:
        """Day of the next settlement."""
        return min(leg.contract.expiry.settle_day for leg in self.live)


def entry_of(legs: Iterable[HeldLeg]) -> float:
    """Points paid for one structure of these legs; a credit is negative."""
    entry = 0.0
    for leg in legs:
        entry = entry + leg.ratio * leg.fill
    return entry


@define
class Ask:
    """An order to buy, before it is known how much of it can be borne."""

    kind: str
    """`roll`, `incoming`, `open` or `rebalance`."""
    layer: LayerState
    slot: int
    """Of the lot rolled or rebalanced; -1 for a new one."""
    own: bool
    structure: Structure
    flagged: bool
    rule: int
    reads: Sequence[float]
    asked: float
    wanted: float
    balance_cut: bool
    limit_unknown: bool = False
    limit_cut: bool = False
    cash_cut: bool = False

    @property
    def need(self) -> float:
        """Cash and margin of one structure."""
        return self.structure.debit * 100.0 + self.structure.fee + self.structure.worst * 100.0

    @property
    def reserved(self) -> float:
        """What the ask takes of its layer's balance."""
        money = self.wanted * (self.structure.debit * 100.0 + self.structure.fee)
        return money if money > 0.0 else 0.0


@define
class Incoming:
    """A lot rolled into a layer by another, waiting for the layer's turn."""

    structures: float
    rule: int
    reads: Sequence[float]


@define
class LayerState:
    """A layer's lots and money."""

    number: int
    layer: Layer
    lots: dict[int, Lot] = field(factory=dict)
    """By slot."""
    balance: float = 0.0
    realized: float = 0.0
    gains: float = 0.0
    flow: float = 0.0
    last_refusal: int = NO_REASON

    # What follows is of today only.
    refused: bool = False
    opened: bool = False
    closed: bool = False
    rolled: bool = False
    lots_before: int = 0
    """Lots held at the start of its decisions."""
    own_before: int = 0
    rolled_away: int = 0
    own_rolled_away: int = 0
    incoming: list[Incoming] = field(factory=list)
    asks: list[Ask] = field(factory=list)
    choice: Choice | None = None

    def begin_decisions(self) -> None:
        self.refused = self.opened = self.closed = self.rolled = False
        self.lots_before = len(self.lots)
        self.own_before = sum(1 for lot in self.lots.values() if lot.own)
        self.rolled_away = self.own_rolled_away = 0
        self.incoming, self.asks, self.choice = [], [], None

    def end_decisions(self) -> None:
        if not self.refused:
            self.last_refusal = NO_REASON

    def by_slot(self) -> list[tuple[int, Lot]]:
        return sorted(self.lots.items(), key=lambda item: item[0])

    def __iter__(self) -> Iterator[Lot]:
        return iter([lot for _, lot in self.by_slot()])

    @property
    def value(self) -> float:
        return total(lot.value for lot in self)

    @property
    def contracts(self) -> float:
        return total(lot.structures for lot in self)

    def free_slot(self) -> int:
        """The lowest that neither a lot nor a roll still to be answered holds."""
        taken = {*self.lots, *(ask.slot for ask in self.asks)}
        return next(slot for slot in range(len(taken) + 1) if slot not in taken)


def total(values: Iterable[float]) -> float:
    """Added in order, from 0.0."""
    result = 0.0
    for value in values:
        result = result + value
    return result


def lots_of(layers: Iterable[LayerState]) -> Iterator[Lot]:
    for layer in layers:
        yield from layer


def lot_attribute(name: str, lot: Lot, prices: Prices) -> float:
    """The attribute as the lot stands now; `prices` are those of the bar."""
    q, market, bar = lot.structures, prices.market, prices.bar
    match name:
        case "value":
            return lot.value
        case "profit":
            return lot.value - entry_of(lot.live) * q * 100.0
        case "loss":
            return -(lot.value - entry_of(lot.live) * q * 100.0)
        case "margin":
            return lot.margin
        case "delta":
            return total(leg.ratio * prices.signed_delta(leg.contract) for leg in lot.live) * q * 100.0
        case "credit":
            return larger(-entry_of(lot.legs), 0.0) * q * 100.0
        case "cost":
            return lot.cost
        case "contracts":
            return q
        case "notional":
            return q * 100.0 * market.value("spx", bar)
        case "width_notional":
            return q * 100.0 * wider_wing(lot.legs)
        case "dte":
            return float(lot.nearest - market.sessions[bar])
        case "short_delta":
            return largest([prices.delta(leg.contract) for leg in lot.live if leg.ratio < 0])
        case "option_delta":
            first = lot.legs[0]
            return prices.delta(first.contract) if first.alive else UNKNOWN
        case "age":
            return float(bar - lot.opened)
    raise InternalError(f"a lot has no attribute {name!r}")


SUMMED = frozenset({"value", "profit", "loss", "margin", "delta", "credit", "cost", "contracts", "notional", "width_notional"})
GREATEST = frozenset({"short_delta", "option_delta", "age"})


def layer_attribute(name: str, state: LayerState, prices: Prices) -> float:
    if name in SUMMED:
        return total(lot_attribute(name, lot, prices) for lot in state)
    if name in GREATEST:
        return largest([lot_attribute(name, lot, prices) for lot in state])
    match name:
        case "dte":
            return least([lot_attribute(name, lot, prices) for lot in state])
        case "count":
            return float(len(state.lots))
        case "realized":
            return state.realized
        case "gains":
            return state.gains
        case "is_open":
            return 1.0 if state.lots else 0.0
        case "opens":
            return 1.0 if state.opened else 0.0
        case "closes":
            return 1.0 if state.closed else 0.0
        case "rolls":
            return 1.0 if state.rolled else 0.0
    raise InternalError(f"a layer has no attribute {name!r}")


def wider_wing(legs: Sequence[HeldLeg]) -> float:
    """The largest distance of two strikes of one right and expiry, in points."""
    widest = 0.0
    for leg in legs:
        for other in legs:
            if leg.contract.is_call == other.contract.is_call and leg.contract.expiry == other.contract.expiry:
                widest = larger(widest, leg.contract.strike - other.contract.strike)
    return widest


def largest(values: Sequence[float]) -> float:
    """Unknown if there is none, or one of them is."""
    result = UNKNOWN
    for number, value in enumerate(values):
        result = value if number == 0 else larger(result, value)
    return result


def least(values: Sequence[float]) -> float:
    result = UNKNOWN
    for number, value in enumerate(values):
        result = value if number == 0 else smaller(result, value)
    return result


def quick_ratio(cash: float, layers: Sequence[LayerState], prices: Prices) -> float:
    """Cash and what sells within a quarter of its mid, over short options due within 30 days and margin beyond cash."""
    liquid, due, margin = 0.0, 0.0, 0.0
    for lot in lots_of(layers):
        margin = margin + lot.margin
        for leg in lot.live:
            half = prices.half_spread(leg.contract.product, leg.mark)
            ask = leg.mark + half
            bid = leg.mark - half if leg.mark - half > 0.0 else 0.0
            if leg.ratio > 0 and ask - bid <= 0.25 * leg.mark:
                liquid = liquid + leg.ratio * bid * lot.structures * 100.0
            if leg.ratio < 0 and prices.market.days_to(leg.contract.expiry, prices.bar) <= 30.0:
                due = due + -leg.ratio * ask * lot.structures * 100.0
    uncovered = margin - cash if margin - cash > 0.0 else 0.0
    divisor = due + uncovered
    if divisor == 0.0:
        # Nothing is due: a book that is known not to be under stress.
        return math.inf
    return UNKNOWN if is_unknown(divisor) else (cash + liquid) / divisor
