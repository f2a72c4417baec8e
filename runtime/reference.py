"""The reference interpreter: a program run bar by bar in plain Python, the standard that the compiled engine is judged by.

docs/design/bar.md fixes every operation and its order; the methods of `_Run` follow its steps by name. With the engine it shares
market arrays and the scalar pricing functions, nothing else. About a hundred microseconds a bar and layer held.

The rest by job: `reference_instruments`, `_market`, `_prices`, `_beta`, `_break_even`, `_margin` say what things are worth; `_choosing` and
`_sizes` what a layer would trade and how much; `_account`, `_attributes` what it holds; `_ledger` moves the money; `_orders`, `_rolls`,
`_keep` are the verbs; `_waiting` fills a session later.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from attrs import define

from alvh.compiler.ir import Group, Node, Program, Rule
from alvh.grammar.diagnostics import InternalError
from alvh.runtime.market import Floats, MarketArrays
from alvh.runtime.record import CLOSE, RunRecord
from alvh.runtime.reference_account import LayerState, Lot, Order, lots_of, quick_ratio
from alvh.runtime.reference_attributes import layer_attribute, lot_attribute, net_beta, wacc
from alvh.runtime.reference_break_even import HEDGED, hedged_break_even
from alvh.runtime.reference_journal import journal_rows
from alvh.runtime.reference_keep import Bands
from alvh.runtime.reference_ledger import Ledger
from alvh.runtime.reference_market import MarketPath
from alvh.runtime.reference_observer import Observer
from alvh.runtime.reference_orders import Orders
from alvh.runtime.reference_rolls import Rolls
from alvh.runtime.reference_sizes import cut_to_cash, cut_to_limits
from alvh.runtime.reference_streams import UNKNOWN, Streams, is_unknown
from alvh.runtime.reference_waiting import LaterFills

STALE_BARS_BORNE = 5


def interpret(
    program: Program,
    arrays: MarketArrays,
    path: int = 0,
    phase: int = 0,
    observer: Observer | None = None,
    *,
    record_sensitivities: bool = False,
) -> RunRecord:
    """Run `program` over the bars `first..last` of one path of a market.

    `phase` shifts the schedules `every N sessions`; `observer` looks on; `record_sensitivities` adds `net_beta` and `layer_theta` to the
    record. Raises InternalError for a program that no source text lowers to.
    """
    run = _Run(program, arrays, path, phase, record_sensitivities)
    run.ledger.observer = observer
    for bar in range(arrays.last + 1):
        if not run.live_through(bar):
            break
    return run.record()


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
    net_beta: list[float]
    layer_theta: list[list[float]]


class _LotReadings:
    """The leaves that one lot's streams read: its own attributes, taken now, then whatever the program reads."""

    def __init__(self, run: _Run, stage: int, lot: Lot) -> None:
        self.run = run
        self.marks = {name: lot_attribute(name, lot, run.ledger.prices) for name in run.lots_read.get(stage, ())}

    def leaf(self, node: Node) -> float:
        return self.marks[node.name] if node.operation == "lot" else self.run.leaf(node)


