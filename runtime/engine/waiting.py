"""Fills a session later: decisions are booked and put back, and what they ordered is executed on the next bar.

An order waits as the journal row that it would have been, at the end of the tape (docs/design/bar.md, "Fills later than the decision").
Orders differ by lane, so they are executed lane by lane, under a mask of that lane alone."""

from __future__ import annotations

from alvh.runtime.engine import layout as at
from alvh.runtime.engine.choose import price_legs
from alvh.runtime.engine.cuts import available_cash
from alvh.runtime.engine.fills import fill
from alvh.runtime.engine.held import price_held
from alvh.runtime.engine.journal import journal_void
from alvh.runtime.engine.layout import Run
from alvh.runtime.engine.ledger import add_where, count_where, none_of
from alvh.runtime.engine.margin import note_floating, width_of_choice, worst_of_choice
from alvh.runtime.engine.prices import note_crowd_of_fills, quote, table_of, terms_of_leg
from alvh.runtime.engine.roll_side import price_side, trade_side
from alvh.runtime.engine.trade import sell, whole
from alvh.runtime.lanes import (
    Lanes,
    broadcast,
    divide,
    extract,
    extract_mask,
    is_unknown,
    lane_function,
    load,
    maximum,
    negate,
    select,
    store,
    store_where,
)
from alvh.runtime.market import Floats
from alvh.runtime.record import (
    ADD,
    BUDGET_SPENT,
    CLOSE,
    CUT_BY_CASH,
    DELTA_FLAGGED,
    LESS_THAN_ONE,
    NO_BID,
    NO_PRICE,
    REBALANCE,
    ROLL_IN,
    ROLL_OUT,
    ROLL_VOID,
    SETTLED_MEANWHILE,
    STILL_FULL,
    TRIM,
)

UNKNOWN = float("nan")
SHIFTED = at.COUNT_VERBS + at.VERBS.index("shift")
CLOSED = at.COUNT_VERBS + at.VERBS.index("close")
UNWOUND = at.COUNT_VERBS + at.VERBS.index("unwind")
ROLLED = at.COUNT_VERBS + at.VERBS.index("roll")
ROLLED_INTO = at.COUNT_VERBS + at.VERBS.index("roll into")
TRIMMED = at.COUNT_VERBS + at.VERBS.index("trim")
REBALANCED = at.COUNT_VERBS + at.VERBS.index("rebalance")
KEPT = at.COUNT_VERBS + at.VERBS.index("keep")
DONE = -1.0
"""The code of a waiting roll-out that was executed."""


# Step 4: decisions are booked, then put back


@lane_function
def keep_books(lanes: Lanes, run: Run) -> None:
    """What the books say before decisions; from here on what is traded waits."""
    for layer in range(run.settings.layers):
        store(lanes, run.state.layers, layer * at.LAYER_ROWS + at.S_SHIFTED, broadcast(lanes, 0.0))
    _exchange_books(lanes, run, True)
    run.state.stance[at.DEFERS] = 1


@lane_function
def put_books_back(lanes: Lanes, run: Run) -> None:
    """Nothing was traded; shifts of a budget's shares alone stay. Nor does any ask reserve money any more."""
    run.state.stance[at.DEFERS] = 0
    shifts = load(lanes, run.tape.counts, SHIFTED)
    _exchange_books(lanes, run, False)
    store(lanes, run.tape.counts, SHIFTED, shifts)
    for layer in range(run.settings.layers):
        row = layer * at.LAYER_ROWS
        balance = load(lanes, run.state.layers, row + at.S_BALANCE) + load(lanes, run.state.layers, row + at.S_SHIFTED)
        store(lanes, run.state.layers, row + at.S_BALANCE, balance)
        store(lanes, run.state.layers, row + at.S_RESERVED, broadcast(lanes, 0.0))


@lane_function
def _exchange_books(lanes: Lanes, run: Run, keep: bool) -> None:
    """Copies cash, fees, the layers' sums, lots, legs and counts of verbs to what is kept of them, or back."""
    place = _copy(lanes, run.state.account, at.A_CASH, 1, run.state.kept, 0, keep)
    place = _copy(lanes, run.state.account, at.A_FEES, 1, run.state.kept, place, keep)
    for layer in range(run.settings.layers):
        place = _copy(lanes, run.state.layers, layer * at.LAYER_ROWS, at.BOOKED_ROWS, run.state.kept, place, keep)
    place = _copy(lanes, run.state.lots, 0, run.settings.slots * at.LOT_ROWS, run.state.kept, place, keep)
    place = _copy(lanes, run.state.legs, 0, run.settings.slots * at.LEGS * at.LEG_ROWS, run.state.kept, place, keep)
    _copy(lanes, run.tape.counts, at.COUNT_VERBS, at.COUNTS - at.COUNT_VERBS, run.state.kept, place, keep)


