"""The day loop: the six steps of a bar for a block of paths, the same for every strategy."""

from __future__ import annotations

from alvh.runtime.engine.decide import begin_decisions, call_kernel, decide_level, level_ends
from alvh.runtime.engine.layout import (
    A_CASH,
    A_FEES,
    A_HOLD_FLOW,
    A_INTEREST,
    A_UNITS,
    COUNT_STOPPED,
    E_ALIVE,
    E_MARK,
    G_RATIO,
    L_FIRST_LEG,
    L_FIRST_SLOT,
    L_LEGS,
    L_SLOTS,
    LAYER_ROWS,
    LEG_ROWS,
    LEGS,
    LOT_ROWS,
    O_STRUCTURES,
    P_CASH,
    P_EQUITY,
    P_FEES,
    P_HOLD,
    P_INTEREST,
    P_LAYERS,
    P_MARGIN,
    S_CONTRACTS,
    S_FLOW,
    SPX_CLOSE,
)
from alvh.runtime.engine.mark import accrue_interest, mark, settle
from alvh.runtime.engine.prices import series_at
from alvh.runtime.engine.trade import margin_now
from alvh.runtime.lanes import all_lanes, any_lane, broadcast, lane_function, load, select, store


@lane_function
def run_days(lanes, kernel, market, settings, rules, state, tape):
    """Runs bars 0 to `settings.last`; those before `settings.first` only warm streams up."""
    layers = rules.layers.shape[0]
    for bar in range(settings.last + 1):
        if bar >= settings.first:
            if bar > settings.first:
                accrue_interest(lanes, market, settings, state, tape, bar)
                settle(lanes, market, settings, rules, state, tape, bar)
            mark(lanes, market, settings, rules, state, tape, bar)
            if all_lanes(load(lanes, tape.counts, COUNT_STOPPED) >= 0.0):
                return
        call_kernel(kernel, market, settings, rules, state, bar, 0, 0)
        if bar >= settings.first:
            begin_decisions(lanes, market, settings, rules, state, bar)
            layer = 0
            while layer < layers:
                after = level_ends(rules, layer)
                decide_level(lanes, kernel, market, settings, rules, state, tape, bar, layer, after)
                layer = after
            call_kernel(kernel, market, settings, rules, state, bar, layers + 1, 0)
            _record(lanes, market, settings, rules, state, tape, bar)


@lane_function
def _record(lanes, market, settings, rules, state, tape, bar):
    """Step 6: the sweep into the index, then what the tape keeps."""
    spx = series_at(lanes, market, settings, bar, SPX_CLOSE)
    if settings.hold == 1:
        _sweep(lanes, settings, state, spx)
    layers = rules.layers.shape[0]
    cash = load(lanes, state.account, A_CASH)
    equity = cash
    row = (bar - settings.first) * (P_LAYERS + 3 * layers)
    for layer in range(layers):
        value = _value_of_layer(lanes, rules, state, layer)
        equity = equity + value
        place = row + P_LAYERS + 3 * layer
        store(lanes, tape.bars, place, load(lanes, state.layers, layer * LAYER_ROWS + S_FLOW) + value)
        store(lanes, tape.bars, place + 1, value)
        store(lanes, tape.bars, place + 2, load(lanes, state.layers, layer * LAYER_ROWS + S_CONTRACTS))
    if settings.hold == 1:
        held = load(lanes, state.account, A_UNITS) * spx
        equity = equity + held
        store(lanes, tape.bars, row + P_HOLD, load(lanes, state.account, A_HOLD_FLOW) + held)
    store(lanes, tape.bars, row + P_EQUITY, equity)
    store(lanes, tape.bars, row + P_CASH, cash)
    store(lanes, tape.bars, row + P_MARGIN, margin_now(lanes, rules, state))
    store(lanes, tape.bars, row + P_INTEREST, load(lanes, state.account, A_INTEREST))
    store(lanes, tape.bars, row + P_FEES, load(lanes, state.account, A_FEES))


@lane_function
def _sweep(lanes, settings, state, spx):
    """`hold SPX`: receipts buy the index, payments sell it; cash ends at 0."""
    cash = load(lanes, state.account, A_CASH)
    known = spx > 0.0
    price = select(cash > 0.0, spx * (1.0 + settings.index_half_spread), spx * (1.0 - settings.index_half_spread))
    units = load(lanes, state.account, A_UNITS)
    flow = load(lanes, state.account, A_HOLD_FLOW)
    moved = cash / select(known, price, 1.0)
    store(lanes, state.account, A_UNITS, select(known, units + moved, units))
    store(lanes, state.account, A_HOLD_FLOW, select(known, flow - cash, flow))
    store(lanes, state.account, A_CASH, select(known, 0.0, cash))
    lost = moved * (price - spx)
    fees = load(lanes, state.account, A_FEES)
    store(lanes, state.account, A_FEES, select(known, fees + lost, fees))


@lane_function
def _value_of_layer(lanes, rules, state, layer):
    first_leg = int(rules.layers[layer, L_FIRST_LEG])
    first_slot = int(rules.layers[layer, L_FIRST_SLOT])
    total = broadcast(lanes, 0.0)
    for slot in range(first_slot, first_slot + int(rules.layers[layer, L_SLOTS])):
        structures = load(lanes, state.lots, slot * LOT_ROWS + O_STRUCTURES)
        held = structures > 0.0
        if any_lane(held):
            value = broadcast(lanes, 0.0)
            for leg in range(int(rules.layers[layer, L_LEGS])):
                row = (slot * LEGS + leg) * LEG_ROWS
                alive = load(lanes, state.legs, row + E_ALIVE) == 1.0
                value = value + select(alive, rules.legs[first_leg + leg, G_RATIO] * load(lanes, state.legs, row + E_MARK), 0.0)
            total = total + select(held, value * structures * 100.0, 0.0)
    return total
