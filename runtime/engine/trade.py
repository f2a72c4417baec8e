"""Trades: selling lots, refusing orders, cutting what a level asks for, and filling it."""

from __future__ import annotations

from alvh.runtime.engine.journal import journal_lot, journal_refusal
from alvh.runtime.engine.layout import (
    A_CASH,
    A_FEES,
    A_UNITS,
    ASK_ROWS,
    BY_BUDGET,
    C_HALF,
    C_MID,
    C_STRIKE,
    CHOICE_ROWS,
    CHOSEN_ROWS,
    E_ALIVE,
    E_AM,
    E_EXPIRY,
    E_FILL,
    E_HALF,
    E_MARK,
    E_SETTLE_BAR,
    E_SETTLE_DAY,
    E_STRIKE,
    G_PRODUCT,
    G_RATIO,
    H_WIDTH,
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
    L_BUDGETED,
    L_CONTRACTS,
    L_FIRST_LEG,
    L_FIRST_SLOT,
    L_GROUP,
    L_LEGS,
    L_SIZE_MANNER,
    L_SLOTS,
    LAYER_ROWS,
    LEG_ROWS,
    LEGS,
    LOT_ROWS,
    O_BAR,
    O_ENTRY,
    O_FEES,
    O_OWN,
    O_REALIZED,
    O_STALE,
    O_STRUCTURES,
    O_WIDTH,
    O_WORST,
    Q_ACTION,
    Q_LAYER,
    Q_READS,
    Q_SLOT,
    S_BALANCE,
    S_CLOSED,
    S_FLOW,
    S_GAINS,
    S_LAST_REFUSAL,
    S_OPENED,
    S_REALIZED,
    S_REFUSED,
    SPX,
    SPX_CLOSE,
    U_LIMIT,
    X_AM,
    X_SETTLE_BAR,
    X_SETTLE_DAY,
    Run,
)
from alvh.runtime.engine.mark import add_where, refresh_lot
from alvh.runtime.engine.prices import series_at
from alvh.runtime.lanes import (
    Lanes,
    any_lane,
    broadcast,
    divide,
    floor,
    is_unknown,
    lane_function,
    load,
    maximum,
    minimum,
    negate,
    select,
    store_where,
)
from alvh.runtime.record import (
    ABOVE_SIZE,
    BUDGET_SPENT,
    CUT_BY_CASH,
    CUT_BY_LIMIT,
    DELTA_FLAGGED,
    LESS_THAN_ONE,
    LIMIT_UNKNOWN,
    NO_REASON,
    OPEN,
    REBALANCE,
    REFUSED,
)

UNKNOWN = float("nan")


@lane_function
def whole(run: Run, number: float) -> float:
    """Rounded once, toward zero, never below 0."""
    if run.settings.whole == 1:
        return maximum(floor(number + 1e-9), 0.0)
    return maximum(number, 0.0)


@lane_function
def fee_of_structure(run: Run, layer: int) -> float:
    return float(run.settings.fee * run.rules.layers[layer, L_CONTRACTS])


@lane_function
def refuse(
    lanes: Lanes,
    run: Run,
    bar: int,
    layer: int,
    slot: int,
    mask: bool,
    rule: float,
    cut: float,
    asked: float,
    price: float,
    kept_in: int,
    own_legs: bool,
) -> None:
    """Journals a refusal where it differs from the layer's last one."""
    of_layer = layer * LAYER_ROWS
    news = mask & (load(lanes, run.state.layers, of_layer + S_LAST_REFUSAL) != cut)
    if any_lane(news):
        journal_refusal(lanes, run, bar, layer, slot, news, REFUSED, rule, cut, asked, price, kept_in, own_legs)
    store_where(lanes, run.state.layers, of_layer + S_LAST_REFUSAL, mask, cut)
    store_where(lanes, run.state.layers, of_layer + S_REFUSED, mask, broadcast(lanes, 1.0))


