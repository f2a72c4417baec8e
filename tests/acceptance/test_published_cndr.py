"""The shipped CNDR over real history: near the published index, and settled on the print that was asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import alvh

STRATEGY = Path(__file__).parents[2] / "strategies" / "cndr.alvh"


def run(market: alvh.Market | str, start: str, end: str) -> alvh.Result:
    return alvh.run(STRATEGY, market, start=start, end=end, settings={"costs": "none"})


def settled_on(result: alvh.Result) -> set[str]:
    return set(result.journal.filter(pl.col("action") == "settle")["reason"].unique())


def test_growth_and_deviation_are_near_the_published_index(history: alvh.Market) -> None:
    """Black & Szado, Performance Analysis of CBOE S&P 500 Options-Selling Indices (2016): mid-1986 to 2015, 7.09 % a year, standard
    deviation of monthly returns 7.23 % a year. VIX, from which the options are priced, begins in 1990; so the window is not the same."""
    result = run(history, "1990-02-01", "2015-12-31")
    assert result.metrics.cagr == pytest.approx(0.0709, abs=0.01)
    monthly = result.equity.group_by_dynamic("date", every="1mo").agg(pl.col("equity").last())["equity"].to_numpy()
    assert np.std(np.diff(np.log(monthly)), ddof=1) * np.sqrt(12.0) == pytest.approx(0.0723, abs=0.01)
    assert result.metrics.volatility == pytest.approx(0.0723, abs=0.01)


def test_open_and_close_are_two_settlements_of_real_history(manifest: Path) -> None:
    at_open, at_close = (run(alvh.Market(manifest, spx_settlement=which), "2013-01-02", "2019-12-31") for which in ("open", "close"))
    assert settled_on(at_open) == {"expired on the opening print", "expired on that day's close, its open being stale or missing"}
    assert settled_on(at_close) == {"expired on the close, chosen in place of the opening print"}
    assert "SPX options settled: 72 on the opening print; 11 on that day's close, its open being stale or missing" in at_open.notes
    assert "SPX options settled: 83 on the close, chosen in place of the opening print" in at_close.notes
    assert (at_open.settings.spx_settlement, at_close.settings.spx_settlement) == ("open", "close")
    assert at_open.identity != at_close.identity
    assert at_open.metrics.final_equity != pytest.approx(at_close.metrics.final_equity, rel=0.01)


def test_each_settlement_is_worth_what_its_print_says(manifest: Path) -> None:
    """The price of a settle row, worked out again from the print and the strikes in its own words."""
    for which in ("open", "close"):
        market = alvh.Market(manifest, spx_settlement=which)
        arrays = market.arrays(None, np.datetime64("2019-12-31"))
        levels = {name: arrays.values[:, arrays.series.index(name), 0] for name in ("spx.open", "spx")}
        dates = [str(day) for day in arrays.sessions[: arrays.last + 1].astype("datetime64[D]")]
        settled = run(market, "2013-01-02", "2019-12-31").journal.filter(pl.col("action") == "settle")
        for row in settled.iter_rows(named=True):
            name = "spx.open" if row["reason"] == "expired on the opening print" else "spx"
            paid = levels[name][dates.index(str(row["date"]))]
            worth = 0.0
            for leg in row["instrument"].split(", "):
                ratio, _, right, expiry, strike = leg.split(" ")
                assert expiry == str(row["date"])
                worth += float(ratio) * max(paid - float(strike) if right == "call" else float(strike) - paid, 0.0)
            assert row["price"] == pytest.approx(worth, abs=1e-9)


def test_open_and_close_are_two_settlements_of_a_made_market() -> None:
    at_open, at_close = (
        run(alvh.Market("generated", seed=7, spx_settlement=which), "2023-01-03", "2024-12-31") for which in ("open", "close")
    )
    assert settled_on(at_open) == {"expired on the opening print"}
    assert settled_on(at_close) == {"expired on the close, chosen in place of the opening print"}
    assert at_open.metrics.final_equity != at_close.metrics.final_equity


def test_another_print_is_refused() -> None:
    with pytest.raises(alvh.RequestError, match="no settlement print 'noon'"):
        alvh.Market("generated", spx_settlement="noon")
