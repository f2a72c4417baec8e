"""The manifest of a market: a TOML file that names files, columns, units, lags, listing eras and what may be modelled. docs/data.md is
its reference.

Reading it checks every key and its type; the data files are opened later, by `history.py`.
"""

from __future__ import annotations

import datetime
import difflib
import math
import os
import re
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
from attrs import field, frozen

from alvh.runtime.calendars.expiries import (
    FARTHEST_MONTHS,
    FEBRUARY_CYCLE,
    MARCH_CYCLE,
    STANDARD_FUND_LISTING,
    STANDARD_SPX_LISTING,
    STANDARD_VIX_LISTING,
    Listing,
    MonthlyEra,
    PeriodEra,
    WeeklyEra,
)
from alvh.runtime.market import MarketError, Problem

FORMAT = 1
"""Version of the manifest's layout."""

CORE_SERIES = ("spx", "vix", "vix9d", "vix3m", "vix6m", "vvix", "skew", "rate")
REQUIRED_SERIES = ("spx", "vix")
MODELLED_SERIES = ("vix9d", "vix3m", "vix6m", "vvix", "skew", "vx")
"""What the models of quant.md section 3 can stand in for."""

ALLOWANCES = ("blank", "out_of_range", "outside_day_range", "missing_sessions", "holiday_rows", "ends_early", "odd_total")
"""Faults that a manifest may declare, with how many: they are then counted instead of refused. docs/data.md says what becomes of each."""

ANY_NUMBER = 2**31
"""What `allow = { holiday_rows = true }` means."""

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
CYCLES = {"february": FEBRUARY_CYCLE, "march": MARCH_CYCLE}
MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")
SPX_SETTLEMENTS = ("open", "close")
"""The prints that SPX options which settle in the morning can be paid on."""
PERIODS = ("month end", "quarter end", "third friday")


@frozen
class Source:
    """One file's part in a series: rows from `first` to `last` (day numbers, both included) count."""

    path: Path
    columns: dict[str, str]
    """Role -> column, as the manifest says; roles it does not name are found by their usual names."""
    where: dict[str, str]
    """Only rows in which these columns hold these words count."""
    date_format: str | None
    first: int | None
    last: int | None
    scale: float


@frozen
class SeriesEntry:
    """One series: its sources in order of time, and how they are to be read."""

    name: str
    sources: tuple[Source, ...]
    allow: dict[str, int]
    unit: str
    lag: int
    """Calendar days between the date a row names and its publication."""
    carried: int
    """Calendar days that a value stays known after its publication; 0: on its own session only."""
    cumulate: bool
    """Whether the series is the running sum of `plus - minus` (an advance-decline line)."""
    total_within: float | None
    """With `cumulate`: rows whose `plus + minus` is further than this from the median of the 21 rows before are odd."""


@frozen
class FuturesEntry:
    """Settlements of VIX futures, one row a contract and session."""

    source: Source
    allow: dict[str, int]


@frozen
class SettlementsEntry:
    """Final settlement values of VIX expiries, one row an expiry."""

    source: Source
    allow: dict[str, int]


@frozen
class CalendarEntry:
    """Dates of one kind of event."""

    name: str
    source: Source
    time: str | None
    """Column of release times (`14:00`, New York); None or an empty cell: during the session."""


@frozen
class Manifest:
    """A market, described. Paths are absolute."""

    path: Path
    name: str
    first: int | None
    """Day number of the first bar; None: the first session of spx and vix."""
    start: int | None
    """Day traded from unless a run says otherwise; None: the first bar."""
    series: dict[str, SeriesEntry]
    futures: FuturesEntry | None
    settlements: SettlementsEntry | None
    inputs: dict[str, SeriesEntry]
    calendars: dict[str, CalendarEntry]
    vix_listing: Listing
    spx_listing: Listing
    fund_listing: Listing
    model: frozenset[str]
    """Series whose missing values are modelled; others stay unknown."""
    stale_open: float
    """An open this close to the previous close (as a fraction of it) is no print."""
    spx_settlement: str
    """`open` or `close`: the print that SPX options of the morning are paid on."""
    variables: tuple[str, ...]
    """Environment variables that paths may hold."""
    text: str = field(repr=False)

    def files(self) -> tuple[Path, ...]:
        """Every data file, each once, in the manifest's order."""
        entries = (*self.series.values(), *self.inputs.values())
        sources = [source for entry in entries for source in entry.sources]
        sources += [entry.source for entry in (self.futures, self.settlements, *self.calendars.values()) if entry is not None]
        return tuple(dict.fromkeys(source.path for source in sources))


