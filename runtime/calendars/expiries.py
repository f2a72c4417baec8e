"""What expires when, and since when it could be traded: options on VIX, SPX, VXX and UVXY by rule, over NYSE sessions.

The settlement rules are the exchange's (quant.md 2.4, 2.6). What was listed when is an era table: `STANDARD_VIX_LISTING`,
`STANDARD_SPX_LISTING` and `STANDARD_FUND_LISTING` hold the field's usual dates, a market's
manifest may state others, and docs/data.md says which are assumptions.
"""

from __future__ import annotations

import numpy as np
from attrs import frozen

from alvh.runtime.calendars.sessions import nyse
from alvh.runtime.market import Expiries, Integers

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = range(5)

VIX_MONTHLY_EXCEPTIONS = {"2004-07-21": "2004-07-14", "2004-10-20": "2004-10-13"}
"""Two early contracts settled a week before the day that the rule gives (their contract files confirm it): day by rule, day in fact."""


@frozen
class MonthlyEra:
    """From `since` on, the next `months` monthlies are listed, of the next `cycle_months` those in the quarterly `cycle` (the months of
    the year 1..12), and far ones, `leaps`: pairs of a month of the year and how many monthlies ahead that month's are listed."""

    since: str
    months: int
    cycle: tuple[int, ...] = ()
    cycle_months: int = 0
    leaps: tuple[tuple[int, int], ...] = ()


@frozen
class WeeklyEra:
    """From `since` on, the series of one weekday (0 is Monday) are listed `weeks` weeks before they expire."""

    since: str
    weekday: int
    weeks: int


@frozen
class PeriodEra:
    """From `since` on, series that expire at the end of `period` are listed `months` months before."""

    since: str
    period: str
    """`month end`, `quarter end` or `third friday` (the afternoon twin of a monthly)."""
    months: int


@frozen
class Listing:
    """All that one product lists. Eras of one kind (of one weekday, of one period) stand in order of `since`; each ends where the
    next begins, and what was listed stays listed."""

    monthlies: tuple[MonthlyEra, ...]
    weeklies: tuple[WeeklyEra, ...] = ()
    periods: tuple[PeriodEra, ...] = ()


MARCH_CYCLE = (3, 6, 9, 12)
FEBRUARY_CYCLE = (2, 5, 8, 11)
SPX_LEAPS = ((6, 24), (12, 36))
"""June to two years, December to three: the chains of January 2011 and February 2022. From 1990 on, which is an assumption."""

STANDARD_VIX_LISTING = Listing(
    monthlies=(MonthlyEra("2006-02-24", 3, FEBRUARY_CYCLE, 9), MonthlyEra("2008-01-02", 6)),
    weeklies=(WeeklyEra("2015-10-08", WEDNESDAY, 4),),
)
STANDARD_SPX_LISTING = Listing(
    monthlies=(
        MonthlyEra("1983-07-01", 4, MARCH_CYCLE, 12),
        MonthlyEra("1990-01-02", 4, MARCH_CYCLE, 12, SPX_LEAPS),
        MonthlyEra("2014-01-02", 12, leaps=SPX_LEAPS),
    ),
    weeklies=(
        WeeklyEra("2005-10-28", FRIDAY, 1),
        WeeklyEra("2012-09-04", FRIDAY, 5),
        WeeklyEra("2016-02-23", FRIDAY, 7),
        WeeklyEra("2016-02-23", WEDNESDAY, 4),
        WeeklyEra("2016-08-15", MONDAY, 5),
        WeeklyEra("2022-04-18", TUESDAY, 4),
        WeeklyEra("2022-05-11", THURSDAY, 4),
    ),
    periods=(
        PeriodEra("2006-07-05", "quarter end", 12),
        PeriodEra("2014-07-07", "month end", 6),
        PeriodEra("2017-05-01", "third friday", 5),
    ),
)

STANDARD_FUND_LISTING = Listing(
    monthlies=(MonthlyEra("2010-05-28", 3, leaps=((1, 24),)),),
    weeklies=(WeeklyEra("2012-01-03", FRIDAY, 5),),
)
"""VXX options began on that day. UVXY's of October 2011 share the table: before the fund existed its price is unknown, so are theirs."""


def third_fridays(months: np.ndarray) -> Integers:
    """Day numbers of the third Friday of each month (datetime64[M])."""
    first = months.astype("datetime64[D]").astype(np.int64)
    return first + (FRIDAY - (first + 3)) % 7 + 14


