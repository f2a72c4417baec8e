"""Look for faults in a table of dated numbers: order, duplicates, holidays, gaps, values that cannot be.

A fault is a *problem* and stops the run unless the manifest allows it, with how many; then it is a *finding*: counted, reported, and its
cells are unknown (a holiday row is left out). Nothing is ever repaired. docs/data.md lists the kinds.
"""

from __future__ import annotations

import numpy as np
from attrs import define, field, frozen
from numpy.typing import NDArray

from alvh.runtime.calendars.sessions import Sessions
from alvh.runtime.market import Floats, Integers, Problem
from alvh.runtime.markets.read_table import Table

RANGES: dict[str, tuple[float, float]] = {
    "spx": (10.0, 100_000.0),
    "vix": (5.0, 200.0),
    "vix9d": (5.0, 200.0),
    "vix3m": (5.0, 200.0),
    "vix6m": (5.0, 200.0),
    "vx": (5.0, 200.0),
    "vvix": (40.0, 300.0),
    "skew": (90.0, 250.0),
}
"""Where values of a series can lie (quant.md invariant 42); beyond it a wrong unit or a typing error is more likely than a record."""

RATE_RANGES = {"percent": (-5.0, 30.0), "fraction": (-0.05, 0.30)}

Bools = NDArray[np.bool_]


@frozen
class Finding:
    """A fault that was allowed, or something worth counting that is no fault."""

    series: str
    file: str
    kind: str
    count: int
    rows: tuple[int, ...]
    """Lines of the first five, the header being line 1; empty where no row stands for it."""
    message: str
    """What was found and what became of it."""


@define
class Findings:
    """Collects what the examination of a market turns up."""

    problems: list[Problem] = field(factory=list)
    findings: list[Finding] = field(factory=list)

    def fault(
        self, series: str, file: str, kind: str, allow: dict[str, int], rows: Integers, what: str, consequence: str, hint: str
    ) -> None:
        """File a fault of `len(rows)` rows: a finding where the manifest allows that many, else a problem."""
        count = len(rows)
        if count == 0:
            return
        shown = tuple(int(row) for row in dict.fromkeys(rows.tolist()))[:5]
        if count <= allow.get(kind, -1):
            self.findings.append(Finding(series, file, kind, count, shown, f"{what}: {consequence}"))
            return
        # Of missing sessions `what` names the dates; the rows are those that follow the gaps.
        where = (
            "" if count == 1 or kind == "missing_sessions" else f" ({count} rows: {', '.join(map(str, shown))}{' …' if count > 5 else ''})"
        )
        if kind in allow:
            hint = f"the manifest allows {allow[kind]} of this kind; {hint}"
        declare = f"; or declare it in the manifest: allow = {{ {kind} = {count} }}, then {consequence}"
        self.problems.append(Problem(file, shown[0], f"{series}: {what}{where}", hint + declare))

    def count(self, series: str, file: str, kind: str, rows: Integers, message: str) -> None:
        """File something that is counted only."""
        if len(rows):
            self.findings.append(Finding(series, file, kind, len(rows), tuple(int(row) for row in rows[:5]), message))


def in_order(table: Table, series: str, keys: tuple[Integers, ...], found: Findings) -> bool:
    """Whether rows ascend strictly by the keys (the date, or date and expiry); else a problem is filed."""
    # Compare each row with the one before, key by key.
    later = np.zeros(len(table.rows) - 1, dtype=bool)
    equal = np.ones(len(table.rows) - 1, dtype=bool)
    for key in keys:
        later |= equal & (key[1:] > key[:-1])
        equal &= key[1:] == key[:-1]
    what = "date" if len(keys) == 1 else "date and expiry"
    if equal.any():
        row = int(table.rows[1:][equal][0])
        day = date_text(table.days[1:][equal][0])
        more = f"; {equal.sum()} such rows" if equal.sum() > 1 else ""
        message = f"{series}: the {what} of this row stands in the row before too ({day}{more})"
        found.problems.append(Problem(table.file, row, message, "keep the row that is right and delete the other"))
    back = ~later & ~equal
    if back.any():
        at = int(np.flatnonzero(back)[0]) + 1
        again = np.isin(table.days[at], table.days[:at]) and len(keys) == 1
        message = (
            f"{series}: {date_text(table.days[at])} comes after {date_text(table.days[at - 1])}"
            f"{' and stands further up already' if again else ''}: rows must be in order of {what}"
        )
        found.problems.append(Problem(table.file, int(table.rows[at]), message, "sort the file by date, oldest first"))
    return not (equal.any() or back.any())


