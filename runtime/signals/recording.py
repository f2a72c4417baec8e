"""What the loop that records signals is given: the streams of a program and nothing of its book."""

from __future__ import annotations

import numpy as np
from attrs import evolve

from alvh.compiler.emit_steps import emit_steps
from alvh.compiler.emit_tables import Tables
from alvh.compiler.ir import Program
from alvh.runtime.engine import arrays as build
from alvh.runtime.engine.layout import MarketTables, Run
from alvh.runtime.market import Expiries, Floats, MarketArrays

_NONE = Expiries(*[np.zeros(0, dtype=np.int64)] * 6)


def without_expiries(arrays: MarketArrays) -> MarketArrays:
    """Streams look at none, and the terms of all of them are much memory."""
    return evolve(arrays, spx=_NONE, vix=_NONE, fund=_NONE)


def recording_run(program: Program, tables: Tables, arrays: MarketArrays, market: MarketTables, phase: int, numbers: Floats) -> Run:
    """A run as `record_signals` reads it, before its first bar. `numbers` [numbers, lanes]; `tables` with a row for every stream."""
    width = numbers.shape[1]
    settings = build.settings_of(program, tables, arrays, phase, 0, width, interpreted=True, records=False)
    return Run(
        market=market,
        settings=settings,
        rules=build.rule_arrays(program, tables, emit_steps(program, tables, arrays.series), numbers),
        state=build.fresh_state(program, tables, market, numbers),
        tape=build.small_tape(program, arrays, width, settings),
    )
