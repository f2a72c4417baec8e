"""Fills: an order of the level rounded once, then bought into a lot, or refused with the reason."""

from __future__ import annotations

from alvh.runtime.engine import layout as at
from alvh.runtime.engine.journal import journal_lot
from alvh.runtime.engine.layout import Run
from alvh.runtime.engine.mark import add_where, count_where, refresh_lot
from alvh.runtime.engine.trade import refuse, whole
from alvh.runtime.lanes import Lanes, any_lane, broadcast, divide, lane_function, load, maximum, negate, select, store_where
from alvh.runtime.record import ABOVE_SIZE, BUDGET_SPENT, DELTA_FLAGGED, LESS_THAN_ONE, LIMIT_UNKNOWN, NO_REASON, OPEN, REBALANCE

OPENED = at.COUNT_VERBS + at.VERBS.index("open")
REBALANCED = at.COUNT_VERBS + at.VERBS.index("rebalance")


@lane_function
def fill_and_count(lanes: Lanes, run: Run, bar: int, ask: int) -> None:
    action = int(run.state.ask_place[ask, at.Q_ACTION])
    present = load(lanes, run.state.asks, ask * at.ASK_ROWS + at.K_PRESENT) == 1.0
    bought = present & (whole(run, load(lanes, run.state.asks, ask * at.ASK_ROWS + at.K_WANTED)) > 0.0)
    fill(lanes, run, bar, ask)
    if action == OPEN:
        count_where(lanes, run.tape.counts, OPENED, bought)
    elif action == REBALANCE:
        count_where(lanes, run.tape.counts, REBALANCED, bought)


@lane_function
def fill(lanes: Lanes, run: Run, bar: int, ask: int) -> None:
    """One order of the level: rounded once, then bought, or refused with the reason."""
    row = ask * at.ASK_ROWS
    layer = int(run.state.ask_place[ask, at.Q_LAYER])
    slot = int(run.state.ask_place[ask, at.Q_SLOT])
    action = int(run.state.ask_place[ask, at.Q_ACTION])
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
    if any_lane(refused):
        budgeted = load(lanes, run.state.asks, row + at.K_BUDGET_CUT) == 1.0
        if int(run.rules.layers[layer, at.L_SIZE_MANNER]) == at.BY_BUDGET:
            budgeted = present
        rest = select(budgeted, float(BUDGET_SPENT), float(LESS_THAN_ONE))
        code = select(cut != NO_REASON, cut, rest)
        code = select((asked <= 0.0) & (cut != LIMIT_UNKNOWN) & negate(budgeted), float(ABOVE_SIZE), code)
        refuse(lanes, run, bar, layer, slot, refused, rule, code, asked, debit, kept_in, action == REBALANCE)
        if slot >= 0 and action != REBALANCE:
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
    store_where(lanes, run.state.layers, of_layer + at.S_LAST_REFUSAL, filled, broadcast(lanes, float(NO_REASON)))
    flagged = load(lanes, run.state.asks, row + at.K_FLAGGED) == 1.0
    code = select((cut == NO_REASON) & flagged, float(DELTA_FLAGGED), cut)
    if action == REBALANCE:
        _increase(lanes, run, layer, slot, filled, bought, fee)
        journal_lot(lanes, run, bar, layer, slot, filled, action, rule, code, asked, bought, debit, cost, kept_in)
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
            _place_lot(lanes, run, bar, layer, place, here, bought, own, fee)
            journal_lot(lanes, run, bar, layer, place, here, action, rule, code, asked, bought, debit, cost, kept_in)
            waiting = waiting & negate(here)
    if any_lane(waiting):
        run.state.out_of_room[0] = 1


@lane_function
def _place_lot(lanes: Lanes, run: Run, bar: int, layer: int, slot: int, mask: bool, bought: float, own: float, fee: float) -> None:
    first_leg = int(run.rules.layers[layer, at.L_FIRST_LEG])
    lot = slot * at.LOT_ROWS
    for leg in range(int(run.rules.layers[layer, at.L_LEGS])):
        ratio = run.rules.legs[first_leg + leg, at.G_RATIO]
        row = (slot * at.LEGS + leg) * at.LEG_ROWS
        choice = (layer * at.LEGS + leg) * at.CHOICE_ROWS
        expiry = int(run.state.chosen_expiry[layer, leg])
        mid = load(lanes, run.state.choice, choice + at.C_MID)
        half = load(lanes, run.state.choice, choice + at.C_HALF)
        price = mid + half
        if ratio < 0.0:
            price = maximum(mid - half, 0.0)
        table = run.market.spx
        if run.rules.legs[first_leg + leg, at.G_PRODUCT] != at.SPX:
            table = run.market.vix
        store_where(lanes, run.state.legs, row + at.E_EXPIRY, mask, broadcast(lanes, float(expiry)))
        store_where(lanes, run.state.legs, row + at.E_STRIKE, mask, load(lanes, run.state.choice, choice + at.C_STRIKE))
        store_where(lanes, run.state.legs, row + at.E_FILL, mask, price)
        store_where(lanes, run.state.legs, row + at.E_MARK, mask, mid)
        store_where(lanes, run.state.legs, row + at.E_HALF, mask, half)
        store_where(lanes, run.state.legs, row + at.E_ALIVE, mask, broadcast(lanes, 1.0))
        store_where(lanes, run.state.legs, row + at.E_SETTLE_BAR, mask, broadcast(lanes, table[expiry, at.X_SETTLE_BAR]))
        store_where(lanes, run.state.legs, row + at.E_SETTLE_DAY, mask, broadcast(lanes, table[expiry, at.X_SETTLE_DAY]))
        store_where(lanes, run.state.legs, row + at.E_AM, mask, broadcast(lanes, table[expiry, at.X_AM]))
    store_where(lanes, run.state.lots, lot + at.O_STRUCTURES, mask, bought)
    store_where(lanes, run.state.lots, lot + at.O_OWN, mask, own)
    store_where(lanes, run.state.lots, lot + at.O_BAR, mask, broadcast(lanes, float(bar)))
    store_where(lanes, run.state.lots, lot + at.O_FEES, mask, fee)
    store_where(lanes, run.state.lots, lot + at.O_STALE, mask, broadcast(lanes, 0.0))
    store_where(lanes, run.state.lots, lot + at.O_REALIZED, mask, broadcast(lanes, 0.0))
    store_where(lanes, run.state.lots, lot + at.O_WIDTH, mask, load(lanes, run.state.chosen, layer * at.CHOSEN_ROWS + at.H_WIDTH))
    refresh_lot(lanes, run, layer, slot)
    base = int(run.rules.windows[0]) + slot * int(run.rules.windows[1])
    for cell in range(run.settings.lot_cells):
        store_where(lanes, run.state.cells, base + cell, mask, broadcast(lanes, run.rules.lot_cells[cell]))


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
        price = mid + half
        if run.rules.legs[first_leg + leg, at.G_RATIO] < 0.0:
            price = maximum(mid - half, 0.0)
        before = load(lanes, run.state.legs, row + at.E_FILL)
        store_where(lanes, run.state.legs, row + at.E_FILL, alive, divide(before * structures + price * bought, structures + bought))
    store_where(lanes, run.state.lots, lot + at.O_STRUCTURES, mask, structures + bought)
    store_where(lanes, run.state.lots, lot + at.O_FEES, mask, load(lanes, run.state.lots, lot + at.O_FEES) + fee)
    refresh_lot(lanes, run, layer, slot)
