"""Journal rows: one an action and lane, written where a mask holds. Of a run that is not recorded, trades are counted and no more."""

from __future__ import annotations

from alvh.runtime.engine import layout as at
from alvh.runtime.engine.layout import Run
from alvh.runtime.engine.ledger import count_where
from alvh.runtime.lanes import Lanes, extract, extract_mask, lane_function
from alvh.runtime.record import NO_REASON, REFUSED, SETTLE, SHIFT

UNKNOWN = float("nan")


@lane_function
def start_row(run: Run, lane: int) -> int:
    """The next free row of a lane, all unknown; -1 where the tape is full (the run is then repeated on a longer one)."""
    row = int(run.tape.counts[at.COUNT_JOURNAL, lane])
    run.tape.counts[at.COUNT_JOURNAL, lane] = row + 1
    if row >= run.settings.journal_rows:
        return -1
    place = lane * int(run.settings.journal_rows) + row
    for column in range(at.JOURNAL_COLUMNS):
        run.tape.journal[place, column] = UNKNOWN
    run.tape.journal[place, at.J_PROXY] = -1.0
    return place


@lane_function
def start_waiting(run: Run, lane: int) -> int:
    """A row for an order of a lane that waits; there is room for all that a bar can decide."""
    place = int(run.settings.waiting_from) + lane * int(run.settings.waiting_rows) + int(run.tape.counts[at.COUNT_WAITING, lane])
    run.tape.counts[at.COUNT_WAITING, lane] += 1.0
    for column in range(at.JOURNAL_COLUMNS):
        run.tape.journal[place, column] = UNKNOWN
    run.tape.journal[place, at.J_PROXY] = -1.0
    return place


@lane_function
def journal_void(run: Run, lane: int, waiting: int, bar: int, code: int) -> None:
    """A waiting order that cannot be executed, as it was decided."""
    row = start_row(run, lane)
    if row >= 0:
        for column in range(at.JOURNAL_COLUMNS):
            run.tape.journal[row, column] = run.tape.journal[waiting, column]
        run.tape.journal[row, at.J_BAR] = bar
        run.tape.journal[row, at.J_ACTION] = REFUSED
        run.tape.journal[row, at.J_CUT] = code
        run.tape.journal[row, at.J_FILLED] = 0.0
        run.tape.journal[row, at.J_COST] = 0.0
        if run.tape.journal[row, at.J_PROXY] >= 0.0:
            run.tape.journal[row, at.J_EXPIRY] = UNKNOWN


@lane_function
def _slot_in_layer(run: Run, layer: int, slot: int) -> int:
    """Journals number a layer's slots from 0; -1 stays."""
    if slot < 0:
        return slot
    return slot - int(run.rules.layers[layer, at.L_FIRST_SLOT])


@lane_function
def _write_order(
    run: Run,
    lane: int,
    row: int,
    bar: int,
    layer: int,
    slot: int,
    action: int,
    rule: float,
    cut: float,
    asked: float,
    filled: float,
    price: float,
    cost: float,
) -> None:
    run.tape.journal[row, at.J_BAR] = bar
    run.tape.journal[row, at.J_LAYER] = layer
    run.tape.journal[row, at.J_SLOT] = slot
    run.tape.journal[row, at.J_ACTION] = action
    run.tape.journal[row, at.J_RULE] = rule
    run.tape.journal[row, at.J_CUT] = cut
    run.tape.journal[row, at.J_ASKED] = asked
    run.tape.journal[row, at.J_FILLED] = filled
    run.tape.journal[row, at.J_PRICE] = price
    run.tape.journal[row, at.J_COST] = cost


@lane_function
def _write_lot_legs(run: Run, lane: int, row: int, layer: int, slot: int) -> None:
    """All legs of a lot, settled ones too; shares have neither expiry nor strike."""
    proxy = run.state.lots[slot * at.LOT_ROWS + at.O_PROXY, lane]
    run.tape.journal[row, at.J_PROXY] = proxy
    if proxy >= 0.0:
        return
    first_leg = int(run.rules.layers[layer, at.L_FIRST_LEG])
    for leg in range(int(run.rules.layers[layer, at.L_PRIMARY])):
        if run.rules.legs[first_leg + leg, at.G_KIND] != at.SHARES:
            place = (slot * at.LEGS + leg) * at.LEG_ROWS
            run.tape.journal[row, at.J_EXPIRY + leg] = run.state.legs[place + at.E_EXPIRY, lane]
            run.tape.journal[row, at.J_STRIKE + leg] = run.state.legs[place + at.E_STRIKE, lane]


@lane_function
def write_chosen_legs(run: Run, lane: int, row: int, layer: int, choice: int) -> None:
    proxy = run.state.chosen[choice * at.CHOSEN_ROWS + at.H_PROXY, lane]
    run.tape.journal[row, at.J_PROXY] = proxy
    if proxy >= 0.0:
        return
    first_leg = int(run.rules.layers[layer, at.L_FIRST_LEG])
    for leg in range(int(run.rules.layers[layer, at.L_PRIMARY])):
        if run.rules.legs[first_leg + leg, at.G_KIND] != at.SHARES:
            run.tape.journal[row, at.J_EXPIRY + leg] = run.state.chosen_expiry[choice, leg]
            run.tape.journal[row, at.J_STRIKE + leg] = run.state.choice[(choice * at.LEGS + leg) * at.CHOICE_ROWS + at.C_STRIKE, lane]


