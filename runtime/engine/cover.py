"""`write .. against L`: what another layer's contracts cover, and trimming to it."""

from __future__ import annotations

from alvh.runtime.engine import layout as at
from alvh.runtime.engine.layout import Run
from alvh.runtime.engine.ledger import count_where
from alvh.runtime.engine.trade import sell, whole
from alvh.runtime.lanes import Lanes, any_lane, broadcast, lane_function, load, maximum, minimum, negate, select, store_where
from alvh.runtime.record import TRIM

TRIMMED = at.COUNT_VERBS + at.VERBS.index("trim")


@lane_function
def cover_of(lanes: Lanes, run: Run, layer: int, until: float) -> float:
    """Structures of a layer that settle on a day or after it."""
    total = broadcast(lanes, 0.0)
    first_slot = int(run.rules.layers[layer, at.L_FIRST_SLOT])
    for slot in range(first_slot, first_slot + int(run.rules.layers[layer, at.L_SLOTS])):
        structures = load(lanes, run.state.lots, slot * at.LOT_ROWS + at.O_STRUCTURES)
        lasts = load(lanes, run.state.lots, slot * at.LOT_ROWS + at.O_NEAREST) >= until
        total = total + select((structures > 0.0) & lasts, structures, 0.0)
    return total


@lane_function
def trim_to_cover(lanes: Lanes, run: Run, bar: int, layer: int) -> None:
    """Sells what the other layer's contracts no longer cover, lot by lot."""
    cover = int(run.rules.layers[layer, at.L_COVER])
    if cover < 0:
        return
    used = broadcast(lanes, 0.0)
    first_slot = int(run.rules.layers[layer, at.L_FIRST_SLOT])
    for slot in range(first_slot, first_slot + int(run.rules.layers[layer, at.L_SLOTS])):
        lot = slot * at.LOT_ROWS
        structures = load(lanes, run.state.lots, lot + at.O_STRUCTURES)
        held = structures > 0.0
        if any_lane(held):
            room = cover_of(lanes, run, cover, load(lanes, run.state.lots, lot + at.O_NEAREST)) - used
            permitted = maximum(minimum(structures, room), 0.0)
            left = whole(run, permitted)
            stale = load(lanes, run.state.lots, lot + at.O_STALE) > 0.0
            excess = held & negate(stale) & (left < structures)
            if any_lane(excess):
                no_rule = broadcast(lanes, -1.0)
                ended = sell(lanes, run, bar, layer, slot, excess, structures - left, TRIM, no_rule, permitted - structures, -1)
                store_where(lanes, run.state.layers, layer * at.LAYER_ROWS + at.S_CLOSED, ended, broadcast(lanes, 1.0))
                store_where(lanes, run.state.lots, lot + at.O_TRIMMED, excess, broadcast(lanes, 1.0))
                count_where(lanes, run.tape.counts, TRIMMED, excess)
            used = used + select(held, load(lanes, run.state.lots, lot + at.O_STRUCTURES), 0.0)
