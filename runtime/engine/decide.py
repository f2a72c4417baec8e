"""Steps 4 and 5 of a bar: each level's turns, what its layers ask for, the common cuts, and the fills."""

from __future__ import annotations

from alvh.compiler.emit_kernel import LOTS
from alvh.runtime.engine.choose import ensure_chosen
from alvh.runtime.engine.interpret import interpret_stage
from alvh.runtime.engine.journal import keep_reads
from alvh.runtime.engine.layout import (
    ASK_ROWS,
    BY_BUDGET,
    BY_CONTRACTS,
    BY_MAX_LOSS,
    BY_MONEY,
    C_STRIKE,
    CHOICE_ROWS,
    CHOSEN_ROWS,
    COUNT_VERBS,
    D_MONTH_PART,
    D_MONTH_START,
    E_ALIVE,
    E_EXPIRY,
    E_HALF,
    E_MARK,
    E_STRIKE,
    G_RATIO,
    H_DEBIT,
    H_FLAGGED,
    H_HALF,
    H_NEAREST,
    H_OUTSIDE,
    H_REFUSAL,
    H_WORST,
    K_ASKED,
    K_BUDGET_CUT,
    K_CUT,
    K_DEBIT,
    K_FLAGGED,
    K_HALF,
    K_OWN,
    K_PRESENT,
    K_RULE,
    K_WANTED,
    K_WORST,
    L_AT_MOST,
    L_BUDGETED,
    L_CLOSES,
    L_FIRST_LEG,
    L_FIRST_RULE,
    L_FIRST_SLOT,
    L_GROUP,
    L_LEGS,
    L_LEVEL,
    L_OPENS,
    L_PER_LOT,
    L_REBALANCES,
    L_ROLLS,
    L_SHARE,
    L_SIZE_MANNER,
    L_SIZE_ROW,
    L_SLOTS,
    L_STATES_AT_MOST,
    LAYER_ROWS,
    LEG_ROWS,
    LEGS,
    LOT_ROWS,
    NO_ACTION,
    O_ACTION,
    O_NEAREST,
    O_OUTGOING,
    O_OUTGOING_RULE,
    O_OWN,
    O_RULE,
    O_STALE,
    O_STRUCTURES,
    O_TARGET,
    O_WORST,
    Q_ACTION,
    Q_LAYER,
    Q_READS,
    Q_SLOT,
    R_CONDITION,
    R_INTO,
    R_PER_LOT,
    S_ASKED,
    S_BALANCE,
    S_CLOSED,
    S_INCOMING,
    S_LAST_REFUSAL,
    S_LOTS_START,
    S_OWN_ROLLED_AWAY,
    S_OWN_START,
    S_REFUSED,
    S_RESERVED,
    S_ROLLED,
    S_ROLLED_AWAY,
    TO_REBALANCE,
    TO_ROLL,
    TO_ROLL_INTO,
    U_FIRST_UNWIND,
    U_KEPT,
    U_UNIT,
    U_UNWINDS,
    U_YEARLY,
    VERBS,
    W_CONDITION,
    W_RULE,
    W_UNTIL,
    Kernel,
    Run,
)
from alvh.runtime.engine.mark import count_where, publish_decided
from alvh.runtime.engine.trade import (
    cut_by_cash,
    cut_by_limits,
    fee_of_structure,
    fill,
    others_of,
    refuse,
    sell,
    whole,
)
from alvh.runtime.lanes import (
    Lanes,
    any_lane,
    broadcast,
    divide,
    is_unknown,
    lane_function,
    load,
    maximum,
    minimum,
    negate,
    select,
    store,
    store_where,
)
from alvh.runtime.record import (
    CLOSE,
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
OPENED = COUNT_VERBS + VERBS.index("open")
CLOSED = COUNT_VERBS + VERBS.index("close")
ROLLED = COUNT_VERBS + VERBS.index("roll")
ROLLED_INTO = COUNT_VERBS + VERBS.index("roll into")
REBALANCED = COUNT_VERBS + VERBS.index("rebalance")
UNWOUND = COUNT_VERBS + VERBS.index("unwind")


@lane_function
def evaluate(lanes: Lanes, kernel: Kernel, run: Run, bar: int, stage: int, slot: int) -> None:
    """The streams of one stage, by the strategy's kernel or from its steps."""
    if run.settings.interpreted == 1:
        place = stage if stage < LOTS else stage - LOTS + run.settings.layers + 2
        interpret_stage(lanes, run, bar, place, slot)
    else:
        kernel(
            stage, slot, bar, run.settings.first, run.settings.phase, run.rules.windows, run.market.series, run.state.nodes,
            run.state.cells, run.state.attributes, run.state.lot_attributes, run.rules.numbers, run.market.calendars,
        )  # fmt: skip


@lane_function
def none_of(mask: bool) -> bool:
    return mask & negate(mask)


@lane_function
def node_is_true(lanes: Lanes, run: Run, row: int) -> bool:
    return load(lanes, run.state.nodes, row) == 1.0


@lane_function
def begin_decisions(lanes: Lanes, run: Run, bar: int) -> None:
    """What counts from the start of a bar's decisions; budgets are paid."""
    for layer in range(run.settings.layers):
        row = layer * LAYER_ROWS
        for name in (S_ROLLED_AWAY, S_OWN_ROLLED_AWAY, S_INCOMING, S_REFUSED, S_RESERVED, S_ASKED):
            store(lanes, run.state.layers, row + name, broadcast(lanes, 0.0))
    if run.market.days[bar, D_MONTH_START] == 1.0 or bar == run.settings.first:
        for group in range(run.settings.groups):
            _pay_budget(lanes, run, bar, group)


@lane_function
def _pay_budget(lanes: Lanes, run: Run, bar: int, group: int) -> None:
    yearly_row = int(run.rules.groups[group, U_YEARLY])
    if yearly_row < 0:
        return
    full = load(lanes, run.state.nodes, yearly_row) / 12.0
    pays = full >= 0.0
    payment = full
    if bar == run.settings.first:
        payment = full * run.market.days[bar, D_MONTH_PART]
    kept = run.rules.groups[group, U_KEPT]
    for layer in range(run.settings.layers):
        if run.rules.layers[layer, L_GROUP] == group and run.rules.layers[layer, L_BUDGETED] == 1.0:
            share = run.rules.layers[layer, L_SHARE]
            row = layer * LAYER_ROWS + S_BALANCE
            balance = load(lanes, run.state.layers, row) + share * payment
            if kept > 0.0:
                balance = minimum(balance, share * kept * full)
            store_where(lanes, run.state.layers, row, pays, balance)


@lane_function
def decide_level(lanes: Lanes, kernel: Kernel, run: Run, bar: int, first_layer: int, last_layer: int) -> None:
    """One level: turns in order, then rolls, increases and opens under common cuts, then what downstream sees."""
    for layer in range(first_layer, last_layer):
        _take_turn(lanes, kernel, run, bar, layer)
    asks = 0
    for layer in range(first_layer, last_layer):
        asks = _ask_for_layer(lanes, run, bar, layer, asks)
    if asks > 0:
        cut_by_limits(lanes, run, asks)
        cut_by_cash(lanes, run, bar, asks)
        for ask in range(asks):
            _fill_and_count(lanes, run, bar, ask)
    for layer in range(first_layer, last_layer):
        publish_decided(lanes, run, layer)
        row = layer * LAYER_ROWS
        calm = load(lanes, run.state.layers, row + S_REFUSED) == 0.0
        store_where(lanes, run.state.layers, row + S_LAST_REFUSAL, calm, broadcast(lanes, float(NO_REASON)))


@lane_function
def _fill_and_count(lanes: Lanes, run: Run, bar: int, ask: int) -> None:
    action = int(run.state.ask_place[ask, Q_ACTION])
    present = load(lanes, run.state.asks, ask * ASK_ROWS + K_PRESENT) == 1.0
    bought = present & (whole(run, load(lanes, run.state.asks, ask * ASK_ROWS + K_WANTED)) > 0.0)
    fill(lanes, run, bar, ask)
    if action == OPEN:
        count_where(lanes, run.tape.counts, OPENED, bought)
    elif action == REBALANCE:
        count_where(lanes, run.tape.counts, REBALANCED, bought)


# ---- turns ---------------------------------------------------------------------------------------


@lane_function
def _take_turn(lanes: Lanes, kernel: Kernel, run: Run, bar: int, layer: int) -> None:
    evaluate(lanes, kernel, run, bar, layer + 1, 0)
    group = int(run.rules.layers[layer, L_GROUP])
    if _first_of_group(run, layer, group):
        _update_unwinds(lanes, run, group)
    first_rule = int(run.rules.layers[layer, L_FIRST_RULE])
    last_rule = (
        first_rule
        + int(run.rules.layers[layer, L_OPENS])
        + int(run.rules.layers[layer, L_CLOSES])
        + int(run.rules.layers[layer, L_ROLLS])
        + int(run.rules.layers[layer, L_REBALANCES])
    )
    for rule in range(first_rule, last_rule):
        condition = int(run.rules.rules[rule, R_CONDITION])
        if condition >= 0 and run.rules.rules[rule, R_PER_LOT] == 0.0:
            count_where(lanes, run.tape.unknown, rule, is_unknown(load(lanes, run.state.nodes, condition)))
    lots = broadcast(lanes, 0.0)
    own = broadcast(lanes, 0.0)
    first_slot = int(run.rules.layers[layer, L_FIRST_SLOT])
    last_slot = first_slot + int(run.rules.layers[layer, L_SLOTS])
    for slot in range(first_slot, last_slot):
        held = load(lanes, run.state.lots, slot * LOT_ROWS + O_STRUCTURES) > 0.0
        lots = lots + select(held, 1.0, 0.0)
        own = own + select(held & (load(lanes, run.state.lots, slot * LOT_ROWS + O_OWN) == 1.0), 1.0, 0.0)
    row = layer * LAYER_ROWS
    store(lanes, run.state.layers, row + S_LOTS_START, lots)
    store(lanes, run.state.layers, row + S_OWN_START, own)
    per_lot = run.rules.layers[layer, L_PER_LOT] == 1.0
    if per_lot:
        for rule in range(first_rule, last_rule):
            if run.rules.rules[rule, R_PER_LOT] == 1.0:
                store(lanes, run.state.rule_unknown, rule, broadcast(lanes, 0.0))
    for slot in range(first_slot, last_slot):
        lot = slot * LOT_ROWS
        store(lanes, run.state.lots, lot + O_ACTION, broadcast(lanes, float(NO_ACTION)))
        store(lanes, run.state.lots, lot + O_OUTGOING, broadcast(lanes, 0.0))
        held = load(lanes, run.state.lots, lot + O_STRUCTURES) > 0.0
        if any_lane(held):
            if per_lot:
                evaluate(lanes, kernel, run, bar, LOTS + layer, slot)
                for rule in range(first_rule, last_rule):
                    if run.rules.rules[rule, R_PER_LOT] == 1.0:
                        unknown = held & is_unknown(load(lanes, run.state.nodes, int(run.rules.rules[rule, R_CONDITION])))
                        store_where(lanes, run.state.rule_unknown, rule, unknown, broadcast(lanes, 1.0))
            _decide_lot(lanes, run, bar, layer, slot, held)
    if per_lot:
        for rule in range(first_rule, last_rule):
            if run.rules.rules[rule, R_PER_LOT] == 1.0:
                count_where(lanes, run.tape.unknown, rule, load(lanes, run.state.rule_unknown, rule) == 1.0)


@lane_function
def _first_of_group(run: Run, layer: int, group: int) -> bool:
    earlier = 0
    for other in range(layer):
        earlier += int(run.rules.layers[other, L_GROUP]) == group
    return earlier == 0


@lane_function
def _update_unwinds(lanes: Lanes, run: Run, group: int) -> None:
    first = int(run.rules.groups[group, U_FIRST_UNWIND])
    for unwind in range(first, first + int(run.rules.groups[group, U_UNWINDS])):
        condition = load(lanes, run.state.nodes, int(run.rules.unwinds[unwind, W_CONDITION]))
        count_where(lanes, run.tape.unknown, int(run.rules.unwinds[unwind, W_RULE]), is_unknown(condition))
        until_row = int(run.rules.unwinds[unwind, W_UNTIL])
        until = condition == 0.0
        if until_row >= 0:
            until = load(lanes, run.state.nodes, until_row) == 1.0
        flag = load(lanes, run.state.unwinding, unwind)
        holds = condition == 1.0
        cleared = (flag == 1.0) & until & negate(holds)
        store(lanes, run.state.unwinding, unwind, select(holds, 1.0, select(cleared, 0.0, flag)))


@lane_function
def unwinding_now(lanes: Lanes, run: Run, group: int, mask: bool) -> bool:
    """Lanes of a mask in which any unwind flag of the group is set."""
    found = none_of(mask)
    first = int(run.rules.groups[group, U_FIRST_UNWIND])
    for unwind in range(first, first + int(run.rules.groups[group, U_UNWINDS])):
        found = found | (mask & (load(lanes, run.state.unwinding, unwind) == 1.0))
    return found


@lane_function
def _decide_lot(lanes: Lanes, run: Run, bar: int, layer: int, slot: int, held: bool) -> None:
    """The first that applies: unwind, close, roll, rebalance. Closes are filled at once, the others noted."""
    lot = slot * LOT_ROWS
    todo = held
    stale = held & (load(lanes, run.state.lots, lot + O_STALE) > 0.0)
    structures = load(lanes, run.state.lots, lot + O_STRUCTURES)
    group = int(run.rules.layers[layer, L_GROUP])
    first = int(run.rules.groups[group, U_FIRST_UNWIND])
    for unwind in range(first, first + int(run.rules.groups[group, U_UNWINDS])):
        now = todo & (load(lanes, run.state.unwinding, unwind) == 1.0)
        if any_lane(now):
            rule = int(run.rules.unwinds[unwind, W_RULE])
            _close(lanes, run, bar, layer, slot, now & negate(stale), structures, rule, UNWOUND)
            todo = todo & negate(now)
    rule = int(run.rules.layers[layer, L_FIRST_RULE]) + int(run.rules.layers[layer, L_OPENS])
    for _ in range(int(run.rules.layers[layer, L_CLOSES])):
        now = _holding(lanes, run, rule, todo)
        if any_lane(now):
            _close(lanes, run, bar, layer, slot, now & negate(stale), structures, rule, CLOSED)
            todo = todo & negate(now)
        rule += 1
    for _ in range(int(run.rules.layers[layer, L_ROLLS])):
        now = _holding(lanes, run, rule, todo)
        if any_lane(now):
            noted = TO_ROLL if run.rules.rules[rule, R_INTO] < 0.0 else TO_ROLL_INTO
            _note(lanes, run, slot, now, rule, noted)
            todo = todo & negate(now)
        rule += 1
    for _ in range(int(run.rules.layers[layer, L_REBALANCES])):
        now = _holding(lanes, run, rule, todo)
        if any_lane(now):
            _note(lanes, run, slot, now, rule, TO_REBALANCE)
            todo = todo & negate(now)
        rule += 1


@lane_function
def _holding(lanes: Lanes, run: Run, rule: int, mask: bool) -> bool:
    condition = int(run.rules.rules[rule, R_CONDITION])
    if condition < 0:
        return mask
    return mask & node_is_true(lanes, run, condition)


@lane_function
def _note(lanes: Lanes, run: Run, slot: int, mask: bool, rule: int, action: int) -> None:
    store_where(lanes, run.state.lots, slot * LOT_ROWS + O_ACTION, mask, broadcast(lanes, float(action)))
    store_where(lanes, run.state.lots, slot * LOT_ROWS + O_RULE, mask, broadcast(lanes, float(rule)))
    keep_reads(lanes, run, slot, mask, rule)


@lane_function
def _close(lanes: Lanes, run: Run, bar: int, layer: int, slot: int, mask: bool, structures: float, rule: int, verb: int) -> None:
    if any_lane(mask):
        of_rule = broadcast(lanes, float(rule))
        sell(lanes, run, bar, layer, slot, mask, structures, CLOSE, of_rule, structures, -1)
        store_where(lanes, run.state.layers, layer * LAYER_ROWS + S_CLOSED, mask, broadcast(lanes, 1.0))
        count_where(lanes, run.tape.counts, verb, mask)


# ---- what a layer asks for ---------------------------------------------------------------------


@lane_function
def _ask_for_layer(lanes: Lanes, run: Run, bar: int, layer: int, asks: int) -> int:
    first_slot = int(run.rules.layers[layer, L_FIRST_SLOT])
    for slot in range(first_slot, first_slot + int(run.rules.layers[layer, L_SLOTS])):
        lot = slot * LOT_ROWS
        action = load(lanes, run.state.lots, lot + O_ACTION)
        stale = load(lanes, run.state.lots, lot + O_STALE) > 0.0
        held = load(lanes, run.state.lots, lot + O_STRUCTURES) > 0.0
        late = held & stale & (action != NO_ACTION)
        if any_lane(late):
            _refuse_unpriced(lanes, run, bar, layer, slot, late, broadcast(lanes, float(STALE_MARK)))
        ready = held & negate(stale)
        rolls = ready & (action == TO_ROLL)
        if any_lane(rolls):
            asks = _roll_within(lanes, run, bar, layer, slot, rolls, asks)
        moves = ready & (action == TO_ROLL_INTO)
        if any_lane(moves):
            _roll_into(lanes, run, bar, layer, slot, moves)
        changes = ready & (action == TO_REBALANCE)
        if any_lane(changes):
            asks = _rebalance(lanes, run, bar, layer, slot, changes, asks)
    asks = _ask_for_incoming(lanes, run, bar, layer, asks)
    return _ask_to_open(lanes, run, bar, layer, asks)


@lane_function
def _refuse_unpriced(lanes: Lanes, run: Run, bar: int, layer: int, slot: int, mask: bool, code: float) -> None:
    """A roll or rebalance that does not fire before anything was priced for it."""
    rule = load(lanes, run.state.lots, slot * LOT_ROWS + O_RULE)
    unknown = broadcast(lanes, UNKNOWN)
    refuse(lanes, run, bar, layer, slot, mask, rule, code, unknown, unknown, slot, True)


@lane_function
def size_of(lanes: Lanes, run: Run, layer: int, debit: float, worst: float) -> tuple[float, float]:
    """Structures that a layer's size comes to at a net debit and worst loss of one, and why it cannot be had (0: it can)."""
    manner = int(run.rules.layers[layer, L_SIZE_MANNER])
    fee = fee_of_structure(run, layer)
    fine = broadcast(lanes, float(NO_REASON))
    if manner == BY_BUDGET:
        price = debit * 100.0 + fee
        left = load(lanes, run.state.layers, layer * LAYER_ROWS + S_BALANCE) - load(
            lanes, run.state.layers, layer * LAYER_ROWS + S_RESERVED
        )
        return maximum(divide(left, price), 0.0), select(price > 0.0, fine, float(NO_DEBIT))
    value = load(lanes, run.state.nodes, int(run.rules.layers[layer, L_SIZE_ROW]))
    size = value
    if manner == BY_CONTRACTS:
        unit = int(run.rules.groups[int(run.rules.layers[layer, L_GROUP]), U_UNIT])
        if unit >= 0:
            size = value * load(lanes, run.state.nodes, unit)
    price = debit * 100.0
    if manner == BY_MAX_LOSS:
        price = (worst + debit) * 100.0 + fee
    if manner in (BY_MONEY, BY_MAX_LOSS):
        size = divide(value, price)
        fine = select(price > 0.0, fine, float(NO_DEBIT))
        return size, select(is_unknown(value), float(SIZE_UNKNOWN), fine)
    return size, select(is_unknown(size), float(SIZE_UNKNOWN), fine)


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
    own: float,
    rule: float,
    flagged: float,
) -> int:
    """Writes an order down, cut to what the layer's balance pays."""
    row = asks * ASK_ROWS
    of_layer = layer * LAYER_ROWS
    price = debit * 100.0 + fee_of_structure(run, layer)
    asked = wanted
    budget_cut = none_of(mask)
    if run.rules.layers[layer, L_BUDGETED] == 1.0:
        left = load(lanes, run.state.layers, of_layer + S_BALANCE) - load(lanes, run.state.layers, of_layer + S_RESERVED)
        affordable = maximum(divide(left, price), 0.0)
        budget_cut = mask & (price > 0.0) & (wanted > affordable)
        wanted = select(budget_cut, affordable, wanted)
        kept = load(lanes, run.state.layers, of_layer + S_RESERVED)
        reserves = mask & (price > 0.0) & (wanted > 0.0)
        store_where(lanes, run.state.layers, of_layer + S_RESERVED, reserves, kept + wanted * price)
    so_far = load(lanes, run.state.layers, of_layer + S_ASKED)
    store_where(lanes, run.state.layers, of_layer + S_ASKED, mask & (wanted > 0.0), so_far + wanted)
    store(lanes, run.state.asks, row + K_PRESENT, select(mask, 1.0, 0.0))
    store(lanes, run.state.asks, row + K_WANTED, select(mask, wanted, 0.0))
    store(lanes, run.state.asks, row + K_ASKED, asked)
    store(lanes, run.state.asks, row + K_DEBIT, debit)
    store(lanes, run.state.asks, row + K_WORST, worst)
    store(lanes, run.state.asks, row + K_HALF, off_mid)
    store(lanes, run.state.asks, row + K_OWN, own)
    store(lanes, run.state.asks, row + K_RULE, rule)
    store(lanes, run.state.asks, row + K_CUT, broadcast(lanes, float(NO_REASON)))
    store(lanes, run.state.asks, row + K_FLAGGED, flagged)
    store(lanes, run.state.asks, row + K_BUDGET_CUT, select(budget_cut, 1.0, 0.0))
    run.state.ask_place[asks, Q_LAYER] = layer
    run.state.ask_place[asks, Q_SLOT] = slot
    run.state.ask_place[asks, Q_ACTION] = action
    run.state.ask_place[asks, Q_READS] = kept_in
    return asks + 1


