"""Which rules hold today: conditions as nodes, and the unwinds in force."""

from __future__ import annotations

from alvh.runtime.engine import layout as at
from alvh.runtime.engine.layout import Run
from alvh.runtime.engine.ledger import none_of
from alvh.runtime.lanes import Lanes, lane_function, load


@lane_function
def holding(lanes: Lanes, run: Run, rule: int, mask: bool) -> bool:
    condition = int(run.rules.rules[rule, at.R_CONDITION])
    if condition < 0:
        return mask
    return mask & node_is_true(lanes, run, condition)


@lane_function
def node_is_true(lanes: Lanes, run: Run, row: int) -> bool:
    return load(lanes, run.state.nodes, row) == 1.0


@lane_function
def unwinding_now(lanes: Lanes, run: Run, group: int, mask: bool) -> bool:
    """Lanes of a mask in which any unwind flag of the group is set."""
    found = none_of(mask)
    first = int(run.rules.groups[group, at.U_FIRST_UNWIND])
    for unwind in range(first, first + int(run.rules.groups[group, at.U_UNWINDS])):
        found = found | (mask & (load(lanes, run.state.unwinding, unwind) == 1.0))
    return found
