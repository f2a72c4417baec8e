"""What a layer asks for on its level: the new legs of rolls, lots rolled in, increases, opens, and their sizes."""

from __future__ import annotations

from alvh.runtime.engine import layout as at
from alvh.runtime.engine.choose import ensure_chosen
from alvh.runtime.engine.layout import Run
from alvh.runtime.engine.mark import count_where
from alvh.runtime.engine.trade import fee_of_structure, refuse, sell, whole
from alvh.runtime.engine.turns import holding, none_of, unwinding_now
from alvh.runtime.lanes import (
    Lanes,
    any_lane,
    broadcast,
    divide,
    is_unknown,
    lane_function,
    load,
    maximum,
    negate,
    select,
    store,
    store_where,
)
from alvh.runtime.record import (
    NO_BID,
    NO_DAYS_GAINED,
    NO_DEBIT,
    NO_EXPIRY,
    NO_REASON,
    OPEN,
    REBALANCE,
    ROLL_IN,
    ROLL_OUT,
    SIZE_NOT_POSITIVE,
    SIZE_UNKNOWN,
    STALE_MARK,
    TARGET_FULL,
    UNWINDING,
)

UNKNOWN = float("nan")
ROLLED = at.COUNT_VERBS + at.VERBS.index("roll")
ROLLED_INTO = at.COUNT_VERBS + at.VERBS.index("roll into")
REBALANCED = at.COUNT_VERBS + at.VERBS.index("rebalance")


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
            _refuse_unpriced(lanes, run, bar, layer, slot, late, broadcast(lanes, float(STALE_MARK)))
        ready = held & negate(stale)
        rolls = ready & (action == at.TO_ROLL)
        if any_lane(rolls):
            asks = _roll_within(lanes, run, bar, layer, slot, rolls, asks)
        moves = ready & (action == at.TO_ROLL_INTO)
        if any_lane(moves):
            _roll_into(lanes, run, bar, layer, slot, moves)
        changes = ready & (action == at.TO_REBALANCE)
        if any_lane(changes):
            asks = _rebalance(lanes, run, bar, layer, slot, changes, asks)
    asks = _ask_for_incoming(lanes, run, bar, layer, asks)
    return _ask_to_open(lanes, run, bar, layer, asks)


@lane_function
def _refuse_unpriced(lanes: Lanes, run: Run, bar: int, layer: int, slot: int, mask: bool, code: float) -> None:
    """A roll or rebalance that does not fire before anything was priced for it."""
    rule = load(lanes, run.state.lots, slot * at.LOT_ROWS + at.O_RULE)
    unknown = broadcast(lanes, UNKNOWN)
    refuse(lanes, run, bar, layer, slot, mask, rule, code, unknown, unknown, slot, True)


