"""What a layer asks for on its level: rolls and increases of its lots, lots rolled in, bands of net beta, additions, opens."""

from __future__ import annotations

from alvh.runtime.engine import layout as at
from alvh.runtime.engine.choose import ensure_chosen
from alvh.runtime.engine.conditions import holding, unwinding_now
from alvh.runtime.engine.held import rebalance
from alvh.runtime.engine.keep import keep_band
from alvh.runtime.engine.layout import Run
from alvh.runtime.engine.ledger import none_of
from alvh.runtime.engine.orders import add_ask, amount_in, has_room, lots_now, size_of, structures_for
from alvh.runtime.engine.rolls import refuse_unpriced, roll
from alvh.runtime.engine.trade import refuse
from alvh.runtime.lanes import Lanes, any_lane, broadcast, lane_function, load, maximum, negate, select, store_where
from alvh.runtime.record import ADD, NO_EXPIRY, NO_REASON, OPEN, ROLL_IN, SIZE_NOT_POSITIVE, STALE_MARK, UNWINDING

UNKNOWN = float("nan")


@lane_function
def ask_for_layer(lanes: Lanes, run: Run, bar: int, layer: int, asks: int) -> int:
    first_slot = int(run.rules.layers[layer, at.L_FIRST_SLOT])
    for slot in range(first_slot, first_slot + int(run.rules.layers[layer, at.L_SLOTS])):
        lot = slot * at.LOT_ROWS
        action = load(lanes, run.state.lots, lot + at.O_ACTION)
        stale = load(lanes, run.state.lots, lot + at.O_STALE) > 0.0
        held = load(lanes, run.state.lots, lot + at.O_STRUCTURES) > 0.0
        late = held & stale & (action != at.NO_ACTION)
        if any_lane(late):
            refuse_unpriced(lanes, run, bar, layer, slot, late, broadcast(lanes, float(STALE_MARK)))
        ready = held & negate(stale)
        rolls = ready & (action == at.TO_ROLL)
        if any_lane(rolls):
            asks = roll(lanes, run, bar, layer, slot, rolls, asks)
        changes = ready & (action == at.TO_REBALANCE)
        if any_lane(changes):
            asks = rebalance(lanes, run, bar, layer, slot, changes, asks)
    asks = _ask_for_incoming(lanes, run, bar, layer, asks)
    everywhere = broadcast(lanes, 0.0) == 0.0
    free = negate(unwinding_now(lanes, run, int(run.rules.layers[layer, at.L_GROUP]), everywhere))
    for row in range(run.settings.keeps):
        if run.rules.keeps[row, at.B_LAYER] == layer:
            before = asks
            asks = keep_band(lanes, run, bar, layer, row, asks)
            for ask in range(before, asks):
                free = free & (load(lanes, run.state.asks, ask * at.ASK_ROWS + at.K_PRESENT) == 0.0)
    if run.rules.layers[layer, at.L_ADDS] > 0.0:
        looked, more = _ask_to_add(lanes, run, bar, layer, free, asks)
        free = free & negate(looked)
        asks = more
    return _ask_to_open(lanes, run, bar, layer, free, asks)


@lane_function
def _ask_for_incoming(lanes: Lanes, run: Run, bar: int, layer: int, asks: int) -> int:
    """Lots that layers upstream rolled into this one today, in order of their slots."""
    incoming = load(lanes, run.state.layers, layer * at.LAYER_ROWS + at.S_INCOMING) > 0.0
    if not any_lane(incoming):
        return asks
    ensure_chosen(lanes, run, bar, layer, incoming)
    group = int(run.rules.layers[layer, at.L_GROUP])
    for slot in range(int(run.rules.layers[layer, at.L_FIRST_SLOT])):
        lot = slot * at.LOT_ROWS
        wanted = load(lanes, run.state.lots, lot + at.O_OUTGOING)
        comes = (wanted > 0.0) & (load(lanes, run.state.lots, lot + at.O_TARGET) == layer)
        if not any_lane(comes):
            continue
        rule = load(lanes, run.state.lots, lot + at.O_OUTGOING_RULE)
        refusal = load(lanes, run.state.chosen, layer * at.CHOSEN_ROWS + at.H_REFUSAL)
        code = select(unwinding_now(lanes, run, group, comes), float(UNWINDING), refusal)
        refused = comes & (code != NO_REASON)
        if any_lane(refused):
            unknown = broadcast(lanes, UNKNOWN)
            refuse(lanes, run, bar, layer, -1, refused, rule, code, unknown, unknown, slot, layer)
        taken = comes & (code == NO_REASON)
        if any_lane(taken):
            rolled_in = broadcast(lanes, 0.0)
            asks = add_ask(lanes, run, layer, -1, ROLL_IN, 0, slot, layer, asks, taken, wanted, rolled_in, rule, 0)
    return asks


