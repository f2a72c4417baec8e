"""The streams of a strategy evaluated from steps (`compiler/emit_steps.py`), with the functions that compiled kernels call."""

from __future__ import annotations

from alvh.compiler.emit_kernel import LOTS
from alvh.compiler.emit_steps import OPERATIONS, STEP_COLUMNS
from alvh.runtime.engine import layout as at
from alvh.runtime.engine import streams
from alvh.runtime.engine.layout import Kernel, Run
from alvh.runtime.engine.pointed import call_kernel
from alvh.runtime.lanes import Lanes, absolute, broadcast, divide, lane_function, load, store
from alvh.runtime.mathematics import log

OPERATION, RESULT, FIRST, SECOND, THIRD, PLACE, CELL, PER_LOT, WINDOW, OTHER_WINDOW = range(len(STEP_COLUMNS))
(
    SERIES, ACCOUNT, MARK, DECIDED, LOT, CALENDAR, CALENDAR_WITHIN, EVERY_SESSIONS, SPX_VOLATILITY,
    ADD, SUB, MUL, DIV, NEG, ABS, MIN, MAX, LN,
    LT, LE, GT, GE, EQ, NE, AND, OR, NOT, CHOOSE,
    CROSS_ABOVE, CROSS_BELOW, DELAY, REMEMBER, FOR_SESSIONS, WITHIN_AFTER,
    SMA, STDEV, HIGHEST, LOWEST, ZSCORE, PERCENTILE_RANK, CHANGE, EMA, MACD_LINE, RSI, REALIZED_VOL,
    BETA, CORR, DIVERGES,
) = range(len(OPERATIONS))  # fmt: skip


@lane_function
def evaluate(lanes: Lanes, kernel: Kernel, run: Run, bar: int, stage: int, slot: int) -> None:
    """The streams of one stage, by the strategy's kernel or from its steps."""
    if run.settings.interpreted == 1:
        place = stage if stage < LOTS else stage - LOTS + run.settings.layers + 2
        interpret_stage(lanes, run, bar, place, slot)
    else:
        call_kernel(
            kernel, stage, slot, bar, run.settings.first, run.settings.phase, run.rules.windows, run.market.series, run.state.nodes,
            run.state.cells, run.state.attributes, run.state.lot_attributes, run.rules.numbers, run.market.calendars,
        )  # fmt: skip


@lane_function
def interpret_stage(lanes: Lanes, run: Run, bar: int, stage: int, slot: int) -> None:
    """Evaluates the steps of one stage; `stage` counts as `Steps.stages` does."""
    steps, nodes = run.rules.steps, run.state.nodes
    for step in range(int(run.rules.stages[stage, 0]), int(run.rules.stages[stage, 1])):
        operation = int(steps[step, OPERATION])
        first = load(lanes, nodes, int(steps[step, FIRST]))
        if operation <= SPX_VOLATILITY:
            result = _read(lanes, run, bar, slot, step, operation)
        elif operation <= CHOOSE:
            second = load(lanes, nodes, int(steps[step, SECOND]))
            third = load(lanes, nodes, int(steps[step, THIRD]))
            result = _combine(operation, first, second, third)
        else:
            cell = int(steps[step, CELL])
            if steps[step, PER_LOT] == 1.0:
                cell += int(run.rules.windows[0]) + slot * int(run.rules.windows[1])
            window = int(steps[step, WINDOW])
            second = load(lanes, nodes, int(steps[step, SECOND]))
            if operation == REMEMBER:
                store(lanes, run.state.cells, cell + bar % window, first)
                continue
            result = _with_memory(lanes, run, bar, operation, cell, window, int(steps[step, OTHER_WINDOW]), first, second)
        store(lanes, nodes, int(steps[step, RESULT]), result)