def vix_monthly_days(months: np.ndarray) -> Integers:
    """Settlement day of the VIX monthly of each month (datetime64[M]), futures and options alike.

    Thirty days before the third Friday of the following month; where that Wednesday or that Friday is a holiday, the session before the
    Wednesday (quant.md 2.4, CFE rule book chapter 12). `VIX_MONTHLY_EXCEPTIONS` apply.
    """
    sessions = nyse()
    friday = third_fridays(months + 1)
    days = friday - 30
    usual = sessions.is_session(days) & sessions.is_session(friday)
    days = np.where(usual, days, sessions.days[sessions.at_or_before(days - 1)])
    for by_rule, in_fact in VIX_MONTHLY_EXCEPTIONS.items():
        days[days == _day(by_rule)] = _day(in_fact)
    return days


def spx_monthly_days(months: np.ndarray) -> Integers:
    """Settlement day of the monthly of each month on SPX, VXX or UVXY: the third Friday; if that is a holiday, the session before."""
    sessions = nyse()
    return sessions.days[sessions.at_or_before(third_fridays(months))]


def vix_expiries(sessions: Integers, listing: Listing = STANDARD_VIX_LISTING) -> Expiries:
    """All VIX expiries that settle within `sessions` (day numbers, consecutive NYSE sessions).

    Bars index `sessions`. Monthlies of the years before options were listed are there too, since futures and the VIX curve count ranks by
    them; they carry `listed_bar == settle_bar`, that is never.
    """
    months = _months(sessions)
    monthly = vix_monthly_days(months)
    found = [_Series(monthly, _months_listed(monthly, months, listing.monthlies), monthly=True, am=True)]
    taken = set(_iso_weeks(monthly).tolist())
    for weekday in sorted({era.weekday for era in listing.weeklies}):
        days, listed = _weekly_series(sessions, weekday, listing.weeklies)
        free = np.array([week not in taken for week in _iso_weeks(days).tolist()], dtype=bool)
        found.append(_Series(days[free], listed[free], monthly=False, am=True))
    return _table(found, sessions)


def spx_expiries(sessions: Integers, listing: Listing = STANDARD_SPX_LISTING) -> Expiries:
    """All SPX expiries that settle within `sessions`: monthlies on the opening print, all others on the close. Of one day the monthly
    comes first; a day has one afternoon series, listed when the first of its kinds was."""
    return _third_friday_product(sessions, listing, am=True)


def fund_expiries(sessions: Integers, listing: Listing = STANDARD_FUND_LISTING) -> Expiries:
    """All expiries of options on VXX and UVXY that settle within `sessions`: third Fridays (the session before, if a holiday) and other
    series, all on the close."""
    return _third_friday_product(sessions, listing, am=False)


def _third_friday_product(sessions: Integers, listing: Listing, am: bool) -> Expiries:
    """Expiries of a product whose monthlies expire on third Fridays, on the opening print where `am` says so; all others on the close."""
    months = _months(sessions)
    monthly = spx_monthly_days(months)
    found = [_Series(monthly, _months_listed(monthly, months, listing.monthlies), monthly=True, am=am)]
    for weekday in sorted({era.weekday for era in listing.weeklies}):
        days, listed = _weekly_series(sessions, weekday, listing.weeklies)
        if weekday == FRIDAY:  # the third Friday belongs to the monthly and its afternoon twin
            other = ~np.isin(days, monthly)
            days, listed = days[other], listed[other]
        found.append(_Series(days, listed, monthly=False, am=False))
    for period in sorted({era.period for era in listing.periods}):
        days = _period_days(period, months, monthly)
        eras = tuple(era for era in listing.periods if era.period == period)
        listed = _first_listing(days, [(_day(era.since), _months_before(days, era.months)) for era in eras])
        found.append(_Series(days, listed, monthly=False, am=False))
    return _table(found, sessions)


@frozen(eq=False)
class _Series:
    """One kind of series: settlement days and the first day each may be traded."""

    days: Integers
    listed: Integers
    monthly: bool
    am: bool


NEVER = np.int64(2**40)
"""A listing day after any settlement."""
FARTHEST_MONTHS = 36
"""How far ahead a monthly is ever listed."""
LONG_AGO = -NEVER
"""One before any session: of a monthly that was listed before the first month looked at."""


