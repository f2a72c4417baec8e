"""`roll calls`, `roll puts`: the options of one right struck anew in their own expiries, the other legs left as they are.

A lot's expiries and strikes differ by lane, so everything here is by lane; only the rules are shared."""

from __future__ import annotations

from alvh.runtime.engine import layout as at
from alvh.runtime.engine.attributes import entry_of_all_legs
from alvh.runtime.engine.choose import find_strike
from alvh.runtime.engine.cuts import available_cash, cost_of_group
from alvh.runtime.engine.journal import journal_lot, journal_void
from alvh.runtime.engine.layout import Run
from alvh.runtime.engine.ledger import add_where, count_where, none_of
from alvh.runtime.engine.margin import margin_of_lot, note_floating, note_width, refresh_lot
from alvh.runtime.engine.prices import quote, terms_of_leg
from alvh.runtime.engine.trade import refuse
from alvh.runtime.lanes import (
    Lanes,
    any_lane,
    broadcast,
    extract,
    extract_mask,
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
    BUDGET_SPENT,
    CUT_BY_CASH,
    CUT_BY_LIMIT,
    DELTA_FLAGGED,
    LIMIT_UNKNOWN,
    NO_BID,
    NO_PRICE,
    NO_REASON,
    ROLL_IN,
    ROLL_OUT,
)

UNKNOWN = float("nan")
ROLLED = at.COUNT_VERBS + at.VERBS.index("roll")


@lane_function
def roll_side(lanes: Lanes, run: Run, bar: int, layer: int, slot: int, mask: bool, rule: int) -> None:
    """Refused, silent where no strike changes, or filled at once."""
    side = run.rules.rules[rule, at.R_SIDE]
    refusal, flagged, changes = _strike_anew(lanes, run, bar, layer, slot, side, mask)
    of_rule = broadcast(lanes, float(rule))
    refused = mask & changes & (refusal != NO_REASON)
    if any_lane(refused):
        unknown = broadcast(lanes, UNKNOWN)
        refuse(lanes, run, bar, layer, slot, refused, of_rule, refusal, unknown, unknown, slot, -1)
    goes = mask & changes & (refusal == NO_REASON)
    if any_lane(goes):
        trade_side(lanes, run, bar, layer, slot, goes, of_rule, side, flagged)


@lane_function
def _is_of_side(run: Run, leg: int, side: float) -> bool:
    return bool(run.rules.legs[leg, at.G_KIND] == at.OPTION and run.rules.legs[leg, at.G_IS_CALL] == side)


@lane_function
def _strike_anew(lanes: Lanes, run: Run, bar: int, layer: int, slot: int, side: float, mask: bool) -> tuple[float, bool, bool]:
    """New strikes and prices of the side's live legs, in the spare choice; why they cannot be had, whether a delta is off, and whether
    there is anything to do: a refusal, or a strike that changes."""
    first_leg = int(run.rules.layers[layer, at.L_FIRST_LEG])
    legs = int(run.rules.layers[layer, at.L_PRIMARY])
    spare = run.settings.choices * at.LEGS
    refusal = broadcast(lanes, float(NO_REASON))
    flagged = none_of(refusal == 0.0)
    differs = flagged
    live = flagged
    for turn in range(legs):
        leg = int(run.rules.legs[first_leg + turn, at.G_CHOSEN_AS])
        rule = first_leg + leg
        row = (slot * at.LEGS + leg) * at.LEG_ROWS
        held = load(lanes, run.state.legs, row + at.E_STRIKE)
        strike = held
        if _is_of_side(run, rule, side):
            alive = load(lanes, run.state.legs, row + at.E_ALIVE) == 1.0
            manner = int(run.rules.legs[rule, at.G_STRIKE_MANNER])
            reference = broadcast(lanes, 0.0)
            if manner == at.BELOW or manner == at.ABOVE:
                place = (spare + int(run.rules.legs[rule, at.G_STRIKE_REFERENCE])) * at.CHOICE_ROWS
                reference = load(lanes, run.state.choice, place + at.C_STRIKE)
            product = int(run.rules.legs[rule, at.G_PRODUCT])
            terms = terms_of_leg(lanes, run, bar, product, at.OPTION, row, alive)
            found, code, off = find_strike(lanes, run, bar, rule, terms, reference, mask & alive)
            refusal = select(alive & (refusal == NO_REASON), code, refusal)
            flagged = flagged | (alive & off)
            live = live | alive
            strike = select(alive, found, held)
            differs = differs | (alive & (strike != held))
        store(lanes, run.state.choice, (spare + leg) * at.CHOICE_ROWS + at.C_STRIKE, strike)
    no_price, no_bid = price_side(lanes, run, bar, layer, slot, side)
    refusal = select((refusal == NO_REASON) & no_price, float(NO_PRICE), refusal)
    refusal = select((refusal == NO_REASON) & no_bid, float(NO_BID), refusal)
    return refusal, flagged, live & (differs | (refusal != NO_REASON))


