"""Steps 4 and 5 of a bar: budgets, then level by level the turns, what layers ask for, the common cuts, the fills."""

from __future__ import annotations

from alvh.runtime.engine import layout as at
from alvh.runtime.engine.asks import ask_for_layer
from alvh.runtime.engine.attributes import publish_decided
from alvh.runtime.engine.cuts import cut_by_cash, cut_by_limits
from alvh.runtime.engine.fills import fill, forget_draw
from alvh.runtime.engine.keep import note_gaps
from alvh.runtime.engine.layout import Kernel, Run
from alvh.runtime.engine.turns import take_turn
from alvh.runtime.lanes import Lanes, broadcast, lane_function, load, minimum, store, store_where
from alvh.runtime.record import NO_REASON


@lane_function
def decide_level(lanes: Lanes, kernel: Kernel, run: Run, bar: int, first_layer: int, last_layer: int) -> None:
    """One level: turns in order, then rolls, increases and opens under common cuts, then what downstream sees."""
    for layer in range(first_layer, last_layer):
        take_turn(lanes, kernel, run, bar, layer)
    asks = 0
    for layer in range(first_layer, last_layer):
        asks = ask_for_layer(lanes, run, bar, layer, asks)
    if asks > 0:
        cut_by_limits(lanes, run, asks)
        cut_by_cash(lanes, run, bar, asks)
        for ask in range(asks):
            fill(lanes, run, bar, ask)
        for ask in range(asks):
            forget_draw(lanes, run, ask)
    note_gaps(lanes, run, bar, first_layer, last_layer)
    for layer in range(first_layer, last_layer):
        publish_decided(lanes, run, layer)
        row = layer * at.LAYER_ROWS
        calm = load(lanes, run.state.layers, row + at.S_REFUSED) == 0.0
        store_where(lanes, run.state.layers, row + at.S_LAST_REFUSAL, calm, broadcast(lanes, float(NO_REASON)))


@lane_function
def level_ends(run: Run, first_layer: int) -> int:
    """The layer after the last of the level that `first_layer` begins."""
    last = first_layer + 1
    while last < run.settings.layers and run.rules.layers[last, at.L_LEVEL] == run.rules.layers[first_layer, at.L_LEVEL]:
        last += 1
    return last


@lane_function
def begin_decisions(lanes: Lanes, run: Run, bar: int) -> None:
    """What counts from the start of a bar's decisions; budgets are paid."""
    for layer in range(run.settings.layers):
        row = layer * at.LAYER_ROWS
        for name in (at.S_ROLLED_AWAY, at.S_OWN_ROLLED_AWAY, at.S_INCOMING, at.S_REFUSED, at.S_RESERVED, at.S_ASKED, at.S_ROLLING):
            store(lanes, run.state.layers, row + name, broadcast(lanes, 0.0))
    if run.market.days[bar, at.D_MONTH_START] == 1.0 or bar == run.settings.first:
        for group in range(run.settings.groups):
            _pay_budget(lanes, run, bar, group)


@lane_function
def _pay_budget(lanes: Lanes, run: Run, bar: int, group: int) -> None:
    yearly_row = int(run.rules.groups[group, at.U_YEARLY])
    if yearly_row < 0:
        return
    full = load(lanes, run.state.nodes, yearly_row) / 12.0
    pays = full >= 0.0
    payment = full
    if bar == run.settings.first:
        payment = full * run.market.days[bar, at.D_MONTH_PART]
    kept = run.rules.groups[group, at.U_KEPT]
    for layer in range(run.settings.layers):
        if run.rules.layers[layer, at.L_GROUP] == group and run.rules.layers[layer, at.L_BUDGETED] == 1.0:
            share = load(lanes, run.state.layers, layer * at.LAYER_ROWS + at.S_SHARE)
            row = layer * at.LAYER_ROWS + at.S_BALANCE
            balance = load(lanes, run.state.layers, row) + share * payment
            if kept > 0.0:
                balance = minimum(balance, share * kept * full)
            store_where(lanes, run.state.layers, row, pays, balance)
