"""The account and its journal: every movement of money, in the order in which it happens (docs/design/bar.md, steps 1, 2, 3, 5 and 6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from attrs import frozen

from alvh.compiler.ir import Program, Rule, rules_of
from alvh.runtime.pricing import costs
from alvh.runtime.record import (
    ADD,
    DELTA_FLAGGED,
    KEEP,
    NO_REASON,
    OPEN,
    REBALANCE,
    REFUSED,
    ROLL_IN,
    ROLL_OUT,
    SETTLE,
    SHIFT,
    VERBS,
)
from alvh.runtime.reference_account import Ask, HeldLeg, LayerState, Lot, Order, carried_of, entry_of, lots_of, total
from alvh.runtime.reference_choosing import NO_PROXY, Structure
from alvh.runtime.reference_instruments import Contract, fee_of
from alvh.runtime.reference_journal import Row
from alvh.runtime.reference_market import MarketPath
from alvh.runtime.reference_observer import Observer
from alvh.runtime.reference_prices import Prices
from alvh.runtime.reference_sizes import reason_for_less, reason_for_nothing, whole_contracts
from alvh.runtime.reference_streams import UNKNOWN, Recorder, is_unknown

NO_RULE = -1
ACTIONS = {"open": OPEN, "roll": ROLL_IN, "incoming": ROLL_IN, "rebalance": REBALANCE, "add": ADD, "keep": KEEP}
"""What the journal calls an ask that is filled."""
COUNTED_AT_FILL = ("open", "rebalance", "add", "keep")
"""Asks that count as their verb when filled; a roll counts when its old lot is sold."""


@frozen
class Sale:
    """A sale that waits for its fill."""

    layer: LayerState
    order: Order
    sold: float
    action: int
    asked: float
    left: float
    row: Row
    """As the journal would have had it at the decision."""


@frozen
class Purchase:
    """A purchase that waits for its fill, of so many structures at most."""

    ask: Ask
    structures: float
    row: Row


@frozen
class SideRoll:
    """Legs of a lot to be struck anew, that wait for it."""

    layer: LayerState
    order: Order
    legs: Mapping[int, Contract]
    """What comes in place of a leg, by its number."""
    flagged: bool
    row: Row


class Ledger:
    """Cash, the index held, the layers' lots, and the journal."""

    def __init__(self, program: Program, market: MarketPath, new_recorder: Callable[[int], Recorder]) -> None:
        self.program = program
        self.market = market
        self.new_recorder = new_recorder
        charged = program.costs != "none"
        self.index_half_spread = costs.INDEX_HALF_SPREAD if charged else 0.0

        self.cash = program.capital
        self.units_of_index = 0.0
        self.hold_flow = 0.0
        self.layers = [LayerState(number, layer, _is_budgeted(program, number), layer.share) for number, layer in enumerate(program.layers)]
        self.rules = rules_of(program)
        # By identity: two rules may read alike.
        self.rule_numbers = {id(rule): number for number, rule in enumerate(self.rules)}

        self.bar = 0
        self.prices = Prices(market, 0, program.costs)
        self.interest = 0.0
        self.fees = 0.0
        self.rows: list[Row] = []
        self.verbs = dict.fromkeys(VERBS, 0)
        self.stale_marks = self.unknown_prints = self.unknown_rates = 0
        self.observer: Observer | None = None
        self.defers = False
        """Whether trades are only decided: what they book is put back at the end of the bar, and they wait."""
        self.waiting: list[Sale | Purchase | SideRoll] = []

    def begin(self, bar: int) -> None:
        self.bar = bar
        self.prices = Prices(self.market, bar, self.program.costs)

    def number_of(self, rule: Rule | None) -> int:
        return NO_RULE if rule is None else self.rule_numbers[id(rule)]

    @property
    def rows_waiting(self) -> int:
        """Rows that the orders waiting would have had: of a side struck anew two."""
        return sum(2 if isinstance(order, SideRoll) else 1 for order in self.waiting)

    # 1 Publish

    def publish(self) -> None:
        rate = self.market.value("rate", self.bar - 1)
        if is_unknown(rate):
            self.unknown_rates += 1
            return
        sessions = self.market.sessions
        interest = self.cash * rate * (sessions[self.bar] - sessions[self.bar - 1]) / 360.0
        self.cash = self.cash + interest
        self.interest = self.interest + interest

    # 2 Settle

    def settle(self) -> None:
        for state in self.layers:
            for slot, lot in state.by_slot():
                settling = [leg for leg in lot.live if leg.contract.expiry is not None and leg.contract.expiry.settle_bar <= self.bar]
                if settling:
                    self.settle_legs(state, slot, lot, settling)

    def settle_legs(self, state: LayerState, slot: int, lot: Lot, settling: Sequence[HeldLeg]) -> None:
        """Options pay what they end with, futures what they moved since the last mark."""
        value, price = 0.0, 0.0
        for leg in settling:
            print_or_payoff = self.settlement_value(leg)
            price = price + leg.weight * print_or_payoff
            value = value + leg.weight * (print_or_payoff - leg.mark if leg.is_future else print_or_payoff)
        carried_money = carried_of(settling) * lot.units * 100.0
        lot.settle(settling)
        ends = not lot.live
        amount = value * lot.units * 100.0
        entry_money = entry_of(settling) * lot.units * 100.0
        lot_fees = lot.fees if ends else 0.0
        self.cash = self.cash + amount
        state.flow = state.flow + amount
        self.book_profit(state, lot, amount - entry_money - lot_fees + carried_money)
        self.return_to_balance(state, amount, entry_money + lot_fees)
        self.write_lot(state, slot, lot, SETTLE, NO_RULE, UNKNOWN, lot.structures, price * lot.scale, 0.0)
        self.verbs["settle"] += 1
        if ends:
            self.end_lot(state, slot, lot)

    def settlement_value(self, leg: HeldLeg) -> float:
        """An option's payoff at its print, a future's print, in points; the last mark where there is no print."""
        contract = leg.contract
        settlement = self.market.value(contract.settlement_series, self.bar)
        if is_unknown(settlement):
            self.unknown_prints += 1
            return leg.mark
        return settlement if contract.is_future else contract.payoff(settlement)

    # 3 Mark

    def mark(self) -> None:
        """Prices of the day for every lot; what futures moved by moves cash."""
        for state in self.layers:
            for lot in state:
                missing = 0
                for leg in lot.live:
                    quote = self.prices.quote(leg.contract)
                    if quote.is_unknown:
                        missing += 1
                        continue
                    if leg.is_future:
                        self.pay_variation(state, lot, leg, quote.mid)
                    leg.mark = quote.mid
                self.stale_marks += missing
                lot.stale_bars = lot.stale_bars + 1 if missing else 0
                if not missing:
                    lot.follow_prices(self.prices, state.is_naked)

    def pay_variation(self, state: LayerState, lot: Lot, leg: HeldLeg, mid: float) -> None:
        variation = leg.weight * (mid - leg.mark) * lot.units * 100.0
        self.cash = self.cash + variation
        state.flow = state.flow + variation

    def mid_equity(self) -> float:
        equity = self.cash
        for state in self.layers:
            equity = equity + state.value
        if self.program.hold_index:
            equity = equity + self.units_of_index * self.market.value("spx", self.bar)
        return equity

    def total_margin(self) -> float:
        return total(lot.margin for lot in lots_of(self.layers))

    def available_cash(self) -> float:
        """Dollars that orders may use: cash, the index at its bid, less the margin of what is held."""
        available = self.cash
        if self.program.hold_index:
            available = available + self.units_of_index * self.prices.series("spx") * (1.0 - self.index_half_spread)
        return available - self.total_margin()

    # 5 Fill: sales

    def sell(
        self,
        state: LayerState,
        order: Order,
        sold: float,
        action: int,
        asked: float,
        left: float = 0.0,
    ) -> float:
        """Give up `sold` structures of the order's lot, of which `left` stay, at today's prices; what is received, fees paid."""
        lot = state.lots[order.slot]
        live = lot.live
        value, price, off_mid = self.proceeds(live)
        units = sold * lot.scale
        fee = fee_of([leg.contract for leg in live], [leg.ratio for leg in live], self.prices.charged) * units
        amount = value * units * 100.0
        entry_money = entry_of(live) * units * 100.0
        ends = left == 0.0
        lot_fees = lot.fees if ends else lot.fees * (sold / lot.structures)
        self.cash = self.cash + amount - fee
        state.flow = state.flow + amount - fee
        self.book_profit(state, lot, amount - fee - entry_money - lot_fees + carried_of(live) * units * 100.0)
        self.return_to_balance(state, amount - fee, entry_money + lot_fees)
        cost = fee + off_mid * units * 100.0
        self.fees = self.fees + cost
        row = self.write_lot(state, order.slot, lot, action, self.number_of(order.rule), asked, sold, price * lot.scale, cost, order.reads)
        if self.defers:
            self.waiting.append(Sale(state, order, sold, action, asked, left, row))
        if ends:
            self.end_lot(state, order.slot, lot)
        else:
            lot.structures = lot.structures - sold
            lot.fees = lot.fees - lot_fees
        return amount - fee

    def proceeds(self, legs: Sequence[HeldLeg]) -> tuple[float, float, float]:
        """What one unit of these legs brings when sold, the sum of the prices traded at, and the distance to mid; in points.

        A future brings nothing but the loss of its half spread: it was paid day by day."""
        value, price, off_mid = 0.0, 0.0, 0.0
        for leg in legs:
            quote = self.prices.quote(leg.contract)
            traded = quote.sold(leg.ratio)
            price = price + leg.weight * traded
            value = value + (-(abs(leg.weight) * quote.half) if leg.is_future else leg.weight * traded)
            off_mid = off_mid + abs(leg.weight) * quote.off_mid_sold(leg.ratio)
        return value, price, off_mid

    def book_profit(self, state: LayerState, lot: Lot, profit: float) -> None:
        state.realized = state.realized + profit
        lot.realized = lot.realized + profit

    def return_to_balance(self, state: LayerState, proceeds: float, paid: float) -> None:
        if state.budgeted:
            returned = proceeds if proceeds < paid else paid
            state.balance = state.balance + (returned if returned > 0.0 else 0.0)

    def take_from_balance(self, state: LayerState, spent: float) -> None:
        if state.budgeted and spent > 0.0:
            state.balance = state.balance - spent

    def end_lot(self, state: LayerState, slot: int, lot: Lot) -> None:
        if lot.realized > 0.0:
            state.gains = state.gains + lot.realized
        del state.lots[slot]

    # 5 Fill: purchases

    def answer(self, ask: Ask) -> None:
        """Fill an ask as far as the cuts left it, or refuse it."""
        state = ask.layer
        q = whole_contracts(ask.wanted, self.program.whole_contracts)
        if q == 0.0:
            if ask.kind == "roll":
                state.closed = True
            contracts = state.lots[ask.order.slot].contracts if ask.enlarges else ()
            self.refuse(state, ask.order, reason_for_nothing(ask), ask.structure, ask.asked, contracts)
        else:
            self.fill(ask, q, reason_for_less(ask))
        state.asks.remove(ask)

    def fill(self, ask: Ask, q: float, code: int) -> None:
        state, structure = ask.layer, ask.structure
        slot = ask.order.slot if ask.order.slot >= 0 else state.free_slot()
        fee = structure.fee * q
        self.cash = self.cash - structure.debit * q * 100.0 - fee
        state.flow = state.flow - structure.debit * q * 100.0 - fee
        spent = structure.debit * q * 100.0 + fee
        self.take_from_balance(state, spent)
        if ask.draws_on >= 0 and spent > 0.0:
            drawn_on = self.layers[ask.draws_on]
            drawn_on.gains = drawn_on.gains - spent
        cost = fee + structure.off_mid * q * 100.0
        self.fees = self.fees + cost
        if ask.enlarges:
            self.enlarge(state.lots[slot], structure, q, fee)
        else:
            state.lots[slot] = Lot(
                q,
                self.bar,
                ask.own,
                fee,
                bought_legs(structure),
                self.new_recorder(state.number + 1),
                structure.floating,
                structure.scale,
                structure.proxy,
                structure.ends,
            )
        if ask.kind == "open":
            state.opened = True
        if ask.kind in COUNTED_AT_FILL:
            self.verbs[ask.kind] += 1
        if ask.band is not None:
            ask.band.gap = ask.band.gap - q * ask.unit_beta
        number, lot, reads = self.number_of(ask.order.rule), state.lots[slot], ask.order.reads
        row = self.write_lot(state, slot, lot, ACTIONS[ask.kind], number, ask.asked, q, structure.price, cost, reads, code)
        if self.defers:
            self.waiting.append(Purchase(ask, q, row))
        state.last_refusal = NO_REASON

    def enlarge(self, lot: Lot, structure: Structure, bought: float, fee: float) -> None:
        for leg, quote in zip(lot.live, structure.quotes, strict=True):
            leg.fill = (leg.fill * lot.structures + quote.bought(leg.ratio) * bought) / (lot.structures + bought)
        lot.structures = lot.structures + bought
        lot.fees = lot.fees + fee

    def strike_anew(self, state: LayerState, order: Order, old: Sequence[HeldLeg], new: Structure, floating: float, code: int) -> None:
        """`roll calls`: these legs of the order's lot sold and others bought in their place; the lot goes on."""
        lot = state.lots[order.slot]
        number, q, units = self.number_of(order.rule), lot.structures, lot.units
        value, price, off_mid = self.proceeds(old)
        fee = new.fee * units
        amount = value * units * 100.0
        entry_money = entry_of(old) * units * 100.0
        self.cash = self.cash + (amount - fee)
        state.flow = state.flow + (amount - fee)
        self.book_profit(state, lot, amount - fee - entry_money)
        self.return_to_balance(state, amount - fee, entry_money)
        cost = fee + off_mid * units * 100.0
        self.fees = self.fees + cost
        self.write_lot(state, order.slot, lot, ROLL_OUT, number, q, q, price, cost, order.reads)

        paid = new.debit * units * 100.0
        self.cash = self.cash - paid - fee
        state.flow = state.flow - paid - fee
        self.take_from_balance(state, paid + fee)
        side = [number for number, leg in enumerate(lot.legs) if any(leg is one for one in old)]
        bought = dict(zip(side, bought_legs(new), strict=True))
        lot.replace([bought.get(number, leg) for number, leg in enumerate(lot.legs)], floating)
        lot.fees = lot.fees + fee
        cost = fee + new.off_mid * units * 100.0
        self.fees = self.fees + cost
        row = self.write_lot(state, order.slot, lot, ROLL_IN, number, q, q, new.price, cost, order.reads, code)
        if self.defers:
            contracts = dict(zip(side, new.contracts, strict=True))
            self.waiting.append(SideRoll(state, order, contracts, code == DELTA_FLAGGED, row))
        state.last_refusal = NO_REASON

    # The budget's shares

    def shift(self, source: LayerState, target: LayerState, rule: Rule, amount: float, reads: Sequence[float]) -> None:
        """`shift`: share of the budget goes over, and the same part of what lies in the balance."""
        moved = amount if amount < source.share else source.share
        if not moved > 0.0:
            return
        money = moved / source.share * source.balance
        source.share = source.share - moved
        target.share = target.share + moved
        source.balance = source.balance - money
        target.balance = target.balance + money
        source.shifted = source.shifted - money
        target.shifted = target.shifted + money
        self.verbs["shift"] += 1
        self.rows.append(Row(self.bar, source.number, -1, SHIFT, self.number_of(rule), NO_REASON, amount, moved, UNKNOWN, 0.0, reads=reads))

    # The journal

    def write_lot(
        self,
        state: LayerState,
        slot: int,
        lot: Lot,
        action: int,
        rule: int,
        asked: float,
        filled: float,
        price: float,
        cost: float,
        reads: Sequence[float] = (),
        code: int = NO_REASON,
    ) -> Row:
        """The row of a trade, in the journal unless it is only decided."""
        row = Row(self.bar, state.number, slot, action, rule, code, asked, filled, price, cost, lot.contracts, reads, lot.proxy)
        if not self.defers:
            self.rows.append(row)
        elif self.observer is not None:
            self.observer.order_decided(row)
        return row

    def refuse(
        self,
        state: LayerState,
        order: Order,
        code: int,
        structure: Structure | None = None,
        asked: float = UNKNOWN,
        contracts: Sequence[Contract] = (),
    ) -> None:
        """Say once why an order of a layer comes to nothing. `contracts`: of the lot, where the structure is but a part of it."""
        state.refused = True
        if self.observer is not None:
            self.observer.order_refused(self.bar, state.number, order.slot, order.rule, code, asked)
        if code == state.last_refusal:
            return
        state.last_refusal = code
        price, proxy = UNKNOWN, NO_PROXY
        if structure is not None:
            price, proxy, contracts = structure.debit, structure.proxy, contracts or structure.contracts
        number = self.number_of(order.rule)
        row = Row(self.bar, state.number, order.slot, REFUSED, number, code, asked, 0.0, price, 0.0, contracts, order.reads, proxy)
        self.rows.append(row)

    # 6 Record

    def sweep(self) -> None:
        """`hold SPX`: cash buys the index, and a lack of cash sells it."""
        spx, half = self.market.value("spx", self.bar), self.index_half_spread
        if is_unknown(spx):
            return
        if self.cash > 0.0:
            self.units_of_index = self.units_of_index + self.cash / (spx * (1.0 + half))
        elif self.cash < 0.0:
            self.units_of_index = self.units_of_index - -self.cash / (spx * (1.0 - half))
        self.hold_flow = self.hold_flow - self.cash
        self.cash = 0.0


def bought_legs(structure: Structure) -> list[HeldLeg]:
    return [HeldLeg(contract, ratio, quote.bought(ratio), quote.mid) for contract, ratio, quote in structure.legs]


def _is_budgeted(program: Program, number: int) -> bool:
    """A share of a budget, or one that a shift can raise from nothing."""
    layer = program.layers[number]
    group = program.groups[layer.group]
    shifted = any(number in (shift.source, shift.target) for shift in group.shifts)
    return group.budget is not None and (layer.share > 0.0 or shifted)