def leave_out_closed_days(table: Table, series: str, allow: dict[str, int], calendar: Sessions, found: Findings) -> Bools:
    """Which rows stand on sessions; others are faults of kind `holiday_rows`."""
    opened = calendar.is_session(table.days)
    early = table.days < calendar.days[0]
    closed = table.rows[~opened & ~early]
    if len(closed):
        day = date_text(table.days[~opened & ~early][0])
        hint = "Cboe's own files have such rows since 2022: no SPX trades on them, so they say nothing a run could use"
        found.fault(
            series, table.file, "holiday_rows", allow, closed, f"row on {day}, when the NYSE was closed", "the row is left out", hint
        )
    return opened


def believable(
    table: Table,
    series: str,
    role: str,
    limits: tuple[float, float] | None,
    allow: dict[str, int],
    found: Findings,
    when_empty: str = "the value is unknown",
) -> Floats:
    """A column without (NaN) the cells that cannot be: not positive, out of range. Empty ones are counted; `when_empty` says what becomes
    of them."""
    values = table.numbers[role]
    name = series if role in ("close", "settle") else f"{series}.{role}"
    empty = np.isnan(values)
    if empty.any() and role in ("close", "settle", "plus", "minus"):
        rows = table.rows[empty]
        hint = "fill it from the source, or delete the row if there was no value"
        found.fault(name, table.file, "blank", allow, rows, "the cell is empty", when_empty, hint)
    if limits is None:
        return values
    prices = limits[0] >= 0.0
    with np.errstate(invalid="ignore"):
        wrong = (values <= 0.0) & prices
        strange = ((values < limits[0]) | (values > limits[1])) & ~wrong
    if wrong.any():
        rows = table.rows[wrong]
        more = f" ({len(rows)} rows)" if len(rows) > 1 else ""
        message = f"{name}: {values[wrong][0]:g} is no price: it should be above 0{more}"
        hint = "correct the row; leave the cell empty where there is no price"
        found.problems.append(Problem(table.file, int(rows[0]), message, hint))
    if strange.any():
        number = float(values[strange][0])
        what = f"{number:g} lies outside {limits[0]:g} .. {limits[1]:g}"
        hint = unit_hint(series, number, limits) or "compare the row with another source"
        found.fault(name, table.file, "out_of_range", allow, table.rows[strange], what, "the value is unknown", hint)
    return np.where(strange | wrong, np.nan, values)


def unit_hint(series: str, number: float, limits: tuple[float, float]) -> str | None:
    """What the unit probably is, when a value lies outside its range."""
    if series == "vx" and limits[0] <= number / 10.0 <= limits[1]:
        return "before 2007-03-26 VIX futures were quoted at ten times the index: divide those rows by 10"
    if number > 0.0 and limits[0] <= number * 100.0 <= limits[1] and series != "spx":
        return f"this looks like a fraction: write points, {number * 100.0:g}"
    return None


def outside_day_range(
    table: Table, series: str, columns: dict[str, Floats], allow: dict[str, int], found: Findings, tolerance: float = 1e-9
) -> None:
    """Take out opens outside low .. high, and highs and lows that contradict the close or each other. Works in place."""
    if not {"open", "high", "low"} <= columns.keys():
        return
    opened, high, low, close = columns["open"], columns["high"], columns["low"], columns["close"]
    with np.errstate(invalid="ignore"):  # cells that were taken out before are NaN and contradict nothing
        crossed = high < low - tolerance
        open_out = (opened > high + tolerance) | (opened < low - tolerance)
        close_out = ((close > high + tolerance) | (close < low - tolerance)) & ~crossed
    wrong = crossed | open_out | close_out
    what = "open and close do not lie between low and high"
    hint = "compare the row with another source"
    consequence = "the open is unknown (where high and low contradict the close or each other: they are, and the open)"
    found.fault(series, table.file, "outside_day_range", allow, table.rows[wrong], what, consequence, hint)
    opened[wrong] = np.nan
    high[crossed | close_out] = np.nan
    low[crossed | close_out] = np.nan


def close_only(table: Table, series: str, columns: dict[str, Floats], found: Findings) -> None:
    """Where open, high, low and close are one number, only the close is a print: the others become unknown, counted. In place."""
    if not {"open", "high", "low"} <= columns.keys():
        return
    given = table.numbers
    flat = (given["open"] == given["close"]) & (given["high"] == given["close"]) & (given["low"] == given["close"])
    message = "open, high, low and close are one number: only the close counts as a print"
    found.count(series, table.file, "close_only", table.rows[flat], message)
    for role in ("open", "high", "low"):
        columns[role][flat] = np.nan


def date_text(day: np.int64 | int) -> str:
    """A day number as 2021-12-31."""
    return str(np.int64(day).astype("datetime64[D]"))
