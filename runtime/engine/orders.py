"""Orders of a level as they are asked for: sizes, and the cuts that are a layer's own, to its cover and to its balance."""

from __future__ import annotations

from alvh.runtime.engine import layout as at
from alvh.runtime.engine.cover import cover_of
from alvh.runtime.engine.layout import Run
from alvh.runtime.engine.ledger import none_of
from alvh.runtime.engine.margin import NO_SETTLEMENT
from alvh.runtime.lanes import Lanes, broadcast, divide, is_unknown, lane_function, load, maximum, select, store, store_where
from alvh.runtime.record import NO_DEBIT, NO_REASON, SIZE_UNKNOWN


@lane_function
def size_of(lanes: Lanes, run: Run, layer: int, choice: int) -> tuple[float, float]:
    """Structures that a layer's size comes to in the legs of a choice, and why it cannot be had (0: it can)."""
    manner = int(run.rules.layers[layer, at.L_SIZE_MANNER])
    base = choice * at.CHOSEN_ROWS
    if manner == at.BY_BUDGET:
        price = load(lanes, run.state.chosen, base + at.H_DEBIT) * 100.0 + load(lanes, run.state.chosen, base + at.H_FEE)
        left = load(lanes, run.state.layers, layer * at.LAYER_ROWS + at.S_BALANCE) - load(
            lanes, run.state.layers, layer * at.LAYER_ROWS + at.S_RESERVED
        )
        fine = broadcast(lanes, float(NO_REASON))
        return maximum(divide(left, price), 0.0), select(price > 0.0, fine, float(NO_DEBIT))
    value = amount_in(lanes, run, layer, manner, int(run.rules.layers[layer, at.L_SIZE_ROW]))
    return structures_for(lanes, run, choice, manner, value)


@lane_function
def amount_in(lanes: Lanes, run: Run, layer: int, manner: int, row: int) -> float:
    """Contracts or money that a size states, times the group's unit for contracts."""
    value = load(lanes, run.state.nodes, row)
    if manner == at.BY_CONTRACTS:
        unit = int(run.rules.groups[int(run.rules.layers[layer, at.L_GROUP]), at.U_UNIT])
        if unit >= 0:
            value = value * load(lanes, run.state.nodes, unit)
    return value


@lane_function
def structures_for(lanes: Lanes, run: Run, choice: int, manner: int, value: float) -> tuple[float, float]:
    """Structures of a choice that contracts, money or a greatest loss come to, and why they cannot be had."""
    base = choice * at.CHOSEN_ROWS
    fine = broadcast(lanes, float(NO_REASON))
    size = value
    if manner != at.BY_CONTRACTS:
        price = load(lanes, run.state.chosen, base + at.H_MEASURE) * 100.0
        if manner == at.BY_MAX_LOSS:
            price = load(lanes, run.state.chosen, base + at.H_LOSS)
        size = divide(value, price)
        fine = select(price > 0.0, fine, float(NO_DEBIT))
    return size, select(is_unknown(value), float(SIZE_UNKNOWN), fine)


@lane_function
def others_of(lanes: Lanes, run: Run, layer: int, slot: int) -> float:
    """Structures held by the layer's lots but the one in `slot` (-1: by all)."""
    total = broadcast(lanes, 0.0)
    first_slot = int(run.rules.layers[layer, at.L_FIRST_SLOT])
    for other in range(first_slot, first_slot + int(run.rules.layers[layer, at.L_SLOTS])):
        if other != slot:
            total = total + load(lanes, run.state.lots, other * at.LOT_ROWS + at.O_STRUCTURES)
    return total


@lane_function
def lots_now(lanes: Lanes, run: Run, layer: int) -> float:
    lots = broadcast(lanes, 0.0)
    first_slot = int(run.rules.layers[layer, at.L_FIRST_SLOT])
    for slot in range(first_slot, first_slot + int(run.rules.layers[layer, at.L_SLOTS])):
        lots = lots + select(load(lanes, run.state.lots, slot * at.LOT_ROWS + at.O_STRUCTURES) > 0.0, 1.0, 0.0)
    return lots


@lane_function
def has_room(lanes: Lanes, run: Run, layer: int) -> bool:
    """Whether the layer may hold another lot of its own."""
    row = layer * at.LAYER_ROWS
    if run.rules.layers[layer, at.L_STATES_AT_MOST] == 1.0:
        rolled_away = load(lanes, run.state.layers, row + at.S_ROLLED_AWAY)
        lots = load(lanes, run.state.layers, row + at.S_LOTS_START) - rolled_away + load(lanes, run.state.layers, row + at.S_INCOMING)
        at_most: float = run.rules.layers[layer, at.L_AT_MOST]
        return lots < at_most
    return load(lanes, run.state.layers, row + at.S_OWN_START) - load(lanes, run.state.layers, row + at.S_OWN_ROLLED_AWAY) == 0.0


