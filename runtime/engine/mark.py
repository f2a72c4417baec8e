"""Steps 1 to 3 of a bar: interest, settlement of what expires, and the marks and attributes of what is held."""

from __future__ import annotations

from alvh.runtime.engine import layout as at
from alvh.runtime.engine.choose import payoff
from alvh.runtime.engine.journal import journal_settlement
from alvh.runtime.engine.layout import Run
from alvh.runtime.engine.prices import absolute_delta, ensure_leg_terms, half_spread, quote, series_at
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
from alvh.runtime.market import Floats

UNKNOWN = float("nan")
NOTHING_DUE = float("inf")
"""The quick ratio of a book that owes nothing soon."""
MOST_STALE_BARS = 5
QUICK_WIDTH = 0.25
QUICK_DAYS = 30.0
"""The quick ratio's widest quote, as part of mid, and its horizon for shorts (quant.md T14)."""
SETTLED = at.COUNT_VERBS + at.VERBS.index("settle")


@lane_function
def add_where(lanes: Lanes, array: Floats, row: int, mask: bool, amount: float) -> None:
    """Adds to the lanes of a mask; the others keep their bits."""
    before = load(lanes, array, row)
    store(lanes, array, row, select(mask, before + amount, before))


@lane_function
def count_where(lanes: Lanes, array: Floats, row: int, mask: bool) -> None:
    add_where(lanes, array, row, mask, 1.0)


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
def refresh_lot(lanes: Lanes, run: Run, layer: int, slot: int) -> None:
    """Entry, worst loss and nearest settlement of a lot's live legs."""
    first_leg = int(run.rules.layers[layer, at.L_FIRST_LEG])
    legs = int(run.rules.layers[layer, at.L_LEGS])
    entry = broadcast(lanes, 0.0)
    nearest = broadcast(lanes, 1e18)
    lowest = broadcast(lanes, 0.0)
    for leg in range(legs):
        row = (slot * at.LEGS + leg) * at.LEG_ROWS
        alive = load(lanes, run.state.legs, row + at.E_ALIVE) == 1.0
        entry = entry + select(alive, run.rules.legs[first_leg + leg, at.G_RATIO] * load(lanes, run.state.legs, row + at.E_FILL), 0.0)
        nearest = select(alive, minimum(load(lanes, run.state.legs, row + at.E_SETTLE_DAY), nearest), nearest)
    for point in range(-1, legs):
        price = broadcast(lanes, 0.0)
        counts = price == 0.0
        if point >= 0:
            price = load(lanes, run.state.legs, (slot * at.LEGS + point) * at.LEG_ROWS + at.E_STRIKE)
            counts = load(lanes, run.state.legs, (slot * at.LEGS + point) * at.LEG_ROWS + at.E_ALIVE) == 1.0
        total = broadcast(lanes, 0.0)
        for leg in range(legs):
            row = (slot * at.LEGS + leg) * at.LEG_ROWS
            alive = load(lanes, run.state.legs, row + at.E_ALIVE) == 1.0
            value = payoff(run.rules.legs[first_leg + leg, at.G_IS_CALL] == 1.0, price, load(lanes, run.state.legs, row + at.E_STRIKE))
            total = total + select(alive, run.rules.legs[first_leg + leg, at.G_RATIO] * value, 0.0)
        lowest = select(counts, minimum(lowest, total), lowest)
    lot = slot * at.LOT_ROWS
    store(lanes, run.state.lots, lot + at.O_ENTRY, entry)
    store(lanes, run.state.lots, lot + at.O_NEAREST, nearest)
    store(lanes, run.state.lots, lot + at.O_WORST, -lowest)


@lane_function
def settle(lanes: Lanes, run: Run, bar: int) -> None:
    """Step 2: every leg whose settlement has come, all of a structure on one print."""
    for layer in range(run.settings.layers):
        first_slot = int(run.rules.layers[layer, at.L_FIRST_SLOT])
        for slot in range(first_slot, first_slot + int(run.rules.layers[layer, at.L_SLOTS])):
            held = load(lanes, run.state.lots, slot * at.LOT_ROWS + at.O_STRUCTURES) > 0.0
            if any_lane(held):
                _settle_lot(lanes, run, bar, layer, slot, held)


