"""VXX and UVXY by replication of the S&P 500 VIX Short-Term Futures index, and how far VIX and funds move (quant.md 2.7, T9).

The index holds the two nearest VIX futures. After the close before a settlement all of it is in the contract that becomes the front one;
on every session after, the same part of the period goes over into the next, so that the contract which settles is never held to its end.
A day's step is the change in price of the contracts held over it, the same ones at both ends. A fund earns its leverage times that, a
three-month bill on its assets, less its fee.

Real funds deviate from this by their own prices: until October 2020 futures settled a quarter of an hour after the shares closed, which a
day's step shows and a year's does not.
"""

from __future__ import annotations

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from alvh.runtime.calendars.expiries import vix_monthly_days
from alvh.runtime.calendars.sessions import nyse
from alvh.runtime.lanes import lane_function, maximum, select
from alvh.runtime.market import Floats, Integers
from alvh.runtime.on_arrays import on_arrays
from alvh.runtime.pricing.sensitivities import FUTURE_BETAS

START_LEVEL = 100.0
BILL_DAYS = 91.0
"""Of the bill whose discount rate pays interest: (1 - 91/360 r)^(-d/91) - 1 over d days, as the index has it."""
DISCOUNT_YEAR, FEE_YEAR = 360.0, 365.0
UVXY_CHANGE = np.datetime64("2018-02-28", "D").astype(np.int64)
"""First day of leverage 1.5; 2 before."""
BETA_SESSIONS = 60


@frozen
class Fund:
    """What a fund is by its prospectus (quant.md 2.7)."""

    first_day: int
    """Day number of its first session; before it the price is unknown."""
    fee: float
    """A year, of its assets."""


VXX = Fund(int(np.datetime64("2009-01-30", "D").astype(np.int64)), 0.0089)
UVXY = Fund(int(np.datetime64("2011-10-04", "D").astype(np.int64)), 0.0095)


@frozen(eq=False)
class Roll:
    """What the index holds after the close of each bar."""

    rank: Integers
    """[bars] of the earlier contract held, 1 or 2."""
    weight: Floats
    """[bars] share of that contract in the number of contracts, above 0; the next contract has the rest."""


@frozen(eq=False)
class HeldFutures:
    """The index over the bars, from one known bar to the next; [bars, paths]."""

    known: NDArray[np.bool_]
    """Where the prices of what is held, and the rate, are known."""
    step: Floats
    """Change of the contracts held since the known bar before, as a fraction; NaN where it cannot be told."""
    interest: Floats
    """Of a bill over the same time."""
    days: Floats
    """Calendar days since the known bar before."""


@lane_function
def blend(weight: float, earlier: float, later: float) -> float:
    """What two contracts are worth together; one without weight need not be known. `weight` may be one for all lanes."""
    return select(weight == 1.0, earlier, weight * earlier + (1.0 - weight) * later)


@lane_function
def fund_growth(leverage: float, step: float, interest: float, fee: float) -> float:
    """A fund's price over that of the bar before; `fee` that of the days between. Nothing is left of one that loses all on one day."""
    return maximum(1.0 + (leverage * step + interest) - fee, 0.0)


@lane_function
def beta_of_two(weight: float, earlier: float, later: float, beta: float, beta_later: float) -> float:
    """Beta of two contracts together: theirs by what each is worth."""
    part, rest = weight * earlier, (1.0 - weight) * later
    return (part * beta + rest * beta_later) / (part + rest)


def uvxy_leverage(days: Integers) -> Floats:
    """[bars] leverage of UVXY on each day: 2 before 2018-02-28, 1.5 from then on, and nothing before it existed."""
    return np.where(days < UVXY.first_day, np.nan, np.where(days < UVXY_CHANGE, 2.0, 1.5))


def roll_of(days: Integers) -> Roll:
    """The index's holdings by the calendar alone: `days` are consecutive sessions."""
    calendar = nyse()
    first, last = (day.astype("datetime64[D]").astype("datetime64[M]") for day in (days[0], days[-1]))
    monthly = vix_monthly_days(np.arange(first - 2, last + 3))
    at = calendar.at_or_after(days)
    following = np.searchsorted(monthly, days, side="right")
    begin = calendar.at_or_after(monthly[following - 1]) - 1
    end = calendar.at_or_after(monthly[following]) - 1
    rolled = at == end
    return Roll(np.where(rolled, 2, 1), np.where(rolled, 1.0, (end - at) / (end - begin)))