@lane_function
def size_of(lanes: Lanes, run: Run, layer: int, debit: float, worst: float, fee: float) -> tuple[float, float]:
    """Structures that a layer's size comes to at a net debit, worst loss and fee of one, and why it cannot be had (0: it can)."""
    manner = int(run.rules.layers[layer, at.L_SIZE_MANNER])
    fine = broadcast(lanes, float(NO_REASON))
    if manner == at.BY_BUDGET:
        price = debit * 100.0 + fee
        left = load(lanes, run.state.layers, layer * at.LAYER_ROWS + at.S_BALANCE) - load(
            lanes, run.state.layers, layer * at.LAYER_ROWS + at.S_RESERVED
        )
        return maximum(divide(left, price), 0.0), select(price > 0.0, fine, float(NO_DEBIT))
    value = load(lanes, run.state.nodes, int(run.rules.layers[layer, at.L_SIZE_ROW]))
    size = value
    if manner == at.BY_CONTRACTS:
        unit = int(run.rules.groups[int(run.rules.layers[layer, at.L_GROUP]), at.U_UNIT])
        if unit >= 0:
            size = value * load(lanes, run.state.nodes, unit)
    price = debit * 100.0
    if manner == at.BY_MAX_LOSS:
        price = (worst + debit) * 100.0 + fee
    if manner in (at.BY_MONEY, at.BY_MAX_LOSS):
        size = divide(value, price)
        fine = select(price > 0.0, fine, float(NO_DEBIT))
        return size, select(is_unknown(value), float(SIZE_UNKNOWN), fine)
    return size, select(is_unknown(size), float(SIZE_UNKNOWN), fine)


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
def _add_ask(
    lanes: Lanes,
    run: Run,
    layer: int,
    slot: int,
    action: int,
    kept_in: int,
    asks: int,
    mask: bool,
    wanted: float,
    debit: float,
    worst: float,
    off_mid: float,
    fee: float,
    own: float,
    rule: float,
    flagged: float,
) -> int:
    """Writes an order down, cut to what the layer's balance pays."""
    row = asks * at.ASK_ROWS
    of_layer = layer * at.LAYER_ROWS
    price = debit * 100.0 + fee
    asked = wanted
    budget_cut = none_of(mask)
    if run.rules.layers[layer, at.L_BUDGETED] == 1.0:
        left = load(lanes, run.state.layers, of_layer + at.S_BALANCE) - load(lanes, run.state.layers, of_layer + at.S_RESERVED)
        affordable = maximum(divide(left, price), 0.0)
        budget_cut = mask & (price > 0.0) & (wanted > affordable)
        wanted = select(budget_cut, affordable, wanted)
        kept = load(lanes, run.state.layers, of_layer + at.S_RESERVED)
        reserves = mask & (price > 0.0) & (wanted > 0.0)
        store_where(lanes, run.state.layers, of_layer + at.S_RESERVED, reserves, kept + wanted * price)
    so_far = load(lanes, run.state.layers, of_layer + at.S_ASKED)
    store_where(lanes, run.state.layers, of_layer + at.S_ASKED, mask & (wanted > 0.0), so_far + wanted)
    store(lanes, run.state.asks, row + at.K_PRESENT, select(mask, 1.0, 0.0))
    store(lanes, run.state.asks, row + at.K_WANTED, select(mask, wanted, 0.0))
    store(lanes, run.state.asks, row + at.K_ASKED, asked)
    store(lanes, run.state.asks, row + at.K_DEBIT, debit)
    store(lanes, run.state.asks, row + at.K_WORST, worst)
    store(lanes, run.state.asks, row + at.K_HALF, off_mid)
    store(lanes, run.state.asks, row + at.K_FEE, fee)
    store(lanes, run.state.asks, row + at.K_OWN, own)
    store(lanes, run.state.asks, row + at.K_RULE, rule)
    store(lanes, run.state.asks, row + at.K_CUT, broadcast(lanes, float(NO_REASON)))
    store(lanes, run.state.asks, row + at.K_FLAGGED, flagged)
    store(lanes, run.state.asks, row + at.K_BUDGET_CUT, select(budget_cut, 1.0, 0.0))
    run.state.ask_place[asks, at.Q_LAYER] = layer
    run.state.ask_place[asks, at.Q_SLOT] = slot
    run.state.ask_place[asks, at.Q_ACTION] = action
    run.state.ask_place[asks, at.Q_READS] = kept_in
    return asks + 1


@lane_function
def _ask_for_choice(
    lanes: Lanes, run: Run, layer: int, slot: int, action: int, kept_in: int, asks: int, mask: bool, wanted: float, own: float, rule: float
) -> int:
    """An order for the layer's legs as chosen today."""
    base = layer * at.CHOSEN_ROWS
    return _add_ask(
        lanes, run, layer, slot, action, kept_in, asks, mask, wanted, load(lanes, run.state.chosen, base + at.H_DEBIT),
        load(lanes, run.state.chosen, base + at.H_WORST), load(lanes, run.state.chosen, base + at.H_HALF),
        broadcast(lanes, fee_of_structure(run, layer)), own, rule, load(lanes, run.state.chosen, base + at.H_FLAGGED),
    )  # fmt: skip


