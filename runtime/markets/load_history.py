"""Open the files that a manifest names, examine them, and lay their values on the bars of one market.

Assumes a manifest that `read_manifest` accepted. Guarantees: every value on a bar was published by that bar's close; what is not known is
NaN; every fault is either allowed by the manifest and counted, or among the problems of the MarketError raised.
"""

from __future__ import annotations

import hashlib
from itertools import pairwise

import numpy as np
from attrs import evolve, field, frozen

from alvh.runtime.calendars.expiries import vix_expiries
from alvh.runtime.calendars.sessions import EXCEPTIONS_FILE, FULL_CLOSE, Sessions, nyse
from alvh.runtime.market import Floats, Integers, MarketError, Problem
from alvh.runtime.markets.cboe import close_columns
from alvh.runtime.markets.complete_curve import RANKS
from alvh.runtime.markets.examine import (
    RANGES,
    RATE_RANGES,
    Finding,
    Findings,
    believable,
    close_only,
    date_text,
    in_order,
    leave_out_closed_days,
    outside_day_range,
)
from alvh.runtime.markets.manifest import CalendarEntry, FuturesEntry, Manifest, SeriesEntry, SettlementsEntry, Source
from alvh.runtime.markets.read_table import Files, Table, Wanted

LOOK_AHEAD = 800
"""Sessions that the calendar goes on past the last bar, so that every expiry has a bar: more than three years, for SPX LEAPS."""
DAY_RANGE = ("open", "high", "low")
MEDIAN_ROWS = 21
"""Rows whose median total an advance-decline row is compared with."""


@frozen(eq=False)
class Observations:
    """One series as its files gave it: rows in order of time, impossible values NaN."""

    entry: SeriesEntry
    days: Integers
    columns: dict[str, Floats]
    """By role; `close` always, `open high low` where the files have them."""
    rows: Integers
    files: tuple[str, ...]
    """File of each row."""


@frozen(eq=False)
class EventDates:
    """The sessions on which events of one calendar count."""

    days: Integers
    """Session day numbers, ascending."""
    first: int
    last: int
    """Days between which the file names events at all."""


@frozen(eq=False)
class History:
    """All that the files say, on the market's bars (0 is the first)."""

    sessions: Integers
    """Day numbers; `bars` of data and LOOK_AHEAD more."""
    bars: int
    series: dict[str, dict[str, Floats]]
    """Market series -> role -> [bars]."""
    observations: dict[str, Observations]
    """Market series and inputs as read, for reports and for inputs that a strategy lags further."""
    futures: Floats | None
    """[bars, RANKS] settlement prices of the monthlies that expire strictly after the bar's day, nearest first."""
    settlements: Floats | None
    """[bars] final settlement of the VIX expiry that settles on the bar."""
    events: dict[str, EventDates]
    findings: tuple[Finding, ...]
    digests: tuple[tuple[str, str], ...] = field(repr=False)
    """Name and SHA-256 of each data file."""

    def input_on_bars(self, name: str, lag: int = 0) -> Floats:
        """A user series on the bars, joined as of its publication; `lag` (days) where the strategy knows it to be later."""
        observed = self.observations[name]
        entry = evolve(observed.entry, lag=max(observed.entry.lag, lag))
        return _on_bars(evolve(observed, entry=entry), "close", self.sessions[: self.bars])


def load_history(manifest: Manifest) -> History:
    """The market's data on its bars. Raises MarketError with every problem of every file."""
    calendar, found, files = nyse(), Findings(), Files()
    digests = _read_files(manifest, files, found)
    observations: dict[str, Observations] = {}
    for name, entry in (*manifest.series.items(), *manifest.inputs.items()):
        observed = _observe(name, entry, files, calendar, found)
        if observed is not None:
            observations[name] = observed
    if not {"spx", "vix"} <= observations.keys():
        raise MarketError(tuple(found.problems))
    sessions, bars = _bars(manifest, observations, calendar, found)
    if bars < 1:
        raise MarketError(tuple(found.problems))
    _check_ends(observations, sessions, bars, found)
    futures = _futures(manifest.futures, files, sessions, bars, manifest, found) if manifest.futures else None
    settlements = _settlements(manifest.settlements, files, sessions, bars, found) if manifest.settlements else None
    events = {}
    for name, calendar_entry in manifest.calendars.items():
        dates = _events(calendar_entry, files, calendar, found)
        if dates is not None:
            events[name] = dates
    if found.problems:
        raise MarketError(tuple(found.problems))
    series = {
        name: {role: _on_bars(observed, role, sessions[:bars]) for role in observed.columns}
        for name, observed in observations.items()
        if name in manifest.series
    }
    return History(sessions, bars, series, observations, futures, settlements, events, tuple(found.findings), digests)