@lane_function
def _settle_lot(lanes: Lanes, run: Run, bar: int, layer: int, slot: int, held: bool) -> None:
    first_leg = int(run.rules.layers[layer, at.L_FIRST_LEG])
    legs = int(run.rules.layers[layer, at.L_LEGS])
    lot = slot * at.LOT_ROWS
    value = broadcast(lanes, 0.0)
    entry = broadcast(lanes, 0.0)
    settling = negate(held | negate(held))
    surviving = settling
    for leg in range(legs):
        row = (slot * at.LEGS + leg) * at.LEG_ROWS
        alive = held & (load(lanes, run.state.legs, row + at.E_ALIVE) == 1.0)
        due = alive & (load(lanes, run.state.legs, row + at.E_SETTLE_BAR) <= bar)
        surviving = surviving | (alive & negate(due))
        if any_lane(due):
            settling = settling | due
            rule = first_leg + leg
            if run.rules.legs[rule, at.G_PRODUCT] == at.SPX:
                opening = series_at(lanes, run, bar, at.SPX_AM)
                closing = series_at(lanes, run, bar, at.SPX_CLOSE)
                settled_at = select(load(lanes, run.state.legs, row + at.E_AM) == 1.0, opening, closing)
            else:
                settled_at = series_at(lanes, run, bar, at.VIX_SETTLEMENT)
            no_print = is_unknown(settled_at)
            count_where(lanes, run.tape.counts, at.COUNT_PRINTS, due & no_print)
            worth = payoff(run.rules.legs[rule, at.G_IS_CALL] == 1.0, settled_at, load(lanes, run.state.legs, row + at.E_STRIKE))
            worth = select(no_print, load(lanes, run.state.legs, row + at.E_MARK), worth)
            value = value + select(due, run.rules.legs[rule, at.G_RATIO] * worth, 0.0)
            entry = entry + select(due, run.rules.legs[rule, at.G_RATIO] * load(lanes, run.state.legs, row + at.E_FILL), 0.0)
            store_where(lanes, run.state.legs, row + at.E_ALIVE, due, broadcast(lanes, 0.0))
    if not any_lane(settling):
        return
    structures = load(lanes, run.state.lots, lot + at.O_STRUCTURES)
    ends = settling & negate(surviving)
    amount = value * structures * 100.0
    entry_money = entry * structures * 100.0
    fees = select(ends, load(lanes, run.state.lots, lot + at.O_FEES), 0.0)
    realized = amount - entry_money - fees
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
    journal_settlement(lanes, run, bar, layer, slot, settling, structures, value)
    store_where(lanes, run.state.lots, lot + at.O_STRUCTURES, ends, broadcast(lanes, 0.0))
    refresh_lot(lanes, run, layer, slot)


@lane_function
def mark(lanes: Lanes, run: Run, bar: int) -> None:
    """Step 3: mids, stale legs, and every attribute that today's decisions read."""
    store(lanes, run.state.account, at.A_MARGIN, broadcast(lanes, 0.0))
    long_bids = broadcast(lanes, 0.0)
    short_asks = broadcast(lanes, 0.0)
    for layer in range(run.settings.layers):
        of_layer = layer * at.LAYER_ROWS
        attributes = at.ACCOUNT_ATTRIBUTE_ROWS + layer * at.LAYER_ATTRIBUTE_ROWS
        for name in range(at.LA_NOTIONAL + 2):
            store(lanes, run.state.attributes, attributes + name, broadcast(lanes, 0.0))
        for name in range(at.LA_DTE, at.LA_COUNT):
            store(lanes, run.state.attributes, attributes + name, broadcast(lanes, UNKNOWN))
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
        publish_decided(lanes, run, layer)
    _mark_account(lanes, run, bar, long_bids, short_asks)


