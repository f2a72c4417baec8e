"""The day loop: the six steps of a bar for a block of paths, the same for every strategy."""

from __future__ import annotations

from alvh.runtime.engine.cuts import margin_now
from alvh.runtime.engine.decide import begin_decisions, decide_level, level_ends
from alvh.runtime.engine.interpret import evaluate
from alvh.runtime.engine.layout import (
    A_CASH,
    A_FEES,
    A_HOLD_FLOW,
    A_INTEREST,
    A_UNITS,
    COUNT_STOPPED,
    E_ALIVE,
    E_MARK,
    FILL_AT_THIS_CLOSE,
    G_PAID_WEIGHT,
    L_FIRST_LEG,
    L_FIRST_SLOT,
    L_LEGS,
    L_SLOTS,
    LAYER_ROWS,
    LEG_ROWS,
    LEGS,
    LOT_ROWS,
    O_STRUCTURES,
    O_UNITS,
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
    Kernel,
    Run,
)
from alvh.runtime.engine.mark import mark
from alvh.runtime.engine.prices import note_crowd, series_at
from alvh.runtime.engine.sensitivities import record_sensitivities
from alvh.runtime.engine.settle import accrue_interest, settle
from alvh.runtime.engine.waiting import execute_waiting, keep_books, put_books_back
from alvh.runtime.lanes import Lanes, all_lanes, any_lane, broadcast, lane_function, load, select, store


@lane_function
def run_days(lanes: Lanes, kernel: Kernel, run: Run, at_fills: Run) -> None:
    """Runs bars 0 to `settings.last` of a block; those before `settings.first` only warm streams up.

    `at_fills` is the same run with the prices at which waiting orders are executed in the place of the market's."""
    layers = run.settings.layers
    for bar in range(run.settings.last + 1):
        if bar >= run.settings.first:
            note_crowd(lanes, run, bar)
            if bar > run.settings.first:
                accrue_interest(lanes, run, bar)
                settle(lanes, run, bar)
                if run.settings.fill != FILL_AT_THIS_CLOSE:
                    execute_waiting(lanes, at_fills, bar)
                    note_crowd(lanes, run, bar)
            mark(lanes, run, bar)
            if all_lanes(load(lanes, run.tape.counts, COUNT_STOPPED) >= 0.0):
                return
        evaluate(lanes, kernel, run, bar, 0, 0)
        if bar >= run.settings.first:
            begin_decisions(lanes, run, bar)
            if run.settings.fill != FILL_AT_THIS_CLOSE:
                keep_books(lanes, run)
            layer = 0
            while layer < layers:
                after = level_ends(run, layer)
                decide_level(lanes, kernel, run, bar, layer, after)
                layer = after
            evaluate(lanes, kernel, run, bar, layers + 1, 0)
            if run.settings.fill != FILL_AT_THIS_CLOSE:
                put_books_back(lanes, run)
            _record(lanes, run, bar)


@lane_function
def _record(lanes: Lanes, run: Run, bar: int) -> None:
    """Step 6: the sweep into the index, then what the tape keeps."""
    spx = series_at(lanes, run, bar, SPX_CLOSE)
    if run.settings.hold == 1:
        _sweep(lanes, run, spx)
    if run.settings.records == 0:
        _record_little(lanes, run, bar, spx)
        return
    layers = run.settings.layers
    cash = load(lanes, run.state.account, A_CASH)
    equity = cash
    row = (bar - run.settings.first) * run.settings.tape_rows
    for layer in range(layers):
        value = _value_of_layer(lanes, run, layer)
        equity = equity + value
        place = row + P_LAYERS + 3 * layer
        store(lanes, run.tape.bars, place, load(lanes, run.state.layers, layer * LAYER_ROWS + S_FLOW) + value)
        store(lanes, run.tape.bars, place + 1, value)
        store(lanes, run.tape.bars, place + 2, load(lanes, run.state.layers, layer * LAYER_ROWS + S_CONTRACTS))
    if run.settings.hold == 1:
        held = load(lanes, run.state.account, A_UNITS) * spx
        equity = equity + held
        store(lanes, run.tape.bars, row + P_HOLD, load(lanes, run.state.account, A_HOLD_FLOW) + held)
    store(lanes, run.tape.bars, row + P_EQUITY, equity)
    store(lanes, run.tape.bars, row + P_CASH, cash)
    store(lanes, run.tape.bars, row + P_MARGIN, margin_now(lanes, run))
    store(lanes, run.tape.bars, row + P_INTEREST, load(lanes, run.state.account, A_INTEREST))
    store(lanes, run.tape.bars, row + P_FEES, load(lanes, run.state.account, A_FEES))
    if run.settings.sensitivities == 1:
        record_sensitivities(lanes, run, bar, row + P_LAYERS + 3 * layers, equity)


@lane_function
def _record_little(lanes: Lanes, run: Run, bar: int, spx: float) -> None:
    """What metrics are made of: equity of the bar, and over the last bar's the profit of each layer."""
    layers = run.settings.layers
    profits = run.settings.last - run.settings.first + 1
    equity = load(lanes, run.state.account, A_CASH)
    for layer in range(layers):
        value = _value_of_layer(lanes, run, layer)
        equity = equity + value
        store(lanes, run.tape.bars, profits + layer, load(lanes, run.state.layers, layer * LAYER_ROWS + S_FLOW) + value)
    if run.settings.hold == 1:
        equity = equity + load(lanes, run.state.account, A_UNITS) * spx
    store(lanes, run.tape.bars, bar - run.settings.first, equity)


@lane_function
def _sweep(lanes: Lanes, run: Run, spx: float) -> None:
    """`hold SPX`: receipts buy the index, payments sell it; cash ends at 0."""
    cash = load(lanes, run.state.account, A_CASH)
    known = spx > 0.0
    price = select(cash > 0.0, spx * (1.0 + run.settings.index_half_spread), spx * (1.0 - run.settings.index_half_spread))
    units = load(lanes, run.state.account, A_UNITS)
    flow = load(lanes, run.state.account, A_HOLD_FLOW)
    moved = cash / select(known, price, 1.0)
    store(lanes, run.state.account, A_UNITS, select(known, units + moved, units))
    store(lanes, run.state.account, A_HOLD_FLOW, select(known, flow - cash, flow))
    store(lanes, run.state.account, A_CASH, select(known, 0.0, cash))


@lane_function
def _value_of_layer(lanes: Lanes, run: Run, layer: int) -> float:
    first_leg = int(run.rules.layers[layer, L_FIRST_LEG])
    first_slot = int(run.rules.layers[layer, L_FIRST_SLOT])
    total = broadcast(lanes, 0.0)
    for slot in range(first_slot, first_slot + int(run.rules.layers[layer, L_SLOTS])):
        held = load(lanes, run.state.lots, slot * LOT_ROWS + O_STRUCTURES) > 0.0
        if any_lane(held):
            value = broadcast(lanes, 0.0)
            for leg in range(int(run.rules.layers[layer, L_LEGS])):
                row = (slot * LEGS + leg) * LEG_ROWS
                alive = load(lanes, run.state.legs, row + E_ALIVE) == 1.0
                value = value + select(
                    alive, run.rules.legs[first_leg + leg, G_PAID_WEIGHT] * load(lanes, run.state.legs, row + E_MARK), 0.0
                )
            total = total + select(held, value * load(lanes, run.state.lots, slot * LOT_ROWS + O_UNITS) * 100.0, 0.0)
    return total
