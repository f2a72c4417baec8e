"""From a program and a market to the engine's arrays, for one block of paths."""

from __future__ import annotations

import numpy as np

from alvh.compiler import emit_steps, emit_tables
from alvh.compiler.emit_steps import Steps
from alvh.compiler.emit_tables import Tables
from alvh.compiler.ir import Program, rules_of
from alvh.runtime.engine import layout
from alvh.runtime.market import Expiries, Floats, MarketArrays
from alvh.runtime.pricing import costs, vix_level

DELTAS = ("delta", "short_delta", "option_delta")
LONGEST_WINDOW = 2_000
"""Sessions; `check` refuses longer ones."""


def rule_arrays(tables: Tables, steps: Steps | None, lanes: int) -> layout.Rules:
    """The program's tables as arrays; numbers are repeated over the lanes."""
    numbers = np.repeat(np.array([*tables.numbers, 0.0])[:, None], lanes, axis=1)
    return layout.Rules(
        layers=_rows(tables.layers, len(emit_tables.LAYER_COLUMNS)),
        legs=_rows(tables.legs, len(emit_tables.LEG_COLUMNS)),
        rules=_rows(tables.rules, len(emit_tables.RULE_COLUMNS)),
        groups=_rows(tables.groups, len(emit_tables.GROUP_COLUMNS)),
        unwinds=_rows(tables.unwinds, len(emit_tables.UNWIND_COLUMNS)),
        windows=np.array(tables.windows, dtype=np.int64),
        numbers=np.ascontiguousarray(numbers),
        bar_cells=np.array(tables.bar_cells, dtype=np.float64),
        lot_cells=np.array(tables.lot_cells, dtype=np.float64),
        steps=_rows(steps.rows if steps else (), len(emit_steps.STEP_COLUMNS)),
        stages=_rows(steps.stages if steps else (), layout.STAGE_COLUMN_COUNT),
    )


def _rows(rows: tuple[tuple[float, ...], ...], columns: int) -> Floats:
    return np.array(rows, dtype=np.float64).reshape(len(rows), columns)


def market_tables(tables: Tables, arrays: MarketArrays, paths: slice, level: Floats) -> layout.MarketTables:
    """The market's arrays for the paths of one block."""
    bars, rows, _ = arrays.values.shape
    block = np.ascontiguousarray(arrays.values[:, :, paths])
    days = np.zeros((len(arrays.sessions), layout.DAY_COLUMNS))
    days[:, layout.D_DAY] = arrays.sessions
    days[:bars, layout.D_VX_FRONT] = arrays.vx_front[:bars]
    days[:, layout.D_MONTH_START] = arrays.month_start
    days[:, layout.D_MONTH_PART] = arrays.month_part
    days[:, layout.D_ERA] = arrays.era
    bar_numbers = np.arange(len(arrays.sessions))
    days[:, layout.D_FIRST_SPX] = np.searchsorted(arrays.spx.settle_bar, bar_numbers, side="right")
    days[:, layout.D_FIRST_VIX] = np.searchsorted(arrays.vix.settle_bar, bar_numbers, side="right")
    calendars = np.zeros((len(arrays.sessions) + LONGEST_WINDOW, layout.CALENDARS))
    for column, name in enumerate(tables.calendars):
        flags = calendar_flags(arrays, name)
        if flags is None:
            calendars[:, column] = np.nan
        else:
            calendars[: len(arrays.sessions), column] = flags
    return layout.MarketTables(
        series=block.reshape(bars * rows, block.shape[2]),
        days=days,
        spx=_expiry_rows(arrays.spx),
        vix=_expiry_rows(arrays.vix),
        calendars=calendars,
        level=level,
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
    program: Program, tables: Tables, arrays: MarketArrays, phase: int, journal_rows: int, *, interpreted: bool
) -> layout.Settings:
    charged = program.costs == "listed"
    return layout.Settings(
        capital=program.capital,
        fee=costs.FEE_PER_OPTION if charged else 0.0,
        charged=int(charged),
        whole=int(program.whole_contracts),
        hold=int(program.hold_index),
        index_half_spread=costs.INDEX_HALF_SPREAD if charged else 0.0,
        first=arrays.first,
        last=arrays.last,
        phase=phase,
        rows=len(arrays.series),
        interpreted=int(interpreted),
        deltas=int(any(node.name in DELTAS for node in program.nodes if node.operation in ("mark", "lot"))),
        layers=len(program.layers),
        groups=len(program.groups),
        spx_expiries=len(arrays.spx.settle_day),
        vix_expiries=len(arrays.vix.settle_day),
        lot_cells=len(tables.lot_cells),
        journal_rows=journal_rows,
    )


def fresh_state(program: Program, tables: Tables, market: layout.MarketTables, lanes: int) -> layout.State:
    """State before the first bar: capital in cash, nothing held, streams that have seen nothing."""
    layers, slots = len(program.layers), tables.slots
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
        spx_terms=np.full((len(market.spx) * layout.TERMS, lanes), np.nan),
        vix_terms=np.full((len(market.vix) * layout.TERMS, lanes), np.nan),
        terms_bar=np.full(len(market.spx) + len(market.vix), -1, dtype=np.int64),
        choice=np.full((max(layers, 1) * layout.LEGS * layout.CHOICE_ROWS, lanes), np.nan),
        chosen=np.zeros((max(layers, 1) * layout.CHOSEN_ROWS, lanes)),
        chosen_bar=np.full(max(layers, 1), -1, dtype=np.int64),
        chosen_expiry=np.full((max(layers, 1), layout.LEGS), -1, dtype=np.int64),
        asks=np.zeros(((2 * slots + layers + 1) * layout.ASK_ROWS, lanes)),
        ask_place=np.zeros((2 * slots + layers + 2, layout.ASK_PLACES), dtype=np.int64),
        out_of_room=np.zeros(1, dtype=np.int64),
        rule_unknown=np.zeros((len(rules_of(program)) + 1, lanes)),
        reads=np.full((max(slots, 1) * layout.READS, lanes), np.nan),
    )
    state.account[layout.A_CASH] = program.capital
    for node, place in tables.node_numbers.items():
        if node in tables.node_rows:
            state.nodes[tables.node_rows[node]] = tables.numbers[place]
    return state


def fresh_tape(program: Program, arrays: MarketArrays, lanes: int, journal_rows: int) -> layout.Tape:
    bars = arrays.last - arrays.first + 1
    tape = layout.Tape(
        bars=np.zeros((bars * (layout.P_LAYERS + 3 * len(program.layers)), lanes)),
        journal=np.empty((lanes * journal_rows, layout.JOURNAL_COLUMNS)),
        counts=np.zeros((layout.COUNTS, lanes)),
        unknown=np.zeros((len(rules_of(program)) + 1, lanes)),
    )
    tape.counts[layout.COUNT_STOPPED] = -1.0
    return tape


def level_table() -> Floats:
    """The VIX level table, an input of pricing that both engines share."""
    return vix_level.level_table()
