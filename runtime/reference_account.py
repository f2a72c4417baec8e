"""Lots, layers and asks of the reference interpreter: what is held, what it is worth, what it binds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from attrs import define, evolve, field

from alvh.compiler.ir import Layer, Rule
from alvh.runtime.record import NO_REASON
from alvh.runtime.reference_choosing import NO_PROXY, Choice, Structure, nearest_of, structure_of
from alvh.runtime.reference_instruments import Contract
from alvh.runtime.reference_margin import floating_margin, worst_loss
from alvh.runtime.reference_prices import Prices
from alvh.runtime.reference_streams import Recorder, is_unknown, larger


@define
class HeldLeg:
    """One leg of a lot. Prices in points."""

    contract: Contract
    ratio: int
    fill: float
    """What it was traded at, half spread included, futures too."""
    mark: float
    alive: bool = True

    @property
    def weight(self) -> float:
        return self.contract.weight(self.ratio)

    @property
    def is_future(self) -> bool:
        """Not paid for: its gains and losses move cash day by day."""
        return self.contract.is_future


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
    floating: float
    """Margin of one unit that follows the prices, as of the last bar on which all legs had one; in points."""
    scale: float = 1.0
    """Units of the legs that one structure holds; other than 1 only for a proxy."""
    proxy: int = NO_PROXY
    ends: float = math.inf
    """Day on which a proxy has outlived what it stands for."""
    worst: float = field(init=False)
    """Largest loss at expiry of one unit's live options, in points."""
    opening_margin: float = field(init=False)
    """Worst loss and floating margin of one unit when it was opened, in points."""
    realized: float = 0.0
    stale_bars: int = 0
    """How many bars in a row, up to this one, a leg had no price."""
    acted: int = -1
    """Last bar on which a rule of its own wanted something of it."""

    @worst.default
    def _find_worst(self) -> float:
        live = self.live
        return worst_loss([leg.contract for leg in live], [leg.ratio for leg in live])

    @opening_margin.default
    def _margin_now(self) -> float:
        return self.worst + self.floating

    def copied(self) -> Lot:
        """A lot whose numbers may go their own way; what its streams remember is shared."""
        other = evolve(self, legs=[evolve(leg) for leg in self.legs])
        other.worst, other.opening_margin = self.worst, self.opening_margin
        return other

    def settle(self, legs: Iterable[HeldLeg]) -> None:
        """These legs are no more."""
        for leg in legs:
            leg.alive = False
        self.worst = self._find_worst()

    def replace(self, legs: Sequence[HeldLeg], floating: float) -> None:
        """Other contracts in the place of some."""
        self.legs = list(legs)
        self.worst = self._find_worst()
        self.floating = floating

    def follow_prices(self, prices: Prices, naked: bool) -> None:
        live = self.live
        contracts, ratios = [leg.contract for leg in live], [leg.ratio for leg in live]
        self.floating = floating_margin(contracts, ratios, [leg.mark for leg in live], prices, naked)

    @property
    def is_stale(self) -> bool:
        return self.stale_bars > 0

    @property
    def live(self) -> list[HeldLeg]:
        return [leg for leg in self.legs if leg.alive]

    @property
    def contracts(self) -> tuple[Contract, ...]:
        """Of all legs, settled ones too."""
        return tuple(leg.contract for leg in self.legs)

    @property
    def units(self) -> float:
        return self.structures * self.scale

    @property
    def value(self) -> float:
        """Dollars at the marks of what was paid for."""
        points = 0.0
        for leg in self.live:
            if not leg.is_future:
                points = points + leg.weight * leg.mark
        return points * self.units * 100.0

    @property
    def profit(self) -> float:
        """Dollars on the live legs since they were filled."""
        return (self.value - entry_of(self.live) * self.units * 100.0) + carried_of(self.live) * self.units * 100.0

    @property
    def margin(self) -> float:
        return (self.worst + self.floating) * self.units * 100.0

    @property
    def cost(self) -> float:
        return larger(entry_of(self.legs), 0.0) * self.units * 100.0

    @property
    def nearest(self) -> float:
        """Day of the next settlement, or of a proxy's end; infinite where nothing settles."""
        return self.ends if self.proxy != NO_PROXY else nearest_of([leg.contract.expiry for leg in self.live])


def entry_of(legs: Iterable[HeldLeg]) -> float:
    """Points paid for one unit of these legs; a credit is negative. Futures are not paid for."""
    entry = 0.0
    for leg in legs:
        if not leg.is_future:
            entry = entry + leg.weight * leg.fill
    return entry


def carried_of(legs: Iterable[HeldLeg]) -> float:
    """Points that the futures among these legs have gained since they were filled."""
    carried = 0.0
    for leg in legs:
        if leg.is_future:
            carried = carried + leg.weight * (leg.mark - leg.fill)
    return carried


def structure_held(lot: Lot, prices: Prices, naked: bool) -> Structure:
    """The lot's live legs at today's prices."""
    live = lot.live
    contracts, ratios = [leg.contract for leg in live], [leg.ratio for leg in live]
    return structure_of(contracts, ratios, prices, naked, scale=lot.scale, proxy=lot.proxy)


@define
class Band:
    """A `keep` on one bar: what is left to do, in dollars of the index."""

    gap: float = 0.0


