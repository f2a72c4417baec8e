"""Prices in lanes: the terms of each expiry once a bar, and what a leg is worth, how wide it is quoted, its delta."""

from __future__ import annotations

from alvh.runtime.engine import layout as at
from alvh.runtime.engine.layout import Run
from alvh.runtime.lanes import (
    Lanes,
    all_lanes,
    any_lane,
    broadcast,
    is_unknown,
    lane_bits,
    lane_function,
    load,
    lowest_set_bit,
    negate,
    select,
    store,
    store_where,
)
from alvh.runtime.market import Floats
from alvh.runtime.pricing import costs, fund_options, futures_curve, sensitivities, spx_surface, vix_options

UNKNOWN = float("nan")
FUND_SPREAD = costs.FUND_HALF_SPREAD
INDEX_SPREAD = costs.INDEX_HALF_SPREAD


@lane_function
def series_at(lanes: Lanes, run: Run, bar: int, row: int) -> float:
    """One of the market's rows on a bar."""
    return load(lanes, run.market.series, bar * run.settings.rows + row)


@lane_function
def table_of(run: Run, product: int) -> Floats:
    """The expiries that a product's legs choose among."""
    table: Floats = run.market.spx
    if product == at.VIX:
        table = run.market.vix
    elif product != at.SPX:
        table = run.market.fund
    return table


@lane_function
def terms_place(run: Run, product: int) -> int:
    """How many expiries stand before a product's in the terms."""
    place = 0
    if product != at.SPX:
        place += run.settings.spx_expiries
    if product >= at.VXX:
        place += run.settings.vix_expiries
    if product == at.UVXY:
        place += run.settings.fund_expiries
    return int(place)


@lane_function
def spare_terms(run: Run) -> int:
    """The row at which spare terms begin: those copied for lanes whose expiries differ; those of the lanes that seek a strike, side by
    side; what these find."""
    return int(terms_place(run, at.UVXY) + int(run.settings.fund_expiries)) * at.TERMS


@lane_function
def term(lanes: Lanes, run: Run, terms: int, member: int) -> float:
    """One of the terms that begin at a row; the first of all products is the forward."""
    return load(lanes, run.state.terms, terms + member)


@lane_function
def terms_of_expiry(lanes: Lanes, run: Run, bar: int, product: int, expiry: int) -> int:
    """The row at which an expiry's terms of today begin."""
    ensure_terms(lanes, run, bar, product, expiry)
    return (terms_place(run, product) + expiry) * at.TERMS


@lane_function
def terms_of_leg(lanes: Lanes, run: Run, bar: int, product: int, kind: int, leg_row: int, alive: bool) -> int:
    """The row at which the terms of a held leg begin on the lanes of `alive`; shares have none, and a row that may be read.

    Lanes mostly share an expiry, and then its own row serves. Else the terms of each expiry are copied to its lanes of the spare rows, good
    until the next call.
    """
    spare = spare_terms(run)
    if kind == at.SHARES or not any_lane(alive):
        return spare
    expiry = load(lanes, run.state.legs, leg_row + at.E_EXPIRY)
    left = alive
    while any_lane(left):
        number = run.state.legs[leg_row + at.E_EXPIRY, lowest_set_bit(lane_bits(left))]
        row = terms_of_expiry(lanes, run, bar, product, int(number))
        same = expiry == number
        if all_lanes(same | negate(alive)):
            return int(row)
        for member in range(at.TERMS):
            store_where(lanes, run.state.terms, spare + member, same, load(lanes, run.state.terms, row + member))
        left = left & negate(same)
    return spare


@lane_function
def share_price(lanes: Lanes, run: Run, bar: int, product: int) -> float:
    row = at.SPX_CLOSE
    if product == at.VXX:
        row = at.VXX_CLOSE
    elif product == at.UVXY:
        row = at.UVXY_CLOSE
    return series_at(lanes, run, bar, row)


@lane_function
def share_beta(lanes: Lanes, run: Run, bar: int, product: int) -> float:
    """Of a fund on the VIX."""
    return series_at(lanes, run, bar, at.VXX_BETA if product == at.VXX else at.UVXY_BETA)


@lane_function
def note_crowd(lanes: Lanes, run: Run, bar: int) -> None:
    """What half spreads are multiplied by today, with `costs crowded`."""
    if run.settings.charged == 2:
        before = broadcast(lanes, UNKNOWN)
        if bar > 0:
            before = series_at(lanes, run, bar - 1, at.VIX_CLOSE)
        vix = series_at(lanes, run, bar, at.VIX_CLOSE)
        factor = costs.crowd_factor(vix, before)
        store(lanes, run.state.account, at.A_CROWD, select(is_unknown(vix), UNKNOWN, factor))


