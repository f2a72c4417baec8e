"""Prices, half spreads and greeks of contracts on one bar, from the market and the pricing functions."""

from __future__ import annotations

import math
from typing import TypeAlias

from alvh.compiler.ir import Product
from alvh.runtime.pricing import costs, fund_options, spx_surface, vix_level, vix_options
from alvh.runtime.reference_instruments import FUNDS, SHARES, Contract, Expiry, Quote
from alvh.runtime.reference_market import MarketPath
from alvh.runtime.reference_streams import UNKNOWN, any_unknown, is_unknown

SURFACE = ("spx", "rate", "spx_w9", "spx_w30", "spx_w93", "spx_w184", "spx_w365", "spx_scale", "spx_eta")

Terms: TypeAlias = "tuple[float, ...]"


class Prices:
    """Model prices on one bar. What an expiry's contracts share is computed when first needed.

    Terms of SPX expiries are `(forward, discount, theta, phi, rho)`, those of VIX and fund expiries what `vix_options` makes of them.
    """

    def __init__(self, market: MarketPath, bar: int, costs_charged: str, before: MarketPath | None = None) -> None:
        """`before`: where the bar before is looked up, if not in `market`."""
        self.market = market
        self.before = market if before is None else before
        self.bar = bar
        self.charged = costs_charged != "none"
        self.crowded = costs_charged == "crowded"
        self._tradable: dict[Product, list[Expiry]] = {}
        self._terms: dict[tuple[Product, int], Terms | None] = {}

    def tradable(self, product: Product) -> list[Expiry]:
        if product not in self._tradable:
            self._tradable[product] = self.market.tradable(product, self.bar)
        return self._tradable[product]

    def series(self, name: str) -> float:
        return self.market.value(name, self.bar)

    def share(self, product: Product) -> float:
        """Price of a share of the index or fund."""
        return self.series(SHARES[product])

    def days_to(self, contract: Contract) -> float:
        return self.market.days_to(contract.settlement, self.bar)

    # What the options of one expiry share

    def terms(self, product: Product, expiry: Expiry) -> Terms | None:
        """None where the market does not determine them."""
        key = (product, expiry.number)
        if key not in self._terms:
            find = self._spx_terms if product == "SPX" else self._vix_terms if product == "VIX" else self._fund_terms
            terms = find(product, expiry)
            self._terms[key] = None if any_unknown(terms) else terms
        return self._terms[key]

    def _spx_terms(self, _: Product, expiry: Expiry) -> Terms:
        return (*self._surface(self.market.days_to(expiry, self.bar)), self.series("spx_rho"))

    def _surface(self, days: float) -> tuple[float, float, float, float]:
        inputs = [self.series(name) for name in SURFACE]
        inputs.append(days)
        return spx_surface.expiry_terms(*inputs)

    def spx_volatility(self, days: float) -> float:
        """At-the-money volatility of the surface, in points."""
        _, _, theta, _ = self._surface(days)
        return UNKNOWN if is_unknown(theta) else 100.0 * math.sqrt(theta / (days / 365.0))

    def _vix_terms(self, _: Product, expiry: Expiry) -> Terms:
        future, vvix, rate = self.market.future(expiry, self.bar), self.series("vvix"), self.series("rate")
        if any_unknown((future, vvix, rate)):
            return (UNKNOWN,)
        days = self.market.days_to(expiry, self.bar)
        return tuple(vix_options.expiry_terms(future, vvix, rate, days, vix_level.level_table()))

    def _fund_terms(self, product: Product, expiry: Expiry) -> Terms:
        """Options on VXX and UVXY: on the share's forward, moved by VVIX (quant.md 2.7)."""
        leverage = 1.0 if product == "VXX" else self.series("uvxy_leverage")
        price, vvix, vx30, rate = self.share(product), self.series("vvix"), self.series("vx30"), self.series("rate")
        if any_unknown((price, vvix, vx30, rate, leverage)):
            return (UNKNOWN,)
        return tuple(fund_options.expiry_terms(price, vvix, vx30, rate, self.market.days_to(expiry, self.bar), leverage))

    def forward(self, product: Product, expiry: Expiry) -> float:
        """What options of an expiry are options on: the SPX or fund forward, the VIX future."""
        terms = self.terms(product, expiry)
        return UNKNOWN if terms is None else self.market.future(expiry, self.bar) if product == "VIX" else terms[0]

    # Prices

    def quote(self, contract: Contract) -> Quote:
        mid = self.mid(contract)
        return Quote(mid, self.half_spread(contract, mid), contract.right)

    def mid(self, contract: Contract) -> float:
        if contract.right == "shares":
            return self.share(contract.product)
        if contract.right == "future":
            return self.market.future(contract.settlement, self.bar)
        terms = self.terms(contract.product, contract.settlement)
        if terms is None:
            return UNKNOWN
        price = spx_surface.option_price if contract.product == "SPX" else vix_options.option_price
        return float(price(contract.is_call, contract.strike, *terms))

    def half_spread(self, contract: Contract, mid: float) -> float:
        """Half of the bid-ask width at a mid price; with `costs crowded` times what crowding adds (quant.md 2.8, T18)."""
        if not self.charged:
            return 0.0
        half = self._listed_half_spread(contract, mid)
        if not self.crowded:
            return half
        vix, before = self.series("vix"), self.before.value("vix", self.bar - 1) if self.bar > 0 else UNKNOWN
        return UNKNOWN if any_unknown((half, vix)) else half * costs.crowd_factor(vix, before)

    def _listed_half_spread(self, contract: Contract, mid: float) -> float:
        product = contract.product
        if contract.right == "shares":
            return (costs.FUND_HALF_SPREAD if product in FUNDS else costs.INDEX_HALF_SPREAD) * mid
        vix = self.series("vix")
        if any_unknown((mid, vix)):
            return UNKNOWN
        if contract.right == "future":
            return float(costs.future_half_spread(vix))
        if product == "SPX":
            return float(costs.spx_half_spread(mid, self.market.era[self.bar], vix))
        if product == "VIX":
            return float(costs.vix_half_spread(mid, vix))
        share = self.share(product)
        return UNKNOWN if is_unknown(share) else float(costs.fund_option_half_spread(mid, share, vix))

    # Greeks

    def delta(self, contract: Contract) -> float:
        """Absolute Black delta of an option; unknown of what is none."""
        if not contract.is_option:
            return UNKNOWN
        terms = self.terms(contract.product, contract.settlement)
        if terms is None:
            return UNKNOWN
        if contract.product == "SPX":
            forward, _, theta, phi, rho = terms
            return float(spx_surface.option_delta(contract.is_call, contract.strike, forward, theta, phi, rho))
        return float(vix_options.option_delta(contract.is_call, contract.strike, *terms))

    def signed_delta(self, contract: Contract) -> float:
        """Black delta, below 0 for a put; 1 of a future or share."""
        if not contract.is_option:
            return 1.0
        delta = self.delta(contract)
        return delta if contract.is_call else -delta

    def vega(self, contract: Contract) -> float:
        """Points for one point of the option's own volatility; 0 of what is no option."""
        if not contract.is_option:
            return 0.0
        terms = self.terms(contract.product, contract.settlement)
        if terms is None:
            return UNKNOWN
        days = self.days_to(contract)
        if contract.product == "SPX":
            forward, discount, theta, phi, rho = terms
            return float(spx_surface.option_vega(contract.strike, forward, discount, theta, phi, rho, days))
        return float(vix_options.option_vega(contract.strike, days, *terms))

    def theta(self, contract: Contract) -> float:
        """Points a calendar day, below 0 where time costs; 0 of what is no option."""
        if not contract.is_option:
            return 0.0
        terms = self.terms(contract.product, contract.settlement)
        if terms is None:
            return UNKNOWN
        days, rate = self.days_to(contract), self.series("rate")
        if contract.product != "SPX":
            return float(vix_options.option_theta(contract.is_call, contract.strike, rate, days, *terms))
        forward, _, theta, phi, rho = terms
        return float(spx_surface.option_theta(contract.is_call, contract.strike, forward, theta, phi, rho, rate, days))
