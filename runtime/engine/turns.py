"""A layer's turn: its streams, the unwinds of its group, and what each of its lots does. Closes are filled at once."""

from __future__ import annotations

from alvh.compiler.emit_kernel import LOTS
from alvh.runtime.engine import layout as at
from alvh.runtime.engine.conditions import holding
from alvh.runtime.engine.cover import trim_to_cover
from alvh.runtime.engine.interpret import evaluate
from alvh.runtime.engine.journal import keep_reads
from alvh.runtime.engine.layout import Kernel, Run
from alvh.runtime.engine.ledger import count_where
from alvh.runtime.engine.shift import shift_budget
from alvh.runtime.engine.trade import sell
from alvh.runtime.lanes import Lanes, any_lane, broadcast, is_unknown, lane_function, load, negate, select, store, store_where
from alvh.runtime.record import CLOSE

CLOSED = at.COUNT_VERBS + at.VERBS.index("close")
UNWOUND = at.COUNT_VERBS + at.VERBS.index("unwind")


@lane_function
def take_turn(lanes: Lanes, kernel: Kernel, run: Run, bar: int, layer: int) -> None:
    evaluate(lanes, kernel, run, bar, layer + 1, 0)
    group = int(run.rules.layers[layer, at.L_GROUP])
    if _first_of_group(run, layer, group):
        _update_unwinds(lanes, run, group)
        shift_budget(lanes, run, bar, group)
    first_rule = int(run.rules.layers[layer, at.L_FIRST_RULE])
    last_rule = (
        first_rule
        + int(run.rules.layers[layer, at.L_OPENS])
        + int(run.rules.layers[layer, at.L_CLOSES])
        + int(run.rules.layers[layer, at.L_ROLLS])
        + int(run.rules.layers[layer, at.L_REBALANCES])
        + int(run.rules.layers[layer, at.L_ADDS])
        + int(run.rules.layers[layer, at.L_PROXIES])
    )
    for rule in range(first_rule, last_rule):
        condition = int(run.rules.rules[rule, at.R_CONDITION])
        if condition >= 0 and run.rules.rules[rule, at.R_PER_LOT] == 0.0:
            count_where(lanes, run.tape.unknown, rule, is_unknown(load(lanes, run.state.nodes, condition)))
    lots = broadcast(lanes, 0.0)
    own = broadcast(lanes, 0.0)
    first_slot = int(run.rules.layers[layer, at.L_FIRST_SLOT])
    last_slot = first_slot + int(run.rules.layers[layer, at.L_SLOTS])
    for slot in range(first_slot, last_slot):
        held = load(lanes, run.state.lots, slot * at.LOT_ROWS + at.O_STRUCTURES) > 0.0
        lots = lots + select(held, 1.0, 0.0)
        own = own + select(held & (load(lanes, run.state.lots, slot * at.LOT_ROWS + at.O_OWN) == 1.0), 1.0, 0.0)
    row = layer * at.LAYER_ROWS
    store(lanes, run.state.layers, row + at.S_LOTS_START, lots)
    store(lanes, run.state.layers, row + at.S_OWN_START, own)
    trim_to_cover(lanes, run, bar, layer)
    per_lot = run.rules.layers[layer, at.L_PER_LOT] == 1.0
    if per_lot:
        for rule in range(first_rule, last_rule):
            if run.rules.rules[rule, at.R_PER_LOT] == 1.0:
                store(lanes, run.state.rule_unknown, rule, broadcast(lanes, 0.0))
    for slot in range(first_slot, last_slot):
        lot = slot * at.LOT_ROWS
        store(lanes, run.state.lots, lot + at.O_ACTION, broadcast(lanes, float(at.NO_ACTION)))
        store(lanes, run.state.lots, lot + at.O_OUTGOING, broadcast(lanes, 0.0))
        held = load(lanes, run.state.lots, lot + at.O_STRUCTURES) > 0.0
        if any_lane(held):
            if per_lot:
                evaluate(lanes, kernel, run, bar, LOTS + layer, slot)
                for rule in range(first_rule, last_rule):
                    if run.rules.rules[rule, at.R_PER_LOT] == 1.0:
                        unknown = held & is_unknown(load(lanes, run.state.nodes, int(run.rules.rules[rule, at.R_CONDITION])))
                        store_where(lanes, run.state.rule_unknown, rule, unknown, broadcast(lanes, 1.0))
            _decide_lot(lanes, run, bar, layer, slot, held)
    if per_lot:
        for rule in range(first_rule, last_rule):
            if run.rules.rules[rule, at.R_PER_LOT] == 1.0:
                count_where(lanes, run.tape.unknown, rule, load(lanes, run.state.rule_unknown, rule) == 1.0)