@lane_function
def note_crowd_of_fills(lanes: Lanes, run: Run, bar: int) -> None:
    """The same at the prices of fills, which `run` shows as the market's; the bar before is that of the close."""
    if run.settings.charged == 2:
        before = load(lanes, run.market.fills, (bar - 1) * run.settings.rows + at.VIX_CLOSE)
        vix = series_at(lanes, run, bar, at.VIX_CLOSE)
        factor = costs.crowd_factor(vix, before)
        store(lanes, run.state.account, at.A_CROWD, select(is_unknown(vix), UNKNOWN, factor))


@lane_function
def _spx_terms(lanes: Lanes, run: Run, bar: int, expiry: int) -> None:
    days = run.market.spx[expiry, at.X_SETTLE_DAY] - run.market.days[bar, at.D_DAY]
    forward, discount, theta, phi = spx_surface.expiry_terms(
        series_at(lanes, run, bar, at.SPX_CLOSE),
        series_at(lanes, run, bar, at.RATE),
        series_at(lanes, run, bar, at.SPX_NODES),
        series_at(lanes, run, bar, at.SPX_NODES + 1),
        series_at(lanes, run, bar, at.SPX_NODES + 2),
        series_at(lanes, run, bar, at.SPX_NODES + 3),
        series_at(lanes, run, bar, at.SPX_NODES + 4),
        series_at(lanes, run, bar, at.SPX_SCALE),
        series_at(lanes, run, bar, at.SPX_ETA),
        days,
    )
    row = expiry * at.TERMS
    store(lanes, run.state.terms, row, forward)
    store(lanes, run.state.terms, row + 1, discount)
    store(lanes, run.state.terms, row + 2, theta)
    store(lanes, run.state.terms, row + 3, phi)
    rho = series_at(lanes, run, bar, at.SPX_RHO)
    store(lanes, run.state.terms, row + at.TERMS_KNOWN, forward + discount + theta + phi + rho)


@lane_function
def _monthly_after(run: Run, expiry: int) -> int:
    """The first monthly at or after a VIX expiry; the number of expiries where there is none."""
    after = expiry
    while after < run.settings.vix_expiries and run.market.vix[after, at.X_MONTHLY] != 1.0:
        after += 1
    return after


@lane_function
def _rank_of(run: Run, bar: int, monthly: int) -> int:
    """0 for the front monthly; -1 where no future of the expiry is quoted."""
    if monthly >= run.settings.vix_expiries:
        return -1
    rank = int(run.market.vix[monthly, at.X_MONTH_INDEX]) - int(run.market.days[bar, at.D_VX_FRONT])
    if rank >= at.VX_RANKS:
        return -1
    return rank


@lane_function
def _same_expiry_future(lanes: Lanes, run: Run, bar: int, expiry: int, after: int, rank: int) -> float:
    """The VIX future that settles with an option: a monthly's by its rank; a weekly's log-linear in days between the monthly
    before it (spot VIX at day 0 where there is none) and the one after."""
    if rank < 0:
        return broadcast(lanes, UNKNOWN)
    later = series_at(lanes, run, bar, at.VX_FIRST + rank)
    if after == expiry:
        return later
    today = run.market.days[bar, at.D_DAY]
    days = run.market.vix[expiry, at.X_SETTLE_DAY] - today
    later_days = run.market.vix[after, at.X_SETTLE_DAY] - today
    before = expiry - 1
    while before >= 0 and run.market.vix[before, at.X_MONTHLY] != 1.0:
        before -= 1
    if rank == 0 or before < 0:
        return futures_curve.interpolate_log(series_at(lanes, run, bar, at.VIX_CLOSE), 0.0, later, later_days, days)
    earlier = series_at(lanes, run, bar, at.VX_FIRST + rank - 1)
    earlier_days = run.market.vix[before, at.X_SETTLE_DAY] - today
    return futures_curve.interpolate_log(earlier, earlier_days, later, later_days, days)


@lane_function
def _vix_terms(lanes: Lanes, run: Run, bar: int, expiry: int) -> None:
    after = _monthly_after(run, expiry)
    rank = _rank_of(run, bar, after)
    terms = vix_options.expiry_terms(
        _same_expiry_future(lanes, run, bar, expiry, after, rank),
        series_at(lanes, run, bar, at.VVIX_CLOSE),
        series_at(lanes, run, bar, at.RATE),
        run.market.vix[expiry, at.X_SETTLE_DAY] - run.market.days[bar, at.D_DAY],
        run.market.level,
    )
    row = (run.settings.spx_expiries + expiry) * at.TERMS
    _store_terms(lanes, run, row, terms)
    beta = UNKNOWN
    if rank >= 0:
        beta = sensitivities.future_beta(rank + 1)
    store(lanes, run.state.terms, row + at.TERMS_BETA, broadcast(lanes, beta))