@define
class Order:
    """What a rule asks for today, of which lot (-1: of none), and what the journal shows that it read."""

    rule: Rule | None
    slot: int = -1
    reads: Sequence[float] = ()
    gives_up: tuple[int, int] = (-1, -1)
    """Layer and slot of the lot that was rolled into this layer."""


@define
class Ask:
    """An order to buy, before it is known how much of it can be borne."""

    kind: str
    """`roll`, `incoming`, `open`, `rebalance`, `add` or `keep`."""
    layer: LayerState
    order: Order
    own: bool
    structure: Structure
    flagged: bool
    asked: float
    wanted: float
    by_size: bool
    """Whether the layer's size says how much."""
    balance_cut: bool = False
    cover_cut: bool = False
    limit_unknown: bool = False
    limit_cut: bool = False
    cash_cut: bool = False
    draws_on: int = -1
    """`add from L.gains`: the layer L."""
    band: Band | None = None
    unit_beta: float = 0.0
    """Dollars of the index that one structure stands for in `band`."""

    @property
    def enlarges(self) -> bool:
        """Whether it buys more of a lot that is held."""
        return self.kind in ("rebalance", "keep") and self.order.slot >= 0

    @property
    def need(self) -> float:
        """Cash and margin of one structure."""
        structure = self.structure
        margin = (structure.worst + structure.floating) * 100.0
        return structure.debit * 100.0 + structure.fee + margin

    @property
    def reserved(self) -> float:
        """What the ask takes of its layer's balance."""
        money = self.wanted * (self.structure.debit * 100.0 + self.structure.fee)
        return money if money > 0.0 else 0.0

    @property
    def drawn(self) -> float:
        """What it reserves of the gains it draws on."""
        return self.wanted * self.structure.sizing.measure * 100.0 if self.wanted > 0.0 else 0.0


@define
class Incoming:
    """A lot rolled into a layer by another, waiting for the layer's turn."""

    structures: float
    order: Order


@define
class LayerState:
    """A layer's lots and money."""

    number: int
    layer: Layer
    budgeted: bool
    """Whether it has a balance that bounds what it buys."""
    share: float
    """Of its group's budget, as the shifts left it."""
    lots: dict[int, Lot] = field(factory=dict)
    """By slot."""
    balance: float = 0.0
    realized: float = 0.0
    gains: float = 0.0
    flow: float = 0.0
    last_refusal: int = NO_REASON

    # What follows is of today only.
    shifted: float = 0.0
    """What shifts brought into the balance, since the layer's decisions were last put off."""
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
    choices: dict[int, Choice] = field(factory=dict)
    """By the rule that chooses expiries of its own, or 0."""

    def begin_decisions(self) -> None:
        self.refused = self.opened = self.closed = self.rolled = False
        self.lots_before = len(self.lots)
        self.own_before = sum(1 for lot in self.lots.values() if lot.own)
        self.rolled_away = self.own_rolled_away = 0
        self.incoming, self.asks, self.choices = [], [], {}

    def end_decisions(self) -> None:
        if not self.refused:
            self.last_refusal = NO_REASON

    def by_slot(self) -> list[tuple[int, Lot]]:
        return sorted(self.lots.items(), key=lambda item: item[0])

    def __iter__(self) -> Iterator[Lot]:
        return iter([lot for _, lot in self.by_slot()])

    @property
    def is_naked(self) -> bool:
        """`write ... against`: brokers margin what it sells as if nothing covered it (quant.md 2.9)."""
        return self.layer.cover >= 0

    @property
    def value(self) -> float:
        return total(lot.value for lot in self)

    @property
    def contracts(self) -> float:
        return total(lot.structures for lot in self)

    @property
    def has_room(self) -> bool:
        """For one more lot of its own."""
        if self.layer.states_at_most:
            return self.lots_before - self.rolled_away + len(self.incoming) < self.layer.at_most
        return self.own_before - self.own_rolled_away == 0

    def free_slot(self) -> int:
        """The lowest that neither a lot nor a roll still to be answered holds."""
        taken = {*self.lots, *(ask.order.slot for ask in self.asks)}
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


def quick_ratio(cash: float, layers: Sequence[LayerState], prices: Prices) -> float:
    """Cash and what sells within a quarter of its mid, over short options due within 30 days and margin beyond cash. No futures."""
    liquid, due, margin = 0.0, 0.0, 0.0
    for lot in lots_of(layers):
        margin = margin + lot.margin
        for leg in lot.live:
            if leg.is_future:
                continue
            half = prices.half_spread(leg.contract, leg.mark)
            ask = leg.mark + half
            bid = leg.mark - half if leg.mark - half > 0.0 else 0.0
            if leg.ratio > 0 and ask - bid <= 0.25 * leg.mark:
                liquid = liquid + leg.weight * bid * lot.units * 100.0
            if leg.ratio < 0 and leg.contract.is_option and prices.days_to(leg.contract) <= 30.0:
                due = due + -leg.weight * ask * lot.units * 100.0
    uncovered = margin - cash if margin - cash > 0.0 else 0.0
    divisor = due + uncovered
    if divisor == 0.0:
        # Nothing is due: a book that is known not to be under stress.
        return math.inf
    return math.nan if is_unknown(divisor) else (cash + liquid) / divisor
