"""Options on VXX and UVXY: two lognormal states like those of the VIX, on the share's forward, without a floor (quant.md 2.7).

With V = (leverage 0.85 VVIX / 100)^2 T, the share's total variance, and p = 1 - exp(-min(T, 0.75)),
    ln M = min(ln(1 + leverage 0.5 1.9 min(1, (14 / vx30)^1.5)), sqrt(V / (2 p (1 - p)))),  a = F / (1 - p + p M),
    C = e^(-rT) {(1 - p) B(a, K, sqrt c) + p B(a M, K, sqrt(c + J))},  J = min((leverage 0.25)^2 min(12 T, 1), V / 2),
puts by parity. c is what makes the log contract 2 E[ln(F / S_T)] = V, as VVIX is one on the VIX: spikes are part of V, not on top.

An approximation, never compared with quotes. The shares move with the first two VIX futures: 0.85 of what VVIX says of the VIX in a
month. Real options on them are American; these are European, which matters little where the share pays nothing.

Lane-generic. The terms have the shape of `vix_options.Terms`, so prices and deltas are those of `vix_options`. Dollars a share.
"""

from __future__ import annotations

from alvh.runtime.lanes import divide, is_unknown, lane_function, minimum, select, square_root
from alvh.runtime.mathematics import UNKNOWN, exp, log
from alvh.runtime.pricing.vix_level import DAYS_A_YEAR, SPIKE, SPIKE_FORWARD, SPIKE_VOLATILITY
from alvh.runtime.pricing.vix_options import Terms

VOLATILITY_OF_VVIX = 0.85
"""Of VVIX, what a constant-maturity future of a month moves by (quant.md 2.7)."""
SPIKE_SHARE = 0.5
"""Of the VIX's jump in its spike state, what the futures that the fund holds follow (betas of 0.62 and 0.42, quant.md 3.2)."""
SPIKE_VARIANCE = 0.5
"""Of the variance, about what the jump may take at most, and what the spike state may add: in calm markets VVIX leaves no room for all of
it. An assumption."""
LONGEST_SPIKE_YEARS = 0.75


@lane_function
def expiry_terms(price: float, volatility: float, vx30: float, rate: float, days: float, leverage: float) -> Terms:
    """The terms of an expiry: `price` of a share, `volatility` the VVIX, `vx30` the future of 30 days, `leverage` of the fund; `days` is a
    scalar that all lanes share. Intrinsic values at 0 days; unknown where any argument is."""
    years = days / DAYS_A_YEAR
    probability = 1.0 - exp(-minimum(years, LONGEST_SPIKE_YEARS))
    # p (1 - p) / T, which tends to 1 as the days run out.
    chance = 1.0
    if days > 0.0:
        chance = probability * (1.0 - probability) / years
    yearly = leverage * (VOLATILITY_OF_VVIX * volatility / 100.0)
    yearly_variance = yearly * yearly
    variance = yearly_variance * years
    ratio = minimum(divide(SPIKE_FORWARD, vx30), 1.0)
    jump = log(1.0 + leverage * (SPIKE_SHARE * SPIKE * (ratio * square_root(ratio))))
    jump = minimum(jump, square_root(yearly_variance * (SPIKE_VARIANCE / chance)))
    spike = exp(jump)
    # ln(F / a): with it the states have the forward as their mean.
    fall = log((1.0 - probability) + probability * spike)
    unrest = leverage * SPIKE_VOLATILITY
    spike_more = minimum(unrest * unrest * minimum(12.0 * years, 1.0), SPIKE_VARIANCE * variance)
    calm_variance = variance - 2.0 * (fall - probability * jump) - probability * spike_more
    forward = price * exp(rate * years)
    unknown = is_unknown(forward) | is_unknown(yearly) | is_unknown(vx30)
    forward = select(unknown, UNKNOWN, forward)
    calm_forward = forward * exp(-fall)
    spike_forward = calm_forward * spike
    return (
        forward,
        exp(-rate * years),
        select(unknown, UNKNOWN, 0.0),
        calm_forward,
        spike_forward,
        log(calm_forward),
        log(spike_forward),
        select(unknown, UNKNOWN, probability),
        square_root(calm_variance),
        square_root(calm_variance + spike_more),
    )