@lane_function
def _ask_for_choice(
    lanes: Lanes, run: Run, layer: int, slot: int, action: int, kept_in: int, asks: int, mask: bool, wanted: float, own: float, rule: float
) -> int:
    """An order for the layer's legs as chosen today."""
    base = layer * CHOSEN_ROWS
    return _add_ask(
        lanes, run, layer, slot, action, kept_in, asks, mask, wanted, load(lanes, run.state.chosen, base + H_DEBIT),
        load(lanes, run.state.chosen, base + H_WORST), load(lanes, run.state.chosen, base + H_HALF), own, rule,
        load(lanes, run.state.chosen, base + H_FLAGGED),
    )  # fmt: skip


@lane_function
def _roll_within(lanes: Lanes, run: Run, bar: int, layer: int, slot: int, mask: bool, asks: int) -> int:
    ensure_chosen(lanes, run, bar, layer)
    base = layer * CHOSEN_ROWS
    lot = slot * LOT_ROWS
    code = load(lanes, run.state.chosen, base + H_REFUSAL)
    gains = load(lanes, run.state.chosen, base + H_NEAREST) > load(lanes, run.state.lots, lot + O_NEAREST)
    code = select((code == NO_REASON) & negate(gains), float(NO_DAYS_GAINED), code)
    same = mask
    for leg in range(int(run.rules.layers[layer, L_LEGS])):
        row = (slot * LEGS + leg) * LEG_ROWS
        strike = load(lanes, run.state.choice, (layer * LEGS + leg) * CHOICE_ROWS + C_STRIKE)
        expiry = float(run.state.chosen_expiry[layer, leg])
        same = same & (load(lanes, run.state.legs, row + E_STRIKE) == strike) & (load(lanes, run.state.legs, row + E_EXPIRY) == expiry)
    silent = same & (code == NO_REASON)
    debit = load(lanes, run.state.chosen, base + H_DEBIT)
    worst = load(lanes, run.state.chosen, base + H_WORST)
    _, size_code = size_of(lanes, run, layer, debit, worst)
    code = select((code == NO_REASON) & negate(silent), size_code, code)
    refused = mask & (code != NO_REASON) & negate(silent)
    if any_lane(refused):
        rule = load(lanes, run.state.lots, lot + O_RULE)
        price = select(load(lanes, run.state.chosen, base + H_REFUSAL) == NO_REASON, debit, UNKNOWN)
        refuse(lanes, run, bar, layer, slot, refused, rule, code, broadcast(lanes, UNKNOWN), price, slot, False)
    goes = mask & (code == NO_REASON) & negate(silent)
    if not any_lane(goes):
        return asks
    own = load(lanes, run.state.lots, lot + O_OWN)
    rule = load(lanes, run.state.lots, lot + O_RULE)
    structures = load(lanes, run.state.lots, lot + O_STRUCTURES)
    sell(lanes, run, bar, layer, slot, goes, structures, ROLL_OUT, rule, structures, slot)
    store_where(lanes, run.state.layers, layer * LAYER_ROWS + S_ROLLED, goes, broadcast(lanes, 1.0))
    count_where(lanes, run.tape.counts, ROLLED, goes)
    size, _ = size_of(lanes, run, layer, debit, worst)
    wanted = size
    if int(run.rules.layers[layer, L_SIZE_MANNER]) != BY_BUDGET:
        wanted = size - (others_of(lanes, run, layer, slot) + load(lanes, run.state.layers, layer * LAYER_ROWS + S_ASKED))
    return _ask_for_choice(lanes, run, layer, slot, ROLL_IN, slot, asks, goes, wanted, own, rule)