class _Run:
    """The bars of one run, step by step."""

    def __init__(self, program: Program, arrays: MarketArrays, path: int, phase: int, record_sensitivities: bool) -> None:
        self.program = program
        self.market = MarketPath(arrays, path)
        self.phase = phase
        self.record_sensitivities = record_sensitivities
        self.parameters = {parameter.name: parameter.value for parameter in program.parameters}
        self.streams = Streams(program.nodes)
        self.ledger = Ledger(program, self.market, self.streams.new_recorder)
        self.layers = self.ledger.layers
        self.hedges = [state for state in self.layers if program.groups[state.layer.group].kind == "hedge"]
        self.orders = Orders(self.ledger, self.streams)
        self.rolls = Rolls(self.orders)
        self.bands = Bands(self.orders)
        self.later = None if program.fill == "this close" else LaterFills(program, arrays, path, self.ledger, self.rolls)

        self.marks_read = {(node.owner, node.name) for node in program.nodes if node.operation == "mark"}
        self.lots_read: dict[int, set[str]] = defaultdict(set)
        """By stage."""
        for node in program.nodes:
            if node.operation == "lot":
                self.lots_read[node.stage].add(node.name)
        self.account_read = {node.name for node in program.nodes if node.operation == "account"}
        if self.bands.keeps:
            self.account_read.add("net_beta")
        self.account: dict[str, float] = {}
        self.marks: dict[tuple[int, str], float] = {}

        self.bar = 0
        self.unknown = [0] * len(self.ledger.rules)
        self.stopped = -1
        self.totals = _Totals([], [], [], [], [], [], [], [], [], [], [])

    def live_through(self, bar: int) -> bool:
        """One bar; False when the run stops before its decisions."""
        self.bar = bar
        self.ledger.begin(bar)
        self.streams.begin()
        if bar < self.market.first:
            self.streams.evaluate(0, self)
            self.streams.end()
            return True
        if bar > self.market.first:
            self.ledger.publish()
            self.ledger.settle()
            if self.later is not None:
                self.later.execute()
        self.mark()
        if any(lot.stale_bars > STALE_BARS_BORNE for lot in lots_of(self.layers)):
            self.stopped = bar
            return False
        observer = self.ledger.observer
        if observer is not None:
            observer.decisions_begin(bar, self.layers, self.orders.unwinding, self.ledger.prices)
        self.decide_and_fill()
        if observer is not None:
            observer.decisions_end(bar, self.layers, self.orders.unwinding, self.streams.values)
        self.record_bar()
        self.streams.end()
        return True

    # 3 Mark

    def mark(self) -> None:
        ledger = self.ledger
        ledger.mark()
        self.account = {"equity": ledger.mid_equity(), "cash": ledger.cash}
        self.account |= {name: self.account_attribute(name) for name in self.account_read if name not in self.account}
        for state in self.layers:
            state.begin_decisions()
        self.marks = {(owner, name): self.mark_of(self.layers[owner], name) for owner, name in self.marks_read}
        self.bands.begin(self.account.get("net_beta", UNKNOWN), self.account["equity"])

    def mark_of(self, state: LayerState, name: str) -> float:
        if name in HEDGED:
            return hedged_break_even(name, state, self.hedges, self.ledger.prices)
        return layer_attribute(name, state, self.ledger.prices)

    def account_attribute(self, name: str) -> float:
        ledger = self.ledger
        match name:
            case "quick_ratio":
                return quick_ratio(ledger.cash, self.layers, ledger.prices)
            case "net_beta":
                return net_beta(self.layers, ledger.units_of_index, self.account["equity"], ledger.prices)
            case "wacc":
                return wacc(self.layers, self.hedges, ledger.cash, ledger.prices)
        raise InternalError(f"the account has no attribute {name!r}")

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
                if is_unknown(self.market.event(node.name, self.bar)):
                    return UNKNOWN
                before, after = node.window
                days = [*range(self.bar - after, self.bar + (1 if after > 0 else 0)), *range(self.bar + 1, self.bar + before + 1)]
                return 1.0 if any(self.market.event(node.name, day) == 1.0 for day in days) else 0.0
            case "spx_volatility":
                return self.ledger.prices.spx_volatility(float(node.window[0]))
            case "every_sessions":
                return 1.0 if (self.bar - self.market.first + self.phase) % node.window[0] == 0 else 0.0
        if self.bar < self.market.first:
            return UNKNOWN
        match node.operation:
            case "account":
                return self.account[node.name]
            case "mark":
                return self.marks[node.owner, node.name]
            case "decided":
                return layer_attribute(node.name, self.layers[node.owner], self.ledger.prices)
        raise InternalError(f"no stream operation is called {node.operation!r}")

    # 4 Decide, 5 Fill

    def decide_and_fill(self) -> None:
        self.streams.evaluate(0, self)
        self.pay_budgets()
        if self.later is not None:
            self.later.begin()
        for level in sorted({state.layer.level for state in self.layers}):
            self.decide_level([state for state in self.layers if state.layer.level == level])
        self.streams.evaluate(len(self.layers) + 1, self)
        if self.later is not None:
            self.later.put_back()
        for state in self.layers:
            state.end_decisions()
        for rule in self.bands.unknown:
            self.unknown[self.ledger.number_of(rule)] += 1

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
                if state.layer.group != number or not state.budgeted:
                    continue
                state.balance = state.balance + state.share * payment
                if group.budget.kept_months > 0.0:
                    cap = state.share * group.budget.kept_months * full
                    state.balance = state.balance if state.balance < cap else cap

    def decide_level(self, level: Sequence[LayerState]) -> None:
        turns = [(state, self.take_turn(state)) for state in level]
        for state, orders in turns:
            for order, rule in orders:
                if rule.verb == "roll":
                    self.rolls.roll(state, order, rule)
                else:
                    self.orders.rebalance(state, order)
            self.orders.ask_for_incoming(state)
            if not self.bands.attend(state):
                self.orders.ask_to_add_or_open(state)
        asks = [ask for state in level for ask in state.asks]
        cut_to_limits(asks, self.program.groups, self.layers, self.streams.values)
        cut_to_cash(asks, self.ledger.available_cash())
        for ask in asks:
            self.ledger.answer(ask)
        self.bands.conclude(level)

    def take_turn(self, state: LayerState) -> list[tuple[Order, Rule]]:
        """Close what is to be closed; the rolls and rebalances that the lots ask for."""
        layer, stage, orders = state.layer, state.number + 1, self.orders
        self.streams.evaluate(stage, self)
        if all(other.layer.group != layer.group for other in self.layers[: state.number]):
            self.turn_group(layer.group, self.program.groups[layer.group])
        readings = {slot: _LotReadings(self, stage, lot) for slot, lot in state.by_slot()}
        if state.is_naked:
            orders.trim_to_cover(state)
        unwind = orders.unwind_in_force(layer.group)
        asked: list[tuple[Order, Rule]] = []
        seen: list[Sequence[float]] = []
        for slot, lot in state.by_slot():
            values = self.streams.evaluate_lot(stage, lot.recorder, readings[slot])
            seen.append(values)
            if self.ledger.observer is not None:
                self.ledger.observer.lot_read(self.bar, state.number, slot, values)
            rule = unwind or orders.first_that_holds(layer.closes, values)
            if rule is not None or lot.ends <= self.market.sessions[self.bar]:
                if not lot.is_stale:
                    q = lot.structures
                    read = () if rule is None else orders.read(rule, values)
                    self.ledger.sell(state, Order(rule, slot, read), q, CLOSE, q)
                    state.closed = True
                    self.ledger.verbs["close" if rule is None or rule is not unwind else "unwind"] += 1
                continue
            rule = orders.first_that_holds(layer.rolls, values) or orders.first_that_holds(layer.rebalances, values)
            if rule is not None:
                lot.acted = self.bar
                asked.append((Order(rule, slot, orders.read(rule, values)), rule))
        rules = (*layer.opens, *layer.closes, *layer.rolls, *layer.rebalances, *layer.adds, *layer.proxies)
        self.count_unknown(rules, seen)
        return asked

    def count_unknown(self, rules: Iterable[Rule], of_lots: Sequence[Sequence[float]]) -> None:
        for rule in rules:
            if rule.condition < 0:
                continue
            every = of_lots if self.program.nodes[rule.condition].per_lot else (self.streams.values,)
            if any(is_unknown(values[rule.condition]) for values in every):
                self.unknown[self.ledger.number_of(rule)] += 1

    def turn_group(self, number: int, group: Group) -> None:
        """What a group decides for all its layers, at the turn of its first: whether it unwinds, how its budget is shared."""
        values = self.streams.values
        flags = self.orders.unwinding[number]
        for place, unwind in enumerate(group.unwinds):
            condition = unwind.rule.condition
            holds = self.orders.holds(condition, values)
            known_over = values[unwind.until] == 1.0 if unwind.until >= 0 else condition >= 0 and values[condition] == 0.0
            if flags[place]:
                if known_over and not holds:
                    flags[place] = False
            elif holds:
                flags[place] = True
        for shift in group.shifts:
            if self.orders.holds(shift.rule.condition, values):
                source, target = self.layers[shift.source], self.layers[shift.target]
                self.ledger.shift(source, target, shift.rule, shift.amount, self.orders.read(shift.rule, values))
        self.count_unknown([unwind.rule for unwind in group.unwinds], ())
        self.count_unknown([shift.rule for shift in group.shifts], ())

    # 6 Record

    def record_bar(self) -> None:
        ledger = self.ledger
        held_index = 0.0
        if self.program.hold_index:
            ledger.sweep()
            held_index = ledger.hold_flow + ledger.units_of_index * self.market.value("spx", self.bar)
        values = [state.value for state in self.layers]
        totals = self.totals
        totals.equity.append(ledger.mid_equity())
        totals.cash.append(ledger.cash)
        totals.margin.append(ledger.total_margin())
        totals.interest.append(ledger.interest)
        totals.fees.append(ledger.fees)
        totals.hold_profit.append(held_index)
        totals.layer_profit.append([state.flow + value for state, value in zip(self.layers, values, strict=True)])
        totals.layer_value.append(values)
        totals.layer_contracts.append([state.contracts for state in self.layers])
        if self.record_sensitivities:
            totals.net_beta.append(net_beta(self.layers, ledger.units_of_index, totals.equity[-1], ledger.prices))
            totals.layer_theta.append([layer_attribute("theta", state, ledger.prices) for state in self.layers])

    def record(self) -> RunRecord:
        totals, ledger = self.totals, self.ledger
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
            journal=journal_rows(ledger.rows),
            stale_marks=ledger.stale_marks,
            unknown_prints=ledger.unknown_prints,
            unknown_rates=ledger.unknown_rates,
            stopped=self.stopped,
            verbs=ledger.verbs,
            net_beta=column(totals.net_beta) if self.record_sensitivities else None,
            layer_theta=table(totals.layer_theta) if self.record_sensitivities else None,
            waiting=ledger.rows_waiting,
        )