@lane_function
def _roll_within(lanes: Lanes, run: Run, bar: int, layer: int, slot: int, mask: bool, asks: int) -> int:
    ensure_chosen(lanes, run, bar, layer)
    base = layer * at.CHOSEN_ROWS
    lot = slot * at.LOT_ROWS
    code = load(lanes, run.state.chosen, base + at.H_REFUSAL)
    gains = load(lanes, run.state.chosen, base + at.H_NEAREST) > load(lanes, run.state.lots, lot + at.O_NEAREST)
    code = select((code == NO_REASON) & negate(gains), float(NO_DAYS_GAINED), code)
    same = mask
    for leg in range(int(run.rules.layers[layer, at.L_LEGS])):
        row = (slot * at.LEGS + leg) * at.LEG_ROWS
        strike = load(lanes, run.state.choice, (layer * at.LEGS + leg) * at.CHOICE_ROWS + at.C_STRIKE)
        expiry = float(run.state.chosen_expiry[layer, leg])
        same = (
            same & (load(lanes, run.state.legs, row + at.E_STRIKE) == strike) & (load(lanes, run.state.legs, row + at.E_EXPIRY) == expiry)
        )
    silent = same & (code == NO_REASON)
    debit = load(lanes, run.state.chosen, base + at.H_DEBIT)
    worst = load(lanes, run.state.chosen, base + at.H_WORST)
    fee = broadcast(lanes, fee_of_structure(run, layer))
    _, size_code = size_of(lanes, run, layer, debit, worst, fee)
    code = select((code == NO_REASON) & negate(silent), size_code, code)
    refused = mask & (code != NO_REASON) & negate(silent)
    if any_lane(refused):
        rule = load(lanes, run.state.lots, lot + at.O_RULE)
        price = select(load(lanes, run.state.chosen, base + at.H_REFUSAL) == NO_REASON, debit, UNKNOWN)
        refuse(lanes, run, bar, layer, slot, refused, rule, code, broadcast(lanes, UNKNOWN), price, slot, False)
    goes = mask & (code == NO_REASON) & negate(silent)
    if not any_lane(goes):
        return asks
    own = load(lanes, run.state.lots, lot + at.O_OWN)
    rule = load(lanes, run.state.lots, lot + at.O_RULE)
    structures = load(lanes, run.state.lots, lot + at.O_STRUCTURES)
    sell(lanes, run, bar, layer, slot, goes, structures, ROLL_OUT, rule, structures, slot)
    store_where(lanes, run.state.layers, layer * at.LAYER_ROWS + at.S_ROLLED, goes, broadcast(lanes, 1.0))
    count_where(lanes, run.tape.counts, ROLLED, goes)
    size, _ = size_of(lanes, run, layer, debit, worst, fee)
    wanted = size
    if int(run.rules.layers[layer, at.L_SIZE_MANNER]) != at.BY_BUDGET:
        wanted = size - (others_of(lanes, run, layer, slot) + load(lanes, run.state.layers, layer * at.LAYER_ROWS + at.S_ASKED))
    return _ask_for_choice(lanes, run, layer, slot, ROLL_IN, slot, asks, goes, wanted, own, rule)


