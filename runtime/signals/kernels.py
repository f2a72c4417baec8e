"""The two loops over bars of a strategy that signals decide: its rules, then the walk from one signal to the next.

`record_signals` evaluates the rules of a block of lanes with the engine's own streams and packs what they say, WORD bars in a word, a
column a lane. `walk` runs accounts over such columns: between two signals of a block nothing is decided, so that a bar is interest and a
value. Cells of a grid whose rules read the same numbers share a column. Every operation is the day loop's, in its order
(docs/design/bar.md).
"""

from __future__ import annotations

from alvh.runtime.engine.interpret import interpret_stage
from alvh.runtime.engine.layout import Run
from alvh.runtime.lanes import Lanes, broadcast, lane_bits, lane_function, load, lowest_set_bit, maximum, store
from alvh.runtime.market import Floats, Integers
from alvh.runtime.signals.layout import (
    BOUGHT,
    CASH,
    CLOSE,
    CLOSES,
    DAYS,
    FLOW,
    IS_CUT,
    OPENS,
    PROFIT,
    RATE,
    TRADES,
    UNITS,
    WANTED,
    WORD,
    WORD_BITS,
)


@lane_function
def record_signals(
    lanes: Lanes, run: Run, opens: int, closes: int, conditions: Integers, said: Integers, column: int, words: int, to_open: Integers,
    to_close: Integers,
) -> None:  # fmt: skip
    """Writes the columns from `column` on, one a lane: `conditions` are the rows of `opens` and then of `closes` conditions, `said` room
    for a word of bars."""
    first = run.settings.first
    for bar in range(run.settings.last + 1):
        interpret_stage(lanes, run, bar, 0, 0)
        if bar < first:
            continue
        place = (bar - first) & (WORD - 1)
        said[2 * place] = _any_that_holds(lanes, run, conditions, 0, opens)
        said[2 * place + 1] = _any_that_holds(lanes, run, conditions, opens, opens + closes)
        if place == WORD - 1 or bar == run.settings.last:
            word = (bar - first) >> WORD_BITS
            for lane in range(lanes.width):
                to_open[(column + lane) * words + word] = _bits_of_lane(said, 0, lane, place + 1)
                to_close[(column + lane) * words + word] = _bits_of_lane(said, 1, lane, place + 1)


@lane_function
def _any_that_holds(lanes: Lanes, run: Run, conditions: Integers, begin: int, end: int) -> int:
    """The lanes, as bits, on which one of some conditions is known to hold."""
    holds = broadcast(lanes, 0.0) > 0.0
    for place in range(begin, end):
        holds = holds | (load(lanes, run.state.nodes, conditions[place]) == 1.0)
    return lane_bits(holds)


@lane_function
def _bits_of_lane(said: Integers, which: int, lane: int, bars: int) -> int:
    """One lane's word of bars."""
    word = 0
    for place in range(bars):
        word |= ((said[2 * place + which] >> lane) & 1) << place
    return word


