"""VXX and UVXY: the index they follow counted out day by day, their real closes, gaps, and the betas."""

from __future__ import annotations

import csv
import math

import numpy as np
import pytest
from made_market import MadeMarket

from alvh.runtime.calendars.expiries import vix_monthly_days
from alvh.runtime.calendars.sessions import nyse
from alvh.runtime.market import MISSING, MODELLED, Floats, Integers, MarketArrays
from alvh.runtime.markets.generated import GeneratedMarket
from alvh.runtime.markets.history import HistoryMarket
from alvh.runtime.markets.volatility_funds import UVXY, VXX, fund_beta, fund_price, hold_futures, roll_of, vix_beta
from alvh.runtime.pricing.sensitivities import future_beta


@pytest.fixture(scope="module")
def arrays(real_history: HistoryMarket) -> MarketArrays:
    return real_history.arrays(None, None)


@pytest.fixture(scope="module")
def generated() -> MarketArrays:
    return GeneratedMarket(seed=11).arrays(None, None, paths=12)


def row(arrays: MarketArrays, name: str, path: int = 0) -> Floats:
    return arrays.values[:, arrays.series.index(name), path]


def at_day(arrays: MarketArrays, date: str) -> int:
    return int(np.searchsorted(arrays.sessions, np.datetime64(date).astype(np.int64)))


# The index, counted out -------------------------------------------------------------------------------------------------------------------


def test_the_roll_is_that_of_the_index() -> None:
    """dr / dt of the index's rules: sessions of the period from the next one on, and all of them from one settlement day to the next."""
    days = nyse().days
    days = days[(days >= np.datetime64("2008-06-02").astype(np.int64)) & (days <= np.datetime64("2021-12-31").astype(np.int64))]
    roll = roll_of(days)
    settlements = vix_monthly_days(np.arange(np.datetime64("2008-01"), np.datetime64("2022-04")))
    every = nyse().days
    for bar, today in enumerate(days.tolist()):
        tomorrow = int(every[np.searchsorted(every, today) + 1])
        # The period that holds tomorrow: weights of today's close are for tomorrow's move.
        begin = int(settlements[settlements <= tomorrow][-1])
        end = int(settlements[settlements > tomorrow][0])
        whole = ((every >= begin) & (every < end)).sum()
        left = ((every >= tomorrow) & (every < end)).sum()
        rank = int(((settlements > today) & (settlements <= end)).sum())
        assert (roll.rank[bar], roll.weight[bar]) == (rank, left / whole)
    assert (roll.weight[roll.rank == 2] == 1.0).all()


def counted_out(arrays: MarketArrays, leverage: dict[int, float], fee: float, first: int, path: int = 0) -> list[float]:
    """The fund's price by buying and holding contracts by name from one bar to the next, in plain Python."""
    monthly = arrays.vix.settle_day[arrays.vix.monthly == 1]
    roll = roll_of(arrays.sessions[: arrays.last + 1])
    curve = [row(arrays, f"vx{rank}", path).tolist() for rank in range(1, 10)]
    rate = row(arrays, "rate", path).tolist()
    prices = [100.0]
    for bar in range(first, arrays.last):
        front, weight, rank = int(arrays.vx_front[bar]), float(roll.weight[bar]), int(roll.rank[bar])
        bought, sold = 0.0, 0.0
        for number, place in ((weight, 0), (1.0 - weight, 1)):
            if number > 0.0:
                contract = monthly[front + rank - 1 + place]
                tomorrow = int(np.searchsorted(monthly, contract)) - int(arrays.vx_front[bar + 1])
                bought += number * curve[rank - 1 + place][bar]
                sold += number * curve[tomorrow][bar + 1]
        days = int(arrays.sessions[bar + 1] - arrays.sessions[bar])
        interest = (1.0 - 91.0 / 360.0 * rate[bar]) ** (-days / 91.0) - 1.0
        held = leverage[int(arrays.sessions[bar + 1] >= np.datetime64("2018-02-28").astype(np.int64))]
        prices.append(prices[-1] * (1.0 + held * (sold / bought - 1.0) + interest - fee * days / 365.0))
    return prices


@pytest.mark.parametrize(
    ("name", "date", "leverage", "fee"), [("vxx", "2009-01-30", {0: 1.0, 1: 1.0}, 0.0089), ("uvxy", "2011-10-04", {0: 2.0, 1: 1.5}, 0.0095)]
)
def test_history_is_the_index_counted_out(arrays: MarketArrays, name: str, date: str, leverage: dict[int, float], fee: float) -> None:
    first = at_day(arrays, date)
    series = row(arrays, name)
    assert np.isnan(series[:first]).all()
    assert np.allclose(series[first:], counted_out(arrays, leverage, fee, first), rtol=1e-10, atol=0.0)
    provenance = arrays.provenance[:, arrays.series.index(name)]
    assert (provenance[:first] == MISSING).all()
    assert (provenance[first:] == MODELLED).all()


