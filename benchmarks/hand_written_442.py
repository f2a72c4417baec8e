"""`alvh_442_contracts` as a trader who programs would write it: one scalar loop over days for this one strategy.

What the compiled engine is measured against (`language_tax.py`). The meaning is docs/design/bar.md; pricing functions and market arrays
are the engine's, everything else is written directly: a book of iron condors of four legs that share an expiry, three layers of one VIX
call each, no tables, no lanes. `run_days` is plain Python too; `compiled` is it under Numba.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"
# Numba infers the types of what it compiles.
from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numba
import numpy as np
from numba.extending import register_jitable

import alvh.runtime.lane_types  # noqa: F401 - teaches Numba the lane functions
from alvh.runtime.market import MARKET_SERIES, Floats, Integers, MarketArrays
from alvh.runtime.pricing import costs, futures_curve, spx_surface, strikes, vix_options
from alvh.runtime.pricing.vix_level import level_table
from alvh.runtime.record import (
    ABOVE_SIZE,
    CLOSE,
    CUT_BY_CASH,
    CUT_BY_LIMIT,
    DELTA_FLAGGED,
    LESS_THAN_ONE,
    NO_BID,
    NO_DAYS_GAINED,
    NO_DEBIT,
    NO_EXPIRY,
    NO_PRICE,
    NO_REASON,
    NO_STRIKE,
    OPEN,
    REFUSED,
    ROLL_IN,
    ROLL_OUT,
    SETTLE,
    SIZE_NOT_POSITIVE,
    SIZE_UNKNOWN,
    STALE_MARK,
)

UNKNOWN = math.nan

inlined = register_jitable(error_model="numpy", forceinline=True)
"""Left as it is for plain Python. Numba passes a tuple of arrays by their many fields and counts references to each, so that inlining
everything makes the loop a fifth faster."""

# The strategy -----------------------------------------------------------------------------------------------------------------------------

CAPITAL = 1_000_000.0

SHORT_PUT, LONG_PUT, SHORT_CALL, LONG_CALL = range(4)
LEGS = 4
RATIO = (-1.0, 1.0, -1.0, 1.0)
IS_CALL = (False, False, True, True)
CONDOR_FEE = costs.FEE_PER_OPTION + costs.FEE_PER_OPTION + costs.FEE_PER_OPTION + costs.FEE_PER_OPTION
CONDOR_LOTS = 6
CONDOR_DELTA = 0.16
SHORTEST, LONGEST = 45.0, 60.0
RISK = 0.02
TAKE_PROFIT, STOP, TIME_STOP = 0.5, 2.0, 21.0
OVERSOLD, RSI_SESSIONS = 30.0, 14
NARROW_WING, WIDE_WING = 25.0, 50.0

FRONT, MEDIUM, FAR = range(3)
LAYERS = 3
CALLS = (4.0, 4.0, 2.0)
DAYS = (30.0, 110.0, 220.0)
ROLL_AT = (10.0, 45.0, 110.0)
CALL_DELTA = 0.50
DIVERGENCE_SESSIONS = 20
LIMIT = 0.18
INVERSION = 0.08
ROOM = 8
"""VIX lots a layer: the medium one also takes what the front one rolls into it, every three weeks for nine."""

REFUSED_DELTA_GAP, FLAGGED_DELTA_GAP = 0.10, 0.05
MOST_STALE_BARS = 5
QUICK_WIDTH, QUICK_DAYS = 0.25, 30.0

# The market -------------------------------------------------------------------------------------------------------------------------------

SPX, SPX_AM, RATE, VIX, VVIX = (MARKET_SERIES.index(name) for name in ("spx", "spx_am", "rate", "vix", "vvix"))
VIX_SETTLEMENT, VX1, W9 = (MARKET_SERIES.index(name) for name in ("vix_settlement", "vx1", "spx_w9"))
SCALE, RHO, ETA = (MARKET_SERIES.index(name) for name in ("spx_scale", "spx_rho", "spx_eta"))
AD_LINE = len(MARKET_SERIES)
FUTURES = 9


class Market(NamedTuple):
    """One path of a market."""

    values: Floats
    """[bars, series]"""
    sessions: Integers
    week_start: Integers
    era: Floats
    front_future: Integers
    """[bars] number of the monthly VIX expiry of rank 1."""
    spx_day: Integers
    spx_bar: Integers
    spx_listed: Integers
    spx_is_am: Integers
    vix_day: Integers
    vix_bar: Integers
    vix_listed: Integers
    vix_monthly: Integers
    vix_month: Integers
    """The monthly that an expiry is, or the first one after a weekly."""
    month_day: Integers
    level: Floats
    first: int
    last: int


def market_of(arrays: MarketArrays, path: int = 0) -> Market:
    """A path of market arrays whose one input is the advance-decline line."""
    if arrays.series != (*MARKET_SERIES, "ad_line"):
        raise ValueError("the strategy reads the advance-decline line and no other input")
    month_day = arrays.vix.settle_day[arrays.vix.monthly == 1]
    return Market(
        values=np.ascontiguousarray(arrays.values[:, :, path]),
        sessions=arrays.sessions,
        week_start=arrays.week_start,
        era=arrays.era,
        front_future=arrays.vx_front,
        spx_day=arrays.spx.settle_day,
        spx_bar=arrays.spx.settle_bar,
        spx_listed=arrays.spx.listed_bar,
        spx_is_am=arrays.spx.am,
        vix_day=arrays.vix.settle_day,
        vix_bar=arrays.vix.settle_bar,
        vix_listed=arrays.vix.listed_bar,
        vix_monthly=arrays.vix.monthly,
        vix_month=np.searchsorted(month_day, arrays.vix.settle_day),
        month_day=month_day,
        level=level_table().copy(),
        first=arrays.first,
        last=arrays.last,
    )


# The account ------------------------------------------------------------------------------------------------------------------------------

CASH, CONDOR_FLOW, CALL_FLOW, INTEREST, FEES = 0, 1, 2, 5, 6
"""Places in `money`; a flow is all cash that a layer moved."""
J_BAR, J_LAYER, J_SLOT, J_ACTION, J_CUT, J_FILLED, J_PRICE, J_COST, J_EXPIRY, J_STRIKE = range(10)
JOURNAL_COLUMNS = J_STRIKE + LEGS
R_EQUITY, R_CASH, R_INTEREST, R_FEES, R_PROFIT = range(5)
RECORD_COLUMNS = R_PROFIT + 1 + LAYERS


class Condors(NamedTuple):
    """[lots] and [lots, legs]; a slot without structures is free."""

    structures: Floats
    expiry: Integers
    worst: Floats
    stale: Integers
    strike: Floats
    fill: Floats
    mid: Floats
    half: Floats


class Calls(NamedTuple):
    """[layers, lots]."""

    structures: Floats
    own: Integers
    """1: opened by its layer, 0: rolled in from another."""
    expiry: Integers
    stale: Integers
    strike: Floats
    fill: Floats
    mid: Floats
    half: Floats


class Book(NamedTuple):
    """Everything that a day changes."""

    money: Floats
    condors: Condors
    calls: Calls
    terms: Floats
    """[VIX expiries, 10] as `vix_options.Terms`, computed on the bar that `terms_bar` says."""
    terms_bar: Integers
    last_refusal: Integers
    refused: Integers
    """By layer of the journal: the code last written, and whether today refused anything."""
    unwinding: Integers
    incoming: Floats
    """Contracts that the front layer rolled into the medium one today."""
    ask_slot: Integers
    ask_wanted: Floats
    ask_asked: Floats
    asks: Integers
    journal: Floats
    rows: Integers


class Record(NamedTuple):
    """What a run leaves: [bars, RECORD_COLUMNS], the journal's rows, and the bar on which marks were missing too long (-1)."""

    days: Floats
    journal: Floats
    stopped: int


