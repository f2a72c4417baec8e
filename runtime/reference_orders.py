"""Sizes that layers ask for, and the cuts that limits and cash make of them: docs/design/bar.md, "Size" and "Cut"."""

from __future__ import annotations

import math
from collections.abc import Sequence

from alvh.compiler.ir import Group
from alvh.runtime.record import (
    ABOVE_SIZE,
    BUDGET_SPENT,
    CUT_BY_CASH,
    CUT_BY_LIMIT,
    LESS_THAN_ONE,
    LIMIT_UNKNOWN,
    NO_DEBIT,
    NO_REASON,
    SIZE_UNKNOWN,
)
from alvh.runtime.reference_account import Ask, LayerState, lots_of, total
from alvh.runtime.reference_choosing import Structure
from alvh.runtime.reference_streams import is_unknown


DUST = 1e-9
"""Of a contract: how far below a whole number still counts as that number, and what is too little to trade."""


def whole_contracts(x: float, rounded: bool) -> float:
    """What can be traded of `x` structures; never below 0. With fractional contracts less than `DUST` of one is nothing."""
    if rounded:
        return float(math.floor(x + DUST)) if x > 0.0 else 0.0
    return x if x > DUST else 0.0


def size_value(state: LayerState, group: Group, values: Sequence[float]) -> float:
    """Contracts or money that the layer's size states, times the group's unit for contracts."""
    size = state.layer.size
    value = values[size.value]
    return value * values[group.unit] if size.manner == "contracts" and group.unit >= 0 else value


def size_refusal(state: LayerState, group: Group, structure: Structure, values: Sequence[float]) -> int:
    """Why the layer's size cannot be told, if so."""
    manner = state.layer.size.manner
    if manner != "budget" and is_unknown(size_value(state, group, values)):
        return SIZE_UNKNOWN
    divisor = {
        "contracts": 1.0,
        "money": structure.debit,
        "max_loss": (structure.worst + structure.debit) * 100.0 + structure.fee,
        "budget": structure.debit * 100.0 + structure.fee,
    }[manner]
    return NO_REASON if divisor > 0.0 else NO_DEBIT


def size_of(state: LayerState, group: Group, structure: Structure, values: Sequence[float]) -> float:
    """Structures that the layer is to hold, or with a `budget` size buys on top. Only where `size_refusal` has nothing to say."""
    match state.layer.size.manner:
        case "contracts":
            return size_value(state, group, values)
        case "money":
            return size_value(state, group, values) / (structure.debit * 100.0)
        case "max_loss":
            return size_value(state, group, values) / ((structure.worst + structure.debit) * 100.0 + structure.fee)
    return affordable(state, structure)


def affordable(state: LayerState, structure: Structure) -> float:
    """Structures that the layer's balance pays, less what its earlier asks of the bar reserve; at least 0."""
    left = state.balance - total(ask.reserved for ask in state.asks)
    structures = left / (structure.debit * 100.0 + structure.fee)
    return structures if structures > 0.0 else 0.0


def held_by_others(state: LayerState, slot: int) -> float:
    """Structures of the layer's other lots and of what it already asks for; a `budget` size takes nothing off for them."""
    if state.layer.size.manner == "budget":
        return 0.0
    held = total(lot.structures for place, lot in state.by_slot() if place != slot)
    return held + total(ask.wanted for ask in state.asks if ask.wanted > 0.0)


def cut_to_limits(asks: Sequence[Ask], groups: Sequence[Group], layers: Sequence[LayerState], values: Sequence[float]) -> None:
    """Hold the cost of each group's open lots, these asks included, to its limit by one factor for the level."""
    for number, group in enumerate(groups):
        if group.limit_cost < 0:
            continue
        limited = [ask for ask in asks if ask.layer.layer.group == number and ask.wanted > 0.0 and ask.structure.debit > 0.0]
        limit = values[group.limit_cost]
        if is_unknown(limit):
            for ask in limited:
                ask.wanted, ask.limit_unknown = 0.0, True
            continue
        room = limit - total(lot.cost for lot in lots_of(state for state in layers if state.layer.group == number))
        sum_of_asks = total(ask.wanted * ask.structure.debit * 100.0 for ask in limited)
        if limited and sum_of_asks > room:
            factor = (room if room > 0.0 else 0.0) / sum_of_asks
            for ask in limited:
                ask.wanted, ask.limit_cut = ask.wanted * factor, True


def cut_to_cash(asks: Sequence[Ask], available: float) -> None:
    """Hold what the asks cost and bind to the dollars available by one factor for the level."""
    needy = [ask for ask in asks if ask.wanted > 0.0 and ask.need > 0.0]
    sum_of_needs = total(ask.wanted * ask.need for ask in needy)
    if needy and sum_of_needs > available:
        factor = (available if available > 0.0 else 0.0) / sum_of_needs
        for ask in needy:
            ask.wanted, ask.cash_cut = ask.wanted * factor, True


def reason_for_nothing(ask: Ask) -> int:
    """Why an ask comes to no contract."""
    if ask.limit_unknown:
        return LIMIT_UNKNOWN
    if ask.kind == "roll" and not ask.asked > 0.0 and ask.layer.layer.size.manner != "budget":
        return ABOVE_SIZE
    if ask.limit_cut:
        return CUT_BY_LIMIT
    if ask.cash_cut:
        return CUT_BY_CASH
    return BUDGET_SPENT if ask.balance_cut else LESS_THAN_ONE
