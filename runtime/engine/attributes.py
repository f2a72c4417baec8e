"""Attributes beyond what every program keeps: greeks, break-evens, carry, internal rates, net beta, cost of capital; what layers decided.

All but the last are computed only where a program reads them."""

from __future__ import annotations

from alvh.runtime.engine import layout as at
from alvh.runtime.engine.layout import Run
from alvh.runtime.engine.ledger import add_where, none_of
from alvh.runtime.engine.prices import series_at
from alvh.runtime.lanes import (
    Lanes,
    any_lane,
    broadcast,
    divide,
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
from alvh.runtime.mathematics import exp

UNKNOWN = float("nan")
DAYS_A_YEAR = 365.0
MONTH = 30.0
FINANCING_SPREAD = 0.015
"""A year, over the bill rate, for what margin binds (quant.md T6)."""
YOUNGEST = 5.0
"""Sessions that the oldest lot must have for an internal rate (quant.md T7)."""
HALVINGS = 64
WIDEST = 20.0
"""Internal rates are sought as exp(u) - 1 for u between minus and plus this."""


@lane_function
def add_lot_attributes(lanes: Lanes, run: Run, bar: int, layer: int, slot: int, held: bool, vega: float, theta: float, beta: float) -> None:
    """What a lot's `vega`, `theta` and dollar beta a structure make of it, and its part in its layer's."""
    lot = slot * at.LOT_ROWS
    row = slot * at.LOT_ATTRIBUTE_ROWS
    of_layer = at.ACCOUNT_ATTRIBUTE_ROWS + layer * at.LAYER_ATTRIBUTE_ROWS
    units = load(lanes, run.state.lots, lot + at.O_UNITS)
    worth = load(lanes, run.state.lots, lot + at.O_VALUE)
    if run.settings.betas == 1:
        store_where(lanes, run.state.lots, lot + at.O_BETA, held, beta)
        add_where(lanes, run.state.account, at.A_BETA, held, beta * units * 100.0)
    if run.settings.vegas == 1:
        store(lanes, run.state.lot_attributes, row + at.LA_VEGA, vega * units * 100.0)
        add_where(lanes, run.state.attributes, of_layer + at.LA_VEGA, held, vega * units * 100.0)
    if run.settings.thetas == 1:
        money = theta * units * 100.0
        store(lanes, run.state.lot_attributes, row + at.LA_THETA, money)
        store(lanes, run.state.lot_attributes, row + at.LA_CARRY, months_of_decay(worth, money))
        add_where(lanes, run.state.attributes, of_layer + at.LA_THETA, held, money)
        if run.rules.groups[int(run.rules.layers[layer, at.L_GROUP]), at.U_IS_HEDGE] == 1.0:
            add_where(lanes, run.state.account, at.A_HEDGE_THETA, held, money)
            add_where(lanes, run.state.account, at.A_HEDGE_VALUE, held, worth)
    if run.settings.irrs == 1:
        store(lanes, run.state.lot_attributes, row + at.LA_IRR, internal_rate(lanes, run, bar, layer, slot, slot + 1))
    if run.settings.break_evens == 1:
        _add_break_evens(lanes, run, layer, slot, held)


@lane_function
def months_of_decay(value: float, theta: float) -> float:
    """How many months a value lasts at today's theta (quant.md T8)."""
    return select((theta < 0.0) & (value > 0.0), divide(value, -MONTH * theta), UNKNOWN)


@lane_function
def _add_break_evens(lanes: Lanes, run: Run, layer: int, slot: int, held: bool) -> None:
    """Of the highest put and the lowest call sold, at entry and unhedged (quant.md T17)."""
    first_leg = int(run.rules.layers[layer, at.L_FIRST_LEG])
    entry = load(lanes, run.state.lots, slot * at.LOT_ROWS + at.O_ENTRY)
    put = broadcast(lanes, UNKNOWN)
    call = broadcast(lanes, UNKNOWN)
    lower = broadcast(lanes, UNKNOWN)
    upper = broadcast(lanes, UNKNOWN)
    for leg in range(int(run.rules.layers[layer, at.L_PRIMARY])):
        rule = first_leg + leg
        ratio = run.rules.legs[rule, at.G_RATIO]
        sold = run.rules.legs[rule, at.G_KIND] == at.OPTION and ratio < 0.0
        if not (sold and run.rules.legs[rule, at.G_PRODUCT] == at.SPX):
            continue
        row = (slot * at.LEGS + leg) * at.LEG_ROWS
        alive = load(lanes, run.state.legs, row + at.E_ALIVE) == 1.0
        strike = load(lanes, run.state.legs, row + at.E_STRIKE)
        if run.rules.legs[rule, at.G_IS_CALL] == 1.0:
            nearer = alive & (is_unknown(call) | (strike < call))
            call = select(nearer, strike, call)
            upper = select(nearer, strike - entry / abs(ratio), upper)
        else:
            nearer = alive & (is_unknown(put) | (strike > put))
            put = select(nearer, strike, put)
            lower = select(nearer, strike + entry / abs(ratio), lower)
    row = slot * at.LOT_ATTRIBUTE_ROWS
    store(lanes, run.state.lot_attributes, row + at.LA_LOWER, lower)
    store(lanes, run.state.lot_attributes, row + at.LA_UPPER, upper)
    of_layer = at.ACCOUNT_ATTRIBUTE_ROWS + layer * at.LAYER_ATTRIBUTE_ROWS
    first = load(lanes, run.state.attributes, of_layer + at.LA_COUNT) == 0.0
    so_far = load(lanes, run.state.attributes, of_layer + at.LA_LOWER)
    joined = select(is_unknown(so_far) | is_unknown(lower), UNKNOWN, maximum(so_far, lower))
    store_where(lanes, run.state.attributes, of_layer + at.LA_LOWER, held, select(first, lower, joined))
    so_far = load(lanes, run.state.attributes, of_layer + at.LA_UPPER)
    joined = select(is_unknown(so_far) | is_unknown(upper), UNKNOWN, minimum(so_far, upper))
    store_where(lanes, run.state.attributes, of_layer + at.LA_UPPER, held, select(first, upper, joined))


@lane_function
def add_layer_attributes(lanes: Lanes, run: Run, bar: int, layer: int) -> None:
    """What is pooled over a layer's lots."""
    of_layer = at.ACCOUNT_ATTRIBUTE_ROWS + layer * at.LAYER_ATTRIBUTE_ROWS
    value = load(lanes, run.state.attributes, of_layer + at.LA_VALUE)
    store(lanes, run.state.attributes, of_layer + at.LA_EARNED, load(lanes, run.state.layers, layer * at.LAYER_ROWS + at.S_FLOW) + value)
    if run.settings.thetas == 1:
        theta = load(lanes, run.state.attributes, of_layer + at.LA_THETA)
        store(lanes, run.state.attributes, of_layer + at.LA_CARRY, months_of_decay(value, theta))
    if run.settings.irrs == 1:
        first_slot = int(run.rules.layers[layer, at.L_FIRST_SLOT])
        last_slot = first_slot + int(run.rules.layers[layer, at.L_SLOTS])
        store(lanes, run.state.attributes, of_layer + at.LA_IRR, internal_rate(lanes, run, bar, layer, first_slot, last_slot))


@lane_function
def internal_rate(lanes: Lanes, run: Run, bar: int, layer: int, first_slot: int, last_slot: int) -> float:
    """The rate a year at which what the lots of some slots bound and paid grew to what they bind and are worth (quant.md T7)."""
    received = broadcast(lanes, 0.0)
    oldest = broadcast(lanes, -1.0)
    fails = none_of(oldest < 0.0)
    for slot in range(first_slot, last_slot):
        lot = slot * at.LOT_ROWS
        held = load(lanes, run.state.lots, lot + at.O_STRUCTURES) > 0.0
        units = load(lanes, run.state.lots, lot + at.O_UNITS)
        bound = load(lanes, run.state.lots, lot + at.O_OPENING) * units * 100.0
        worth = bound + load(lanes, run.state.lots, lot + at.O_VALUE) + load(lanes, run.state.lots, lot + at.O_CARRIED) * units * 100.0
        received = received + select(held, worth, 0.0)
        oldest = select(held, maximum(bar - load(lanes, run.state.lots, lot + at.O_BAR), oldest), oldest)
        fails = fails | (held & negate(_paid_in(lanes, run, slot) > 0.0))
        own = load(lanes, run.state.lots, lot + at.O_PROXY) < 0.0
        for leg in range(int(run.rules.layers[layer, at.L_PRIMARY])):
            settled = load(lanes, run.state.legs, (slot * at.LEGS + leg) * at.LEG_ROWS + at.E_ALIVE) == 0.0
            fails = fails | (held & own & settled)
    fails = fails | (oldest < YOUNGEST) | negate(received > 0.0)
    low = broadcast(lanes, -WIDEST)
    high = broadcast(lanes, WIDEST)
    fails = fails | (_surplus(lanes, run, bar, first_slot, last_slot, received, low) > 0.0)
    fails = fails | (_surplus(lanes, run, bar, first_slot, last_slot, received, high) < 0.0)
    if not any_lane(negate(fails)):
        return broadcast(lanes, UNKNOWN)
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        below = _surplus(lanes, run, bar, first_slot, last_slot, received, middle) < 0.0
        low = select(below, middle, low)
        high = select(below, high, middle)
    return select(fails, UNKNOWN, exp(0.5 * (low + high)) - 1.0)


@lane_function
def _paid_in(lanes: Lanes, run: Run, slot: int) -> float:
    """Dollars that a lot bound when it was opened, paid for and paid in fees."""
    lot = slot * at.LOT_ROWS
    units = load(lanes, run.state.lots, lot + at.O_UNITS)
    bound = load(lanes, run.state.lots, lot + at.O_OPENING) * units * 100.0
    return bound + load(lanes, run.state.lots, lot + at.O_ENTRY) * units * 100.0 + load(lanes, run.state.lots, lot + at.O_FEES)


@lane_function
def _surplus(lanes: Lanes, run: Run, bar: int, first_slot: int, last_slot: int, received: float, u: float) -> float:
    """What the lots' outlays would have grown to at rate u, less what they did."""
    total = broadcast(lanes, 0.0)
    today = run.market.days[bar, at.D_DAY]
    for slot in range(first_slot, last_slot):
        lot = slot * at.LOT_ROWS
        held = load(lanes, run.state.lots, lot + at.O_STRUCTURES) > 0.0
        if any_lane(held):
            years = (today - load(lanes, run.state.lots, lot + at.O_DAY)) / DAYS_A_YEAR
            total = total + select(held, _paid_in(lanes, run, slot) * exp(u * years), 0.0)
    return total - received


@lane_function
def add_account_attributes(lanes: Lanes, run: Run, bar: int) -> None:
    """Net beta and the cost of capital."""
    equity = load(lanes, run.state.account, at.A_EQUITY)
    if run.settings.betas == 1:
        beta = load(lanes, run.state.account, at.A_BETA)
        if run.settings.hold == 1:
            beta = beta + load(lanes, run.state.account, at.A_UNITS) * series_at(lanes, run, bar, at.SPX_CLOSE)
        store(lanes, run.state.attributes, at.AA_NET_BETA, divide(beta, equity))
    if run.settings.thetas == 1:
        margin = load(lanes, run.state.account, at.A_MARGIN)
        hedges = load(lanes, run.state.account, at.A_HEDGE_VALUE)
        decay = -load(lanes, run.state.account, at.A_HEDGE_THETA) * DAYS_A_YEAR
        free = maximum(load(lanes, run.state.account, at.A_CASH) - margin, 0.0)
        rate = series_at(lanes, run, bar, at.RATE)
        divisor = (margin + hedges) + free
        cost = divide(margin * (rate + FINANCING_SPREAD) + decay + free * rate, divisor)
        store(lanes, run.state.attributes, at.AA_WACC, select(divisor > 0.0, cost, UNKNOWN))


@lane_function
def publish_decided(lanes: Lanes, run: Run, layer: int) -> None:
    """What layers downstream see of a layer: as of now."""
    of_layer = layer * at.LAYER_ROWS
    attributes = at.ACCOUNT_ATTRIBUTE_ROWS + layer * at.LAYER_ATTRIBUTE_ROWS
    count = broadcast(lanes, 0.0)
    contracts = broadcast(lanes, 0.0)
    credit = broadcast(lanes, 0.0)
    cost = broadcast(lanes, 0.0)
    first_slot = int(run.rules.layers[layer, at.L_FIRST_SLOT])
    for slot in range(first_slot, first_slot + int(run.rules.layers[layer, at.L_SLOTS])):
        structures = load(lanes, run.state.lots, slot * at.LOT_ROWS + at.O_STRUCTURES)
        held = structures > 0.0
        if any_lane(held):
            units = load(lanes, run.state.lots, slot * at.LOT_ROWS + at.O_UNITS)
            entry = entry_of_all_legs(lanes, run, layer, slot)
            count = count + select(held, 1.0, 0.0)
            contracts = contracts + select(held, structures, 0.0)
            credit = credit + select(held, maximum(-entry, 0.0) * units * 100.0, 0.0)
            cost = cost + select(held, maximum(entry, 0.0) * units * 100.0, 0.0)
    store(lanes, run.state.attributes, attributes + at.LA_COUNT, count)
    store(lanes, run.state.attributes, attributes + at.LA_CONTRACTS, contracts)
    store(lanes, run.state.attributes, attributes + at.LA_CREDIT, credit)
    store(lanes, run.state.attributes, attributes + at.LA_COST, cost)
    store(lanes, run.state.layers, of_layer + at.S_CONTRACTS, contracts)
    store(lanes, run.state.layers, of_layer + at.S_COST, cost)
    store(lanes, run.state.attributes, attributes + at.LA_REALIZED, load(lanes, run.state.layers, of_layer + at.S_REALIZED))
    store(lanes, run.state.attributes, attributes + at.LA_GAINS, load(lanes, run.state.layers, of_layer + at.S_GAINS))
    store(lanes, run.state.attributes, attributes + at.LA_IS_OPEN, select(count > 0.0, 1.0, 0.0))
    store(lanes, run.state.attributes, attributes + at.LA_OPENS, load(lanes, run.state.layers, of_layer + at.S_OPENED))
    store(lanes, run.state.attributes, attributes + at.LA_CLOSES, load(lanes, run.state.layers, of_layer + at.S_CLOSED))
    store(lanes, run.state.attributes, attributes + at.LA_ROLLS, load(lanes, run.state.layers, of_layer + at.S_ROLLED))


@lane_function
def entry_of_all_legs(lanes: Lanes, run: Run, layer: int, slot: int) -> float:
    """Points paid for a structure, its settled legs counted too."""
    first_leg = int(run.rules.layers[layer, at.L_FIRST_LEG])
    entry = broadcast(lanes, 0.0)
    for leg in range(int(run.rules.layers[layer, at.L_LEGS])):
        fill = load(lanes, run.state.legs, (slot * at.LEGS + leg) * at.LEG_ROWS + at.E_FILL)
        entry = entry + run.rules.legs[first_leg + leg, at.G_PAID_WEIGHT] * fill
    return entry
