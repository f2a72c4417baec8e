"""One call from a program and market arrays to the records of every path."""

from __future__ import annotations

import numpy as np
from attrs import frozen

from alvh.compiler.emit_kernel import emit_kernel
from alvh.compiler.emit_steps import Steps, emit_steps
from alvh.compiler.emit_tables import Tables, emit_tables
from alvh.compiler.ir import Program, rules_of
from alvh.grammar.diagnostics import InternalError
from alvh.runtime.engine import arrays as build
from alvh.runtime.engine import layout
from alvh.runtime.engine.compiled import Compiled, compiled_engine
from alvh.runtime.market import Floats, MarketArrays
from alvh.runtime.pricing.opening import at_the_open
from alvh.runtime.record import MAX_LEGS, MAX_READS, JournalRows, RunRecord

FIRST_ROOM = 8
"""Lots rolled in that a layer without a stated number has room for at first; doubled until a run fits."""
MOST_ROOM = 1_024


KERNEL_PAYS = 1_000_000
"""Path-days from which on compiling a strategy's kernel (most of a second) saves time over interpreting its steps (a microsecond a day)."""


@frozen(eq=False)
class _Simulation:
    """What every block of paths of one simulation shares."""

    program: Program
    tables: Tables
    steps: Steps | None
    """None where a kernel was made."""
    arrays: MarketArrays
    phase: int
    level: Floats
    sensitivities: bool
    opening: Floats | None
    """Prices at the open, where orders fill at them."""

    def engine(self, width: int, *, jit: bool) -> Compiled:
        if self.steps is not None:
            return compiled_engine("", width, jit=jit)
        return compiled_engine(emit_kernel(self.program, self.tables, self.arrays.series, width), width, jit=jit)


def simulate(
    program: Program,
    arrays: MarketArrays,
    phase: int = 0,
    lanes: int = 1,
    *,
    jit: bool = True,
    kernel: bool | None = None,
    record_sensitivities: bool = False,
) -> tuple[RunRecord, ...]:
    """Runs `program` over every path of `arrays`, `lanes` at a time.

    `kernel` says whether the strategy's streams are compiled or interpreted from steps, with the same bits; left out, it is
    compiled where that pays. `jit=False` runs the same engine in plain Python, one lane at a time: slow, and open to a debugger.
    `record_sensitivities` adds net beta and thetas by bar to the records.
    """
    paths = arrays.values.shape[2]
    width = lanes if jit else 1
    compiles = kernel if kernel is not None else paths * (arrays.last + 1) >= KERNEL_PAYS
    level = build.level_table()
    opening = at_the_open(arrays).values if program.fill == "next open" else None
    room = FIRST_ROOM
    records: list[RunRecord] = []
    while room <= MOST_ROOM:
        tables = emit_tables(program, room, expose_all=not compiles)
        steps = None if compiles else emit_steps(program, tables, arrays.series)
        simulation = _Simulation(program, tables, steps, arrays, phase, level, record_sensitivities, opening)
        engine = simulation.engine(width, jit=jit)
        while len(records) < paths:
            block = slice(len(records), min(len(records) + width, paths))
            found = _run_block(simulation, engine, block, width, jit=jit)
            if found is None:
                break
            records.extend(found)
        if len(records) == paths:
            return tuple(records)
        room *= 2
    raise InternalError(f"more than {MOST_ROOM} lots in one layer")


def _run_block(simulation: _Simulation, engine: Compiled, block: slice, width: int, *, jit: bool) -> list[RunRecord] | None:
    """The records of one block of paths; None if a layer ran out of room."""
    program, tables, arrays = simulation.program, simulation.tables, simulation.arrays
    count = block.stop - block.start
    market = build.market_tables(tables, arrays, block, simulation.level, simulation.opening, width)
    numbers = build.same_numbers(tables, width)
    filled = fill_tape(engine, program, tables, simulation.steps, arrays, market, numbers, simulation.phase, simulation.sensitivities)
    if filled is None:
        return None
    tape, settings = filled
    if count > 1 and bool(np.any(tape.counts[layout.COUNT_STOPPED, :count] >= 0.0)):
        # A lane that stopped went on beside the others: run the block's paths alone, so that nothing after the stop is counted.
        # (One path alone on all lanes stops on all of them.)
        return _run_alone(simulation, block, jit=jit)
    return [record_of(program, arrays, tape, settings, lane) for lane in range(count)]


