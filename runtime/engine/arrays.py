"""From a program and a market to the engine's arrays, for one block of paths."""

from __future__ import annotations

import numpy as np

from alvh.compiler import emit_steps, emit_tables
from alvh.compiler.emit_steps import Steps
from alvh.compiler.emit_tables import Tables
from alvh.compiler.ir import Program, rules_of
from alvh.runtime.cache_lines import empty_on_lines, on_lines
from alvh.runtime.engine import layout
from alvh.runtime.market import Expiries, Floats, MarketArrays
from alvh.runtime.pricing import costs, vix_level

DELTAS = ("delta", "short_delta", "option_delta")
LONGEST_WINDOW = 2_000
"""Sessions; `check` refuses longer ones."""
FEES = {
    "option": costs.FEE_PER_OPTION,
    "VX": costs.FEE_PER_FUTURE,
    "VXM": costs.FEE_PER_MINI_FUTURE,
    "none": 0.0,
}
FILLS = {"this close": layout.FILL_AT_THIS_CLOSE, "next close": layout.FILL_AT_NEXT_CLOSE, "next open": layout.FILL_AT_NEXT_OPEN}
CHARGED = {"none": 0, "listed": 1, "crowded": 2}


def same_numbers(tables: Tables, lanes: int) -> Floats:
    """The program's constants and params, the same in every lane: [numbers, lanes]."""
    return np.repeat(np.array(tables.numbers, dtype=np.float64)[:, None], lanes, axis=1)


def rule_arrays(program: Program, tables: Tables, steps: Steps | None, numbers: Floats) -> layout.Rules:
    """The program's tables as arrays, with the fees of the run's costs. `numbers`: [numbers, lanes], in the order of the tables' own."""
    charged = program.costs != "none"
    legs = tuple((*leg, _fee_of_leg(leg) if charged else 0.0) for leg in tables.legs)
    return layout.Rules(
        layers=_rows(tuple((*layer, _fee_of_structure(layer, legs)) for layer in tables.layers), layout.LAYER_COLUMN_COUNT),
        legs=_rows(legs, layout.LEG_COLUMN_COUNT),
        rules=_rows(tables.rules, len(emit_tables.RULE_COLUMNS)),
        groups=_rows(tables.groups, len(emit_tables.GROUP_COLUMNS)),
        unwinds=_rows(tables.unwinds, len(emit_tables.UNWIND_COLUMNS)),
        shifts=_rows(tables.shifts, len(emit_tables.SHIFT_COLUMNS)),
        keeps=_rows(tables.keeps, len(emit_tables.KEEP_COLUMNS)),
        choices=_rows(tables.choices, len(emit_tables.CHOICE_COLUMNS)),
        choice_legs=_rows(tables.choice_legs, len(emit_tables.CHOICE_LEG_COLUMNS)),
        windows=np.array(tables.windows, dtype=np.int64),
        numbers=on_lines(np.concatenate([numbers, np.zeros((1, numbers.shape[1]))])),
        bar_cells=np.array(tables.bar_cells, dtype=np.float64),
        lot_cells=np.array(tables.lot_cells, dtype=np.float64),
        steps=_rows(steps.rows if steps else (), len(emit_steps.STEP_COLUMNS)),
        stages=_rows(steps.stages if steps else (), layout.STAGE_COLUMN_COUNT),
    )


def _fee_of_leg(leg: tuple[float, ...]) -> float:
    return abs(leg[layout.G_RATIO]) * FEES[emit_tables.FEES[int(leg[layout.G_FEE_AS])]]


def _fee_of_structure(layer: tuple[float, ...], legs: tuple[tuple[float, ...], ...]) -> float:
    first, count = int(layer[layout.L_FIRST_LEG]), int(layer[layout.L_PRIMARY])
    fee = 0.0
    for leg in legs[first : first + count]:
        fee = fee + leg[layout.G_FEE]
    return fee


def _rows(rows: tuple[tuple[float, ...], ...], columns: int) -> Floats:
    return np.array(rows, dtype=np.float64).reshape(len(rows), columns)


