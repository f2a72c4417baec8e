"""Read one CSV or Parquet file of dated numbers, or say exactly which line is wrong.

The fast path is Polars on the whole file. Only when something does not add up is the file read again, line by line, to name the row.
Nothing is repaired here: a cell that cannot be read is a problem, an empty cell is NaN and is counted by the checks that follow.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl
from attrs import frozen
from numpy.typing import NDArray

from alvh.runtime.market import Floats, Integers, Problem
from alvh.runtime.markets.cboe import CBOE_DATE_FORMAT, is_cboe_header

ISO_DATE_FORMAT = "%Y-%m-%d"
BLANKS = ("", ".", "-", "na", "n/a", "nan", "null", "none")
"""Cells that mean "no value", in lower case; FRED writes a full stop."""


@frozen(eq=False)
class Table:
    """Columns of one file. All arrays have one entry a row of the file, in the file's order."""

    file: str
    days: Integers
    """Day numbers since 1970-01-01."""
    numbers: dict[str, Floats]
    """By role (`close`, `settle` ..); NaN is an empty cell."""
    words: dict[str, NDArray[np.object_]]
    """Text columns that were asked for, by role."""
    dates: dict[str, Integers]
    """Further date columns that were asked for, by role."""
    rows: Integers
    """Line of the file, the header being line 1."""


@frozen
class Wanted:
    """What to read: the file, and for each role the column that plays it."""

    path: Path
    date: str | None = None
    """Column of dates; None: the column called `date` in any case."""
    date_format: str | None = None
    """strptime format; None: ISO, or Cboe's own where the header is Cboe's."""
    numbers: Mapping[str, tuple[str, ...]] = {}
    """Role -> columns that may play it, the first that exists does."""
    optional: frozenset[str] = frozenset()
    """Roles that the file may lack."""
    words: Mapping[str, str] = {}
    dates: Mapping[str, str] = {}


class Files:
    """Files of one market, each read and parsed once however many series it holds. A fault of a file as a whole is told once."""

    def __init__(self) -> None:
        self._contents: dict[Path, bytes | None] = {}
        self._frames: dict[Path, pl.DataFrame | None] = {}

    def read(self, path: Path) -> tuple[bytes | None, list[Problem]]:
        """The file's bytes, or None; with the problem the first time only."""
        if path in self._contents:
            return self._contents[path], []
        self._contents[path], problem = read_bytes(path)
        return self._contents[path], [problem] if problem else []

    def table(self, wanted: Wanted) -> tuple[Table | None, list[Problem]]:
        """The columns asked for, or None and why not."""
        problems: list[Problem] = []
        if wanted.path not in self._frames:
            content, problems = self.read(wanted.path)
            self._frames[wanted.path] = None
            if content is not None:
                parse = _parquet if wanted.path.suffix.lower() == ".parquet" else _csv
                self._frames[wanted.path], problems = parse(wanted.path.name, content)
        frame = self._frames[wanted.path]
        return (None, problems) if frame is None else _columns(wanted.path.name, frame, wanted)


def read_bytes(path: Path) -> tuple[bytes | None, Problem | None]:
    """A file's bytes, or the problem with it."""
    try:
        return path.read_bytes(), None
    except FileNotFoundError:
        return None, Problem(str(path), None, "this file does not exist", "check the path in the manifest, or download the file")
    except IsADirectoryError:
        return None, Problem(str(path), None, "this is a folder, not a file", "name the CSV or Parquet file inside it")
    except OSError as error:
        return None, Problem(str(path), None, f"this file cannot be read: {error.strerror}", "check its permissions")


def _parquet(name: str, content: bytes) -> tuple[pl.DataFrame | None, list[Problem]]:
    if not content:
        return None, [Problem(name, None, "the file is empty", "download it again")]
    try:
        frame = pl.read_parquet(io.BytesIO(content))
    except Exception as error:
        reason = str(error).splitlines()[0]
        return None, [Problem(name, None, f"this is no complete Parquet file: {reason}", "it may be truncated; download or write it again")]
    if frame.height == 0:
        return None, [Problem(name, None, "the file has columns but no rows", "write at least one row of data")]
    return frame, []


