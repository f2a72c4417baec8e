"""What a strategy costs for being written in the language: the engine at one lane against the same strategy written by hand.

`alvh_442_contracts` over real history where it is, and over 9,000 generated sessions: first both must leave the same equity, cash and
P&L a layer on every bar and the same journal, bit for bit, then both loops are timed in turn, in processor time, state and market made
beforehand.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from alvh.compiler.ir import Program
from alvh.interface import Market
from alvh.runtime.engine.compiled import Compiled
from alvh.runtime.engine.layout import Run
from alvh.runtime.engine.simulate import simulate
from alvh.runtime.market import MarketArrays
from alvh.runtime.record import RunRecord, same_bits
from alvh.strategy import load
from benchmarks import hand_written_442 as by_hand
from benchmarks.interleaved import REPOSITORY, Ratio, Row, medians, table
from benchmarks.markets import FIRST, HISTORY, START, has_history, write_generated

STRATEGY = REPOSITORY / "strategies" / "alvh_442_contracts.alvh"
MOST = 1.5
ROUNDS = 21
END = np.datetime64("2021-12-31", "D")

COLUMNS = {
    "bar": by_hand.J_BAR,
    "layer": by_hand.J_LAYER,
    "slot": by_hand.J_SLOT,
    "action": by_hand.J_ACTION,
    "cut": by_hand.J_CUT,
    "filled": by_hand.J_FILLED,
    "price": by_hand.J_PRICE,
    "cost": by_hand.J_COST,
}


def first_difference(engine: RunRecord, hand: by_hand.Record) -> str | None:
    """Where the two runs part, in words; None when equity, cash, interest, fees, P&L a layer and the journal agree bit for bit."""
    if len(engine.journal.bar) != len(hand.journal):
        return f"the engine wrote {len(engine.journal.bar)} journal rows, the hand-written loop {len(hand.journal)}"
    for name, column in COLUMNS.items():
        if not same_bits(getattr(engine.journal, name), np.ascontiguousarray(hand.journal[:, column])):
            return f"the journals differ in {name}"
    strikes = np.ascontiguousarray(hand.journal[:, by_hand.J_STRIKE :])
    if not same_bits(np.ascontiguousarray(engine.journal.strike), strikes):
        return "the journals differ in strike"
    if not same_bits(np.ascontiguousarray(engine.journal.expiry[:, 0]), np.ascontiguousarray(hand.journal[:, by_hand.J_EXPIRY])):
        return "the journals differ in expiry"
    days = {"equity": by_hand.R_EQUITY, "cash": by_hand.R_CASH, "interest": by_hand.R_INTEREST, "fees": by_hand.R_FEES}
    for name, column in days.items():
        if not same_bits(getattr(engine, name), np.ascontiguousarray(hand.days[:, column])):
            return f"the days differ in {name}"
    if not same_bits(np.ascontiguousarray(engine.layer_profit), np.ascontiguousarray(hand.days[:, by_hand.R_PROFIT :])):
        return "the days differ in a layer's profit"
    return None


def markets(program: Program, folder: Path) -> dict[str, MarketArrays]:
    """Arrays by the name of what they hold; bars before the first one traded warm indicators up."""
    found = {}
    if has_history():
        found["real history, 2006-2021"] = Market(HISTORY).arrays(START, END, program.inputs, program.calendars)
    generated = Market(write_generated(folder))
    found["9,000 generated days"] = generated.arrays(FIRST, None, program.inputs, program.calendars)
    return found


@contextmanager
def day_loop_seconds(clock: Callable[[], float] = time.perf_counter, *, twice: bool = False) -> Iterator[list[float]]:
    """Seconds of every day loop that the engine runs meanwhile, without what is laid out before it and read off after it.

    `twice`: each runs once more before, unmeasured, so that none of its memory is written for the first time while the clock runs."""
    seconds: list[float] = []
    run = Compiled.run

    def timed_run(self: Compiled, arrays: Run) -> None:
        if twice:
            changing = (*arrays.state, arrays.tape.counts, arrays.tape.unknown)
            before = [array.copy() for array in changing]
            run(self, arrays)
            for array, values in zip(changing, before, strict=True):
                array[...] = values
        start = clock()
        run(self, arrays)
        seconds.append(clock() - start)

    Compiled.run = timed_run  # type: ignore[method-assign]
    try:
        yield seconds
    finally:
        Compiled.run = run  # type: ignore[method-assign]


def time_loops(program: Program, arrays: MarketArrays, rounds: int) -> dict[str, float]:
    """Median processor seconds of each loop over all bars: the engine with a compiled kernel, the engine that interprets steps, by hand."""
    market = by_hand.market_of(arrays)

    def engine_loop(kernel: bool) -> float:
        with day_loop_seconds(time.thread_time) as seconds:
            simulate(program, arrays, kernel=kernel)
        return seconds[-1]

    def hand_loop() -> float:
        book, days = by_hand.new_book(market), by_hand.new_days(market)
        start = time.thread_time()
        by_hand.compiled(market, book, days)
        return time.thread_time() - start

    return medians({"kernel": lambda: engine_loop(True), "steps": lambda: engine_loop(False), "hand": hand_loop}, rounds)


def measure(rounds: int = ROUNDS) -> list[Row]:
    """Seconds a day traded of all on each market. RuntimeError where their results differ."""
    program = load(STRATEGY).program
    ratios: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        for name, arrays in markets(program, Path(folder)).items():
            hand = by_hand.run_by_hand(arrays)
            for kernel in (True, False):
                difference = first_difference(simulate(program, arrays, kernel=kernel)[0], hand)
                if difference is not None:
                    raise RuntimeError(f"{name}: {difference}")
            seconds = time_loops(program, arrays, rounds)
            days = arrays.last - arrays.first + 1
            for loop, what in (("kernel", "compiled"), ("steps", "interpreted")):
                told = f"a day, rules {what}, {name}"
                ratios.append(Ratio(told, seconds[loop] / days, "written by hand", seconds["hand"] / days, MOST))
    return ratios


if __name__ == "__main__":
    print(table(measure()))
