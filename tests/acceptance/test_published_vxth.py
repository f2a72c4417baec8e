"""The shipped VXTH over real history against a published back-test on real option prices (figures: quant.md 2.1).

SPX price index, no costs, calls paid at their final settlement and replaced at that day's close, their weight from the settlement price
of the future that they expire with.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path

import attrs
import numpy as np
import polars as pl
import pytest

import alvh
from alvh.runtime.market import MarketArrays

STRATEGY = Path(__file__).parents[2] / "strategies" / "vxth.alvh"
FIRST, LAST = "2007-04-02", "2020-12-31"
CRASH = (date(2020, 2, 19), date(2020, 3, 23))
PUBLISHED = {0.50: (8.86, 4.0), 0.30: (10.62, 29.0), 0.20: (12.02, 60.0)}
"""By the calls' delta: compound growth a year, and the change over CRASH, in per cent."""


class DearerVolatility:
    """A market whose VVIX is higher by a factor; all else is as it was."""

    def __init__(self, market: alvh.Market, factor: float) -> None:
        self.name = f"{market.name}, VVIX times {factor:g}"
        self._market, self._factor = market, factor

    def arrays(
        self,
        start: np.datetime64 | None,
        end: np.datetime64 | None,
        inputs: tuple[str, ...] = (),
        calendars: tuple[str, ...] = (),
        paths: int = 1,
        lags: Mapping[str, int] | None = None,
    ) -> MarketArrays:
        arrays = self._market.arrays(start, end, inputs, calendars, paths, lags)
        values = arrays.values.copy()
        values[:, arrays.series.index("vvix")] *= self._factor
        return attrs.evolve(arrays, values=values)

    def fingerprint(self) -> str:
        return f"{self._market.fingerprint()} vvix x {self._factor}"


@cache
def back_test(market: alvh.Market | DearerVolatility, delta: float) -> alvh.Result:
    settings = {"costs": "none", "call_delta": f"{delta} delta"}
    return alvh.run(STRATEGY, market, start=FIRST, end=LAST, settings=settings)


def growth(result: alvh.Result) -> float:
    assert result.metrics.cagr is not None
    return 100.0 * result.metrics.cagr


def crash(result: alvh.Result) -> float:
    before, after = (result.equity.filter(pl.col("date") == day)["equity"].item() for day in CRASH)
    return 100.0 * float(after / before - 1.0)


@pytest.mark.parametrize("delta", PUBLISHED)
def test_growth_and_the_crash_as_published(history: alvh.Market, delta: float) -> None:
    result = back_test(history, delta)
    published_growth, published_crash = PUBLISHED[delta]
    assert growth(result) == pytest.approx(published_growth, abs=0.7)
    assert crash(result) == pytest.approx(published_crash, abs=12.0)


def test_every_call_is_paid_at_its_final_settlement_and_bought_on_such_a_day(history: alvh.Market) -> None:
    journal = back_test(history, 0.30).journal
    settled = journal.filter(pl.col("action") == "settle")
    assert settled.height > 100
    assert settled["reason"].unique().to_list() == ["expired on the final settlement value"]
    opened = journal.filter(pl.col("action") == "open")
    expiries = history.arrays(None, None).vix
    monthlies = set(expiries.settle_day[expiries.monthly == 1].tolist())
    assert opened.height > 100
    assert set(opened["date"].to_physical().to_list()) <= monthlies


def test_deltas_are_ordered(history: alvh.Market) -> None:
    half, forty, thirty = (growth(back_test(history, delta)) for delta in (0.50, 0.40, 0.30))
    assert half < forty < thirty


@pytest.mark.parametrize("delta", PUBLISHED)
def test_dearer_volatility_lowers_growth(history: alvh.Market, delta: float) -> None:
    assert growth(back_test(DearerVolatility(history, 1.2), delta)) < growth(back_test(history, delta))
