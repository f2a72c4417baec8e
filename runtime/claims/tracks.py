"""What the figures of claims are computed from: one run over one path, read once, and cuts of it."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from attrs import evolve, field, frozen

from alvh.compiler.ir import Leg, Program
from alvh.compiler.twins import book_layers, hedge_layers
from alvh.grammar.diagnostics import InternalError
from alvh.runtime.attribution import daily_profit
from alvh.runtime.claims.days import Flags, Stretch, cycles, falls, gap_days
from alvh.runtime.market import Floats, Integers, MarketArrays
from alvh.runtime.record import CLOSE, OPEN, REBALANCE, ROLL_IN, ROLL_OUT, SETTLE, RunRecord

BEST_MONTHS = 3
MULTIPLIER = 100.0


class Run:
    """A record beside the program and the market it came from. What costs time is computed when first asked for."""

    def __init__(self, program: Program, arrays: MarketArrays, path: int, record: RunRecord) -> None:
        self.program = program
        self.arrays = arrays
        self.path = path
        self.record = record
        self.bars = record.equity.size
        self.days: Integers = arrays.sessions[arrays.first : arrays.first + self.bars]
        self.hedges = hedge_layers(program)
        self.books = book_layers(program)

    def series(self, name: str, warm_up: bool = False) -> Floats:
        """A series of the market on the bars of the run; `warm_up`: from the market's first bar on."""
        start = 0 if warm_up else self.arrays.first
        values: Floats = self.arrays.values[start : self.arrays.first + self.bars, self.arrays.series.index(name), self.path]
        return values

    @cached_property
    def hedge_profit(self) -> Floats:
        """[bars] P&L of all hedges after costs since the start, dollars."""
        total: Floats = self.record.layer_profit[:, list(self.hedges)].sum(axis=1)
        return total

    @cached_property
    def bought(self) -> Floats:
        """[bars] premium that hedges paid for what they bought on each bar, dollars; sales do not reduce it."""
        journal = self.record.journal
        buys = np.isin(journal.action, (OPEN, ROLL_IN)) | ((journal.action == REBALANCE) & (journal.asked > 0.0))
        rows = buys & np.isin(journal.layer, self.hedges) & (journal.price > 0.0)
        money = journal.price[rows] * journal.filled[rows] * MULTIPLIER
        by_bar: Floats = np.bincount(journal.bar[rows].astype(int) - self.arrays.first, money, minlength=self.bars).astype(np.float64)
        return by_bar[: self.bars]

    @cached_property
    def decay_paid(self) -> Floats:
        """[bars] dollars that the hedges lost to the calendar days since the bar before: minus the thetas they were held with over them."""
        thetas = _recorded(self.record.layer_theta)[:, list(self.hedges)].sum(axis=1)
        paid = np.zeros(self.bars)
        paid[1:] = -thetas[:-1] * np.diff(self.days)
        return paid

    @property
    def net_beta(self) -> Floats:
        """[bars] dollars of the index that all positions stand for, over equity."""
        return _recorded(self.record.net_beta)

    @cached_property
    def gaps(self) -> Flags:
        """[bars] gap days."""
        return gap_days(self.series("vix"), self.series("vix.open"))

    @cached_property
    def falls(self) -> list[tuple[int, int]]:
        """Events: the day, and the bar that the index has fallen from."""
        return falls(self.series("spx"))

    @cached_property
    def cycles(self) -> list[Stretch]:
        """Cycles of volatility."""
        return cycles(self.series("vix", warm_up=True), self.arrays.first)

    @cached_property
    def _book_lots(self) -> list[tuple[int, int, float, int]]:
        """Of each stretch of a lot of the book: first bar, bar it ended on, wing notional in dollars, settlement bar; bars from 0."""
        journal = self.record.journal
        rows = np.flatnonzero(np.isin(journal.layer, self.books))
        widths, settles = self._widths_and_settlements(rows)
        entries = zip(
            journal.action[rows].tolist(),
            (journal.bar[rows].astype(int) - self.arrays.first).tolist(),
            zip(journal.layer[rows].tolist(), journal.slot[rows].tolist(), strict=True),
            journal.filled[rows].tolist(),
            (journal.asked[rows] > 0.0).tolist(),
            widths.tolist(),
            settles.tolist(),
            strict=True,
        )
        held: dict[tuple[float, float], tuple[int, float, float, int]] = {}
        found: list[tuple[int, int, float, int]] = []

        def end(key: tuple[float, float], bar: int) -> float:
            opened, contracts, width, settles = held.pop(key)
            found.append((opened, bar, contracts * width * MULTIPLIER, settles))
            return contracts

        for action, bar, key, filled, grows, width, last in entries:
            if action in (OPEN, ROLL_IN):
                held[key] = bar, filled, width, last
            elif key in held and action in (CLOSE, ROLL_OUT, SETTLE, REBALANCE):
                _, _, own_width, own_last = held[key]
                if action == SETTLE and bar < own_last:
                    continue  # a leg of an earlier expiry: the lot lives on
                left = end(key, bar) + (filled if action == REBALANCE and grows else -filled)
                if left > 1e-9 and action != SETTLE:
                    held[key] = bar, left, own_width, own_last
        for key in list(held):
            end(key, self.bars)
        return found

    def _widths_and_settlements(self, rows: Integers) -> tuple[Floats, Integers]:
        """Of rows of the book: the wider wing in points, and the bar from the first on which the last leg settles."""
        journal, arrays = self.record.journal, self.arrays
        widths, settles = np.zeros(rows.size), np.zeros(rows.size, dtype=np.int64)
        for number in self.books:
            legs = self.program.layers[number].legs
            own = journal.layer[rows] == number
            widths[own] = wider_wings(legs, journal.strike[rows[own]])
            for place, leg in enumerate(legs):
                expiry = np.nan_to_num(journal.expiry[rows[own], place]).astype(np.int64)
                table = arrays.expiries_of(leg.product)
                settles[own] = np.maximum(settles[own], table.settle_bar[expiry] - arrays.first)
        return widths, settles

    @cached_property
    def wing_notional(self) -> Floats:
        """[bars] what the book's condors can lose: contracts x 100 x the wider wing, dollars."""
        steps = np.zeros(self.bars + 1)
        for opened, ended, notional, _ in self._book_lots:
            steps[opened] += notional
            steps[ended] -= notional
        return np.cumsum(steps)[: self.bars]

    @cached_property
    def last_settlement(self) -> Integers:
        """[bars] bar on which the last of the book's lots held then settles; -1 where none is held."""
        last = np.full(self.bars, -1, dtype=np.int64)
        for opened, ended, _, settles in self._book_lots:
            np.maximum(last[opened:ended], settles, out=last[opened:ended])
        return last