@lane_function
def price_side(lanes: Lanes, run: Run, bar: int, layer: int, slot: int, side: float) -> tuple[bool, bool]:
    """Prices of the spare choice's strikes of a side in the lot's expiries; where a live leg has none, or no bid to be sold at."""
    first_leg = int(run.rules.layers[layer, at.L_FIRST_LEG])
    spare = run.settings.choices * at.LEGS
    no_price = none_of(load(lanes, run.state.lots, slot * at.LOT_ROWS) == 0.0)
    no_bid = no_price
    for leg in range(int(run.rules.layers[layer, at.L_PRIMARY])):
        rule = first_leg + leg
        if _is_of_side(run, rule, side):
            row = (slot * at.LEGS + leg) * at.LEG_ROWS
            place = (spare + leg) * at.CHOICE_ROWS
            alive = load(lanes, run.state.legs, row + at.E_ALIVE) == 1.0
            is_call = run.rules.legs[rule, at.G_IS_CALL] == 1.0
            product = int(run.rules.legs[rule, at.G_PRODUCT])
            terms = terms_of_leg(lanes, run, bar, product, at.OPTION, row, alive)
            strike = load(lanes, run.state.choice, place + at.C_STRIKE)
            mid, half = quote(lanes, run, bar, product, at.OPTION, is_call, terms, strike)
            no_price = no_price | (alive & (is_unknown(mid) | is_unknown(half)))
            if run.rules.legs[rule, at.G_WEIGHT] < 0.0:
                no_bid = no_bid | (alive & negate(mid - half > 0.0))
            store(lanes, run.state.choice, place + at.C_MID, mid)
            store(lanes, run.state.choice, place + at.C_HALF, half)
    return no_price, no_bid


@lane_function
def _side_money(lanes: Lanes, run: Run, layer: int, slot: int, side: float, coming: bool) -> tuple[float, float, float, float]:
    """Price, distance to mid, fees and entry of the side's live legs: sold as the lot stands, or `coming` bought in again."""
    first_leg = int(run.rules.layers[layer, at.L_FIRST_LEG])
    total = broadcast(lanes, 0.0)
    off_mid = broadcast(lanes, 0.0)
    fee = broadcast(lanes, 0.0)
    entry = broadcast(lanes, 0.0)
    for leg in range(int(run.rules.layers[layer, at.L_PRIMARY])):
        rule = first_leg + leg
        if not _is_of_side(run, rule, side):
            continue
        row = (slot * at.LEGS + leg) * at.LEG_ROWS
        weight = run.rules.legs[rule, at.G_WEIGHT]
        alive = load(lanes, run.state.legs, row + at.E_ALIVE) == 1.0
        mid = load(lanes, run.state.legs, row + at.E_MARK)
        half = load(lanes, run.state.legs, row + at.E_HALF)
        price = mid + half
        away = half
        if (weight > 0.0) != coming:
            price = maximum(mid - half, 0.0)
            away = mid - price
        total = total + select(alive, weight * price, 0.0)
        off_mid = off_mid + select(alive, abs(weight) * away, 0.0)
        fee = fee + select(alive, run.rules.legs[rule, at.G_FEE], 0.0)
        entry = entry + select(alive, weight * load(lanes, run.state.legs, row + at.E_FILL), 0.0)
    return total, off_mid, fee, entry