def _table(found: list[_Series], sessions: Integers) -> Expiries:
    days = np.concatenate([series.days for series in found])
    listed = np.concatenate([series.listed for series in found])
    monthly = np.concatenate([np.full(len(series.days), series.monthly) for series in found])
    am = np.concatenate([np.full(len(series.days), series.am) for series in found])
    ever_listed = monthly | (listed < NEVER)
    inside = ever_listed & (days >= sessions[0]) & (days <= sessions[-1])
    days, listed, monthly, am = days[inside], listed[inside], monthly[inside], am[inside]
    # One row a settlement: by day, the opening print before the close, the earliest listing first.
    order = np.lexsort((listed, ~am, days))
    days, listed, monthly, am = days[order], listed[order], monthly[order], am[order]
    first = np.ones(len(days), dtype=bool)
    first[1:] = (days[1:] != days[:-1]) | (am[1:] != am[:-1])
    days, listed, monthly, am = days[first], listed[first], monthly[first], am[first]
    settle_bar = np.searchsorted(sessions, days)
    listed_bar = np.minimum(np.searchsorted(sessions, listed), settle_bar)
    month_index = np.where(monthly, np.cumsum(monthly) - 1, -1)
    return Expiries(
        settle_day=days,
        settle_bar=settle_bar.astype(np.int64),
        listed_bar=listed_bar.astype(np.int64),
        monthly=monthly.astype(np.int64),
        am=am.astype(np.int64),
        month_index=month_index.astype(np.int64),
    )


def _months_listed(days: Integers, months: np.ndarray, eras: tuple[MonthlyEra, ...]) -> Integers:
    """First day each monthly may be traded: when, in some era, it came to be among the nearest ones."""

    def reached(ahead: int) -> Integers:
        """The day on which the expiry is `ahead` monthlies away for the first time: the settlement of the one that many before."""
        day = np.full(len(days), LONG_AGO, dtype=np.int64)
        day[ahead:] = days[: max(len(days) - ahead, 0)]
        return day

    candidates = []
    for era in eras:
        start = reached(era.months)
        if era.cycle:
            quarterly = np.isin(months.astype(np.int64) % 12 + 1, era.cycle)
            start = np.where(quarterly, np.minimum(start, reached(era.cycle_months)), start)
        for month, ahead in era.leaps:
            far = months.astype(np.int64) % 12 + 1 == month
            start = np.where(far, np.minimum(start, reached(ahead)), start)
        candidates.append((_day(era.since), start))
    return _first_listing(days, candidates)


def _weekly_series(sessions: Integers, weekday: int, eras: tuple[WeeklyEra, ...]) -> tuple[Integers, Integers]:
    """Settlement and listing days of one weekday's series. On a holiday a Monday series moves to the next session, others to the one
    before."""
    calendar = nyse()
    nominal = np.arange(sessions[0], sessions[-1] + 1)
    nominal = nominal[(nominal + 3) % 7 == weekday]
    at = np.minimum(calendar.at_or_after(nominal), len(calendar.days) - 1) if weekday == MONDAY else calendar.at_or_before(nominal)
    days = calendar.days[at]
    own = [(_day(era.since), nominal - 7 * era.weeks) for era in eras if era.weekday == weekday]
    return days, _first_listing(days, own)


def _first_listing(days: Integers, candidates: list[tuple[int, Integers]]) -> Integers:
    """The earliest day on which some era listed each expiry. An era holds from its `since` to the day before the next one's."""
    listed = np.full(len(days), NEVER)
    ends = [since for since, _ in candidates[1:]] + [int(NEVER)]
    for (since, start), end in zip(candidates, ends, strict=True):
        day = np.maximum(start, since)
        listed = np.where((day < end) & (day < days), np.minimum(listed, day), listed)
    return listed


def _period_days(period: str, months: np.ndarray, monthly: Integers) -> Integers:
    if period == "third friday":
        return monthly
    calendar = nyse()
    chosen = months if period == "month end" else months[months.astype(np.int64) % 3 == 2]
    last_day = (chosen + 1).astype("datetime64[D]").astype(np.int64) - 1
    return calendar.days[calendar.at_or_before(last_day)]


def _months(sessions: Integers) -> np.ndarray:
    """Every month from FARTHEST_MONTHS before the sessions to the month after them: listings look back, the VIX rule one month ahead."""
    first = sessions[0].astype("datetime64[D]").astype("datetime64[M]") - FARTHEST_MONTHS
    last = sessions[-1].astype("datetime64[D]").astype("datetime64[M]") + 1
    return np.arange(first, last + 1)


def _months_before(days: Integers, count: int) -> Integers:
    """The same day of the month, `count` months earlier (a day that the month lacks runs over into the next)."""
    month = days.astype("datetime64[D]").astype("datetime64[M]")
    into_month = days - month.astype("datetime64[D]").astype(np.int64)
    return (month - count).astype("datetime64[D]").astype(np.int64) + into_month


def _iso_weeks(days: Integers) -> Integers:
    """A number for the ISO week, Monday to Sunday, that each day lies in."""
    return (days + 3) // 7


def _day(text: str) -> int:
    return int(np.datetime64(text, "D").astype(np.int64))
