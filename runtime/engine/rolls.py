"""Rolls of a level: a lot sold and asked for anew in later contracts, within its layer or in another."""

from __future__ import annotations

from alvh.runtime.engine import layout as at
from alvh.runtime.engine.choose import ensure_chosen
from alvh.runtime.engine.expiries import ensure_expiries
from alvh.runtime.engine.layout import Run
from alvh.runtime.engine.ledger import count_where
from alvh.runtime.engine.orders import add_ask, lots_now, others_of, size_of
from alvh.runtime.engine.prices import absolute_delta, terms_of_leg
from alvh.runtime.engine.proxies import prolong
from alvh.runtime.engine.roll_side import roll_side
from alvh.runtime.engine.trade import proceeds, refuse, sell
from alvh.runtime.lanes import (
    Lanes,
    absolute,
    any_lane,
    broadcast,
    divide,
    is_unknown,
    lane_function,
    load,
    maximum,
    negate,
    select,
    store_where,
)
from alvh.runtime.record import NO_DAYS_GAINED, NO_DEBIT, NO_EXPIRY, NO_REASON, ROLL_IN, ROLL_OUT, SIZE_UNKNOWN, TARGET_FULL

UNKNOWN = float("nan")
ROLLED = at.COUNT_VERBS + at.VERBS.index("roll")
ROLLED_INTO = at.COUNT_VERBS + at.VERBS.index("roll into")


@lane_function
def refuse_unpriced(lanes: Lanes, run: Run, bar: int, layer: int, slot: int, mask: bool, code: float) -> None:
    """A roll or rebalance that does not fire before anything was priced for it."""
    rule = load(lanes, run.state.lots, slot * at.LOT_ROWS + at.O_RULE)
    unknown = broadcast(lanes, UNKNOWN)
    refuse(lanes, run, bar, layer, slot, mask, rule, code, unknown, unknown, slot, -1)


@lane_function
def first_roll_rule(run: Run, layer: int) -> int:
    row = run.rules.layers
    return int(row[layer, at.L_FIRST_RULE]) + int(row[layer, at.L_OPENS]) + int(row[layer, at.L_CLOSES])


@lane_function
def roll(lanes: Lanes, run: Run, bar: int, layer: int, slot: int, mask: bool, asks: int) -> int:
    """Each roll rule of the layer on the lanes in which it is the lot's."""
    of_rule = load(lanes, run.state.lots, slot * at.LOT_ROWS + at.O_RULE)
    first = first_roll_rule(run, layer)
    for rule in range(first, first + int(run.rules.layers[layer, at.L_ROLLS])):
        now = mask & (of_rule == rule)
        if not any_lane(now):
            continue
        target = int(run.rules.rules[rule, at.R_INTO])
        if target >= 0 and target != layer:
            _roll_into(lanes, run, bar, layer, slot, now, target)
        elif run.rules.rules[rule, at.R_SIDE] >= 0.0:
            roll_side(lanes, run, bar, layer, slot, now, rule)
        else:
            asks = _roll_within(lanes, run, bar, layer, slot, now, rule, asks)
    return asks