@lane_function
def _roll_into(lanes: Lanes, run: Run, bar: int, layer: int, slot: int, mask: bool) -> None:
    """Sells the lot and leaves its contracts to the target layer, whose turn comes on a later level."""
    lot = slot * LOT_ROWS
    of_rule = load(lanes, run.state.lots, lot + O_RULE)
    first = int(run.rules.layers[layer, L_FIRST_RULE]) + int(run.rules.layers[layer, L_OPENS]) + int(run.rules.layers[layer, L_CLOSES])
    for rule in range(first, first + int(run.rules.layers[layer, L_ROLLS])):
        target = int(run.rules.rules[rule, R_INTO])
        now = mask & (of_rule == rule)
        if target < 0 or not any_lane(now):
            continue
        ensure_chosen(lanes, run, bar, target)
        code = broadcast(lanes, float(NO_REASON))
        into = target * LAYER_ROWS
        if run.rules.layers[target, L_STATES_AT_MOST] == 1.0:
            room = _lots_now(lanes, run, target) + load(lanes, run.state.layers, into + S_INCOMING)
            code = select(room >= run.rules.layers[target, L_AT_MOST], float(TARGET_FULL), code)
        no_expiry = load(lanes, run.state.chosen, target * CHOSEN_ROWS + H_REFUSAL) == NO_EXPIRY
        code = select((code == NO_REASON) & no_expiry, float(NO_EXPIRY), code)
        gains = load(lanes, run.state.chosen, target * CHOSEN_ROWS + H_NEAREST) > load(lanes, run.state.lots, lot + O_NEAREST)
        code = select((code == NO_REASON) & negate(gains), float(NO_DAYS_GAINED), code)
        refused = now & (code != NO_REASON)
        if any_lane(refused):
            _refuse_unpriced(lanes, run, bar, layer, slot, refused, code)
        goes = now & (code == NO_REASON)
        if not any_lane(goes):
            continue
        structures = load(lanes, run.state.lots, lot + O_STRUCTURES)
        own = load(lanes, run.state.lots, lot + O_OWN)
        sell(lanes, run, bar, layer, slot, goes, structures, ROLL_OUT, of_rule, structures, slot)
        count_where(lanes, run.tape.counts, ROLLED_INTO, goes)
        row = layer * LAYER_ROWS
        store_where(lanes, run.state.layers, row + S_ROLLED, goes, broadcast(lanes, 1.0))
        count_where(lanes, run.state.layers, row + S_ROLLED_AWAY, goes)
        count_where(lanes, run.state.layers, row + S_OWN_ROLLED_AWAY, goes & (own == 1.0))
        count_where(lanes, run.state.layers, into + S_INCOMING, goes)
        store_where(lanes, run.state.lots, lot + O_OUTGOING, goes, structures)
        store_where(lanes, run.state.lots, lot + O_TARGET, goes, broadcast(lanes, float(target)))
        store_where(lanes, run.state.lots, lot + O_OUTGOING_RULE, goes, of_rule)