def fingerprint_of(manifest: Manifest, digests: tuple[tuple[str, str], ...]) -> str:
    """Hash of the manifest's text, all data files and the table of sessions; paths do not count, contents do."""
    parts = [
        manifest.text,
        manifest.spx_settlement,
        EXCEPTIONS_FILE.read_text(encoding="ascii"),
        *(f"{name} {digest}" for name, digest in digests),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _read_files(manifest: Manifest, files: Files, found: Findings) -> tuple[tuple[str, str], ...]:
    digests, absent = [], set()
    for path in manifest.files():
        content, problems = files.read(path)
        if not path.parent.is_dir():  # said once for all its files
            if path.parent not in absent:
                variables = " or ".join(f"${name}" for name in manifest.variables)
                hint = f"set {variables} to where your data are" if variables else "check the paths in the manifest"
                found.problems.append(Problem(str(path.parent), None, "this folder of data does not exist", hint))
            absent.add(path.parent)
            continue
        found.problems.extend(problems)
        if content is not None:
            digests.append((path.name, hashlib.sha256(content).hexdigest()))
    return tuple(digests)


# One series -----------------------------------------------------------------------------------------------------------------------------


def _observe(name: str, entry: SeriesEntry, files: Files, calendar: Sessions, found: Findings) -> Observations | None:
    """All sources of a series, examined and joined; None where one could not be read."""
    parts = [_observe_source(name, entry, source, files, calendar, found) for source in entry.sources]
    good = [part for part in parts if part is not None]
    if len(good) < len(parts) or not good:
        return None
    for before, after in pairwise(good):
        if len(before.days) and len(after.days) and after.days[0] <= before.days[-1]:
            message = (
                f"{name}: {after.files[0]} starts on {date_text(after.days[0])}, {before.files[0]} goes on to {date_text(before.days[-1])}"
            )
            hint = "say where one source ends: to = …, from = …"
            found.problems.append(Problem(after.files[0], int(after.rows[0]), message, hint))
            return None
    roles = set.union(*(set(part.columns) for part in good))
    joined = Observations(
        entry=entry,
        days=np.concatenate([part.days for part in good]),
        columns={
            role: np.concatenate([part.columns.get(role, np.full(len(part.days), np.nan)) for part in good]) for role in sorted(roles)
        },
        rows=np.concatenate([part.rows for part in good]),
        files=tuple(file for part in good for file in part.files),
    )
    if len(joined.days) == 0:
        found.problems.append(
            Problem(good[0].files[0] if good[0].files else name, None, f"{name}: no row is left", "check `from` and `to`")
        )
        return None
    if _is_daily(entry):
        _check_gaps(name, joined, calendar, found)
    if entry.cumulate:
        net = joined.columns["close"]
        level = np.cumsum(np.nan_to_num(net))
        joined.columns["close"] = np.where(np.isnan(net), np.nan, level)
    return joined


def _observe_source(
    name: str, entry: SeriesEntry, source: Source, files: Files, calendar: Sessions, found: Findings
) -> Observations | None:
    own = {role: (column,) for role, column in source.columns.items() if role != "date"}
    if entry.cumulate:
        numbers: dict[str, tuple[str, ...]] = {"plus": ("plus",), "minus": ("minus",), "even": ("even",), **own}
        optional = frozenset({"even"}) - source.columns.keys()
    else:
        numbers = {"close": close_columns(name), **{role: (role,) for role in DAY_RANGE}, **own}
        optional = frozenset(DAY_RANGE) - source.columns.keys()
        if name in ("rate", "vvix", "skew") or name not in RANGES:
            numbers = {"close": numbers["close"]}
    wanted = Wanted(source.path, source.columns.get("date"), source.date_format, numbers, optional, _words(source))
    table, problems = files.table(wanted)
    found.problems.extend(problems)
    table = _picked(table, source, name, found)
    if table is None:
        return None
    if not in_order(table, name, (table.days,), found):
        return None
    daily = _is_daily(entry)
    # Rows outside the source's stretch do not count, not even with their faults; rows older than the calendar say nothing either.
    inside = (table.days >= max(source.first or calendar.days[0], calendar.days[0])) & (table.days <= (source.last or 2**40))
    table = _part(table, inside)
    if daily:
        table = _part(table, leave_out_closed_days(table, name, entry.allow, calendar, found))
    limits = RATE_RANGES.get(entry.unit) if name == "rate" else RANGES.get(name)
    empty = "the value is unknown" if daily else "the value published before stays known"
    columns = {role: believable(table, name, role, limits, entry.allow, found, empty).copy() for role in table.numbers}
    if entry.cumulate:
        columns = {"close": _net(name, entry, table, columns, found) * source.scale}
    else:
        outside_day_range(table, name, columns, entry.allow, found)
        close_only(table, name, columns, found)
        scale = source.scale / 100.0 if name == "rate" and entry.unit == "percent" else source.scale
        if scale != 1.0:
            columns = {role: values * scale for role, values in columns.items()}
    if not daily:  # an empty cell is no publication: the one before stays known
        given = ~np.isnan(columns["close"])
        table = _part(table, given)
        columns = {role: values[given] for role, values in columns.items()}
    return Observations(entry, table.days, columns, table.rows, (table.file,) * len(table.days))


def _net(name: str, entry: SeriesEntry, table: Table, columns: dict[str, Floats], found: Findings) -> Floats:
    """`plus - minus` of each row; rows with an odd total are taken out."""
    if entry.total_within is not None and len(table.days) > MEDIAN_ROWS:
        total = columns["plus"] + columns["minus"] + columns.get("even", 0.0)
        windows = np.lib.stride_tricks.sliding_window_view(total, MEDIAN_ROWS)[:-1]
        usual = np.concatenate([np.full(MEDIAN_ROWS, np.nan), np.median(windows, axis=1)])
        with np.errstate(invalid="ignore"):
            odd = np.abs(total / usual - 1.0) > entry.total_within
        usually = f"the median of the {MEDIAN_ROWS} rows before"
        what = f"advances, declines and unchanged together differ by more than {entry.total_within:.0%} from {usually}"
        hint = "compare the row with another source"
        found.fault(name, table.file, "odd_total", entry.allow, table.rows[odd], what, "the value is unknown", hint)
        columns = {role: np.where(odd, np.nan, values) for role, values in columns.items()}
    return columns["plus"] - columns["minus"]


def _words(source: Source) -> dict[str, str]:
    """The text columns that `where` looks at, by role."""
    return {column: column for column in source.where}


def _picked(table: Table | None, source: Source, name: str, found: Findings) -> Table | None:
    """The rows that `where` asks for; None, and a problem, where there are none."""
    if table is None:
        return None
    keep = np.ones(len(table.days), dtype=bool)
    for column, word in source.where.items():
        keep &= table.words[column] == word
    if not keep.any():
        asked = ", ".join(f"{column} = {word}" for column, word in source.where.items())
        found.problems.append(Problem(table.file, None, f"{name}: no row has {asked}", "check `where` in the manifest"))
        return None
    return _part(table, keep)


def _part(table: Table, keep: np.ndarray) -> Table:
    if keep.all():
        return table
    return evolve(
        table,
        days=table.days[keep],
        numbers={role: values[keep] for role, values in table.numbers.items()},
        words={role: values[keep] for role, values in table.words.items()},
        dates={role: values[keep] for role, values in table.dates.items()},
        rows=table.rows[keep],
    )


def _is_daily(entry: SeriesEntry) -> bool:
    """Whether a value belongs to its own session alone; others are publications that stay known for a while."""
    return entry.carried == 0


def _check_gaps(name: str, observed: Observations, calendar: Sessions, found: Findings) -> None:
    """Sessions between the first and last row without a row."""
    at = calendar.at_or_after(observed.days)
    skipped = np.flatnonzero(np.diff(at) > 1)
    if len(skipped) == 0:
        return
    missing = np.concatenate([calendar.days[at[i] + 1 : at[i + 1]] for i in skipped])
    rows = np.repeat(observed.rows[skipped + 1], np.diff(at)[skipped] - 1)
    file = observed.files[int(skipped[0]) + 1]
    consequence, hint = "the value is unknown on them", "get the missing rows"
    found.fault(name, file, "missing_sessions", observed.entry.allow, rows, _sessions_without_row(missing), consequence, hint)


def _sessions_without_row(missing: Integers) -> str:
    return f"{len(missing)} sessions have no row: {', '.join(map(date_text, missing[:4]))}{' …' if len(missing) > 4 else ''}"


# Bars -----------------------------------------------------------------------------------------------------------------------------------


def _bars(manifest: Manifest, observations: dict[str, Observations], calendar: Sessions, found: Findings) -> tuple[Integers, int]:
    """The market's sessions with LOOK_AHEAD more, and how many of them are bars of data."""
    core = (observations["spx"].days, observations["vix"].days)
    first = max(int(days[0]) for days in core)
    if manifest.first is not None:
        if manifest.first < first:
            message = f"`first` is {date_text(manifest.first)}, but spx and vix are both there only from {date_text(first)}"
            found.problems.append(Problem(manifest.path.name, None, message, "move `first`, or add earlier data"))
            return calendar.days[:0], 0
        first = manifest.first
    begin = int(calendar.at_or_after(np.int64(first)))
    end = int(calendar.at_or_before(np.int64(max(int(days[-1]) for days in core)))) + 1
    if end <= begin:
        message = "spx and vix have no session in common"
        found.problems.append(Problem(manifest.path.name, None, message, "they must cover the same time"))
        return calendar.days[:0], 0
    if end + LOOK_AHEAD > len(calendar.days):
        message = f"data go on to {date_text(calendar.days[end - 1])}, the calendar of sessions ends {date_text(calendar.days[-1])}"
        found.problems.append(Problem(manifest.path.name, None, message, "are the dates right? else a newer alvh is needed"))
        return calendar.days[:0], 0
    return calendar.days[begin : end + LOOK_AHEAD], end - begin


def _check_ends(observations: dict[str, Observations], sessions: Integers, bars: int, found: Findings) -> None:
    """A series that stops before the market's last bar would be modelled or unknown from then on: that must be declared."""
    last = int(sessions[bars - 1])
    for name, observed in observations.items():
        known_until = int(observed.days[-1]) + (observed.entry.lag + observed.entry.carried if not _is_daily(observed.entry) else 0)
        if known_until < last:
            what = f"the series ends on {date_text(observed.days[-1])}, the market goes on to {date_text(last)}"
            hint = "add the later rows"
            consequence = "it is modelled or unknown from then on"
            found.fault(name, observed.files[-1], "ends_early", observed.entry.allow, observed.rows[-1:], what, consequence, hint)


def _on_bars(observed: Observations, role: str, bar_days: Integers) -> Floats:
    """A column on the bars. A daily value counts on its own session (the first after its lag); a publication from its release until it is
    superseded or `carried` days old."""
    values = np.full(len(bar_days), np.nan)
    days, column = observed.days, observed.columns[role]
    if _is_daily(observed.entry):
        bar = np.searchsorted(bar_days, days + observed.entry.lag)
        inside = (bar < len(bar_days)) & (days + observed.entry.lag >= bar_days[0])
        values[bar[inside]] = column[inside]
        return values
    published = days + observed.entry.lag
    at = np.searchsorted(published, bar_days, side="right") - 1
    known = (at >= 0) & (bar_days - published[np.maximum(at, 0)] <= observed.entry.carried)
    values[known] = column[at[known]]
    return values


# Futures, settlements, events -------------------------------------------------------------------------------------------------------------


def _futures(entry: FuturesEntry, files: Files, sessions: Integers, bars: int, manifest: Manifest, found: Findings) -> Floats | None:
    """Settlements by bar and rank; rows that carry a final settlement are no prices and stay out."""
    source = entry.source
    columns = {"date": "date", "expiry": "expiry", "settle": "settle", "final": "is_final", **source.columns}
    numbers = {"settle": (columns["settle"],), "final": (columns["final"],)}
    optional = frozenset({"final"}) - source.columns.keys()
    wanted = Wanted(source.path, columns["date"], source.date_format, numbers, optional, dates={"expiry": columns["expiry"]})
    table, problems = files.table(wanted)
    found.problems.extend(problems)
    if table is None or not in_order(table, "vx", (table.days, table.dates["expiry"]), found):
        return None
    if "final" in table.numbers:
        table = _part(table, table.numbers["final"] == 0.0)
    table = _part(table, leave_out_closed_days(table, "vx", entry.allow, nyse(), found))
    if len(table.days) == 0:
        found.problems.append(Problem(source.path.name, None, "vx: no row is a settlement price", "check the column `final`"))
        return None
    values = believable(table, "vx", "settle", RANGES["vx"], entry.allow, found)
    expiries = vix_expiries(sessions, manifest.vix_listing)
    monthly = expiries.settle_day[expiries.monthly == 1]
    expiry = table.dates["expiry"]
    relevant = (expiry >= sessions[0]) & (expiry <= sessions[-1])
    unknown = relevant & ~np.isin(expiry, monthly)
    if unknown.any():
        row = int(table.rows[unknown][0])
        day = date_text(expiry[unknown][0])
        more = f" ({unknown.sum()} rows)" if unknown.sum() > 1 else ""
        hint = "only monthly contracts belong here; their dates follow the 30-day rule of docs/data.md"
        found.problems.append(Problem(table.file, row, f"vx: {day} is no settlement day of a monthly VIX future{more}", hint))
        return None
    _check_futures_days(table, entry.allow, sessions, sessions[bars - 1], found)
    rank = np.searchsorted(monthly, expiry) - np.searchsorted(monthly, table.days, side="right")
    used = relevant & (table.days >= sessions[0]) & (table.days <= sessions[bars - 1]) & (rank >= 0) & (rank < RANKS)
    prices = np.full((bars, RANKS), np.nan)
    prices[np.searchsorted(sessions, table.days[used]), rank[used]] = values[used]
    return prices


def _check_futures_days(table: Table, allow: dict[str, int], sessions: Integers, last: np.int64, found: Findings) -> None:
    """Sessions without any settlement, and a file that ends before the market's last bar."""
    trading = np.unique(table.days)
    present = sessions[(sessions >= trading[0]) & (sessions <= trading[-1])]
    missing = present[~np.isin(present, trading)]
    rows = table.rows[np.searchsorted(table.days, missing)]
    consequence, hint = "the curve is modelled on them", "get the missing rows"
    found.fault("vx", table.file, "missing_sessions", allow, rows, _sessions_without_row(missing), consequence, hint)
    if trading[-1] < last:
        what = f"the file ends on {date_text(trading[-1])}, the market goes on to {date_text(last)}"
        consequence, hint = "the curve is modelled from then on", "add the later rows"
        found.fault("vx", table.file, "ends_early", allow, table.rows[-1:], what, consequence, hint)


def _settlements(entry: SettlementsEntry, files: Files, sessions: Integers, bars: int, found: Findings) -> Floats | None:
    """Final settlement values on the bars of their expiries."""
    source = entry.source
    columns = {"date": "expiry", "settle": "final_settle", **source.columns}
    wanted = Wanted(source.path, columns["date"], source.date_format, {"settle": (columns["settle"],)})
    table, problems = files.table(wanted)
    found.problems.extend(problems)
    if table is None or not in_order(table, "vix_settlement", (table.days,), found):
        return None
    values = believable(table, "vix_settlement", "settle", RANGES["vix"], entry.allow, found)
    closed = ~nyse().is_session(table.days)
    if closed.any():
        message = f"vix_settlement: {date_text(table.days[closed][0])} is no session"
        found.problems.append(Problem(table.file, int(table.rows[closed][0]), message, "correct the expiry date"))
        return None
    bar = np.searchsorted(sessions[:bars], table.days)
    used = (bar < bars) & (table.days >= sessions[0])
    prints = np.full(bars, np.nan)
    prints[bar[used]] = values[used]
    return prints


def _events(entry: CalendarEntry, files: Files, calendar: Sessions, found: Findings) -> EventDates | None:
    """Sessions of one calendar's events: the first whose close is at or after the release."""
    source = entry.source
    words = _words(source)
    if entry.time is not None:
        words["release time"] = entry.time
    wanted = Wanted(source.path, source.columns.get("date"), source.date_format, words=words)
    table, problems = files.table(wanted)
    found.problems.extend(problems)
    table = _picked(table, source, f"calendar {entry.name}", found)
    if table is None:
        return None
    minute = _release_minutes(entry, table, found)
    if minute is None:
        return None
    at = calendar.at_or_after(table.days)
    at = np.minimum(at, len(calendar.days) - 1)
    after_close = (calendar.days[at] == table.days) & (minute > np.minimum(calendar.close_minute[at], FULL_CLOSE))
    at = np.minimum(at + after_close, len(calendar.days) - 1)
    return EventDates(np.unique(calendar.days[at]), int(table.days.min()), int(table.days.max()))


def _release_minutes(entry: CalendarEntry, table: Table, found: Findings) -> Integers | None:
    """Minute of the New York day of each release; 0, before any close, where none is given."""
    minutes = np.zeros(len(table.days), dtype=np.int64)
    if entry.time is None:
        return minutes
    for index, text in enumerate(table.words["release time"].tolist()):
        parts = text.split(":")
        if text and not (len(parts) >= 2 and parts[0].isdigit() and parts[1].isdigit() and int(parts[0]) < 24 and int(parts[1]) < 60):
            message = f"calendar {entry.name}: `{text}` is no time of day"
            found.problems.append(Problem(table.file, int(table.rows[index]), message, "write 08:30, New York time, or leave it empty"))
            return None
        minutes[index] = 60 * int(parts[0]) + int(parts[1]) if text else 0
    return minutes