def hold_futures(
    days: Integers, curve: Floats, prints: Floats, rate: Floats, roll: Roll, monthly: Integers, front: Integers
) -> HeldFutures:
    """The index's steps. `curve` [bars, RANKS, paths] are prices of the monthlies by rank, `prints` and `rate` [bars, paths] the settlement
    of the expiry on its bar and the discount rate; `monthly` the settlement days of all monthlies, `front` [bars] which of them is rank 1.

    On a bar without prices nothing is rolled: the contracts are held on to the next bar with prices, through their settlement if need be.
    """
    bars, _, paths = curve.shape
    bar, path = np.arange(bars)[:, None], np.arange(paths)[None, :]
    worth = on_arrays(blend)(roll.weight[:, None], *_prices_held(curve, roll))
    known = ~np.isnan(worth) & ~np.isnan(rate)
    # The bar before with prices, whose holdings this bar values.
    last = np.maximum.accumulate(np.where(known, bar, -1), axis=0)
    before = np.vstack([np.full((1, paths), -1), last[:-1]])
    held = np.maximum(before, 0)
    contract = front[held] + roll.rank[held] - 1
    now = on_arrays(blend)(
        roll.weight[held], *(_price(contract + place, bar, path, days, curve, prints, monthly, front) for place in (0, 1))
    )
    elapsed = (days[:, None] - days[held]).astype(np.float64)
    with np.errstate(invalid="ignore"):
        interest = np.expm1(-(elapsed / BILL_DAYS) * np.log1p(-(BILL_DAYS / DISCOUNT_YEAR) * rate[held, path]))
    step = np.where(before >= 0, now / worth[held, path] - 1.0, np.nan)
    return HeldFutures(known, step, interest, elapsed)


def _prices_held(curve: Floats, roll: Roll) -> tuple[Floats, Floats]:
    """[bars, paths] prices of the earlier and the later contract held after each bar."""
    bar = np.arange(len(curve))
    return curve[bar, roll.rank - 1], curve[bar, roll.rank]


def _price(
    contract: Integers, bar: Integers, path: Integers, days: Integers, curve: Floats, prints: Floats, monthly: Integers, front: Integers
) -> Floats:
    """Price on each bar of a contract, or what it settled on before."""
    rank = contract - front[bar]
    settled = np.minimum(np.searchsorted(days, monthly[contract]), len(days) - 1)
    return np.where(rank >= 0, curve[bar, np.clip(rank, 0, curve.shape[1] - 1), path], prints[settled, path])


def fund_price(fund: Fund, days: Integers, held: HeldFutures, leverage: Floats) -> Floats:
    """[bars, paths] price of a share, START_LEVEL on the first bar on or after its first day that has prices; `leverage` [bars].

    Where the futures are unknown so is the price. It goes on from the last one known by what the contracts held then have become; where
    that cannot be told, it is unknown for good.
    """
    bars = np.arange(len(days))[:, None]
    there = held.known & (days >= fund.first_day)[:, None]
    first = np.where(there.any(axis=0), there.argmax(axis=0), len(days))[None, :]
    growth = on_arrays(fund_growth)(leverage[:, None], held.step, held.interest, fund.fee * (held.days / FEE_YEAR))
    growth = np.where((bars > first) & held.known, growth, 1.0)
    price = START_LEVEL * np.cumprod(growth, axis=0)
    return np.asarray(np.where(there, price, np.nan))


def fund_beta(curve: Floats, roll: Roll) -> Floats:
    """[bars, paths] of the unlevered index to the VIX: the betas of its futures by what each is worth in it."""
    earlier, later = _prices_held(curve, roll)
    betas = np.array(FUTURE_BETAS)
    weight, beta, beta_later = (values[:, None] for values in (roll.weight, betas[roll.rank - 1], betas[roll.rank]))
    both = on_arrays(beta_of_two)(weight, earlier, later, beta, beta_later)
    return np.where(weight == 1.0, np.where(np.isnan(earlier), np.nan, beta), both)


def vix_beta(vix: Floats, spx: Floats) -> Floats:
    """[bars, paths] slope of the VIX's log changes on those of the SPX over BETA_SESSIONS changes; unknown where one of them is.

    Summed over the window one change after the other, oldest first, so that no bar's bits depend on how many bars there are.
    """
    slope = np.full_like(vix, np.nan)
    if len(vix) <= BETA_SESSIONS:
        return slope
    x, y = np.diff(np.log(spx), axis=0), np.diff(np.log(vix), axis=0)
    windows = len(x) - BETA_SESSIONS + 1
    mean_x, mean_y, both, squares = (np.zeros((windows, vix.shape[1])) for _ in range(4))
    for place in range(BETA_SESSIONS):
        mean_x += x[place : place + windows]
        mean_y += y[place : place + windows]
    mean_x /= BETA_SESSIONS
    mean_y /= BETA_SESSIONS
    for place in range(BETA_SESSIONS):
        away = x[place : place + windows] - mean_x
        both += away * (y[place : place + windows] - mean_y)
        squares += away * away
    with np.errstate(divide="ignore", invalid="ignore"):
        slope[BETA_SESSIONS:] = np.where(squares > 0.0, both / squares, np.nan)
    return slope
