"""Programs of the IR made by hand, for tests that need no text: nodes by method, conditions scripted bar by bar.

Every run that goes through `SmallProgram.run` has its books checked at every bar.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from attrs import define, evolve, field
from replay import Replay, marks_of, replay
from small_market import Values, small_market

from alvh.compiler.ir import (
    Budget,
    Expiry,
    Fill,
    Group,
    Keep,
    Layer,
    Leg,
    Node,
    NodeId,
    Parameter,
    Program,
    Rule,
    Shift,
    Size,
    Strike,
    UnwindRule,
)
from alvh.grammar.source import Source, Span
from alvh.runtime.market import MarketArrays
from alvh.runtime.record import RunRecord
from alvh.runtime.reference import interpret

SPAN = Span(Source("small.alvh", "a rule"), 0, 6)


@define
class SmallProgram:
    """Collects nodes and scripts; `program` and `market` belong together because scripts are user series of the market."""

    bars: int = 20
    capital: float = 1_000_000.0
    listed_costs: bool = False
    crowded_costs: bool = False
    whole: bool = True
    hold_index: bool = False
    fill: Fill = "this close"
    nodes: list[Node] = field(factory=list)
    scripts: dict[str, Values] = field(factory=dict)
    parameters: list[Parameter] = field(factory=list)
    layers: list[Layer] = field(factory=list)
    groups: list[Group] = field(factory=list)

    # Nodes

    def node(self, operation: str, *inputs: NodeId, **rest: Any) -> NodeId:
        self.nodes.append(Node(operation, inputs, **rest))
        return len(self.nodes) - 1

    def constant(self, value: float) -> NodeId:
        return self.node("constant", value=value)

    def script(self, *values: float) -> NodeId:
        """A series with these values, the last going on: for conditions 1, 0 and NaN."""
        name = f"script{len(self.scripts)}"
        self.scripts[name] = values
        return self.node("series", name=name)

    def at(self, *bars: int) -> NodeId:
        """A condition that is true on these bars."""
        return self.script(*(1.0 if bar in bars else 0.0 for bar in range(self.bars)))

    def of_lot(self, attribute: str, relation: str, value: float, layer: int = 0) -> NodeId:
        """A lot's own condition, such as `dte <= 10 days`."""
        bound = self.constant(value)
        own = self.node("lot", name=attribute, per_lot=True, stage=layer + 1)
        return self.node(relation, own, bound, per_lot=True, stage=layer + 1)

    # Legs, sizes, layers

    def call(self, strike: float, days: float = 30.0, ratio: int = 1, product: str = "VIX", **expiry: Any) -> Leg:
        return self._leg("call", strike, days, ratio, product, expiry)

    def put(self, strike: float, days: float = 30.0, ratio: int = 1, product: str = "VIX", **expiry: Any) -> Leg:
        return self._leg("put", strike, days, ratio, product, expiry)

    def future(self, month: float = 2.0, ratio: int = 1, product: Any = "VX") -> Leg:
        return Leg("", product, "future", ratio, None, Expiry("month", low=month))

    def shares(self, product: Any = "VXX", ratio: int = 1) -> Leg:
        return Leg("", product, "shares", ratio, None, None)

    def _leg(self, right: Any, strike: float, days: float, ratio: int, product: Any, expiry: dict[str, Any]) -> Leg:
        wish = Expiry(**({"manner": "days", "low": days} | expiry))
        return Leg("", product, right, ratio, Strike("strike", self.constant(strike)), wish)

    def contracts(self, value: float) -> Size:
        return Size("contracts", self.constant(value))

    def group(self, kind: Any = "hedge", **rest: Any) -> int:
        standard: dict[str, Any] = {"unit": -1, "budget": None, "limit_cost": -1, "unwinds": ()}
        self.groups.append(Group(f"group{len(self.groups)}", kind, span=SPAN, **(standard | rest)))
        return len(self.groups) - 1

    def layer(self, *legs: Leg, size: Size | float = 1.0, proxies: Sequence[tuple[NodeId, Leg]] = (), **rest: Any) -> int:
        """The layer's number. `opens`, `closes`, `rolls`, `rebalances`, `adds` are conditions or rules; `at_most` states a number of lots;
        `proxies` are conditions and the shares that stand in for the legs."""
        if proxies:
            rest["primary"] = len(legs)
            legs = (*legs, *(share for _, share in proxies))
        rest["proxies"] = tuple(self.rule("proxy", condition) for condition, _ in proxies)
        for verb in ("open", "close", "roll", "rebalance", "add"):
            rules = rest.pop(f"{verb}s", ())
            many = rules if isinstance(rules, (tuple, list)) else (rules,)
            rest[f"{verb}s"] = tuple(rule if isinstance(rule, Rule) else self.rule(verb, rule) for rule in many)
        if not self.groups:
            self.group()
        number = len(self.layers)
        standard: dict[str, Any] = {"name": f"layer{number}", "group": len(self.groups) - 1, "level": number, "at_most": 0, "share": 0.0,
                                    "hold_to_expiry": True}  # fmt: skip
        measure = size if isinstance(size, Size) else self.contracts(size)
        rest["states_at_most"] = "at_most" in rest
        self.layers.append(Layer(legs=legs, size=measure, span=SPAN, **(standard | rest)))
        return number

    def rule(self, verb: Any, condition: NodeId, into: int = -1, reads: tuple[NodeId, ...] = (), **rest: Any) -> Rule:
        # Every rule is an object of its own: two that read alike are still two.
        return Rule(verb, condition, f"{verb} on {condition}", SPAN, reads, into, **rest)

    def shift(self, condition: NodeId, amount: float, source: int, target: int) -> None:
        """Of the last group."""
        shift = Shift(self.rule("shift", condition), amount, source, target)
        self.groups[-1] = evolve(self.groups[-1], shifts=(*self.groups[-1].shifts, shift))

    def keep(self, low: float | NodeId, high: float | NodeId, *layers: int) -> None:
        """Of the last group. Bounds are numbers or nodes."""
        bounds = [self.constant(bound) if isinstance(bound, float) else bound for bound in (low, high)]
        rule = self.rule("keep", -1, reads=(self.node("account", name="net_beta"),))
        self.groups[-1] = evolve(self.groups[-1], keeps=(*self.groups[-1].keeps, Keep(rule, *bounds, layers)))

    def unwind(self, condition: NodeId, until: NodeId = -1) -> UnwindRule:
        return UnwindRule(self.rule("unwind", condition), until)

    def budget(self, yearly: float | NodeId, kept_months: float = 0.0) -> Budget:
        node = self.constant(yearly) if isinstance(yearly, float) else yearly
        return Budget(node, kept_months)

    # Runs

    @property
    def program(self) -> Program:
        # Sizes without unit and conditions stand at stage 0; what reads a layer's decisions says its stage itself.
        return Program(
            title="small",
            nodes=tuple(self.nodes),
            layers=tuple(self.layers),
            groups=tuple(self.groups),
            parameters=tuple(self.parameters),
            capital=self.capital,
            costs="crowded" if self.crowded_costs else "listed" if self.listed_costs else "none",
            whole_contracts=self.whole,
            hold_index=self.hold_index,
            inputs=tuple(self.scripts),
            calendars=("spx_expiry", "vix_expiry"),
            warm_up=0,
            fill=self.fill,
        )

    def market(self, **series: Any) -> MarketArrays:
        return small_market(self.bars, inputs=self.scripts, **series)

    def run(self, phase: int = 0, **series: Any) -> RunRecord:
        arrays = self.market(**series)
        record = interpret(self.program, arrays, phase=phase)
        assert_books_balance(self.program, arrays, record)
        return record