def new_book(market: Market) -> Book:
    def floats(*shape: int) -> Floats:
        return np.zeros(shape)

    def integers(*shape: int) -> Integers:
        return np.zeros(shape, dtype=np.int64)

    lots, layered = (CONDOR_LOTS,), (LAYERS, ROOM)
    money = floats(FEES + 1)
    money[CASH] = CAPITAL
    return Book(
        money=money,
        condors=Condors(floats(*lots), integers(*lots), floats(*lots), integers(*lots), *(floats(*lots, LEGS) for _ in range(4))),
        calls=Calls(floats(*layered), integers(*layered), integers(*layered), integers(*layered), *(floats(*layered) for _ in range(4))),
        terms=floats(len(market.vix_day), 10),
        terms_bar=integers(len(market.vix_day)) - 1,
        last_refusal=integers(1 + LAYERS),
        refused=integers(1 + LAYERS),
        unwinding=integers(2),
        incoming=floats(1),
        ask_slot=integers(2 * ROOM),
        ask_wanted=floats(2 * ROOM),
        ask_asked=floats(2 * ROOM),
        asks=integers(1),
        journal=np.empty((64 + 4 * (market.last - market.first + 1), JOURNAL_COLUMNS)),
        rows=integers(1),
    )


@inlined
def write(book, bar, layer, slot, action, cut, filled, price, cost, expiry, strike_0, strike_1, strike_2, strike_3):
    """A row of the journal; beyond its end rows are only counted."""
    row = book.rows[0]
    if row < len(book.journal):
        line = book.journal[row]
        line[J_BAR] = bar
        line[J_LAYER] = layer
        line[J_SLOT] = slot
        line[J_ACTION] = action
        line[J_CUT] = cut
        line[J_FILLED] = filled
        line[J_PRICE] = price
        line[J_COST] = cost
        line[J_EXPIRY] = expiry
        line[J_STRIKE] = strike_0
        line[J_STRIKE + 1] = strike_1
        line[J_STRIKE + 2] = strike_2
        line[J_STRIKE + 3] = strike_3
    book.rows[0] = row + 1


@inlined
def write_condor(book, bar, slot, action, filled, price, cost):
    strike = book.condors.strike
    expiry = book.condors.expiry[slot]
    write(
        book, bar, 0, slot, action, NO_REASON, filled, price, cost, expiry,
        strike[slot, 0], strike[slot, 1], strike[slot, 2], strike[slot, 3],
    )  # fmt: skip


@inlined
def write_call(book, bar, layer, slot, action, cut, filled, price, cost):
    expiry, strike = book.calls.expiry[layer, slot], book.calls.strike[layer, slot]
    write(book, bar, 1 + layer, slot, action, cut, filled, price, cost, expiry, strike, UNKNOWN, UNKNOWN, UNKNOWN)


