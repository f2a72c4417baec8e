"""Sizes that layers ask for, and the cuts that cover, balance, limits and cash make of them: docs/design/bar.md, "Size" and "Cut"."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from alvh.compiler.ir import Group, Size
from alvh.runtime.record import (
    ABOVE_SIZE,
    BUDGET_SPENT,
    CUT_BY_CASH,
    CUT_BY_COVER,
    CUT_BY_LIMIT,
    DELTA_FLAGGED,
    LESS_THAN_ONE,
    LIMIT_UNKNOWN,
    NO_COVER,
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


def size_value(size: Size, group: Group, values: Sequence[float]) -> float:
    """Contracts or money that a size states, times the group's unit for contracts."""
    value = values[size.value]
    return value * values[group.unit] if size.manner == "contracts" and group.unit >= 0 else value


def _divisor(size: Size, structure: Structure) -> float:
    """Of the size's money, what one structure takes. A proxy is counted in the structures that it stands in for, but paid as it is."""
    sizing = structure.sizing
    match size.manner:
        case "contracts":
            return 1.0
        case "money":
            return sizing.measure * 100.0
        case "max_loss":
            return (sizing.worst + sizing.debit) * 100.0 + sizing.fee
    return structure.debit * 100.0 + structure.fee


def size_refusal(size: Size, group: Group, structure: Structure, values: Sequence[float]) -> int:
    """Why a size cannot be told, if so."""
    if size.manner != "budget" and is_unknown(size_value(size, group, values)):
        return SIZE_UNKNOWN
    return NO_REASON if _divisor(size, structure) > 0.0 else NO_DEBIT


def size_of(size: Size, state: LayerState, group: Group, structure: Structure, values: Sequence[float]) -> float:
    """Structures that the layer is to hold, or with a `budget` size buys on top. Only where `size_refusal` has nothing to say."""
    if size.manner == "budget":
        return affordable(state, structure)
    value = size_value(size, group, values)
    return value if size.manner == "contracts" else value / _divisor(size, structure)


def affordable(state: LayerState, structure: Structure) -> float:
    """Structures that the layer's balance pays, less what its earlier asks of the bar reserve; at least 0."""
    left = state.balance - total(ask.reserved for ask in state.asks)
    structures = left / (structure.debit * 100.0 + structure.fee)
    return structures if structures > 0.0 else 0.0


def held_by_others(state: LayerState, slot: int) -> float:
    """Structures of the layer's other lots and of what it already asks for."""
    held = total(lot.structures for place, lot in state.by_slot() if place != slot)
    return held + total(ask.wanted for ask in state.asks if ask.wanted > 0.0)


# Cover: what a layer sells against another's contracts


def cover_until(covering: LayerState, day: float) -> float:
    """Structures that another layer holds to a day or beyond."""
    return total(lot.structures for lot in covering if lot.nearest >= day)


def cover_left(state: LayerState, covering: LayerState, structure: Structure) -> float:
    """Structures that the layer may still sell against the other's."""
    left = cover_until(covering, structure.nearest) - held_by_others(state, -1)
    return left if left > 0.0 else 0.0


def covered_part(lot_structures: float, cover: float, used: float) -> float:
    """How many structures of a lot are covered, `used` being taken by lots before it."""
    left = cover - used
    permitted = lot_structures if lot_structures < left else left
    return permitted if permitted > 0.0 else 0.0


# Cuts of a level


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
        room = limit - cost_of_group(number, layers)
        sum_of_asks = total(ask.wanted * ask.structure.debit * 100.0 for ask in limited)
        if limited and sum_of_asks > room:
            factor = (room if room > 0.0 else 0.0) / sum_of_asks
            for ask in limited:
                ask.wanted, ask.limit_cut = ask.wanted * factor, True


def cost_of_group(group: int, layers: Iterable[LayerState]) -> float:
    """Entry debit of the group's open lots."""
    return total(lot.cost for lot in lots_of(state for state in layers if state.layer.group == group))


def cut_to_cash(asks: Sequence[Ask], available: float) -> None:
    """Hold what the asks cost and bind to the dollars available by one factor for the level."""
    needy = [ask for ask in asks if ask.wanted > 0.0 and ask.need > 0.0]
    sum_of_needs = total(ask.wanted * ask.need for ask in needy)
    if needy and sum_of_needs > available:
        factor = (available if available > 0.0 else 0.0) / sum_of_needs
        for ask in needy:
            ask.wanted, ask.cash_cut = ask.wanted * factor, True


def reason_for_less(ask: Ask) -> int:
    """What a fill has to say for itself."""
    if ask.limit_cut:
        return CUT_BY_LIMIT
    if ask.cash_cut:
        return CUT_BY_CASH
    if ask.cover_cut:
        return CUT_BY_COVER
    return DELTA_FLAGGED if ask.flagged else NO_REASON


def reason_for_nothing(ask: Ask) -> int:
    """Why an ask comes to no contract."""
    if ask.limit_unknown:
        return LIMIT_UNKNOWN
    if ask.kind == "roll" and ask.by_size and ask.layer.layer.size.manner != "budget" and not ask.asked > 0.0:
        return ABOVE_SIZE
    if ask.limit_cut:
        return CUT_BY_LIMIT
    if ask.cash_cut:
        return CUT_BY_CASH
    if ask.cover_cut:
        return NO_COVER
    return BUDGET_SPENT if ask.balance_cut else LESS_THAN_ONE