@pytest.mark.parametrize(("name", "held", "fee"), [("vxx", 1.0, 0.0089), ("uvxy", 1.5, 0.0095)])
def test_generated_funds_are_there_from_the_first_bar_on(generated: MarketArrays, name: str, held: float, fee: float) -> None:
    for path in (0, 7):
        assert np.allclose(row(generated, name, path), counted_out(generated, {1: held}, fee, 0, path), rtol=1e-10, atol=0.0)


def test_the_generated_fund_decays_as_the_report_found(generated: MarketArrays) -> None:
    """quant.md 3.4: -46 % a year before fees and interest, over twenty-four paths; here with both, over twelve."""
    growth = np.array([math.log(row(generated, "vxx", path)[-1] / 100.0) for path in range(12)]) / (2819 / 252)
    assert math.expm1(growth.mean()) == pytest.approx(-0.46, abs=0.06)


def test_leverage_is_that_of_its_day(arrays: MarketArrays) -> None:
    leverage = row(arrays, "uvxy_leverage")
    change = at_day(arrays, "2018-02-28")
    begin = at_day(arrays, "2011-10-04")
    assert np.isnan(leverage[:begin]).all()
    assert (leverage[begin:change] == 2.0).all()
    assert (leverage[change:] == 1.5).all()


def test_a_result_says_that_the_funds_are_replicated(arrays: MarketArrays) -> None:
    said = [note.text for note in arrays.notes if note.series in ("vxx", "uvxy")]
    assert said == [
        "vxx: replicated from VIX futures, 100 on 2009-01-30; no print",
        "uvxy: replicated from VIX futures, 100 on 2011-10-04; no print",
    ]


# Against the fund itself ------------------------------------------------------------------------------------------------------------------


def real_closes(market: HistoryMarket, file: str, column: str) -> tuple[Integers, Floats]:
    folder = next(iter(market.manifest.files())).parent
    with (folder / file).open() as lines:
        rows = [(found["date"], found[column]) for found in csv.DictReader(lines) if found[column]]
    days = np.array([date for date, _ in rows], dtype="datetime64[D]").astype(np.int64)
    return days, np.array([float(close) for _, close in rows])


def compared(market: HistoryMarket, arrays: MarketArrays, name: str, file: str, column: str) -> dict[int, tuple[float, float, int]]:
    """By calendar year: the replica's growth over the real one's less 1, the correlation of daily changes, and how many there are. Changes
    over more than nine days, as over the gap of 2019, do not count."""
    days, closes = real_closes(market, file, column)
    bars = np.searchsorted(arrays.sessions, days)
    there = (arrays.sessions[bars] == days) & (bars <= arrays.last)
    days, closes, bars = days[there], closes[there], bars[there]
    known = ~np.isnan(row(arrays, name)[bars])
    days, closes, bars = days[known], closes[known], bars[known]
    real, ours, near = np.diff(np.log(closes)), np.diff(np.log(row(arrays, name)[bars])), np.diff(days) < 10
    year = days[1:].astype("datetime64[D]").astype("datetime64[Y]").astype(int) + 1970
    found = {}
    for each in np.unique(year).tolist():
        use = near & (year == each)
        found[each] = (math.expm1((ours - real)[use].sum()), float(np.corrcoef(ours[use], real[use])[0, 1]), int(use.sum()))
    return found


def test_vxx_is_the_real_one_within_three_per_cent_a_year(real_history: HistoryMarket, arrays: MarketArrays) -> None:
    years = compared(real_history, arrays, "vxx", "vxx_lean_daily.csv", "close_splitadj")
    assert sorted(years) == list(range(2009, 2022))
    for year, (error, correlation, changes) in years.items():
        assert abs(error) < 0.03, (year, error)
        # On 2018-02-05 futures doubled, most of it between the shares' close and their own settlement; the shares followed on the next day.
        assert correlation > (0.80 if year == 2018 else 0.93), (year, correlation)
        assert changes > (60 if year == 2021 else 180)
    together = math.exp(sum(math.log1p(years[year][0]) for year in range(2009, 2019)) / 9.92) - 1.0
    assert together == pytest.approx(-0.0018, abs=0.0003)
    assert abs(together) < 0.005


