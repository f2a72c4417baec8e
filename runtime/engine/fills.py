"""Fills: an order of the level rounded once, then bought into a lot, or refused with the reason."""

from __future__ import annotations

from alvh.runtime.engine import layout as at
from alvh.runtime.engine.journal import journal_lot
from alvh.runtime.engine.layout import Run
from alvh.runtime.engine.ledger import add_where, count_where
from alvh.runtime.engine.margin import NO_SETTLEMENT, refresh_lot
from alvh.runtime.engine.prices import table_of
from alvh.runtime.engine.trade import refuse, whole
from alvh.runtime.lanes import Lanes, any_lane, broadcast, divide, lane_function, load, maximum, negate, select, store, store_where
from alvh.runtime.record import (
    ABOVE_SIZE,
    ADD,
    BUDGET_SPENT,
    CUT_BY_COVER,
    DELTA_FLAGGED,
    KEEP,
    LESS_THAN_ONE,
    LIMIT_UNKNOWN,
    NO_COVER,
    NO_REASON,
    OPEN,
    REBALANCE,
    ROLL_IN,
)

OPENED = at.COUNT_VERBS + at.VERBS.index("open")
REBALANCED = at.COUNT_VERBS + at.VERBS.index("rebalance")
ADDED = at.COUNT_VERBS + at.VERBS.index("add")
KEPT = at.COUNT_VERBS + at.VERBS.index("keep")


