"""Real option chains for the tests: read, paired by strike, with the forward that put-call parity implies."""

from __future__ import annotations

import csv
import datetime
import math
import os
import statistics
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import frozen

DATA = Path(os.environ.get("ALVH_DATA", Path(__file__).parents[2] / "../shared/data"))
needs_data = pytest.mark.skipif(not (DATA / "chains").is_dir(), reason="no real chains: set ALVH_DATA to the folder that holds chains/")


@frozen
class Quote:
    bid: float
    ask: float

    @property
    def mid(self) -> float:
        return 0.5 * (self.bid + self.ask)

    @property
    def half_spread(self) -> float:
        return 0.5 * (self.ask - self.bid)


@frozen
class Chain:
    """One expiry of one root on one date."""

    date: str
    root: str
    expiry: str
    days: int
    quotes: dict[float, dict[str, Quote]]
    """By strike, then by C or P."""

    def forward(self, rate: float) -> float:
        """The median over the five strikes where call and put cost most nearly the same."""
        discount = math.exp(-rate * self.days / 365.0)
        gaps = {
            strike: pair["C"].mid - pair["P"].mid
            for strike, pair in self.quotes.items()
            if len(pair) == 2 and pair["C"].bid > 0.0 and pair["P"].bid > 0.0
        }
        nearest = sorted(gaps, key=lambda strike: abs(gaps[strike]))[:5]
        return statistics.median(strike + gaps[strike] / discount for strike in nearest)


def chains(name: str) -> Iterator[Chain]:
    rows: dict[tuple[str, str, str], dict[float, dict[str, Quote]]] = defaultdict(lambda: defaultdict(dict))
    with (DATA / "chains" / name).open() as file:
        for row in csv.DictReader(file):
            key = row["quote_date"], row["root"], row["expiry"]
            rows[key][float(row["strike"])][row["cp"]] = Quote(float(row["bid"]), float(row["ask"]))
    for (date, root, expiry), quotes in sorted(rows.items()):
        days = (datetime.date.fromisoformat(expiry) - datetime.date.fromisoformat(date)).days
        yield Chain(date, root, expiry, days, quotes)


def series(name: str, field: str = "close") -> dict[str, float]:
    """A column of a file of `market/` by date; rows without a value left out."""
    with (DATA / "market" / name).open() as file:
        return {row["date"]: float(row[field]) for row in csv.DictReader(file) if row[field]}
