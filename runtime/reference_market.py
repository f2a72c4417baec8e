"""One path of a market as plain Python numbers, and the prices of its contracts on one bar."""

from __future__ import annotations

import math
from typing import Literal as OneOf

import numpy as np
from attrs import frozen

from alvh.grammar.diagnostics import InternalError
from alvh.runtime.market import Expiries, MarketArrays
from alvh.runtime.pricing import costs, futures_curve, spx_surface, vix_level, vix_options
from alvh.runtime.reference_streams import UNKNOWN, any_unknown, is_unknown

ALIASES = {"spx_settlement": "spx_am"}
SURFACE = ("spx", "rate", "spx_w9", "spx_w30", "spx_w93", "spx_w184", "spx_w365", "spx_scale", "spx_eta")
FUTURES = tuple(f"vx{rank}" for rank in range(1, 10))

Product = OneOf["SPX", "VIX"]


@frozen
class Expiry:
    """One line of a product's table of expiries; `number` is its place in it."""

    number: int
    settle_day: int
    settle_bar: int
    listed_bar: int
    monthly: bool
    am: bool
    month_index: int


@frozen
class Contract:
    """One listed option."""

    product: Product
    is_call: bool
    expiry: Expiry
    strike: float

    def payoff(self, price: float) -> float:
        """A share's payoff at expiry, in points."""
        value = price - self.strike if self.is_call else self.strike - price
        return value if value > 0.0 else 0.0


@frozen
class Quote:
    """Mid and half spread in points; unknown where either is."""

    mid: float
    half: float

    @property
    def is_unknown(self) -> bool:
        return is_unknown(self.mid) or is_unknown(self.half)

    @property
    def bid(self) -> float:
        price = self.mid - self.half
        return price if price > 0.0 else 0.0

    @property
    def ask(self) -> float:
        return self.mid + self.half

    def bought(self, ratio: int) -> float:
        """What a leg of this sign trades at when the structure is bought."""
        return self.ask if ratio > 0 else self.bid

    def sold(self, ratio: int) -> float:
        """What a leg of this sign trades at when the structure is given up."""
        return self.bid if ratio > 0 else self.ask

    def off_mid_bought(self, ratio: int) -> float:
        return self.half if ratio > 0 else self.mid - self.bid

    def off_mid_sold(self, ratio: int) -> float:
        return self.mid - self.bid if ratio > 0 else self.half


class MarketPath:
    """The arrays of one path as lists, so that no NumPy scalar enters the arithmetic."""

    def __init__(self, arrays: MarketArrays, path: int) -> None:
        self.first = arrays.first
        self.last = arrays.last
        self.sessions: list[int] = arrays.sessions.tolist()
        self.series: dict[str, list[float]] = {name: arrays.values[:, row, path].tolist() for row, name in enumerate(arrays.series)}
        self.tables: dict[Product, Expiries] = {"SPX": arrays.spx, "VIX": arrays.vix}
        self.expiries: dict[Product, list[Expiry]] = {product: _rows(table) for product, table in self.tables.items()}
        self.monthly_futures = [expiry for expiry in self.expiries["VIX"] if expiry.monthly]
        self.front: list[int] = arrays.vx_front.tolist()
        self.month_part: list[float] = arrays.month_part.tolist()
        self.era: list[float] = arrays.era.tolist()
        self.events: dict[str, list[int]] = {name: days.tolist() for name, days in arrays.events.items()}
        self.events["week_start"] = arrays.week_start.tolist()
        self.events["month_start"] = arrays.month_start.tolist()

    def value(self, name: str, bar: int) -> float:
        values = self.series.get(ALIASES.get(name, name))
        if values is None:
            raise InternalError(f"the market has no row for the series {name!r}")
        return values[bar]

    def event(self, calendar: str, bar: int) -> float:
        days = self.events.get(calendar)
        if days is None:
            raise InternalError(f"the market has no calendar {calendar!r}")
        return float(days[bar]) if 0 <= bar < len(days) else 0.0

    def tradable(self, product: Product, bar: int) -> list[Expiry]:
        """Expiries that can be chosen on a bar, in order of settlement."""
        table = self.tables[product]
        numbers = np.flatnonzero((table.listed_bar <= bar) & (bar < table.settle_bar)).tolist()
        return [self.expiries[product][number] for number in numbers]

    def days_to(self, expiry: Expiry, bar: int) -> float:
        return float(expiry.settle_day - self.sessions[bar])

    def future(self, expiry: Expiry, bar: int) -> float:
        """The VIX future of the same expiry; a weekly's lies log-linearly between its neighbours, the VIX being at day 0."""
        if expiry.monthly:
            return self._monthly_future(expiry, bar)
        before, days_before = self.value("vix", bar), 0.0
        for monthly in self.monthly_futures:
            if monthly.settle_day <= self.sessions[bar]:
                continue
            price, days = self._monthly_future(monthly, bar), self.days_to(monthly, bar)
            if monthly.settle_day > expiry.settle_day:
                if any_unknown((before, price)):
                    return UNKNOWN
                return futures_curve.interpolate_log(before, days_before, price, days, self.days_to(expiry, bar))
            before, days_before = price, days
        return UNKNOWN

    def _monthly_future(self, expiry: Expiry, bar: int) -> float:
        rank = expiry.month_index - self.front[bar]
        return self.value(FUTURES[rank], bar) if 0 <= rank < len(FUTURES) else UNKNOWN