@lane_function
def _write_reads(run: Run, lane: int, row: int, rule: int, kept_in: int) -> None:
    """Values that a rule read: as kept with a lot when it decided, or as the nodes stand now (`kept_in` -1); of an order that waited,
    as they stood at its decision."""
    if rule < 0:
        return
    waiting = int(run.state.stance[at.EXECUTES])
    if waiting >= 0:
        for read in range(at.READS):
            run.tape.journal[row, at.J_READS + read] = run.tape.journal[waiting, at.J_READS + read]
        return
    for read in range(at.READS):
        node = int(run.rules.rules[rule, at.R_READS + read])
        if node >= 0:
            if kept_in >= 0:
                run.tape.journal[row, at.J_READS + read] = run.state.reads[kept_in * at.READS + read, lane]
            else:
                run.tape.journal[row, at.J_READS + read] = run.state.nodes[node, lane]


@lane_function
def keep_reads(lanes: Lanes, run: Run, slot: int, mask: bool, rule: int) -> None:
    """Keeps what a lot's rule read until the lot is traded later in the bar."""
    if run.settings.records == 0:
        return
    for lane in range(lanes.width):
        if extract_mask(lanes, mask, lane):
            for read in range(at.READS):
                node = int(run.rules.rules[rule, at.R_READS + read])
                if node >= 0:
                    run.state.reads[slot * at.READS + read, lane] = run.state.nodes[node, lane]


@lane_function
def journal_settlement(lanes: Lanes, run: Run, bar: int, layer: int, slot: int, mask: bool, structures: float, value: float) -> None:
    if run.settings.records == 0:
        return
    for lane in range(lanes.width):
        if extract_mask(lanes, mask, lane):
            row = start_row(run, lane)
            if row >= 0:
                filled = extract(lanes, structures, lane)
                price = extract(lanes, value, lane)
                _write_order(
                    run, lane, row, bar, layer, _slot_in_layer(run, layer, slot), SETTLE, -1.0, NO_REASON, UNKNOWN, filled, price, 0.0
                )
                _write_lot_legs(run, lane, row, layer, slot)


@lane_function
def journal_lot(
    lanes: Lanes,
    run: Run,
    bar: int,
    layer: int,
    slot: int,
    mask: bool,
    action: int,
    rule: float,
    cut: float,
    asked: float,
    filled: float,
    price: float,
    cost: float,
    kept_in: int,
    source: int,
) -> None:
    """A trade of a lot that stands in its slot. `rule`, `cut` .. `cost` by lane.

    Where trades are only decided it waits, with the slot (`source`) of the lot that it enlarges or replaces, -1 for none."""
    if run.state.stance[at.DEFERS] == 0:
        count_where(lanes, run.tape.counts, at.COUNT_TRADES, mask)
        if run.settings.records == 0:
            return
    for lane in range(lanes.width):
        if extract_mask(lanes, mask, lane):
            row = start_waiting(run, lane) if run.state.stance[at.DEFERS] == 1 else start_row(run, lane)
            if row >= 0:
                of_rule = extract(lanes, rule, lane)
                place = _slot_in_layer(run, layer, slot)
                _write_order(
                    run, lane, row, bar, layer, place, action, of_rule, extract(lanes, cut, lane), extract(lanes, asked, lane),
                    extract(lanes, filled, lane), extract(lanes, price, lane), extract(lanes, cost, lane),
                )  # fmt: skip
                _write_lot_legs(run, lane, row, layer, slot)
                _write_reads(run, lane, row, int(of_rule), kept_in)
                if run.state.stance[at.DEFERS] == 1:
                    run.tape.journal[row, at.W_SOURCE] = source
                    run.tape.journal[row, at.W_SCALE] = run.state.lots[slot * at.LOT_ROWS + at.O_SCALE, lane]
                    if run.tape.journal[row, at.J_PROXY] >= 0.0:
                        shares = slot * at.LEGS + int(run.rules.layers[layer, at.L_PRIMARY])
                        run.tape.journal[row, at.W_END] = run.state.legs[shares * at.LEG_ROWS + at.E_SETTLE_DAY, lane]


@lane_function
def journal_refusal(
    lanes: Lanes,
    run: Run,
    bar: int,
    layer: int,
    slot: int,
    mask: bool,
    action: int,
    rule: float,
    cut: float,
    asked: float,
    price: float,
    kept_in: int,
    choice: int,
) -> None:
    """An order that was not traded. Its legs stand in the row where its price does: those chosen, or (`choice` -1) the lot's own."""
    if run.settings.records == 0:
        return
    for lane in range(lanes.width):
        if extract_mask(lanes, mask, lane):
            row = start_row(run, lane)
            if row >= 0:
                of_rule = extract(lanes, rule, lane)
                place = _slot_in_layer(run, layer, slot)
                at = extract(lanes, price, lane)
                why = extract(lanes, cut, lane)
                wanted = extract(lanes, asked, lane)
                _write_order(run, lane, row, bar, layer, place, action, of_rule, why, wanted, 0.0, at, 0.0)
                if at == at:
                    if choice < 0:
                        _write_lot_legs(run, lane, row, layer, slot)
                    else:
                        write_chosen_legs(run, lane, row, layer, choice)
                _write_reads(run, lane, row, int(of_rule), kept_in)


@lane_function
def journal_shift(lanes: Lanes, run: Run, bar: int, layer: int, mask: bool, rule: int, asked: float, moved: float) -> None:
    """Share moved from a layer to another."""
    if run.settings.records == 0:
        return
    for lane in range(lanes.width):
        if extract_mask(lanes, mask, lane):
            row = start_row(run, lane)
            if row >= 0:
                filled = extract(lanes, moved, lane)
                _write_order(run, lane, row, bar, layer, -1, SHIFT, float(rule), NO_REASON, asked, filled, UNKNOWN, 0.0)
                _write_reads(run, lane, row, rule, -1)