def test_uvxy_is_the_real_one_but_for_february_2018(real_history: HistoryMarket, arrays: MarketArrays) -> None:
    """A step on the settlement in place of the close, twice over, then the other way: at leverage 2 the two do not cancel."""
    years = compared(real_history, arrays, "uvxy", "vol_etps.csv", "UVXY")
    assert sorted(years) == list(range(2011, 2022))
    for year, (error, correlation, _) in years.items():
        assert abs(error) < (0.11 if year == 2018 else 0.055), (year, error)
        assert correlation > (0.85 if year == 2018 else 0.93), (year, correlation)
    whole = sum(math.log1p(error) for error, _, _ in years.values()) / 10.2
    assert abs(whole) < 0.005


# Gaps -------------------------------------------------------------------------------------------------------------------------------------


class SmallIndex:
    """Forty sessions from 2019-01-02 on with a curve that a test makes holes in."""

    def __init__(self) -> None:
        every = nyse().days
        begin = int(np.searchsorted(every, np.datetime64("2019-01-02").astype(np.int64)))
        self.days = every[begin : begin + 40]
        self.monthly = vix_monthly_days(np.arange(np.datetime64("2019-01"), np.datetime64("2020-06")))
        self.front = np.searchsorted(self.monthly, self.days, side="right")
        random = np.random.default_rng(2)
        # Contracts, by name: a price a day for each.
        self.contract = np.exp(np.log(18.0) + 0.02 * np.cumsum(random.normal(size=(40, len(self.monthly))), axis=0))
        bar = np.arange(40)
        self.curve = np.stack([self.contract[bar, self.front + rank] for rank in range(9)], axis=1)[:, :, None]
        self.prints = np.full((40, 1), np.nan)
        self.rate = np.full((40, 1), 0.02)
        self.settles = int(np.searchsorted(self.days, self.monthly[0]))
        self.prints[self.settles] = 19.5

    def price(self) -> Floats:
        held = hold_futures(self.days, self.curve, self.prints, self.rate, roll_of(self.days), self.monthly, self.front)
        return fund_price(VXX, self.days, held, np.ones(40))[:, 0]

    def over(self, bar: int, later: int) -> float:
        """Growth from one bar to a later one of what is held after the first, contracts by name."""
        roll = roll_of(self.days)
        weight, first = float(roll.weight[bar]), int(self.front[bar]) + int(roll.rank[bar]) - 1
        parts = ((weight, first), (1.0 - weight, first + 1))
        before = sum(number * self.contract[bar, contract] for number, contract in parts)
        after = sum(
            number * (19.5 if contract < self.front[later] else self.contract[later, contract]) for number, contract in parts if number
        )
        days = int(self.days[later] - self.days[bar])
        interest = (1.0 - 91.0 / 360.0 * 0.02) ** (-days / 91.0) - 1.0
        return after / before + interest - VXX.fee * days / 365.0


def test_without_prices_contracts_are_held_on() -> None:
    small = SmallIndex()
    small.curve[20:22] = np.nan
    price = small.price()
    assert np.isnan(price[20:22]).all()
    assert not np.isnan(np.delete(price, [20, 21])).any()
    assert price[22] == pytest.approx(price[19] * small.over(19, 22), rel=1e-12)
    assert price[23] == pytest.approx(price[22] * small.over(22, 23), rel=1e-12)


def test_a_contract_held_through_its_settlement_is_worth_its_print() -> None:
    small = SmallIndex()
    gap = slice(small.settles - 1, small.settles + 1)
    small.curve[gap] = np.nan
    before, after = small.settles - 2, small.settles + 1
    price = small.price()
    assert price[after] == pytest.approx(price[before] * small.over(before, after), rel=1e-12)
    small.prints[:] = np.nan
    price = small.price()
    assert not np.isnan(price[: before + 1]).any()
    assert np.isnan(price[before + 1 :]).all()


def test_an_unknown_rate_is_a_gap_too() -> None:
    small = SmallIndex()
    small.rate[10] = np.nan
    price = small.price()
    assert np.flatnonzero(np.isnan(price)).tolist() == [10]
    assert price[11] == pytest.approx(price[9] * small.over(9, 11), rel=1e-12)


def test_a_fund_loses_no_more_than_all_and_starts_where_prices_do() -> None:
    small = SmallIndex()
    small.curve[:3] = np.nan
    small.curve[8:] *= 0.3
    held = hold_futures(small.days, small.curve, small.prints, small.rate, roll_of(small.days), small.monthly, small.front)
    price = fund_price(UVXY, small.days, held, np.full(40, 1.5))[:, 0]
    assert np.isnan(price[:3]).all()
    assert price[3] == 100.0
    assert (price[8:] == 0.0).all()


# Betas ------------------------------------------------------------------------------------------------------------------------------------