@inlined
def refuse(book, bar, layer, slot, code, price, expiry, strike_0, strike_1, strike_2, strike_3):
    """Said once while a layer is refused for the same reason."""
    book.refused[layer] = 1
    if book.last_refusal[layer] != code:
        book.last_refusal[layer] = code
        write(book, bar, layer, slot, REFUSED, code, 0.0, price, 0.0, expiry, strike_0, strike_1, strike_2, strike_3)


@inlined
def refuse_unchosen(book, bar, layer, slot, code):
    refuse(book, bar, layer, slot, code, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN)


# Prices -----------------------------------------------------------------------------------------------------------------------------------


@inlined
def payoff(is_call, strike, price):
    value = price - strike if is_call else strike - price
    return value if value > 0.0 else 0.0


@inlined
def at_bid(mid, half):
    return mid - half if mid - half > 0.0 else 0.0


@inlined
def spx_terms(market, bar, expiry):
    """Forward, discount, theta and phi."""
    today = market.values[bar]
    days = float(market.spx_day[expiry] - market.sessions[bar])
    return spx_surface.expiry_terms(
        today[SPX], today[RATE], today[W9], today[W9 + 1], today[W9 + 2], today[W9 + 3], today[W9 + 4], today[SCALE], today[ETA], days
    )


@inlined
def monthly_future(market, bar, month):
    rank = month - market.front_future[bar]
    return market.values[bar, VX1 + rank] if 0 <= rank < FUTURES else UNKNOWN


@inlined
def same_expiry_future(market, bar, expiry):
    """A weekly's lies log-linearly in days between the monthlies about it, the VIX standing at day 0."""
    month = market.vix_month[expiry]
    if market.vix_monthly[expiry] == 1:
        return monthly_future(market, bar, month)
    if month >= len(market.month_day):
        return UNKNOWN
    today = market.sessions[bar]
    earlier, earlier_days = market.values[bar, VIX], 0.0
    if month > market.front_future[bar]:
        earlier, earlier_days = monthly_future(market, bar, month - 1), float(market.month_day[month - 1] - today)
    later, later_days = monthly_future(market, bar, month), float(market.month_day[month] - today)
    return futures_curve.interpolate_log(earlier, earlier_days, later, later_days, float(market.vix_day[expiry] - today))


@inlined
def vix_terms(market, book, bar, expiry):
    """`vix_options.Terms`, computed once a bar: lots of the medium layer often share an expiry."""
    line = book.terms[expiry]
    if book.terms_bar[expiry] != bar:
        book.terms_bar[expiry] = bar
        days = float(market.vix_day[expiry] - market.sessions[bar])
        future = same_expiry_future(market, bar, expiry)
        terms = vix_options.expiry_terms(future, market.values[bar, VVIX], market.values[bar, RATE], days, market.level)
        for place in range(10):
            line[place] = terms[place]
    return line[0], line[1], line[2], line[3], line[4], line[5], line[6], line[7], line[8], line[9]


@inlined
def mark(market, book, bar):
    """Mids and half spreads of everything held, an unknown one leaving the last mid; whether some lot is stale too long."""
    condors, calls = book.condors, book.calls
    rho, vix, era = market.values[bar, RHO], market.values[bar, VIX], market.era[bar]
    stopped = False
    for slot in range(CONDOR_LOTS):
        if condors.structures[slot] > 0.0:
            forward, discount, theta, phi = spx_terms(market, bar, condors.expiry[slot])
            missing = False
            for leg in range(LEGS):
                mid = spx_surface.option_price(IS_CALL[leg], condors.strike[slot, leg], forward, discount, theta, phi, rho)
                half = costs.spx_half_spread(mid, era, vix)
                if half == half:
                    condors.mid[slot, leg] = mid
                else:
                    missing = True
                    half = costs.spx_half_spread(condors.mid[slot, leg], era, vix)
                condors.half[slot, leg] = half
            condors.stale[slot] = condors.stale[slot] + 1 if missing else 0
            stopped = stopped or condors.stale[slot] > MOST_STALE_BARS
    for layer in range(LAYERS):
        for slot in range(ROOM):
            if calls.structures[layer, slot] > 0.0:
                terms = vix_terms(market, book, bar, calls.expiry[layer, slot])
                mid = vix_options.option_price(True, calls.strike[layer, slot], *terms)
                half = costs.vix_half_spread(mid, vix)
                if half == half:
                    calls.mid[layer, slot] = mid
                    calls.stale[layer, slot] = 0
                else:
                    half = costs.vix_half_spread(calls.mid[layer, slot], vix)
                    calls.stale[layer, slot] += 1
                    stopped = stopped or calls.stale[layer, slot] > MOST_STALE_BARS
                calls.half[layer, slot] = half
    return stopped


# Sums over what is held -------------------------------------------------------------------------------------------------------------------


@inlined
def condor_points(prices, slot):
    """A structure's price by its legs' prices."""
    points = 0.0
    for leg in range(LEGS):
        points = points + RATIO[leg] * prices[slot, leg]
    return points


@inlined
def condor_value(condors):
    value = 0.0
    for slot in range(CONDOR_LOTS):
        if condors.structures[slot] > 0.0:
            value = value + condor_points(condors.mid, slot) * condors.structures[slot] * 100.0
    return value


@inlined
def condor_margin(condors):
    margin = 0.0
    for slot in range(CONDOR_LOTS):
        if condors.structures[slot] > 0.0:
            margin = margin + condors.worst[slot] * condors.structures[slot] * 100.0
    return margin


