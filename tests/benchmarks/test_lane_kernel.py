"""What the engine is measured against on many paths does the same: the lane kernel in C by every bit, the C library's loop nearly."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from attrs import evolve

from alvh.runtime.engine.simulate import simulate
from alvh.runtime.market import MarketArrays
from alvh.runtime.markets.generated import GeneratedMarket
from alvh.runtime.pricing import black, spx_surface
from alvh.runtime.record import CLOSE, OPEN, REFUSED, ROLL_IN, ROLL_OUT, RunRecord
from alvh.strategy import load
from benchmarks import hand_written_442 as by_hand
from benchmarks import scalar_libm
from benchmarks.lane_kernel_442 import compiler, lane_kernel
from benchmarks.language_tax import STRATEGY, first_difference

PATHS = 9
"""More than one block of eight, and less than one of sixteen."""

needs_gcc = pytest.mark.skipif(compiler() is None, reason="gcc is not installed")


@cache
def market() -> MarketArrays:
    program = load(STRATEGY).program
    return GeneratedMarket(7).arrays(None, np.datetime64("2024-03-28"), program.inputs, program.calendars, paths=PATHS)


@cache
def engine() -> tuple[RunRecord, ...]:
    return simulate(load(STRATEGY).program, market(), jit=False)


@needs_gcc
@pytest.mark.parametrize("width", [8, 16])
def test_every_lane_equals_the_engine(width: int) -> None:
    found = [first_difference(*pair) for pair in zip(engine(), lane_kernel(width, market()).records(), strict=True)]
    assert found == [None] * PATHS


def test_paths_differ_and_trade() -> None:
    """Else equality would say little: lanes part, and every action of the strategy is among what they do."""
    assert len({record.equity[-1] for record in engine()}) == PATHS
    seen = {(layer > 0, action) for record in engine() for layer, action in zip(record.journal.layer, record.journal.action, strict=True)}
    assert {(False, OPEN), (False, CLOSE), (True, OPEN), (True, ROLL_OUT), (True, ROLL_IN), (True, REFUSED)} <= seen


@needs_gcc
def test_an_unpriced_market_is_refused() -> None:
    """A path whose VIX ends leaves its options without prices; the kernel says so instead of trading on."""
    values = market().values.copy()
    values[400:, :, 3] = np.nan
    kernel = lane_kernel(8, evolve(market(), values=values))
    with pytest.raises(ValueError, match="missing for too long"):
        kernel.run(kernel.values_of(0))


def test_the_c_library_gives_nearly_the_same() -> None:
    hand = scalar_libm.hand_written()
    one = hand.market_of(market(), 0)
    book, days = hand.new_book(one), hand.new_days(one)
    stopped = hand.run_days(one, book, days)
    record = by_hand.Record(days, book.journal[: int(book.rows[0])], stopped)
    assert 0.0 < scalar_libm.furthest(engine()[0], record) < 1e-10
    assert scalar_libm.furthest(engine()[1], record) > 1e-3


def test_alvh_keeps_its_own_functions() -> None:
    hand = scalar_libm.hand_written()
    assert hand is not by_hand
    assert hand.spx_surface is not by_hand.spx_surface
    assert by_hand.spx_surface is spx_surface
    assert spx_surface.black_out_of_the_money is black.black_out_of_the_money
    assert hand.spx_surface.black_out_of_the_money is scalar_libm.black_out_of_the_money