@lane_function
def _copy(lanes: Lanes, rows: Floats, first: int, count: int, kept: Floats, place: int, keep: bool) -> int:
    """The place after those that so many rows take."""
    for row in range(count):
        if keep:
            store(lanes, kept, place + row, load(lanes, rows, first + row))
        else:
            store(lanes, rows, first + row, load(lanes, kept, place + row))
    return place + count


# Step 2a: orders are executed


@lane_function
def execute_waiting(lanes: Lanes, run: Run, bar: int) -> None:
    """All that the bar before ordered, in its order. `run` shows the prices of the fill as the market's."""
    if run.settings.fill == at.FILL_AT_NEXT_OPEN:
        note_crowd_of_fills(lanes, run, bar)
    for lane in range(lanes.width):
        first = int(run.settings.waiting_from) + lane * int(run.settings.waiting_rows)
        count = int(run.tape.counts[at.COUNT_WAITING, lane])
        for place in range(first, first + count):
            run.state.stance[at.EXECUTES] = place
            _execute(lanes, run, bar, lane, first, place)
        run.tape.counts[at.COUNT_WAITING, lane] = 0.0
    run.state.stance[at.EXECUTES] = -1
    if run.settings.fill == at.FILL_AT_NEXT_OPEN:
        # The close has other terms.
        for expiry in range(run.settings.spx_expiries + run.settings.vix_expiries + 2 * run.settings.fund_expiries):
            run.state.terms_bar[expiry] = -1


@lane_function
def _execute(lanes: Lanes, run: Run, bar: int, lane: int, first: int, place: int) -> None:
    row = run.tape.journal
    layer, action = int(row[place, at.J_LAYER]), int(row[place, at.J_ACTION])
    rule = int(row[place, at.J_RULE])
    slot = int(row[place, at.J_SLOT]) + int(run.rules.layers[layer, at.L_FIRST_SLOT])
    mask = load(lanes, run.state.account, at.A_LANE) == float(lane)
    if action in (ROLL_OUT, ROLL_IN) and run.rules.rules[rule, at.R_SIDE] >= 0.0:
        # Both rows are one order.
        if action == ROLL_IN:
            _strike_anew(lanes, run, bar, lane, place, layer, slot, mask)
    elif action in (CLOSE, ROLL_OUT, TRIM) or row[place, at.J_ASKED] < 0.0:
        _sell(lanes, run, bar, lane, place, layer, slot, mask)
    elif int(row[place, at.W_SOURCE]) >= 0 and action != ROLL_IN:
        _enlarge(lanes, run, bar, lane, place, layer, slot, mask)
    else:
        _buy(lanes, run, bar, lane, first, place, layer, mask)


@lane_function
def _is_ready(lanes: Lanes, run: Run, bar: int, lane: int, place: int, layer: int, slot: int, mask: bool) -> bool:
    """Whether the lot of an order is still what it was; it is marked at the prices of the fill. An order on it is void otherwise."""
    lot = slot * at.LOT_ROWS
    gone = run.state.lots[lot + at.O_STRUCTURES, lane] == 0.0 or run.state.lots[lot + at.O_BAR, lane] == bar
    if run.state.lots[lot + at.O_PROXY, lane] < 0.0:
        for leg in range(int(run.rules.layers[layer, at.L_PRIMARY])):
            gone = gone or run.state.legs[(slot * at.LEGS + leg) * at.LEG_ROWS + at.E_SETTLE_BAR, lane] == bar
    if gone:
        journal_void(run, lane, place, bar, SETTLED_MEANWHILE)
        return False
    if extract_mask(lanes, _mark_lot(lanes, run, bar, layer, slot, mask), lane):
        journal_void(run, lane, place, bar, NO_PRICE)
        return False
    return True