def _rows(expiries: Expiries) -> list[Expiry]:
    columns = (expiries.settle_day, expiries.settle_bar, expiries.listed_bar, expiries.monthly, expiries.am, expiries.month_index)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return [
        Expiry(number, settle_day, settle_bar, listed_bar, monthly == 1, am == 1, month_index)
        for number, (settle_day, settle_bar, listed_bar, monthly, am, month_index) in enumerate(rows)
    ]


class Prices:
    """Model prices on one bar. What an expiry's contracts share is computed when first needed.

    Terms of SPX expiries are `(forward, discount, theta, phi, rho)`, those of VIX expiries what `vix_options` makes them.
    """

    def __init__(self, market: MarketPath, bar: int, costs_listed: bool) -> None:
        self.market = market
        self.bar = bar
        self.costs_listed = costs_listed
        self._tradable: dict[Product, list[Expiry]] = {}
        self._terms: dict[tuple[Product, int], tuple[float, ...] | None] = {}

    def tradable(self, product: Product) -> list[Expiry]:
        if product not in self._tradable:
            self._tradable[product] = self.market.tradable(product, self.bar)
        return self._tradable[product]

    def terms(self, product: Product, expiry: Expiry) -> tuple[float, ...] | None:
        """None where the market does not determine them."""
        key = (product, expiry.number)
        if key not in self._terms:
            terms = self._spx_terms(expiry) if product == "SPX" else self._vix_terms(expiry)
            self._terms[key] = None if any_unknown(terms) else terms
        return self._terms[key]

    def _spx_terms(self, expiry: Expiry) -> tuple[float, ...]:
        return (*self._surface(self.market.days_to(expiry, self.bar)), self.market.value("spx_rho", self.bar))

    def _surface(self, days: float) -> tuple[float, float, float, float]:
        inputs = [self.market.value(name, self.bar) for name in SURFACE]
        inputs.append(days)
        return spx_surface.expiry_terms(*inputs)

    def spx_volatility(self, days: float) -> float:
        """At-the-money volatility of the surface, in points."""
        _, _, theta, _ = self._surface(days)
        return UNKNOWN if is_unknown(theta) else 100.0 * math.sqrt(theta / (days / 365.0))

    def _vix_terms(self, expiry: Expiry) -> tuple[float, ...]:
        future, vvix, rate = self.market.future(expiry, self.bar), self.market.value("vvix", self.bar), self.market.value("rate", self.bar)
        if any_unknown((future, vvix, rate)):
            return (UNKNOWN,)
        days = self.market.days_to(expiry, self.bar)
        return tuple(vix_options.expiry_terms(future, vvix, rate, days, vix_level.level_table()))

    def forward(self, product: Product, expiry: Expiry) -> float:
        terms = self.terms(product, expiry)
        if terms is None:
            return UNKNOWN
        return terms[0] if product == "SPX" else self.market.future(expiry, self.bar)

    def quote(self, contract: Contract) -> Quote:
        mid = self.mid(contract)
        return Quote(mid, self.half_spread(contract.product, mid))

    def mid(self, contract: Contract) -> float:
        terms = self.terms(contract.product, contract.expiry)
        if terms is None:
            return UNKNOWN
        if contract.product == "SPX":
            return float(spx_surface.option_price(contract.is_call, contract.strike, *terms))
        return float(vix_options.option_price(contract.is_call, contract.strike, *terms))

    def delta(self, contract: Contract) -> float:
        """Absolute Black delta."""
        terms = self.terms(contract.product, contract.expiry)
        if terms is None:
            return UNKNOWN
        if contract.product == "SPX":
            forward, _, theta, phi, rho = terms
            return float(spx_surface.option_delta(contract.is_call, contract.strike, forward, theta, phi, rho))
        return float(vix_options.option_delta(contract.is_call, contract.strike, *terms))

    def signed_delta(self, contract: Contract) -> float:
        """Black delta, below 0 for a put."""
        delta = self.delta(contract)
        return delta if contract.is_call else -delta

    def half_spread(self, product: Product, mid: float) -> float:
        if not self.costs_listed:
            return 0.0
        vix = self.market.value("vix", self.bar)
        if any_unknown((mid, vix)):
            return UNKNOWN
        if product == "SPX":
            return float(costs.spx_half_spread(mid, self.market.era[self.bar], vix))
        return float(costs.vix_half_spread(mid, vix))
