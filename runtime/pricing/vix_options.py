"""VIX options on the future of their own expiry: Black on a floor and two lognormal states, driven by F and VVIX alone (quant.md 3.3).

VIX_T = L + a e^(..) in a calm state and L + a M e^(..) in a spike state, with
    L = min(9, 0.8 F),  p = 1 - exp(-min(T, 0.75)),  M = 1 + 1.9 min(1, (14 / F)^1.5),  a = (F - L) / (1 - p + p M),
    C = e^(-rT) {(1 - p) B(a, K - L, s sqrt T) + p B(a M, K - L, sqrt(s^2 T + 0.25^2))},  C = e^(-rT) (F - K) for K <= L,
puts by parity; B is Black's call and s comes from VVIX by the table of `vix_level`. E[VIX_T] = F, monotone and convex by construction.

Lane-generic. `days`, `is_call` and the table are shared by all lanes. Points; rates as fractions a year; years of 365 days.
"""

from __future__ import annotations

from alvh.runtime.lanes import (
    divide,
    inlined_lane_function,
    is_unknown,
    lane_function,
    maximum,
    minimum,
    negate,
    select,
    square_root,
    to_index,
)
from alvh.runtime.market import Floats
from alvh.runtime.mathematics import exp, log, normal_cdf
from alvh.runtime.pricing.black import black_implied_volatility, black_out_of_the_money, black_theta, black_vega, d1_of
from alvh.runtime.pricing.vix_level import (
    DAYS_A_YEAR,
    FLOOR,
    FLOOR_OF_FORWARD,
    LONGEST_DAYS,
    PROBABILITY,
    SPIKE,
    SPIKE_FORWARD,
    SPIKE_VOLATILITY,
    volatility_level,
)

Terms = tuple[float, ...]
"""What all options of one expiry share, ten numbers:
 0 future            F, points
 1 discount          e^(-rT)
 2 floor             L, points
 3 calm forward      a, points above the floor
 4 spike forward     a M, points above the floor
 5 log calm forward  ln a
 6 log spike forward ln (a M)
 7 spike probability p
 8 calm volatility   s sqrt T
 9 spike volatility  sqrt(s^2 T + 0.25^2)"""


@lane_function
def terms_at_level(future: float, level: float, rate: float, days: float, probability: float) -> Terms:
    """The terms of an expiry whose volatility level s is known, as when it is fitted to quotes. `probability` of the spike state."""
    years = days / DAYS_A_YEAR
    floor = minimum(FLOOR_OF_FORWARD * future, FLOOR)
    ratio = minimum(divide(SPIKE_FORWARD, future), 1.0)
    spike = 1.0 + SPIKE * (ratio * square_root(ratio))
    calm_forward = (future - floor) / ((1.0 - probability) + probability * spike)
    spike_forward = calm_forward * spike
    calm_volatility = level * square_root(years)
    return (
        future,
        exp(-rate * years),
        floor,
        calm_forward,
        spike_forward,
        log(calm_forward),
        log(spike_forward),
        # A value on every lane, like the rest of the row; unknown with the future.
        select(is_unknown(future), future, probability),
        calm_volatility,
        square_root(calm_volatility * calm_volatility + SPIKE_VOLATILITY * SPIKE_VOLATILITY),
    )


@lane_function
def expiry_terms(future: float, vvix: float, rate: float, days: float, level_table: Floats) -> Terms:
    """The terms of an expiry (see `Terms`) from its future, VVIX and the rate; unknown beyond 300 days, intrinsic values at 0."""
    level = volatility_level(future, vvix, days, level_table)
    row = to_index(minimum(days, LONGEST_DAYS))
    return terms_at_level(future, level, rate, days, float(level_table[row, PROBABILITY]))


@inlined_lane_function
def _state_value(forward: float, log_forward: float, strike: float, log_strike: float, volatility: float) -> float:
    """Time value of either option in one state, forward and strike counted from the floor."""
    below = strike < forward
    log_ratio = log_strike - log_forward
    return black_out_of_the_money(
        select(below, strike, forward), select(below, forward, strike), select(below, log_ratio, -log_ratio), volatility
    )


@lane_function
def undiscounted_price(is_call: bool, strike: float, terms: Terms) -> float:
    """Both states priced on their own; with K at or below the floor the option is certain to end in or out of the money.

    `is_call` may be a mask.
    """
    future, _, floor, calm, spike, log_calm, log_spike, probability, calm_volatility, spike_volatility = terms
    above = strike - floor
    log_strike = log(above)
    calm_difference = select(is_call, calm - above, above - calm)
    spike_difference = select(is_call, spike - above, above - spike)
    calm_value = _state_value(calm, log_calm, above, log_strike, calm_volatility) + maximum(0.0, calm_difference)
    spike_value = _state_value(spike, log_spike, above, log_strike, spike_volatility) + maximum(0.0, spike_difference)
    certain = select(is_call, future - strike, 0.0)
    return select(above <= 0.0, certain, (1.0 - probability) * calm_value + probability * spike_value)


@lane_function
def option_price(is_call: bool, strike: float, *terms: float) -> float:
    """Price in points, discounted; the arguments after the strike are `Terms`."""
    return terms[1] * undiscounted_price(is_call, strike, terms)


@lane_function
def option_delta(is_call: bool, strike: float, *terms: float) -> float:
    """Absolute vendor delta, 0 to 1: Black's delta on the future at the volatility that Black needs for the model's price (quant.md 3.3).

    The arguments after the strike are `Terms`. Below the floor, where an option has no time value, a call's delta is 1 and a put's 0.
    """
    log_moneyness = log(divide(strike, terms[0]))
    d1 = d1_of(-log_moneyness, own_volatility(strike, log_moneyness, terms))
    return normal_cdf(select(is_call, d1, -d1))


@lane_function
def own_volatility(strike: float, log_moneyness: float, terms: Terms) -> float:
    """Total volatility that Black's formula needs for the model's price; `log_moneyness` is ln(K / F)."""
    future = terms[0]
    below = strike < future
    lower = select(below, strike, future)
    higher = select(below, future, strike)
    # The price of whichever option is out of the money is its time value, without cancellation.
    time_value = undiscounted_price(negate(below), strike, terms)
    return black_implied_volatility(lower, higher, select(below, log_moneyness, -log_moneyness), time_value)


@lane_function
def option_vega(strike: float, days: float, *terms: float) -> float:
    """Change of the price, in points, for one volatility point of the option's own; 0 at 0 days. The arguments after `days` are `Terms`."""
    volatility = own_volatility(strike, log(divide(strike, terms[0])), terms)
    return terms[1] * black_vega(terms[0], strike, days / DAYS_A_YEAR, volatility) / 100.0


@lane_function
def option_theta(is_call: bool, strike: float, rate: float, days: float, *terms: float) -> float:
    """Change of the price, in points, for a calendar day passing while future and volatility stand still; 0 at 0 days. The arguments after
    `days` are `Terms`. Below the floor, without time value, what is left is interest on the price."""
    volatility = own_volatility(strike, log(divide(strike, terms[0])), terms)
    decay = black_theta(terms[0], strike, days / DAYS_A_YEAR, volatility, rate, is_call) / DAYS_A_YEAR
    return select(days == 0.0, select(is_unknown(rate), rate, 0.0 * volatility), decay)
