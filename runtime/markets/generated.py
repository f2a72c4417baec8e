"""The built-in generated market: the joint generator on real NYSE sessions, with a fixed synthetic calendar of releases."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

import numpy as np
from attrs import frozen

from alvh.runtime.calendars.expiries import STANDARD_FUND_LISTING, STANDARD_SPX_LISTING, STANDARD_VIX_LISTING, third_fridays
from alvh.runtime.calendars.sessions import EXCEPTIONS_FILE, nyse
from alvh.runtime.market import MARKET_SERIES, MISSING, MODELLED, Integers, MarketArrays, MarketError, Note, Prints, Problem
from alvh.runtime.markets.build_arrays import (
    SPX_PRINTS,
    VIX_PRINTS,
    Filled,
    Listed,
    list_expiries,
    note_clamped_levels,
    put_on_calendar,
)
from alvh.runtime.markets.compiled_paths import ARRAY_LANES, compiled_paths, kernel_that_pays
from alvh.runtime.markets.examine import date_text
from alvh.runtime.markets.fill_paths import fill_bars
from alvh.runtime.markets.load_history import LOOK_AHEAD
from alvh.runtime.markets.path_filler import (
    Calendar,
    Choices,
    Kernel,
    PathFiller,
    calendar_table,
    fill_arrays,
    filled_series,
    path_filler,
)

VERSION = 2
"""Raised whenever the same seed would give other paths."""
START = np.datetime64("2023-01-03", "D").astype(np.int64)
"""First session traded: from 2022 on SPX options expire daily, so today's listings hold throughout."""
SESSIONS_A_YEAR = 252
WARM_UP = 300
"""Sessions before START, for indicators and averages."""
CALENDARS = ("cpi", "ppi", "nfp", "fomc", "fomc_minutes", "gdp")


@frozen(eq=False)
class _Laid:
    """The days of a request, before any path."""

    series: tuple[str, ...]
    first: int
    bars: int
    listed: Listed
    table: Calendar

    def filler(self, choices: Choices, width: int, kernel: Kernel) -> PathFiller:
        return path_filler(self.series, self.table, choices, width, kernel)


