"""What more of a lot's own legs would cost today, put where a choice would stand; and rebalancing, which needs it."""

from __future__ import annotations

from alvh.runtime.engine import layout as at
from alvh.runtime.engine.layout import Run
from alvh.runtime.engine.ledger import count_where, none_of
from alvh.runtime.engine.orders import add_ask, others_of, size_of
from alvh.runtime.engine.trade import refuse, sell, whole
from alvh.runtime.lanes import Lanes, any_lane, broadcast, lane_function, load, maximum, negate, select, store, store_where
from alvh.runtime.record import NO_BID, NO_REASON, REBALANCE

REBALANCED = at.COUNT_VERBS + at.VERBS.index("rebalance")


@lane_function
def price_held(lanes: Lanes, run: Run, layer: int, slot: int) -> bool:
    """A lot's live legs at today's prices in the spare choice; on which lanes a sold leg lacks a bid."""
    first_leg = int(run.rules.layers[layer, at.L_FIRST_LEG])
    lot = slot * at.LOT_ROWS
    debit = broadcast(lanes, 0.0)
    price = broadcast(lanes, 0.0)
    measure = broadcast(lanes, 0.0)
    off_mid = broadcast(lanes, 0.0)
    fee = broadcast(lanes, 0.0)
    no_bid = none_of(debit == 0.0)
    for leg in range(int(run.rules.layers[layer, at.L_LEGS])):
        row = (slot * at.LEGS + leg) * at.LEG_ROWS
        rule = first_leg + leg
        weight = run.rules.legs[rule, at.G_WEIGHT]
        alive = load(lanes, run.state.legs, row + at.E_ALIVE) == 1.0
        mid = load(lanes, run.state.legs, row + at.E_MARK)
        half = load(lanes, run.state.legs, row + at.E_HALF)
        fee = fee + select(alive, run.rules.legs[rule, at.G_FEE], 0.0)
        if run.rules.legs[rule, at.G_KIND] == at.FUTURE:
            debit = debit + select(alive, abs(weight) * half, 0.0)
            off_mid = off_mid + select(alive, abs(weight) * half, 0.0)
            measure = measure + select(alive, abs(weight) * mid, 0.0)
            price = price + select(alive, weight * (mid + half if weight > 0.0 else mid - half), 0.0)
            continue
        paid = mid + half
        if weight > 0.0:
            off_mid = off_mid + select(alive, weight * half, 0.0)
        else:
            paid = maximum(mid - half, 0.0)
            no_bid = no_bid | (alive & (paid <= 0.0))
            off_mid = off_mid + select(alive, -weight * (mid - paid), 0.0)
        debit = debit + select(alive, weight * paid, 0.0)
        measure = measure + select(alive, weight * paid, 0.0)
        price = price + select(alive, weight * paid, 0.0)
    scale = load(lanes, run.state.lots, lot + at.O_SCALE)
    worst = load(lanes, run.state.lots, lot + at.O_WORST)
    base = run.settings.choices * at.CHOSEN_ROWS
    store(lanes, run.state.chosen, base + at.H_DEBIT, debit * scale)
    store(lanes, run.state.chosen, base + at.H_PRICE, price * scale)
    store(lanes, run.state.chosen, base + at.H_MEASURE, measure * scale)
    store(lanes, run.state.chosen, base + at.H_HALF, off_mid * scale)
    store(lanes, run.state.chosen, base + at.H_FEE, fee * scale)
    store(lanes, run.state.chosen, base + at.H_LOSS, (worst + debit * scale) * 100.0 + fee * scale)
    store(lanes, run.state.chosen, base + at.H_WORST, worst)
    store(lanes, run.state.chosen, base + at.H_FLOATING, load(lanes, run.state.lots, lot + at.O_FLOATING))
    store(lanes, run.state.chosen, base + at.H_NEAREST, load(lanes, run.state.lots, lot + at.O_NEAREST))
    store(lanes, run.state.chosen, base + at.H_PROXY, load(lanes, run.state.lots, lot + at.O_PROXY))
    store(lanes, run.state.chosen, base + at.H_SCALE, scale)
    store(lanes, run.state.chosen, base + at.H_FLAGGED, broadcast(lanes, 0.0))
    return no_bid


@lane_function
def rebalance(lanes: Lanes, run: Run, bar: int, layer: int, slot: int, mask: bool, asks: int) -> int:
    """To the layer's size, in the contracts held."""
    lot = slot * at.LOT_ROWS
    no_bid = price_held(lanes, run, layer, slot)
    spare = run.settings.choices
    size, code = size_of(lanes, run, layer, spare)
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
        debit = load(lanes, run.state.chosen, spare * at.CHOSEN_ROWS + at.H_DEBIT)
        refuse(lanes, run, bar, layer, slot, refused, rule, code, wanted - held, debit, slot, -1)
    more = more & negate(no_bid)
    if not any_lane(more):
        return asks
    own = load(lanes, run.state.lots, lot + at.O_OWN)
    return add_ask(lanes, run, layer, slot, REBALANCE, 1, slot, spare, asks, more, wanted - held, own, rule, 1)
