"""Step 3 of a bar: mids, variation of futures, stale legs, and every attribute that today's decisions read."""

from __future__ import annotations

from alvh.runtime.engine import layout as at
from alvh.runtime.engine.attributes import add_account_attributes, add_layer_attributes, add_lot_attributes, publish_decided
from alvh.runtime.engine.layout import Run
from alvh.runtime.engine.ledger import add_where, count_where, none_of
from alvh.runtime.engine.margin import NO_SETTLEMENT, margin_of_lot, note_floating
from alvh.runtime.engine.prices import absolute_delta, half_spread, quote, series_at, terms_of_leg
from alvh.runtime.engine.sensitivities import beta_of_leg, theta_of_leg, vega_of_leg
from alvh.runtime.lanes import (
    Lanes,
    all_lanes,
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

UNKNOWN = float("nan")
NOTHING_DUE = float("inf")
"""The quick ratio of a book that owes nothing soon."""
MOST_STALE_BARS = 5
QUICK_WIDTH = 0.25
QUICK_DAYS = 30.0
"""The quick ratio's widest quote, as part of mid, and its horizon for shorts (quant.md T14)."""


@lane_function
def mark(lanes: Lanes, run: Run, bar: int) -> None:
    """Step 3: mids, stale legs, and every attribute that today's decisions read."""
    for name in (at.A_MARGIN, at.A_BETA, at.A_HEDGE_VALUE, at.A_HEDGE_THETA):
        store(lanes, run.state.account, name, broadcast(lanes, 0.0))
    long_bids = broadcast(lanes, 0.0)
    short_asks = broadcast(lanes, 0.0)
    for layer in range(run.settings.layers):
        of_layer = layer * at.LAYER_ROWS
        attributes = at.ACCOUNT_ATTRIBUTE_ROWS + layer * at.LAYER_ATTRIBUTE_ROWS
        for name in range(at.LA_NOTIONAL + 2):
            store(lanes, run.state.attributes, attributes + name, broadcast(lanes, 0.0))
        for name in range(at.LA_DTE, at.LA_COUNT):
            store(lanes, run.state.attributes, attributes + name, broadcast(lanes, UNKNOWN))
        store(lanes, run.state.attributes, attributes + at.LA_VEGA, broadcast(lanes, 0.0))
        store(lanes, run.state.attributes, attributes + at.LA_THETA, broadcast(lanes, 0.0))
        store(lanes, run.state.attributes, attributes + at.LA_COUNT, broadcast(lanes, 0.0))
        store(lanes, run.state.layers, of_layer + at.S_OPENED, broadcast(lanes, 0.0))
        store(lanes, run.state.layers, of_layer + at.S_CLOSED, broadcast(lanes, 0.0))
        store(lanes, run.state.layers, of_layer + at.S_ROLLED, broadcast(lanes, 0.0))
        first_slot = int(run.rules.layers[layer, at.L_FIRST_SLOT])
        for slot in range(first_slot, first_slot + int(run.rules.layers[layer, at.L_SLOTS])):
            held = load(lanes, run.state.lots, slot * at.LOT_ROWS + at.O_STRUCTURES) > 0.0
            if any_lane(held):
                bids, asks = _mark_lot(lanes, run, bar, layer, slot, held, long_bids, short_asks)
                long_bids = bids
                short_asks = asks
        add_layer_attributes(lanes, run, bar, layer)
        publish_decided(lanes, run, layer)
    _mark_account(lanes, run, bar, long_bids, short_asks)


@lane_function
def _mark_lot(
    lanes: Lanes, run: Run, bar: int, layer: int, slot: int, held: bool, long_bids: float, short_asks: float
) -> tuple[float, float]:
    first_leg = int(run.rules.layers[layer, at.L_FIRST_LEG])
    lot = slot * at.LOT_ROWS
    today = run.market.days[bar, at.D_DAY]
    units = load(lanes, run.state.lots, lot + at.O_UNITS)
    value = broadcast(lanes, 0.0)
    carried = broadcast(lanes, 0.0)
    delta = broadcast(lanes, 0.0)
    vega = broadcast(lanes, 0.0)
    theta = broadcast(lanes, 0.0)
    beta = broadcast(lanes, 0.0)
    short_delta = broadcast(lanes, UNKNOWN)
    option_delta = broadcast(lanes, UNKNOWN)
    credit = broadcast(lanes, 0.0)
    stale = none_of(held)
    terms = 0
    source = -1
    priced = stale
    for leg in range(int(run.rules.layers[layer, at.L_LEGS])):
        row = (slot * at.LEGS + leg) * at.LEG_ROWS
        rule = first_leg + leg
        product = int(run.rules.legs[rule, at.G_PRODUCT])
        kind = int(run.rules.legs[rule, at.G_KIND])
        is_call = run.rules.legs[rule, at.G_IS_CALL] == 1.0
        weight = run.rules.legs[rule, at.G_WEIGHT]
        alive = held & (load(lanes, run.state.legs, row + at.E_ALIVE) == 1.0)
        fill = load(lanes, run.state.legs, row + at.E_FILL)
        credit = credit + run.rules.legs[rule, at.G_PAID_WEIGHT] * fill
        if any_lane(alive):
            if source < 0 or not _shares_terms(lanes, run, layer, slot, source, leg, priced, alive):
                terms = terms_of_leg(lanes, run, bar, product, kind, row, alive)
                source = leg
                priced = alive
            strike = load(lanes, run.state.legs, row + at.E_STRIKE)
            mid, half = quote(lanes, run, bar, product, kind, is_call, terms, strike)
            unknown = is_unknown(mid) | is_unknown(half)
            last = load(lanes, run.state.legs, row + at.E_MARK)
            price = select(unknown, last, mid)
            stale = stale | (alive & unknown)
            count_where(lanes, run.tape.counts, at.COUNT_STALE, alive & unknown)
            if any_lane(alive & unknown):
                # Nothing trades a stale lot; the quick ratio reads its last mark at today's widths.
                half = half_spread(lanes, run, bar, product, kind, price)
            store_where(lanes, run.state.legs, row + at.E_MARK, alive, price)
            store_where(lanes, run.state.legs, row + at.E_HALF, alive, half)
            signed = broadcast(lanes, 1.0)
            if run.settings.deltas == 1:
                if kind == at.OPTION:
                    own = absolute_delta(lanes, run, bar, product, is_call, terms, strike)
                    signed = own
                    if not is_call:
                        signed = -own
                    if leg == 0:
                        option_delta = select(alive, own, UNKNOWN)
                    if weight < 0.0:
                        first = is_unknown(short_delta)
                        short_delta = select(alive, select(first, own, maximum(short_delta, own)), short_delta)
                delta = delta + select(alive, weight * signed, 0.0)
            if run.settings.betas == 1:
                beta = beta + select(alive, beta_of_leg(lanes, run, bar, rule, terms, signed), 0.0)
            if run.settings.vegas == 1:
                days = load(lanes, run.state.legs, row + at.E_SETTLE_DAY) - today
                vega = vega + select(alive, vega_of_leg(lanes, run, bar, rule, terms, strike, days), 0.0)
            if run.settings.thetas == 1:
                days = load(lanes, run.state.legs, row + at.E_SETTLE_DAY) - today
                theta = theta + select(alive, theta_of_leg(lanes, run, bar, rule, terms, strike, days), 0.0)
            if kind == at.FUTURE:
                variation = weight * (price - last) * units * 100.0
                known = alive & negate(unknown)
                add_where(lanes, run.state.account, at.A_CASH, known, variation)
                add_where(lanes, run.state.layers, layer * at.LAYER_ROWS + at.S_FLOW, known, variation)
                carried = carried + select(alive, weight * (price - fill), 0.0)
            else:
                value = value + select(alive, weight * price, 0.0)
                if weight < 0.0:
                    near = load(lanes, run.state.legs, row + at.E_SETTLE_DAY) - today <= QUICK_DAYS
                    short_asks = short_asks + select(alive & near, -weight * (price + half) * units * 100.0, 0.0)
                else:
                    bid = maximum(price - half, 0.0)
                    tight = price + half - bid <= QUICK_WIDTH * price
                    long_bids = long_bids + select(alive & tight, weight * bid * units * 100.0, 0.0)
    store_where(lanes, run.state.lots, lot + at.O_CARRIED, held, carried)
    _store_lot_marks(lanes, run, bar, layer, slot, held, stale, value, units)
    if any_lane(held & (load(lanes, run.state.lots, lot + at.O_STALE) > MOST_STALE_BARS)):
        stopped = load(lanes, run.tape.counts, at.COUNT_STOPPED)
        now = held & (load(lanes, run.state.lots, lot + at.O_STALE) > MOST_STALE_BARS) & (stopped < 0.0)
        store_where(lanes, run.tape.counts, at.COUNT_STOPPED, now, broadcast(lanes, float(bar)))
    add_lot_attributes(lanes, run, bar, layer, slot, held, vega, theta, beta)
    _attribute_lot(lanes, run, bar, today, layer, slot, held, delta, short_delta, option_delta, credit)
    return long_bids, short_asks


@lane_function
def _shares_terms(lanes: Lanes, run: Run, layer: int, slot: int, source: int, leg: int, priced: bool, alive: bool) -> bool:
    """Whether an earlier leg, whose terms were found on the lanes of `priced`, has this one's product and expiry wherever this one lives,
    so that its terms serve: as in a condor."""
    first_leg = int(run.rules.layers[layer, at.L_FIRST_LEG])
    legs = run.rules.legs
    if legs[first_leg + leg, at.G_PRODUCT] != legs[first_leg + source, at.G_PRODUCT] or legs[first_leg + source, at.G_KIND] == at.SHARES:
        return False
    expiry = load(lanes, run.state.legs, (slot * at.LEGS + leg) * at.LEG_ROWS + at.E_EXPIRY)
    same = expiry == load(lanes, run.state.legs, (slot * at.LEGS + source) * at.LEG_ROWS + at.E_EXPIRY)
    return all_lanes((same & priced) | negate(alive))


@lane_function
def _store_lot_marks(lanes: Lanes, run: Run, bar: int, layer: int, slot: int, held: bool, stale: bool, value: float, units: float) -> None:
    lot = slot * at.LOT_ROWS
    store_where(lanes, run.state.lots, lot + at.O_VALUE, held, value * units * 100.0)
    in_a_row = select(stale, load(lanes, run.state.lots, lot + at.O_STALE) + 1.0, 0.0)
    store_where(lanes, run.state.lots, lot + at.O_STALE, held, in_a_row)
    store_where(lanes, run.state.lots, lot + at.O_TRIMMED, held, broadcast(lanes, 0.0))
    # A stale lot binds what it did.
    note_floating(lanes, run, bar, layer, slot, held & negate(stale))


@lane_function
def _attribute_lot(
    lanes: Lanes,
    run: Run,
    bar: int,
    today: float,
    layer: int,
    slot: int,
    held: bool,
    delta: float,
    short_delta: float,
    option_delta: float,
    credit: float,
) -> None:
    """A lot's own attributes, and its part in its layer's."""
    lot = slot * at.LOT_ROWS
    structures = load(lanes, run.state.lots, lot + at.O_STRUCTURES)
    units = load(lanes, run.state.lots, lot + at.O_UNITS)
    worth = load(lanes, run.state.lots, lot + at.O_VALUE)
    carried = load(lanes, run.state.lots, lot + at.O_CARRIED)
    profit = (worth - load(lanes, run.state.lots, lot + at.O_ENTRY) * units * 100.0) + carried * units * 100.0
    margin = margin_of_lot(lanes, run, slot)
    nearest = load(lanes, run.state.lots, lot + at.O_NEAREST)
    row = slot * at.LOT_ATTRIBUTE_ROWS
    store(lanes, run.state.lot_attributes, row + at.LA_VALUE, worth)
    store(lanes, run.state.lot_attributes, row + at.LA_PROFIT, profit)
    store(lanes, run.state.lot_attributes, row + at.LA_LOSS, -profit)
    store(lanes, run.state.lot_attributes, row + at.LA_MARGIN, margin)
    store(lanes, run.state.lot_attributes, row + at.LA_DELTA, delta * units * 100.0)
    store(lanes, run.state.lot_attributes, row + at.LA_CREDIT, maximum(-credit, 0.0) * units * 100.0)
    store(lanes, run.state.lot_attributes, row + at.LA_COST, maximum(credit, 0.0) * units * 100.0)
    store(lanes, run.state.lot_attributes, row + at.LA_CONTRACTS, structures)
    store(lanes, run.state.lot_attributes, row + at.LA_NOTIONAL, structures * 100.0 * series_at(lanes, run, bar, at.SPX_CLOSE))
    store(lanes, run.state.lot_attributes, row + at.LA_WIDTH, structures * 100.0 * load(lanes, run.state.lots, lot + at.O_WIDTH))
    store(lanes, run.state.lot_attributes, row + at.LA_DTE, select(nearest == NO_SETTLEMENT, UNKNOWN, nearest - today))
    store(lanes, run.state.lot_attributes, row + at.LA_SHORT_DELTA, short_delta)
    store(lanes, run.state.lot_attributes, row + at.LA_OPTION_DELTA, option_delta)
    store(lanes, run.state.lot_attributes, row + at.LA_AGE, bar - load(lanes, run.state.lots, lot + at.O_BAR))
    attributes = at.ACCOUNT_ATTRIBUTE_ROWS + layer * at.LAYER_ATTRIBUTE_ROWS
    for name in range(at.LA_DTE):
        add_where(lanes, run.state.attributes, attributes + name, held, load(lanes, run.state.lot_attributes, row + name))
    for name in range(at.LA_DTE, at.LA_AGE + 1):
        so_far = load(lanes, run.state.attributes, attributes + name)
        own = load(lanes, run.state.lot_attributes, row + name)
        joined = maximum(so_far, own)
        if name == at.LA_DTE:
            joined = minimum(so_far, own)
        joined = select(is_unknown(so_far) | is_unknown(own), UNKNOWN, joined)
        first = load(lanes, run.state.attributes, attributes + at.LA_COUNT) == 0.0
        store_where(lanes, run.state.attributes, attributes + name, held, select(first, own, joined))
    add_where(lanes, run.state.attributes, attributes + at.LA_COUNT, held, 1.0)
    add_where(lanes, run.state.account, at.A_MARGIN, held, margin)


@lane_function
def _mark_account(lanes: Lanes, run: Run, bar: int, long_bids: float, short_asks: float) -> None:
    cash = load(lanes, run.state.account, at.A_CASH)
    equity = cash
    for layer in range(run.settings.layers):
        equity = equity + load(lanes, run.state.attributes, at.ACCOUNT_ATTRIBUTE_ROWS + layer * at.LAYER_ATTRIBUTE_ROWS + at.LA_VALUE)
    if run.settings.hold == 1:
        equity = equity + load(lanes, run.state.account, at.A_UNITS) * series_at(lanes, run, bar, at.SPX_CLOSE)
    store(lanes, run.state.account, at.A_EQUITY, equity)
    deficit = maximum(load(lanes, run.state.account, at.A_MARGIN) - cash, 0.0)
    store(lanes, run.state.attributes, at.AA_EQUITY, equity)
    store(lanes, run.state.attributes, at.AA_CASH, cash)
    due = short_asks + deficit
    ratio = select(due == 0.0, NOTHING_DUE, divide(cash + long_bids, due))
    store(lanes, run.state.attributes, at.AA_QUICK_RATIO, ratio)
    add_account_attributes(lanes, run, bar)