@lane_function
def sell(
    lanes: Lanes, run: Run, bar: int, layer: int, slot: int, mask: bool, sold: float, action: int, rule: float, asked: float, kept_in: int
) -> bool:
    """Sells `sold` structures of a lot at the bid (buys sold legs back at the ask): money, attribution, budget, journal."""
    first_leg = int(run.rules.layers[layer, L_FIRST_LEG])
    lot = slot * LOT_ROWS
    structures = load(lanes, run.state.lots, lot + O_STRUCTURES)
    ends = mask & (sold == structures)
    value = broadcast(lanes, 0.0)
    off_mid = broadcast(lanes, 0.0)
    contracts = broadcast(lanes, 0.0)
    for leg in range(int(run.rules.layers[layer, L_LEGS])):
        row = (slot * LEGS + leg) * LEG_ROWS
        ratio = run.rules.legs[first_leg + leg, G_RATIO]
        alive = load(lanes, run.state.legs, row + E_ALIVE) == 1.0
        mid = load(lanes, run.state.legs, row + E_MARK)
        half = load(lanes, run.state.legs, row + E_HALF)
        if ratio > 0.0:
            bid = maximum(mid - half, 0.0)
            value = value + select(alive, ratio * bid, 0.0)
            off_mid = off_mid + select(alive, ratio * (mid - bid), 0.0)
            contracts = contracts + select(alive, ratio, 0.0)
        else:
            value = value + select(alive, ratio * (mid + half), 0.0)
            off_mid = off_mid + select(alive, -ratio * half, 0.0)
            contracts = contracts + select(alive, -ratio, 0.0)
    fee = run.settings.fee * sold * contracts
    amount = value * sold * 100.0
    entry_money = load(lanes, run.state.lots, lot + O_ENTRY) * sold * 100.0
    paid = load(lanes, run.state.lots, lot + O_FEES)
    fees = select(ends, paid, paid * divide(sold, structures))
    realized = amount - fee - entry_money - fees
    cost = fee + off_mid * sold * 100.0
    cash = load(lanes, run.state.account, A_CASH)
    store_where(lanes, run.state.account, A_CASH, mask, cash + amount - fee)
    add_where(lanes, run.state.account, A_FEES, mask, cost)
    of_layer = layer * LAYER_ROWS
    flow = load(lanes, run.state.layers, of_layer + S_FLOW)
    store_where(lanes, run.state.layers, of_layer + S_FLOW, mask, flow + amount - fee)
    add_where(lanes, run.state.layers, of_layer + S_REALIZED, mask, realized)
    add_where(lanes, run.state.lots, lot + O_REALIZED, mask, realized)
    of_lot = load(lanes, run.state.lots, lot + O_REALIZED)
    add_where(lanes, run.state.layers, of_layer + S_GAINS, ends & (of_lot > 0.0), of_lot)
    if run.rules.layers[layer, L_BUDGETED] == 1.0:
        back = maximum(minimum(amount - fee, entry_money + fees), 0.0)
        add_where(lanes, run.state.layers, of_layer + S_BALANCE, mask, back)
    nothing = broadcast(lanes, float(NO_REASON))
    journal_lot(lanes, run, bar, layer, slot, mask, action, rule, nothing, asked, sold, value, cost, kept_in)
    store_where(lanes, run.state.lots, lot + O_FEES, mask, paid - fees)
    store_where(lanes, run.state.lots, lot + O_STRUCTURES, mask, select(ends, 0.0, structures - sold))
    return ends


@lane_function
def others_of(lanes: Lanes, run: Run, layer: int, slot: int) -> float:
    """Structures held by the layer's lots but the one in `slot` (-1: by all)."""
    total = broadcast(lanes, 0.0)
    first_slot = int(run.rules.layers[layer, L_FIRST_SLOT])
    for other in range(first_slot, first_slot + int(run.rules.layers[layer, L_SLOTS])):
        if other != slot:
            total = total + load(lanes, run.state.lots, other * LOT_ROWS + O_STRUCTURES)
    return total


@lane_function
def cut_by_limits(lanes: Lanes, run: Run, asks: int) -> None:
    """The cost limit of each group, by one common factor over what its layers ask for on this level."""
    for group in range(run.settings.groups):
        limit_row = int(run.rules.groups[group, U_LIMIT])
        if limit_row < 0:
            continue
        total = broadcast(lanes, 0.0)
        for ask in range(asks):
            if run.rules.layers[run.state.ask_place[ask, Q_LAYER], L_GROUP] == group:
                wanted, debit, counts = _limited(lanes, run, ask)
                total = total + select(counts, wanted * debit * 100.0, 0.0)
        if not any_lane(total > 0.0):
            continue
        limit = load(lanes, run.state.nodes, limit_row)
        room = maximum(limit - _cost_of_group(lanes, run, group), 0.0)
        unknown = is_unknown(limit)
        factor = divide(room, total)
        for ask in range(asks):
            if run.rules.layers[run.state.ask_place[ask, Q_LAYER], L_GROUP] == group:
                wanted, debit, counts = _limited(lanes, run, ask)
                row = ask * ASK_ROWS
                store_where(lanes, run.state.asks, row + K_CUT, counts & unknown, broadcast(lanes, float(LIMIT_UNKNOWN)))
                store_where(lanes, run.state.asks, row + K_WANTED, counts & unknown, broadcast(lanes, 0.0))
                cut = counts & (total > room) & negate(unknown)
                store_where(lanes, run.state.asks, row + K_CUT, cut, broadcast(lanes, float(CUT_BY_LIMIT)))
                store_where(lanes, run.state.asks, row + K_WANTED, cut, wanted * factor)