@lane_function
def _first_of_group(run: Run, layer: int, group: int) -> bool:
    earlier = 0
    for other in range(layer):
        earlier += int(run.rules.layers[other, at.L_GROUP]) == group
    return earlier == 0


@lane_function
def _update_unwinds(lanes: Lanes, run: Run, group: int) -> None:
    first = int(run.rules.groups[group, at.U_FIRST_UNWIND])
    for unwind in range(first, first + int(run.rules.groups[group, at.U_UNWINDS])):
        condition = load(lanes, run.state.nodes, int(run.rules.unwinds[unwind, at.W_CONDITION]))
        count_where(lanes, run.tape.unknown, int(run.rules.unwinds[unwind, at.W_RULE]), is_unknown(condition))
        until_row = int(run.rules.unwinds[unwind, at.W_UNTIL])
        until = condition == 0.0
        if until_row >= 0:
            until = load(lanes, run.state.nodes, until_row) == 1.0
        flag = load(lanes, run.state.unwinding, unwind)
        holds = condition == 1.0
        cleared = (flag == 1.0) & until & negate(holds)
        store(lanes, run.state.unwinding, unwind, select(holds, 1.0, select(cleared, 0.0, flag)))


@lane_function
def _decide_lot(lanes: Lanes, run: Run, bar: int, layer: int, slot: int, held: bool) -> None:
    """The first that applies: unwind, close, roll, rebalance. Closes are filled at once, the others noted."""
    lot = slot * at.LOT_ROWS
    todo = held
    stale = held & (load(lanes, run.state.lots, lot + at.O_STALE) > 0.0)
    structures = load(lanes, run.state.lots, lot + at.O_STRUCTURES)
    group = int(run.rules.layers[layer, at.L_GROUP])
    first = int(run.rules.groups[group, at.U_FIRST_UNWIND])
    for unwind in range(first, first + int(run.rules.groups[group, at.U_UNWINDS])):
        now = todo & (load(lanes, run.state.unwinding, unwind) == 1.0)
        if any_lane(now):
            rule = int(run.rules.unwinds[unwind, at.W_RULE])
            _close(lanes, run, bar, layer, slot, now & negate(stale), structures, rule, UNWOUND)
            todo = todo & negate(now)
    rule = int(run.rules.layers[layer, at.L_FIRST_RULE]) + int(run.rules.layers[layer, at.L_OPENS])
    for _ in range(int(run.rules.layers[layer, at.L_CLOSES])):
        now = holding(lanes, run, rule, todo)
        if any_lane(now):
            _close(lanes, run, bar, layer, slot, now & negate(stale), structures, rule, CLOSED)
            todo = todo & negate(now)
        rule += 1
    if run.rules.layers[layer, at.L_PROXIES] > 0.0:
        # Shares do not settle: they are sold when what they stand for has.
        is_proxy = load(lanes, run.state.lots, lot + at.O_PROXY) >= 0.0
        now = todo & is_proxy & (load(lanes, run.state.lots, lot + at.O_NEAREST) <= run.market.days[bar, at.D_DAY])
        if any_lane(now):
            _close(lanes, run, bar, layer, slot, now & negate(stale), structures, -1, CLOSED)
            todo = todo & negate(now)
    for _ in range(int(run.rules.layers[layer, at.L_ROLLS])):
        now = holding(lanes, run, rule, todo)
        if any_lane(now):
            _note(lanes, run, slot, now, rule, at.TO_ROLL)
            todo = todo & negate(now)
        rule += 1
    for _ in range(int(run.rules.layers[layer, at.L_REBALANCES])):
        now = holding(lanes, run, rule, todo)
        if any_lane(now):
            _note(lanes, run, slot, now, rule, at.TO_REBALANCE)
            todo = todo & negate(now)
        rule += 1


@lane_function
def _note(lanes: Lanes, run: Run, slot: int, mask: bool, rule: int, action: int) -> None:
    store_where(lanes, run.state.lots, slot * at.LOT_ROWS + at.O_ACTION, mask, broadcast(lanes, float(action)))
    store_where(lanes, run.state.lots, slot * at.LOT_ROWS + at.O_RULE, mask, broadcast(lanes, float(rule)))
    keep_reads(lanes, run, slot, mask, rule)


@lane_function
def _close(lanes: Lanes, run: Run, bar: int, layer: int, slot: int, mask: bool, structures: float, rule: int, verb: int) -> None:
    if any_lane(mask):
        of_rule = broadcast(lanes, float(rule))
        sell(lanes, run, bar, layer, slot, mask, structures, CLOSE, of_rule, structures, -1)
        store_where(lanes, run.state.layers, layer * at.LAYER_ROWS + at.S_CLOSED, mask, broadcast(lanes, 1.0))
        count_where(lanes, run.tape.counts, verb, mask)