def fill_tape(
    engine: Compiled,
    program: Program,
    tables: Tables,
    steps: Steps | None,
    arrays: MarketArrays,
    market: layout.MarketTables,
    numbers: Floats,
    phase: int,
    sensitivities: bool = False,
) -> tuple[layout.Tape, layout.Settings] | None:
    """What a block of as many lanes as `numbers` [numbers, lanes] has wrote down; None if a layer ran out of room.

    A journal that proves too short is made longer, and the block run again."""
    width = numbers.shape[1]
    rules = build.rule_arrays(program, tables, steps, numbers)
    journal_rows = 64 + 4 * (arrays.last - arrays.first + 1)
    while True:
        state = build.fresh_state(program, tables, market, numbers)
        settings = build.settings_of(
            program, tables, arrays, phase, journal_rows, width, interpreted=steps is not None, sensitivities=sensitivities
        )
        tape = build.fresh_tape(program, arrays, width, settings)
        engine.run(layout.Run(market, settings, rules, state, tape))
        if state.out_of_room[0]:
            return None
        longest = int(tape.counts[layout.COUNT_JOURNAL].max())
        if longest <= journal_rows:
            return tape, settings
        journal_rows = longest


def _run_alone(simulation: _Simulation, block: slice, *, jit: bool) -> list[RunRecord] | None:
    engine = simulation.engine(1, jit=jit)
    records: list[RunRecord] = []
    for path in range(block.start, block.stop):
        found = _run_block(simulation, engine, slice(path, path + 1), 1, jit=jit)
        if found is None:
            return None
        records.extend(found)
    return records


def record_of(program: Program, arrays: MarketArrays, tape: layout.Tape, settings: layout.Settings, lane: int) -> RunRecord:
    counts = tape.counts[:, lane]
    stopped = int(counts[layout.COUNT_STOPPED])
    bars = arrays.last - arrays.first + 1
    layers = len(program.layers)
    kept = bars if stopped < 0 else stopped - arrays.first
    table = tape.bars[:, lane].reshape(bars, settings.tape_rows)[:kept]
    sensitivities = layout.P_LAYERS + 3 * layers
    by_layer = table[:, layout.P_LAYERS : sensitivities].reshape(kept, layers, 3)
    return RunRecord(
        equity=table[:, layout.P_EQUITY].copy(),
        cash=table[:, layout.P_CASH].copy(),
        margin=table[:, layout.P_MARGIN].copy(),
        interest=table[:, layout.P_INTEREST].copy(),
        fees=table[:, layout.P_FEES].copy(),
        hold_profit=table[:, layout.P_HOLD].copy(),
        layer_profit=by_layer[:, :, 0].copy(),
        layer_value=by_layer[:, :, 1].copy(),
        layer_contracts=by_layer[:, :, 2].copy(),
        unknown=tape.unknown[: len(rules_of(program)), lane].copy(),
        journal=_journal_of(tape.journal[lane * settings.journal_rows :][: int(counts[layout.COUNT_JOURNAL])]),
        stale_marks=int(counts[layout.COUNT_STALE]),
        unknown_prints=int(counts[layout.COUNT_PRINTS]),
        unknown_rates=int(counts[layout.COUNT_RATES]),
        stopped=stopped,
        verbs={verb: int(counts[layout.COUNT_VERBS + index]) for index, verb in enumerate(layout.VERBS)},
        net_beta=table[:, sensitivities].copy() if settings.sensitivities else None,
        layer_theta=table[:, sensitivities + 1 :].copy() if settings.sensitivities else None,
        waiting=int(counts[layout.COUNT_WAITING]),
    )


def _journal_of(rows: Floats) -> JournalRows:
    return JournalRows(
        bar=rows[:, layout.J_BAR].copy(),
        layer=rows[:, layout.J_LAYER].copy(),
        slot=rows[:, layout.J_SLOT].copy(),
        action=rows[:, layout.J_ACTION].copy(),
        rule=rows[:, layout.J_RULE].copy(),
        cut=rows[:, layout.J_CUT].copy(),
        asked=rows[:, layout.J_ASKED].copy(),
        filled=rows[:, layout.J_FILLED].copy(),
        price=rows[:, layout.J_PRICE].copy(),
        cost=rows[:, layout.J_COST].copy(),
        expiry=rows[:, layout.J_EXPIRY : layout.J_EXPIRY + MAX_LEGS].copy(),
        strike=rows[:, layout.J_STRIKE : layout.J_STRIKE + MAX_LEGS].copy(),
        proxy=rows[:, layout.J_PROXY].copy(),
        reads=rows[:, layout.J_READS : layout.J_READS + MAX_READS].copy(),
    )