@lane_function
def walk(
    lanes: Lanes, apart: int, blocks: int, bars: int, capital: float, weight: float, spread: float, days: Floats, series: Floats, rows: int,
    price: int, interest: int, words: int, to_open: Integers, to_close: Integers, columns: Integers, sizes: Floats, coming: Integers,
    account: Floats, equity: Floats, figures: Floats,
) -> None:  # fmt: skip
    """Runs `blocks` of as many cells as lanes: `equity` [blocks * bars, lanes] and `figures` [cells, FIGURE_COLUMNS] are written.

    A share counts `weight` hundreds of dollars a dollar and is quoted `spread` of its price off mid. Prices and rates are those of `days`
    for all lanes; or, where each is `apart` from the others (1), its own in `series` [bars * rows, lanes], rows `price` and `interest` of
    a bar, the rate that of the bar before. `coming` [lanes] and `account` [ACCOUNT_ROWS, lanes] are room to work in."""
    for block in range(blocks):
        cell = block * lanes.width
        for lane in range(lanes.width):
            coming[lane] = _next_signal(to_open, columns[cell + lane, OPENS], words, 0)
            figures[cell + lane, TRADES] = 0.0
            figures[cell + lane, IS_CUT] = 0.0
        store(lanes, account, FLOW, broadcast(lanes, 0.0))
        cash = broadcast(lanes, capital)
        units = broadcast(lanes, 0.0)
        worth = units
        store(lanes, account, UNITS, units)
        soonest = _soonest(lanes, coming)
        for bar in range(bars):
            if apart == 1:
                worth = weight * load(lanes, series, bar * rows + price)
                if bar > 0:
                    cash = cash + cash * load(lanes, series, (bar - 1) * rows + interest) * days[bar, DAYS] / 360.0
            else:
                worth = broadcast(lanes, weight * days[bar, CLOSE])
                if days[bar, RATE] != 0.0:
                    cash = cash + cash * days[bar, RATE] * days[bar, DAYS] / 360.0
            if bar == soonest:
                store(lanes, account, CASH, cash)
                for lane in range(lanes.width):
                    if coming[lane] == bar:
                        close = series[bar * rows + price, lane] if apart == 1 else days[bar, CLOSE]
                        ask, bid = weight * (close + spread * close), weight * maximum(close - spread * close, 0.0)
                        coming[lane] = _trade(bar, lane, cell + lane, ask, bid, words, to_open, to_close, columns, sizes, account, figures)
                soonest = _soonest(lanes, coming)
                cash = load(lanes, account, CASH)
                units = load(lanes, account, UNITS)
            store(lanes, equity, block * bars + bar, cash + worth * units * 100.0)
        store(lanes, account, CASH, load(lanes, account, FLOW) + worth * units * 100.0)
        for lane in range(lanes.width):
            figures[cell + lane, PROFIT] = account[CASH, lane]


@lane_function
def _trade(
    bar: int, lane: int, cell: int, ask: float, bid: float, words: int, to_open: Integers, to_close: Integers, columns: Integers,
    sizes: Floats, account: Floats, figures: Floats,
) -> int:  # fmt: skip
    """A lot is sold whole, or one bought; the bar of the next signal that counts. A lot is not sold on its first bar, and none is bought
    on the bar of a sale."""
    if account[UNITS, lane] > 0.0:
        amount = bid * account[UNITS, lane] * 100.0
        account[CASH, lane] = account[CASH, lane] + amount
        account[FLOW, lane] = account[FLOW, lane] + amount
        account[UNITS, lane] = 0.0
        figures[cell, TRADES] = figures[cell, TRADES] + 1.0
        return _next_signal(to_open, columns[cell, OPENS], words, bar + 1)
    if sizes[cell, WANTED] * (ask * 100.0) > account[CASH, lane]:
        figures[cell, IS_CUT] = 1.0
        return words * WORD
    spent = ask * sizes[cell, BOUGHT] * 100.0
    account[CASH, lane] = account[CASH, lane] - spent
    account[FLOW, lane] = account[FLOW, lane] - spent
    account[UNITS, lane] = sizes[cell, BOUGHT]
    figures[cell, TRADES] = figures[cell, TRADES] + 1.0
    return _next_signal(to_close, columns[cell, CLOSES], words, bar + 1)


@lane_function
def _next_signal(signals: Integers, column: int, words: int, bar: int) -> int:
    """The first bar from `bar` on that a column has a signal on; past the last one where there is none."""
    word = bar >> WORD_BITS
    if word >= words:
        return words * WORD
    bits = signals[column * words + word] >> (bar & (WORD - 1))
    if bits != 0:
        return bar + lowest_set_bit(bits)
    word += 1
    while word < words:
        bits = signals[column * words + word]
        if bits != 0:
            return word * WORD + lowest_set_bit(bits)
        word += 1
    return words * WORD


@lane_function
def _soonest(lanes: Lanes, coming: Integers) -> int:
    soonest = coming[0]
    for lane in range(1, lanes.width):
        soonest = min(soonest, coming[lane])
    return int(soonest)