def _recorded(values: Floats | None) -> Floats:
    if values is None:
        raise InternalError("a figure of sensitivities is asked of a run that did not record them")
    return values


def wider_wings(legs: tuple[Leg, ...], strikes: Floats) -> Floats:
    """[rows] the largest distance of two strikes of one right, of `strikes` [rows, legs]; 0 without a pair."""
    widths = np.zeros(len(strikes))
    for right in ("call", "put"):
        own = strikes[:, [place for place, leg in enumerate(legs) if leg.right == right]]
        if own.shape[1] > 1:
            widths = np.fmax(widths, own.max(axis=1) - own.min(axis=1))
    return widths


@frozen(eq=False)
class Track:
    """Equity and hedge P&L of a run from bar `start` to `stop` (not included), dollars."""

    run: Run
    start: int
    stop: int
    equity: Floats
    capital: float
    """Equity before the first bar."""
    hedge: Floats
    """P&L of the hedges since before the first bar."""
    days: Integers = field(init=False)

    @days.default
    def _days(self) -> Integers:
        return self.run.days[self.start : self.stop]

    @property
    def hedge_daily(self) -> Floats:
        return daily_profit(self.hedge)

    def of_run(self, values: Floats) -> Floats:
        """The bars of this track of something that has all bars of the run."""
        return values[self.start : self.stop]

    def cut(self, start: int, stop: int) -> Track:
        """Bars `start` to `stop` of this track, as if it had begun then."""
        if start == 0:
            return evolve(self, stop=self.start + stop, equity=self.equity[:stop], hedge=self.hedge[:stop])
        return Track(
            self.run,
            self.start + start,
            self.start + stop,
            self.equity[start:stop],
            float(self.equity[start - 1]),
            self.hedge[start:stop] - self.hedge[start - 1],
        )

    def without_best_months(self, count: int = BEST_MONTHS) -> Track:
        """The track as if the hedge had earned nothing in its `count` best months; what it lost in others stays."""
        daily = self.hedge_daily
        numbers = month_numbers(self.days)
        gains = np.bincount(numbers, daily)
        best = [month for month in np.argsort(-gains, kind="stable")[:count] if gains[month] > 0.0]
        taken = np.cumsum(np.where(np.isin(numbers, best), daily, 0.0))
        return evolve(self, equity=self.equity - taken, hedge=self.hedge - taken)


def whole_track(run: Run) -> Track:
    return Track(run, 0, run.bars, run.record.equity, run.program.capital, run.hedge_profit)


def month_numbers(days: Integers) -> Integers:
    """[bars] 0, 1, 2 .. for the calendar months from the first day's on."""
    months: Integers = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    months -= months[0]
    return months


def year_numbers(days: Integers) -> Integers:
    """[bars] the calendar year."""
    years: Integers = days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64)
    years += 1970
    return years