@lane_function
def _roll_within(lanes: Lanes, run: Run, bar: int, layer: int, slot: int, mask: bool, number: int, asks: int) -> int:
    choice = int(run.rules.rules[number, at.R_CHOICE])
    ensure_chosen(lanes, run, bar, choice, mask)
    base = choice * at.CHOSEN_ROWS
    lot = slot * at.LOT_ROWS
    chosen_refusal = load(lanes, run.state.chosen, base + at.H_REFUSAL)
    proxy = load(lanes, run.state.chosen, base + at.H_PROXY)
    gains = load(lanes, run.state.chosen, base + at.H_NEAREST) > load(lanes, run.state.lots, lot + at.O_NEAREST)
    gains = gains | (proxy >= 0.0) | (load(lanes, run.state.lots, lot + at.O_PROXY) >= 0.0)
    code = select((chosen_refusal == NO_REASON) & negate(gains), float(NO_DAYS_GAINED), chosen_refusal)
    silent = mask & _is_same(lanes, run, layer, slot, choice) & (code == NO_REASON)
    if any_lane(silent & (proxy >= 0.0)):
        prolong(lanes, run, layer, slot, choice, silent & (proxy >= 0.0))
    debit = load(lanes, run.state.chosen, base + at.H_DEBIT)
    keeping = int(run.rules.rules[number, at.R_KEEPING])
    if keeping == at.KEEPS_NOTHING:
        wanted, size_code = size_of(lanes, run, layer, choice)
    else:
        wanted, size_code = _size_kept(lanes, run, bar, layer, slot, choice, keeping)
    code = select((code == NO_REASON) & negate(silent), size_code, code)
    refused = mask & (code != NO_REASON) & negate(silent)
    rule = load(lanes, run.state.lots, lot + at.O_RULE)
    if any_lane(refused):
        price = select(chosen_refusal == NO_REASON, debit, UNKNOWN)
        refuse(lanes, run, bar, layer, slot, refused, rule, code, broadcast(lanes, UNKNOWN), price, slot, choice)
    goes = mask & (code == NO_REASON) & negate(silent)
    if not any_lane(goes):
        return asks
    own = load(lanes, run.state.lots, lot + at.O_OWN)
    structures = load(lanes, run.state.lots, lot + at.O_STRUCTURES)
    sell(lanes, run, bar, layer, slot, goes, structures, ROLL_OUT, rule, structures, slot)
    of_layer = layer * at.LAYER_ROWS
    store_where(lanes, run.state.layers, of_layer + at.S_ROLLED, goes, broadcast(lanes, 1.0))
    count_where(lanes, run.state.layers, of_layer + at.S_ROLLING, goes)
    count_where(lanes, run.tape.counts, ROLLED, goes)
    by_size = 0
    if keeping == at.KEEPS_NOTHING:
        by_size = 1
        size, _ = size_of(lanes, run, layer, choice)
        wanted = size
        if int(run.rules.layers[layer, at.L_SIZE_MANNER]) != at.BY_BUDGET:
            wanted = size - (others_of(lanes, run, layer, slot) + load(lanes, run.state.layers, of_layer + at.S_ASKED))
    return add_ask(lanes, run, layer, slot, ROLL_IN, 0, slot, choice, asks, goes, wanted, own, rule, by_size)


@lane_function
def _is_same(lanes: Lanes, run: Run, layer: int, slot: int, choice: int) -> bool:
    """Where a choice is what the lot holds: the same contracts, or the same proxy."""
    first_leg = int(run.rules.layers[layer, at.L_FIRST_LEG])
    held_proxy = load(lanes, run.state.lots, slot * at.LOT_ROWS + at.O_PROXY)
    same = load(lanes, run.state.chosen, choice * at.CHOSEN_ROWS + at.H_PROXY) == held_proxy
    for leg in range(int(run.rules.layers[layer, at.L_PRIMARY])):
        row = (slot * at.LEGS + leg) * at.LEG_ROWS
        expiry = float(run.state.chosen_expiry[choice, leg])
        alike = load(lanes, run.state.legs, row + at.E_EXPIRY) == expiry
        if run.rules.legs[first_leg + leg, at.G_KIND] == at.OPTION:
            strike = load(lanes, run.state.choice, (choice * at.LEGS + leg) * at.CHOICE_ROWS + at.C_STRIKE)
            alike = alike & (load(lanes, run.state.legs, row + at.E_STRIKE) == strike)
        same = same & (alike | (held_proxy >= 0.0))
    return same


