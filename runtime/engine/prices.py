"""Prices in lanes: the terms of each expiry once a bar, and what a leg is worth, how wide it is quoted, its delta."""

from __future__ import annotations

from alvh.runtime.engine import layout as at
from alvh.runtime.engine.layout import Run
from alvh.runtime.lanes import Lanes, broadcast, gather, is_unknown, lane_function, load, select, store
from alvh.runtime.pricing import costs, futures_curve, spx_surface, vix_options

UNKNOWN = float("nan")


@lane_function
def series_at(lanes: Lanes, run: Run, bar: int, row: int) -> float:
    """One of the market's rows on a bar."""
    return load(lanes, run.market.series, bar * run.settings.rows + row)


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
    store(lanes, run.state.spx_terms, row, forward)
    store(lanes, run.state.spx_terms, row + 1, discount)
    store(lanes, run.state.spx_terms, row + 2, theta)
    store(lanes, run.state.spx_terms, row + 3, phi)
    rho = series_at(lanes, run, bar, at.SPX_RHO)
    store(lanes, run.state.spx_terms, row + at.TERMS_KNOWN, forward + discount + theta + phi + rho)


@lane_function
def same_expiry_future(lanes: Lanes, run: Run, bar: int, expiry: int) -> float:
    """The VIX future that settles with an option: a monthly's by its rank; a weekly's log-linear in days between the monthly
    before it (spot VIX at day 0 where there is none) and the one after."""
    today = run.market.days[bar, at.D_DAY]
    front = int(run.market.days[bar, at.D_VX_FRONT])
    if run.market.vix[expiry, at.X_MONTHLY] == 1.0:
        rank = int(run.market.vix[expiry, at.X_MONTH_INDEX]) - front
        if rank < 0 or rank >= at.VX_RANKS:
            return broadcast(lanes, UNKNOWN)
        return series_at(lanes, run, bar, at.VX_FIRST + rank)
    days = run.market.vix[expiry, at.X_SETTLE_DAY] - today
    before = expiry - 1
    while before >= 0 and run.market.vix[before, at.X_MONTHLY] != 1.0:
        before -= 1
    after = expiry + 1
    while after < run.settings.vix_expiries and run.market.vix[after, at.X_MONTHLY] != 1.0:
        after += 1
    if after == run.settings.vix_expiries:
        return broadcast(lanes, UNKNOWN)
    rank = int(run.market.vix[after, at.X_MONTH_INDEX]) - front
    if rank < 0 or rank >= at.VX_RANKS:
        return broadcast(lanes, UNKNOWN)
    later = series_at(lanes, run, bar, at.VX_FIRST + rank)
    later_days = run.market.vix[after, at.X_SETTLE_DAY] - today
    if rank == 0 or before < 0:
        return futures_curve.interpolate_log(series_at(lanes, run, bar, at.VIX_CLOSE), 0.0, later, later_days, days)
    earlier = series_at(lanes, run, bar, at.VX_FIRST + rank - 1)
    earlier_days = run.market.vix[before, at.X_SETTLE_DAY] - today
    return futures_curve.interpolate_log(earlier, earlier_days, later, later_days, days)


@lane_function
def _vix_terms(lanes: Lanes, run: Run, bar: int, expiry: int) -> None:
    terms = vix_options.expiry_terms(
        same_expiry_future(lanes, run, bar, expiry),
        series_at(lanes, run, bar, at.VVIX_CLOSE),
        series_at(lanes, run, bar, at.RATE),
        run.market.vix[expiry, at.X_SETTLE_DAY] - run.market.days[bar, at.D_DAY],
        run.market.level,
    )
    row = expiry * at.TERMS
    known = broadcast(lanes, 0.0)
    for member in range(len(terms)):
        store(lanes, run.state.vix_terms, row + member, terms[member])
        known = known + terms[member]
    store(lanes, run.state.vix_terms, row + at.TERMS_KNOWN, known)


