"""Cuts: the cost limits of groups, and cash and margin, each by one common factor over what a level asks for."""

from __future__ import annotations

from alvh.runtime.engine import layout as at
from alvh.runtime.engine.attributes import entry_of_all_legs
from alvh.runtime.engine.layout import Run
from alvh.runtime.engine.margin import margin_of_lot
from alvh.runtime.engine.prices import series_at
from alvh.runtime.lanes import Lanes, any_lane, broadcast, divide, is_unknown, lane_function, load, maximum, negate, select, store_where
from alvh.runtime.record import CUT_BY_CASH, CUT_BY_LIMIT, LIMIT_UNKNOWN, NO_REASON


@lane_function
def cut_by_limits(lanes: Lanes, run: Run, asks: int) -> None:
    """The cost limit of each group, by one common factor over what its layers ask for on this level."""
    for group in range(run.settings.groups):
        limit_row = int(run.rules.groups[group, at.U_LIMIT])
        if limit_row < 0:
            continue
        total = broadcast(lanes, 0.0)
        for ask in range(asks):
            if run.rules.layers[run.state.ask_place[ask, at.Q_LAYER], at.L_GROUP] == group:
                wanted, debit, counts = _limited(lanes, run, ask)
                total = total + select(counts, wanted * debit * 100.0, 0.0)
        if not any_lane(total > 0.0):
            continue
        limit = load(lanes, run.state.nodes, limit_row)
        room = maximum(limit - cost_of_group(lanes, run, group), 0.0)
        unknown = is_unknown(limit)
        factor = divide(room, total)
        for ask in range(asks):
            if run.rules.layers[run.state.ask_place[ask, at.Q_LAYER], at.L_GROUP] == group:
                wanted, debit, counts = _limited(lanes, run, ask)
                row = ask * at.ASK_ROWS
                store_where(lanes, run.state.asks, row + at.K_CUT, counts & unknown, broadcast(lanes, float(LIMIT_UNKNOWN)))
                store_where(lanes, run.state.asks, row + at.K_WANTED, counts & unknown, broadcast(lanes, 0.0))
                cut = counts & (total > room) & negate(unknown)
                store_where(lanes, run.state.asks, row + at.K_CUT, cut, broadcast(lanes, float(CUT_BY_LIMIT)))
                store_where(lanes, run.state.asks, row + at.K_WANTED, cut, wanted * factor)


@lane_function
def _limited(lanes: Lanes, run: Run, ask: int) -> tuple[float, float, bool]:
    row = ask * at.ASK_ROWS
    wanted = load(lanes, run.state.asks, row + at.K_WANTED)
    debit = load(lanes, run.state.asks, row + at.K_DEBIT)
    counts = (load(lanes, run.state.asks, row + at.K_PRESENT) == 1.0) & (debit > 0.0) & (wanted > 0.0)
    return wanted, debit, counts


@lane_function
def cost_of_group(lanes: Lanes, run: Run, group: int) -> float:
    """Entry debit of a group's open lots, one running sum."""
    total = broadcast(lanes, 0.0)
    for layer in range(run.settings.layers):
        if run.rules.layers[layer, at.L_GROUP] == group:
            first_slot = int(run.rules.layers[layer, at.L_FIRST_SLOT])
            for slot in range(first_slot, first_slot + int(run.rules.layers[layer, at.L_SLOTS])):
                held = load(lanes, run.state.lots, slot * at.LOT_ROWS + at.O_STRUCTURES) > 0.0
                if any_lane(held):
                    units = load(lanes, run.state.lots, slot * at.LOT_ROWS + at.O_UNITS)
                    entry = entry_of_all_legs(lanes, run, layer, slot)
                    total = total + select(held, maximum(entry, 0.0) * units * 100.0, 0.0)
    return total


@lane_function
def margin_now(lanes: Lanes, run: Run) -> float:
    """Margin of all lots held, one running sum."""
    total = broadcast(lanes, 0.0)
    for layer in range(run.settings.layers):
        first_slot = int(run.rules.layers[layer, at.L_FIRST_SLOT])
        for slot in range(first_slot, first_slot + int(run.rules.layers[layer, at.L_SLOTS])):
            held = load(lanes, run.state.lots, slot * at.LOT_ROWS + at.O_STRUCTURES) > 0.0
            if any_lane(held):
                total = total + select(held, margin_of_lot(lanes, run, slot), 0.0)
    return total


@lane_function
def available_cash(lanes: Lanes, run: Run, bar: int) -> float:
    """Cash, the index held at its bid, less the margin of all lots."""
    available = load(lanes, run.state.account, at.A_CASH)
    if run.settings.hold == 1:
        spx = series_at(lanes, run, bar, at.SPX_CLOSE)
        available = available + load(lanes, run.state.account, at.A_UNITS) * spx * (1.0 - run.settings.index_half_spread)
    return available - margin_now(lanes, run)


@lane_function
def cut_by_cash(lanes: Lanes, run: Run, bar: int, asks: int) -> None:
    """Cash and margin, by one common factor over what the level asks for."""
    total = broadcast(lanes, 0.0)
    for ask in range(asks):
        wanted, need, counts = _needed(lanes, run, ask)
        total = total + select(counts, wanted * need, 0.0)
    if not any_lane(total > 0.0):
        return
    available = available_cash(lanes, run, bar)
    short = total > available
    if not any_lane(short):
        return
    factor = divide(maximum(available, 0.0), total)
    for ask in range(asks):
        wanted, need, counts = _needed(lanes, run, ask)
        row = ask * at.ASK_ROWS
        before = load(lanes, run.state.asks, row + at.K_CUT)
        cut = counts & short
        code = select(before == NO_REASON, float(CUT_BY_CASH), before)
        store_where(lanes, run.state.asks, row + at.K_CUT, cut, code)
        store_where(lanes, run.state.asks, row + at.K_WANTED, cut, wanted * factor)


@lane_function
def _needed(lanes: Lanes, run: Run, ask: int) -> tuple[float, float, bool]:
    row = ask * at.ASK_ROWS
    wanted = load(lanes, run.state.asks, row + at.K_WANTED)
    debit = load(lanes, run.state.asks, row + at.K_DEBIT)
    margin = load(lanes, run.state.asks, row + at.K_MARGIN)
    need = debit * 100.0 + load(lanes, run.state.asks, row + at.K_FEE) + margin * 100.0
    counts = (load(lanes, run.state.asks, row + at.K_PRESENT) == 1.0) & (need > 0.0) & (wanted > 0.0)
    return wanted, need, counts