def test_beta_of_the_vix_is_the_slope_of_sixty_changes(arrays: MarketArrays) -> None:
    x, y = np.diff(np.log(row(arrays, "spx"))), np.diff(np.log(row(arrays, "vix")))
    slope = row(arrays, "vix_beta")
    assert np.isnan(slope[:60]).all()
    for bar in range(60, arrays.last + 1, 37):
        here = slice(bar - 60, bar)
        if np.isnan(y[here]).any():
            assert np.isnan(slope[bar])
        else:
            assert slope[bar] == pytest.approx(np.polyfit(x[here], y[here], 1)[0], rel=1e-9)
    # quant.md T9: mean -5.8, quartiles -7.6 and -3.7 (to 2026).
    assert np.nanmean(slope) == pytest.approx(-5.8, abs=0.15)
    assert np.nanpercentile(slope, (25, 75)) == pytest.approx((-7.6, -3.7), abs=0.15)


def test_beta_of_a_still_index_is_unknown() -> None:
    assert np.isnan(vix_beta(np.linspace(10.0, 20.0, 70)[:, None], np.full((70, 1), 4000.0))).all()
    assert np.isnan(vix_beta(np.full((60, 1), 12.0), np.linspace(3000.0, 4000.0, 60)[:, None])).all()


@pytest.mark.parametrize(("name", "first"), [("vxx", "2009-01-30"), ("uvxy", "2011-10-04")])
def test_beta_of_a_fund_is_that_of_what_it_holds(arrays: MarketArrays, name: str, first: str) -> None:
    roll = roll_of(arrays.sessions[: arrays.last + 1])
    beta = row(arrays, f"{name}_beta")
    assert np.isnan(beta[: at_day(arrays, first)]).all()
    for bar in range(at_day(arrays, first), arrays.last + 1, 5):
        rank, weight = int(roll.rank[bar]), float(roll.weight[bar])
        parts = [(weight, rank), (1.0 - weight, rank + 1)]
        worth = [number * row(arrays, f"vx{at}")[bar] for number, at in parts]
        wanted = sum(value * future_beta(at) for value, (_, at) in zip(worth, parts, strict=True)) / sum(worth)
        leverage = 1.0 if name == "vxx" else row(arrays, "uvxy_leverage")[bar]
        assert beta[bar] == pytest.approx(leverage * wanted, rel=1e-12)


def test_on_the_day_before_a_settlement_the_second_future_alone_counts() -> None:
    """All of the index is in it, so a third one need not be known."""
    small = SmallIndex()
    rolled = np.flatnonzero(roll_of(small.days).rank == 2)
    assert len(rolled) == 2
    small.curve[:, 2] = np.nan
    assert not np.isnan(small.price()).any()
    assert (fund_beta(small.curve, roll_of(small.days))[rolled, 0] == future_beta(2)).all()
    small.curve[rolled, 1] = np.nan
    assert np.isnan(fund_beta(small.curve, roll_of(small.days))[rolled]).all()


# What a result says -----------------------------------------------------------------------------------------------------------------------


def test_modelled_and_missing_prices_are_counted(made: MadeMarket) -> None:
    """Without a file of futures all of them are modelled; a session without a VIX has none."""
    made.series["rate"] = 'file = "rate.csv"\nunit = "fraction"'
    made.write("rate.csv", ["date,rate", *(f"{date},0.02" for date in made.dates)])
    arrays = made.open().arrays(None, None)
    assert not np.isnan(row(arrays, "vxx")).any()
    bars = arrays.last + 1
    assert f"vxx: replicated from VIX futures, 100 on {made.dates[0]}; no print; {bars} of {bars} values on modelled futures" in [
        note.text for note in arrays.notes
    ]
    made.series["vix"] += "\nallow = { missing_sessions = 1 }"
    made.edit("vix.csv", lambda lines: [*lines[:101], *lines[102:]])
    holed = made.open().arrays(None, None)
    assert np.flatnonzero(np.isnan(row(holed, "uvxy"))).tolist() == [100]
    assert any(note.series == "uvxy" and note.text.endswith("; 1 missing since, for want of futures or a rate") for note in holed.notes)
    assert np.isnan(row(holed, "vix_beta")[100:161]).all()
    assert not np.isnan(row(holed, "vix_beta")[161:]).any()


def test_without_a_rate_no_fund_is_known_and_nothing_is_said(made: MadeMarket) -> None:
    arrays = made.open().arrays(None, None)
    assert np.isnan(row(arrays, "vxx")).all()
    assert np.isnan(row(arrays, "vxx_beta")).all()
    assert not [note for note in arrays.notes if note.series == "vxx"]