@lane_function
def _limited(lanes: Lanes, run: Run, ask: int) -> tuple[float, float, bool]:
    row = ask * ASK_ROWS
    wanted = load(lanes, run.state.asks, row + K_WANTED)
    debit = load(lanes, run.state.asks, row + K_DEBIT)
    counts = (load(lanes, run.state.asks, row + K_PRESENT) == 1.0) & (debit > 0.0) & (wanted > 0.0)
    return wanted, debit, counts


@lane_function
def _cost_of_group(lanes: Lanes, run: Run, group: int) -> float:
    """Entry debit of a group's open lots, one running sum."""
    total = broadcast(lanes, 0.0)
    for layer in range(run.settings.layers):
        if run.rules.layers[layer, L_GROUP] == group:
            first_leg = int(run.rules.layers[layer, L_FIRST_LEG])
            first_slot = int(run.rules.layers[layer, L_FIRST_SLOT])
            for slot in range(first_slot, first_slot + int(run.rules.layers[layer, L_SLOTS])):
                structures = load(lanes, run.state.lots, slot * LOT_ROWS + O_STRUCTURES)
                held = structures > 0.0
                if any_lane(held):
                    entry = broadcast(lanes, 0.0)
                    for leg in range(int(run.rules.layers[layer, L_LEGS])):
                        fill = load(lanes, run.state.legs, (slot * LEGS + leg) * LEG_ROWS + E_FILL)
                        entry = entry + run.rules.legs[first_leg + leg, G_RATIO] * fill
                    total = total + select(held, maximum(entry, 0.0) * structures * 100.0, 0.0)
    return total


@lane_function
def margin_now(lanes: Lanes, run: Run) -> float:
    """Margin of all lots held, one running sum."""
    total = broadcast(lanes, 0.0)
    for layer in range(run.settings.layers):
        first_slot = int(run.rules.layers[layer, L_FIRST_SLOT])
        for slot in range(first_slot, first_slot + int(run.rules.layers[layer, L_SLOTS])):
            structures = load(lanes, run.state.lots, slot * LOT_ROWS + O_STRUCTURES)
            held = structures > 0.0
            if any_lane(held):
                total = total + select(held, load(lanes, run.state.lots, slot * LOT_ROWS + O_WORST) * structures * 100.0, 0.0)
    return total


@lane_function
def cut_by_cash(lanes: Lanes, run: Run, bar: int, asks: int) -> None:
    """Cash and margin, by one common factor over what the level asks for."""
    total = broadcast(lanes, 0.0)
    for ask in range(asks):
        wanted, need, counts = _needed(lanes, run, ask)
        total = total + select(counts, wanted * need, 0.0)
    if not any_lane(total > 0.0):
        return
    available = load(lanes, run.state.account, A_CASH)
    if run.settings.hold == 1:
        spx = series_at(lanes, run, bar, SPX_CLOSE)
        available = available + load(lanes, run.state.account, A_UNITS) * spx * (1.0 - run.settings.index_half_spread)
    available = available - margin_now(lanes, run)
    short = total > available
    if not any_lane(short):
        return
    factor = divide(maximum(available, 0.0), total)
    for ask in range(asks):
        wanted, need, counts = _needed(lanes, run, ask)
        row = ask * ASK_ROWS
        before = load(lanes, run.state.asks, row + K_CUT)
        cut = counts & short
        code = select(before == NO_REASON, float(CUT_BY_CASH), before)
        store_where(lanes, run.state.asks, row + K_CUT, cut, code)
        store_where(lanes, run.state.asks, row + K_WANTED, cut, wanted * factor)


@lane_function
def _needed(lanes: Lanes, run: Run, ask: int) -> tuple[float, float, bool]:
    row = ask * ASK_ROWS
    wanted = load(lanes, run.state.asks, row + K_WANTED)
    debit = load(lanes, run.state.asks, row + K_DEBIT)
    worst = load(lanes, run.state.asks, row + K_WORST)
    need = debit * 100.0 + fee_of_structure(run, int(run.state.ask_place[ask, Q_LAYER])) + worst * 100.0
    counts = (load(lanes, run.state.asks, row + K_PRESENT) == 1.0) & (need > 0.0) & (wanted > 0.0)
    return wanted, need, counts