@lane_function
def fill(lanes: Lanes, run: Run, bar: int, ask: int) -> None:
    """One order of the level: rounded once, then bought, or refused with the reason."""
    row = ask * at.ASK_ROWS
    layer = int(run.state.ask_place[ask, at.Q_LAYER])
    slot = int(run.state.ask_place[ask, at.Q_SLOT])
    action = int(run.state.ask_place[ask, at.Q_ACTION])
    enlarges = run.state.ask_place[ask, at.Q_ENLARGES] == 1
    kept_in = int(run.state.ask_place[ask, at.Q_READS])
    present = load(lanes, run.state.asks, row + at.K_PRESENT) == 1.0
    wanted = load(lanes, run.state.asks, row + at.K_WANTED)
    asked = load(lanes, run.state.asks, row + at.K_ASKED)
    debit = load(lanes, run.state.asks, row + at.K_DEBIT)
    rule = load(lanes, run.state.asks, row + at.K_RULE)
    cut = load(lanes, run.state.asks, row + at.K_CUT)
    bought = whole(run, wanted)
    filled = present & (bought > 0.0)
    refused = present & negate(bought > 0.0)
    covered = load(lanes, run.state.asks, row + at.K_COVER_CUT) == 1.0
    choice = int(run.state.ask_place[ask, at.Q_CHOICE])
    if any_lane(refused):
        budgeted = load(lanes, run.state.asks, row + at.K_BUDGET_CUT) == 1.0
        by_size = load(lanes, run.state.asks, row + at.K_BY_SIZE) == 1.0
        code = select(budgeted, float(BUDGET_SPENT), float(LESS_THAN_ONE))
        code = select(covered, float(NO_COVER), code)
        code = select(cut != NO_REASON, cut, code)
        above = by_size & (asked <= 0.0) & (cut != LIMIT_UNKNOWN) & negate(budgeted)
        code = select(above, float(ABOVE_SIZE), code)
        refuse(lanes, run, bar, layer, slot, refused, rule, code, asked, debit, kept_in, -1 if enlarges else choice)
        if slot >= 0 and not enlarges:
            store_where(lanes, run.state.layers, layer * at.LAYER_ROWS + at.S_CLOSED, refused, broadcast(lanes, 1.0))
    if not any_lane(filled):
        return
    fee = load(lanes, run.state.asks, row + at.K_FEE) * bought
    spent = debit * bought * 100.0
    cash = load(lanes, run.state.account, at.A_CASH)
    store_where(lanes, run.state.account, at.A_CASH, filled, cash - spent - fee)
    of_layer = layer * at.LAYER_ROWS
    flow = load(lanes, run.state.layers, of_layer + at.S_FLOW)
    store_where(lanes, run.state.layers, of_layer + at.S_FLOW, filled, flow - spent - fee)
    cost = fee + load(lanes, run.state.asks, row + at.K_HALF) * bought * 100.0
    add_where(lanes, run.state.account, at.A_FEES, filled, cost)
    if run.rules.layers[layer, at.L_BUDGETED] == 1.0:
        balance = load(lanes, run.state.layers, of_layer + at.S_BALANCE)
        store_where(lanes, run.state.layers, of_layer + at.S_BALANCE, filled, balance - maximum(spent + fee, 0.0))
    _settle_with_others(lanes, run, ask, filled, bought, spent + fee)
    store_where(lanes, run.state.layers, of_layer + at.S_LAST_REFUSAL, filled, broadcast(lanes, float(NO_REASON)))
    flagged = load(lanes, run.state.asks, row + at.K_FLAGGED) == 1.0
    price = load(lanes, run.state.asks, row + at.K_PRICE)
    cut = select((cut == NO_REASON) & covered, float(CUT_BY_COVER), cut)
    code = select((cut == NO_REASON) & flagged, float(DELTA_FLAGGED), cut)
    if action == OPEN:
        count_where(lanes, run.tape.counts, OPENED, filled)
    elif action == REBALANCE:
        count_where(lanes, run.tape.counts, REBALANCED, filled)
    elif action == ADD:
        count_where(lanes, run.tape.counts, ADDED, filled)
    elif action == KEEP:
        count_where(lanes, run.tape.counts, KEPT, filled)
    if enlarges:
        _increase(lanes, run, layer, slot, filled, bought, fee)
        journal_lot(lanes, run, bar, layer, slot, filled, action, rule, code, asked, bought, price, cost, kept_in, slot)
        return
    if action == OPEN:
        store_where(lanes, run.state.layers, of_layer + at.S_OPENED, filled, broadcast(lanes, 1.0))
    own = load(lanes, run.state.asks, row + at.K_OWN)
    waiting = filled
    first_slot = int(run.rules.layers[layer, at.L_FIRST_SLOT])
    last_slot = first_slot + int(run.rules.layers[layer, at.L_SLOTS])
    if slot >= 0:
        first_slot = slot
        last_slot = slot + 1
    for place in range(first_slot, last_slot):
        free = load(lanes, run.state.lots, place * at.LOT_ROWS + at.O_STRUCTURES) == 0.0
        here = waiting & free
        if any_lane(here):
            _place_lot(lanes, run, bar, layer, place, choice, here, bought, own, fee)
            source = kept_in if action == ROLL_IN else -1
            journal_lot(lanes, run, bar, layer, place, here, action, rule, code, asked, bought, price, cost, kept_in, source)
            waiting = waiting & negate(here)
    if any_lane(waiting):
        run.state.out_of_room[0] = 1


@lane_function
def _settle_with_others(lanes: Lanes, run: Run, ask: int, filled: bool, bought: float, paid: float) -> None:
    """What a purchase takes of another layer's gains, and of the gap that a `keep` is to close."""
    source = int(run.state.ask_place[ask, at.Q_DRAWS])
    if source >= 0:
        row = source * at.LAYER_ROWS + at.S_GAINS
        gains = load(lanes, run.state.layers, row) - maximum(paid, 0.0)
        store_where(lanes, run.state.layers, row, filled, gains)
        # Streams of later levels see what is left.
        shown = at.ACCOUNT_ATTRIBUTE_ROWS + source * at.LAYER_ATTRIBUTE_ROWS + at.LA_GAINS
        store(lanes, run.state.attributes, shown, load(lanes, run.state.layers, row))
    keep = int(run.state.ask_place[ask, at.Q_KEEP])
    if keep >= 0:
        gap = load(lanes, run.state.gaps, keep)
        beta = load(lanes, run.state.asks, ask * at.ASK_ROWS + at.K_BETA)
        store_where(lanes, run.state.gaps, keep, filled, gap - bought * beta)


