"""Tiny markets made by hand: weekdays without holidays, chosen prices, flat curves, an expiry a week.

The first session is Monday 2020-01-06. SPX options settle on Fridays, the third of a month (monthly) in the morning, the others at the
close; VIX options on Wednesdays, the third of a month being the monthly. Everything is listed from the first bar unless said.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

import numpy as np

from alvh.runtime.market import MARKET_SERIES, MISSING, OBSERVED, Expiries, Integers, MarketArrays

START = date(2020, 1, 6)
EPOCH = date(1970, 1, 1)
SESSIONS_BEYOND = 520
UNKNOWN = math.nan

FUNDS = {"vxx": 25.0, "uvxy": 25.0, "uvxy_leverage": 1.5, "vix_beta": -5.0, "vxx_beta": 0.5, "uvxy_beta": 0.75}

Values = float | Sequence[float]
"""One number for all bars, or one a bar; the last goes on."""

SMILE = {"spx_scale": 1.0, "spx_rho": -0.5, "spx_eta": 1.0}
NODES = {"spx_w9": 9.0, "spx_w30": 30.0, "spx_w93": 93.0, "spx_w184": 184.0, "spx_w365": 365.0}


def bar_of(day: date) -> int:
    """Bar of a weekday on or after the start."""
    weeks, rest = divmod((day - START).days, 7)
    return 5 * weeks + rest


def day_of(bar: int) -> date:
    return START + timedelta(days=7 * (bar // 5) + bar % 5)


def day_number(day: date) -> int:
    return (day - EPOCH).days


def small_market(
    bars: int,
    *,
    first: int = 0,
    vix_listed: Mapping[date, int] | None = None,
    spx_listed: Mapping[date, int] | None = None,
    events: Mapping[str, Sequence[int]] | None = None,
    inputs: Mapping[str, Values] | None = None,
    era: float = 1.0,
    **series: Values,
) -> MarketArrays:
    """Arrays of one path. `series` by name, dots written `__`; those not named: SPX 4000, VIX family and futures 20, VVIX 90, rate 0.

    Surface nodes follow `vix` (flat) unless given; `vix_settlement` follows `vix`; `spx_am` follows `spx`. `vix_listed` and `spx_listed`
    say for a settlement day from which bar its options are listed. `inputs` are user series, `events` calendars by their bars.
    """
    count = bars + SESSIONS_BEYOND
    days = [day_of(bar) for bar in range(count)]
    named = {name.replace("__", "."): _column(values, bars) for name, values in series.items()}
    columns = _standard_series(named, bars) | named
    rows = (*MARKET_SERIES, *(inputs or {}))
    columns |= {name: _column(values, bars) for name, values in (inputs or {}).items()}
    values = np.array([columns[name] for name in rows], dtype=np.float64).T[:, :, np.newaxis].copy()
    spx = _expiries(days, 4, spx_listed or {}, monthly_am_only=True)
    vix = _expiries(days, 2, vix_listed or {}, monthly_am_only=False)
    monthly_days = vix.settle_day[vix.monthly == 1]
    sessions = np.array([day_number(day) for day in days], dtype=np.int64)
    return MarketArrays(
        sessions=sessions,
        first=first,
        last=bars - 1,
        series=rows,
        values=values,
        provenance=np.where(np.isnan(values[:, :, 0]), MISSING, OBSERVED).astype(np.uint8),
        spx=spx,
        vix=vix,
        fund=_expiries(days, 4, {}, monthly_am_only=True, at_close=True),
        vx_front=np.searchsorted(monthly_days, sessions[:bars], side="right").astype(np.int64),
        week_start=_flags(day.weekday() == 0 for day in days),
        month_start=_flags(bar == 0 or day.month != days[bar - 1].month for bar, day in enumerate(days)),
        month_part=np.array([_month_part(days, bar) for bar in range(count)]),
        era=np.full(count, era),
        events={
            "spx_expiry": _marks(spx.settle_bar[spx.monthly == 1].tolist(), count),
            "vix_expiry": _marks(vix.settle_bar[vix.monthly == 1].tolist(), count),
            **{name: _marks(bars_of, count) for name, bars_of in (events or {}).items()},
        },
    )


def _column(values: Values, bars: int) -> list[float]:
    if isinstance(values, (int, float)):
        return [float(values)] * bars
    return [float(values[min(bar, len(values) - 1)]) for bar in range(bars)]


def _standard_series(named: Mapping[str, list[float]], bars: int) -> dict[str, list[float]]:
    level = {"spx": 4000.0, "vvix": 90.0, "skew": 120.0, "rate": 0.0}
    spx = named.get("spx", [4000.0] * bars)
    vix = named.get("vix", [20.0] * bars)
    columns = {name: [level.get(name, 4000.0 if name.startswith("spx") else 20.0)] * bars for name in MARKET_SERIES}
    columns |= {name: [value] * bars for name, value in {**SMILE, **FUNDS}.items()}
    columns |= {name: [(v / 100.0) * (v / 100.0) * (days / 365.0) for v in vix] for name, days in NODES.items()}
    return columns | {"spx": spx, "vix": vix, "spx_am": spx, "vix_settlement": vix}


def _expiries(days: Sequence[date], weekday: int, listed: Mapping[date, int], *, monthly_am_only: bool, at_close: bool = False) -> Expiries:
    bars = [bar for bar, day in enumerate(days) if day.weekday() == weekday]
    monthly = [15 <= days[bar].day <= 21 for bar in bars]
    index = np.cumsum(monthly) - 1
    return Expiries(
        settle_day=np.array([day_number(days[bar]) for bar in bars], dtype=np.int64),
        settle_bar=np.array(bars, dtype=np.int64),
        listed_bar=np.array([listed.get(days[bar], 0) for bar in bars], dtype=np.int64),
        monthly=np.array(monthly, dtype=np.int64),
        am=np.array([not at_close and (is_monthly or not monthly_am_only) for is_monthly in monthly], dtype=np.int64),
        month_index=np.where(monthly, index, -1).astype(np.int64),
    )


def _flags(flags: Iterable[bool]) -> Integers:
    return np.array([int(flag) for flag in flags], dtype=np.int64)


def _marks(bars: Sequence[int], count: int) -> Integers:
    marks = np.zeros(count, dtype=np.int64)
    marks[list(bars)] = 1
    return marks


def _month_part(days: Sequence[date], bar: int) -> float:
    """Share of the month's weekdays from this session on."""
    start = days[bar].replace(day=1)
    month = [start + timedelta(days=n) for n in range(31)]
    weekdays = [day for day in month if day.month == start.month and day.weekday() < 5]
    return sum(1 for day in weekdays if day >= days[bar]) / len(weekdays)