@lane_function
def fill(lanes: Lanes, run: Run, bar: int, ask: int) -> None:
    """One order of the level: rounded once, then bought, or refused with the reason."""
    row = ask * ASK_ROWS
    layer = int(run.state.ask_place[ask, Q_LAYER])
    slot = int(run.state.ask_place[ask, Q_SLOT])
    action = int(run.state.ask_place[ask, Q_ACTION])
    kept_in = int(run.state.ask_place[ask, Q_READS])
    present = load(lanes, run.state.asks, row + K_PRESENT) == 1.0
    wanted = load(lanes, run.state.asks, row + K_WANTED)
    asked = load(lanes, run.state.asks, row + K_ASKED)
    debit = load(lanes, run.state.asks, row + K_DEBIT)
    rule = load(lanes, run.state.asks, row + K_RULE)
    cut = load(lanes, run.state.asks, row + K_CUT)
    bought = whole(run, wanted)
    filled = present & (bought > 0.0)
    refused = present & negate(bought > 0.0)
    if any_lane(refused):
        budgeted = load(lanes, run.state.asks, row + K_BUDGET_CUT) == 1.0
        if int(run.rules.layers[layer, L_SIZE_MANNER]) == BY_BUDGET:
            budgeted = present
        rest = select(budgeted, float(BUDGET_SPENT), float(LESS_THAN_ONE))
        code = select(cut != NO_REASON, cut, rest)
        code = select((asked <= 0.0) & (cut != LIMIT_UNKNOWN) & negate(budgeted), float(ABOVE_SIZE), code)
        refuse(lanes, run, bar, layer, slot, refused, rule, code, asked, debit, kept_in, action == REBALANCE)
        if slot >= 0 and action != REBALANCE:
            store_where(lanes, run.state.layers, layer * LAYER_ROWS + S_CLOSED, refused, broadcast(lanes, 1.0))
    if not any_lane(filled):
        return
    fee = fee_of_structure(run, layer) * bought
    spent = debit * bought * 100.0
    cash = load(lanes, run.state.account, A_CASH)
    store_where(lanes, run.state.account, A_CASH, filled, cash - spent - fee)
    of_layer = layer * LAYER_ROWS
    flow = load(lanes, run.state.layers, of_layer + S_FLOW)
    store_where(lanes, run.state.layers, of_layer + S_FLOW, filled, flow - spent - fee)
    cost = fee + load(lanes, run.state.asks, row + K_HALF) * bought * 100.0
    add_where(lanes, run.state.account, A_FEES, filled, cost)
    if run.rules.layers[layer, L_BUDGETED] == 1.0:
        balance = load(lanes, run.state.layers, of_layer + S_BALANCE)
        store_where(lanes, run.state.layers, of_layer + S_BALANCE, filled, balance - maximum(spent + fee, 0.0))
    store_where(lanes, run.state.layers, of_layer + S_LAST_REFUSAL, filled, broadcast(lanes, float(NO_REASON)))
    flagged = load(lanes, run.state.asks, row + K_FLAGGED) == 1.0
    code = select((cut == NO_REASON) & flagged, float(DELTA_FLAGGED), cut)
    if action == REBALANCE:
        _increase(lanes, run, layer, slot, filled, bought, fee)
        journal_lot(lanes, run, bar, layer, slot, filled, action, rule, code, asked, bought, debit, cost, kept_in)
        return
    if action == OPEN:
        store_where(lanes, run.state.layers, of_layer + S_OPENED, filled, broadcast(lanes, 1.0))
    own = load(lanes, run.state.asks, row + K_OWN)
    waiting = filled
    first_slot = int(run.rules.layers[layer, L_FIRST_SLOT])
    last_slot = first_slot + int(run.rules.layers[layer, L_SLOTS])
    if slot >= 0:
        first_slot = slot
        last_slot = slot + 1
    for place in range(first_slot, last_slot):
        free = load(lanes, run.state.lots, place * LOT_ROWS + O_STRUCTURES) == 0.0
        here = waiting & free
        if any_lane(here):
            _place_lot(lanes, run, bar, layer, place, here, bought, own, fee)
            journal_lot(lanes, run, bar, layer, place, here, action, rule, code, asked, bought, debit, cost, kept_in)
            waiting = waiting & negate(here)
    if any_lane(waiting):
        run.state.out_of_room[0] = 1


