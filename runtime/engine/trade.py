"""Trades that need no order: selling a lot, and refusing what cannot be done."""

from __future__ import annotations

from alvh.runtime.engine import layout as at
from alvh.runtime.engine.journal import journal_lot, journal_refusal
from alvh.runtime.engine.layout import Run
from alvh.runtime.engine.ledger import add_where
from alvh.runtime.lanes import Lanes, any_lane, broadcast, divide, floor, lane_function, load, maximum, minimum, select, store_where
from alvh.runtime.record import NO_REASON, REFUSED

DUST = 1e-9


@lane_function
def whole(run: Run, number: float) -> float:
    """What can be traded of a number of structures: rounded once, toward zero; with fractional contracts all of it, dust aside."""
    if run.settings.whole == 1:
        return maximum(floor(number + DUST), 0.0)
    return select(number > DUST, number, 0.0)


@lane_function
def refuse(
    lanes: Lanes,
    run: Run,
    bar: int,
    layer: int,
    slot: int,
    mask: bool,
    rule: float,
    cut: float,
    asked: float,
    price: float,
    kept_in: int,
    choice: int,
) -> None:
    """Journals a refusal where it differs from the layer's last one; `choice` holds its legs, -1: the lot's own."""
    of_layer = layer * at.LAYER_ROWS
    news = mask & (load(lanes, run.state.layers, of_layer + at.S_LAST_REFUSAL) != cut)
    if any_lane(news):
        journal_refusal(lanes, run, bar, layer, slot, news, REFUSED, rule, cut, asked, price, kept_in, choice)
    store_where(lanes, run.state.layers, of_layer + at.S_LAST_REFUSAL, mask, cut)
    store_where(lanes, run.state.layers, of_layer + at.S_REFUSED, mask, broadcast(lanes, 1.0))


@lane_function
def proceeds(lanes: Lanes, run: Run, layer: int, slot: int) -> tuple[float, float, float, float, float]:
    """What one structure of a lot brings at today's bids, a unit of its scale: money, journal price, distance to mid, fees and what
    its futures carried since they were bought. Sold legs are bought back at the ask; of a future only its crossing moves money."""
    first_leg = int(run.rules.layers[layer, at.L_FIRST_LEG])
    value = broadcast(lanes, 0.0)
    price = broadcast(lanes, 0.0)
    off_mid = broadcast(lanes, 0.0)
    fee = broadcast(lanes, 0.0)
    carried = broadcast(lanes, 0.0)
    for leg in range(int(run.rules.layers[layer, at.L_LEGS])):
        row = (slot * at.LEGS + leg) * at.LEG_ROWS
        rule = first_leg + leg
        weight = run.rules.legs[rule, at.G_WEIGHT]
        alive = load(lanes, run.state.legs, row + at.E_ALIVE) == 1.0
        mid = load(lanes, run.state.legs, row + at.E_MARK)
        half = load(lanes, run.state.legs, row + at.E_HALF)
        fee = fee + select(alive, run.rules.legs[rule, at.G_FEE], 0.0)
        if run.rules.legs[rule, at.G_KIND] == at.FUTURE:
            value = value - select(alive, abs(weight) * half, 0.0)
            off_mid = off_mid + select(alive, abs(weight) * half, 0.0)
            price = price + select(alive, weight * (mid - half if weight > 0.0 else mid + half), 0.0)
            carried = carried + select(alive, weight * (mid - load(lanes, run.state.legs, row + at.E_FILL)), 0.0)
        elif weight > 0.0:
            bid = maximum(mid - half, 0.0)
            value = value + select(alive, weight * bid, 0.0)
            price = price + select(alive, weight * bid, 0.0)
            off_mid = off_mid + select(alive, weight * (half if run.rules.legs[rule, at.G_KIND] == at.SHARES else mid - bid), 0.0)
        else:
            value = value + select(alive, weight * (mid + half), 0.0)
            price = price + select(alive, weight * (mid + half), 0.0)
            off_mid = off_mid + select(alive, -weight * half, 0.0)
    return value, price, off_mid, fee, carried


@lane_function
def sell(
    lanes: Lanes, run: Run, bar: int, layer: int, slot: int, mask: bool, sold: float, action: int, rule: float, asked: float, kept_in: int
) -> bool:
    """Sells `sold` structures of a lot: money, attribution, budget, journal."""
    lot = slot * at.LOT_ROWS
    structures = load(lanes, run.state.lots, lot + at.O_STRUCTURES)
    scale = load(lanes, run.state.lots, lot + at.O_SCALE)
    ends = mask & (sold == structures)
    value, price, off_mid, fee_of_one, carried = proceeds(lanes, run, layer, slot)
    units = sold * scale
    fee = fee_of_one * units
    amount = value * units * 100.0
    entry_money = load(lanes, run.state.lots, lot + at.O_ENTRY) * units * 100.0
    paid = load(lanes, run.state.lots, lot + at.O_FEES)
    fees = select(ends, paid, paid * divide(sold, structures))
    realized = amount - fee - entry_money - fees + carried * units * 100.0
    cost = fee + off_mid * units * 100.0
    cash = load(lanes, run.state.account, at.A_CASH)
    store_where(lanes, run.state.account, at.A_CASH, mask, cash + amount - fee)
    add_where(lanes, run.state.account, at.A_FEES, mask, cost)
    of_layer = layer * at.LAYER_ROWS
    flow = load(lanes, run.state.layers, of_layer + at.S_FLOW)
    store_where(lanes, run.state.layers, of_layer + at.S_FLOW, mask, flow + amount - fee)
    add_where(lanes, run.state.layers, of_layer + at.S_REALIZED, mask, realized)
    add_where(lanes, run.state.lots, lot + at.O_REALIZED, mask, realized)
    of_lot = load(lanes, run.state.lots, lot + at.O_REALIZED)
    add_where(lanes, run.state.layers, of_layer + at.S_GAINS, ends & (of_lot > 0.0), of_lot)
    if run.rules.layers[layer, at.L_BUDGETED] == 1.0:
        back = maximum(minimum(amount - fee, entry_money + fees), 0.0)
        add_where(lanes, run.state.layers, of_layer + at.S_BALANCE, mask, back)
    nothing = broadcast(lanes, float(NO_REASON))
    journal_lot(lanes, run, bar, layer, slot, mask, action, rule, nothing, asked, sold, price * scale, cost, kept_in, slot)
    left = select(ends, 0.0, structures - sold)
    store_where(lanes, run.state.lots, lot + at.O_FEES, mask, paid - fees)
    store_where(lanes, run.state.lots, lot + at.O_STRUCTURES, mask, left)
    store_where(lanes, run.state.lots, lot + at.O_UNITS, mask, left * scale)
    return ends
