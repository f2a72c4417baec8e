"""Expiries against the exchange's own dates and against option chains as they were quoted."""

from __future__ import annotations

import csv
import datetime
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alvh.runtime.calendars.expiries import VIX_MONTHLY_EXCEPTIONS, fund_expiries, spx_expiries, vix_expiries
from alvh.runtime.calendars.sessions import nyse
from alvh.runtime.market import Expiries, Integers


@pytest.fixture(scope="module")
def market_folder() -> Path:
    repository = Path(__file__).parents[2]
    folder = Path(os.environ.get("ALVH_DATA", repository.parent / "shared" / "data")) / "market"
    if not folder.is_dir():
        pytest.skip(f"real market data not found: {folder} is no folder; set ALVH_DATA")
    return folder


def day(text: str) -> int:
    return int(np.datetime64(text, "D").astype(np.int64))


def between(first: str, last: str) -> Integers:
    sessions = nyse()
    return sessions.days[sessions.at_or_after(np.int64(day(first))) : sessions.at_or_before(np.int64(day(last))) + 1]


SESSIONS = between("1990-01-02", "2025-12-31")
VIX = vix_expiries(SESSIONS)
SPX = spx_expiries(SESSIONS)
FUND = fund_expiries(SESSIONS)
OPENED = set(SESSIONS.tolist())


def dates(days: Integers) -> list[str]:
    return [str(date) for date in days.astype("datetime64[D]")]


def listed_on(expiries: Expiries, date: str) -> set[tuple[str, bool]]:
    """Expiry and whether it settles on an opening print, of all that could be traded at the close of a date."""
    bar = np.searchsorted(SESSIONS, day(date))
    held = (expiries.listed_bar <= bar) & (bar < expiries.settle_bar)
    return set(zip(dates(expiries.settle_day[held]), (expiries.am[held] == 1).tolist(), strict=True))


def test_vix_monthlies_equal_the_exchange_from_november_2004(market_folder: Path) -> None:
    with (market_folder / "vix_monthly_expirations.csv").open() as file:
        published = [row["expiry"] for row in csv.DictReader(file)]
    assert len(published) == 212
    ours = dates(VIX.settle_day[VIX.monthly == 1])
    from_2004 = ours[ours.index(published[0]) :]
    assert from_2004[: len(published)] == published
    assert [date for date in published if date in VIX_MONTHLY_EXCEPTIONS.values()] == ["2004-07-14", "2004-10-13"]


def test_holiday_exceptions_of_the_thirty_day_rule() -> None:
    """Sessions lost to Good Friday and Juneteenth, either on the Wednesday or thirty days on (quant.md 2.4)."""
    ours = set(dates(VIX.settle_day[VIX.monthly == 1]))
    assert {"2008-02-19", "2014-03-18", "2019-03-19", "2022-03-15", "2025-03-18"} <= ours


def test_spx_monthly_moves_to_thursday_on_good_friday() -> None:
    ours = dates(SPX.settle_day[(SPX.monthly == 1)])
    assert "2014-04-17" in ours
    assert "2022-04-14" in ours
    assert "2022-04-15" not in ours


def chain(folder: Path, name: str, date: str) -> set[tuple[str, bool]]:
    with (folder.parent / "chains" / name).open() as file:
        return {(row["expiry"], row["root"] in ("SPX", "VIX")) for row in csv.DictReader(file) if row["quote_date"] == date}


def test_vix_listing_equals_a_real_chain(market_folder: Path) -> None:
    quoted = {row for row in chain(market_folder, "vix_chain_2016-06-01.csv", "2016-06-01") if row[0] > "2016-06-01"}
    assert listed_on(VIX, "2016-06-01") == quoted


@pytest.mark.parametrize(
    ("name", "date", "horizon"),
    [("spx_chain_2022-02-04.csv", "2022-02-04", "2023-01-20"), ("spx_chain_2011-01-03_to_07.csv", "2011-01-03", "2011-12-31"),
     ("spx_chain_2011-01-03_to_07.csv", "2011-01-07", "2011-12-31")],
)  # fmt: skip
def test_spx_listing_equals_real_chains_up_to_a_year(market_folder: Path, name: str, date: str, horizon: str) -> None:
    quoted = {row for row in chain(market_folder, name, date) if date < row[0] <= horizon}
    assert {row for row in listed_on(SPX, date) if row[0] <= horizon} == quoted


@pytest.mark.parametrize(
    ("name", "date", "until"),
    [("spx_chain_2011-01-03_to_07.csv", "2011-01-03", "2014-01-31"), ("spx_chain_2022-02-04.csv", "2022-02-04", "2025-02-28")],
)
def test_leaps_equal_real_chains_from_fourteen_months_to_three_years(market_folder: Path, name: str, date: str, until: str) -> None:
    """Junes and Decembers; nearer than that the chain of 2022 has two more months, which are not listed here."""
    after = str(np.datetime64(date[:7]) + 14)
    ours = {row for row in listed_on(SPX, date) if row[0][:7] >= after}
    assert ours == {row for row in chain(market_folder, name, date) if after <= row[0][:7] and row[0] <= until}
    assert len(ours) == 3


def test_leaps_stay_listed_for_three_years() -> None:
    """Each December from the day that the one three years before it settled; each June for two years."""
    for year in range(1994, 2023):
        for month, years in ((6, 2), (12, 3)):
            (settled, expiry) = (
                SPX.settle_day[
                    (SPX.monthly == 1)
                    & (SPX.settle_day.astype("datetime64[D]").astype("datetime64[M]") == np.datetime64(f"{at}-{month:02}"))
                ][0]
                for at in (year, year + years)
            )
            (at,) = np.flatnonzero((SPX.settle_day == expiry) & (SPX.monthly == 1))
            assert SESSIONS[SPX.listed_bar[at]] == settled