@lane_function
def _mark_lot(lanes: Lanes, run: Run, bar: int, layer: int, slot: int, mask: bool) -> bool:
    """Marks a lot and pays its futures' variation; on which lanes a leg has no price, where nothing is done."""
    first_leg = int(run.rules.layers[layer, at.L_FIRST_LEG])
    lot = slot * at.LOT_ROWS
    units = load(lanes, run.state.lots, lot + at.O_UNITS)
    lacks = none_of(mask)
    for leg in range(int(run.rules.layers[layer, at.L_LEGS])):
        row = (slot * at.LEGS + leg) * at.LEG_ROWS
        rule = first_leg + leg
        product, kind = int(run.rules.legs[rule, at.G_PRODUCT]), int(run.rules.legs[rule, at.G_KIND])
        alive = load(lanes, run.state.legs, row + at.E_ALIVE) == 1.0
        terms = terms_of_leg(lanes, run, bar, product, kind, row, mask & alive)
        strike = load(lanes, run.state.legs, row + at.E_STRIKE)
        mid, half = quote(lanes, run, bar, product, kind, run.rules.legs[rule, at.G_IS_CALL] == 1.0, terms, strike)
        lacks = lacks | (mask & alive & (is_unknown(mid) | is_unknown(half)))
        spare = (run.settings.choices * at.LEGS + leg) * at.CHOICE_ROWS
        store(lanes, run.state.choice, spare + at.C_MID, mid)
        store(lanes, run.state.choice, spare + at.C_HALF, half)
    goes = mask & negate(lacks)
    for leg in range(int(run.rules.layers[layer, at.L_LEGS])):
        row = (slot * at.LEGS + leg) * at.LEG_ROWS
        rule = first_leg + leg
        alive = goes & (load(lanes, run.state.legs, row + at.E_ALIVE) == 1.0)
        spare = (run.settings.choices * at.LEGS + leg) * at.CHOICE_ROWS
        mid = load(lanes, run.state.choice, spare + at.C_MID)
        if run.rules.legs[rule, at.G_KIND] == at.FUTURE:
            last = load(lanes, run.state.legs, row + at.E_MARK)
            variation = run.rules.legs[rule, at.G_WEIGHT] * (mid - last) * units * 100.0
            add_where(lanes, run.state.account, at.A_CASH, alive, variation)
            add_where(lanes, run.state.layers, layer * at.LAYER_ROWS + at.S_FLOW, alive, variation)
        store_where(lanes, run.state.legs, row + at.E_MARK, alive, mid)
        store_where(lanes, run.state.legs, row + at.E_HALF, alive, load(lanes, run.state.choice, spare + at.C_HALF))
    note_floating(lanes, run, bar, layer, slot, goes)
    return lacks


@lane_function
def _sell(lanes: Lanes, run: Run, bar: int, lane: int, place: int, layer: int, slot: int, mask: bool) -> None:
    if not _is_ready(lanes, run, bar, lane, place, layer, slot, mask):
        return
    row = run.tape.journal
    action, rule = int(row[place, at.J_ACTION]), int(row[place, at.J_RULE])
    sold, asked = broadcast(lanes, row[place, at.J_FILLED]), broadcast(lanes, row[place, at.J_ASKED])
    sell(lanes, run, bar, layer, slot, mask, sold, action, broadcast(lanes, float(rule)), asked, -1)
    row[place, at.J_CUT] = DONE
    verb = KEPT
    if action == CLOSE:
        verb = UNWOUND if _is_unwind(run, layer, rule) else CLOSED
    elif action == ROLL_OUT:
        into = int(run.rules.rules[rule, at.R_INTO])
        verb = ROLLED if into < 0 or into == layer else ROLLED_INTO
    elif action == TRIM:
        verb = TRIMMED
    elif action == REBALANCE:
        verb = REBALANCED
    count_where(lanes, run.tape.counts, verb, mask)


@lane_function
def _is_unwind(run: Run, layer: int, rule: int) -> bool:
    group = int(run.rules.layers[layer, at.L_GROUP])
    first = int(run.rules.groups[group, at.U_FIRST_UNWIND])
    found = False
    for unwind in range(first, first + int(run.rules.groups[group, at.U_UNWINDS])):
        found = found or int(run.rules.unwinds[unwind, at.W_RULE]) == rule
    return found