@lane_function
def forget_draw(lanes: Lanes, run: Run, ask: int) -> None:
    """What asks of a level reserve of a layer's gains ends with the level."""
    source = int(run.state.ask_place[ask, at.Q_DRAWS])
    if source >= 0:
        store(lanes, run.state.layers, source * at.LAYER_ROWS + at.S_GAINS_RESERVED, broadcast(lanes, 0.0))


@lane_function
def _place_lot(
    lanes: Lanes, run: Run, bar: int, layer: int, slot: int, choice: int, mask: bool, bought: float, own: float, fee: float
) -> None:
    base = choice * at.CHOSEN_ROWS
    lot = slot * at.LOT_ROWS
    proxy = load(lanes, run.state.chosen, base + at.H_PROXY)
    scale = load(lanes, run.state.chosen, base + at.H_SCALE)
    for leg in range(int(run.rules.layers[layer, at.L_LEGS])):
        _place_leg(lanes, run, layer, slot, choice, leg, mask, proxy)
    store_where(lanes, run.state.lots, lot + at.O_STRUCTURES, mask, bought)
    store_where(lanes, run.state.lots, lot + at.O_UNITS, mask, bought * scale)
    store_where(lanes, run.state.lots, lot + at.O_SCALE, mask, scale)
    store_where(lanes, run.state.lots, lot + at.O_PROXY, mask, proxy)
    store_where(lanes, run.state.lots, lot + at.O_OWN, mask, own)
    store_where(lanes, run.state.lots, lot + at.O_BAR, mask, broadcast(lanes, float(bar)))
    store_where(lanes, run.state.lots, lot + at.O_DAY, mask, broadcast(lanes, run.market.days[bar, at.D_DAY]))
    store_where(lanes, run.state.lots, lot + at.O_FEES, mask, fee)
    store_where(lanes, run.state.lots, lot + at.O_STALE, mask, broadcast(lanes, 0.0))
    store_where(lanes, run.state.lots, lot + at.O_REALIZED, mask, broadcast(lanes, 0.0))
    store_where(lanes, run.state.lots, lot + at.O_WIDTH, mask, load(lanes, run.state.chosen, base + at.H_WIDTH))
    store_where(lanes, run.state.lots, lot + at.O_FLOATING, mask, load(lanes, run.state.chosen, base + at.H_FLOATING))
    refresh_lot(lanes, run, layer, slot)
    opening = load(lanes, run.state.lots, lot + at.O_WORST) + load(lanes, run.state.lots, lot + at.O_FLOATING)
    store_where(lanes, run.state.lots, lot + at.O_OPENING, mask, opening)
    if run.state.stance[at.DEFERS] == 1:
        # What stands in the slot is put back, and its streams go on.
        return
    cells = int(run.rules.windows[0]) + slot * int(run.rules.windows[1])
    for cell in range(run.settings.lot_cells):
        store_where(lanes, run.state.cells, cells + cell, mask, broadcast(lanes, run.rules.lot_cells[cell]))