@lane_function
def _roll_into(lanes: Lanes, run: Run, bar: int, layer: int, slot: int, mask: bool) -> None:
    """Sells the lot and leaves its contracts to the target layer, whose turn comes on a later level."""
    lot = slot * at.LOT_ROWS
    of_rule = load(lanes, run.state.lots, lot + at.O_RULE)
    first = (
        int(run.rules.layers[layer, at.L_FIRST_RULE]) + int(run.rules.layers[layer, at.L_OPENS]) + int(run.rules.layers[layer, at.L_CLOSES])
    )
    for rule in range(first, first + int(run.rules.layers[layer, at.L_ROLLS])):
        target = int(run.rules.rules[rule, at.R_INTO])
        now = mask & (of_rule == rule)
        if target < 0 or not any_lane(now):
            continue
        ensure_chosen(lanes, run, bar, target)
        code = broadcast(lanes, float(NO_REASON))
        into = target * at.LAYER_ROWS
        if run.rules.layers[target, at.L_STATES_AT_MOST] == 1.0:
            room = _lots_now(lanes, run, target) + load(lanes, run.state.layers, into + at.S_INCOMING)
            code = select(room >= run.rules.layers[target, at.L_AT_MOST], float(TARGET_FULL), code)
        no_expiry = load(lanes, run.state.chosen, target * at.CHOSEN_ROWS + at.H_REFUSAL) == NO_EXPIRY
        code = select((code == NO_REASON) & no_expiry, float(NO_EXPIRY), code)
        gains = load(lanes, run.state.chosen, target * at.CHOSEN_ROWS + at.H_NEAREST) > load(lanes, run.state.lots, lot + at.O_NEAREST)
        code = select((code == NO_REASON) & negate(gains), float(NO_DAYS_GAINED), code)
        refused = now & (code != NO_REASON)
        if any_lane(refused):
            _refuse_unpriced(lanes, run, bar, layer, slot, refused, code)
        goes = now & (code == NO_REASON)
        if not any_lane(goes):
            continue
        structures = load(lanes, run.state.lots, lot + at.O_STRUCTURES)
        own = load(lanes, run.state.lots, lot + at.O_OWN)
        sell(lanes, run, bar, layer, slot, goes, structures, ROLL_OUT, of_rule, structures, slot)
        count_where(lanes, run.tape.counts, ROLLED_INTO, goes)
        row = layer * at.LAYER_ROWS
        store_where(lanes, run.state.layers, row + at.S_ROLLED, goes, broadcast(lanes, 1.0))
        count_where(lanes, run.state.layers, row + at.S_ROLLED_AWAY, goes)
        count_where(lanes, run.state.layers, row + at.S_OWN_ROLLED_AWAY, goes & (own == 1.0))
        count_where(lanes, run.state.layers, into + at.S_INCOMING, goes)
        store_where(lanes, run.state.lots, lot + at.O_OUTGOING, goes, structures)
        store_where(lanes, run.state.lots, lot + at.O_TARGET, goes, broadcast(lanes, float(target)))
        store_where(lanes, run.state.lots, lot + at.O_OUTGOING_RULE, goes, of_rule)


@lane_function
def _lots_now(lanes: Lanes, run: Run, layer: int) -> float:
    lots = broadcast(lanes, 0.0)
    first_slot = int(run.rules.layers[layer, at.L_FIRST_SLOT])
    for slot in range(first_slot, first_slot + int(run.rules.layers[layer, at.L_SLOTS])):
        lots = lots + select(load(lanes, run.state.lots, slot * at.LOT_ROWS + at.O_STRUCTURES) > 0.0, 1.0, 0.0)
    return lots


@lane_function
def _ask_for_incoming(lanes: Lanes, run: Run, bar: int, layer: int, asks: int) -> int:
    """Lots that layers upstream rolled into this one today, in order of their slots."""
    if not any_lane(load(lanes, run.state.layers, layer * at.LAYER_ROWS + at.S_INCOMING) > 0.0):
        return asks
    ensure_chosen(lanes, run, bar, layer)
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
            refuse(lanes, run, bar, layer, -1, refused, rule, code, unknown, unknown, slot, False)
        taken = comes & (code == NO_REASON)
        if any_lane(taken):
            rolled_in = broadcast(lanes, 0.0)
            asks = _ask_for_choice(lanes, run, layer, -1, ROLL_IN, slot, asks, taken, wanted, rolled_in, rule)
    return asks


