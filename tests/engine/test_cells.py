"""Cells of a grid as lanes: each has every bit of a run of its own, whatever runs beside it.

The judge is `simulate` with one lane, which other tests hold against the reference.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from random import Random

import numpy as np
import pytest
from agreement import first_difference
from attrs import evolve
from other_numbers import with_numbers
from random_program import random_program

from alvh.compiler.ir import Program
from alvh.runtime.engine.simulate import simulate
from alvh.runtime.engine.simulate_cells import CellRunner, numbers_of, path_of_cells, without_numbers
from alvh.runtime.market import MarketArrays
from alvh.runtime.markets.generated import GeneratedMarket
from alvh.runtime.record import RunRecord
from alvh.strategy import load

STRATEGIES = Path(__file__).parents[2] / "strategies"
NAMES = (
    "alvh_442_contracts",
    "alvh_40_40_20_etf_uvxy",
    "alvh_anchor_ratio_motion",
    "alvh_timed_layers_signals",
    "alvh_442_notional_futures",
)
LANES = 8


def other_numbers(program: Program, cells: int, seed: int, spread: float = 0.05) -> np.ndarray:
    """[cells, numbers]: the program's own, then up to `spread` more or less of each of them in every cell, zero staying zero."""
    own = np.array(numbers_of(program))
    draw = Random(seed)
    changes = [1.0 + spread * (2.0 * draw.random() - 1.0) for _ in range((cells - 1) * len(own))]
    return np.concatenate([own[None, :], own[None, :] * np.array(changes).reshape(cells - 1, len(own))])


@cache
def shipped(name: str) -> tuple[Program, MarketArrays]:
    strategy = load(STRATEGIES / f"{name}.alvh")
    program = strategy.program
    days = (np.datetime64("2023-06-01"), np.datetime64("2024-05-31"))
    return program, GeneratedMarket(5).arrays(*days, program.inputs, program.calendars, lags=strategy.lags)


def compare_with_runs_alone(program: Program, arrays: MarketArrays, numbers: np.ndarray, found: tuple[RunRecord, ...]) -> None:
    assert len(found) == len(numbers)
    for cell, record in enumerate(found):
        (expected,) = simulate(with_numbers(program, numbers[cell]), arrays)
        difference = first_difference(expected, record)
        assert difference is None, f"cell {cell}: {difference}"


@pytest.mark.parametrize("kernel", [False, True])
@pytest.mark.parametrize("lanes", [1, LANES])
@pytest.mark.parametrize("name", NAMES)
def test_every_cell_has_the_bits_of_a_run_alone(name: str, lanes: int, kernel: bool) -> None:
    program, arrays = shipped(name)
    numbers = other_numbers(program, min(lanes, 6), seed=lanes)  # six in a block of eight: two lanes idle
    found = CellRunner(program, path_of_cells(arrays, lanes), 0, kernel).run(numbers)
    compare_with_runs_alone(program, arrays, numbers, found)
    if lanes > 1:
        assert len({record.equity[-1] for record in found}) > 3, "the cells do the same: nothing was tested"


def test_cells_of_drawn_programs_have_the_bits_of_runs_alone() -> None:
    different = 0
    for seed in range(12):
        small, series = random_program(seed)
        arrays = small.market(**series)
        numbers = other_numbers(small.program, LANES, seed)
        found = CellRunner(small.program, path_of_cells(arrays, LANES), 0, kernel=False).run(numbers)
        compare_with_runs_alone(small.program, arrays, numbers, found)
        different += len({record.equity[-1] for record in found}) > 1
    assert different >= 9


def test_plain_python_runs_a_cell_too() -> None:
    program, arrays = shipped("alvh_442_contracts")
    short = evolve(arrays, last=arrays.first + 60, values=arrays.values[: arrays.first + 61])
    numbers = other_numbers(program, 2, seed=3)[1:]
    for kernel in (False, True):
        (record,) = CellRunner(program, path_of_cells(short, 1), 0, kernel, jit=False).run(numbers)
        (expected,) = simulate(with_numbers(program, numbers[0]), short, jit=False)
        assert first_difference(expected, record) is None


def test_a_cell_that_stops_leaves_the_others_alone() -> None:
    """SPX options of the cells with a size are held when the index goes missing for good; a cell of size 0 holds none and goes on."""
    program, arrays = shipped("alvh_442_contracts")
    gone = arrays.first + 120
    values = arrays.values.copy()
    values[gone:, arrays.series.index("spx")] = np.nan
    arrays = evolve(arrays, values=values)
    numbers = other_numbers(program, 4, seed=9)
    numbers[2, :] = 0.0
    found = CellRunner(program, path_of_cells(arrays, LANES), 0, kernel=False).run(numbers)
    compare_with_runs_alone(program, arrays, numbers, found)
    assert [record.stopped > gone for record in found] == [True, True, False, True]


def test_what_differs_beyond_numbers_is_told_apart() -> None:
    def key(**settings: str) -> Program:
        return without_numbers(load(STRATEGIES / "alvh_442_contracts.alvh", settings=settings).program)

    assert key() == key(call_delta="0.31 delta") == key(call_delta="0.60 delta", inversion="5%")
    assert hash(key()) == hash(key(inversion="5%"))
    others = [key(costs="none"), key(contracts="fractional"), key(capital="$2_000_000"), key(backwardation="vx(2) / vx(3) - 1")]
    assert len({key(), *others}) == 5