class GeneratedMarket:
    """As many paths as asked for, each ten years of sessions (or `years`). Nothing in it was observed."""

    def __init__(self, seed: int = 0, years: int = 10, spx_settlement: str = "open", first_path: int = 0) -> None:
        """`spx_settlement`: `open` or `close`, the print that SPX options of the morning are paid on. `first_path`: paths before it are
        left out, so that many paths can be had block by block. ValueError for a seed outside 0 .. 2**64 - 1, or years outside 1 .. 20."""
        if not 0 <= seed < 2**64:
            raise ValueError(f"a seed lies between 0 and 2**64 - 1, not {seed}")
        if not 1 <= years <= 20:
            raise ValueError(f"a generated market has 1 to 20 years, not {years}")
        self.name = "generated"
        self.seed = seed
        self.years = years
        self.spx_settlement = spx_settlement
        self.first_path = first_path

    def starting_at(self, path: int) -> GeneratedMarket:
        """The same market with its paths counted from `path` on."""
        return GeneratedMarket(self.seed, self.years, self.spx_settlement, self.first_path + path)

    def fingerprint(self) -> str:
        """Hash of the generator's version, the seed, the length, the settlement and the table of sessions."""
        parts = [
            "generated",
            str(VERSION),
            str(self.seed),
            str(self.years),
            self.spx_settlement,
            EXCEPTIONS_FILE.read_text(encoding="ascii"),
            *([str(self.first_path)] if self.first_path else ()),
        ]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def arrays(
        self,
        start: np.datetime64 | None,
        end: np.datetime64 | None,
        inputs: tuple[str, ...] = (),
        calendars: tuple[str, ...] = (),
        paths: int = 1,
        lags: Mapping[str, int] | None = None,
    ) -> MarketArrays:
        """See `Market.arrays`. Of user inputs there is `ad_line`, synthetic; calendars are CALENDARS.

        Raises MarketError where the days asked for lie outside START and `years` on.
        """
        laid = self._lay_out(start, end, inputs, lags or {})
        width, kernel = kernel_that_pays(laid.bars * paths)
        values = fill_arrays(laid.filler(self._choices(laid.series), width, kernel), self.seed, paths, self.first_path)
        notes = [f"the market is generated (seed {self.seed}): every price in it comes from a model"]
        if "ad_line" in inputs:
            notes.append("ad_line is synthetic: advances less declines follow the index with a correlation of 0.85")
        events = synthetic_releases(laid.listed.sessions)
        if asked := [name for name in calendars if name in events]:
            notes.append(f"the dates of {', '.join(asked)} are a fixed synthetic schedule")
        clamped = note_clamped_levels(laid.series, values, laid.listed, laid.first)
        # Every path is known on the same bars.
        provenance = np.where(np.isnan(values[:, :, 0]), MISSING, MODELLED).astype(np.uint8)
        filled = Filled(laid.series, values, provenance, self._prints(laid.bars), (*map(Note, notes), *clamped))
        return put_on_calendar(filled, laid.listed, laid.first, {name: events[name] for name in calendars if name in events})

    def filler(
        self,
        start: np.datetime64 | None,
        end: np.datetime64 | None,
        inputs: tuple[str, ...] = (),
        lags: Mapping[str, int] | None = None,
        *,
        wanted: Iterable[str] | None = None,
        every_print: bool = True,
        lanes: int = ARRAY_LANES,
        jit: bool = True,
    ) -> PathFiller:
        """For runs over more paths than memory holds: what fills blocks of `lanes` paths with the values that `arrays` would give, of the
        series `wanted` (all by default) and the constant ones; the other rows stay unknown. `every_print=False` has `spx_am` on the bars
        alone on which options settle on it. `jit=False` is plain Python, one lane. Errors as for `arrays`.

        `filler.fill(block, state, seed, first_path)`; blocks and states from `new_block` and `new_state`, one of each a thread.
        """
        laid = self._lay_out(start, end, inputs, lags or {})
        choices = self._choices(laid.series if wanted is None else wanted, every_print=every_print)
        return laid.filler(choices, lanes, compiled_paths(lanes)) if jit else laid.filler(choices, 1, fill_bars)

    def _choices(self, wanted: Iterable[str], *, every_print: bool = True) -> Choices:
        return Choices(filled_series(wanted), self.spx_settlement == "close", every_print)

    def _prints(self, bars: int) -> dict[str, Prints]:
        of_spx = 2 if self.spx_settlement == "close" else 0
        return {
            "spx_am": Prints(SPX_PRINTS, np.full(bars, of_spx)),
            "vix_settlement": Prints(VIX_PRINTS, np.zeros(bars, dtype=np.int64)),
        }

    def _lay_out(self, start: np.datetime64 | None, end: np.datetime64 | None, inputs: tuple[str, ...], lags: Mapping[str, int]) -> _Laid:
        calendar = nyse()
        origin = int(calendar.at_or_after(START)) - WARM_UP
        first, bars = self._traded(calendar.days[origin:], start, end)
        sessions = calendar.days[origin : origin + bars + LOOK_AHEAD]
        listed = list_expiries(sessions, bars, STANDARD_VIX_LISTING, STANDARD_SPX_LISTING, STANDARD_FUND_LISTING)
        published = np.searchsorted(sessions, sessions[:bars] - lags.get("ad_line", 0), side="right") - 1
        table = calendar_table(sessions, bars, listed.monthly, listed.front, listed.spx, listed.vix, published)
        return _Laid((*MARKET_SERIES, *inputs), first, bars, listed, table)

    def _traded(self, sessions: Integers, start: np.datetime64 | None, end: np.datetime64 | None) -> tuple[int, int]:
        """First bar traded, and how many bars to generate."""
        last = WARM_UP + self.years * SESSIONS_A_YEAR - 1
        problems = []
        covered = f"the generated market covers {date_text(sessions[WARM_UP])} to {date_text(sessions[last])}"
        first, until = WARM_UP, last
        if start is not None:
            day = int(start.astype("datetime64[D]").astype(np.int64))
            first = int(np.searchsorted(sessions, day))
            if first < WARM_UP:
                problems.append(Problem(self.name, None, f"the run should start on {date_text(day)}, but {covered}", "start it later"))
        if end is not None:
            day = int(end.astype("datetime64[D]").astype(np.int64))
            until = int(np.searchsorted(sessions, day, side="right")) - 1
            if until > last:
                problems.append(Problem(self.name, None, f"the run should go to {date_text(day)}, but {covered}", "end it earlier"))
        if not problems and first > until:
            message = f"no session lies between the start and the end of the run; {covered}"
            problems.append(Problem(self.name, None, message, "choose other dates"))
        if problems:
            raise MarketError(tuple(problems))
        return first, until + 1


def synthetic_releases(sessions: Integers) -> dict[str, Integers]:
    """Sessions of macro releases, on a fixed schedule that looks like today's: jobs on the first Friday, consumer prices on the 12th,
    producer prices on the 14th, GDP on the 28th; eight policy decisions a year on the Wednesday before the third Friday, minutes three
    weeks later. What falls on no session moves to the next one."""
    calendar = nyse()
    begin, end = (day.astype("datetime64[D]").astype("datetime64[M]") for day in (sessions[0], sessions[-1]))
    months = np.arange(begin - 1, end + 1)
    first = months.astype("datetime64[D]").astype(np.int64)
    decisions = third_fridays(months[np.isin(months.astype(np.int64) % 12 + 1, (1, 3, 5, 6, 7, 9, 11, 12))]) - 2
    days = {
        "nfp": third_fridays(months) - 14,
        "cpi": first + 11,
        "ppi": first + 13,
        "gdp": first + 27,
        "fomc": decisions,
        "fomc_minutes": decisions + 21,
    }
    return {name: calendar.days[calendar.at_or_after(dates)] for name, dates in days.items()}
