"""`shift 10% from A to B`: a group's budget divided anew, and what has piled up with it."""

from __future__ import annotations

from alvh.runtime.engine import layout as at
from alvh.runtime.engine.journal import journal_shift
from alvh.runtime.engine.layout import Run
from alvh.runtime.engine.ledger import add_where, count_where
from alvh.runtime.lanes import Lanes, any_lane, broadcast, divide, is_unknown, lane_function, load, minimum, store_where

SHIFTED = at.COUNT_VERBS + at.VERBS.index("shift")


@lane_function
def shift_budget(lanes: Lanes, run: Run, bar: int, group: int) -> None:
    """Each shift of a group, in order, whose condition holds: share moves, and the same part of the source's balance."""
    first = int(run.rules.groups[group, at.U_FIRST_SHIFT])
    for shift in range(first, first + int(run.rules.groups[group, at.U_SHIFTS])):
        rule = int(run.rules.shifts[shift, at.F_RULE])
        condition_row = int(run.rules.shifts[shift, at.F_CONDITION])
        condition = broadcast(lanes, 1.0)
        if condition_row >= 0:
            condition = load(lanes, run.state.nodes, condition_row)
            count_where(lanes, run.tape.unknown, rule, is_unknown(condition))
        layer = int(run.rules.shifts[shift, at.F_SOURCE])
        source = layer * at.LAYER_ROWS
        target = int(run.rules.shifts[shift, at.F_TARGET]) * at.LAYER_ROWS
        share = load(lanes, run.state.layers, source + at.S_SHARE)
        amount = run.rules.shifts[shift, at.F_AMOUNT]
        moved = minimum(broadcast(lanes, amount), share)
        now = (condition == 1.0) & (moved > 0.0)
        if not any_lane(now):
            continue
        balance = load(lanes, run.state.layers, source + at.S_BALANCE)
        money = divide(moved, share) * balance
        store_where(lanes, run.state.layers, source + at.S_SHARE, now, share - moved)
        store_where(lanes, run.state.layers, source + at.S_BALANCE, now, balance - money)
        gained = load(lanes, run.state.layers, target + at.S_SHARE) + moved
        store_where(lanes, run.state.layers, target + at.S_SHARE, now, gained)
        funded = load(lanes, run.state.layers, target + at.S_BALANCE) + money
        store_where(lanes, run.state.layers, target + at.S_BALANCE, now, funded)
        add_where(lanes, run.state.layers, source + at.S_SHIFTED, now, -money)
        add_where(lanes, run.state.layers, target + at.S_SHIFTED, now, money)
        count_where(lanes, run.tape.counts, SHIFTED, now)
        journal_shift(lanes, run, bar, layer, now, rule, amount, moved)