@lane_function
def _exchange(lanes: Lanes, run: Run, layer: int, slot: int, mask: bool, side: float) -> None:
    """Puts the new strikes and prices in the place of the lot's, and the lot's in the spare choice: done twice, nothing has changed.

    A leg's fill goes where a choice keeps its delta."""
    first_leg = int(run.rules.layers[layer, at.L_FIRST_LEG])
    for leg in range(int(run.rules.layers[layer, at.L_PRIMARY])):
        if not _is_of_side(run, first_leg + leg, side):
            continue
        row = (slot * at.LEGS + leg) * at.LEG_ROWS
        place = (run.settings.choices * at.LEGS + leg) * at.CHOICE_ROWS
        alive = mask & (load(lanes, run.state.legs, row + at.E_ALIVE) == 1.0)
        for pair in range(4):
            of_leg, of_choice = row + at.E_STRIKE, place + at.C_STRIKE
            if pair == 1:
                of_leg, of_choice = row + at.E_MARK, place + at.C_MID
            elif pair == 2:
                of_leg, of_choice = row + at.E_HALF, place + at.C_HALF
            elif pair == 3:
                of_leg, of_choice = row + at.E_FILL, place + at.C_DELTA
            before = load(lanes, run.state.legs, of_leg)
            store_where(lanes, run.state.legs, of_leg, alive, load(lanes, run.state.choice, of_choice))
            store_where(lanes, run.state.choice, of_choice, alive, before)


@lane_function
def _note_new_fills(lanes: Lanes, run: Run, layer: int, side: float) -> None:
    """What the new legs are bought at, beside their prices in the spare choice."""
    first_leg = int(run.rules.layers[layer, at.L_FIRST_LEG])
    for leg in range(int(run.rules.layers[layer, at.L_PRIMARY])):
        place = (run.settings.choices * at.LEGS + leg) * at.CHOICE_ROWS
        if _is_of_side(run, first_leg + leg, side):
            mid, half = load(lanes, run.state.choice, place + at.C_MID), load(lanes, run.state.choice, place + at.C_HALF)
            price = mid + half
            if run.rules.legs[first_leg + leg, at.G_WEIGHT] < 0.0:
                price = maximum(mid - half, 0.0)
            store(lanes, run.state.choice, place + at.C_DELTA, price)


