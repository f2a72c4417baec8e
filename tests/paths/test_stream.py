"""Many paths streamed through the engine: the figures of single runs, the same bits whatever runs beside a path."""

from __future__ import annotations

import threading
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from agreement import first_difference
from attrs import evolve
from made_paths import MadeBlock, MadePaths, measured
from programs import compiled
from random_program import random_program
from sample_markets import generated

from alvh.compiler.driver import compile_file
from alvh.compiler.ir import Program
from alvh.runtime.attribution import count_trades
from alvh.runtime.engine.simulate import FIRST_ROOM, simulate
from alvh.runtime.lane_width import production_width
from alvh.runtime.market import MarketArrays
from alvh.runtime.paths.measure_paths import METRICS
from alvh.runtime.paths.stream import Manner, Streamed, stream_paths
from alvh.runtime.record import VERBS

ROOT = Path(__file__).parents[2]
PATHS = 20
WIDTHS = sorted({1, 8, production_width()})
PLAIN = Manner(1, jit=False)
TRADES = METRICS.index("trades")


@cache
def market() -> MarketArrays:
    return generated(31, 60, PATHS)


@cache
def strategy() -> Program:
    program = compile_file(ROOT / "strategies" / "alvh_442_contracts.alvh").program
    assert program is not None
    return program


def same(one: Streamed, other: Streamed, paths: int = PATHS) -> bool:
    """Whether the first `paths` paths agree on every bit; undefined figures are NaN in both."""
    return (
        np.array_equal(one.metrics[:paths], other.metrics[:paths], equal_nan=True)
        and np.array_equal(one.stopped[:paths], other.stopped[:paths])
    )  # fmt: skip


@cache
def alone() -> Streamed:
    """Every path in plain Python, one at a time."""
    return stream_paths(strategy(), MadePaths(market()), PATHS, 0, PLAIN)


def test_a_streamed_path_has_the_figures_of_its_own_run() -> None:
    records = simulate(strategy(), market(), jit=False)
    expected = np.array([measured(strategy(), record) for record in records])
    assert np.allclose(alone().metrics, expected, rtol=1e-12, atol=1e-15, equal_nan=True)
    assert alone().metrics[:, TRADES].min() > 10
    assert len(np.unique(alone().metrics[:, 0])) == PATHS
    assert (alone().stopped == -1.0).all()
    assert alone().stale_marks == sum(record.stale_marks for record in records)


@pytest.mark.parametrize("kernel", [False, True])
@pytest.mark.parametrize("width", WIDTHS)
def test_a_path_has_the_same_bits_at_any_width_on_any_thread_in_any_company(width: int, kernel: bool) -> None:
    for threads in (1, 3):
        for paths in (5, PATHS):
            told = _Told()
            found = stream_paths(strategy(), MadePaths(market()), paths, 0, Manner(width, threads, kernel=kernel), told)
            assert same(found, alone(), paths), f"{width} lanes, {threads} threads, {paths} paths"
            assert len(found.stopped) == paths
            assert told.done == sorted(told.done)
            assert told.done[-1] == (paths, paths)


class _Told:
    """What progress was told."""

    def __init__(self) -> None:
        self.done: list[tuple[int, int]] = []

    def __call__(self, done: int, of: int) -> None:
        self.done.append((done, of))


def test_the_tape_and_journal_are_the_same_at_the_width_of_production() -> None:
    """Twenty paths: a full block, and one with fewer paths than lanes."""
    one_lane = simulate(strategy(), market())
    for path, found in enumerate(simulate(strategy(), market(), lanes=production_width())):
        assert first_difference(one_lane[path], found) is None, f"path {path}"


@cache
def ending() -> MarketArrays:
    """The market, on path 3 without prices of anything from bar 40 on, on path 6 from bar 50 on, on path 9 from the start."""
    arrays = generated(31, 60, PATHS)
    for path, bar in ((3, 40), (6, 50), (9, 0)):
        arrays.values[bar:, :, path] = np.nan
    return arrays


