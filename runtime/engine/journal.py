"""Journal rows: one an action and lane, written where a mask holds."""

from __future__ import annotations

from alvh.runtime.engine.layout import (
    C_STRIKE,
    CHOICE_ROWS,
    COUNT_JOURNAL,
    E_EXPIRY,
    E_STRIKE,
    J_ACTION,
    J_ASKED,
    J_BAR,
    J_COST,
    J_CUT,
    J_EXPIRY,
    J_FILLED,
    J_LAYER,
    J_PRICE,
    J_READS,
    J_RULE,
    J_SLOT,
    J_STRIKE,
    JOURNAL_COLUMNS,
    L_FIRST_SLOT,
    L_LEGS,
    LEG_ROWS,
    LEGS,
    R_READS,
    READS,
)
from alvh.runtime.lanes import extract, extract_mask, lane_function
from alvh.runtime.record import NO_REASON, SETTLE

UNKNOWN = float("nan")


@lane_function
def start_row(tape, lane):
    """The next free row of a lane, all unknown; -1 where the tape is full (the run is then repeated on a longer one)."""
    row = int(tape.counts[COUNT_JOURNAL, lane])
    tape.counts[COUNT_JOURNAL, lane] = row + 1
    if row >= tape.journal.shape[1]:
        return -1
    for column in range(JOURNAL_COLUMNS):
        tape.journal[lane, row, column] = UNKNOWN
    return row


@lane_function
def _slot_in_layer(rules, layer, slot):
    """Journals number a layer's slots from 0; -1 stays."""
    if slot < 0:
        return slot
    return slot - int(rules.layers[layer, L_FIRST_SLOT])


@lane_function
def _write_order(tape, lane, row, bar, layer, slot, action, rule, cut, asked, filled, price, cost):
    tape.journal[lane, row, J_BAR] = bar
    tape.journal[lane, row, J_LAYER] = layer
    tape.journal[lane, row, J_SLOT] = slot
    tape.journal[lane, row, J_ACTION] = action
    tape.journal[lane, row, J_RULE] = rule
    tape.journal[lane, row, J_CUT] = cut
    tape.journal[lane, row, J_ASKED] = asked
    tape.journal[lane, row, J_FILLED] = filled
    tape.journal[lane, row, J_PRICE] = price
    tape.journal[lane, row, J_COST] = cost


@lane_function
def _write_lot_legs(rules, state, tape, lane, row, layer, slot):
    for leg in range(int(rules.layers[layer, L_LEGS])):
        place = (slot * LEGS + leg) * LEG_ROWS
        tape.journal[lane, row, J_EXPIRY + leg] = state.legs[place + E_EXPIRY, lane]
        tape.journal[lane, row, J_STRIKE + leg] = state.legs[place + E_STRIKE, lane]


@lane_function
def write_chosen_legs(rules, state, tape, lane, row, layer):
    for leg in range(int(rules.layers[layer, L_LEGS])):
        tape.journal[lane, row, J_EXPIRY + leg] = state.chosen_expiry[layer, leg]
        tape.journal[lane, row, J_STRIKE + leg] = state.choice[(layer * LEGS + leg) * CHOICE_ROWS + C_STRIKE, lane]


@lane_function
def _write_reads(rules, state, tape, lane, row, rule, kept_in):
    """Values that a rule read: as kept with a lot when it decided, or as the nodes stand now (`kept_in` -1)."""
    if rule < 0:
        return
    for read in range(READS):
        node = int(rules.rules[rule, R_READS + read])
        if node >= 0:
            if kept_in >= 0:
                tape.journal[lane, row, J_READS + read] = state.reads[kept_in * READS + read, lane]
            else:
                tape.journal[lane, row, J_READS + read] = state.nodes[node, lane]


@lane_function
def keep_reads(lanes, rules, state, slot, mask, rule):
    """Keeps what a lot's rule read until the lot is traded later in the bar."""
    for lane in range(lanes.width):
        if extract_mask(lanes, mask, lane):
            for read in range(READS):
                node = int(rules.rules[rule, R_READS + read])
                if node >= 0:
                    state.reads[slot * READS + read, lane] = state.nodes[node, lane]


@lane_function
def journal_settlement(lanes, rules, state, tape, bar, layer, slot, mask, structures, value):
    for lane in range(lanes.width):
        if extract_mask(lanes, mask, lane):
            row = start_row(tape, lane)
            if row >= 0:
                filled = extract(lanes, structures, lane)
                price = extract(lanes, value, lane)
                _write_order(
                    tape, lane, row, bar, layer, _slot_in_layer(rules, layer, slot), SETTLE, -1.0, NO_REASON, UNKNOWN, filled, price, 0.0
                )
                _write_lot_legs(rules, state, tape, lane, row, layer, slot)


@lane_function
def journal_lot(lanes, rules, state, tape, bar, layer, slot, mask, action, rule, cut, asked, filled, price, cost, kept_in):
    """A trade of a lot that stands in its slot, or (action REFUSED) the refusal of one. `rule`, `cut` .. `cost` by lane."""
    for lane in range(lanes.width):
        if extract_mask(lanes, mask, lane):
            row = start_row(tape, lane)
            if row >= 0:
                of_rule = extract(lanes, rule, lane)
                place = _slot_in_layer(rules, layer, slot)
                _write_order(
                    tape, lane, row, bar, layer, place, action, of_rule, extract(lanes, cut, lane), extract(lanes, asked, lane),
                    extract(lanes, filled, lane), extract(lanes, price, lane), extract(lanes, cost, lane),
                )  # fmt: skip
                _write_lot_legs(rules, state, tape, lane, row, layer, slot)
                _write_reads(rules, state, tape, lane, row, int(of_rule), kept_in)


@lane_function
def journal_refusal(lanes, rules, state, tape, bar, layer, slot, mask, action, rule, cut, asked, price, kept_in, own_legs):
    """An order that was not traded. Its legs stand in the row where its price does: the lot's own, or those chosen today."""
    for lane in range(lanes.width):
        if extract_mask(lanes, mask, lane):
            row = start_row(tape, lane)
            if row >= 0:
                of_rule = extract(lanes, rule, lane)
                place = _slot_in_layer(rules, layer, slot)
                at = extract(lanes, price, lane)
                why = extract(lanes, cut, lane)
                wanted = extract(lanes, asked, lane)
                _write_order(tape, lane, row, bar, layer, place, action, of_rule, why, wanted, 0.0, at, 0.0)
                if at == at:
                    if own_legs:
                        _write_lot_legs(rules, state, tape, lane, row, layer, slot)
                    else:
                        write_chosen_legs(rules, state, tape, lane, row, layer)
                _write_reads(rules, state, tape, lane, row, int(of_rule), kept_in)