@lane_function
def _lots_now(lanes: Lanes, run: Run, layer: int) -> float:
    lots = broadcast(lanes, 0.0)
    first_slot = int(run.rules.layers[layer, L_FIRST_SLOT])
    for slot in range(first_slot, first_slot + int(run.rules.layers[layer, L_SLOTS])):
        lots = lots + select(load(lanes, run.state.lots, slot * LOT_ROWS + O_STRUCTURES) > 0.0, 1.0, 0.0)
    return lots


@lane_function
def _ask_for_incoming(lanes: Lanes, run: Run, bar: int, layer: int, asks: int) -> int:
    """Lots that layers upstream rolled into this one today, in order of their slots."""
    if not any_lane(load(lanes, run.state.layers, layer * LAYER_ROWS + S_INCOMING) > 0.0):
        return asks
    ensure_chosen(lanes, run, bar, layer)
    group = int(run.rules.layers[layer, L_GROUP])
    for slot in range(int(run.rules.layers[layer, L_FIRST_SLOT])):
        lot = slot * LOT_ROWS
        wanted = load(lanes, run.state.lots, lot + O_OUTGOING)
        comes = (wanted > 0.0) & (load(lanes, run.state.lots, lot + O_TARGET) == layer)
        if not any_lane(comes):
            continue
        rule = load(lanes, run.state.lots, lot + O_OUTGOING_RULE)
        refusal = load(lanes, run.state.chosen, layer * CHOSEN_ROWS + H_REFUSAL)
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
    first_leg = int(run.rules.layers[layer, L_FIRST_LEG])
    lot = slot * LOT_ROWS
    debit = broadcast(lanes, 0.0)
    off_mid = broadcast(lanes, 0.0)
    no_bid = none_of(mask)
    for leg in range(int(run.rules.layers[layer, L_LEGS])):
        row = (slot * LEGS + leg) * LEG_ROWS
        ratio = run.rules.legs[first_leg + leg, G_RATIO]
        alive = load(lanes, run.state.legs, row + E_ALIVE) == 1.0
        mid = load(lanes, run.state.legs, row + E_MARK)
        half = load(lanes, run.state.legs, row + E_HALF)
        if ratio > 0.0:
            debit = debit + select(alive, ratio * (mid + half), 0.0)
            off_mid = off_mid + select(alive, ratio * half, 0.0)
        else:
            bid = maximum(mid - half, 0.0)
            no_bid = no_bid | (alive & (bid <= 0.0))
            debit = debit + select(alive, ratio * bid, 0.0)
            off_mid = off_mid + select(alive, -ratio * (mid - bid), 0.0)
    worst = load(lanes, run.state.lots, lot + O_WORST)
    size, code = size_of(lanes, run, layer, debit, worst)
    held = load(lanes, run.state.lots, lot + O_STRUCTURES)
    wanted = size + held
    if int(run.rules.layers[layer, L_SIZE_MANNER]) != BY_BUDGET:
        wanted = size - (others_of(lanes, run, layer, slot) + load(lanes, run.state.layers, layer * LAYER_ROWS + S_ASKED))
    known = mask & (code == NO_REASON)
    target = whole(run, wanted)
    rule = load(lanes, run.state.lots, lot + O_RULE)
    fewer = known & (target < held)
    if any_lane(fewer):
        sold = held - target
        ended = sell(lanes, run, bar, layer, slot, fewer, sold, REBALANCE, rule, wanted - held, slot)
        store_where(lanes, run.state.layers, layer * LAYER_ROWS + S_CLOSED, ended, broadcast(lanes, 1.0))
        count_where(lanes, run.tape.counts, REBALANCED, fewer)
    more = known & (target > held)
    refused = more & no_bid
    if any_lane(refused):
        code = broadcast(lanes, float(NO_BID))
        refuse(lanes, run, bar, layer, slot, refused, rule, code, wanted - held, debit, slot, True)
    more = more & negate(no_bid)
    if not any_lane(more):
        return asks
    own = load(lanes, run.state.lots, lot + O_OWN)
    flagged = broadcast(lanes, 0.0)
    return _add_ask(lanes, run, layer, slot, REBALANCE, slot, asks, more, wanted - held, debit, worst, off_mid, own, rule, flagged)