def _csv(name: str, content: bytes) -> tuple[pl.DataFrame | None, list[Problem]]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return None, [Problem(name, 1, "the file is UTF-16, not UTF-8", "save it as UTF-8 (in a spreadsheet: CSV UTF-8)")]
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        message = f"byte 0x{content[error.start]:02x} is not UTF-8"
        return None, [Problem(name, row, message, "save the file as UTF-8 (in a spreadsheet: CSV UTF-8)")]
    if not content.strip():
        return None, [Problem(name, None, "the file is empty", "it needs a header line and rows of data; download it again")]
    if b"\0" in content:
        row = content.count(b"\n", 0, content.index(b"\0")) + 1
        return None, [Problem(name, row, "the file holds zero bytes: this is no text", "export it as CSV")]
    lines = content.rstrip().count(b"\n")
    if lines == 0:
        return None, [Problem(name, 1, "the file has a header but no rows", "it needs at least one row of data; download it again")]
    columns = content.split(b"\n", 1)[0].count(b",") + 1
    even = content.count(b",") == (columns - 1) * (lines + 1)
    if b'"' in content or not even or b"\n\n" in content.rstrip() or b"\n\r\n" in content.rstrip():
        problems = _uneven_rows(name, content)
        if problems:
            return None, problems
    try:
        frame = pl.read_csv(io.BytesIO(content), infer_schema=False)
    except pl.exceptions.PolarsError as error:
        return None, [
            Problem(name, None, f"this is no CSV: {str(error).splitlines()[0]}", "open it in a text editor and compare with docs/data.md")
        ]
    return frame, []


def _uneven_rows(name: str, content: bytes) -> list[Problem]:
    """Rows with another number of cells than the header, and blank rows in the middle."""
    reader = csv.reader(io.StringIO(content.decode("utf-8").rstrip(), newline=""))
    problems: list[Problem] = []
    width = len(next(reader))
    line = reader.line_num
    for cells in reader:
        first, line = line + 1, reader.line_num
        if not cells:
            problems.append(Problem(name, first, "the row is blank", "delete it; a day without data simply has no row"))
        elif len(cells) != width:
            message = f"the row has {len(cells)} cells, the header has {width}"
            problems.append(Problem(name, first, message, "the file may be cut off or a comma is missing; download it again"))
        elif line != first:
            problems.append(Problem(name, first, "a quoted cell runs over several lines", "remove the line break or the stray quote"))
        if len(problems) == 5:
            break
    return problems


def _columns(name: str, frame: pl.DataFrame, wanted: Wanted) -> tuple[Table | None, list[Problem]]:
    frame = frame.rename({column: column.strip() for column in frame.columns if column != column.strip()})
    problems: list[Problem] = []
    lower = {column.lower(): column for column in reversed(frame.columns)}

    def find(candidates: tuple[str, ...], role: str) -> str | None:
        for candidate in candidates:
            if candidate in frame.columns:
                return candidate
            if candidate.lower() in lower:
                return lower[candidate.lower()]
        if role not in wanted.optional:
            asked = " or ".join(f"`{candidate}`" for candidate in candidates)
            there = ", ".join(frame.columns[:12])
            hint = f'the columns are: {there}; say which one it is, e.g. columns = {{ {role} = "{frame.columns[-1]}" }}'
            problems.append(Problem(name, 1, f"there is no column {asked}", hint))
        return None

    date_column = find((wanted.date or "date",), "date")
    number_columns = {role: column for role, names in wanted.numbers.items() if (column := find(names, role)) is not None}
    word_columns = {role: column for role, names in wanted.words.items() if (column := find((names,), role)) is not None}
    further = {role: column for role, names in wanted.dates.items() if (column := find((names,), role)) is not None}
    if problems or date_column is None:
        return None, problems
    date_format = wanted.date_format or (CBOE_DATE_FORMAT if is_cboe_header(frame.columns) else ISO_DATE_FORMAT)
    days = _days(name, frame[date_column], date_format, problems)
    dates = {role: _days(name, frame[column], date_format, problems) for role, column in further.items()}
    numbers = {role: _numbers(name, frame[column], problems) for role, column in number_columns.items()}
    words = {role: frame[column].cast(pl.Utf8).fill_null("").to_numpy() for role, column in word_columns.items()}
    if problems:
        return None, problems
    return Table(name, days, numbers, words, dates, np.arange(2, frame.height + 2)), []


