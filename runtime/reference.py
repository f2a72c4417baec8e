"""The reference interpreter: a program run bar by bar in plain Python, the standard that the compiled engine is judged by.

docs/design/bar.md fixes every operation and its order; the methods of `_Run` follow its steps by name. With the engine it shares
market arrays and the scalar pricing functions, nothing else. About a hundred microseconds a bar and layer held.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from attrs import define, frozen

from alvh.compiler.ir import Group, Node, NodeId, Program, Rule, rules_of
from alvh.grammar.diagnostics import InternalError
from alvh.runtime.market import Floats, MarketArrays
from alvh.runtime.pricing import costs
from alvh.runtime.record import (
    CLOSE,
    CUT_BY_CASH,
    CUT_BY_LIMIT,
    DELTA_FLAGGED,
    NO_BID,
    NO_DAYS_GAINED,
    NO_EXPIRY,
    NO_REASON,
    OPEN,
    REBALANCE,
    REFUSED,
    ROLL_IN,
    ROLL_OUT,
    SETTLE,
    SIZE_NOT_POSITIVE,
    STALE_MARK,
    TARGET_FULL,
    UNWINDING,
    RunRecord,
)
from alvh.runtime.reference_account import (
    Ask,
    HeldLeg,
    Incoming,
    LayerState,
    Lot,
    entry_of,
    layer_attribute,
    lot_attribute,
    lots_of,
    quick_ratio,
    total,
)
from alvh.runtime.reference_choosing import Choice, Structure, choose_expiries, choose_legs
from alvh.runtime.reference_journal import Row, journal_rows
from alvh.runtime.reference_market import MarketPath, Prices
from alvh.runtime.reference_orders import (
    affordable,
    cut_to_cash,
    cut_to_limits,
    held_by_others,
    reason_for_nothing,
    size_of,
    size_refusal,
    whole_contracts,
)
from alvh.runtime.reference_streams import UNKNOWN, Streams, is_unknown

STALE_BARS_BORNE = 5
VERBS = ("open", "close", "roll", "roll into", "rebalance", "settle", "unwind")
NO_RULE = -1


def interpret(program: Program, arrays: MarketArrays, path: int = 0, phase: int = 0) -> RunRecord:
    """Run `program` over the bars `first..last` of one path of a market.

    `phase` shifts the schedules `every N sessions`. Raises InternalError for a program that no source text lowers to.
    """
    run = _Run(program, arrays, path, phase)
    for bar in range(arrays.last + 1):
        if not run.live_through(bar):
            break
    return run.record()


@frozen
class _Order:
    """What a lot's rules ask for today, once its layer's level has made its closes."""

    rule: Rule
    slot: int
    reads: Sequence[float]


@define
class _Totals:
    """One line a bar of what `RunRecord` holds."""

    equity: list[float]
    cash: list[float]
    margin: list[float]
    interest: list[float]
    fees: list[float]
    hold_profit: list[float]
    layer_profit: list[list[float]]
    layer_value: list[list[float]]
    layer_contracts: list[list[float]]


class _LotReadings:
    """The leaves that one lot's streams read: its own attributes, then whatever the program reads."""

    def __init__(self, run: _Run, lot: Lot) -> None:
        self.run = run
        self.lot = lot

    def leaf(self, node: Node) -> float:
        if node.operation == "lot":
            return lot_attribute(node.name, self.lot, self.run.prices)
        return self.run.leaf(node)


