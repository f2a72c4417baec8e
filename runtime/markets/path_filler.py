"""Blocks of generated paths for whoever reads them: the calendar's tables, which series are wanted, and one call that fills a block."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from alvh.grammar.diagnostics import InternalError
from alvh.runtime.cache_lines import empty_on_lines
from alvh.runtime.lanes import Lanes
from alvh.runtime.market import MARKET_SERIES, Expiries, Floats, Integers
from alvh.runtime.markets import fill_paths as kernel
from alvh.runtime.markets.complete_curve import CONSTANT_MATURITY, RANKS
from alvh.runtime.markets.volatility_funds import BILL_DAYS, DISCOUNT_YEAR, FEE_YEAR, UVXY, VXX, roll_of, uvxy_leverage
from alvh.runtime.mathematics import exp, log
from alvh.runtime.pricing.futures_curve import CONVEXITY_DAYS, WITH_VIX3M_FAST, WITH_VIX3M_SLOW, share_left, variance_shares
from alvh.runtime.pricing.spx_surface import SKEW_WHERE_MISSING, smile_from
from alvh.runtime.random_numbers import MOST_PATHS, WORD

RATE = 0.02
LONGEST_DAYS = 400
"""To the settlement of a monthly of rank 9, 39 weeks at most."""
CONSTANT_SERIES = ("skew", "rate", "spx_rho", "spx_eta", "uvxy_leverage")
"""The same on every path."""
ABSENT_SERIES = tuple(f"{index}.{part}" for index in ("vix9d", "vix3m", "vix6m") for part in ("open", "high", "low"))
"""The model has nothing to say on them."""
SURFACE = frozenset(("vix9d", "vix3m", "vix6m", "spx_w9", "spx_w30", "spx_w93", "spx_w184", "spx_w365", "spx_scale"))
FUNDS = frozenset(("vxx", "uvxy", "vxx_beta", "uvxy_beta"))
FUTURES = tuple(f"vx{rank}" for rank in range(1, RANKS + 1))

Kernel = Callable[..., None]


@frozen
class Choices:
    """What of the generated market is to be filled, and how."""

    wanted: frozenset[str]
    """Names of the market's rows. Those that the model does not know stay unknown."""
    settles_at_close: bool = False
    """`spx_am` is the close instead of the open."""
    every_print: bool = True
    """`spx_am` on all bars; else on those alone on which options settle on it, which is all that an engine reads."""


@frozen(eq=False)
class Calendar:
    """What the calendar says of each bar, as the kernel reads it."""

    days: Floats
    """[bars, DAY_COLUMNS]"""
    kept: int
    """Values of `ad_line` that must be kept for its lag: the longest lag in bars, and today's."""


@frozen(eq=False)
class PathFiller:
    """Fills blocks of as many paths as it has lanes. One may serve many threads; blocks and states are each thread's own."""

    series: tuple[str, ...]
    """Rows of a bar: MARKET_SERIES, then inputs."""
    bars: int
    lanes: Lanes
    _calendar: Calendar
    _plan: Integers
    _kernel: Kernel

    def new_block(self) -> Floats:
        """float64[bars * series, lanes] with what is the same on every path; series that are not filled stay unknown."""
        block = empty_on_lines(self.bars, len(self.series), self.lanes.width)
        block[...] = np.nan
        rho, eta = smile_from(SKEW_WHERE_MISSING)
        leverage = self._calendar.days[:, kernel.D_LEVERAGE, None]
        for name, values in zip(CONSTANT_SERIES, (SKEW_WHERE_MISSING, RATE, rho, eta, leverage), strict=True):
            block[:, self.series.index(name)] = np.asarray(values)
        return block.reshape(self.bars * len(self.series), self.lanes.width)

    def new_state(self) -> Floats:
        """What filling keeps from bar to bar: [rows, lanes], some 20 kilobytes at 16 lanes."""
        return np.zeros((kernel.S_BREADTHS + self._calendar.kept, self.lanes.width))

    def fill(self, block: Floats, state: Floats, seed: int, first_path: int, begin: int = 0, end: int | None = None) -> None:
        """Writes paths `first_path` and following of a seed into a block that `new_block` made, on all bars or those from `begin` to
        `end` - 1. A piece that does not begin at 0 goes on from the state that the piece before it left.

        Allocates nothing of the block's size, and compiled code runs without the interpreter lock. `seed` is below 2**64.
        """
        until = self.bars if end is None else end
        if block.shape != (self.bars * len(self.series), self.lanes.width) or not 0 <= begin <= until <= self.bars:
            raise InternalError("a block of another market, or bars outside it")
        if not 0 <= first_path <= MOST_PATHS - self.lanes.width:
            raise InternalError(f"no path {first_path}")
        if begin == 0:
            state[kernel.S_PATH] = np.arange(first_path, first_path + self.lanes.width)
        self._kernel(self.lanes, begin, until, seed & WORD, seed >> 32, self._plan, self._calendar.days, terms_table(), state, block)