@inlined
def condor_credit(condors):
    credit = 0.0
    for slot in range(CONDOR_LOTS):
        if condors.structures[slot] > 0.0:
            credit = credit + max(-condor_points(condors.fill, slot), 0.0) * condors.structures[slot] * 100.0
    return credit


@inlined
def call_value(calls, layer):
    value = 0.0
    for slot in range(ROOM):
        if calls.structures[layer, slot] > 0.0:
            value = value + calls.mid[layer, slot] * calls.structures[layer, slot] * 100.0
    return value


@inlined
def call_cost(calls):
    """What the open lots of all layers were bought for."""
    cost = 0.0
    for layer in range(LAYERS):
        for slot in range(ROOM):
            if calls.structures[layer, slot] > 0.0:
                cost = cost + calls.fill[layer, slot] * calls.structures[layer, slot] * 100.0
    return cost


@inlined
def mid_equity(book):
    equity = book.money[CASH] + condor_value(book.condors)
    for layer in range(LAYERS):
        equity = equity + call_value(book.calls, layer)
    return equity


@inlined
def quick_ratio(market, book, bar):
    """Cash and what sells within a quarter of its mid, over shorts due within 30 days and margin beyond cash (quant.md T14)."""
    condors, calls = book.condors, book.calls
    liquid, due = 0.0, 0.0
    for slot in range(CONDOR_LOTS):
        if condors.structures[slot] > 0.0:
            is_near = market.spx_day[condors.expiry[slot]] - market.sessions[bar] <= QUICK_DAYS
            for leg in range(LEGS):
                mid, half = condors.mid[slot, leg], condors.half[slot, leg]
                if RATIO[leg] > 0.0:
                    bid = at_bid(mid, half)
                    if mid + half - bid <= QUICK_WIDTH * mid:
                        liquid = liquid + bid * condors.structures[slot] * 100.0
                elif is_near:
                    due = due + (mid + half) * condors.structures[slot] * 100.0
    for layer in range(LAYERS):
        for slot in range(ROOM):
            if calls.structures[layer, slot] > 0.0:
                mid, half = calls.mid[layer, slot], calls.half[layer, slot]
                bid = at_bid(mid, half)
                if mid + half - bid <= QUICK_WIDTH * mid:
                    liquid = liquid + bid * calls.structures[layer, slot] * 100.0
    cash = book.money[CASH]
    divisor = due + max(condor_margin(condors) - cash, 0.0)
    return math.inf if divisor == 0.0 else (cash + liquid) / divisor


# Signals ----------------------------------------------------------------------------------------------------------------------------------


@inlined
def step_rsi(averages, x):
    """Wilder's RSI, as in TA-Lib. `averages`: price before, gains, losses, how many changes in a row; unknown starts over."""
    if x != x:
        averages[:] = UNKNOWN
        averages[3] = 0.0
        return UNKNOWN
    before, n = averages[0], float(RSI_SESSIONS)
    averages[0] = x
    if before != before:
        averages[1] = averages[2] = averages[3] = 0.0
        return UNKNOWN
    gain = x - before if x - before > 0.0 else 0.0
    loss = before - x if x - before < 0.0 else 0.0
    if averages[3] < n:
        averages[1] += gain
        averages[2] += loss
        averages[3] += 1.0
        if averages[3] < n:
            return UNKNOWN
        averages[1] /= n
        averages[2] /= n
    else:
        averages[1] = (averages[1] * (n - 1.0) + gain) / n
        averages[2] = (averages[2] * (n - 1.0) + loss) / n
    both = averages[1] + averages[2]
    return 100.0 * (averages[1] / both) if both != 0.0 else 0.0


@inlined
def diverges(values, bar):
    """Whether SPX stands near the top of its window while breadth lags its own by half a typical move (quant.md T4)."""
    n = DIVERGENCE_SESSIONS
    if bar < n:
        return UNKNOWN
    top = breadth_top = -math.inf
    total = 0.0
    for day in range(bar - n + 1, bar + 1):
        spx, breadth = values[day, SPX], values[day, AD_LINE]
        change = breadth - values[day - 1, AD_LINE]
        if spx != spx or change != change:
            return UNKNOWN
        top, breadth_top = max(top, spx), max(breadth_top, breadth)
        total = total + change
    mean = total / n
    squares = 0.0
    for day in range(bar - n + 1, bar + 1):
        off = values[day, AD_LINE] - values[day - 1, AD_LINE] - mean
        squares = squares + off * off
    deviation = math.sqrt(squares / n)
    is_high = values[bar, SPX] >= 0.9975 * top
    return 1.0 if is_high and values[bar, AD_LINE] < breadth_top - 0.5 * deviation * math.sqrt(n) else 0.0


# The condors ------------------------------------------------------------------------------------------------------------------------------


@inlined
def settle_condors(market, book, bar):
    condors, today = book.condors, market.values[bar]
    for slot in range(CONDOR_LOTS):
        structures = condors.structures[slot]
        if structures > 0.0 and market.spx_bar[condors.expiry[slot]] <= bar:
            settled_at = today[SPX_AM] if market.spx_is_am[condors.expiry[slot]] == 1 else today[SPX]
            value = 0.0
            for leg in range(LEGS):
                worth = payoff(IS_CALL[leg], condors.strike[slot, leg], settled_at)
                value = value + RATIO[leg] * (worth if settled_at == settled_at else condors.mid[slot, leg])
            amount = value * structures * 100.0
            book.money[CASH] += amount
            book.money[CONDOR_FLOW] += amount
            write_condor(book, bar, slot, SETTLE, structures, value, 0.0)
            condors.structures[slot] = 0.0


