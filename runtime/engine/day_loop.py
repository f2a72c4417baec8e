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
    ASK_PLACES,
    CALENDARS,
    CHOICE_COLUMN_COUNT,
    CHOICE_LEG_COLUMN_COUNT,
    COUNT_STOPPED,
    DAY_COLUMNS,
    E_ALIVE,
    E_MARK,
    EXPIRY_COLUMNS,
    FILL_AT_THIS_CLOSE,
    G_PAID_WEIGHT,
    GROUP_COLUMN_COUNT,
    JOURNAL_COLUMNS,
    KEEP_COLUMN_COUNT,
    L_FIRST_LEG,
    L_FIRST_SLOT,
    L_LEGS,
    L_SLOTS,
    LAYER_COLUMN_COUNT,
    LAYER_ROWS,
    LEG_COLUMN_COUNT,
    LEG_ROWS,
    LEGS,
    LEVEL_COLUMNS,
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
    RULE_COLUMN_COUNT,
    S_CONTRACTS,
    S_FLOW,
    SHIFT_COLUMN_COUNT,
    SPX_CLOSE,
    STAGE_COLUMN_COUNT,
    STEP_COLUMN_COUNT,
    UNWIND_COLUMN_COUNT,
    Kernel,
    MarketTables,
    Rules,
    Run,
    State,
    Tape,
)
from alvh.runtime.engine.mark import mark
from alvh.runtime.engine.pointed import pointed
from alvh.runtime.engine.prices import note_crowd, series_at
from alvh.runtime.engine.settle import accrue_interest, settle
from alvh.runtime.engine.waiting import execute_waiting, keep_books, put_books_back
from alvh.runtime.lanes import Lanes, all_lanes, any_lane, broadcast, lane_function, load, select, store
from alvh.runtime.rows import rows_of


@lane_function
def rows_of_run(lanes: Lanes, arrays: Run) -> Run:
    """The run's arrays as bare rows."""
    market, rules, state, tape = arrays.market, arrays.rules, arrays.state, arrays.tape
    return Run(
        MarketTables(
            rows_of(market.series, lanes),
            rows_of(market.days, DAY_COLUMNS),
            rows_of(market.spx, EXPIRY_COLUMNS),
            rows_of(market.vix, EXPIRY_COLUMNS),
            rows_of(market.fund, EXPIRY_COLUMNS),
            rows_of(market.calendars, CALENDARS),
            rows_of(market.level, LEVEL_COLUMNS),
            rows_of(market.fills, lanes),
        ),
        arrays.settings,
        Rules(
            rows_of(rules.layers, LAYER_COLUMN_COUNT),
            rows_of(rules.legs, LEG_COLUMN_COUNT),
            rows_of(rules.rules, RULE_COLUMN_COUNT),
            rows_of(rules.groups, GROUP_COLUMN_COUNT),
            rows_of(rules.unwinds, UNWIND_COLUMN_COUNT),
            rows_of(rules.shifts, SHIFT_COLUMN_COUNT),
            rows_of(rules.keeps, KEEP_COLUMN_COUNT),
            rows_of(rules.choices, CHOICE_COLUMN_COUNT),
            rows_of(rules.choice_legs, CHOICE_LEG_COLUMN_COUNT),
            rows_of(rules.windows, 1),
            rows_of(rules.numbers, lanes),
            rows_of(rules.bar_cells, 1),
            rows_of(rules.lot_cells, 1),
            rows_of(rules.steps, STEP_COLUMN_COUNT),
            rows_of(rules.stages, STAGE_COLUMN_COUNT),
        ),
        State(
            rows_of(state.account, lanes),
            rows_of(state.layers, lanes),
            rows_of(state.lots, lanes),
            rows_of(state.legs, lanes),
            rows_of(state.unwinding, lanes),
            rows_of(state.nodes, lanes),
            rows_of(state.cells, lanes),
            rows_of(state.attributes, lanes),
            rows_of(state.lot_attributes, lanes),
            rows_of(state.terms, lanes),
            rows_of(state.terms_bar, 1),
            rows_of(state.choice, lanes),
            rows_of(state.chosen, lanes),
            rows_of(state.chosen_bar, 1),
            rows_of(state.expiries_bar, 1),
            rows_of(state.chosen_expiry, LEGS),
            rows_of(state.gaps, lanes),
            rows_of(state.asks, lanes),
            rows_of(state.ask_place, ASK_PLACES),
            rows_of(state.out_of_room, 1),
            rows_of(state.rule_unknown, lanes),
            rows_of(state.reads, lanes),
            rows_of(state.kept, lanes),
            rows_of(state.stance, 1),
        ),
        Tape(
            rows_of(tape.bars, lanes),
            rows_of(tape.journal, JOURNAL_COLUMNS),
            rows_of(tape.counts, lanes),
            rows_of(tape.unknown, lanes),
        ),
    )


@lane_function
def at_prices_of_fills(run: Run) -> Run:
    """The same run with the prices at which waiting orders are executed in the place of the market's."""
    market = run.market
    prices = MarketTables(market.fills, market.days, market.spx, market.vix, market.fund, market.calendars, market.level, market.series)
    return Run(prices, run.settings, run.rules, run.state, run.tape)


@lane_function
def run_days(lanes: Lanes, kernel: Kernel, arrays: Run) -> None:
    """Runs bars 0 to `settings.last` of a block; those before `settings.first` only warm streams up."""
    rows = rows_of_run(lanes, arrays)
    run = pointed(rows)
    at_fills = pointed(at_prices_of_fills(rows))
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
    layers = run.settings.layers
    cash = load(lanes, run.state.account, A_CASH)
    equity = cash
    row = (bar - run.settings.first) * (P_LAYERS + 3 * layers)
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