def path_filler(series: tuple[str, ...], calendar: Calendar, choices: Choices, lanes: int, kernel_of_width: Kernel) -> PathFiller:
    """A filler for a market with these rows. `kernel_of_width` is `fill_paths.fill_bars`, compiled or at one lane as it is."""
    return PathFiller(series, len(calendar.days), Lanes(lanes), calendar, _plan(series, calendar, choices), kernel_of_width)


def calendar_table(
    sessions: Integers, bars: int, monthly: Integers, front: Integers, spx: Expiries, vix: Expiries, published: Integers
) -> Calendar:
    """Of the first `bars` of `sessions`. `monthly`: settlement days of VIX monthlies; `front` [bars] which of them is rank 1; `published`
    [bars] the bar whose `ad_line` is known on each, below 0 for none."""
    today = sessions[:bars]
    days = np.zeros((bars, kernel.DAY_COLUMNS))
    days[settling_bars(spx, bars, spx.am == 1), kernel.D_SPX_SETTLES] = 1.0
    days[settling_bars(vix, bars, vix.listed_bar < vix.settle_bar), kernel.D_VIX_SETTLES] = 1.0
    to_rank = monthly[front[:bars, None] + np.arange(RANKS)[None, :]] - today[:, None]
    days[:, kernel.D_RANK_DAYS :] = to_rank
    knots = np.column_stack([np.zeros(bars, dtype=np.int64), to_rank[:, :3]])
    knot = np.minimum((to_rank[:, :2] < CONSTANT_MATURITY).sum(axis=1), 2)
    bar = np.arange(bars)
    days[:, kernel.D_KNOT], days[:, kernel.D_KNOT_BEGIN], days[:, kernel.D_KNOT_END] = knot, knots[bar, knot], knots[bar, knot + 1]
    roll = roll_of(today)
    days[:, kernel.D_RANK], days[:, kernel.D_WEIGHT] = roll.rank, roll.weight
    # A future held overnight may have moved a rank nearer by the morning.
    days[1:, kernel.D_HELD] = roll.rank[:-1] + front[: bars - 1] - front[1:bars]
    days[1:, kernel.D_HELD_WEIGHT] = roll.weight[:-1]
    elapsed = np.diff(today, prepend=today[:1])
    days[:, kernel.D_INTEREST] = [_bill_interest(float(gap)) for gap in elapsed.tolist()]
    days[:, kernel.D_VXX_FEE], days[:, kernel.D_UVXY_FEE] = (fund.fee * (elapsed / FEE_YEAR) for fund in (VXX, UVXY))
    days[:, kernel.D_LEVERAGE] = uvxy_leverage(today)
    days[:, kernel.D_PUBLISHED] = published
    return Calendar(days, int((bar - published)[published >= 0].max(initial=0)) + 1)