@inlined
def close_condors(market, book, bar):
    condors, money = book.condors, book.money
    for slot in range(CONDOR_LOTS):
        structures = condors.structures[slot]
        if structures == 0.0 or condors.stale[slot] > 0:
            continue
        entry = condor_points(condors.fill, slot)
        profit = condor_points(condors.mid, slot) * structures * 100.0 - entry * structures * 100.0
        credit = max(-entry, 0.0) * structures * 100.0
        days = float(market.spx_day[condors.expiry[slot]] - market.sessions[bar])
        if profit >= TAKE_PROFIT * credit or -profit >= STOP * credit or days <= TIME_STOP:
            value, off_mid = 0.0, 0.0
            for leg in range(LEGS):
                mid, half = condors.mid[slot, leg], condors.half[slot, leg]
                bid = at_bid(mid, half)
                value = value + RATIO[leg] * (bid if RATIO[leg] > 0.0 else mid + half)
                off_mid = off_mid + (mid - bid if RATIO[leg] > 0.0 else half)
            fee = CONDOR_FEE * structures
            amount = value * structures * 100.0
            cost = fee + off_mid * structures * 100.0
            money[CASH] = money[CASH] + amount - fee
            money[CONDOR_FLOW] = money[CONDOR_FLOW] + amount - fee
            money[FEES] += cost
            write_condor(book, bar, slot, CLOSE, structures, value, cost)
            condors.structures[slot] = 0.0


@inlined
def choose_condor_expiry(market, bar, next_expiry):
    """The listed expiry of 45 to 60 days nearest their middle, the earlier of two; -1 where there is none."""
    found, least = -1, math.inf
    for expiry in range(next_expiry, len(market.spx_day)):
        days = market.spx_day[expiry] - market.sessions[bar]
        if days > LONGEST:
            break
        distance = abs(days - 0.5 * (SHORTEST + LONGEST))
        if days >= SHORTEST and distance < least and market.spx_listed[expiry] <= bar:
            found, least = expiry, distance
    return found


@inlined
def short_strike(is_call, forward, discount, theta, phi, rho):
    """The strike nearest the wished delta and how far off its delta is; unknown where there is none."""
    strike, delta = strikes.spx_strike_and_delta(is_call, CONDOR_DELTA, forward, discount, theta, phi, rho)
    if not strike > 0.0:
        return strike, UNKNOWN
    return strike, abs(delta - CONDOR_DELTA)


@inlined
def worst_loss(strike, slot):
    """Largest loss at expiry, premium aside, over settlement at 0 and at each strike."""
    worst = 0.0
    for point in range(-1, LEGS):
        price = strike[slot, point] if point >= 0 else 0.0
        value = 0.0
        for leg in range(LEGS):
            value = value + RATIO[leg] * payoff(IS_CALL[leg], strike[slot, leg], price)
        worst = max(worst, -value)
    return worst