def read_manifest(path: Path) -> Manifest:
    """The manifest at `path`. Raises MarketError with everything that is wrong with it."""
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        hint = "give the path of a manifest (.toml), or `generated` for the built-in market"
        raise MarketError((Problem(str(path), None, "there is no such market manifest", hint),)) from None
    except IsADirectoryError:
        raise MarketError((Problem(str(path), None, "this is a folder, not a manifest", "give the path of a .toml file"),)) from None
    except UnicodeDecodeError as error:
        raise MarketError((Problem(str(path), None, f"byte {error.start} is not UTF-8", "save the manifest as UTF-8"),)) from None
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        row = int(found.group(1)) if found else None
        raise MarketError((Problem(str(path), row, f"this is no TOML: {error}", "see docs/data.md for an example"),)) from None
    reader = _Reader(path, text)
    manifest = reader.manifest(values)
    if reader.problems:
        raise MarketError(tuple(reader.problems))
    return manifest


class _Reader:
    """Turns TOML values into entries and collects what is wrong on the way."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.text = text
        self.problems: list[Problem] = []
        self.variables: dict[str, str] = {}

    def manifest(self, values: dict[str, Any]) -> Manifest:
        keys = ("format", "name", "first", "start", "variables", "series", "futures", "settlements", "inputs", "calendars", "listing")
        self.known(values, (*keys, "model", "stale_open", "spx_settlement"), "the manifest")
        if values.get("format") != FORMAT:
            self.problem("format", f"format is {values.get('format')!r}, this version reads {FORMAT}", f"write format = {FORMAT}")
        for name, default in self.table(values, "variables").items():
            self.variables[name] = os.environ.get(name) or str(default)
        series = {name: self.series(name, entry) for name, entry in self.table(values, "series").items()}
        for name in series:
            if name not in CORE_SERIES:
                near = difflib.get_close_matches(name, CORE_SERIES, 1)
                hint = (
                    f"did you mean `{near[0]}`?"
                    if near
                    else f"the market's series are {', '.join(CORE_SERIES)}; your own go under [inputs]"
                )
                self.problem(name, f"there is no market series `{name}`", hint)
        for name in REQUIRED_SERIES:
            if name not in series:
                self.problem("[series", f"series `{name}` is missing", f'every market needs it: [series.{name}] file = "…"')
        inputs = {name: self.series(name, entry) for name, entry in self.table(values, "inputs").items()}
        futures, settlements = self.table(values, "futures"), self.table(values, "settlements")
        listing = self.table(values, "listing")
        self.known(listing, ("vix", "spx", "fund"), "[listing]")
        model = values.get("model", list(MODELLED_SERIES))
        if not isinstance(model, list) or not set(map(str, model)) <= set(MODELLED_SERIES):
            self.problem("model", f"model = {model!r} is not understood", f"it is a list out of {', '.join(MODELLED_SERIES)}")
            model = []
        stale_open = values.get("stale_open", 0.0001)
        if not isinstance(stale_open, int | float) or not 0 <= stale_open < 0.01:
            self.problem("stale_open", f"stale_open = {stale_open!r} is not understood", "it is a fraction of the index, 0 to 0.01")
            stale_open = 0.0
        spx_settlement = values.get("spx_settlement", "open")
        if spx_settlement not in SPX_SETTLEMENTS:
            hint = 'write "open" for the opening print, as the exchange does, or "close"'
            self.problem("spx_settlement", f"spx_settlement = {spx_settlement!r} is not known", hint)
        return Manifest(
            path=self.path.resolve(),
            name=str(values.get("name", self.path.stem)),
            first=self.day(values, "first"),
            start=self.day(values, "start"),
            series=series,
            futures=self.futures(futures) if futures else None,
            settlements=self.settlements(settlements) if settlements else None,
            inputs=inputs,
            calendars={name: self.calendar(name, entry) for name, entry in self.table(values, "calendars").items()},
            vix_listing=self.listing(listing["vix"]) if "vix" in listing else STANDARD_VIX_LISTING,
            spx_listing=self.listing(listing["spx"]) if "spx" in listing else STANDARD_SPX_LISTING,
            fund_listing=self.listing(listing["fund"]) if "fund" in listing else STANDARD_FUND_LISTING,
            model=frozenset(map(str, model)),
            stale_open=float(stale_open),
            spx_settlement=str(spx_settlement),
            variables=tuple(self.variables),
            text=self.text,
        )

    def series(self, name: str, entry: Any) -> SeriesEntry:
        entry = self.as_table(entry, f"series `{name}`")
        keys = (
            "file",
            "files",
            "sources",
            "columns",
            "column",
            "date_format",
            "where",
            "allow",
            "unit",
            "lag",
            "carried",
            "cumulate",
            "total_within",
        )
        self.known(entry, keys, f"series `{name}`")
        unit = str(entry.get("unit", "points"))
        units = ("percent", "fraction") if name == "rate" else ("points",)
        if name in CORE_SERIES and unit not in units:
            hint = 'state unit = "percent" or "fraction"' if name == "rate" else 'leave it out: unit = "points" is the only one'
            self.problem(name, f"the unit of `{name}` is not stated" if "unit" not in entry else f"`{name}` cannot be in {unit}", hint)
        within, cumulate = entry.get("total_within"), entry.get("cumulate", False)
        if within is not None and (not isinstance(within, int | float) or isinstance(within, bool) or not within > 0):
            self.problem("total_within", f"`{name}`: total_within = {within!r} is no positive number", "write total_within = 0.3 for 30 %")
            within = None
        if not isinstance(cumulate, bool):
            self.problem("cumulate", f"`{name}`: cumulate = {cumulate!r} is neither true nor false", "write cumulate = true")
        return SeriesEntry(
            name=name,
            sources=self.sources(entry, f"series `{name}`"),
            allow=self.allow(entry, name),
            unit=unit,
            lag=self.days(entry, "lag", name),
            carried=self.days(entry, "carried", name),
            cumulate=cumulate is True,
            total_within=None if within is None else float(within),
        )

    def futures(self, entry: dict[str, Any]) -> FuturesEntry:
        self.known(entry, ("file", "columns", "date_format", "allow"), "[futures]")
        return FuturesEntry(self.one_source(entry, "[futures]"), self.allow(entry, "futures"))

    def settlements(self, entry: dict[str, Any]) -> SettlementsEntry:
        self.known(entry, ("file", "columns", "date_format", "allow"), "[settlements]")
        return SettlementsEntry(self.one_source(entry, "[settlements]"), self.allow(entry, "settlements"))

    def calendar(self, name: str, entry: Any) -> CalendarEntry:
        entry = self.as_table(entry, f"calendar `{name}`")
        self.known(entry, ("file", "columns", "date_format", "where", "time"), f"calendar `{name}`")
        time = entry.get("time")
        return CalendarEntry(name, self.one_source(entry, f"calendar `{name}`"), str(time) if time is not None else None)

    def sources(self, entry: dict[str, Any], place: str) -> tuple[Source, ...]:
        if sum(key in entry for key in ("file", "files", "sources")) != 1:
            self.problem(place, f"{place} needs exactly one of `file`, `files` and `sources`", 'write file = "NAME.csv"')
            return ()
        parts: Any = entry.get("sources", [{"file": entry.get("file")}])
        if "files" in entry:
            parts = [{"file": file} for file in entry["files"]] if isinstance(entry["files"], list) else None
        if not isinstance(parts, list) or not parts:
            self.problem(place, f"{place} should list its files", 'write files = ["OLD.csv", "NEW.csv"]')
            return ()
        made = []
        for part in parts:
            part = self.as_table(part, place)
            self.known(part, ("file", "columns", "column", "date_format", "where", "from", "to", "scale"), f"a source of {place}")
            shared: dict[str, Any] = {key: entry[key] for key in ("columns", "column", "date_format", "where") if key in entry}
            made.append(self.source({**shared, **part}, place))
        return tuple(made)

    def one_source(self, entry: dict[str, Any], place: str) -> Source:
        return self.source({key: entry[key] for key in ("file", "columns", "date_format", "where") if key in entry}, place)

    def source(self, part: dict[str, Any], place: str) -> Source:
        columns = {str(role): str(column) for role, column in self.table(part, "columns").items()}
        if "column" in part:
            columns["close"] = str(part["column"])
        scale = part.get("scale", 1.0)
        if not isinstance(scale, int | float) or isinstance(scale, bool) or not 0 < scale < math.inf:
            self.problem(place, f"scale = {scale!r} of {place} is no positive number", "leave it out for 1")
            scale = 1.0
        date_format = part.get("date_format")
        return Source(
            path=self.expand(part.get("file"), place),
            columns=columns,
            where={str(column): str(word) for column, word in self.table(part, "where").items()},
            date_format=str(date_format) if date_format is not None else None,
            first=self.day(part, "from"),
            last=self.day(part, "to"),
            scale=float(scale),
        )

    def expand(self, file: Any, place: str) -> Path:
        """A path with its `${NAME}` replaced by the environment's value or the manifest's default, relative to the manifest."""
        if not isinstance(file, str) or not file or "\0" in file:
            self.problem(place, f"{place} names no file", 'write file = "NAME.csv"')
            return self.path

        def value(match: re.Match[str]) -> str:
            name = match.group(1)
            if name not in self.variables:
                self.problem("${" + name, f"${{{name}}} is not declared", f'give it a default: [variables] {name} = "../data"')
                return ""
            return self.variables[name]

        return (self.path.parent / re.sub(r"\$\{(\w+)\}", value, file)).resolve()

    def allow(self, entry: dict[str, Any], place: str) -> dict[str, int]:
        allowed = {}
        for name, count in self.table(entry, "allow").items():
            if name not in ALLOWANCES:
                near = difflib.get_close_matches(name, ALLOWANCES, 1)
                hint = f"did you mean `{near[0]}`?" if near else f"what can be allowed: {', '.join(ALLOWANCES)}"
                self.problem(name, f"`{place}` allows `{name}`, which is nothing that can be allowed", hint)
            elif count is True:
                allowed[name] = ANY_NUMBER
            elif isinstance(count, int) and count >= 0:
                allowed[name] = int(count)
            else:
                self.problem(name, f"`{place}`: {name} = {count!r} is no count", "write how many, or true for any number")
        return allowed

    def listing(self, entry: Any) -> Listing:
        entry = self.as_table(entry, "[listing]")
        self.known(entry, ("monthlies", "weeklies", "periods"), "[listing]")
        monthlies, weeklies, periods = [], [], []
        for era in self.eras(entry, "monthlies", ("since", "months", "cycle", "cycle_months", "leaps")):
            cycle = era.get("cycle")
            if cycle is not None and cycle not in CYCLES:
                self.problem("cycle", f"cycle = {cycle!r} is not known", 'it is "february" or "march"')
            quarterly = CYCLES.get(cycle or "", ()), self.count(era, "cycle_months", 0)
            monthlies.append(MonthlyEra(era["since"], self.count(era, "months"), *quarterly, self.leaps(era)))
        for era in self.eras(entry, "weeklies", ("since", "weekday", "weeks")):
            if era.get("weekday") not in WEEKDAYS:
                self.problem("weekday", f"weekday = {era.get('weekday')!r} is not known", f"it is one of {', '.join(WEEKDAYS)}")
                continue
            weeklies.append(WeeklyEra(era["since"], WEEKDAYS.index(era["weekday"]), self.count(era, "weeks")))
        for era in self.eras(entry, "periods", ("since", "period", "months")):
            if era.get("period") not in PERIODS:
                self.problem("period", f"period = {era.get('period')!r} is not known", f"it is one of {', '.join(PERIODS)}")
                continue
            periods.append(PeriodEra(era["since"], era["period"], self.count(era, "months")))
        return Listing(tuple(monthlies), tuple(weeklies), tuple(periods))

    def leaps(self, era: dict[str, Any]) -> tuple[tuple[int, int], ...]:
        """The months of the year of which far monthlies are listed, and how many monthlies ahead."""
        leaps = self.table(era, "leaps")
        self.known(leaps, MONTHS, "leaps")
        found = []
        for month in leaps:
            ahead = self.count(leaps, month)
            if ahead > FARTHEST_MONTHS:
                self.problem(month, f"{month} = {ahead} is too far ahead", f"options are listed up to {FARTHEST_MONTHS} months ahead")
            elif month in MONTHS:
                found.append((MONTHS.index(month) + 1, ahead))
        return tuple(found)

    def eras(self, entry: dict[str, Any], kind: str, keys: tuple[str, ...]) -> list[dict[str, Any]]:
        """The eras of one kind, `since` as text, in order of time."""
        found = []
        listed = entry.get(kind, [])
        if not isinstance(listed, list):
            self.problem(kind, f"{kind} should be a list of eras, here stands {listed!r}", f"write {kind} = [{{ since = 2008-01-02, … }}]")
            return []
        for era in listed:
            era = self.as_table(era, kind)
            self.known(era, keys, f"an era of {kind}")
            if self.day(era, "since") is None:
                self.problem(kind, f"an era of {kind} does not say since when", "write since = 2006-02-24")
                continue
            found.append({**era, "since": str(era["since"])})
        return sorted(found, key=lambda era: str(era["since"]))

    def count(self, era: dict[str, Any], key: str, default: int | None = None) -> int:
        value = era.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            self.problem(key, f"{key} = {value!r} is no count", f"write {key} = 6")
            return 0
        return value

    def days(self, entry: dict[str, Any], key: str, place: str) -> int:
        """A span such as `"45 days"`, in calendar days."""
        value = entry.get(key, "0 days")
        found = re.fullmatch(r"(\d+) days?", value) if isinstance(value, str) else None
        if found is None:
            self.problem(key, f"`{place}`: {key} = {value!r} is no span", f'write {key} = "45 days"')
            return 0
        return int(found.group(1))

    def day(self, entry: dict[str, Any], key: str) -> int | None:
        value = entry.get(key)
        if value is None:
            return None
        if not isinstance(value, datetime.date) or isinstance(value, datetime.datetime):
            self.problem(key, f"{key} = {value!r} is no date", f"write {key} = 2007-04-02, without quotes")
            return None
        return int(np.datetime64(value, "D").astype(np.int64))

    def table(self, entry: dict[str, Any], key: str) -> dict[str, Any]:
        return self.as_table(entry.get(key, {}), key)

    def as_table(self, value: Any, place: str) -> dict[str, Any]:
        if isinstance(value, dict):
            return value
        self.problem(place, f"{place} should be a table, here stands {value!r}", "see docs/data.md for an example")
        return {}

    def known(self, entry: dict[str, Any], keys: tuple[str, ...], place: str) -> None:
        for key in entry:
            if key not in keys:
                near = difflib.get_close_matches(key, keys, 1)
                self.problem(
                    key, f"{place} has no key `{key}`", f"did you mean `{near[0]}`?" if near else f"its keys are {', '.join(keys)}"
                )

    def problem(self, needle: str, message: str, hint: str) -> None:
        """Record a problem at the first line that holds `needle`, where there is one."""
        at = self.text.find(needle)
        row = self.text.count("\n", 0, at) + 1 if at >= 0 else None
        self.problems.append(Problem(self.path.name, row, message, hint))