@lane_function
def _enlarge(lanes: Lanes, run: Run, bar: int, lane: int, place: int, layer: int, slot: int, mask: bool) -> None:
    if _is_ready(lanes, run, bar, lane, place, layer, slot, mask):
        no_bid = price_held(lanes, run, layer, slot)
        if extract_mask(lanes, no_bid, lane):
            journal_void(run, lane, place, bar, NO_BID)
        else:
            _cut_and_fill(lanes, run, bar, lane, place, layer, slot, 1, mask)


@lane_function
def _buy(lanes: Lanes, run: Run, bar: int, lane: int, first: int, place: int, layer: int, mask: bool) -> None:
    """A new lot of the contracts decided."""
    row = run.tape.journal
    source = int(row[place, at.W_SOURCE])
    first_slot = int(run.rules.layers[layer, at.L_FIRST_SLOT])
    within = source >= first_slot and source < first_slot + int(run.rules.layers[layer, at.L_SLOTS])
    if source >= 0 and not _is_sold(run, first, place, source):
        journal_void(run, lane, place, bar, ROLL_VOID)
    elif _settles(run, bar, place, layer):
        journal_void(run, lane, place, bar, SETTLED_MEANWHILE)
    else:
        no_price, no_bid = _price_waiting(lanes, run, bar, place, layer)
        if extract_mask(lanes, no_price, lane):
            journal_void(run, lane, place, bar, NO_PRICE)
        elif extract_mask(lanes, no_bid, lane):
            journal_void(run, lane, place, bar, NO_BID)
        elif not within and _is_full(run, lane, layer, source < 0):
            journal_void(run, lane, place, bar, STILL_FULL)
        else:
            _cut_and_fill(lanes, run, bar, lane, place, layer, source if within else -1, 0, mask)


@lane_function
def _is_sold(run: Run, first: int, place: int, slot: int) -> bool:
    """Whether a sale before this order emptied the slot that a roll gives up."""
    found = False
    for other in range(first, place):
        layer = int(run.tape.journal[other, at.J_LAYER])
        sold = int(run.tape.journal[other, at.J_SLOT]) + int(run.rules.layers[layer, at.L_FIRST_SLOT]) == slot
        if sold and int(run.tape.journal[other, at.J_ACTION]) == ROLL_OUT:
            found = run.tape.journal[other, at.J_CUT] == DONE
    return found


@lane_function
def _settles(run: Run, bar: int, place: int, layer: int) -> bool:
    """Whether one of the contracts to be bought has settled."""
    found = False
    if run.tape.journal[place, at.J_PROXY] < 0.0:
        first_leg = int(run.rules.layers[layer, at.L_FIRST_LEG])
        for leg in range(int(run.rules.layers[layer, at.L_PRIMARY])):
            if run.rules.legs[first_leg + leg, at.G_KIND] != at.SHARES:
                table = table_of(run, int(run.rules.legs[first_leg + leg, at.G_PRODUCT]))
                found = found or table[int(run.tape.journal[place, at.J_EXPIRY + leg]), at.X_SETTLE_BAR] <= bar
    return found


@lane_function
def _is_full(run: Run, lane: int, layer: int, own: bool) -> bool:
    """Whether the layer still holds a lot that was to make room."""
    lots, own_lots = 0, 0
    first_slot = int(run.rules.layers[layer, at.L_FIRST_SLOT])
    for slot in range(first_slot, first_slot + int(run.rules.layers[layer, at.L_SLOTS])):
        if run.state.lots[slot * at.LOT_ROWS + at.O_STRUCTURES, lane] > 0.0:
            lots += 1
            own_lots += int(run.state.lots[slot * at.LOT_ROWS + at.O_OWN, lane])
    if run.rules.layers[layer, at.L_STATES_AT_MOST] == 1.0:
        return bool(lots >= run.rules.layers[layer, at.L_AT_MOST])
    return own and own_lots > 0