@lane_function
def trade_side(lanes: Lanes, run: Run, bar: int, layer: int, slot: int, mask: bool, rule: float, side: float, flagged: bool) -> None:
    """Old legs out, new ones of the spare choice in, where cash, limit and balance bear it. The limit has let an order pass that waited."""
    lot = slot * at.LOT_ROWS
    group = int(run.rules.layers[layer, at.L_GROUP])
    q = load(lanes, run.state.lots, lot + at.O_STRUCTURES)
    out, off_out, fee_out, entry = _side_money(lanes, run, layer, slot, side, False)
    fee_out = fee_out * q
    margin_before = margin_of_lot(lanes, run, slot)
    cost_before = maximum(entry_of_all_legs(lanes, run, layer, slot), 0.0) * q * 100.0
    available = available_cash(lanes, run, bar)
    cost_of_lots = cost_of_group(lanes, run, group)
    _note_new_fills(lanes, run, layer, side)
    _exchange(lanes, run, layer, slot, mask, side)
    _refresh(lanes, run, bar, layer, slot, mask)
    inward, off_in, fee_in, _ = _side_money(lanes, run, layer, slot, side, True)
    fee_in = fee_in * q
    need = ((inward - out) * q * 100.0 + (fee_out + fee_in)) + (margin_of_lot(lanes, run, slot) - margin_before)
    code = select((need > available) & (need > 0.0), float(CUT_BY_CASH), float(NO_REASON))
    limit_row = int(run.rules.groups[group, at.U_LIMIT])
    waiting = int(run.state.stance[at.EXECUTES])
    if limit_row >= 0 and waiting < 0:
        growth = maximum(entry_of_all_legs(lanes, run, layer, slot), 0.0) * q * 100.0 - cost_before
        limit = load(lanes, run.state.nodes, limit_row)
        over = select(is_unknown(limit), float(LIMIT_UNKNOWN), select(cost_of_lots + growth > limit, float(CUT_BY_LIMIT), float(NO_REASON)))
        code = select((code == NO_REASON) & (growth > 0.0), over, code)
    of_layer = layer * at.LAYER_ROWS
    money_out = out * q * 100.0 - fee_out
    spent = inward * q * 100.0
    entry_money = entry * q * 100.0
    balance = load(lanes, run.state.layers, of_layer + at.S_BALANCE)
    back = maximum(minimum(money_out, entry_money), 0.0)
    taken = maximum(spent + fee_in, 0.0)
    if run.rules.layers[layer, at.L_BUDGETED] == 1.0:
        left = balance - load(lanes, run.state.layers, of_layer + at.S_RESERVED) + back
        code = select((code == NO_REASON) & (taken > 0.0) & (taken > left), float(BUDGET_SPENT), code)
    refused = mask & (code != NO_REASON)
    goes = mask & (code == NO_REASON)
    if any_lane(refused) and waiting < 0:
        refuse(lanes, run, bar, layer, slot, refused, rule, code, q, inward, slot, -1)
    elif any_lane(refused):
        for lane in range(lanes.width):
            if extract_mask(lanes, refused, lane):
                journal_void(run, lane, waiting, bar, int(extract(lanes, code, lane)))
    # The books see the lot as it was until the old legs are out.
    _exchange(lanes, run, layer, slot, mask, side)
    _refresh(lanes, run, bar, layer, slot, mask)
    if not any_lane(goes):
        return
    cost_out = fee_out + off_out * q * 100.0
    journal_lot(lanes, run, bar, layer, slot, goes, ROLL_OUT, rule, broadcast(lanes, float(NO_REASON)), q, q, out, cost_out, slot, slot)
    _exchange(lanes, run, layer, slot, goes, side)
    _refresh(lanes, run, bar, layer, slot, goes)
    note_width(lanes, run, layer, slot, goes)
    cost_in = fee_in + off_in * q * 100.0
    for name in range(2):
        place = run.state.account if name == 0 else run.state.layers
        row = at.A_CASH if name == 0 else of_layer + at.S_FLOW
        after = load(lanes, place, row) + money_out
        store_where(lanes, place, row, goes, after - spent - fee_in)
    add_where(lanes, run.state.account, at.A_FEES, goes, cost_out)
    add_where(lanes, run.state.account, at.A_FEES, goes, cost_in)
    realized = money_out - entry_money
    add_where(lanes, run.state.layers, of_layer + at.S_REALIZED, goes, realized)
    add_where(lanes, run.state.lots, lot + at.O_REALIZED, goes, realized)
    add_where(lanes, run.state.lots, lot + at.O_FEES, goes, fee_in)
    if run.rules.layers[layer, at.L_BUDGETED] == 1.0:
        store_where(lanes, run.state.layers, of_layer + at.S_BALANCE, goes, balance + back - taken)
    store_where(lanes, run.state.layers, of_layer + at.S_ROLLED, goes, broadcast(lanes, 1.0))
    store_where(lanes, run.state.layers, of_layer + at.S_LAST_REFUSAL, goes, broadcast(lanes, float(NO_REASON)))
    count_where(lanes, run.tape.counts, ROLLED, goes)
    code = select(flagged, float(DELTA_FLAGGED), float(NO_REASON))
    journal_lot(lanes, run, bar, layer, slot, goes, ROLL_IN, rule, code, q, q, inward, cost_in, slot, slot)


@lane_function
def _refresh(lanes: Lanes, run: Run, bar: int, layer: int, slot: int, mask: bool) -> None:
    refresh_lot(lanes, run, layer, slot)
    note_floating(lanes, run, bar, layer, slot, mask)