def assert_books_balance(program: Program, arrays: MarketArrays, record: RunRecord) -> None:
    """Cash replayed from the journal and the futures' marks alone, equity from cash and marks, and the attribution, at every bar to 1e-9
    of the account. An index held whose price is missing leaves equity unknown and cash unswept on that bar."""
    told = replay(program, arrays, record)
    known = np.isfinite(record.equity)
    assert program.hold_index or known.all()
    scale = 1e-9 * np.maximum(program.capital, np.abs(record.equity))
    account = program.capital + np.cumsum(told.cash_moved) + record.interest
    if not program.hold_index:
        assert (np.abs(account - record.cash) <= scale).all()
        held = np.zeros(len(record.equity))
    else:
        assert (record.cash == 0.0)[known].all()
        # What was swept into the index, and what that made of itself.
        held = account + record.hold_profit
    assert (np.abs(record.cash + record.layer_value.sum(axis=1) + held - record.equity) <= scale)[known].all()
    attributed = program.capital + record.interest + record.hold_profit + record.layer_profit.sum(axis=1)
    assert (np.abs(attributed - record.equity) <= scale)[known].all()
    assert (np.abs(np.cumsum(told.cost) - record.fees) <= 1e-9 * program.capital + 1e-9 * record.fees).all()
    assert_lots_are_those_of_the_journal(program, arrays, record, told)


def assert_lots_are_those_of_the_journal(program: Program, arrays: MarketArrays, record: RunRecord, told: Replay) -> None:
    """Contracts by layer on every bar; and where every price is known, their value."""
    for number, held in enumerate(told.held):
        by_layer = np.zeros(len(program.layers))
        for (layer, _), position in held.items():
            by_layer[layer] += position.structures
        assert np.allclose(by_layer, record.layer_contracts[number], rtol=1e-9, atol=1e-12)
    if not record.stale_marks:
        values = marks_of(program, arrays, told)[:, 0]
        assert np.allclose(values, record.layer_value.sum(axis=1), rtol=1e-9, atol=1e-6)


def change_layer(small: SmallProgram, number: int, **changes: Any) -> None:
    small.layers[number] = evolve(small.layers[number], **changes)


def actions(record: RunRecord, layer: int | None = None) -> list[tuple[int, int, int, float]]:
    """`(bar, action, reason code, filled)` of each row of the journal, in order."""
    rows = record.journal
    return [
        (int(rows.bar[row]), int(rows.action[row]), int(rows.cut[row]), float(rows.filled[row]))
        for row in range(len(rows.bar))
        if layer is None or rows.layer[row] == layer
    ]
