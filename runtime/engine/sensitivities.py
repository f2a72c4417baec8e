"""What a leg's price follows, in points a structure: volatility, time, and the index through betas. Only where a program reads it, or
the tape keeps it."""

from __future__ import annotations

from alvh.runtime.engine import layout as at
from alvh.runtime.engine.layout import Run
from alvh.runtime.engine.prices import (
    absolute_delta,
    series_at,
    share_beta,
    share_price,
    state_terms,
    surface_terms,
    term,
    terms_of_leg,
)
from alvh.runtime.lanes import Lanes, any_lane, broadcast, divide, is_unknown, lane_function, load, select, store
from alvh.runtime.pricing import spx_surface, vix_options

UNKNOWN = float("nan")


@lane_function
def beta_of_leg(lanes: Lanes, run: Run, bar: int, leg: int, terms: int, signed_delta: float) -> float:
    """Hundreds of dollars that a structure's leg makes when the index doubles: its dollar beta. `signed_delta` of an option, else 1."""
    product = int(run.rules.legs[leg, at.G_PRODUCT])
    moved: float = run.rules.legs[leg, at.G_WEIGHT] * signed_delta
    if product == at.SPX:
        return moved * series_at(lanes, run, bar, at.SPX_CLOSE)
    vix_beta = series_at(lanes, run, bar, at.VIX_BETA)
    if product == at.VIX:
        return moved * term(lanes, run, terms, 0) * term(lanes, run, terms, at.TERMS_BETA) * vix_beta
    return moved * share_price(lanes, run, bar, product) * share_beta(lanes, run, bar, product) * vix_beta


@lane_function
def vega_of_leg(lanes: Lanes, run: Run, bar: int, leg: int, terms: int, strike: float, days: float) -> float:
    if run.rules.legs[leg, at.G_KIND] != at.OPTION:
        return broadcast(lanes, 0.0)
    product = int(run.rules.legs[leg, at.G_PRODUCT])
    if product == at.SPX:
        forward, discount, theta, phi = surface_terms(lanes, run, terms)
        vega = spx_surface.option_vega(strike, forward, discount, theta, phi, series_at(lanes, run, bar, at.SPX_RHO), days)
    else:
        vega = vix_options.option_vega(strike, days, *state_terms(lanes, run, terms))
    weight: float = run.rules.legs[leg, at.G_WEIGHT]
    return select(is_unknown(term(lanes, run, terms, at.TERMS_KNOWN)), UNKNOWN, weight * vega)


@lane_function
def theta_of_leg(lanes: Lanes, run: Run, bar: int, leg: int, terms: int, strike: float, days: float) -> float:
    """A calendar day's."""
    if run.rules.legs[leg, at.G_KIND] != at.OPTION:
        return broadcast(lanes, 0.0)
    product = int(run.rules.legs[leg, at.G_PRODUCT])
    is_call = run.rules.legs[leg, at.G_IS_CALL] == 1.0
    rate = series_at(lanes, run, bar, at.RATE)
    if product == at.SPX:
        forward, _, theta, phi = surface_terms(lanes, run, terms)
        decay = spx_surface.option_theta(is_call, strike, forward, theta, phi, series_at(lanes, run, bar, at.SPX_RHO), rate, days)
    else:
        decay = vix_options.option_theta(is_call, strike, rate, days, *state_terms(lanes, run, terms))
    weight: float = run.rules.legs[leg, at.G_WEIGHT]
    return select(is_unknown(term(lanes, run, terms, at.TERMS_KNOWN)), UNKNOWN, weight * decay)


@lane_function
def record_sensitivities(lanes: Lanes, run: Run, bar: int, row: int, equity: float) -> None:
    """Net beta of all that is held after today's orders, then each layer's theta, onto the tape from `row` on."""
    dollars = broadcast(lanes, 0.0)
    for layer in range(run.settings.layers):
        money = broadcast(lanes, 0.0)
        first_slot = int(run.rules.layers[layer, at.L_FIRST_SLOT])
        for slot in range(first_slot, first_slot + int(run.rules.layers[layer, at.L_SLOTS])):
            held = load(lanes, run.state.lots, slot * at.LOT_ROWS + at.O_STRUCTURES) > 0.0
            if any_lane(held):
                beta, theta = _sensitivities_of_lot(lanes, run, bar, layer, slot, held)
                units = load(lanes, run.state.lots, slot * at.LOT_ROWS + at.O_UNITS)
                dollars = dollars + select(held, beta * units * 100.0, 0.0)
                money = money + select(held, theta * units * 100.0, 0.0)
        store(lanes, run.tape.bars, row + 1 + layer, money)
    if run.settings.hold == 1:
        dollars = dollars + load(lanes, run.state.account, at.A_UNITS) * series_at(lanes, run, bar, at.SPX_CLOSE)
    store(lanes, run.tape.bars, row, divide(dollars, equity))


@lane_function
def _sensitivities_of_lot(lanes: Lanes, run: Run, bar: int, layer: int, slot: int, held: bool) -> tuple[float, float]:
    """Dollar beta and theta of one unit of a lot's live legs."""
    first_leg = int(run.rules.layers[layer, at.L_FIRST_LEG])
    today = run.market.days[bar, at.D_DAY]
    beta = broadcast(lanes, 0.0)
    theta = broadcast(lanes, 0.0)
    for leg in range(int(run.rules.layers[layer, at.L_LEGS])):
        row = (slot * at.LEGS + leg) * at.LEG_ROWS
        rule = first_leg + leg
        product = int(run.rules.legs[rule, at.G_PRODUCT])
        kind = int(run.rules.legs[rule, at.G_KIND])
        is_call = run.rules.legs[rule, at.G_IS_CALL] == 1.0
        alive = held & (load(lanes, run.state.legs, row + at.E_ALIVE) == 1.0)
        if any_lane(alive):
            terms = terms_of_leg(lanes, run, bar, product, kind, row, alive)
            strike = load(lanes, run.state.legs, row + at.E_STRIKE)
            signed = broadcast(lanes, 1.0)
            if kind == at.OPTION:
                signed = absolute_delta(lanes, run, bar, product, is_call, terms, strike)
                if not is_call:
                    signed = -signed
            days = load(lanes, run.state.legs, row + at.E_SETTLE_DAY) - today
            beta = beta + select(alive, beta_of_leg(lanes, run, bar, rule, terms, signed), 0.0)
            theta = theta + select(alive, theta_of_leg(lanes, run, bar, rule, terms, strike, days), 0.0)
    return beta, theta
