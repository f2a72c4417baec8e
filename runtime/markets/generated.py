"""The built-in generated market: the joint generator on real NYSE sessions, with a fixed synthetic calendar of releases."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np

from alvh.runtime.calendars.expiries import STANDARD_FUND_LISTING, STANDARD_SPX_LISTING, STANDARD_VIX_LISTING, third_fridays
from alvh.runtime.calendars.sessions import EXCEPTIONS_FILE, nyse
from alvh.runtime.market import Floats, Integers, MarketArrays, MarketError, Problem
from alvh.runtime.markets.build_arrays import Observed, Terms, build_arrays
from alvh.runtime.markets.examine import date_text
from alvh.runtime.markets.generator import generate
from alvh.runtime.markets.load_history import LOOK_AHEAD
from alvh.runtime.markets.manifest import MODELLED_SERIES

VERSION = 1
"""Raised whenever the same seed would give other paths."""
START = np.datetime64("2023-01-03", "D").astype(np.int64)
"""First session traded: from 2022 on SPX options expire daily, so today's listings hold throughout."""
SESSIONS_A_YEAR = 252
WARM_UP = 300
"""Sessions before START, for indicators and averages."""
RATE = 0.02
CALENDARS = ("cpi", "ppi", "nfp", "fomc", "fomc_minutes", "gdp")


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
        calendar = nyse()
        origin = int(calendar.at_or_after(START)) - WARM_UP
        first, bars = self._traded(calendar.days[origin:], start, end)
        sessions = calendar.days[origin : origin + bars + LOOK_AHEAD]
        made = generate(self.seed, bars, paths, self.first_path)
        series: dict[str, Floats] = {
            "spx": made.spx,
            "spx.open": made.spx_open,
            "spx.high": made.spx_high,
            "spx.low": made.spx_low,
            "vix": made.vix,
            "vix.open": made.vix_open,
            "vix.high": made.vix_high,
            "vix.low": made.vix_low,
            "vix3m": made.vix3m,
            "vvix": made.vvix,
            "rate": np.full_like(made.spx, RATE),
        }
        if "ad_line" in inputs:
            series["ad_line"] = made.ad_line
            delay = (lags or {}).get("ad_line", 0)
            if delay:
                series["ad_line"] = _published(made.ad_line, sessions[:bars], delay)
        observed = Observed(sessions, series, futures=None, settlements=made.vix_settlement, synthetic=True)
        terms = Terms(
            STANDARD_VIX_LISTING, STANDARD_SPX_LISTING, STANDARD_FUND_LISTING, frozenset(MODELLED_SERIES), 0.0, self.spx_settlement
        )
        events = synthetic_releases(sessions)
        notes = [f"the market is generated (seed {self.seed}): every price in it comes from a model"]
        if "ad_line" in inputs:
            notes.append("ad_line is synthetic: advances less declines follow the index with a correlation of 0.85")
        if asked := [name for name in calendars if name in events]:
            notes.append(f"the dates of {', '.join(asked)} are a fixed synthetic schedule")
        return build_arrays(observed, terms, first, inputs, {name: events[name] for name in calendars if name in events}, tuple(notes))

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


def _published(values: Floats, sessions: Integers, delay: int) -> Floats:
    """A daily series as it is known `delay` calendar days later."""
    at = np.searchsorted(sessions, sessions - delay, side="right") - 1
    return np.where((at >= 0)[:, None], values[np.maximum(at, 0)], np.nan)