@inlined
def open_condor(market, book, bar, next_expiry, slot, equity, wing):
    """A condor in a free slot, sized so that its worst loss is 2 % of equity."""
    condors, money, today = book.condors, book.money, market.values[bar]
    expiry = choose_condor_expiry(market, bar, next_expiry)
    if expiry < 0:
        refuse_unchosen(book, bar, 0, -1, NO_EXPIRY)
        return
    forward, discount, theta, phi = spx_terms(market, bar, expiry)
    rho, vix, era = today[RHO], today[VIX], market.era[bar]
    known = forward + discount + theta + phi + rho
    if known != known:
        refuse_unchosen(book, bar, 0, -1, NO_PRICE)
        return
    short_put, put_gap = short_strike(False, forward, discount, theta, phi, rho)
    short_call, call_gap = short_strike(True, forward, discount, theta, phi, rho)
    if not (put_gap <= REFUSED_DELTA_GAP and call_gap <= REFUSED_DELTA_GAP and wing > 0.0):
        refuse_unchosen(book, bar, 0, -1, NO_STRIKE)
        return
    strike, fill = condors.strike, condors.fill
    strike[slot, SHORT_PUT] = short_put
    strike[slot, LONG_PUT] = strikes.nearest_spx_strike(short_put - wing)
    strike[slot, SHORT_CALL] = short_call
    strike[slot, LONG_CALL] = strikes.nearest_spx_strike(short_call + wing)
    debit, off_mid = 0.0, 0.0
    has_prices, has_bids = True, True
    for leg in range(LEGS):
        mid = spx_surface.option_price(IS_CALL[leg], strike[slot, leg], forward, discount, theta, phi, rho)
        half = costs.spx_half_spread(mid, era, vix)
        bid = at_bid(mid, half)
        has_prices = has_prices and half == half
        has_bids = has_bids and (RATIO[leg] > 0.0 or bid > 0.0)
        fill[slot, leg] = mid + half if RATIO[leg] > 0.0 else bid
        debit = debit + RATIO[leg] * fill[slot, leg]
        off_mid = off_mid + (half if RATIO[leg] > 0.0 else mid - bid)
        condors.mid[slot, leg], condors.half[slot, leg] = mid, half
    if not (has_prices and has_bids):
        refuse_unchosen(book, bar, 0, -1, NO_BID if has_prices else NO_PRICE)
        return
    fee = CONDOR_FEE
    worst = worst_loss(strike, slot)
    loss = (worst + debit) * 100.0 + fee
    wanted = RISK * equity / loss if loss != 0.0 else UNKNOWN
    need = debit * 100.0 + fee + worst * 100.0
    available = money[CASH] - condor_margin(condors)
    is_cut = wanted > 0.0 and need > 0.0 and wanted * need > available
    code = NO_REASON
    if equity != equity:
        code = SIZE_UNKNOWN
    elif not loss > 0.0:
        code = NO_DEBIT
    elif not wanted > 0.0:
        code = SIZE_NOT_POSITIVE
    elif is_cut:
        wanted = wanted * (max(available, 0.0) / (wanted * need))
    structures = math.floor(wanted + 1e-9) if code == NO_REASON else 0.0
    if structures == 0.0:
        if code == NO_REASON:
            code = CUT_BY_CASH if is_cut else LESS_THAN_ONE
        refuse(book, bar, 0, -1, code, debit, expiry, strike[slot, 0], strike[slot, 1], strike[slot, 2], strike[slot, 3])
        return
    cost = fee * structures + off_mid * structures * 100.0
    money[CASH] = money[CASH] - debit * structures * 100.0 - fee * structures
    money[CONDOR_FLOW] = money[CONDOR_FLOW] - debit * structures * 100.0 - fee * structures
    money[FEES] += cost
    condors.structures[slot] = structures
    condors.expiry[slot] = expiry
    condors.worst[slot] = worst
    condors.stale[slot] = 0
    book.last_refusal[0] = NO_REASON
    is_flagged = put_gap > FLAGGED_DELTA_GAP or call_gap > FLAGGED_DELTA_GAP
    code = CUT_BY_CASH if is_cut else DELTA_FLAGGED if is_flagged else NO_REASON
    write(
        book, bar, 0, slot, OPEN, code, structures, debit, cost, expiry,
        strike[slot, 0], strike[slot, 1], strike[slot, 2], strike[slot, 3],
    )  # fmt: skip


@inlined
def trade_condors(market, book, bar, next_expiry, equity, wing):
    """Close what has made or lost enough or comes near expiry; a new condor each week while fewer than six are held."""
    held = 0
    for slot in range(CONDOR_LOTS):
        held += book.condors.structures[slot] > 0.0
    close_condors(market, book, bar)
    if market.week_start[bar] == 1 and held < CONDOR_LOTS:
        slot = 0
        while book.condors.structures[slot] > 0.0:
            slot += 1
        open_condor(market, book, bar, next_expiry, slot, equity, wing)


# The VIX calls ----------------------------------------------------------------------------------------------------------------------------


@inlined
def settle_calls(market, book, bar):
    calls, settled_at = book.calls, market.values[bar, VIX_SETTLEMENT]
    for layer in range(LAYERS):
        for slot in range(ROOM):
            structures = calls.structures[layer, slot]
            if structures > 0.0 and market.vix_bar[calls.expiry[layer, slot]] <= bar:
                value = payoff(True, calls.strike[layer, slot], settled_at) if settled_at == settled_at else calls.mid[layer, slot]
                amount = value * structures * 100.0
                book.money[CASH] += amount
                book.money[CALL_FLOW + layer] += amount
                write_call(book, bar, layer, slot, SETTLE, NO_REASON, structures, value, 0.0)
                calls.structures[layer, slot] = 0.0


@inlined
def sell_call(book, bar, layer, slot, action):
    calls, money = book.calls, book.money
    structures, mid = calls.structures[layer, slot], calls.mid[layer, slot]
    bid = at_bid(mid, calls.half[layer, slot])
    fee = costs.FEE_PER_OPTION * structures
    amount = bid * structures * 100.0
    cost = fee + (mid - bid) * structures * 100.0
    money[CASH] = money[CASH] + amount - fee
    money[CALL_FLOW + layer] = money[CALL_FLOW + layer] + amount - fee
    money[FEES] += cost
    write_call(book, bar, layer, slot, action, NO_REASON, structures, bid, cost)
    calls.structures[layer, slot] = 0.0


@inlined
def choose_call_expiry(market, bar, next_expiry, wished):
    """The listed expiry nearest so many days, the earlier of two; -1 where none is listed."""
    found, least = -1, math.inf
    for expiry in range(next_expiry, len(market.vix_day)):
        days = market.vix_day[expiry] - market.sessions[bar]
        distance = abs(days - wished)
        if days > wished and distance > least:
            break
        if distance < least and market.vix_listed[expiry] <= bar:
            found, least = expiry, distance
    return found


