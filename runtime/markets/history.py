"""The market of real history: a manifest, the files it names, and the models for what they lack."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from attrs import evolve

from alvh.runtime.market import Floats, Integers, MarketArrays, MarketError, Problem
from alvh.runtime.markets.build_arrays import Observed, Terms, build_arrays
from alvh.runtime.markets.examine import date_text
from alvh.runtime.markets.load_history import LOOK_AHEAD, EventDates, History, fingerprint_of, load_history
from alvh.runtime.markets.manifest import Manifest, read_manifest


class HistoryMarket:
    """One path: what happened. The files are opened at the first use and then kept."""

    def __init__(self, path: Path, spx_settlement: str | None = None) -> None:
        """Reads the manifest at `path`; MarketError where it cannot be understood. `spx_settlement` in place of the manifest's."""
        manifest = read_manifest(path)
        self.manifest: Manifest = manifest if spx_settlement is None else evolve(manifest, spx_settlement=spx_settlement)
        self.name = self.manifest.name
        self.spx_settlement = self.manifest.spx_settlement
        self._history: History | None = None

    def history(self) -> History:
        """The data on their bars; MarketError with every problem of the files."""
        if self._history is None:
            self._history = load_history(self.manifest)
        return self._history

    def fingerprint(self) -> str:
        """Hash of the manifest, the contents of all files it names and the table of sessions."""
        return fingerprint_of(self.manifest, self.history().digests)

    def arrays(
        self,
        start: np.datetime64 | None,
        end: np.datetime64 | None,
        inputs: tuple[str, ...] = (),
        calendars: tuple[str, ...] = (),
        paths: int = 1,
        lags: Mapping[str, int] | None = None,
    ) -> MarketArrays:
        """See `Market.arrays`. A calendar that the manifest lacks is absent from `events`.

        Raises MarketError where the days asked for lie outside the data, or more than one path is asked for.
        """
        if paths != 1:
            hint = "a generated market has as many paths as you like: --market generated"
            raise MarketError((Problem(self.name, None, f"history has one path, {paths} were asked for", hint),))
        history = self.history()
        first, bars = self._traded(history, start, end)
        series: dict[str, Floats] = {}
        for name, roles in history.series.items():
            for role, values in roles.items():
                series[name if role == "close" else f"{name}.{role}"] = values[:bars, None]
        for name in inputs:
            if name in self.manifest.inputs:
                series[name] = history.input_on_bars(name, (lags or {}).get(name, 0))[:bars, None]
        sessions = history.sessions[: bars + LOOK_AHEAD]
        observed = Observed(
            sessions=sessions,
            series=series,
            futures=None if history.futures is None else history.futures[:bars, :, None],
            settlements=None if history.settlements is None else history.settlements[:bars, None],
        )
        terms = Terms(
            self.manifest.vix_listing,
            self.manifest.spx_listing,
            self.manifest.fund_listing,
            self.manifest.model,
            self.manifest.stale_open,
            self.spx_settlement,
        )
        wanted = {name: history.events[name] for name in calendars if name in history.events}
        notes = [note for name, dates in wanted.items() if (note := _calendar_note(name, dates, sessions[first], sessions[bars - 1]))]
        return build_arrays(observed, terms, first, inputs, {name: dates.days for name, dates in wanted.items()}, tuple(notes))

    def _traded(self, history: History, start: np.datetime64 | None, end: np.datetime64 | None) -> tuple[int, int]:
        """First bar traded, and how many bars of data there are up to `end`."""
        sessions = history.sessions[: history.bars]
        covered = f"the data cover {date_text(sessions[0])} to {date_text(sessions[-1])}"
        problems = []
        last = history.bars - 1
        if end is not None:
            day = _day_number(end)
            if day > sessions[-1] and not _no_session_between(history.sessions, sessions[-1], day):
                problems.append(Problem(self.name, None, f"the run should go to {date_text(day)}, but {covered}", "end it earlier"))
            last = int(np.searchsorted(sessions, day, side="right")) - 1
        asked = self.manifest.start if start is None else _day_number(start)
        first = 0
        if asked is not None:
            if asked < sessions[0]:
                problems.append(Problem(self.name, None, f"the run should start on {date_text(asked)}, but {covered}", "start it later"))
            first = int(np.searchsorted(sessions, asked))
        if not problems and (first > last or last < 0):
            message = f"no session lies between {date_text(asked if asked is not None else sessions[0])} and the end of the run; {covered}"
            problems.append(Problem(self.name, None, message, "choose other dates"))
        if problems:
            raise MarketError(tuple(problems))
        return first, last + 1


def _calendar_note(name: str, dates: EventDates, first: np.int64, last: np.int64) -> str | None:
    """A note where a calendar does not cover the bars traded; three months without an event are no gap."""
    if dates.first - first > 92 or last - dates.last > 92:
        return f"calendar {name} knows dates from {date_text(dates.first)} to {date_text(dates.last)} only; on other days it has no event"
    return None


def _no_session_between(sessions: Integers, last: np.int64, day: int) -> bool:
    """Whether the data end on the last session on or before `day`."""
    return not bool(((sessions > last) & (sessions <= day)).any())


def _day_number(day: np.datetime64) -> int:
    return int(day.astype("datetime64[D]").astype(np.int64))