@lane_function
def _ask_to_open(lanes: Lanes, run: Run, bar: int, layer: int, asks: int) -> int:
    row = layer * LAYER_ROWS
    rolled_away = load(lanes, run.state.layers, row + S_ROLLED_AWAY)
    if run.rules.layers[layer, L_STATES_AT_MOST] == 1.0:
        lots = load(lanes, run.state.layers, row + S_LOTS_START) - rolled_away + load(lanes, run.state.layers, row + S_INCOMING)
        may = lots < run.rules.layers[layer, L_AT_MOST]
    else:
        may = load(lanes, run.state.layers, row + S_OWN_START) - load(lanes, run.state.layers, row + S_OWN_ROLLED_AWAY) == 0.0
    may = may & negate(unwinding_now(lanes, run, int(run.rules.layers[layer, L_GROUP]), may))
    if not any_lane(may):
        return asks
    opens = may
    rule = broadcast(lanes, -1.0)
    first_rule = int(run.rules.layers[layer, L_FIRST_RULE])
    rules_to_open = int(run.rules.layers[layer, L_OPENS])
    if rules_to_open > 0:
        opens = none_of(may)
        for candidate in range(first_rule, first_rule + rules_to_open):
            now = _holding(lanes, run, candidate, may & negate(opens))
            rule = select(now, float(candidate), rule)
            opens = opens | now
        if not any_lane(opens):
            return asks
    ensure_chosen(lanes, run, bar, layer)
    base = layer * CHOSEN_ROWS
    debit = load(lanes, run.state.chosen, base + H_DEBIT)
    code = select(load(lanes, run.state.chosen, base + H_OUTSIDE) == 1.0, float(NO_EXPIRY), load(lanes, run.state.chosen, base + H_REFUSAL))
    size, size_code = size_of(lanes, run, layer, debit, load(lanes, run.state.chosen, base + H_WORST))
    priced = code == NO_REASON
    code = select(priced, size_code, code)
    if int(run.rules.layers[layer, L_SIZE_MANNER]) != BY_BUDGET:
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


@lane_function
def level_ends(run: Run, first_layer: int) -> int:
    """The layer after the last of the level that `first_layer` begins."""
    last = first_layer + 1
    while last < run.settings.layers and run.rules.layers[last, L_LEVEL] == run.rules.layers[first_layer, L_LEVEL]:
        last += 1
    return last
