"""What a leg's price follows, in points a structure: volatility, time, and the index through betas. Only where a program reads it."""

from __future__ import annotations

from alvh.runtime.engine import layout as at
from alvh.runtime.engine.layout import Run
from alvh.runtime.engine.prices import series_at, share_beta, share_price, state_terms, surface_terms, term
from alvh.runtime.lanes import Lanes, broadcast, is_unknown, lane_function, select
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
