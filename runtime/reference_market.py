"""One path of a market as plain Python numbers: series, calendars, expiries, and the VIX future of an expiry."""

from __future__ import annotations

import numpy as np

from alvh.compiler.ir import Product
from alvh.grammar.diagnostics import InternalError
from alvh.runtime.market import Expiries, MarketArrays
from alvh.runtime.pricing import futures_curve, sensitivities
from alvh.runtime.reference_instruments import FUTURES, TABLES, Expiry
from alvh.runtime.reference_streams import UNKNOWN, any_unknown

ALIASES = {"spx_settlement": "spx_am"}
RANKED = tuple(f"vx{rank}" for rank in range(1, 10))


class MarketPath:
    """The arrays of one path as lists, so that no NumPy scalar enters the arithmetic."""

    def __init__(self, arrays: MarketArrays, path: int) -> None:
        self.first = arrays.first
        self.last = arrays.last
        self.sessions: list[int] = arrays.sessions.tolist()
        self.series: dict[str, list[float]] = {name: arrays.values[:, row, path].tolist() for row, name in enumerate(arrays.series)}
        self.tables: dict[str, Expiries] = {"SPX": arrays.spx, "VIX": arrays.vix, "funds": arrays.fund}
        self.listed: dict[str, list[Expiry]] = {name: _rows(table) for name, table in self.tables.items()}
        self.monthlies = [expiry for expiry in self.listed["VIX"] if expiry.monthly]
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

    def expiries(self, product: Product) -> list[Expiry]:
        """All of a product's table, in order of settlement."""
        return self.listed[TABLES[product]]

    def tradable(self, product: Product, bar: int) -> list[Expiry]:
        """Expiries that can be chosen on a bar, in order of settlement; of futures the monthlies of ranks 1 to 9, listed or not."""
        if product in FUTURES:
            return [expiry for expiry in self.monthlies if 1 <= self.rank(expiry, bar) <= len(RANKED)]
        table = self.tables[TABLES[product]]
        numbers = np.flatnonzero((table.listed_bar <= bar) & (bar < table.settle_bar)).tolist()
        return [self.expiries(product)[number] for number in numbers]

    def days_to(self, expiry: Expiry, bar: int) -> float:
        return float(expiry.settle_day - self.sessions[bar])

    def rank(self, monthly: Expiry, bar: int) -> int:
        """1 for the first monthly that settles strictly after the bar's day."""
        return monthly.month_index - self.front[bar] + 1

    def future(self, expiry: Expiry, bar: int) -> float:
        """The VIX future of the same expiry; a weekly's lies log-linearly between its neighbours, the VIX being at day 0."""
        if expiry.monthly:
            return self._monthly_future(expiry, bar)
        before, days_before = self.value("vix", bar), 0.0
        for monthly in self.monthlies:
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
        rank = self.rank(expiry, bar)
        return self.value(RANKED[rank - 1], bar) if 1 <= rank <= len(RANKED) else UNKNOWN

    def future_beta(self, expiry: Expiry, bar: int) -> float:
        """How the future of an expiry follows the VIX: that of the first monthly at or after it (quant.md 3.2)."""
        for monthly in self.monthlies:
            if monthly.settle_day >= expiry.settle_day:
                rank = self.rank(monthly, bar)
                return float(sensitivities.future_beta(rank)) if 1 <= rank <= len(RANKED) else UNKNOWN
        return UNKNOWN


def _rows(expiries: Expiries) -> list[Expiry]:
    columns = (expiries.settle_day, expiries.settle_bar, expiries.listed_bar, expiries.monthly, expiries.am, expiries.month_index)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return [
        Expiry(number, settle_day, settle_bar, listed_bar, monthly == 1, am == 1, month_index)
        for number, (settle_day, settle_bar, listed_bar, monthly, am, month_index) in enumerate(rows)
    ]
