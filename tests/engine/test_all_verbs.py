"""Every verb and instrument through both engines: the programs that tests/runtime works out by pencil, and programs drawn at random."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import pytest
import small_program
from agreement import first_difference
from attrs import evolve
from pencilled import is_sayable, pencilled
from random_program import random_program, random_series

from alvh.compiler.ir import Program
from alvh.runtime.engine.simulate import simulate
from alvh.runtime.market import MarketArrays
from alvh.runtime.record import VERBS, RunRecord
from alvh.runtime.reference import interpret

LANES = 8
COMPILED_SEEDS = range(40)


def assert_same(expected: RunRecord, found: RunRecord, what: str) -> None:
    difference = first_difference(expected, found)
    assert difference is None, f"{what} {difference}"


def compared(program: Program, arrays: MarketArrays, path: int = 0, phase: int = 0) -> RunRecord:
    """The reference's record, after the engine has given the same in plain Python, from steps and as a kernel."""
    expected = interpret(program, arrays, path=path, phase=phase)
    if is_sayable(program):
        for kernel in (False, True):
            assert_same(expected, simulate(program, arrays, phase=phase, jit=False, kernel=kernel)[0], f"kernel {kernel}:")
    return expected


@pytest.mark.parametrize(("test", "case"), [pytest.param(test, case, id=name) for name, test, case in pencilled()])
def test_programs_by_pencil_agree(test: Callable[..., None], case: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(small_program, "interpret", compared)
    test(**case)


@pytest.mark.parametrize("part", range(10))
def test_random_programs_agree(part: int) -> None:
    for seed in range(20 * part, 20 * part + 20):
        small, series = random_program(seed)
        arrays = small.market(**series)
        expected = interpret(small.program, arrays)
        assert_same(expected, simulate(small.program, arrays, jit=False, kernel=False)[0], f"seed {seed}:")


def test_random_programs_agree_in_lanes() -> None:
    """Eight paths in one block, in which each lane takes its own decisions, and one lane alone."""
    counts: Counter[str] = Counter()
    for seed in COMPILED_SEEDS:
        small, series = random_program(seed)
        program, arrays = small.program, several_paths(small, series, seed)
        expected = [interpret(program, arrays, path=path) for path in range(LANES)]
        for path, found in enumerate(simulate(program, arrays, lanes=LANES, kernel=False)):
            assert_same(expected[path], found, f"seed {seed}, path {path}:")
        alone = evolve(arrays, values=np.ascontiguousarray(arrays.values[:, :, :1]))
        assert_same(expected[0], simulate(program, alone, kernel=False)[0], f"seed {seed}, one lane:")
        counts.update(expected[0].verbs)
    assert all(counts[verb] > 0 for verb in VERBS), counts


def several_paths(small: small_program.SmallProgram, series: dict[str, Any], seed: int) -> MarketArrays:
    """A drawn market and seven more under the same program."""
    others = [random_series(Random(1000 * seed + path)) for path in range(1, LANES)]
    markets = [small.market(**walks) for walks in (series, *others)]
    return evolve(markets[0], values=np.ascontiguousarray(np.concatenate([market.values for market in markets], axis=2)))