def market_tables(
    tables: Tables, arrays: MarketArrays, paths: slice, level: Floats, opening: Floats | None, lanes: int
) -> layout.MarketTables:
    """The market's arrays for the paths of one block. `opening`: prices at the open, where orders fill at them; like `arrays.values`.

    A last block with fewer paths than lanes repeats its last path; the extra lanes are dropped."""
    bars, rows, _ = arrays.values.shape

    def lanes_of(values: Floats) -> Floats:
        block = values[:, :, paths].reshape(bars * rows, -1)
        series = empty_on_lines(bars * rows, lanes)
        series[:, : block.shape[1]] = block
        series[:, block.shape[1] :] = block[:, -1:]
        return series

    series = lanes_of(arrays.values)
    days = np.zeros((len(arrays.sessions), layout.DAY_COLUMNS))
    days[:, layout.D_DAY] = arrays.sessions
    days[:bars, layout.D_VX_FRONT] = arrays.vx_front[:bars]
    days[:, layout.D_MONTH_START] = arrays.month_start
    days[:, layout.D_MONTH_PART] = arrays.month_part
    days[:, layout.D_ERA] = arrays.era
    bar_numbers = np.arange(len(arrays.sessions))
    days[:, layout.D_FIRST_SPX] = np.searchsorted(arrays.spx.settle_bar, bar_numbers, side="right")
    days[:, layout.D_FIRST_VIX] = np.searchsorted(arrays.vix.settle_bar, bar_numbers, side="right")
    days[:, layout.D_FIRST_FUND] = np.searchsorted(arrays.fund.settle_bar, bar_numbers, side="right")
    calendars = np.zeros((len(arrays.sessions) + LONGEST_WINDOW, layout.CALENDARS))
    for column, name in enumerate(tables.calendars):
        flags = calendar_flags(arrays, name)
        if flags is None:
            calendars[:, column] = np.nan
        else:
            calendars[: len(arrays.sessions), column] = flags
    return layout.MarketTables(
        series=series,
        days=days,
        spx=_expiry_rows(arrays.spx),
        vix=_expiry_rows(arrays.vix),
        fund=_expiry_rows(arrays.fund),
        calendars=calendars,
        level=level,
        fills=series if opening is None else lanes_of(opening),
    )


def calendar_flags(arrays: MarketArrays, name: str) -> Floats | None:
    """1 on the bars of an event; None for a calendar that the market lacks."""
    if name == "week_start":
        return arrays.week_start.astype(np.float64)
    if name == "month_start":
        return arrays.month_start.astype(np.float64)
    if name in arrays.events:
        return arrays.events[name].astype(np.float64)
    return None


def _expiry_rows(expiries: Expiries) -> Floats:
    columns = (
        expiries.settle_day,
        expiries.settle_bar,
        expiries.listed_bar,
        expiries.monthly,
        expiries.am,
        expiries.month_index,
    )
    return np.column_stack(columns).astype(np.float64)


def settings_of(
    program: Program,
    tables: Tables,
    arrays: MarketArrays,
    phase: int,
    journal_rows: int,
    lanes: int,
    *,
    interpreted: bool,
    sensitivities: bool = False,
    records: bool = True,
) -> layout.Settings:
    marks = {node.name for node in program.nodes if node.operation in ("mark", "lot")}
    account = {node.name for node in program.nodes if node.operation == "account"}
    reads_beta = "net_beta" in account or any(group.keeps for group in program.groups)
    return layout.Settings(
        capital=program.capital,
        charged=CHARGED[program.costs],
        whole=int(program.whole_contracts),
        hold=int(program.hold_index),
        index_half_spread=costs.INDEX_HALF_SPREAD if program.costs != "none" else 0.0,
        first=arrays.first,
        last=arrays.last,
        phase=phase,
        rows=len(arrays.series),
        interpreted=int(interpreted),
        deltas=int(bool(marks & set(DELTAS)) or reads_beta),
        vegas=int("vega" in marks),
        thetas=int(bool(marks & {"theta", "carry"}) or "wacc" in account),
        betas=int(reads_beta),
        irrs=int("irr" in marks),
        chosen_deltas=int(_weighs_choices(program)),
        break_evens=int(bool(marks & {"lower_break_even", "upper_break_even"})),
        layers=len(program.layers),
        groups=len(program.groups),
        keeps=len(tables.keeps),
        choices=len(tables.choices),
        spx_expiries=len(arrays.spx.settle_day),
        vix_expiries=len(arrays.vix.settle_day),
        fund_expiries=len(arrays.fund.settle_day),
        lot_cells=len(tables.lot_cells),
        journal_rows=journal_rows,
        hedged_break_evens=int(bool(marks & {"hedged_lower_break_even", "hedged_upper_break_even"})),
        sensitivities=int(sensitivities),
        tape_rows=layout.tape_rows(len(program.layers), sensitivities),
        records=int(records),
        fill=FILLS[program.fill],
        slots=tables.slots,
        waiting_from=lanes * journal_rows,
        waiting_rows=most_waiting(program, tables),
    )


def most_waiting(program: Program, tables: Tables) -> int:
    """Orders that a lane may have waiting: a lot is trimmed, then closed or rolled, and sold from by each keep; the rest are asks."""
    return 0 if program.fill == "this close" else (4 + len(tables.keeps)) * tables.slots + most_asks(program, tables)


def most_asks(program: Program, tables: Tables) -> int:
    """Orders that one level may ask for."""
    return 4 * tables.slots + 2 * len(program.layers) + 2 * len(tables.keeps) + 2


def _weighs_choices(program: Program) -> bool:
    """Whether deltas or betas of what a layer would buy are looked at: by a `keep`, a proxy, or a roll `keeping delta`."""
    keeps = any(group.keeps for group in program.groups)
    return keeps or any(layer.proxies or any(rule.keeping == "delta" for rule in layer.rolls) for layer in program.layers)