@lane_function
def _rebalance(lanes: Lanes, run: Run, bar: int, layer: int, slot: int, mask: bool, asks: int) -> int:
    """To the layer's size, in the contracts held."""
    first_leg = int(run.rules.layers[layer, at.L_FIRST_LEG])
    lot = slot * at.LOT_ROWS
    debit = broadcast(lanes, 0.0)
    off_mid = broadcast(lanes, 0.0)
    contracts = broadcast(lanes, 0.0)
    no_bid = none_of(mask)
    for leg in range(int(run.rules.layers[layer, at.L_LEGS])):
        row = (slot * at.LEGS + leg) * at.LEG_ROWS
        ratio = run.rules.legs[first_leg + leg, at.G_RATIO]
        alive = load(lanes, run.state.legs, row + at.E_ALIVE) == 1.0
        mid = load(lanes, run.state.legs, row + at.E_MARK)
        half = load(lanes, run.state.legs, row + at.E_HALF)
        if ratio > 0.0:
            debit = debit + select(alive, ratio * (mid + half), 0.0)
            off_mid = off_mid + select(alive, ratio * half, 0.0)
            contracts = contracts + select(alive, ratio, 0.0)
        else:
            bid = maximum(mid - half, 0.0)
            no_bid = no_bid | (alive & (bid <= 0.0))
            contracts = contracts + select(alive, -ratio, 0.0)
            debit = debit + select(alive, ratio * bid, 0.0)
            off_mid = off_mid + select(alive, -ratio * (mid - bid), 0.0)
    worst = load(lanes, run.state.lots, lot + at.O_WORST)
    fee = run.settings.fee * contracts
    size, code = size_of(lanes, run, layer, debit, worst, fee)
    held = load(lanes, run.state.lots, lot + at.O_STRUCTURES)
    wanted = size + held
    if int(run.rules.layers[layer, at.L_SIZE_MANNER]) != at.BY_BUDGET:
        wanted = size - (others_of(lanes, run, layer, slot) + load(lanes, run.state.layers, layer * at.LAYER_ROWS + at.S_ASKED))
    known = mask & (code == NO_REASON)
    target = whole(run, wanted)
    rule = load(lanes, run.state.lots, lot + at.O_RULE)
    fewer = known & (target < held)
    if any_lane(fewer):
        sold = held - target
        ended = sell(lanes, run, bar, layer, slot, fewer, sold, REBALANCE, rule, wanted - held, slot)
        store_where(lanes, run.state.layers, layer * at.LAYER_ROWS + at.S_CLOSED, ended, broadcast(lanes, 1.0))
        count_where(lanes, run.tape.counts, REBALANCED, fewer)
    more = known & (target > held)
    refused = more & no_bid
    if any_lane(refused):
        code = broadcast(lanes, float(NO_BID))
        refuse(lanes, run, bar, layer, slot, refused, rule, code, wanted - held, debit, slot, True)
    more = more & negate(no_bid)
    if not any_lane(more):
        return asks
    own = load(lanes, run.state.lots, lot + at.O_OWN)
    flagged = broadcast(lanes, 0.0)
    return _add_ask(lanes, run, layer, slot, REBALANCE, slot, asks, more, wanted - held, debit, worst, off_mid, fee, own, rule, flagged)


@lane_function
def _ask_to_open(lanes: Lanes, run: Run, bar: int, layer: int, asks: int) -> int:
    row = layer * at.LAYER_ROWS
    rolled_away = load(lanes, run.state.layers, row + at.S_ROLLED_AWAY)
    if run.rules.layers[layer, at.L_STATES_AT_MOST] == 1.0:
        lots = load(lanes, run.state.layers, row + at.S_LOTS_START) - rolled_away + load(lanes, run.state.layers, row + at.S_INCOMING)
        may = lots < run.rules.layers[layer, at.L_AT_MOST]
    else:
        may = load(lanes, run.state.layers, row + at.S_OWN_START) - load(lanes, run.state.layers, row + at.S_OWN_ROLLED_AWAY) == 0.0
    may = may & negate(unwinding_now(lanes, run, int(run.rules.layers[layer, at.L_GROUP]), may))
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
    ensure_chosen(lanes, run, bar, layer)
    base = layer * at.CHOSEN_ROWS
    debit = load(lanes, run.state.chosen, base + at.H_DEBIT)
    code = select(
        load(lanes, run.state.chosen, base + at.H_OUTSIDE) == 1.0, float(NO_EXPIRY), load(lanes, run.state.chosen, base + at.H_REFUSAL)
    )
    fee = broadcast(lanes, fee_of_structure(run, layer))
    size, size_code = size_of(lanes, run, layer, debit, load(lanes, run.state.chosen, base + at.H_WORST), fee)
    priced = code == NO_REASON
    code = select(priced, size_code, code)
    if int(run.rules.layers[layer, at.L_SIZE_MANNER]) != at.BY_BUDGET:
        code = select((code == NO_REASON) & (size <= 0.0), float(SIZE_NOT_POSITIVE), code)
    refused = opens & (code != NO_REASON)
    if any_lane(refused):
        asked = select(priced & (size_code == NO_REASON), size, UNKNOWN)
        price = select(priced, debit, UNKNOWN)
        refuse(lanes, run, bar, layer, -1, refused, rule, code, asked, price, -1, False)
    goes = opens & (code == NO_REASON)
    if not any_lane(goes):
        return asks
    own = broadcast(lanes, 1.0)
    return _ask_for_choice(lanes, run, layer, -1, OPEN, -1, asks, goes, size, own, rule)
