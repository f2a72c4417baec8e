"""`fill next open`, `fill next close`: orders decided on one bar and executed on the next.

Decisions book what they trade, so that later layers see it as held; then the books are put back, and the orders wait
(docs/design/bar.md, "Fills later than the decision").
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from attrs import evolve, frozen

from alvh.compiler.ir import Program
from alvh.grammar.diagnostics import InternalError
from alvh.runtime.market import MarketArrays
from alvh.runtime.pricing.opening import at_the_open
from alvh.runtime.record import (
    BUDGET_SPENT,
    CLOSE,
    CUT_BY_CASH,
    DELTA_FLAGGED,
    KEEP,
    LESS_THAN_ONE,
    NO_BID,
    NO_PRICE,
    NO_REASON,
    REBALANCE,
    REFUSED,
    ROLL_OUT,
    ROLL_VOID,
    SETTLED_MEANWHILE,
    STILL_FULL,
    TRIM,
)
from alvh.runtime.reference_account import Ask, LayerState, Lot, structure_held
from alvh.runtime.reference_choosing import NO_PROXY, Structure, structure_of
from alvh.runtime.reference_instruments import Contract
from alvh.runtime.reference_journal import Row
from alvh.runtime.reference_ledger import Ledger, Purchase, Sale, SideRoll
from alvh.runtime.reference_market import MarketPath
from alvh.runtime.reference_prices import Prices
from alvh.runtime.reference_rolls import Rolls
from alvh.runtime.reference_sizes import affordable, reason_for_less, whole_contracts

VERB_OF_SALE = {TRIM: "trim", REBALANCE: "rebalance", KEEP: "keep"}
Waiting: TypeAlias = Sale | Purchase | SideRoll


@frozen
class _Books:
    """What decisions book and put back."""

    cash: float
    fees: float
    verbs: dict[str, int]
    layers: list[tuple[float, float, float, float, dict[int, Lot]]]


class LaterFills:
    """Puts decisions off: what they book is undone, and executed on the bar after."""

    def __init__(self, program: Program, arrays: MarketArrays, path: int, ledger: Ledger, rolls: Rolls) -> None:
        self.program = program
        self.ledger = ledger
        self.rolls = rolls
        self.market: MarketPath | None = None
        """At the open; None where orders fill at the close."""
        if program.fill == "next open":
            self.market = MarketPath(evolve(arrays, values=at_the_open(arrays).values), path)
        self.books: _Books | None = None
        self.done: set[int] = set()
        """Identities of the sales executed on this bar."""

    # Step 4: decisions are booked, then put back

    def begin(self) -> None:
        ledger = self.ledger
        layers = [
            (state.balance, state.realized, state.gains, state.flow, {slot: lot.copied() for slot, lot in state.lots.items()})
            for state in ledger.layers
        ]
        for state in ledger.layers:
            state.shifted = 0.0
        self.books = _Books(ledger.cash, ledger.fees, dict(ledger.verbs), layers)
        ledger.defers = True

    def put_back(self) -> None:
        ledger, books = self.ledger, self.books
        if books is None:
            raise InternalError("books are put back that nobody kept")
        ledger.defers = False
        ledger.cash, ledger.fees = books.cash, books.fees
        # Shares of a budget are shifted at once.
        ledger.verbs = {**books.verbs, "shift": ledger.verbs["shift"]}
        for state, (balance, realized, gains, flow, lots) in zip(ledger.layers, books.layers, strict=True):
            for slot, lot in lots.items():
                # What a proxy stands for is no order either.
                now = state.lots.get(slot)
                if now is not None and now.opened == lot.opened:
                    lot.ends = now.ends
            state.balance = balance + state.shifted
            state.realized, state.gains, state.flow, state.lots = realized, gains, flow, lots

    # Step 2a: orders are executed

    def execute(self) -> None:
        ledger = self.ledger
        at_close = ledger.prices
        if self.market is not None:
            ledger.prices = Prices(self.market, ledger.bar, self.program.costs, before=ledger.market)
        waiting, ledger.waiting = ledger.waiting, []
        self.done = set()
        for order in waiting:
            match order:
                case Sale():
                    self.sell(order)
                case Purchase() if order.ask.enlarges:
                    self.enlarge(order)
                case Purchase():
                    self.buy(order, waiting)
                case SideRoll():
                    self.strike_anew(order)
        ledger.prices = at_close

    def void(self, row: Row, code: int) -> None:
        self.ledger.rows.append(evolve(row, bar=self.ledger.bar, action=REFUSED, cut=code, filled=0.0, cost=0.0))

    def lot_of(self, state: LayerState, slot: int) -> Lot | None:
        """The lot of an order, unless it or one of its legs settled today; another may stand in its slot since."""
        lot = state.lots.get(slot)
        return None if lot is None or lot.opened == self.ledger.bar or _settles(lot.contracts, self.ledger.bar) else lot

    def mark(self, state: LayerState, lot: Lot) -> bool:
        """Mark a lot at the prices of the fill; False, and nothing done, where a leg has none."""
        prices = self.ledger.prices
        quotes = [prices.quote(leg.contract) for leg in lot.live]
        if any(quote.is_unknown for quote in quotes):
            return False
        for leg, quote in zip(lot.live, quotes, strict=True):
            if leg.is_future:
                self.ledger.pay_variation(state, lot, leg, quote.mid)
            leg.mark = quote.mid
        lot.follow_prices(prices, state.is_naked)
        return True

    def ready(self, state: LayerState, slot: int, row: Row) -> Lot | None:
        """The lot of an order, marked; None where the order is void, which is said."""
        lot = self.lot_of(state, slot)
        if lot is None:
            self.void(row, SETTLED_MEANWHILE)
            return None
        if not self.mark(state, lot):
            self.void(row, NO_PRICE)
            return None
        return lot

    def sell(self, sale: Sale) -> None:
        state, order = sale.layer, sale.order
        if self.ready(state, order.slot, sale.row) is None:
            return
        self.done.add(id(sale))
        self.ledger.sell(state, order, sale.sold, sale.action, sale.asked, sale.left)
        self.ledger.verbs[self.verb_of(sale)] += 1

    def verb_of(self, sale: Sale) -> str:
        rule = sale.order.rule
        if sale.action == CLOSE:
            return "unwind" if rule is not None and rule.verb == "unwind" else "close"
        if sale.action == ROLL_OUT:
            return "roll" if rule is None or rule.into in (-1, sale.layer.number) else "roll into"
        return VERB_OF_SALE[sale.action]

    def enlarge(self, purchase: Purchase) -> None:
        ask = purchase.ask
        lot = self.ready(ask.layer, ask.order.slot, purchase.row)
        if lot is not None:
            self.cut_and_fill(purchase, structure_held(lot, self.ledger.prices, ask.layer.is_naked))

    def buy(self, purchase: Purchase, waiting: Iterable[Waiting]) -> None:
        ask, row, ledger = purchase.ask, purchase.row, self.ledger
        state, decided = ask.layer, ask.structure
        if not self.replaces_what_was_sold(ask, waiting):
            self.void(row, ROLL_VOID)
        elif _settles(decided.contracts, ledger.bar, or_before=True):
            self.void(row, SETTLED_MEANWHILE)
        else:
            naked = state.is_naked and decided.proxy == NO_PROXY
            structure = structure_of(
                decided.contracts,
                decided.ratios,
                ledger.prices,
                naked,
                scale=decided.scale,
                proxy=decided.proxy,
                ends=decided.ends,
            )
            if any(quote.is_unknown for quote in structure.quotes):
                self.void(row, NO_PRICE)
            elif ask.kind != "roll" and _is_full(ask):
                self.void(row, NO_BID if structure.lacks_a_bid else STILL_FULL)
            else:
                self.cut_and_fill(purchase, structure)

    def replaces_what_was_sold(self, ask: Ask, waiting: Iterable[Waiting]) -> bool:
        """Whether the lot that a roll gives up could be sold; true of what is no roll."""
        if ask.kind not in ("roll", "incoming"):
            return True
        layer, slot = (ask.layer.number, ask.order.slot) if ask.kind == "roll" else ask.order.gives_up
        return any(
            isinstance(order, Sale)
            and order.action == ROLL_OUT
            and (order.layer.number, order.order.slot) == (layer, slot)
            and id(order) in self.done
            for order in waiting
        )

    def cut_and_fill(self, purchase: Purchase, structure: Structure) -> None:
        """Buy as much of what was decided as balance, cash and margin bear at these prices."""
        ledger, state = self.ledger, purchase.ask.layer
        if structure.lacks_a_bid:
            self.void(purchase.row, NO_BID)
            return
        ask = evolve(purchase.ask, structure=structure, band=None)
        wanted, code, reason = purchase.structures, reason_for_less(ask), LESS_THAN_ONE
        if state.budgeted and structure.debit * 100.0 + structure.fee > 0.0:
            payable = affordable(state, structure)
            if wanted > payable:
                wanted, reason = payable, BUDGET_SPENT
        available = ledger.available_cash()
        if ask.need > 0.0 and wanted * ask.need > available:
            wanted = (available if available > 0.0 else 0.0) / ask.need
            code = reason = CUT_BY_CASH
        bought = whole_contracts(wanted, self.program.whole_contracts)
        if bought == 0.0:
            self.void(purchase.row, reason)
        else:
            ledger.fill(ask, bought, code)

    def strike_anew(self, roll: SideRoll) -> None:
        state, order, prices = roll.layer, roll.order, self.ledger.prices
        lot = self.ready(state, order.slot, roll.row)
        if lot is None:
            return
        side = [number for number, leg in enumerate(lot.legs) if leg.alive and number in roll.legs]
        old = [lot.legs[number] for number in side]
        new = structure_of([roll.legs[number] for number in side], [leg.ratio for leg in old], prices, state.is_naked)
        if any(quote.is_unknown for quote in new.quotes) or new.lacks_a_bid:
            self.void(roll.row, NO_PRICE if any(quote.is_unknown for quote in new.quotes) else NO_BID)
            return
        after = self.rolls.legs_after(lot, side, new)
        floating = self.rolls.floating_of(after, state.is_naked)
        refusal = self.rolls.refusal_of_money(state, lot, old, new, after, floating)
        if refusal != NO_REASON:
            self.void(roll.row, refusal)
            return
        self.ledger.strike_anew(state, order, old, new, floating, DELTA_FLAGGED if roll.flagged else NO_REASON)
        self.ledger.verbs["roll"] += 1


def _settles(contracts: Iterable[Contract], bar: int, *, or_before: bool = False) -> bool:
    bars = [contract.expiry.settle_bar for contract in contracts if contract.expiry is not None]
    return any(settle_bar == bar or (or_before and settle_bar < bar) for settle_bar in bars)


def _is_full(ask: Ask) -> bool:
    """Whether the layer still holds a lot that was to make room."""
    state = ask.layer
    if state.layer.states_at_most:
        return len(state.lots) >= state.layer.at_most
    return ask.own and any(lot.own for lot in state)