@lane_function
def add_ask(
    lanes: Lanes,
    run: Run,
    layer: int,
    slot: int,
    action: int,
    enlarges: int,
    kept_in: int,
    choice: int,
    asks: int,
    mask: bool,
    wanted: float,
    own: float,
    rule: float,
    by_size: int,
) -> int:
    """Writes down an order for the legs of a choice, cut to what covers it and to what the layer's balance pays.

    `by_size`: the layer's size says how much."""
    row = asks * at.ASK_ROWS
    base = choice * at.CHOSEN_ROWS
    of_layer = layer * at.LAYER_ROWS
    debit = load(lanes, run.state.chosen, base + at.H_DEBIT)
    fee = load(lanes, run.state.chosen, base + at.H_FEE)
    price = debit * 100.0 + fee
    asked = wanted
    cover_cut = none_of(mask)
    cover = int(run.rules.layers[layer, at.L_COVER])
    if cover >= 0:
        proxied = load(lanes, run.state.chosen, base + at.H_PROXY) >= 0.0
        nearest = select(proxied, NO_SETTLEMENT, load(lanes, run.state.chosen, base + at.H_NEAREST))
        written = others_of(lanes, run, layer, -1 if enlarges == 1 else slot) + load(lanes, run.state.layers, of_layer + at.S_ASKED)
        room = maximum(cover_of(lanes, run, cover, nearest) - written, 0.0)
        cover_cut = mask & (wanted > room)
        wanted = select(cover_cut, room, wanted)
    budget_cut = none_of(mask)
    if run.rules.layers[layer, at.L_BUDGETED] == 1.0:
        left = load(lanes, run.state.layers, of_layer + at.S_BALANCE) - load(lanes, run.state.layers, of_layer + at.S_RESERVED)
        affordable = maximum(divide(left, price), 0.0)
        budget_cut = mask & (price > 0.0) & (wanted > affordable)
        wanted = select(budget_cut, affordable, wanted)
        kept = load(lanes, run.state.layers, of_layer + at.S_RESERVED)
        reserves = mask & (price > 0.0) & (wanted > 0.0)
        store_where(lanes, run.state.layers, of_layer + at.S_RESERVED, reserves, kept + wanted * price)
    if by_size == 1 and run.rules.layers[layer, at.L_SIZE_MANNER] == at.BY_BUDGET:
        budget_cut = mask
    so_far = load(lanes, run.state.layers, of_layer + at.S_ASKED)
    store_where(lanes, run.state.layers, of_layer + at.S_ASKED, mask & (wanted > 0.0), so_far + wanted)
    margin = load(lanes, run.state.chosen, base + at.H_WORST) + load(lanes, run.state.chosen, base + at.H_FLOATING)
    store(lanes, run.state.asks, row + at.K_PRESENT, select(mask, 1.0, 0.0))
    store(lanes, run.state.asks, row + at.K_WANTED, select(mask, wanted, 0.0))
    store(lanes, run.state.asks, row + at.K_ASKED, asked)
    store(lanes, run.state.asks, row + at.K_DEBIT, debit)
    store(lanes, run.state.asks, row + at.K_PRICE, load(lanes, run.state.chosen, base + at.H_PRICE))
    store(lanes, run.state.asks, row + at.K_FEE, fee)
    store(lanes, run.state.asks, row + at.K_MARGIN, margin)
    store(lanes, run.state.asks, row + at.K_HALF, load(lanes, run.state.chosen, base + at.H_HALF))
    store(lanes, run.state.asks, row + at.K_OWN, own)
    store(lanes, run.state.asks, row + at.K_RULE, rule)
    store(lanes, run.state.asks, row + at.K_CUT, broadcast(lanes, float(NO_REASON)))
    store(lanes, run.state.asks, row + at.K_FLAGGED, load(lanes, run.state.chosen, base + at.H_FLAGGED))
    store(lanes, run.state.asks, row + at.K_BUDGET_CUT, select(budget_cut, 1.0, 0.0))
    store(lanes, run.state.asks, row + at.K_COVER_CUT, select(cover_cut, 1.0, 0.0))
    store(lanes, run.state.asks, row + at.K_BY_SIZE, broadcast(lanes, float(by_size)))
    run.state.ask_place[asks, at.Q_LAYER] = layer
    run.state.ask_place[asks, at.Q_SLOT] = slot
    run.state.ask_place[asks, at.Q_ACTION] = action
    run.state.ask_place[asks, at.Q_READS] = kept_in
    run.state.ask_place[asks, at.Q_CHOICE] = choice
    run.state.ask_place[asks, at.Q_ENLARGES] = enlarges
    run.state.ask_place[asks, at.Q_DRAWS] = -1
    run.state.ask_place[asks, at.Q_KEEP] = -1
    return asks + 1
