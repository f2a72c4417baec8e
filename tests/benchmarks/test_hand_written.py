"""The hand-written loop that benchmarks measure the engine against does the same: on every bar and in every journal row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from attrs import evolve

from alvh.interface import Market
from alvh.runtime.engine.simulate import simulate
from alvh.runtime.market import MarketArrays
from alvh.runtime.record import CLOSE, OPEN, REFUSED, ROLL_IN, ROLL_OUT, SETTLE, RunRecord
from alvh.strategy import load
from benchmarks import hand_written_442 as by_hand
from benchmarks.language_tax import STRATEGY, first_difference
from benchmarks.markets import HISTORY, has_history


def generated(seed: int) -> MarketArrays:
    return Market("generated", seed=seed).arrays(None, np.datetime64("2024-12-31"), ("ad_line",))


def history(start: str, end: str) -> MarketArrays:
    if not has_history():
        pytest.skip("real history is not here: set ALVH_DATA to the folder that holds market/")
    return Market(HISTORY).arrays(np.datetime64(start), np.datetime64(end), ("ad_line",))


SLICES: dict[str, Callable[[], MarketArrays]] = {
    "generated 1": lambda: generated(1),
    "generated 2": lambda: generated(2),
    "2008": lambda: history("2008-06-02", "2009-03-31"),
    "2020": lambda: history("2019-11-01", "2020-06-30"),
}


@cache
def both(name: str) -> tuple[RunRecord, by_hand.Record]:
    arrays = SLICES[name]()
    return simulate(load(STRATEGY).program, arrays)[0], by_hand.run_by_hand(arrays, by_hand.run_days)


@pytest.mark.parametrize("name", SLICES)
def test_equals_the_engine(name: str) -> None:
    engine, hand = both(name)
    assert first_difference(engine, hand) is None


def test_every_action_of_the_strategy_is_met() -> None:
    rows = [row for name in ("generated 1", "generated 2") for row in both(name)[1].journal]
    seen = Counter((min(int(row[by_hand.J_LAYER]), 1), int(row[by_hand.J_ACTION])) for row in rows)
    wanted = {(0, OPEN), (0, CLOSE), (1, OPEN), (1, CLOSE), (1, ROLL_OUT), (1, ROLL_IN), (1, REFUSED)}
    assert wanted <= set(seen), seen
    assert (0, SETTLE) not in seen, "the time stop comes before settlement"


@pytest.mark.parametrize("part", ["equity", "journal"])
def test_a_difference_is_told(part: str) -> None:
    engine, hand = both("generated 1")
    if part == "equity":
        wrong = evolve(engine, equity=np.nextafter(engine.equity, np.inf))
    else:
        wrong = evolve(engine, journal=evolve(engine.journal, filled=engine.journal.filled + 1.0))
    told = first_difference(wrong, hand)
    assert told is not None
    assert {"equity": "equity", "journal": "filled"}[part] in told
