"""Steps 1 and 2 of a bar: interest, and settlement of what expires."""

from __future__ import annotations

from alvh.runtime.engine import layout as at
from alvh.runtime.engine.journal import journal_settlement
from alvh.runtime.engine.layout import Run
from alvh.runtime.engine.ledger import add_where, count_where, none_of
from alvh.runtime.engine.margin import payoff, refresh_lot
from alvh.runtime.engine.prices import series_at, share_price
from alvh.runtime.lanes import (
    Lanes,
    any_lane,
    broadcast,
    is_unknown,
    lane_function,
    load,
    maximum,
    minimum,
    negate,
    select,
    store,
    store_where,
)

SETTLED = at.COUNT_VERBS + at.VERBS.index("settle")


@lane_function
def accrue_interest(lanes: Lanes, run: Run, bar: int) -> None:
    """Step 1: act/360 on all cash at the rate of the bar before."""
    cash = load(lanes, run.state.account, at.A_CASH)
    rate = series_at(lanes, run, bar - 1, at.RATE)
    days = run.market.days[bar, at.D_DAY] - run.market.days[bar - 1, at.D_DAY]
    unknown = is_unknown(rate)
    interest = select(unknown, 0.0, cash * rate * days / 360.0)
    count_where(lanes, run.tape.counts, at.COUNT_RATES, unknown)
    store(lanes, run.state.account, at.A_CASH, cash + interest)
    store(lanes, run.state.account, at.A_INTEREST, load(lanes, run.state.account, at.A_INTEREST) + interest)


@lane_function
def settle(lanes: Lanes, run: Run, bar: int) -> None:
    """Step 2: every leg whose settlement has come, all of a structure on one print."""
    today = run.market.days[bar, at.D_DAY]
    for layer in range(run.settings.layers):
        first_slot = int(run.rules.layers[layer, at.L_FIRST_SLOT])
        for slot in range(first_slot, first_slot + int(run.rules.layers[layer, at.L_SLOTS])):
            held = load(lanes, run.state.lots, slot * at.LOT_ROWS + at.O_STRUCTURES) > 0.0
            # No session comes between a settlement's day and its bar.
            due = held & (load(lanes, run.state.lots, slot * at.LOT_ROWS + at.O_NEAREST) <= today)
            if any_lane(due):
                _settle_lot(lanes, run, bar, layer, slot, held)


@lane_function
def _settle_lot(lanes: Lanes, run: Run, bar: int, layer: int, slot: int, held: bool) -> None:
    first_leg = int(run.rules.layers[layer, at.L_FIRST_LEG])
    lot = slot * at.LOT_ROWS
    value = broadcast(lanes, 0.0)
    price = broadcast(lanes, 0.0)
    entry = broadcast(lanes, 0.0)
    carried = broadcast(lanes, 0.0)
    settling = none_of(held)
    surviving = settling
    for leg in range(int(run.rules.layers[layer, at.L_LEGS])):
        row = (slot * at.LEGS + leg) * at.LEG_ROWS
        alive = held & (load(lanes, run.state.legs, row + at.E_ALIVE) == 1.0)
        due = alive & (load(lanes, run.state.legs, row + at.E_SETTLE_BAR) <= bar)
        surviving = surviving | (alive & negate(due))
        if any_lane(due):
            settling = settling | due
            rule = first_leg + leg
            fill = load(lanes, run.state.legs, row + at.E_FILL)
            mark = load(lanes, run.state.legs, row + at.E_MARK)
            settled_at = _print_of(lanes, run, bar, int(run.rules.legs[rule, at.G_PRODUCT]), row)
            no_print = is_unknown(settled_at)
            count_where(lanes, run.tape.counts, at.COUNT_PRINTS, due & no_print)
            worth = settled_at
            if run.rules.legs[rule, at.G_KIND] == at.OPTION:
                worth = payoff(run.rules.legs[rule, at.G_IS_CALL] == 1.0, settled_at, load(lanes, run.state.legs, row + at.E_STRIKE))
            worth = select(no_print, mark, worth)
            weight = run.rules.legs[rule, at.G_WEIGHT]
            price = price + select(due, weight * worth, 0.0)
            if run.rules.legs[rule, at.G_KIND] == at.FUTURE:
                value = value + select(due, weight * (worth - mark), 0.0)
                carried = carried + select(due, weight * (mark - fill), 0.0)
            else:
                value = value + select(due, weight * worth, 0.0)
                entry = entry + select(due, weight * fill, 0.0)
            store_where(lanes, run.state.legs, row + at.E_ALIVE, due, broadcast(lanes, 0.0))
    if not any_lane(settling):
        return
    structures = load(lanes, run.state.lots, lot + at.O_STRUCTURES)
    units = load(lanes, run.state.lots, lot + at.O_UNITS)
    ends = settling & negate(surviving)
    amount = value * units * 100.0
    entry_money = entry * units * 100.0
    fees = select(ends, load(lanes, run.state.lots, lot + at.O_FEES), 0.0)
    realized = amount - entry_money - fees + carried * units * 100.0
    add_where(lanes, run.state.account, at.A_CASH, settling, amount)
    of_layer = layer * at.LAYER_ROWS
    add_where(lanes, run.state.layers, of_layer + at.S_FLOW, settling, amount)
    add_where(lanes, run.state.layers, of_layer + at.S_REALIZED, settling, realized)
    add_where(lanes, run.state.lots, lot + at.O_REALIZED, settling, realized)
    of_lot = load(lanes, run.state.lots, lot + at.O_REALIZED)
    add_where(lanes, run.state.layers, of_layer + at.S_GAINS, ends & (of_lot > 0.0), of_lot)
    if run.rules.layers[layer, at.L_BUDGETED] == 1.0:
        back = maximum(minimum(amount, entry_money + fees), 0.0)
        add_where(lanes, run.state.layers, of_layer + at.S_BALANCE, settling, back)
    count_where(lanes, run.tape.counts, SETTLED, settling)
    journal_settlement(lanes, run, bar, layer, slot, settling, structures, price)
    store_where(lanes, run.state.lots, lot + at.O_STRUCTURES, ends, broadcast(lanes, 0.0))
    refresh_lot(lanes, run, layer, slot)


@lane_function
def _print_of(lanes: Lanes, run: Run, bar: int, product: int, row: int) -> float:
    """What a leg of a product settles on."""
    if product == at.SPX:
        opening = series_at(lanes, run, bar, at.SPX_AM)
        closing = series_at(lanes, run, bar, at.SPX_CLOSE)
        return select(load(lanes, run.state.legs, row + at.E_AM) == 1.0, opening, closing)
    if product == at.VIX:
        return series_at(lanes, run, bar, at.VIX_SETTLEMENT)
    return share_price(lanes, run, bar, product)
