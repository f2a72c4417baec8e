"""Options on VXX and UVXY: two lognormal states like those of the VIX, on the share's forward, without a floor (quant.md 2.7; an approximation).

The shares move with the first two VIX futures, whose yearly volatility is about 0.85 of what VVIX says of a month, times the leverage. Real
options on them are American; these are European, which matters little where the share pays nothing.

Lane-generic. The terms have the shape of `vix_options.Terms`, so prices and deltas are those of `vix_options`. Dollars a share.
"""

from __future__ import annotations

from alvh.runtime.lanes import divide, is_unknown, lane_function, minimum, select, square_root
from alvh.runtime.mathematics import exp, log
from alvh.runtime.pricing.vix_level import DAYS_A_YEAR, SPIKE, SPIKE_FORWARD, SPIKE_VOLATILITY
from alvh.runtime.pricing.vix_options import Terms

VOLATILITY_OF_VVIX = 0.85
"""Of VVIX, what a constant-maturity future of a month moves by (quant.md 2.7)."""
SPIKE_SHARE = 0.5
"""Of the VIX's jump in its spike state, what the futures that the fund holds follow (betas of 0.62 and 0.42, quant.md 3.2)."""
LONGEST_SPIKE_YEARS = 0.75


@lane_function
def expiry_terms(price: float, volatility: float, vx30: float, rate: float, days: float, leverage: float) -> Terms:
    """The terms of an expiry: `price` of a share, `volatility` the VVIX, `vx30` the future of 30 days, `leverage` of the fund; `days` is a
    scalar that all lanes share. Intrinsic values at 0 days."""
    years = days / DAYS_A_YEAR
    probability = 1.0 - exp(-minimum(years, LONGEST_SPIKE_YEARS))
    ratio = minimum(divide(SPIKE_FORWARD, vx30), 1.0)
    spike = 1.0 + leverage * (SPIKE_SHARE * SPIKE * (ratio * square_root(ratio)))
    forward = price * exp(rate * years)
    calm_forward = forward / ((1.0 - probability) + probability * spike)
    spike_forward = calm_forward * spike
    calm_volatility = leverage * (VOLATILITY_OF_VVIX * volatility / 100.0) * square_root(years)
    jump = leverage * SPIKE_VOLATILITY
    unknown = is_unknown(forward)
    return (
        forward,
        exp(-rate * years),
        select(unknown, forward, 0.0),
        calm_forward,
        spike_forward,
        log(calm_forward),
        log(spike_forward),
        select(unknown, forward, probability),
        calm_volatility,
        square_root(calm_volatility * calm_volatility + jump * jump * minimum(years * 12.0, 1.0)),
    )