@inlined
def choose_call(market, book, bar, next_expiry, layer):
    """What the layer would buy today: refusal, expiry, strike, mid, half spread, how far off its delta is."""
    expiry = choose_call_expiry(market, bar, next_expiry, DAYS[layer])
    if expiry < 0:
        return NO_EXPIRY, expiry, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN
    terms = vix_terms(market, book, bar, expiry)
    known = 0.0
    for term in terms:
        known = known + term
    if known != known:
        return NO_PRICE, expiry, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN
    strike, delta = strikes.vix_strike_and_delta(True, CALL_DELTA, *terms)
    gap = abs(delta - CALL_DELTA) if strike > 0.0 else UNKNOWN
    if not gap <= REFUSED_DELTA_GAP:
        return NO_STRIKE, expiry, strike, UNKNOWN, UNKNOWN, gap
    mid = vix_options.option_price(True, strike, *terms)
    half = costs.vix_half_spread(mid, market.values[bar, VIX])
    return NO_REASON if half == half else NO_PRICE, expiry, strike, mid, half, gap


@inlined
def ask(book, slot, wanted):
    place = book.asks[0]
    book.ask_slot[place] = slot
    book.ask_wanted[place] = wanted
    book.ask_asked[place] = wanted
    book.asks[0] = place + 1


@inlined
def cut_asks(book, most, each):
    """One factor for all, so that `wanted * each` sums to `most`; whether that was needed."""
    total = 0.0
    for place in range(book.asks[0]):
        if book.ask_wanted[place] > 0.0:
            total = total + book.ask_wanted[place] * each
    if not total > most or total == 0.0:
        return False
    factor = max(most, 0.0) / total
    for place in range(book.asks[0]):
        if book.ask_wanted[place] > 0.0:
            book.ask_wanted[place] = book.ask_wanted[place] * factor
    return True


@inlined
def trade_calls(market, book, bar, next_expiry, layer, limit, is_unwinding, is_restruck):
    """A layer's turn: unwind, or roll what is due, take what the front layer rolls in, and open where nothing own is held."""
    calls, money = book.calls, book.money
    journal_layer = 1 + layer
    holds_own = False
    for slot in range(ROOM):
        holds_own = holds_own or (calls.structures[layer, slot] > 0.0 and calls.own[layer, slot] == 1)

    book.asks[0] = 0
    rolls = 0
    is_chosen = False
    refusal, expiry, strike, mid, half, gap = NO_REASON, -1, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN
    for slot in range(ROOM):
        structures = calls.structures[layer, slot]
        if structures == 0.0:
            continue
        held_expiry = calls.expiry[layer, slot]
        days = float(market.vix_day[held_expiry] - market.sessions[bar])
        is_stale = calls.stale[layer, slot] > 0
        if is_unwinding:
            if not is_stale:
                sell_call(book, bar, layer, slot, CLOSE)
        elif days <= ROLL_AT[layer] or (layer == FAR and is_restruck):
            if is_stale:
                refuse_unchosen(book, bar, journal_layer, slot, STALE_MARK)
            elif layer == FRONT:
                target = choose_call_expiry(market, bar, next_expiry, DAYS[MEDIUM])
                if target < 0 or market.vix_day[target] <= market.vix_day[held_expiry]:
                    refuse_unchosen(book, bar, journal_layer, slot, NO_EXPIRY if target < 0 else NO_DAYS_GAINED)
                else:
                    sell_call(book, bar, layer, slot, ROLL_OUT)
                    book.incoming[0] = structures
                    holds_own = False
            else:
                if not is_chosen:
                    refusal, expiry, strike, mid, half, gap = choose_call(market, book, bar, next_expiry, layer)
                    is_chosen = True
                if refusal != NO_REASON:
                    refuse_unchosen(book, bar, journal_layer, slot, refusal)
                elif market.vix_day[expiry] <= market.vix_day[held_expiry]:
                    refuse(book, bar, journal_layer, slot, NO_DAYS_GAINED, mid + half, expiry, strike, UNKNOWN, UNKNOWN, UNKNOWN)
                else:
                    sell_call(book, bar, layer, slot, ROLL_OUT)
                    others = 0.0
                    for other in range(ROOM):
                        others = others + calls.structures[layer, other]
                    for place in range(book.asks[0]):
                        others = others + max(book.ask_wanted[place], 0.0)
                    ask(book, slot, CALLS[layer] - others)
                    rolls += 1

    comes_in = layer == MEDIUM and book.incoming[0] > 0.0
    opens = not is_unwinding and not holds_own
    if (comes_in or opens) and not is_chosen:
        refusal, expiry, strike, mid, half, gap = choose_call(market, book, bar, next_expiry, layer)
    opening = -1
    if comes_in:
        if refusal == NO_REASON:
            ask(book, -1, book.incoming[0])
        else:
            refuse_unchosen(book, bar, journal_layer, -1, refusal)
        book.incoming[0] = 0.0
    if opens:
        if refusal == NO_REASON:
            opening = book.asks[0]
            ask(book, -1, CALLS[layer])
        else:
            refuse_unchosen(book, bar, journal_layer, -1, refusal)
    if book.asks[0] == 0:
        return

    debit = mid + half
    fee = costs.FEE_PER_OPTION
    is_limited = cut_asks(book, limit - call_cost(calls), debit * 100.0)
    is_short_of_cash = cut_asks(book, money[CASH] - condor_margin(book.condors), debit * 100.0 + fee)
    for place in range(book.asks[0]):
        wanted, slot = book.ask_wanted[place], book.ask_slot[place]
        structures = float(math.floor(wanted + 1e-9)) if wanted > 0.0 else 0.0
        if structures == 0.0:
            code = CUT_BY_LIMIT if is_limited else CUT_BY_CASH if is_short_of_cash else LESS_THAN_ONE
            if place < rolls and not book.ask_asked[place] > 0.0:
                code = ABOVE_SIZE
            refuse(book, bar, journal_layer, slot, code, debit, expiry, strike, UNKNOWN, UNKNOWN, UNKNOWN)
            continue
        if slot < 0:
            slot = 0
            while slot < ROOM and calls.structures[layer, slot] > 0.0:
                slot += 1
            if slot == ROOM:
                raise ValueError("a layer holds more lots than there is room for")
        cost = fee * structures + half * structures * 100.0
        money[CASH] = money[CASH] - debit * structures * 100.0 - fee * structures
        money[CALL_FLOW + layer] = money[CALL_FLOW + layer] - debit * structures * 100.0 - fee * structures
        money[FEES] += cost
        calls.structures[layer, slot] = structures
        if place >= rolls:
            calls.own[layer, slot] = 1 if place == opening else 0
        calls.expiry[layer, slot] = expiry
        calls.stale[layer, slot] = 0
        calls.strike[layer, slot] = strike
        calls.fill[layer, slot] = debit
        calls.mid[layer, slot] = mid
        calls.half[layer, slot] = half
        book.last_refusal[journal_layer] = NO_REASON
        code = DELTA_FLAGGED if gap > FLAGGED_DELTA_GAP else NO_REASON
        code = CUT_BY_LIMIT if is_limited else CUT_BY_CASH if is_short_of_cash else code
        write_call(book, bar, layer, slot, OPEN if place == opening else ROLL_IN, code, structures, debit, cost)