@lane_function
def _mark_lot(
    lanes: Lanes, run: Run, bar: int, layer: int, slot: int, held: bool, long_bids: float, short_asks: float
) -> tuple[float, float]:
    first_leg = int(run.rules.layers[layer, at.L_FIRST_LEG])
    legs = int(run.rules.layers[layer, at.L_LEGS])
    lot = slot * at.LOT_ROWS
    today = run.market.days[bar, at.D_DAY]
    spx = series_at(lanes, run, bar, at.SPX_CLOSE)
    structures = load(lanes, run.state.lots, lot + at.O_STRUCTURES)
    value = broadcast(lanes, 0.0)
    delta = broadcast(lanes, 0.0)
    short_delta = broadcast(lanes, UNKNOWN)
    option_delta = broadcast(lanes, UNKNOWN)
    credit = broadcast(lanes, 0.0)
    stale = negate(held | negate(held))
    for leg in range(legs):
        row = (slot * at.LEGS + leg) * at.LEG_ROWS
        rule = first_leg + leg
        product = int(run.rules.legs[rule, at.G_PRODUCT])
        is_call = run.rules.legs[rule, at.G_IS_CALL] == 1.0
        ratio = run.rules.legs[rule, at.G_RATIO]
        alive = held & (load(lanes, run.state.legs, row + at.E_ALIVE) == 1.0)
        credit = credit + ratio * load(lanes, run.state.legs, row + at.E_FILL)
        if any_lane(alive):
            ensure_leg_terms(lanes, run, bar, product, row, lot + at.O_STRUCTURES)
            expiry = load(lanes, run.state.legs, row + at.E_EXPIRY)
            strike = load(lanes, run.state.legs, row + at.E_STRIKE)
            mid, half = quote(lanes, run, bar, product, is_call, expiry, strike)
            unknown = is_unknown(mid) | is_unknown(half)
            last = load(lanes, run.state.legs, row + at.E_MARK)
            price = select(unknown, last, mid)
            stale = stale | (alive & unknown)
            count_where(lanes, run.tape.counts, at.COUNT_STALE, alive & unknown)
            if any_lane(alive & unknown):
                # Nothing trades a stale lot; the quick ratio reads its last mark at today's widths.
                half = half_spread(lanes, run, bar, product, price)
            store_where(lanes, run.state.legs, row + at.E_MARK, alive, price)
            store_where(lanes, run.state.legs, row + at.E_HALF, alive, half)
            value = value + select(alive, ratio * price, 0.0)
            if run.settings.deltas == 1:
                own = absolute_delta(lanes, run, bar, product, is_call, expiry, strike)
                signed = own
                if not is_call:
                    signed = -own
                delta = delta + select(alive, ratio * signed, 0.0)
                if leg == 0:
                    option_delta = select(alive, own, UNKNOWN)
                if ratio < 0.0:
                    first = is_unknown(short_delta)
                    short_delta = select(alive, select(first, own, maximum(short_delta, own)), short_delta)
            if ratio < 0.0:
                near = load(lanes, run.state.legs, row + at.E_SETTLE_DAY) - today <= QUICK_DAYS
                short_asks = short_asks + select(alive & near, -ratio * (price + half) * structures * 100.0, 0.0)
            else:
                bid = maximum(price - half, 0.0)
                tight = price + half - bid <= QUICK_WIDTH * price
                long_bids = long_bids + select(alive & tight, ratio * bid * structures * 100.0, 0.0)
    _store_lot_marks(lanes, run, lot, held, stale, value, structures)
    if any_lane(held & (load(lanes, run.state.lots, lot + at.O_STALE) > MOST_STALE_BARS)):
        stopped = load(lanes, run.tape.counts, at.COUNT_STOPPED)
        now = held & (load(lanes, run.state.lots, lot + at.O_STALE) > MOST_STALE_BARS) & (stopped < 0.0)
        store_where(lanes, run.tape.counts, at.COUNT_STOPPED, now, broadcast(lanes, float(bar)))
    _attribute_lot(lanes, run, bar, today, spx, layer, slot, held, value, delta, short_delta, option_delta, credit)
    return long_bids, short_asks


@lane_function
def _store_lot_marks(lanes: Lanes, run: Run, lot: int, held: bool, stale: bool, value: float, structures: float) -> None:
    store_where(lanes, run.state.lots, lot + at.O_VALUE, held, value * structures * 100.0)
    in_a_row = select(stale, load(lanes, run.state.lots, lot + at.O_STALE) + 1.0, 0.0)
    store_where(lanes, run.state.lots, lot + at.O_STALE, held, in_a_row)