@lane_function
def _read(lanes: Lanes, run: Run, bar: int, slot: int, step: int, operation: int) -> float:
    """What the market, the account and the layers supply."""
    steps = run.rules.steps
    place = int(steps[step, PLACE])
    window = int(steps[step, WINDOW])
    if operation == SERIES:
        return load(lanes, run.market.series, bar * run.settings.rows + place)
    if operation == LOT:
        return load(lanes, run.state.lot_attributes, slot * at.LOT_ATTRIBUTE_ROWS + place)
    if operation == CALENDAR:
        return broadcast(lanes, run.market.calendars[bar, place])
    if operation == CALENDAR_WITHIN:
        found = streams.event_within(run.market.calendars, place, bar, window, int(steps[step, OTHER_WINDOW]))
        return broadcast(lanes, found)
    if operation == EVERY_SESSIONS:
        return broadcast(lanes, streams.every_sessions(bar, run.settings.first, run.settings.phase, window))
    if operation == SPX_VOLATILITY:
        return streams.spx_volatility(lanes, run.market.series, bar * run.settings.rows, window)
    return load(lanes, run.state.attributes, place)


@lane_function
def _combine(operation: int, a: float, b: float, c: float) -> float:
    """Operations of one bar."""
    if operation == ADD:
        return a + b
    if operation == SUB:
        return a - b
    if operation == MUL:
        return a * b
    if operation == DIV:
        return divide(a, b)
    if operation == NEG:
        return -a
    if operation == ABS:
        return absolute(a)
    if operation == MIN:
        return streams.known_minimum(a, b)
    if operation == MAX:
        return streams.known_maximum(a, b)
    if operation == LN:
        return log(a)
    if operation == LT:
        return streams.truth(a < b, a, b)
    if operation == LE:
        return streams.truth(a <= b, a, b)
    if operation == GT:
        return streams.truth(a > b, a, b)
    if operation == GE:
        return streams.truth(a >= b, a, b)
    if operation == EQ:
        return streams.truth(a == b, a, b)
    if operation == NE:
        return streams.truth(a != b, a, b)
    if operation == AND:
        return streams.both(a, b)
    if operation == OR:
        return streams.either(a, b)
    if operation == NOT:
        return 1.0 - a
    return streams.choose(a, b, c)


@lane_function
def _with_memory(lanes: Lanes, run: Run, bar: int, operation: int, cell: int, window: int, other_window: int, x: float, y: float) -> float:
    """Operations that remember."""
    cells = run.state.cells
    if operation == DELAY:
        return load(lanes, cells, cell + bar % window)
    if operation == CROSS_ABOVE:
        return streams.cross_above(lanes, cells, cell, bar, x, y)
    if operation == CROSS_BELOW:
        return streams.cross_below(lanes, cells, cell, bar, x, y)
    if operation == FOR_SESSIONS:
        return streams.for_sessions(lanes, cells, cell, bar, window, x)
    if operation == WITHIN_AFTER:
        return streams.within_after(lanes, cells, cell, bar, window, x)
    if operation == SMA:
        return streams.sma(lanes, cells, cell, bar, window, x)
    if operation == STDEV:
        return streams.stdev(lanes, cells, cell, bar, window, x)
    if operation == HIGHEST:
        return streams.highest(lanes, cells, cell, bar, window, x)
    if operation == LOWEST:
        return streams.lowest(lanes, cells, cell, bar, window, x)
    if operation == ZSCORE:
        return streams.zscore(lanes, cells, cell, bar, window, x)
    if operation == PERCENTILE_RANK:
        return streams.percentile_rank(lanes, cells, cell, bar, window, x)
    if operation == CHANGE:
        return streams.change(lanes, cells, cell, bar, window, x)
    if operation == EMA:
        return streams.ema(lanes, cells, cell, bar, window, x)
    if operation == MACD_LINE:
        return streams.macd_line(lanes, cells, cell, bar, window, other_window, x)
    if operation == RSI:
        return streams.rsi(lanes, cells, cell, bar, window, x)
    if operation == REALIZED_VOL:
        return streams.realized_vol(lanes, cells, cell, bar, window, x)
    if operation == BETA:
        return streams.beta(lanes, cells, cell, bar, window, x, y)
    if operation == CORR:
        return streams.corr(lanes, cells, cell, bar, window, x, y)
    return streams.diverges(lanes, cells, cell, bar, window, x, y)