def _days(name: str, column: pl.Series, date_format: str, problems: list[Problem]) -> Integers:
    if column.dtype == pl.Utf8:
        text = column.str.strip_chars()
        try:
            parsed = text.str.to_date(date_format, strict=False)
        except pl.exceptions.PolarsError:
            message = f"date_format = {date_format!r} is no format of dates"
            problems.append(Problem(name, None, message, 'write it as strptime does, e.g. date_format = "%d.%m.%Y"'))
            return np.zeros(len(column), dtype=np.int64)
        if date_format == ISO_DATE_FORMAT:  # strptime would take 2021-1-4, which other readers do not
            parsed = pl.select(pl.when(text.str.len_chars() == 10).then(parsed)).to_series()
    elif column.dtype in (pl.Date, pl.Datetime):
        parsed, text = column.cast(pl.Date), column.cast(pl.Utf8)
    else:
        problems.append(Problem(name, 1, f"column `{column.name}` holds {column.dtype}, not dates", "store dates as Date or as YYYY-MM-DD"))
        return np.zeros(len(column), dtype=np.int64)
    bad = np.flatnonzero(parsed.is_null().to_numpy())
    if len(bad):
        cell = text[int(bad[0])]
        shown = "an empty cell" if cell in (None, "") else f"`{cell}`"
        expected = {ISO_DATE_FORMAT: "a date like 2021-12-31", CBOE_DATE_FORMAT: "a date like 12/31/2021"}.get(
            date_format, f"the format {date_format}"
        )
        hint = f'if the whole column is written so, state it in the manifest: date_format = "{_guess_format(str(cell or ""))}"'
        more = f" ({len(bad)} such rows)" if len(bad) > 1 else ""
        problems.append(Problem(name, int(bad[0]) + 2, f"column `{column.name}` should hold {expected}, here stands {shown}{more}", hint))
        return np.zeros(len(column), dtype=np.int64)
    return parsed.to_physical().to_numpy().astype(np.int64)


def _guess_format(cell: str) -> str:
    """A format to suggest, never to use: which of two numbers is the month is the user's to say."""
    for mark in "/.-":
        parts = cell.split(mark)
        if len(parts) == 3:
            if len(parts[0]) == 4:
                return f"%Y{mark}%m{mark}%d"
            return f"%d{mark}%m{mark}%Y" if mark == "." else f"%m{mark}%d{mark}%Y"
    return "%Y%m%d" if len(cell) == 8 and cell.isdigit() else "%d %b %Y"


def _numbers(name: str, column: pl.Series, problems: list[Problem]) -> Floats:
    if column.dtype == pl.Utf8:
        numbers = column.cast(pl.Float64, strict=False)
        if numbers.null_count() > column.null_count():
            text = column.str.strip_chars()
            numbers = text.cast(pl.Float64, strict=False)
            unread = (numbers.is_null() & ~text.fill_null("").str.to_lowercase().is_in(BLANKS)).to_numpy()
            _report_cells(name, column, unread, "should hold numbers", problems)
    elif column.dtype.is_numeric() or column.dtype == pl.Boolean:
        numbers = column.cast(pl.Float64)
    else:
        problems.append(Problem(name, 1, f"column `{column.name}` holds {column.dtype}, not numbers", "store it as Float64"))
        return np.full(len(column), np.nan)
    values = numbers.fill_null(float("nan")).to_numpy().astype(np.float64)
    _report_cells(name, column, np.isinf(values), "should hold finite numbers", problems)
    return values


def _report_cells(name: str, column: pl.Series, bad: NDArray[np.bool_], expected: str, problems: list[Problem]) -> None:
    at = np.flatnonzero(bad)
    if len(at):
        more = f" ({len(at)} such rows)" if len(at) > 1 else ""
        message = f"column `{column.name}` {expected}, here stands `{column[int(at[0])]}`{more}"
        problems.append(
            Problem(
                name,
                int(at[0]) + 2,
                message,
                "write 1234.5 without units or thousands separators; leave the cell empty where there is no value",
            )
        )
