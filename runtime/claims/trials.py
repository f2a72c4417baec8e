"""The runs that claims need, over one block of paths: each made once, hedged and unhedged, paired and live."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from attrs import evolve

from alvh.compiler.ir import Program
from alvh.compiler.twins import SIZING_EQUITY, always_on, sized_by_series, without_hedges
from alvh.runtime.claims.tracks import Run
from alvh.runtime.engine.simulate import simulate
from alvh.runtime.lane_width import production_width
from alvh.runtime.market import MODELLED, Floats, MarketArrays
from alvh.runtime.record import RunRecord

LANES_PAY = 16
"""Paths of a block from which on."""
PHASE_SPAN = 21
"""Sessions over which roll phases are spread: a month."""


def phase_offsets(phases: int) -> tuple[int, ...]:
    """Sessions by which each phase starts later, the first at 0."""
    return tuple(round(PHASE_SPAN * number / phases) for number in range(phases))


def started_later(arrays: MarketArrays, sessions: int) -> MarketArrays:
    return evolve(arrays, first=arrays.first + sessions) if sessions else arrays


class Trials:
    """Runs over the paths of `arrays`, whose schedules are shifted by `phase` sessions.

    `record_sensitivities`: with net beta and thetas by bar, which cost time."""

    def __init__(self, arrays: MarketArrays, phase: int = 0, record_sensitivities: bool = False) -> None:
        self.arrays = started_later(arrays, phase)
        self.phase = phase
        self.record_sensitivities = record_sensitivities
        self.paths = arrays.values.shape[2]
        self._made: dict[tuple[Program, str], tuple[Run, ...]] = {}

    def unhedged(self, program: Program) -> tuple[Run, ...]:
        """The book alone."""
        return self._once(program, "unhedged", lambda: self._simulate(without_hedges(program), self.arrays))

    def hedged(self, program: Program, live: bool) -> tuple[Run, ...]:
        """The program; unless `live`, with its book sized from the unhedged run's equity."""
        return self._once(program, "live" if live else "paired", lambda: self._sized(program, program, live))

    def always_on(self, program: Program, live: bool) -> tuple[Run, ...]:
        """The program with hedges that wait for nothing, sized as `hedged`."""
        return self._once(program, f"always on {live}", lambda: self._sized(program, always_on(program), live))

    def _once(self, program: Program, what: str, make: Callable[[], tuple[Run, ...]]) -> tuple[Run, ...]:
        key = (program, what)
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def _sized(self, original: Program, program: Program, live: bool) -> tuple[Run, ...]:
        paired = program if live else sized_by_series(program)
        if paired is program:  # live, or a book that reads no equity
            return self._simulate(program, self.arrays)
        return self._simulate(paired, with_sizing(self.arrays, self.unhedged(original)))

    def _simulate(self, program: Program, arrays: MarketArrays) -> tuple[Run, ...]:
        lanes = production_width() if self.paths >= LANES_PAY else 1
        records = simulate(program, arrays, self.phase, lanes, record_sensitivities=self.record_sensitivities)
        return tuple(Run(program, arrays, path, record) for path, record in enumerate(records))


def with_sizing(arrays: MarketArrays, runs: tuple[Run, ...]) -> MarketArrays:
    """The market with the equity that books are sized by: of each run, before the orders of the bar."""
    bars = arrays.values.shape[0]
    row = np.full((bars, 1, len(runs)), np.nan)
    for path, run in enumerate(runs):
        row[arrays.first : arrays.first + run.bars, 0, path] = equity_at_marks(run.record)
    return evolve(
        arrays,
        series=(*arrays.series, SIZING_EQUITY),
        values=np.ascontiguousarray(np.concatenate([arrays.values, row], axis=1)),
        provenance=np.concatenate([arrays.provenance, np.full((bars, 1), MODELLED, dtype=np.uint8)], axis=1),
    )


def equity_at_marks(record: RunRecord) -> Floats:
    """[bars] equity before the orders of the bar: what those orders cost is given back."""
    costs: Floats = np.diff(record.fees, prepend=0.0)
    return record.equity + costs