@inlined
def turn_unwinds(flags, backwardation, quick):
    """Curve inverted until it is upright again; liquidity stress until it is over. Unknown changes nothing."""
    if backwardation > INVERSION:
        flags[0] = 1
    elif backwardation < 0.0:
        flags[0] = 0
    if quick < 1.0:
        flags[1] = 1
    elif quick >= 1.0:
        flags[1] = 0
    return flags[0] == 1 or flags[1] == 1


# The days ---------------------------------------------------------------------------------------------------------------------------------


@inlined
def run_days(market, book, days):
    """All bars; `days` [bars, RECORD_COLUMNS] is filled. The bar on which a mark was missing for too long, else -1."""
    money, values = book.money, market.values
    averages = np.full(4, UNKNOWN)
    averages[3] = 0.0
    diverged = UNKNOWN
    next_spx, next_vix = 0, 0
    for bar in range(market.last + 1):
        rsi = step_rsi(averages, values[bar, SPX])
        diverged_before = diverged
        diverged = diverges(values, bar)
        if bar < market.first:
            continue
        if bar > market.first:
            rate = values[bar - 1, RATE]
            if rate == rate:
                interest = money[CASH] * rate * (market.sessions[bar] - market.sessions[bar - 1]) / 360.0
                money[CASH] += interest
                money[INTEREST] += interest
            settle_condors(market, book, bar)
            settle_calls(market, book, bar)
        if mark(market, book, bar):
            return bar
        while next_spx < len(market.spx_bar) and market.spx_bar[next_spx] <= bar:
            next_spx += 1
        while next_vix < len(market.vix_bar) and market.vix_bar[next_vix] <= bar:
            next_vix += 1

        wing = UNKNOWN if rsi != rsi else NARROW_WING if rsi < OVERSOLD else WIDE_WING
        quick = quick_ratio(market, book, bar)
        trade_condors(market, book, bar, next_spx, mid_equity(book), wing)
        second = values[bar, VX1 + 1]
        backwardation = values[bar, VX1] / second - 1.0 if second != 0.0 else UNKNOWN
        is_unwinding = turn_unwinds(book.unwinding, backwardation, quick)
        limit = LIMIT * condor_credit(book.condors)
        is_restruck = diverged == 1.0 and diverged_before == 0.0
        for layer in range(LAYERS):
            trade_calls(market, book, bar, next_vix, layer, limit, is_unwinding, is_restruck)
        for layer in range(1 + LAYERS):
            if book.refused[layer] == 0:
                book.last_refusal[layer] = NO_REASON
            book.refused[layer] = 0

        line = days[bar - market.first]
        value = condor_value(book.condors)
        equity = money[CASH] + value
        line[R_PROFIT] = money[CONDOR_FLOW] + value
        for layer in range(LAYERS):
            value = call_value(book.calls, layer)
            equity = equity + value
            line[R_PROFIT + 1 + layer] = money[CALL_FLOW + layer] + value
        line[R_EQUITY] = equity
        line[R_CASH] = money[CASH]
        line[R_INTEREST] = money[INTEREST]
        line[R_FEES] = money[FEES]
    return -1


compiled: Callable[..., int] = numba.njit(error_model="numpy", nogil=True)(run_days)


def new_days(market: Market) -> Floats:
    return np.zeros((market.last - market.first + 1, RECORD_COLUMNS))


def run_by_hand(arrays: MarketArrays, loop: Callable[..., Any] = compiled) -> Record:
    """The strategy over path 0, with `loop` either `compiled` or `run_days`."""
    market = market_of(arrays)
    book, days = new_book(market), new_days(market)
    stopped = int(loop(market, book, days))
    rows = int(book.rows[0])
    if rows > len(book.journal):
        raise ValueError(f"a journal of {len(book.journal)} rows cannot hold {rows}")
    kept = len(days) if stopped < 0 else stopped - market.first
    return Record(days[:kept], book.journal[:rows], stopped)