@lane_function
def _place_lot(lanes: Lanes, run: Run, bar: int, layer: int, slot: int, mask: bool, bought: float, own: float, fee: float) -> None:
    first_leg = int(run.rules.layers[layer, L_FIRST_LEG])
    lot = slot * LOT_ROWS
    for leg in range(int(run.rules.layers[layer, L_LEGS])):
        ratio = run.rules.legs[first_leg + leg, G_RATIO]
        row = (slot * LEGS + leg) * LEG_ROWS
        choice = (layer * LEGS + leg) * CHOICE_ROWS
        expiry = int(run.state.chosen_expiry[layer, leg])
        mid = load(lanes, run.state.choice, choice + C_MID)
        half = load(lanes, run.state.choice, choice + C_HALF)
        price = mid + half
        if ratio < 0.0:
            price = maximum(mid - half, 0.0)
        table = run.market.spx
        if run.rules.legs[first_leg + leg, G_PRODUCT] != SPX:
            table = run.market.vix
        store_where(lanes, run.state.legs, row + E_EXPIRY, mask, broadcast(lanes, float(expiry)))
        store_where(lanes, run.state.legs, row + E_STRIKE, mask, load(lanes, run.state.choice, choice + C_STRIKE))
        store_where(lanes, run.state.legs, row + E_FILL, mask, price)
        store_where(lanes, run.state.legs, row + E_MARK, mask, mid)
        store_where(lanes, run.state.legs, row + E_HALF, mask, half)
        store_where(lanes, run.state.legs, row + E_ALIVE, mask, broadcast(lanes, 1.0))
        store_where(lanes, run.state.legs, row + E_SETTLE_BAR, mask, broadcast(lanes, table[expiry, X_SETTLE_BAR]))
        store_where(lanes, run.state.legs, row + E_SETTLE_DAY, mask, broadcast(lanes, table[expiry, X_SETTLE_DAY]))
        store_where(lanes, run.state.legs, row + E_AM, mask, broadcast(lanes, table[expiry, X_AM]))
    store_where(lanes, run.state.lots, lot + O_STRUCTURES, mask, bought)
    store_where(lanes, run.state.lots, lot + O_OWN, mask, own)
    store_where(lanes, run.state.lots, lot + O_BAR, mask, broadcast(lanes, float(bar)))
    store_where(lanes, run.state.lots, lot + O_FEES, mask, fee)
    store_where(lanes, run.state.lots, lot + O_STALE, mask, broadcast(lanes, 0.0))
    store_where(lanes, run.state.lots, lot + O_REALIZED, mask, broadcast(lanes, 0.0))
    store_where(lanes, run.state.lots, lot + O_WIDTH, mask, load(lanes, run.state.chosen, layer * CHOSEN_ROWS + H_WIDTH))
    refresh_lot(lanes, run, layer, slot)
    base = int(run.rules.windows[0]) + slot * int(run.rules.windows[1])
    for cell in range(run.settings.lot_cells):
        store_where(lanes, run.state.cells, base + cell, mask, broadcast(lanes, run.rules.lot_cells[cell]))


@lane_function
def _increase(lanes: Lanes, run: Run, layer: int, slot: int, mask: bool, bought: float, fee: float) -> None:
    """More of the contracts held: fills become averages."""
    first_leg = int(run.rules.layers[layer, L_FIRST_LEG])
    lot = slot * LOT_ROWS
    structures = load(lanes, run.state.lots, lot + O_STRUCTURES)
    for leg in range(int(run.rules.layers[layer, L_LEGS])):
        row = (slot * LEGS + leg) * LEG_ROWS
        alive = mask & (load(lanes, run.state.legs, row + E_ALIVE) == 1.0)
        mid = load(lanes, run.state.legs, row + E_MARK)
        half = load(lanes, run.state.legs, row + E_HALF)
        price = mid + half
        if run.rules.legs[first_leg + leg, G_RATIO] < 0.0:
            price = maximum(mid - half, 0.0)
        before = load(lanes, run.state.legs, row + E_FILL)
        store_where(lanes, run.state.legs, row + E_FILL, alive, divide(before * structures + price * bought, structures + bought))
    store_where(lanes, run.state.lots, lot + O_STRUCTURES, mask, structures + bought)
    store_where(lanes, run.state.lots, lot + O_FEES, mask, load(lanes, run.state.lots, lot + O_FEES) + fee)
    refresh_lot(lanes, run, layer, slot)