def settling_bars(expiries: Expiries, bars: int, chosen: NDArray[np.bool_]) -> Integers:
    """Bars before `bars` on which the chosen expiries settle."""
    return np.asarray(expiries.settle_bar[chosen & (expiries.settle_bar < bars)])


def _bill_interest(days: float) -> float:
    """(1 - 91/360 r)^(-d/91) - 1, as `volatility_funds.hold_futures` has it, by our own exponential: the same on every machine."""
    return exp(-(days / BILL_DAYS) * log(1.0 - (BILL_DAYS / DISCOUNT_YEAR) * RATE)) - 1.0


@cache
def terms_table() -> Floats:
    """[LONGEST_DAYS + 1, TERM_COLUMNS]: what a future's price takes from its days to settlement alone."""
    rows = []
    for days in range(LONGEST_DAYS + 1):
        ends = variance_shares(days + CONVEXITY_DAYS), variance_shares(float(days))
        shares = [late - early for late, early in zip(*ends, strict=True)]
        rows.append([share_left(float(days), WITH_VIX3M_FAST), share_left(float(days), WITH_VIX3M_SLOW), *shares])
    return np.array(rows)


def _plan(series: tuple[str, ...], calendar: Calendar, choices: Choices) -> Integers:
    wanted = choices.wanted
    if unknown := wanted - set(series):
        raise InternalError(f"no series {min(unknown)}")
    plan = np.zeros(kernel.PLAN_SIZE, dtype=np.int64)
    for row, name in enumerate(MARKET_SERIES):
        plan[row] = name in wanted
    plan[kernel.P_ROWS] = len(series)
    plan[kernel.P_AD_LINE] = series.index("ad_line") if "ad_line" in wanted else -1
    plan[kernel.P_KEPT] = calendar.kept
    plan[kernel.P_CLOSE] = choices.settles_at_close
    plan[kernel.P_EVERY_PRINT] = choices.every_print
    extremes = {index: bool(wanted & {f"{index}.high", f"{index}.low"}) for index in ("spx", "vix")}
    opens = bool(wanted & {"spx.open", "vix.open"}) or ("spx_am" in wanted and choices.every_print and not choices.settles_at_close)
    funds = bool(wanted & FUNDS)
    listed = [rank for rank, name in enumerate(FUTURES, start=1) if name in wanted]
    # Funds and the future of 30 days stand on the first three.
    ranks = max([*listed, 3 if funds or "vx30" in wanted else 0])
    plan[kernel.P_NIGHTS] = opens or any(extremes.values())
    plan[kernel.P_SPX_EXTREMES], plan[kernel.P_VIX_EXTREMES] = extremes["spx"], extremes["vix"]
    plan[kernel.P_SURFACE] = bool(wanted & SURFACE) or ranks > 0
    plan[kernel.P_RANKS] = ranks
    plan[kernel.P_VX30] = "vx30" in wanted
    plan[kernel.P_FUNDS] = funds
    plan[kernel.P_FUND_BETAS] = bool(wanted & {"vxx_beta", "uvxy_beta"})
    return plan


def filled_series(names: Iterable[str]) -> frozenset[str]:
    """Of these rows, those that the kernel writes; it has nothing to say on user inputs but `ad_line`."""
    return frozenset(names) - {*CONSTANT_SERIES, *ABSENT_SERIES}


def fill_arrays(filler: PathFiller, seed: int, paths: int, first_path: int = 0) -> Floats:
    """[bars, series, paths] of so many paths from `first_path` on."""
    rows, width = len(filler.series), filler.lanes.width
    values = np.empty((filler.bars, rows, paths))
    block, state = filler.new_block(), filler.new_state()
    for path in range(0, paths, width):
        filler.fill(block, state, seed, first_path + path)
        count = min(width, paths - path)
        values[:, :, path : path + count] = block.reshape(filler.bars, rows, width)[:, :, :count]
    return values