def fresh_state(program: Program, tables: Tables, market: layout.MarketTables, numbers: Floats) -> layout.State:
    """State before the first bar: capital in cash, nothing held, streams that have seen nothing. `numbers` as of `rule_arrays`."""
    lanes = numbers.shape[1]
    layers, slots = len(program.layers), tables.slots
    choices = len(tables.choices) + 1
    asks = most_asks(program, tables)
    booked = slots * (layout.LOT_ROWS + layout.LEGS * layout.LEG_ROWS) + layers * layout.BOOKED_ROWS + layout.COUNTS + 2
    expiries = len(market.spx) + len(market.vix) + 2 * len(market.fund)
    cells = np.concatenate([np.array(tables.bar_cells), np.tile(np.array(tables.lot_cells), slots), [0.0]])
    state = layout.State(
        account=np.zeros((layout.ACCOUNT_ROWS, lanes)),
        layers=np.zeros((max(layers, 1) * layout.LAYER_ROWS, lanes)),
        lots=np.zeros((max(slots, 1) * layout.LOT_ROWS, lanes)),
        legs=np.zeros((max(slots, 1) * layout.LEGS * layout.LEG_ROWS, lanes)),
        unwinding=np.zeros((len(tables.unwinds) + 1, lanes)),
        nodes=np.full((len(tables.node_rows) + 1, lanes), np.nan),
        cells=np.ascontiguousarray(np.repeat(cells[:, None], lanes, axis=1)),
        attributes=np.full((layout.ACCOUNT_ATTRIBUTE_ROWS + layers * layout.LAYER_ATTRIBUTE_ROWS, lanes), np.nan),
        lot_attributes=np.full((max(slots, 1) * layout.LOT_ATTRIBUTE_ROWS, lanes), np.nan),
        terms=np.full(((expiries + 3) * layout.TERMS, lanes), np.nan),
        terms_bar=np.full(expiries + 1, -1, dtype=np.int64),
        choice=np.full((choices * layout.LEGS * layout.CHOICE_ROWS, lanes), np.nan),
        chosen=np.zeros((choices * layout.CHOSEN_ROWS, lanes)),
        chosen_bar=np.full(choices, -1, dtype=np.int64),
        expiries_bar=np.full(choices, -1, dtype=np.int64),
        chosen_expiry=np.full((choices, layout.LEGS), -1, dtype=np.int64),
        gaps=np.zeros((len(tables.keeps) + 1, lanes)),
        asks=np.zeros((asks * layout.ASK_ROWS, lanes)),
        ask_place=np.zeros((asks, layout.ASK_PLACES), dtype=np.int64),
        out_of_room=np.zeros(1, dtype=np.int64),
        rule_unknown=np.zeros((len(rules_of(program)) + 1, lanes)),
        reads=np.full((max(slots, 1) * layout.READS, lanes), np.nan),
        kept=np.zeros((1 if program.fill == "this close" else booked, lanes)),
        stance=np.array([0, -1], dtype=np.int64),
    )
    state.account[layout.A_CASH] = program.capital
    state.account[layout.A_CROWD] = 1.0
    state.account[layout.A_LANE] = np.arange(lanes)
    for index, layer in enumerate(program.layers):
        state.layers[index * layout.LAYER_ROWS + layout.S_SHARE] = layer.share
    for node, place in tables.node_numbers.items():
        if node in tables.node_rows:
            state.nodes[tables.node_rows[node]] = numbers[place]
    by_lane = {name: on_lines(getattr(state, name)) for name, columns in layout.COLUMNS[layout.State].items() if columns == layout.BY_LANE}
    return state._replace(**by_lane)


def fresh_tape(program: Program, arrays: MarketArrays, lanes: int, settings: layout.Settings) -> layout.Tape:
    bars = arrays.last - arrays.first + 1
    tape = layout.Tape(
        bars=np.zeros((bars * settings.tape_rows, lanes)),
        journal=np.empty((lanes * (settings.journal_rows + settings.waiting_rows), layout.JOURNAL_COLUMNS)),
        counts=np.zeros((layout.COUNTS, lanes)),
        unknown=np.zeros((len(rules_of(program)) + 1, lanes)),
    )
    tape.counts[layout.COUNT_STOPPED] = -1.0
    return tape


def small_tape(program: Program, arrays: MarketArrays, lanes: int, settings: layout.Settings) -> layout.Tape:
    """A tape for what metrics are made of, without a journal but for orders that wait; `clear_tape` makes it ready for a block."""
    bars = arrays.last - arrays.first + 1
    return layout.Tape(
        bars=np.zeros((bars + len(program.layers), lanes)),
        journal=np.empty((max(lanes * settings.waiting_rows, 1), layout.JOURNAL_COLUMNS)),
        counts=np.zeros((layout.COUNTS, lanes)),
        unknown=np.zeros((len(rules_of(program)) + 1, lanes)),
    )


def clear_tape(tape: layout.Tape) -> None:
    """Counts at their start; bars are written before they are read."""
    tape.counts[:] = 0.0
    tape.counts[layout.COUNT_STOPPED] = -1.0
    tape.unknown[:] = 0.0


def level_table() -> Floats:
    """The VIX level table, an input of pricing that both engines share."""
    return vix_level.level_table()