@lane_function
def _attribute_lot(
    lanes: Lanes,
    run: Run,
    bar: int,
    today: float,
    spx: float,
    layer: int,
    slot: int,
    held: bool,
    value: float,
    delta: float,
    short_delta: float,
    option_delta: float,
    credit: float,
) -> None:
    """A lot's own attributes, and its part in its layer's."""
    lot = slot * at.LOT_ROWS
    structures = load(lanes, run.state.lots, lot + at.O_STRUCTURES)
    worth = load(lanes, run.state.lots, lot + at.O_VALUE)
    profit = worth - load(lanes, run.state.lots, lot + at.O_ENTRY) * structures * 100.0
    margin = load(lanes, run.state.lots, lot + at.O_WORST) * structures * 100.0
    row = slot * at.LOT_ATTRIBUTE_ROWS
    store(lanes, run.state.lot_attributes, row + at.LA_VALUE, worth)
    store(lanes, run.state.lot_attributes, row + at.LA_PROFIT, profit)
    store(lanes, run.state.lot_attributes, row + at.LA_LOSS, -profit)
    store(lanes, run.state.lot_attributes, row + at.LA_MARGIN, margin)
    store(lanes, run.state.lot_attributes, row + at.LA_DELTA, delta * structures * 100.0)
    store(lanes, run.state.lot_attributes, row + at.LA_CREDIT, maximum(-credit, 0.0) * structures * 100.0)
    store(lanes, run.state.lot_attributes, row + at.LA_COST, maximum(credit, 0.0) * structures * 100.0)
    store(lanes, run.state.lot_attributes, row + at.LA_CONTRACTS, structures)
    store(lanes, run.state.lot_attributes, row + at.LA_NOTIONAL, structures * 100.0 * spx)
    store(lanes, run.state.lot_attributes, row + at.LA_WIDTH, structures * 100.0 * load(lanes, run.state.lots, lot + at.O_WIDTH))
    store(lanes, run.state.lot_attributes, row + at.LA_DTE, load(lanes, run.state.lots, lot + at.O_NEAREST) - today)
    store(lanes, run.state.lot_attributes, row + at.LA_SHORT_DELTA, short_delta)
    store(lanes, run.state.lot_attributes, row + at.LA_OPTION_DELTA, option_delta)
    store(lanes, run.state.lot_attributes, row + at.LA_AGE, bar - load(lanes, run.state.lots, lot + at.O_BAR))
    attributes = at.ACCOUNT_ATTRIBUTE_ROWS + layer * at.LAYER_ATTRIBUTE_ROWS
    for name in range(at.LA_DTE):
        add_where(lanes, run.state.attributes, attributes + name, held, load(lanes, run.state.lot_attributes, row + name))
    for name in range(at.LA_DTE, at.LA_COUNT):
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
    store(lanes, run.state.attributes, 0, equity)
    store(lanes, run.state.attributes, 1, cash)
    due = short_asks + deficit
    store(lanes, run.state.attributes, 2, select(due == 0.0, NOTHING_DUE, divide(cash + long_bids, due)))


@lane_function
def publish_decided(lanes: Lanes, run: Run, layer: int) -> None:
    """What layers downstream see of a layer: as of now."""
    of_layer = layer * at.LAYER_ROWS
    attributes = at.ACCOUNT_ATTRIBUTE_ROWS + layer * at.LAYER_ATTRIBUTE_ROWS
    count = broadcast(lanes, 0.0)
    contracts = broadcast(lanes, 0.0)
    credit = broadcast(lanes, 0.0)
    cost = broadcast(lanes, 0.0)
    first_leg = int(run.rules.layers[layer, at.L_FIRST_LEG])
    first_slot = int(run.rules.layers[layer, at.L_FIRST_SLOT])
    for slot in range(first_slot, first_slot + int(run.rules.layers[layer, at.L_SLOTS])):
        structures = load(lanes, run.state.lots, slot * at.LOT_ROWS + at.O_STRUCTURES)
        held = structures > 0.0
        if any_lane(held):
            entry = broadcast(lanes, 0.0)
            for leg in range(int(run.rules.layers[layer, at.L_LEGS])):
                fill = load(lanes, run.state.legs, (slot * at.LEGS + leg) * at.LEG_ROWS + at.E_FILL)
                entry = entry + run.rules.legs[first_leg + leg, at.G_RATIO] * fill
            count = count + select(held, 1.0, 0.0)
            contracts = contracts + select(held, structures, 0.0)
            credit = credit + select(held, maximum(-entry, 0.0) * structures * 100.0, 0.0)
            cost = cost + select(held, maximum(entry, 0.0) * structures * 100.0, 0.0)
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