@lane_function
def _price_waiting(lanes: Lanes, run: Run, bar: int, place: int, layer: int) -> tuple[bool, bool]:
    """Puts the contracts of an order and their prices into the spare choice; where one has no price, or no bid to be sold at."""
    spare = run.settings.choices
    base = spare * at.CHOSEN_ROWS
    proxy = int(run.tape.journal[place, at.J_PROXY])
    scale = broadcast(lanes, run.tape.journal[place, at.W_SCALE])
    store(lanes, run.state.chosen, base + at.H_PROXY, broadcast(lanes, float(proxy)))
    store(lanes, run.state.chosen, base + at.H_SCALE, scale)
    if proxy >= 0:
        store(lanes, run.state.chosen, base + at.H_END, broadcast(lanes, run.tape.journal[place, at.W_END]))
        return _price_proxy(lanes, run, bar, layer, proxy, scale)
    first_leg = int(run.rules.layers[layer, at.L_FIRST_LEG])
    for leg in range(int(run.rules.layers[layer, at.L_PRIMARY])):
        rule = first_leg + leg
        expiry = -1
        if run.rules.legs[rule, at.G_KIND] != at.SHARES:
            expiry = int(run.tape.journal[place, at.J_EXPIRY + leg])
        run.state.chosen_expiry[spare, leg] = expiry
        strike = broadcast(lanes, run.tape.journal[place, at.J_STRIKE + leg])
        store(lanes, run.state.choice, (spare * at.LEGS + leg) * at.CHOICE_ROWS + at.C_STRIKE, strike)
    no_price, no_bid = price_legs(lanes, run, bar, spare, layer)
    store(lanes, run.state.chosen, base + at.H_FEE, broadcast(lanes, run.rules.layers[layer, at.L_FEE]))
    store(lanes, run.state.chosen, base + at.H_WORST, worst_of_choice(lanes, run, spare, layer))
    store(lanes, run.state.chosen, base + at.H_WIDTH, width_of_choice(lanes, run, spare, layer))
    return no_price, no_bid


@lane_function
def _price_proxy(lanes: Lanes, run: Run, bar: int, layer: int, proxy: int, scale: float) -> tuple[bool, bool]:
    spare = run.settings.choices
    base = spare * at.CHOSEN_ROWS
    leg = int(run.rules.layers[layer, at.L_PRIMARY]) + proxy
    rule = int(run.rules.layers[layer, at.L_FIRST_LEG]) + leg
    weight = run.rules.legs[rule, at.G_WEIGHT]
    none = broadcast(lanes, 0.0)
    mid, half = quote(lanes, run, bar, int(run.rules.legs[rule, at.G_PRODUCT]), at.SHARES, False, 0, none)
    debit = scale * (weight * (mid + half))
    store(lanes, run.state.chosen, base + at.H_DEBIT, debit)
    store(lanes, run.state.chosen, base + at.H_PRICE, debit)
    store(lanes, run.state.chosen, base + at.H_HALF, scale * (weight * half))
    store(lanes, run.state.chosen, base + at.H_FEE, none)
    store(lanes, run.state.chosen, base + at.H_WORST, none)
    store(lanes, run.state.chosen, base + at.H_FLOATING, none)
    store(lanes, run.state.chosen, base + at.H_WIDTH, none)
    # The layer's own legs are dead in such a lot: no expiry of theirs is looked at, but the row must be one that can be.
    for own in range(int(run.rules.layers[layer, at.L_PRIMARY])):
        run.state.chosen_expiry[spare, own] = 0
        store(lanes, run.state.choice, (spare * at.LEGS + own) * at.CHOICE_ROWS + at.C_STRIKE, none)
    place = (spare * at.LEGS + leg) * at.CHOICE_ROWS
    store(lanes, run.state.choice, place + at.C_STRIKE, broadcast(lanes, UNKNOWN))
    store(lanes, run.state.choice, place + at.C_MID, mid)
    store(lanes, run.state.choice, place + at.C_HALF, half)
    return is_unknown(mid) | is_unknown(half), none_of(mid == mid)


