"""What a layer's rules ask for once its level has made its closes: rebalances, incoming lots, adds, opens (bar.md, steps 4 and 5).

Rolls stand in `reference_rolls.py`, bands to keep in `reference_keep.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from alvh.compiler.ir import Group, NodeId, Rule
from alvh.runtime.record import NO_BID, NO_DEBIT, NO_EXPIRY, NO_REASON, REBALANCE, SIZE_NOT_POSITIVE, STALE_MARK, TRIM, UNWINDING
from alvh.runtime.reference_account import Ask, LayerState, Order, structure_held, total
from alvh.runtime.reference_choosing import Choice, Structure, choose
from alvh.runtime.reference_ledger import Ledger
from alvh.runtime.reference_sizes import (
    affordable,
    cover_left,
    cover_until,
    covered_part,
    held_by_others,
    size_of,
    size_refusal,
    whole_contracts,
)
from alvh.runtime.reference_streams import Streams


class Orders:
    """Turns rules that fire into sales at once and asks for the end of the level."""

    def __init__(self, ledger: Ledger, streams: Streams) -> None:
        self.ledger = ledger
        self.streams = streams
        self.program = ledger.program
        self.unwinding = [[False] * len(group.unwinds) for group in self.program.groups]

    # What the streams say

    @property
    def values(self) -> Sequence[float]:
        return self.streams.values

    def holds(self, condition: NodeId, values: Sequence[float]) -> bool:
        """Whether a condition is known to be true; -1 always is."""
        return condition < 0 or values[condition] == 1.0

    def first_that_holds(self, rules: Iterable[Rule], values: Sequence[float]) -> Rule | None:
        return next((rule for rule in rules if self.holds(rule.condition, values)), None)

    def read(self, rule: Rule, values: Sequence[float]) -> tuple[float, ...]:
        return tuple(values[node] for node in rule.reads)

    def unwind_in_force(self, group: int) -> Rule | None:
        flagged = zip(self.program.groups[group].unwinds, self.unwinding[group], strict=True)
        return next((unwind.rule for unwind, is_set in flagged if is_set), None)

    def is_unwinding(self, state: LayerState) -> bool:
        return self.unwind_in_force(state.layer.group) is not None

    # Legs and sizes

    def choice(self, state: LayerState, rule: Rule | None = None) -> Choice:
        """The layer's legs, chosen at most once a bar; a rule that says `to` has a choice of its own."""
        to = None if rule is None else rule.to
        key = 0 if to is None else id(rule)
        if key not in state.choices:
            state.choices[key] = choose(state.layer, self.ledger.prices, self.values, to)
        return state.choices[key]

    def group_of(self, state: LayerState) -> Group:
        return self.program.groups[state.layer.group]

    def size_refusal(self, state: LayerState, structure: Structure) -> int:
        return size_refusal(state.layer.size, self.group_of(state), structure, self.values)

    def size(self, state: LayerState, structure: Structure) -> float:
        return size_of(state.layer.size, state, self.group_of(state), structure, self.values)

    def taken_off(self, state: LayerState, slot: int) -> float:
        """Of a size, what the layer's other lots and asks fill already; a `budget` size buys on top."""
        return 0.0 if state.layer.size.manner == "budget" else held_by_others(state, slot)

    def whole(self, x: float) -> float:
        return whole_contracts(x, self.program.whole_contracts)

    # Asks

    def ask(self, ask: Ask) -> None:
        """Hold an ask to its layer's cover and balance and put it with the others."""
        state, structure = ask.layer, ask.structure
        ask.balance_cut = ask.by_size and state.layer.size.manner == "budget"
        if state.is_naked:
            permitted = cover_left(state, self.ledger.layers[state.layer.cover], structure)
            if ask.wanted > permitted:
                ask.wanted, ask.cover_cut = permitted, True
        if state.budgeted and structure.debit * 100.0 + structure.fee > 0.0:
            payable = affordable(state, structure)
            if ask.wanted > payable:
                ask.wanted, ask.balance_cut = payable, True
        state.asks.append(ask)

    def ask_for_incoming(self, state: LayerState) -> None:
        for incoming in state.incoming:
            if self.is_unwinding(state):
                self.ledger.refuse(state, incoming.order, UNWINDING)
                continue
            choice = self.choice(state)
            if choice.structure is None:
                self.ledger.refuse(state, incoming.order, choice.refusal)
                continue
            q = incoming.structures
            self.ask(Ask("incoming", state, incoming.order, False, choice.structure, choice.flagged, q, q, by_size=False))

    def ask_to_add_or_open(self, state: LayerState) -> None:
        if self.is_unwinding(state):
            return
        rule = self.add_rule(state)
        if rule is not None:
            self.ask_to_add(state, rule)
        else:
            self.ask_to_open(state)

    def add_rule(self, state: LayerState) -> Rule | None:
        """The first add rule that fires: a layer that states `at most` and still holds a lot of the bar before adds while it has room."""
        rolling = sum(1 for ask in state.asks if ask.kind == "roll")
        still_holds = state.lots_before > 0 and len(state.lots) + rolling >= 1
        if not (state.layer.states_at_most and still_holds and state.has_room):
            return None
        return self.first_that_holds(state.layer.adds, self.values)

    def ask_to_add(self, state: LayerState, rule: Rule) -> None:
        order = Order(rule, -1, self.read(rule, self.values))
        choice = self.choice_to_open(state, order)
        if choice is None or choice.structure is None:
            return
        structure, group = choice.structure, self.group_of(state)
        if rule.amount is not None:
            refusal = size_refusal(rule.amount, group, structure, self.values)
        else:
            refusal = NO_REASON if structure.sizing.measure > 0.0 else NO_DEBIT
        if refusal != NO_REASON:
            self.ledger.refuse(state, order, refusal, structure)
            return
        if rule.amount is not None:
            wanted = size_of(rule.amount, state, group, structure, self.values)
        else:
            wanted = self.gains_left(rule.from_gains) / (structure.sizing.measure * 100.0)
        if not wanted > 0.0:
            self.ledger.refuse(state, order, SIZE_NOT_POSITIVE, structure, wanted)
            return
        self.ask(Ask("add", state, order, True, structure, choice.flagged, wanted, wanted, by_size=False, draws_on=rule.from_gains))

    def gains_left(self, layer: int) -> float:
        """Gains of a layer as of now, less what earlier asks of the level are to draw; at least 0."""
        drawn = total(ask.drawn for state in self.ledger.layers for ask in state.asks if ask.draws_on == layer)
        left = self.ledger.layers[layer].gains - drawn
        return left if left > 0.0 else 0.0

    def choice_to_open(self, state: LayerState, order: Order) -> Choice | None:
        """What a new lot of its own would hold; None where that is refused."""
        choice = self.choice(state)
        refusal = choice.refusal if choice.expiries.inside else NO_EXPIRY
        if refusal != NO_REASON or choice.structure is None:
            self.ledger.refuse(state, order, refusal)
            return None
        return choice

    def ask_to_open(self, state: LayerState) -> None:
        layer = state.layer
        rule = self.first_that_holds(layer.opens, self.values)
        if not state.has_room or (layer.opens and rule is None):
            return
        order = Order(rule, -1, () if rule is None else self.read(rule, self.values))
        choice = self.choice_to_open(state, order)
        if choice is None or choice.structure is None:
            return
        structure = choice.structure
        refusal = self.size_refusal(state, structure)
        if refusal != NO_REASON:
            self.ledger.refuse(state, order, refusal, structure)
            return
        wanted = self.size(state, structure)
        if not wanted > 0.0 and layer.size.manner != "budget":
            self.ledger.refuse(state, order, SIZE_NOT_POSITIVE, structure, wanted)
            return
        self.ask(Ask("open", state, order, True, structure, choice.flagged, wanted, wanted, by_size=True))

    # Lots held

    def trim_to_cover(self, state: LayerState) -> None:
        """`write ... against`: what the other layer no longer covers is bought back, lot by lot."""
        covering, used = self.ledger.layers[state.layer.cover], 0.0
        for slot, lot in state.by_slot():
            q = lot.structures
            permitted = covered_part(q, cover_until(covering, lot.nearest), used)
            left = self.whole(permitted)
            if left < q and not lot.is_stale:
                lot.acted = self.ledger.bar
                self.ledger.sell(state, Order(None, slot), q - left, TRIM, permitted - q, left)
                self.ledger.verbs["trim"] += 1
                state.closed = state.closed or left == 0.0
                q = lot.structures if slot in state.lots else 0.0
            used = used + q

    def rebalance(self, state: LayerState, order: Order) -> None:
        lot = state.lots[order.slot]
        if lot.is_stale:
            self.ledger.refuse(state, order, STALE_MARK)
            return
        structure = structure_held(lot, self.ledger.prices, state.is_naked)
        if self.size_refusal(state, structure) != NO_REASON:
            return
        size = self.size(state, structure)
        wanted = lot.structures + size if state.layer.size.manner == "budget" else size - self.taken_off(state, order.slot)
        left = self.whole(wanted)
        if left < lot.structures:
            self.ledger.sell(state, order, lot.structures - left, REBALANCE, wanted - lot.structures, left)
            state.closed = state.closed or left == 0.0
            self.ledger.verbs["rebalance"] += 1
        elif left > lot.structures:
            self.ask_for_more(state, order, "rebalance", structure, wanted - lot.structures)

    def ask_for_more(self, state: LayerState, order: Order, kind: str, structure: Structure, more: float) -> Ask | None:
        """More of what a lot holds."""
        if structure.lacks_a_bid:
            self.ledger.refuse(state, order, NO_BID, structure, more, state.lots[order.slot].contracts)
            return None
        ask = Ask(kind, state, order, state.lots[order.slot].own, structure, False, more, more, by_size=kind == "rebalance")
        self.ask(ask)
        return ask