@lane_function
def _place_leg(lanes: Lanes, run: Run, layer: int, slot: int, choice: int, leg: int, mask: bool, proxy: float) -> None:
    """A leg of a new lot, alive where the lot has it: the layer's own unless a proxy stands for them."""
    primary = int(run.rules.layers[layer, at.L_PRIMARY])
    rule = int(run.rules.layers[layer, at.L_FIRST_LEG]) + leg
    kind = run.rules.legs[rule, at.G_KIND]
    row = (slot * at.LEGS + leg) * at.LEG_ROWS
    place = (choice * at.LEGS + leg) * at.CHOICE_ROWS
    has = proxy < 0.0
    if leg >= primary:
        has = proxy == leg - primary
    mid = load(lanes, run.state.choice, place + at.C_MID)
    half = load(lanes, run.state.choice, place + at.C_HALF)
    price = traded_price(run, rule, mid, half)
    expiry = 0
    settle_bar, settle_day, am = NO_SETTLEMENT, broadcast(lanes, NO_SETTLEMENT), 0.0
    if leg >= primary:
        settle_day = load(lanes, run.state.chosen, choice * at.CHOSEN_ROWS + at.H_END)
    elif kind != at.SHARES:
        expiry = int(run.state.chosen_expiry[choice, leg])
        table = table_of(run, int(run.rules.legs[rule, at.G_PRODUCT]))
        settle_bar, am = table[expiry, at.X_SETTLE_BAR], table[expiry, at.X_AM]
        settle_day = broadcast(lanes, table[expiry, at.X_SETTLE_DAY])
    store_where(lanes, run.state.legs, row + at.E_EXPIRY, mask, broadcast(lanes, float(expiry)))
    store_where(lanes, run.state.legs, row + at.E_STRIKE, mask, load(lanes, run.state.choice, place + at.C_STRIKE))
    store_where(lanes, run.state.legs, row + at.E_FILL, mask, select(has, price, 0.0))
    store_where(lanes, run.state.legs, row + at.E_MARK, mask, select(has, mid, 0.0))
    store_where(lanes, run.state.legs, row + at.E_HALF, mask, select(has, half, 0.0))
    store_where(lanes, run.state.legs, row + at.E_ALIVE, mask, select(has, 1.0, 0.0))
    store_where(lanes, run.state.legs, row + at.E_SETTLE_BAR, mask, broadcast(lanes, settle_bar))
    store_where(lanes, run.state.legs, row + at.E_SETTLE_DAY, mask, settle_day)
    store_where(lanes, run.state.legs, row + at.E_AM, mask, broadcast(lanes, am))


@lane_function
def traded_price(run: Run, rule: int, mid: float, half: float) -> float:
    """What a leg is bought at when its structure is: the ask, or the bid of what is sold."""
    if run.rules.legs[rule, at.G_WEIGHT] > 0.0:
        return mid + half
    if run.rules.legs[rule, at.G_KIND] == at.FUTURE:
        return mid - half
    return maximum(mid - half, 0.0)


@lane_function
def _increase(lanes: Lanes, run: Run, layer: int, slot: int, mask: bool, bought: float, fee: float) -> None:
    """More of the contracts held: fills become averages."""
    first_leg = int(run.rules.layers[layer, at.L_FIRST_LEG])
    lot = slot * at.LOT_ROWS
    structures = load(lanes, run.state.lots, lot + at.O_STRUCTURES)
    for leg in range(int(run.rules.layers[layer, at.L_LEGS])):
        row = (slot * at.LEGS + leg) * at.LEG_ROWS
        alive = mask & (load(lanes, run.state.legs, row + at.E_ALIVE) == 1.0)
        mid = load(lanes, run.state.legs, row + at.E_MARK)
        half = load(lanes, run.state.legs, row + at.E_HALF)
        price = traded_price(run, first_leg + leg, mid, half)
        before = load(lanes, run.state.legs, row + at.E_FILL)
        store_where(lanes, run.state.legs, row + at.E_FILL, alive, divide(before * structures + price * bought, structures + bought))
    total = structures + bought
    store_where(lanes, run.state.lots, lot + at.O_STRUCTURES, mask, total)
    store_where(lanes, run.state.lots, lot + at.O_UNITS, mask, total * load(lanes, run.state.lots, lot + at.O_SCALE))
    store_where(lanes, run.state.lots, lot + at.O_FEES, mask, load(lanes, run.state.lots, lot + at.O_FEES) + fee)
    refresh_lot(lanes, run, layer, slot)