@lane_function
def _size_kept(lanes: Lanes, run: Run, bar: int, layer: int, slot: int, choice: int, keeping: int) -> tuple[float, float]:
    """Structures of a choice that keep a lot's contracts, premium or delta, and why they cannot be had. Read before the lot is sold."""
    lot = slot * at.LOT_ROWS
    base = choice * at.CHOSEN_ROWS
    structures = load(lanes, run.state.lots, lot + at.O_STRUCTURES)
    fine = broadcast(lanes, float(NO_REASON))
    if keeping == at.KEEPS_CONTRACTS:
        return structures, fine
    if keeping == at.KEEPS_PREMIUM:
        value, _, _, fee, _ = proceeds(lanes, run, layer, slot)
        units = structures * load(lanes, run.state.lots, lot + at.O_SCALE)
        premium = maximum(value * units * 100.0 - fee * units, 0.0)
        price = load(lanes, run.state.chosen, base + at.H_DEBIT) * 100.0 + load(lanes, run.state.chosen, base + at.H_FEE)
        return divide(premium, price), select(price > 0.0, fine, float(NO_DEBIT))
    before = _delta_of_lot(lanes, run, bar, layer, slot)
    now = absolute(load(lanes, run.state.chosen, base + at.H_DELTA))
    size = divide(structures * absolute(before), now)
    return size, select(is_unknown(size), float(SIZE_UNKNOWN), fine)


@lane_function
def _delta_of_lot(lanes: Lanes, run: Run, bar: int, layer: int, slot: int) -> float:
    first_leg = int(run.rules.layers[layer, at.L_FIRST_LEG])
    total = broadcast(lanes, 0.0)
    for leg in range(int(run.rules.layers[layer, at.L_LEGS])):
        row = (slot * at.LEGS + leg) * at.LEG_ROWS
        rule = first_leg + leg
        alive = load(lanes, run.state.legs, row + at.E_ALIVE) == 1.0
        signed = broadcast(lanes, 1.0)
        if run.rules.legs[rule, at.G_KIND] == at.OPTION:
            is_call = run.rules.legs[rule, at.G_IS_CALL] == 1.0
            product, strike = int(run.rules.legs[rule, at.G_PRODUCT]), load(lanes, run.state.legs, row + at.E_STRIKE)
            terms = terms_of_leg(lanes, run, bar, product, at.OPTION, row, alive)
            signed = absolute_delta(lanes, run, bar, product, is_call, terms, strike)
            if not is_call:
                signed = -signed
        total = total + select(alive, run.rules.legs[rule, at.G_WEIGHT] * signed, 0.0)
    return total * load(lanes, run.state.lots, slot * at.LOT_ROWS + at.O_SCALE)


@lane_function
def _roll_into(lanes: Lanes, run: Run, bar: int, layer: int, slot: int, now: bool, target: int) -> None:
    """Sells the lot and leaves its contracts to the target layer, whose turn comes on a later level."""
    lot = slot * at.LOT_ROWS
    of_rule = load(lanes, run.state.lots, lot + at.O_RULE)
    ensure_expiries(lanes, run, bar, target)
    code = broadcast(lanes, float(NO_REASON))
    into = target * at.LAYER_ROWS
    if run.rules.layers[target, at.L_STATES_AT_MOST] == 1.0:
        # Its lots at the start of its decisions; on a later level it has decided nothing yet.
        lots = lots_now(lanes, run, target)
        if run.rules.layers[target, at.L_LEVEL] == run.rules.layers[layer, at.L_LEVEL]:
            lots = load(lanes, run.state.layers, into + at.S_LOTS_START)
        room = lots + load(lanes, run.state.layers, into + at.S_INCOMING)
        code = select(room >= run.rules.layers[target, at.L_AT_MOST], float(TARGET_FULL), code)
    no_expiry = load(lanes, run.state.chosen, target * at.CHOSEN_ROWS + at.H_REFUSAL) == NO_EXPIRY
    code = select((code == NO_REASON) & no_expiry, float(NO_EXPIRY), code)
    gains = load(lanes, run.state.chosen, target * at.CHOSEN_ROWS + at.H_NEAREST) > load(lanes, run.state.lots, lot + at.O_NEAREST)
    gains = gains | (load(lanes, run.state.lots, lot + at.O_PROXY) >= 0.0)
    code = select((code == NO_REASON) & negate(gains), float(NO_DAYS_GAINED), code)
    refused = now & (code != NO_REASON)
    if any_lane(refused):
        refuse_unpriced(lanes, run, bar, layer, slot, refused, code)
    goes = now & (code == NO_REASON)
    if not any_lane(goes):
        return
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