def test_a_path_that_stops_keeps_what_it_had() -> None:
    """A position without a price for more than five sessions ends the run of its path, and of no other."""
    expected = stream_paths(strategy(), MadePaths(ending()), PATHS, 0, PLAIN)
    records = simulate(strategy(), ending(), jit=False)
    assert expected.stopped.tolist() == [float(record.stopped) for record in records]
    assert {path for path in range(PATHS) if expected.stopped[path] >= 0} == {3, 6}
    assert expected.stopped[3] >= 45
    figures = np.array([measured(strategy(), record) for record in records])
    assert np.allclose(expected.metrics, figures, rtol=1e-12, atol=1e-15, equal_nan=True)
    assert expected.stale_marks == sum(record.stale_marks for record in records)
    undisturbed = [path for path in range(PATHS) if path not in (3, 6, 9)]
    assert np.array_equal(expected.metrics[undisturbed], alone().metrics[undisturbed], equal_nan=True)


def test_a_path_that_stops_does_so_in_lanes_too() -> None:
    expected = stream_paths(strategy(), MadePaths(ending()), PATHS, 0, PLAIN)
    found = stream_paths(strategy(), MadePaths(ending()), PATHS, 0, Manner(8, 2))
    assert same(found, expected)
    assert found.stale_marks == expected.stale_marks
    assert found.unknown_rates == expected.unknown_rates


CROWDED = """
strategy "More lots are rolled in than there is room for at first"
contracts fractional
hedge alvh {
  layer near {
    buy VIX call at 0.40 delta, 30 days
    size 1 contract
    at most 30 lots
    open every day
    roll into far when age >= 2 sessions
  }
  layer far {
    buy VIX call at 0.30 delta, 120 days
    size 1 contract
  }
}
"""


@pytest.mark.parametrize("kernel", [False, True])
def test_a_layer_that_runs_out_of_room_gets_more(kernel: bool) -> None:
    program = compiled(CROWDED)
    few = evolve(market(), values=market().values[:, :, :3])
    records = simulate(program, few, jit=False)
    assert max(record.verbs["roll into"] for record in records) > 2 * FIRST_ROOM
    found = stream_paths(program, MadePaths(few), 3, 0, Manner(1, jit=False, kernel=kernel))
    expected = np.array([measured(program, record) for record in records])
    assert np.allclose(found.metrics, expected, rtol=1e-12, atol=1e-15, equal_nan=True)


def test_every_verb_counts_as_in_a_run_that_is_recorded() -> None:
    """Random programs with all verbs: trades are counted as the journal has them, profits of hedges and equity are those of the tape."""
    acted: Counter[str] = Counter()
    for seed in range(40):
        small, series = random_program(seed)
        arrays = small.market(**series)
        (record,) = simulate(small.program, arrays, kernel=False)
        found = stream_paths(small.program, MadePaths(arrays), 1, 0, Manner(1, kernel=False))
        assert found.stopped.tolist() == [float(record.stopped)]
        assert (found.stale_marks, found.unknown_prints, found.unknown_rates) == (
            record.stale_marks, record.unknown_prints, record.unknown_rates,
        )  # fmt: skip
        assert found.metrics[0, TRADES] == count_trades(record)
        assert np.allclose(found.metrics[0], measured(small.program, record), rtol=1e-12, atol=1e-15, equal_nan=True)
        acted.update(record.verbs)
    assert all(acted[verb] > 0 for verb in VERBS), acted


def test_blocks_are_filled_once_and_a_last_one_takes_paths_beyond() -> None:
    paths = MadePaths(market())
    stream_paths(strategy(), paths, 11, 0, Manner(8, 2))
    assert sorted(paths.filled) == [0, 8]


def test_a_failure_on_one_thread_ends_all_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(block: MadeBlock, first: int) -> None:
        if first >= 4:
            raise ZeroDivisionError("no such path")
        whole(block, first)

    whole = MadeBlock.fill
    monkeypatch.setattr(MadeBlock, "fill", fill)
    before = threading.active_count()
    with pytest.raises(ZeroDivisionError, match="no such path"):
        stream_paths(strategy(), MadePaths(market()), PATHS, 0, Manner(1, 2, jit=False))
    assert threading.active_count() == before


def test_the_phase_of_schedules_counts() -> None:
    program = compiled("hedge h { buy VIX call at 0.30 delta, 30 days\n open every 5 sessions\n hold to expiry }\n")
    found = stream_paths(program, MadePaths(market()), 3, 2, PLAIN)
    expected = [measured(program, record) for record in simulate(program, market(), 2, jit=False)[:3]]
    assert np.allclose(found.metrics, expected, rtol=1e-12, atol=1e-15, equal_nan=True)
    assert not same(found, stream_paths(program, MadePaths(market()), 3, 0, PLAIN), 3)