@lane_function
def _cut_and_fill(lanes: Lanes, run: Run, bar: int, lane: int, place: int, layer: int, slot: int, enlarges: int, mask: bool) -> None:
    """As much of what was decided as balance, cash and margin bear. What one structure costs stands in the spare choice."""
    row = run.tape.journal
    rule = int(row[place, at.J_RULE])
    base = run.settings.choices * at.CHOSEN_ROWS
    debit, fee = load(lanes, run.state.chosen, base + at.H_DEBIT), load(lanes, run.state.chosen, base + at.H_FEE)
    margin = load(lanes, run.state.chosen, base + at.H_WORST) + load(lanes, run.state.chosen, base + at.H_FLOATING)
    price = debit * 100.0 + fee
    wanted = broadcast(lanes, row[place, at.J_FILLED])
    code = broadcast(lanes, row[place, at.J_CUT])
    reason = broadcast(lanes, float(LESS_THAN_ONE))
    if run.rules.layers[layer, at.L_BUDGETED] == 1.0:
        payable = maximum(divide(load(lanes, run.state.layers, layer * at.LAYER_ROWS + at.S_BALANCE), price), 0.0)
        short = (price > 0.0) & (wanted > payable)
        wanted = select(short, payable, wanted)
        reason = select(short, float(BUDGET_SPENT), reason)
    need = price + margin * 100.0
    available = available_cash(lanes, run, bar)
    broke = (need > 0.0) & (wanted * need > available)
    wanted = select(broke, divide(maximum(available, 0.0), need), wanted)
    code = select(broke, float(CUT_BY_CASH), code)
    reason = select(broke, float(CUT_BY_CASH), reason)
    if not extract(lanes, whole(run, wanted), lane) > 0.0:
        journal_void(run, lane, place, bar, int(extract(lanes, reason, lane)))
        return
    action = int(row[place, at.J_ACTION])
    own = broadcast(lanes, 1.0)
    if action == ROLL_IN:
        own = broadcast(lanes, 0.0)
        if slot >= 0:
            own = load(lanes, run.state.lots, slot * at.LOT_ROWS + at.O_OWN)
    store(lanes, run.state.asks, at.K_PRESENT, select(mask, 1.0, 0.0))
    store(lanes, run.state.asks, at.K_WANTED, wanted)
    store(lanes, run.state.asks, at.K_ASKED, broadcast(lanes, row[place, at.J_ASKED]))
    store(lanes, run.state.asks, at.K_DEBIT, debit)
    store(lanes, run.state.asks, at.K_PRICE, load(lanes, run.state.chosen, base + at.H_PRICE))
    store(lanes, run.state.asks, at.K_FEE, fee)
    store(lanes, run.state.asks, at.K_MARGIN, margin)
    store(lanes, run.state.asks, at.K_HALF, load(lanes, run.state.chosen, base + at.H_HALF))
    store(lanes, run.state.asks, at.K_OWN, own)
    store(lanes, run.state.asks, at.K_RULE, broadcast(lanes, float(rule)))
    store(lanes, run.state.asks, at.K_CUT, code)
    for name in (at.K_FLAGGED, at.K_BUDGET_CUT, at.K_COVER_CUT, at.K_BY_SIZE):
        store(lanes, run.state.asks, name, broadcast(lanes, 0.0))
    run.state.ask_place[0, at.Q_LAYER] = layer
    run.state.ask_place[0, at.Q_SLOT] = slot
    run.state.ask_place[0, at.Q_ACTION] = action
    run.state.ask_place[0, at.Q_READS] = -1
    run.state.ask_place[0, at.Q_CHOICE] = run.settings.choices
    run.state.ask_place[0, at.Q_ENLARGES] = enlarges
    run.state.ask_place[0, at.Q_DRAWS] = int(run.rules.rules[rule, at.R_FROM_GAINS]) if action == ADD else -1
    run.state.ask_place[0, at.Q_KEEP] = -1
    fill(lanes, run, bar, 0)


@lane_function
def _strike_anew(lanes: Lanes, run: Run, bar: int, lane: int, place: int, layer: int, slot: int, mask: bool) -> None:
    if not _is_ready(lanes, run, bar, lane, place, layer, slot, mask):
        return
    rule = int(run.tape.journal[place, at.J_RULE])
    side = run.rules.rules[rule, at.R_SIDE]
    for leg in range(int(run.rules.layers[layer, at.L_PRIMARY])):
        strike = broadcast(lanes, run.tape.journal[place, at.J_STRIKE + leg])
        store(lanes, run.state.choice, (run.settings.choices * at.LEGS + leg) * at.CHOICE_ROWS + at.C_STRIKE, strike)
    no_price, no_bid = price_side(lanes, run, bar, layer, slot, side)
    if extract_mask(lanes, no_price, lane):
        journal_void(run, lane, place, bar, NO_PRICE)
    elif extract_mask(lanes, no_bid, lane):
        journal_void(run, lane, place, bar, NO_BID)
    else:
        flagged = broadcast(lanes, run.tape.journal[place, at.J_CUT]) == float(DELTA_FLAGGED)
        trade_side(lanes, run, bar, layer, slot, mask, broadcast(lanes, float(rule)), side, flagged)
