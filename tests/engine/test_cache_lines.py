"""What the engine reads and writes by lane begins on a cache line, whatever NumPy does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from alvh.compiler.emit_tables import emit_tables
from alvh.runtime.cache_lines import CACHE_LINE, empty_on_lines, on_lines
from alvh.runtime.engine import layout
from alvh.runtime.engine.arrays import fresh_state, level_table, market_tables, rule_arrays, same_numbers
from alvh.runtime.markets.generated import GeneratedMarket
from alvh.strategy import load

STRATEGY = Path(__file__).parents[2] / "strategies" / "alvh_442_contracts.alvh"


@pytest.mark.parametrize("shape", [(2, 8), (1, 1), (3, 5), (100, 16), (7, 3, 4)])
def test_arrays_begin_on_a_line_and_hold_what_they_did(shape: tuple[int, ...]) -> None:
    values = np.arange(np.prod(shape), dtype=np.float64).reshape(shape)
    copy = on_lines(values)
    assert np.array_equal(copy, values)
    for array in (copy, empty_on_lines(*shape)):
        assert array.shape == shape
        assert array.flags.c_contiguous
        assert array.ctypes.data % CACHE_LINE == 0


@pytest.mark.parametrize("lanes", [1, 8])
def test_all_that_has_lanes_begins_on_a_line(lanes: int) -> None:
    program = load(STRATEGY).program
    arrays = GeneratedMarket(442).arrays(None, np.datetime64("2023-01-31", "D"), program.inputs, program.calendars, paths=1)
    tables = emit_tables(program)
    numbers = same_numbers(tables, lanes)
    market = market_tables(tables, arrays, slice(0, 1), level_table(), None, lanes)
    assert np.array_equal(market.series[:, 0], arrays.values[:, :, 0].ravel(), equal_nan=True)
    assert np.array_equal(market.series[:, -1], market.series[:, 0], equal_nan=True)
    parts = (market, rule_arrays(program, tables, None, numbers), fresh_state(program, tables, market, numbers))
    for part in parts:
        for name, columns in layout.COLUMNS[type(part)].items():
            if columns == layout.BY_LANE:
                assert getattr(part, name).ctypes.data % CACHE_LINE == 0, name