class _Run:
    """The account and the day's work on it."""

    def __init__(self, program: Program, arrays: MarketArrays, path: int, phase: int) -> None:
        self.program = program
        self.market = MarketPath(arrays, path)
        self.phase = phase
        self.parameters = {parameter.name: parameter.value for parameter in program.parameters}
        self.streams = Streams(program.nodes)
        self.marks_read = {(node.owner, node.name) for node in program.nodes if node.operation == "mark"}

        self.reads_quick_ratio = any(node.operation == "account" and node.name == "quick_ratio" for node in program.nodes)

        listed = program.costs == "listed"
        self.costs_listed = listed
        self.fee_per_contract = costs.FEE_PER_OPTION if listed else 0.0
        self.index_half_spread = costs.INDEX_HALF_SPREAD if listed else 0.0

        self.cash = program.capital
        self.units = 0.0
        self.hold_flow = 0.0
        self.layers = [LayerState(number, layer) for number, layer in enumerate(program.layers)]
        self.unwinding = [[False] * len(group.unwinds) for group in program.groups]
        self.rules = rules_of(program)
        # By identity: two rules may read alike.
        self.rule_numbers = {id(rule): number for number, rule in enumerate(self.rules)}

        self.bar = 0
        self.prices = Prices(self.market, 0, listed)
        self.equity = UNKNOWN
        self.cash_at_mark = UNKNOWN
        self.quick_ratio = UNKNOWN
        self.marks: dict[tuple[int, str], float] = {}

        self.interest = 0.0
        self.fees = 0.0
        self.rows: list[Row] = []
        self.unknown = [0] * len(self.rules)
        self.verbs = dict.fromkeys(VERBS, 0)
        self.stale_marks = self.unknown_prints = self.unknown_rates = 0
        self.stopped = -1
        self.totals = _Totals([], [], [], [], [], [], [], [], [])

    def live_through(self, bar: int) -> bool:
        """One bar; False when the run stops before its decisions."""
        self.bar = bar
        self.prices = Prices(self.market, bar, self.costs_listed)
        self.streams.begin()
        if bar < self.market.first:
            self.streams.evaluate(0, self)
            self.streams.end()
            return True
        if bar > self.market.first:
            self.publish()
            self.settle()
        self.mark()
        if any(lot.stale_bars > STALE_BARS_BORNE for lot in lots_of(self.layers)):
            self.stopped = bar
            return False
        self.decide_and_fill()
        self.record_bar()
        self.streams.end()
        return True

    # 1 Publish, 2 Settle, 3 Mark

    def publish(self) -> None:
        rate = self.market.value("rate", self.bar - 1)
        if is_unknown(rate):
            self.unknown_rates += 1
            return
        sessions = self.market.sessions
        interest = self.cash * rate * (sessions[self.bar] - sessions[self.bar - 1]) / 360.0
        self.cash = self.cash + interest
        self.interest = self.interest + interest

    def settle(self) -> None:
        for state in self.layers:
            for slot, lot in state.by_slot():
                settling = [leg for leg in lot.live if leg.contract.expiry.settle_bar <= self.bar]
                if settling:
                    self.settle_legs(state, slot, lot, settling)

    def settle_legs(self, state: LayerState, slot: int, lot: Lot, settling: Sequence[HeldLeg]) -> None:
        value = 0.0
        for leg in settling:
            value = value + leg.ratio * self.settlement_value(leg)
        lot.settle(settling)
        ends = not lot.live
        amount = value * lot.structures * 100.0
        entry_money = entry_of(settling) * lot.structures * 100.0
        lot_fees = lot.fees if ends else 0.0
        self.cash = self.cash + amount
        state.flow = state.flow + amount
        self.book_profit(state, lot, amount - entry_money - lot_fees)
        self.return_to_balance(state, amount, entry_money + lot_fees)
        contracts = [leg.contract for leg in lot.legs]
        self.write(Row(self.bar, state.number, slot, SETTLE, NO_RULE, NO_REASON, UNKNOWN, lot.structures, value, 0.0, contracts))
        self.verbs["settle"] += 1
        if ends:
            self.end_lot(state, slot, lot)

    def settlement_value(self, leg: HeldLeg) -> float:
        """Payoff of a leg at its print, in points; its last mark where there is no print."""
        contract = leg.contract
        series = "vix_settlement" if contract.product == "VIX" else "spx_am" if contract.expiry.am else "spx"
        settlement = self.market.value(series, self.bar)
        if is_unknown(settlement):
            self.unknown_prints += 1
            return leg.mark
        return contract.payoff(settlement)

    def mark(self) -> None:
        for lot in lots_of(self.layers):
            missing = 0
            for leg in lot.live:
                quote = self.prices.quote(leg.contract)
                if quote.is_unknown:
                    missing += 1
                else:
                    leg.mark = quote.mid
            self.stale_marks += missing
            lot.stale_bars = lot.stale_bars + 1 if missing else 0
        self.equity = self.mid_equity()
        self.cash_at_mark = self.cash
        if self.reads_quick_ratio:
            self.quick_ratio = quick_ratio(self.cash, self.layers, self.prices)
        for state in self.layers:
            state.begin_decisions()
        self.marks = {(owner, name): layer_attribute(name, self.layers[owner], self.prices) for owner, name in self.marks_read}

    def mid_equity(self) -> float:
        equity = self.cash
        for state in self.layers:
            equity = equity + state.value
        if self.program.hold_index:
            equity = equity + self.units * self.market.value("spx", self.bar)
        return equity

    # Streams: the leaves

    def leaf(self, node: Node) -> float:
        match node.operation:
            case "constant":
                return node.value
            case "parameter":
                return self.parameters[node.name]
            case "series":
                if node.name in self.program.inputs and node.name not in self.market.series:
                    return UNKNOWN
                return self.market.value(node.name, self.bar)
            case "calendar":
                return self.market.event(node.name, self.bar)
            case "calendar_within":
                before, after = node.window
                days = [*range(self.bar - after, self.bar + (1 if after > 0 else 0)), *range(self.bar + 1, self.bar + before + 1)]
                return 1.0 if any(self.market.event(node.name, day) == 1.0 for day in days) else 0.0
            case "spx_volatility":
                return self.prices.spx_volatility(float(node.window[0]))
            case "every_sessions":
                return 1.0 if (self.bar - self.market.first + self.phase) % node.window[0] == 0 else 0.0
        if self.bar < self.market.first:
            return UNKNOWN
        match node.operation:
            case "account":
                return {"equity": self.equity, "cash": self.cash_at_mark, "quick_ratio": self.quick_ratio}[node.name]
            case "mark":
                return self.marks[node.owner, node.name]
            case "decided":
                return layer_attribute(node.name, self.layers[node.owner], self.prices)
        raise InternalError(f"no stream operation is called {node.operation!r}")

    def holds(self, condition: NodeId, values: Sequence[float]) -> bool:
        """Whether a condition is known to be true; -1 always is."""
        return condition < 0 or values[condition] == 1.0

    def first_that_holds(self, rules: Iterable[Rule], values: Sequence[float]) -> Rule | None:
        return next((rule for rule in rules if self.holds(rule.condition, values)), None)

    # 4 Decide, 5 Fill

    def decide_and_fill(self) -> None:
        self.streams.evaluate(0, self)
        self.pay_budgets()
        for level in sorted({state.layer.level for state in self.layers}):
            self.decide_level([state for state in self.layers if state.layer.level == level])
        self.streams.evaluate(len(self.layers) + 1, self)
        for state in self.layers:
            state.end_decisions()

    def pay_budgets(self) -> None:
        is_first = self.bar == self.market.first
        if not is_first and self.market.event("month_start", self.bar) != 1.0:
            return
        for number, group in enumerate(self.program.groups):
            if group.budget is None:
                continue
            yearly = self.streams.values[group.budget.yearly]
            if not yearly >= 0.0:
                continue
            full = yearly / 12.0
            payment = full * self.market.month_part[self.bar] if is_first else full
            for state in self.layers:
                share = state.layer.share
                if state.layer.group != number or share <= 0.0:
                    continue
                state.balance = state.balance + share * payment
                if group.budget.kept_months > 0.0:
                    cap = share * group.budget.kept_months * full
                    state.balance = state.balance if state.balance < cap else cap

    def decide_level(self, level: Sequence[LayerState]) -> None:
        turns = [(state, self.take_turn(state)) for state in level]
        for state, orders in turns:
            for order in orders:
                if order.rule.verb == "roll":
                    self.roll(state, order)
                else:
                    self.rebalance(state, order)
            self.ask_for_incoming(state)
            self.ask_to_open(state)
        asks = [ask for state in level for ask in state.asks]
        cut_to_limits(asks, self.program.groups, self.layers, self.streams.values)
        cut_to_cash(asks, self.available_cash())
        for ask in asks:
            self.answer(ask)

    def available_cash(self) -> float:
        """Dollars that orders may use: cash, the index at its bid, less the margin of what is held."""
        available = self.cash
        if self.program.hold_index:
            available = available + self.units * self.market.value("spx", self.bar) * (1.0 - self.index_half_spread)
        return available - total(lot.margin for lot in lots_of(self.layers))

    def take_turn(self, state: LayerState) -> list[_Order]:
        """Close what is to be closed; the rolls and rebalances that the lots ask for."""
        layer, stage = state.layer, state.number + 1
        self.streams.evaluate(stage, self)
        group = self.program.groups[layer.group]
        if all(other.layer.group != layer.group for other in self.layers[: state.number]):
            self.turn_unwinds(layer.group, group)
        unwind = self.unwind_in_force(layer.group)
        orders: list[_Order] = []
        seen: list[Sequence[float]] = []
        for slot, lot in state.by_slot():
            values = self.streams.evaluate_lot(stage, lot.recorder, _LotReadings(self, lot))
            seen.append(values)
            rule = unwind or self.first_that_holds(layer.closes, values)
            if rule is not None:
                if not lot.is_stale:
                    self.sell(state, slot, lot.structures, CLOSE, rule, self.read(rule, values), lot.structures)
                    state.closed = True
                    self.verbs["unwind" if rule is unwind else "close"] += 1
                continue
            rule = self.first_that_holds(layer.rolls, values) or self.first_that_holds(layer.rebalances, values)
            if rule is not None:
                orders.append(_Order(rule, slot, self.read(rule, values)))
        self.count_unknown((*layer.opens, *layer.closes, *layer.rolls, *layer.rebalances), seen)
        return orders

    def count_unknown(self, rules: Iterable[Rule], of_lots: Sequence[Sequence[float]]) -> None:
        for rule in rules:
            if rule.condition < 0:
                continue
            every = of_lots if self.program.nodes[rule.condition].per_lot else (self.streams.values,)
            if any(is_unknown(values[rule.condition]) for values in every):
                self.unknown[self.rule_numbers[id(rule)]] += 1

    def turn_unwinds(self, number: int, group: Group) -> None:
        values = self.streams.values
        flags = self.unwinding[number]
        for place, unwind in enumerate(group.unwinds):
            condition = unwind.rule.condition
            holds = self.holds(condition, values)
            known_over = values[unwind.until] == 1.0 if unwind.until >= 0 else condition >= 0 and values[condition] == 0.0
            if flags[place]:
                if known_over and not holds:
                    flags[place] = False
            elif holds:
                flags[place] = True
        self.count_unknown((unwind.rule for unwind in group.unwinds), ())

    def unwind_in_force(self, group: int) -> Rule | None:
        flagged = zip(self.program.groups[group].unwinds, self.unwinding[group], strict=True)
        return next((unwind.rule for unwind, is_set in flagged if is_set), None)

    def read(self, rule: Rule, values: Sequence[float]) -> tuple[float, ...]:
        return tuple(values[node] for node in rule.reads)

    def sell(
        self, state: LayerState, slot: int, sold: float, action: int, rule: Rule, reads: Sequence[float], asked: float, left: float = 0.0
    ) -> None:
        """Give up `sold` structures of a lot, of which `left` stay, at today's prices."""
        lot = state.lots[slot]
        live = lot.live
        value, off_mid, contracts = 0.0, 0.0, 0
        for leg in live:
            quote = self.prices.quote(leg.contract)
            value = value + leg.ratio * quote.sold(leg.ratio)
            off_mid = off_mid + abs(leg.ratio) * quote.off_mid_sold(leg.ratio)
            contracts += abs(leg.ratio)
        fee = self.fee_per_contract * sold * contracts
        amount = value * sold * 100.0
        entry_money = entry_of(live) * sold * 100.0
        ends = left == 0.0
        lot_fees = lot.fees if ends else lot.fees * (sold / lot.structures)
        self.cash = self.cash + amount - fee
        state.flow = state.flow + amount - fee
        self.book_profit(state, lot, amount - fee - entry_money - lot_fees)
        self.return_to_balance(state, amount - fee, entry_money + lot_fees)
        cost = fee + off_mid * sold * 100.0
        self.fees = self.fees + cost
        row_contracts = [leg.contract for leg in lot.legs]
        number = self.rule_numbers[id(rule)]
        self.write(Row(self.bar, state.number, slot, action, number, NO_REASON, asked, sold, value, cost, row_contracts, reads))
        if ends:
            self.end_lot(state, slot, lot)
        else:
            lot.structures = lot.structures - sold
            lot.fees = lot.fees - lot_fees

    def book_profit(self, state: LayerState, lot: Lot, profit: float) -> None:
        state.realized = state.realized + profit
        lot.realized = lot.realized + profit

    def return_to_balance(self, state: LayerState, proceeds: float, paid: float) -> None:
        if state.layer.share > 0.0:
            returned = proceeds if proceeds < paid else paid
            state.balance = state.balance + (returned if returned > 0.0 else 0.0)

    def end_lot(self, state: LayerState, slot: int, lot: Lot) -> None:
        if lot.realized > 0.0:
            state.gains = state.gains + lot.realized
        del state.lots[slot]

    def choice(self, state: LayerState) -> Choice:
        """The layer's legs, chosen at most once a bar."""
        if state.choice is None:
            state.choice = choose_legs(state.layer, self.prices, self.streams.values, self.fee_per_contract)
        return state.choice

    def roll(self, state: LayerState, order: _Order) -> None:
        lot = state.lots[order.slot]
        if lot.is_stale:
            self.refuse(state, order.slot, order.rule, order.reads, STALE_MARK)
        elif order.rule.into in (-1, state.number):
            self.roll_within(state, lot, order)
        else:
            self.roll_into(state, self.layers[order.rule.into], lot, order)

    def roll_within(self, state: LayerState, lot: Lot, order: _Order) -> None:
        choice = self.choice(state)
        structure = choice.structure
        if structure is None:
            self.refuse(state, order.slot, order.rule, order.reads, choice.refusal)
            return
        if choice.expiries.nearest <= lot.nearest:
            self.refuse(state, order.slot, order.rule, order.reads, NO_DAYS_GAINED, structure)
            return
        if structure.contracts == tuple(leg.contract for leg in lot.legs):
            return
        refusal = self.size_refusal(state, structure)
        if refusal != NO_REASON:
            self.refuse(state, order.slot, order.rule, order.reads, refusal, structure)
            return
        self.sell(state, order.slot, lot.structures, ROLL_OUT, order.rule, order.reads, lot.structures)
        state.rolled = True
        self.verbs["roll"] += 1
        wanted = self.size(state, structure) - held_by_others(state, order.slot)
        self.ask(state, "roll", order.slot, lot.own, structure, choice.flagged, order, wanted)

    def roll_into(self, state: LayerState, target: LayerState, lot: Lot, order: _Order) -> None:
        if target.layer.level < state.layer.level:
            raise InternalError("a lot is rolled into a layer that decides before its own")
        if target.layer.states_at_most and target.lots_before + len(target.incoming) >= target.layer.at_most:
            self.refuse(state, order.slot, order.rule, order.reads, TARGET_FULL)
            return
        expiries = choose_expiries(target.layer.legs, self.prices)
        if expiries.refusal != NO_REASON:
            self.refuse(state, order.slot, order.rule, order.reads, expiries.refusal)
            return
        if expiries.nearest <= lot.nearest:
            self.refuse(state, order.slot, order.rule, order.reads, NO_DAYS_GAINED)
            return
        self.sell(state, order.slot, lot.structures, ROLL_OUT, order.rule, order.reads, lot.structures)
        state.rolled = True
        state.rolled_away += 1
        state.own_rolled_away += 1 if lot.own else 0
        self.verbs["roll into"] += 1
        target.incoming.append(Incoming(lot.structures, self.rule_numbers[id(order.rule)], order.reads))

    def rebalance(self, state: LayerState, order: _Order) -> None:
        lot = state.lots[order.slot]
        if lot.is_stale:
            self.refuse(state, order.slot, order.rule, order.reads, STALE_MARK)
            return
        structure = self.structure_of(lot.live)
        if self.size_refusal(state, structure) != NO_REASON:
            return
        size = self.size(state, structure)
        wanted = lot.structures + size if state.layer.size.manner == "budget" else size - held_by_others(state, order.slot)
        left = whole_contracts(wanted, self.program.whole_contracts)
        if left < lot.structures:
            sold = lot.structures - left
            self.sell(state, order.slot, sold, REBALANCE, order.rule, order.reads, wanted - lot.structures, left)
            state.closed = state.closed or left == 0.0
            self.verbs["rebalance"] += 1
        elif left > lot.structures:
            if structure.lacks_a_bid:
                self.refuse(state, order.slot, order.rule, order.reads, NO_BID, structure, wanted - lot.structures)
                return
            self.ask(state, "rebalance", order.slot, lot.own, structure, False, order, wanted - lot.structures)

    def structure_of(self, legs: Sequence[HeldLeg]) -> Structure:
        contracts = tuple(leg.contract for leg in legs)
        ratios = tuple(leg.ratio for leg in legs)
        quotes = tuple(self.prices.quote(contract) for contract in contracts)
        return Structure(contracts, ratios, quotes, self.fee_per_contract * sum(abs(ratio) for ratio in ratios))

    def ask_for_incoming(self, state: LayerState) -> None:
        for incoming in state.incoming:
            order = _Order(self.rules[incoming.rule], -1, incoming.reads)
            if self.unwind_in_force(state.layer.group) is not None:
                self.refuse(state, -1, order.rule, order.reads, UNWINDING)
                continue
            choice = self.choice(state)
            if choice.structure is None:
                self.refuse(state, -1, order.rule, order.reads, choice.refusal)
                continue
            self.ask(state, "incoming", -1, False, choice.structure, choice.flagged, order, incoming.structures)

    def ask_to_open(self, state: LayerState) -> None:
        layer = state.layer
        if self.unwind_in_force(layer.group) is not None:
            return
        if layer.states_at_most:
            has_room = state.lots_before - state.rolled_away + len(state.incoming) < layer.at_most
        else:
            has_room = state.own_before - state.own_rolled_away == 0
        rule = self.first_that_holds(layer.opens, self.streams.values)
        if not has_room or (layer.opens and rule is None):
            return
        reads = () if rule is None else self.read(rule, self.streams.values)
        choice = self.choice(state)
        refusal = choice.refusal if choice.expiries.inside else NO_EXPIRY
        structure = choice.structure
        if refusal != NO_REASON or structure is None:
            self.refuse(state, -1, rule, reads, refusal)
            return
        refusal = self.size_refusal(state, structure)
        if refusal != NO_REASON:
            self.refuse(state, -1, rule, reads, refusal, structure)
            return
        wanted = self.size(state, structure)
        if not wanted > 0.0 and layer.size.manner != "budget":
            self.refuse(state, -1, rule, reads, SIZE_NOT_POSITIVE, structure, wanted)
            return
        order = None if rule is None else _Order(rule, -1, reads)
        self.ask(state, "open", -1, True, structure, choice.flagged, order, wanted)

    def size_refusal(self, state: LayerState, structure: Structure) -> int:
        return size_refusal(state, self.program.groups[state.layer.group], structure, self.streams.values)

    def size(self, state: LayerState, structure: Structure) -> float:
        return size_of(state, self.program.groups[state.layer.group], structure, self.streams.values)

    def ask(
        self, state: LayerState, kind: str, slot: int, own: bool, structure: Structure, flagged: bool, order: _Order | None, asked: float
    ) -> None:
        wanted = asked
        balance_cut = state.layer.size.manner == "budget" and kind != "incoming"
        if state.layer.share > 0.0 and structure.debit * 100.0 + structure.fee > 0.0:
            payable = affordable(state, structure)
            if wanted > payable:
                wanted, balance_cut = payable, True
        rule = NO_RULE if order is None else self.rule_numbers[id(order.rule)]
        reads = () if order is None else order.reads
        state.asks.append(Ask(kind, state, slot, own, structure, flagged, rule, reads, asked, wanted, balance_cut))

    # Fill

    def answer(self, ask: Ask) -> None:
        """Fill an ask as far as the cuts left it, or refuse it."""
        state, structure = ask.layer, ask.structure
        q = whole_contracts(ask.wanted, self.program.whole_contracts)
        if q == 0.0:
            self.refuse_ask(ask)
            state.asks.remove(ask)
            return
        slot = ask.slot if ask.slot >= 0 else state.free_slot()
        off_mid = 0.0
        for ratio, quote in zip(structure.ratios, structure.quotes, strict=True):
            off_mid = off_mid + abs(ratio) * quote.off_mid_bought(ratio)
        fee = structure.fee * q
        self.cash = self.cash - structure.debit * q * 100.0 - fee
        state.flow = state.flow - structure.debit * q * 100.0 - fee
        spent = structure.debit * q * 100.0 + fee
        if state.layer.share > 0.0 and spent > 0.0:
            state.balance = state.balance - spent
        cost = fee + off_mid * q * 100.0
        self.fees = self.fees + cost
        if ask.kind == "rebalance":
            self.enlarge(state.lots[slot], structure, q, fee)
        else:
            legs = [
                HeldLeg(contract, ratio, quote.bought(ratio), quote.mid)
                for contract, ratio, quote in zip(structure.contracts, structure.ratios, structure.quotes, strict=True)
            ]
            state.lots[slot] = Lot(q, self.bar, ask.own, fee, legs, self.streams.new_recorder(state.number + 1))
        if ask.kind == "open":
            state.opened = True
            self.verbs["open"] += 1
        elif ask.kind == "rebalance":
            self.verbs["rebalance"] += 1
        action = {"open": OPEN, "roll": ROLL_IN, "incoming": ROLL_IN, "rebalance": REBALANCE}[ask.kind]
        code = CUT_BY_LIMIT if ask.limit_cut else CUT_BY_CASH if ask.cash_cut else DELTA_FLAGGED if ask.flagged else NO_REASON
        contracts = [leg.contract for leg in state.lots[slot].legs]
        self.write(Row(self.bar, state.number, slot, action, ask.rule, code, ask.asked, q, structure.debit, cost, contracts, ask.reads))
        state.last_refusal = NO_REASON
        state.asks.remove(ask)

    def enlarge(self, lot: Lot, structure: Structure, bought: float, fee: float) -> None:
        for leg, quote in zip(lot.live, structure.quotes, strict=True):
            leg.fill = (leg.fill * lot.structures + quote.bought(leg.ratio) * bought) / (lot.structures + bought)
        lot.structures = lot.structures + bought
        lot.fees = lot.fees + fee

    def refuse_ask(self, ask: Ask) -> None:
        if ask.kind == "roll":
            ask.layer.closed = True
        rule = None if ask.rule == NO_RULE else self.rules[ask.rule]
        self.refuse(ask.layer, ask.slot, rule, ask.reads, reason_for_nothing(ask), ask.structure, ask.asked)

    def refuse(
        self,
        state: LayerState,
        slot: int,
        rule: Rule | None,
        reads: Sequence[float],
        code: int,
        structure: Structure | None = None,
        asked: float = UNKNOWN,
    ) -> None:
        """Say once why an order of a layer comes to nothing."""
        state.refused = True
        if code == state.last_refusal:
            return
        state.last_refusal = code
        number = NO_RULE if rule is None else self.rule_numbers[id(rule)]
        price = UNKNOWN if structure is None else structure.debit
        contracts = () if structure is None else structure.contracts
        if structure is not None and rule is not None and rule.verb == "rebalance":
            # The lot's own, those that have settled included.
            contracts = tuple(leg.contract for leg in state.lots[slot].legs)
        self.write(Row(self.bar, state.number, slot, REFUSED, number, code, asked, 0.0, price, 0.0, contracts, reads))

    def write(self, row: Row) -> None:
        self.rows.append(row)

    # 6 Record

    def sweep(self) -> None:
        """`hold SPX`: cash buys the index, and a lack of cash sells it."""
        spx, half = self.market.value("spx", self.bar), self.index_half_spread
        if is_unknown(spx):
            return
        if self.cash > 0.0:
            self.units = self.units + self.cash / (spx * (1.0 + half))
        elif self.cash < 0.0:
            self.units = self.units - -self.cash / (spx * (1.0 - half))
        self.hold_flow = self.hold_flow - self.cash
        self.cash = 0.0

    def record_bar(self) -> None:
        held_index = 0.0
        if self.program.hold_index:
            self.sweep()
            held_index = self.hold_flow + self.units * self.market.value("spx", self.bar)
        values = [state.value for state in self.layers]
        totals = self.totals
        totals.equity.append(self.mid_equity())
        totals.cash.append(self.cash)
        totals.margin.append(total(lot.margin for lot in lots_of(self.layers)))
        totals.interest.append(self.interest)
        totals.fees.append(self.fees)
        totals.hold_profit.append(held_index)
        totals.layer_profit.append([state.flow + value for state, value in zip(self.layers, values, strict=True)])
        totals.layer_value.append(values)
        totals.layer_contracts.append([state.contracts for state in self.layers])

    def record(self) -> RunRecord:
        totals = self.totals
        layers = len(self.layers)

        def column(values: list[float]) -> Floats:
            return np.array(values, dtype=np.float64)

        def table(lines: list[list[float]]) -> Floats:
            return np.array(lines, dtype=np.float64).reshape(len(lines), layers)

        return RunRecord(
            equity=column(totals.equity),
            cash=column(totals.cash),
            margin=column(totals.margin),
            interest=column(totals.interest),
            fees=column(totals.fees),
            hold_profit=column(totals.hold_profit),
            layer_profit=table(totals.layer_profit),
            layer_value=table(totals.layer_value),
            layer_contracts=table(totals.layer_contracts),
            unknown=np.array(self.unknown, dtype=np.float64),
            journal=journal_rows(self.rows),
            stale_marks=self.stale_marks,
            unknown_prints=self.unknown_prints,
            unknown_rates=self.unknown_rates,
            stopped=self.stopped,
            verbs=self.verbs,
        )