def test_fund_options_expire_on_fridays_at_the_close() -> None:
    assert (FUND.am == 0).all()
    for expiry in FUND.settle_day.tolist():
        date = datetime.date.fromordinal(expiry + datetime.date(1970, 1, 1).toordinal())
        # On a Friday; else on the last session before one that is a holiday.
        friday = date + datetime.timedelta(days=(4 - date.weekday()) % 7)
        between_them = [date + datetime.timedelta(days=i) for i in range(1, (friday - date).days + 1)]
        assert not any(day(str(other)) in OPENED for other in between_them), date
    ours = dates(FUND.settle_day[FUND.monthly == 1])
    assert {"2014-04-17", "2015-01-16", "2018-02-16", "2022-04-14"} <= set(ours)
    months = [date[:7] for date in ours]
    assert months == sorted(set(months))
    assert len(months) == 12 * 36


def test_fund_options_are_listed_from_their_first_day_on() -> None:
    assert not listed_on(FUND, "2010-05-27")
    assert {date for date, _ in listed_on(FUND, "2010-05-28")} == {"2010-06-18", "2010-07-16", "2010-08-20", "2011-01-21", "2012-01-20"}
    weekly = FUND.settle_day[(FUND.monthly == 0) & (FUND.listed_bar < FUND.settle_bar)]
    assert dates(weekly)[0] == "2012-01-06"
    # Five weeks ahead: the next five Fridays, whether a weekly or a monthly.
    assert {"2016-06-10", "2016-06-24", "2016-07-01"} <= {date for date, _ in listed_on(FUND, "2016-06-03")}
    (at,) = np.flatnonzero(FUND.settle_day == day("2016-07-01"))
    assert str(SESSIONS[FUND.listed_bar[at]].astype("datetime64[D]")) == "2016-05-27"


def test_nothing_was_listed_before_its_launch() -> None:
    assert not listed_on(VIX, "2006-02-23")
    assert listed_on(VIX, "2006-02-24")
    weekly = VIX.settle_day[(VIX.monthly == 0) & (VIX.listed_bar < VIX.settle_bar)]
    assert weekly.min() > day("2015-10-08")
    assert all(am for _, am in listed_on(SPX, "2005-10-27"))


def test_daily_spx_series_from_2022() -> None:
    """Every session of the next four weeks has an afternoon series or is a third Friday with both."""
    bar = int(np.searchsorted(SESSIONS, day("2023-06-01")))
    after_noon = {date for date, am in listed_on(SPX, "2023-06-01") if not am}
    assert set(dates(SESSIONS[bar + 1 : bar + 19])) <= after_noon


@given(st.integers(0, len(SESSIONS) - 800), st.integers(0, 200))
def test_tables_of_a_shorter_calendar_are_a_prefix(first: int, more: int) -> None:
    short, long = SESSIONS[first : first + 600], SESSIONS[first : first + 600 + more]
    for build in (vix_expiries, spx_expiries, fund_expiries):
        a, b = build(short), build(long)
        count = len(a.settle_day)
        for name in ("settle_day", "settle_bar", "listed_bar", "monthly", "am", "month_index"):
            assert np.array_equal(getattr(a, name), getattr(b, name)[:count]), name


@given(st.integers(0, len(SESSIONS) - 700))
def test_table_invariants(first: int) -> None:
    sessions = SESSIONS[first : first + 700]
    for expiries in (vix_expiries(sessions), spx_expiries(sessions), fund_expiries(sessions)):
        assert np.array_equal(sessions[expiries.settle_bar], expiries.settle_day)
        assert (expiries.listed_bar <= expiries.settle_bar).all()
        assert (np.diff(expiries.settle_day) >= 0).all()
        assert len({(d, a) for d, a in zip(expiries.settle_day.tolist(), expiries.am.tolist(), strict=True)}) == len(expiries.am)
        assert np.array_equal(expiries.month_index[expiries.monthly == 1], np.arange(expiries.monthly.sum()))
        gaps = np.diff(expiries.settle_day[expiries.monthly == 1])
        assert gaps.min() >= 21
        assert gaps.max() <= 42


def test_every_vix_monthly_follows_the_thirty_day_rule() -> None:
    """The rule spelled out day by day, from 1990 to 2044 (quant.md 2.4, invariant 38)."""
    sessions = between("1990-01-02", "2044-12-30")
    opened = set(sessions.tolist())
    expiries = vix_expiries(sessions)
    monthly = dates(expiries.settle_day[expiries.monthly == 1])
    by_rule = []
    for month in range(12 * 1990, 12 * 2045 - 1):
        following = datetime.date((month + 1) // 12, (month + 1) % 12 + 1, 1)
        third_friday = following + datetime.timedelta(days=(4 - following.weekday()) % 7 + 14)
        expiry = third_friday - datetime.timedelta(days=30)
        assert expiry.weekday() == 2
        if day(str(expiry)) not in opened or day(str(third_friday)) not in opened:
            expiry -= datetime.timedelta(days=1)
            while day(str(expiry)) not in opened:
                expiry -= datetime.timedelta(days=1)
        by_rule.append(VIX_MONTHLY_EXCEPTIONS.get(str(expiry), str(expiry)))
    assert monthly[: len(by_rule)] == by_rule
    assert len(monthly) - len(by_rule) <= 1