@lane_function
def _fund_terms(lanes: Lanes, run: Run, bar: int, product: int, expiry: int) -> None:
    leverage = broadcast(lanes, 1.0)
    if product == at.UVXY:
        leverage = series_at(lanes, run, bar, at.UVXY_LEVERAGE)
    vvix = series_at(lanes, run, bar, at.VVIX_CLOSE)
    vx30 = series_at(lanes, run, bar, at.VX30)
    price = share_price(lanes, run, bar, product)
    # All is unknown where one thing is.
    price = select(is_unknown(vvix + vx30 + leverage), UNKNOWN, price)
    terms = fund_options.expiry_terms(
        price,
        vvix,
        vx30,
        series_at(lanes, run, bar, at.RATE),
        run.market.fund[expiry, at.X_SETTLE_DAY] - run.market.days[bar, at.D_DAY],
        leverage,
    )
    _store_terms(lanes, run, (terms_place(run, product) + expiry) * at.TERMS, terms)


@lane_function
def _store_terms(lanes: Lanes, run: Run, row: int, terms: tuple[float, ...]) -> None:
    known = broadcast(lanes, 0.0)
    for member in range(len(terms)):
        store(lanes, run.state.terms, row + member, terms[member])
        known = known + terms[member]
    store(lanes, run.state.terms, row + at.TERMS_KNOWN, known)


@lane_function
def ensure_terms(lanes: Lanes, run: Run, bar: int, product: int, expiry: int) -> None:
    """Computes an expiry's terms on the first time that a bar needs them."""
    place = terms_place(run, product) + expiry
    if run.state.terms_bar[place] != bar:
        run.state.terms_bar[place] = bar
        if product == at.SPX:
            _spx_terms(lanes, run, bar, expiry)
        elif product == at.VIX:
            _vix_terms(lanes, run, bar, expiry)
        else:
            _fund_terms(lanes, run, bar, product, expiry)


@lane_function
def quote(lanes: Lanes, run: Run, bar: int, product: int, kind: int, is_call: bool, terms: int, strike: float) -> tuple[float, float]:
    """Mid price and half-spread of a leg whose terms begin at row `terms`."""
    if kind == at.SHARES:
        mid = share_price(lanes, run, bar, product)
    elif kind == at.FUTURE:
        mid = term(lanes, run, terms, 0)
    elif product == at.SPX:
        forward, discount, theta, phi = surface_terms(lanes, run, terms)
        mid = spx_surface.option_price(is_call, strike, forward, discount, theta, phi, series_at(lanes, run, bar, at.SPX_RHO))
    else:
        mid = vix_options.option_price(is_call, strike, *state_terms(lanes, run, terms))
    return mid, half_spread(lanes, run, bar, product, kind, mid)


@lane_function
def absolute_delta(lanes: Lanes, run: Run, bar: int, product: int, is_call: bool, terms: int, strike: float) -> float:
    """Absolute Black delta of an option; unknown where any of the expiry's terms is."""
    if product == at.SPX:
        forward, _, theta, phi = surface_terms(lanes, run, terms)
        delta = spx_surface.option_delta(is_call, strike, forward, theta, phi, series_at(lanes, run, bar, at.SPX_RHO))
    else:
        delta = vix_options.option_delta(is_call, strike, *state_terms(lanes, run, terms))
    return select(is_unknown(term(lanes, run, terms, at.TERMS_KNOWN)), UNKNOWN, delta)


@lane_function
def surface_terms(lanes: Lanes, run: Run, terms: int) -> tuple[float, float, float, float]:
    """The terms of an SPX expiry in the order of `spx_surface.expiry_terms`."""
    return term(lanes, run, terms, 0), term(lanes, run, terms, 1), term(lanes, run, terms, 2), term(lanes, run, terms, 3)


@lane_function
def state_terms(lanes: Lanes, run: Run, terms: int) -> tuple[float, float, float, float, float, float, float, float, float, float]:
    """The terms of a VIX or fund expiry in the order of `vix_options.expiry_terms`."""
    return (
        term(lanes, run, terms, 0),
        term(lanes, run, terms, 1),
        term(lanes, run, terms, 2),
        term(lanes, run, terms, 3),
        term(lanes, run, terms, 4),
        term(lanes, run, terms, 5),
        term(lanes, run, terms, 6),
        term(lanes, run, terms, 7),
        term(lanes, run, terms, 8),
        term(lanes, run, terms, 9),
    )


@lane_function
def half_spread(lanes: Lanes, run: Run, bar: int, product: int, kind: int, mid: float) -> float:
    """Half the quoted width at a mid price; 0 with `costs none`."""
    if run.settings.charged == 0:
        return broadcast(lanes, 0.0)
    vix = series_at(lanes, run, bar, at.VIX_CLOSE)
    if kind == at.SHARES:
        half = (INDEX_SPREAD if product == at.SPX else FUND_SPREAD) * mid
    elif kind == at.FUTURE:
        half = costs.future_half_spread(vix)
    elif product == at.SPX:
        half = costs.spx_half_spread(mid, run.market.days[bar, at.D_ERA], vix)
    elif product == at.VIX:
        half = costs.vix_half_spread(mid, vix)
    else:
        half = costs.fund_option_half_spread(mid, share_price(lanes, run, bar, product), vix)
    if run.settings.charged == 2:
        half = half * load(lanes, run.state.account, at.A_CROWD)
    return half