@lane_function
def _ask_for_new(
    lanes: Lanes,
    run: Run,
    bar: int,
    layer: int,
    action: int,
    mask: bool,
    rule: float,
    size: float,
    size_code: float,
    by_size: int,
    asks: int,
) -> int:
    """An order for a new lot of the layer's own, refused where its legs, its size or its sign say so."""
    base = layer * at.CHOSEN_ROWS
    debit = load(lanes, run.state.chosen, base + at.H_DEBIT)
    outside = load(lanes, run.state.chosen, base + at.H_OUTSIDE) == 1.0
    code = select(outside, float(NO_EXPIRY), load(lanes, run.state.chosen, base + at.H_REFUSAL))
    priced = code == NO_REASON
    code = select(priced, size_code, code)
    if by_size == 0 or int(run.rules.layers[layer, at.L_SIZE_MANNER]) != at.BY_BUDGET:
        code = select((code == NO_REASON) & (size <= 0.0), float(SIZE_NOT_POSITIVE), code)
    refused = mask & (code != NO_REASON)
    if any_lane(refused):
        asked = select(priced & (size_code == NO_REASON), size, UNKNOWN)
        price = select(priced, debit, UNKNOWN)
        refuse(lanes, run, bar, layer, -1, refused, rule, code, asked, price, -1, layer)
    goes = mask & (code == NO_REASON)
    if not any_lane(goes):
        return asks
    own = broadcast(lanes, 1.0)
    return add_ask(lanes, run, layer, -1, action, 0, -1, layer, asks, goes, size, own, rule, by_size)


@lane_function
def _ask_to_open(lanes: Lanes, run: Run, bar: int, layer: int, free: bool, asks: int) -> int:
    may = free & has_room(lanes, run, layer)
    if not any_lane(may):
        return asks
    opens = may
    rule = broadcast(lanes, -1.0)
    first_rule = int(run.rules.layers[layer, at.L_FIRST_RULE])
    rules_to_open = int(run.rules.layers[layer, at.L_OPENS])
    if rules_to_open > 0:
        opens = none_of(may)
        for candidate in range(first_rule, first_rule + rules_to_open):
            now = holding(lanes, run, candidate, may & negate(opens))
            rule = select(now, float(candidate), rule)
            opens = opens | now
        if not any_lane(opens):
            return asks
    ensure_chosen(lanes, run, bar, layer, opens)
    size, size_code = size_of(lanes, run, layer, layer)
    return _ask_for_new(lanes, run, bar, layer, OPEN, opens, rule, size, size_code, 1, asks)


@lane_function
def _ask_to_add(lanes: Lanes, run: Run, bar: int, layer: int, free: bool, asks: int) -> tuple[bool, int]:
    """Another lot beside those held, by an amount of its own; on which lanes a rule asks for one, so that no open is looked at."""
    row = layer * at.LAYER_ROWS
    may = none_of(free)
    if run.rules.layers[layer, at.L_STATES_AT_MOST] == 1.0:
        goes_on = lots_now(lanes, run, layer) + load(lanes, run.state.layers, row + at.S_ROLLING) > 0.0
        may = free & has_room(lanes, run, layer) & goes_on & (load(lanes, run.state.layers, row + at.S_LOTS_START) > 0.0)
    looked = none_of(free)
    if not any_lane(may):
        return looked, asks
    layers = run.rules.layers
    first_rule = int(layers[layer, at.L_FIRST_RULE]) + int(layers[layer, at.L_OPENS]) + int(layers[layer, at.L_CLOSES])
    first_rule += int(layers[layer, at.L_ROLLS]) + int(layers[layer, at.L_REBALANCES])
    for rule in range(first_rule, first_rule + int(layers[layer, at.L_ADDS])):
        now = holding(lanes, run, rule, may & negate(looked))
        if any_lane(now):
            looked = looked | now
            asks = _add(lanes, run, bar, layer, rule, now, asks)
    return looked, asks


@lane_function
def _add(lanes: Lanes, run: Run, bar: int, layer: int, rule: int, mask: bool, asks: int) -> int:
    ensure_chosen(lanes, run, bar, layer, mask)
    source = int(run.rules.rules[rule, at.R_FROM_GAINS])
    manner = int(run.rules.rules[rule, at.R_AMOUNT_MANNER])
    reserved = source * at.LAYER_ROWS + at.S_GAINS_RESERVED
    if source >= 0:
        manner = at.BY_MONEY
        gains = load(lanes, run.state.layers, source * at.LAYER_ROWS + at.S_GAINS)
        money = maximum(gains - load(lanes, run.state.layers, reserved), 0.0)
    else:
        money = amount_in(lanes, run, layer, manner, int(run.rules.rules[rule, at.R_AMOUNT_ROW]))
    size, size_code = structures_for(lanes, run, layer, manner, money)
    of_rule = broadcast(lanes, float(rule))
    before = asks
    asks = _ask_for_new(lanes, run, bar, layer, ADD, mask, of_rule, size, size_code, 0, asks)
    if source >= 0 and asks > before:
        run.state.ask_place[before, at.Q_DRAWS] = source
        wanted = load(lanes, run.state.asks, before * at.ASK_ROWS + at.K_WANTED)
        money = wanted * load(lanes, run.state.chosen, layer * at.CHOSEN_ROWS + at.H_MEASURE) * 100.0
        so_far = load(lanes, run.state.layers, reserved)
        store_where(lanes, run.state.layers, reserved, mask & (wanted > 0.0), so_far + money)
    return asks
