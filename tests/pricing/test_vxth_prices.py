"""The prices of VIX calls against a published back-test of VXTH on real option prices, without compiler or engine (item 5).

On each VIX settlement the old calls are paid out and new ones, a month long, are bought at that day's close for a share of the portfolio
that depends on their future; the rest is in the S&P 500. quant.md 2.1 and 3.3 give rules and figures.
"""

from __future__ import annotations

import csv
import datetime

import pytest
from option_chains import DATA, needs_data, series

from alvh.runtime.pricing.strikes import vix_strike_and_delta
from alvh.runtime.pricing.vix_level import level_table
from alvh.runtime.pricing.vix_options import Terms, expiry_terms, option_price

FIRST, LAST = "2007-04-02", "2020-12-31"
PUBLISHED = {0.50: (8.86, 4.0), 0.30: (10.62, 29.0), 0.20: (12.02, 60.0)}
"""Compound growth and the change from 2020-02-19 to 2020-03-23, in per cent."""


class Data:
    """The series that the rules read, by date; futures by date and expiry."""

    def __init__(self) -> None:
        self.spx = series("spx_ohlc.csv")
        self.vvix = series("vvix_close.csv", "vvix")
        self.rate = series("rates_fred.csv", "dtb3")
        with (DATA / "market" / "vix_monthly_expirations.csv").open() as file:
            self.settled = {row["expiry"]: float(row["final_settle"] or row["vix_open_on_expiry"]) for row in csv.DictReader(file)}
        with (DATA / "market" / "vx_futures_monthly_long.csv").open() as file:
            traded = (row for row in csv.DictReader(file) if row["is_final"] == "0" and row["settle"])
            self.futures = {(row["date"], row["expiry"]): float(row["settle"]) for row in traded}

    def terms(self, date: str, expiry: str, vvix_factor: float) -> Terms:
        days = float((datetime.date.fromisoformat(expiry) - datetime.date.fromisoformat(date)).days)
        rate = self.rate.get(date, 1.0) / 100.0
        return expiry_terms(self.futures[date, expiry], self.vvix[date] * vvix_factor, rate, days, level_table())


@pytest.fixture(scope="module")
def data() -> Data:
    return Data()


def weight(future: float) -> float:
    return 0.0 if future <= 15.0 else 0.01 if future <= 30.0 else 0.005 if future <= 50.0 else 0.0


def back_test(data: Data, delta: float, vvix_factor: float = 1.0) -> tuple[float, float]:
    """Compound growth a year and the COVID window's change, in per cent."""
    dates = [date for date in data.spx if FIRST <= date <= LAST]
    expiries = sorted(data.settled)
    units = calls = strike = 0.0
    expiry = FIRST
    values = {}
    for date in dates:
        if date == FIRST:
            value = 1.0
        elif date >= expiry:
            value = units * data.spx[date] + calls * max(data.settled[expiry] - strike, 0.0)
        elif (date, expiry) in data.futures and date in data.vvix:
            value = units * data.spx[date] + calls * option_price(True, strike, *data.terms(date, expiry, vvix_factor))
        if date >= expiry:
            expiry = next(later for later in expiries if later > date)
            terms = data.terms(date, expiry, vvix_factor)
            strike, _ = vix_strike_and_delta(True, delta, *terms)
            share = weight(terms[0])
            calls = value * share / option_price(True, strike, *terms)
            units = value * (1.0 - share) / data.spx[date]
        values[date] = value
    years = (datetime.date.fromisoformat(dates[-1]) - datetime.date.fromisoformat(FIRST)).days / 365.25
    growth = values[dates[-1]] ** (1.0 / years) - 1.0
    return 100.0 * growth, 100.0 * (values["2020-03-23"] / values["2020-02-19"] - 1.0)


@needs_data
@pytest.mark.parametrize("delta", PUBLISHED)
def test_growth_and_the_crash_as_published(data, delta):
    growth, crash = back_test(data, delta)
    published_growth, published_crash = PUBLISHED[delta]
    assert abs(growth - published_growth) < 0.7
    assert abs(crash - published_crash) < 12.0


@needs_data
def test_dearer_volatility_costs_and_deltas_are_ordered(data):
    half, forty, thirty = (back_test(data, delta)[0] for delta in (0.50, 0.40, 0.30))
    assert half < forty < thirty
    assert all(back_test(data, delta, 1.2)[0] < back_test(data, delta)[0] for delta in PUBLISHED)
