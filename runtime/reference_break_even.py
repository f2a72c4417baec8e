"""Where a layer's sold SPX options break even at expiry with what the hedges would then be worth (quant.md T17, hedged)."""

from __future__ import annotations

from collections.abc import Sequence

from alvh.runtime.mathematics import exp, log
from alvh.runtime.reference_account import HeldLeg, LayerState, Lot, lots_of
from alvh.runtime.reference_beta import BETAS
from alvh.runtime.reference_instruments import FUNDS
from alvh.runtime.reference_prices import Prices
from alvh.runtime.reference_streams import UNKNOWN

HEDGED = ("hedged_lower_break_even", "hedged_upper_break_even")
STEP, STEPS = 0.005, 200
"""Of ln SPX, beyond the nearest sold strike: how closely and how far a loss is looked for."""
HALVINGS = 50


def hedged_break_even(name: str, state: LayerState, hedges: Sequence[LayerState], prices: Prices) -> float:
    """The first index beyond the nearest sold strike from which on the layer and the `hedges` together have lost.

    Unknown without a sold strike, and where they have lost at it already; 0 or infinite where they never do."""
    is_lower = name == "hedged_lower_break_even"
    right = "put" if is_lower else "call"
    strikes = [
        leg.contract.strike
        for lot in state
        for leg in lot.live
        if leg.contract.product == "SPX" and leg.contract.right == right and leg.ratio < 0
    ]
    if not strikes:
        return UNKNOWN
    strike = max(strikes) if is_lower else min(strikes)
    at_expiry = _AtExpiry(state, hedges, prices)
    if not at_expiry.profit(strike) >= 0.0:
        return UNKNOWN
    step = -STEP if is_lower else STEP
    inside = strike
    for number in range(1, STEPS + 1):
        outside = strike * exp(step * number)
        if at_expiry.profit(outside) < 0.0:
            break
        inside = outside
    else:
        return 0.0 if is_lower else float("inf")
    for _ in range(HALVINGS):
        middle = 0.5 * (inside + outside)
        if at_expiry.profit(middle) < 0.0:
            outside = middle
        else:
            inside = middle
    return 0.5 * (inside + outside)


class _AtExpiry:
    """What is held, at the layer's next settlement."""

    def __init__(self, state: LayerState, hedges: Sequence[LayerState], prices: Prices) -> None:
        self.lots = [*state, *lots_of(hedge for hedge in hedges if hedge is not state)]
        self.prices = prices
        self.day = min(lot.nearest for lot in state)
        self.spx, self.vix, self.slope = prices.series("spx"), prices.series("vix"), prices.series("vix_beta")

    def profit(self, spx: float) -> float:
        """Dollars made since the fills with the index at `spx`, by the legs that live; fees aside."""
        moved = self.slope * log(spx / self.spx)
        profit = 0.0
        for lot in self.lots:
            profit = profit + self._of_unit(lot, spx, moved) * lot.units * 100.0
        return profit

    def _of_unit(self, lot: Lot, spx: float, moved: float) -> float:
        points = 0.0
        for leg in lot.live:
            level = self._level(leg, spx, moved)
            worth = leg.contract.payoff(level) if leg.contract.is_option else level
            points = points + leg.weight * (worth - leg.fill)
        return points

    def _level(self, leg: HeldLeg, spx: float, moved: float) -> float:
        """What the leg is on, `moved` being the change of ln VIX: the VIX itself if the leg settles no later than the layer."""
        contract, prices = leg.contract, self.prices
        if contract.product == "SPX":
            return spx
        if contract.product in FUNDS:
            return prices.share(contract.product) * exp(prices.series(BETAS[contract.product]) * moved)
        if contract.settlement.settle_day <= self.day:
            return self.vix * exp(moved)
        market, bar = prices.market, prices.bar
        return market.future(contract.settlement, bar) * exp(market.future_beta(contract.settlement, bar) * moved)