@lane_function
def ensure_terms(lanes: Lanes, run: Run, bar: int, product: int, expiry: int) -> None:
    """Computes an expiry's terms on the first time that a bar needs them."""
    if product == at.SPX:
        if run.state.terms_bar[expiry] != bar:
            run.state.terms_bar[expiry] = bar
            _spx_terms(lanes, run, bar, expiry)
    else:
        place = run.settings.spx_expiries + expiry
        if run.state.terms_bar[place] != bar:
            run.state.terms_bar[place] = bar
            _vix_terms(lanes, run, bar, expiry)


@lane_function
def quote(lanes: Lanes, run: Run, bar: int, product: int, is_call: bool, expiry: float, strike: float) -> tuple[float, float]:
    """Mid price and half-spread of an option; `expiry` may differ by lane, its terms must be computed."""
    row = expiry * at.TERMS
    if product == at.SPX:
        forward = gather(lanes, run.state.spx_terms, row)
        discount = gather(lanes, run.state.spx_terms, row + 1)
        theta = gather(lanes, run.state.spx_terms, row + 2)
        phi = gather(lanes, run.state.spx_terms, row + 3)
        rho = series_at(lanes, run, bar, at.SPX_RHO)
        mid = spx_surface.option_price(is_call, strike, forward, discount, theta, phi, rho)
    else:
        mid = vix_options.option_price(is_call, strike, *vix_terms_of(lanes, run, row))
    return mid, half_spread(lanes, run, bar, product, mid)


@lane_function
def absolute_delta(lanes: Lanes, run: Run, bar: int, product: int, is_call: bool, expiry: float, strike: float) -> float:
    """Absolute Black delta; unknown where any of the expiry's terms is."""
    row = expiry * at.TERMS
    if product == at.SPX:
        forward = gather(lanes, run.state.spx_terms, row)
        theta = gather(lanes, run.state.spx_terms, row + 2)
        phi = gather(lanes, run.state.spx_terms, row + 3)
        delta = spx_surface.option_delta(is_call, strike, forward, theta, phi, series_at(lanes, run, bar, at.SPX_RHO))
        known = gather(lanes, run.state.spx_terms, row + at.TERMS_KNOWN)
    else:
        delta = vix_options.option_delta(is_call, strike, *vix_terms_of(lanes, run, row))
        known = gather(lanes, run.state.vix_terms, row + at.TERMS_KNOWN)
    return select(is_unknown(known), UNKNOWN, delta)


@lane_function
def vix_terms_of(lanes: Lanes, run: Run, row: float) -> tuple[float, float, float, float, float, float, float, float, float, float]:
    """The terms of a VIX expiry in the order of `vix_options.expiry_terms`."""
    return (
        gather(lanes, run.state.vix_terms, row),
        gather(lanes, run.state.vix_terms, row + 1),
        gather(lanes, run.state.vix_terms, row + 2),
        gather(lanes, run.state.vix_terms, row + 3),
        gather(lanes, run.state.vix_terms, row + 4),
        gather(lanes, run.state.vix_terms, row + 5),
        gather(lanes, run.state.vix_terms, row + 6),
        gather(lanes, run.state.vix_terms, row + 7),
        gather(lanes, run.state.vix_terms, row + 8),
        gather(lanes, run.state.vix_terms, row + 9),
    )


@lane_function
def half_spread(lanes: Lanes, run: Run, bar: int, product: int, mid: float) -> float:
    """Half the quoted width at a mid price; 0 with `costs none`."""
    if run.settings.charged == 0:
        return broadcast(lanes, 0.0)
    vix = series_at(lanes, run, bar, at.VIX_CLOSE)
    if product == at.SPX:
        return costs.spx_half_spread(mid, broadcast(lanes, run.market.days[bar, at.D_ERA]), vix)
    return costs.vix_half_spread(mid, vix)


@lane_function
def ensure_leg_terms(lanes: Lanes, run: Run, bar: int, product: int, leg_row: int, structures_row: int) -> None:
    """Terms of the expiries that a leg of a lot has in any lane that holds it."""
    for lane in range(lanes.width):
        if run.state.lots[structures_row, lane] > 0.0:
            ensure_terms(lanes, run, bar, product, int(run.state.legs[leg_row + at.E_EXPIRY, lane]))
