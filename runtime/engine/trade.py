"""Trades that need no order: selling a lot, and refusing what cannot be done."""

from __future__ import annotations

from alvh.runtime.engine import layout as at
from alvh.runtime.engine.journal import journal_lot, journal_refusal
from alvh.runtime.engine.layout import Run
from alvh.runtime.engine.mark import add_where
from alvh.runtime.lanes import Lanes, any_lane, broadcast, divide, floor, lane_function, load, maximum, minimum, select, store_where
from alvh.runtime.record import NO_REASON, REFUSED


DUST = 1e-9
"""Of a contract (docs/design/bar.md, `whole`)."""


@lane_function
def whole(run: Run, number: float) -> float:
    """Rounded once, toward zero, never below 0; with fractional contracts less than `DUST` of one is nothing."""
    if run.settings.whole == 1:
        return maximum(floor(number + DUST), 0.0)
    return select(number > DUST, number, 0.0)


@lane_function
def fee_of_structure(run: Run, layer: int) -> float:
    return float(run.settings.fee * run.rules.layers[layer, at.L_CONTRACTS])


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
    own_legs: bool,
) -> None:
    """Journals a refusal where it differs from the layer's last one."""
    of_layer = layer * at.LAYER_ROWS
    news = mask & (load(lanes, run.state.layers, of_layer + at.S_LAST_REFUSAL) != cut)
    if any_lane(news):
        journal_refusal(lanes, run, bar, layer, slot, news, REFUSED, rule, cut, asked, price, kept_in, own_legs)
    store_where(lanes, run.state.layers, of_layer + at.S_LAST_REFUSAL, mask, cut)
    store_where(lanes, run.state.layers, of_layer + at.S_REFUSED, mask, broadcast(lanes, 1.0))


@lane_function
def sell(
    lanes: Lanes, run: Run, bar: int, layer: int, slot: int, mask: bool, sold: float, action: int, rule: float, asked: float, kept_in: int
) -> bool:
    """Sells `sold` structures of a lot at the bid (buys sold legs back at the ask): money, attribution, budget, journal."""
    first_leg = int(run.rules.layers[layer, at.L_FIRST_LEG])
    lot = slot * at.LOT_ROWS
    structures = load(lanes, run.state.lots, lot + at.O_STRUCTURES)
    ends = mask & (sold == structures)
    value = broadcast(lanes, 0.0)
    off_mid = broadcast(lanes, 0.0)
    contracts = broadcast(lanes, 0.0)
    for leg in range(int(run.rules.layers[layer, at.L_LEGS])):
        row = (slot * at.LEGS + leg) * at.LEG_ROWS
        ratio = run.rules.legs[first_leg + leg, at.G_RATIO]
        alive = load(lanes, run.state.legs, row + at.E_ALIVE) == 1.0
        mid = load(lanes, run.state.legs, row + at.E_MARK)
        half = load(lanes, run.state.legs, row + at.E_HALF)
        if ratio > 0.0:
            bid = maximum(mid - half, 0.0)
            value = value + select(alive, ratio * bid, 0.0)
            off_mid = off_mid + select(alive, ratio * (mid - bid), 0.0)
            contracts = contracts + select(alive, ratio, 0.0)
        else:
            value = value + select(alive, ratio * (mid + half), 0.0)
            off_mid = off_mid + select(alive, -ratio * half, 0.0)
            contracts = contracts + select(alive, -ratio, 0.0)
    fee = run.settings.fee * sold * contracts
    amount = value * sold * 100.0
    entry_money = load(lanes, run.state.lots, lot + at.O_ENTRY) * sold * 100.0
    paid = load(lanes, run.state.lots, lot + at.O_FEES)
    fees = select(ends, paid, paid * divide(sold, structures))
    realized = amount - fee - entry_money - fees
    cost = fee + off_mid * sold * 100.0
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
    journal_lot(lanes, run, bar, layer, slot, mask, action, rule, nothing, asked, sold, value, cost, kept_in)
    store_where(lanes, run.state.lots, lot + at.O_FEES, mask, paid - fees)
    store_where(lanes, run.state.lots, lot + at.O_STRUCTURES, mask, select(ends, 0.0, structures - sold))
    return ends
