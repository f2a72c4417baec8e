"""Figures that are read from the journal of a run."""

from __future__ import annotations

import numpy as np

from alvh.compiler.ir import Program
from alvh.compiler.twins import hedge_layers
from alvh.runtime.attribution import count_trades
from alvh.runtime.claims.days import scenario_windows
from alvh.runtime.claims.intervals import Sampled
from alvh.runtime.claims.measures import Case, Figure
from alvh.runtime.claims.tracks import MULTIPLIER, Track
from alvh.runtime.market import Floats
from alvh.runtime.record import CLOSE, OPEN, REBALANCE, ROLL_IN, ROLL_OUT, SETTLE


def trades(case: Case, track: Track) -> Figure:
    """Orders filled."""
    if track.stop - track.start != track.run.bars or case.chosen is not None:
        return "orders are counted over whole runs"
    return Sampled(np.array([[float(count_trades(track.run.record))]]), lambda rows: float(rows.sum()), 1)


def gain_offset(case: Case, track: Track) -> Figure:
    """C14: in each scenario, what the first layer's exits brought over what the second layer's entries cost."""
    run = track.run
    first, second = _first_two_layers(run.program)
    if second < 0:
        return "it has no second layer"
    journal = run.record.journal
    exits = np.isin(journal.action, (CLOSE, ROLL_OUT, SETTLE)) | ((journal.action == REBALANCE) & (journal.asked < 0.0))
    entries = np.isin(journal.action, (OPEN, ROLL_IN)) | ((journal.action == REBALANCE) & (journal.asked > 0.0))
    money = np.nan_to_num(journal.price * journal.filled) * MULTIPLIER
    bars = journal.bar - run.arrays.first
    rows = []
    for start, stop in scenario_windows(track.days):
        inside = (bars >= start + track.start) & (bars < stop + track.start)
        gained = money[inside & exits & (journal.layer == first)].sum()
        spent = np.maximum(money[inside & entries & (journal.layer == second)], 0.0).sum()
        rows.append((gained, spent))
    if not rows:
        return "the market holds no whole scenario"

    def statistic(rows: Floats) -> float | None:
        spent = float(rows[:, 1].sum())
        return None if spent <= 0.0 else float(rows[:, 0].sum()) / spent

    return Sampled(np.array(rows, dtype=np.float64), statistic, 1)


def _first_two_layers(program: Program) -> tuple[int, int]:
    """The two hedge layers that come first in the file; -1 for one that is missing."""
    order = sorted(hedge_layers(program), key=lambda index: program.layers[index].span.start)
    return (*order, -1, -1)[0], (*order, -1, -1)[1]
