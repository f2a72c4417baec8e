"""Every way in which a user's file can be wrong: the message names file and row and says what to do; nothing is repaired in silence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_market import MadeMarket

from alvh.runtime.market import MISSING, MarketArrays, MarketError
from alvh.runtime.markets.check_data import check_data, render_report
from alvh.runtime.markets.manifest import ALLOWANCES
from alvh.runtime.markets.read_table import Files, Wanted


def column(arrays: MarketArrays, name: str) -> np.ndarray:
    return arrays.values[:, arrays.series.index(name), 0]


def replace_cell(line: str, index: int, cell: str) -> str:
    cells = line.split(",")
    cells[index] = cell
    return ",".join(cells)


def test_an_untouched_market_is_fine(made: MadeMarket) -> None:
    arrays = made.open().arrays(None, None)
    assert arrays.last + 1 == len(made.dates)
    assert not np.isnan(column(arrays, "vx9")).any()


@pytest.mark.parametrize(
    ("cell", "index", "row", "says", "advises"),
    [
        ("", 4, 31, "vix: the cell is empty", "allow = { blank = 1 }"),
        ("NaN", 4, 31, "vix: the cell is empty", "allow = { blank = 1 }"),
        ("-14.2", 4, 31, "vix: -14.2 is no price: it should be above 0", "leave the cell empty"),
        ("0", 4, 31, "vix: 0 is no price: it should be above 0", "leave the cell empty"),
        ("0.1834", 4, 31, "vix: 0.1834 lies outside 5 .. 200", "this looks like a fraction: write points, 18.34"),
        ("1834", 4, 31, "vix: 1834 lies outside 5 .. 200", "allow = { out_of_range = 1 }"),
        ("1e999", 4, 31, "column `close` should hold finite numbers", "1234.5"),
        ("eighteen", 4, 31, "column `close` should hold numbers, here stands `eighteen`", "leave the cell empty"),
        ("18.3 %", 4, 31, "column `close` should hold numbers, here stands `18.3 %`", "without units"),
        ("199", 1, 31, "vix: open and close do not lie between low and high", "allow = { outside_day_range = 1 }"),
        ("2019-02-30", 0, 31, "should hold a date like 2021-12-31, here stands `2019-02-30`", "date_format"),
        ("13.02.2019", 0, 31, "here stands `13.02.2019`", 'date_format = "%d.%m.%Y"'),
        ("", 0, 31, "here stands an empty cell", "date_format"),
        ("2019-1-4", 0, 31, "here stands `2019-1-4`", "date_format"),
    ],
)
def test_one_bad_cell(made: MadeMarket, cell: str, index: int, row: int, says: str, advises: str) -> None:
    made.edit("vix.csv", lambda lines: [*lines[: row - 1], replace_cell(lines[row - 1], index, cell), *lines[row:]])
    problem = made.problem()
    assert (problem.file, problem.row) == ("vix.csv", row)
    assert says in problem.message
    assert advises in problem.hint


def test_highs_and_lows_that_contradict_the_close_are_unknown(made: MadeMarket) -> None:
    """A close below its low as well as one above its high: open, high and low of those rows are no prints; the close stands."""

    def contradict(lines: list[str]) -> list[str]:
        cells = [line.split(",") for line in lines]
        cells[31][3] = cells[31][2]
        cells[41][2] = cells[41][3]
        return [",".join(line) for line in cells]

    made.edit("vix.csv", contradict)
    made.series["vix"] += "\nallow = { outside_day_range = 2 }"
    arrays = made.open().arrays(None, None)
    for part in ("vix.open", "vix.high", "vix.low"):
        assert np.flatnonzero(np.isnan(column(arrays, part))).tolist() == [30, 40]
    assert not np.isnan(column(arrays, "vix")).any()


def test_duplicate_date(made: MadeMarket) -> None:
    made.edit("spx.csv", lambda lines: [*lines[:11], lines[10], *lines[11:]])
    problem = made.problem()
    assert (problem.file, problem.row) == ("spx.csv", 12)
    assert f"stands in the row before too ({made.dates[9]})" in problem.message


def test_unsorted_rows(made: MadeMarket) -> None:
    made.edit("spx.csv", lambda lines: [*lines[:10], lines[11], lines[10], *lines[12:]])
    problem = made.problem()
    assert (problem.file, problem.row) == ("spx.csv", 12)
    assert f"{made.dates[9]} comes after {made.dates[10]}" in problem.message
    assert "sort the file" in problem.hint


def test_missing_sessions_are_a_problem_unless_declared(made: MadeMarket) -> None:
    made.edit("vix.csv", lambda lines: [*lines[:100], *lines[102:]])
    problem = made.problem()
    assert (problem.file, problem.row) == ("vix.csv", 101)
    assert f"2 sessions have no row: {made.dates[99]}, {made.dates[100]}" in problem.message
    made.series["vix"] = 'file = "vix.csv"\nallow = { missing_sessions = 1 }'
    assert "the manifest allows 1 of this kind" in made.problem().hint
    made.series["vix"] = 'file = "vix.csv"\nallow = { missing_sessions = 2 }'
    arrays = made.open().arrays(None, None)
    assert np.flatnonzero(np.isnan(column(arrays, "vix"))).tolist() == [99, 100]  # never the value of the day before
    assert (arrays.provenance[99:101, arrays.series.index("vix")] == MISSING).all()
    assert np.isnan(column(arrays, "spx_w30")[99:101]).all()
    assert "vix: 2 of 260 values missing" in [note.text for note in arrays.notes]


def test_a_row_on_a_holiday(made: MadeMarket) -> None:
    at = made.dates.index("2019-07-05") + 1
    made.edit("vix.csv", lambda lines: [*lines[:at], "2019-07-04,14,14,14,14", *lines[at:]])
    problem = made.problem()
    assert (problem.file, problem.row) == ("vix.csv", at + 1)
    assert "row on 2019-07-04, when the NYSE was closed" in problem.message
    assert "allow = { holiday_rows = 1 }" in problem.hint
    made.series["vix"] = 'file = "vix.csv"\nallow = { holiday_rows = true }'
    market = made.open()
    assert market.arrays(None, None).last == len(made.dates) - 1
    (finding,) = check_data(market).findings
    assert (finding.kind, finding.count, finding.rows) == ("holiday_rows", 1, (at + 1,))


def test_a_series_that_ends_early(made: MadeMarket) -> None:
    made.edit("vix.csv", lambda lines: lines[:-40])
    problem = made.problem()
    assert problem.file == "vix.csv"
    assert f"the series ends on {made.dates[-41]}, the market goes on to {made.dates[-1]}" in problem.message


def test_missing_column(made: MadeMarket) -> None:
    made.edit("spx.csv", lambda lines: [lines[0].replace("close", "last"), *lines[1:]])
    problem = made.problem()
    assert (problem.file, problem.row) == ("spx.csv", 1)
    assert "there is no column `close` or `spx`" in problem.message
    assert "date, open, high, low, last" in problem.hint
    made.series["spx"] = 'file = "spx.csv"\ncolumn = "last"'
    assert made.open().arrays(None, None).last == len(made.dates) - 1


@pytest.mark.parametrize(
    ("content", "row", "says"),
    [
        (b"", None, "the file is empty"),
        (b"\n\n", None, "the file is empty"),
        (b"date,open,high,low,close\n", 1, "a header but no rows"),
        (b"date,open,high,low,close\n2019-01-02,1\xff2,12,12,12\n", 2, "byte 0xff is not UTF-8"),
        ("date,open,high,low,close\n2019-01-02,12,12,12,12\n".encode("utf-16"), 1, "UTF-16"),
        (b"date,open,high,low,close\n2019-01-02,12,12\n", 2, "the row has 3 cells, the header has 5"),
        (b"date,open,high,low,close\n2019-01-02,12,12,12,12\n\n2019-01-03,12,12,12,12\n", 3, "the row is blank"),
        (b"date,open,high,low,close\n2019-01-02,12,12,12,12\n\0\0\0\n", 3, "zero bytes"),
        (b'date,open,high,low,close\n2019-01-02,"12\n",12,12,12\n', 2, "a quoted cell runs over several lines"),
    ],
)
def test_broken_csv(made: MadeMarket, content: bytes, row: int | None, says: str) -> None:
    (made.folder / "vix.csv").write_bytes(content)
    problem = made.problem()
    assert (problem.file, problem.row) == ("vix.csv", row)
    assert says in problem.message
    assert problem.hint


def test_a_byte_order_mark_is_no_fault(made: MadeMarket) -> None:
    content = (made.folder / "vix.csv").read_bytes()
    (made.folder / "vix.csv").write_bytes(b"\xef\xbb\xbf" + content)
    assert made.open().arrays(None, None).last == len(made.dates) - 1


def test_parquet_whole_truncated_and_empty(made: MadeMarket) -> None:
    frame = pl.read_csv(made.folder / "vix.csv", try_parse_dates=True)
    path = made.folder / "vix.parquet"
    frame.write_parquet(path)
    expected = column(made.open().arrays(None, None), "vix")
    made.series["vix"] = 'file = "vix.parquet"'
    assert np.array_equal(column(made.open().arrays(None, None), "vix"), expected)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert "no complete Parquet file" in made.problem().message
    path.write_bytes(b"")
    assert "the file is empty" in made.problem().message
    frame.head(0).write_parquet(path)
    assert "no rows" in made.problem().message
    frame.with_columns(pl.col("close").cast(pl.String) + " points").write_parquet(path)
    assert "should hold numbers" in made.problem().message


def test_a_date_format_that_is_none(made: MadeMarket) -> None:
    made.series["vix"] = 'file = "vix.csv"\ndate_format = "%H"'
    assert "date_format = '%H' is no format of dates" in made.problem().message


def test_a_file_or_folder_that_is_not_there(made: MadeMarket) -> None:
    made.series["vvix"] = 'file = "vvix.csv"'
    problem = made.problem()
    assert problem.file.endswith("vvix.csv")
    assert "does not exist" in problem.message
    made.series["vvix"] = 'file = "${SOME_DATA}/vvix.csv"'
    made.series["skew"] = 'file = "${SOME_DATA}/skew.csv"'
    made.rest = '[variables]\nSOME_DATA = "nowhere"\n'
    problem = made.problem()
    assert problem.file == str(made.folder / "nowhere")
    assert "set $SOME_DATA" in problem.hint


def test_several_files_are_reported_in_one_pass(made: MadeMarket) -> None:
    made.edit("vix.csv", lambda lines: [*lines[:50], replace_cell(lines[50], 4, "-1"), *lines[51:]])
    made.edit("spx.csv", lambda lines: [*lines[:70], lines[69], *lines[70:]])
    made.series["vvix"] = 'file = "vvix.csv"'
    assert {(Path(problem.file).name, problem.row) for problem in made.problems()} == {("spx.csv", 71), ("vix.csv", 51), ("vvix.csv", None)}


def test_two_sources_must_not_overlap(made: MadeMarket) -> None:
    lines = made.lines("vix.csv")
    made.write("old.csv", lines[:150])
    made.write("new.csv", [lines[0], *lines[140:]])
    made.series["vix"] = 'files = ["old.csv", "new.csv"]'
    assert "old.csv goes on to" in made.problem().message
    made.series["vix"] = f'sources = [{{ file = "old.csv", to = {made.dates[99]} }}, {{ file = "new.csv", from = {made.dates[139]} }}]'
    assert "39 sessions have no row" in made.problem().message
    made.series["vix"] = f'sources = [{{ file = "old.csv", to = {made.dates[143]} }}, {{ file = "new.csv", from = {made.dates[144]} }}]'
    assert not np.isnan(column(made.open().arrays(None, None), "vix")).any()


def test_vvix_in_wrong_units_is_caught(made: MadeMarket) -> None:
    made.write("vvix.csv", ["date,vvix", *(f"{date},0.92" for date in made.dates)])
    made.series["vvix"] = 'file = "vvix.csv"'
    problem = made.problem()
    assert "260 rows" in problem.message
    assert "write points, 92" in problem.hint


def test_ten_times_quoted_futures_are_caught(made: MadeMarket) -> None:
    made.write("vx.csv", ["date,expiry,settle", f"{made.dates[0]},2019-01-16,243.5"])
    made.rest = '[futures]\nfile = "vx.csv"\nallow = { ends_early = 1 }\n'
    assert "divide those rows by 10" in made.problem().hint
    made.write("vx.csv", ["date,expiry,settle", f"{made.dates[0]},2019-01-15,24.35"])
    assert "2019-01-15 is no settlement day of a monthly VIX future" in made.problem().message


def test_report_of_a_broken_market_holds_its_problems(made: MadeMarket) -> None:
    made.edit("vix.csv", lambda lines: [*lines[:50], replace_cell(lines[50], 4, "-1"), *lines[51:]])
    report = check_data(made.open())
    assert not report.valid
    assert "vix.csv:51: vix: -1 is no price" in render_report(report)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400), st.sampled_from(["csv", "parquet"]))
def test_arbitrary_bytes_never_end_in_a_traceback(tmp_path: Path, content: bytes, suffix: str) -> None:
    path = tmp_path / f"anything.{suffix}"
    path.write_bytes(content)
    table, problems = Files().table(Wanted(path, numbers={"close": ("close",)}))
    assert (table is None) == bool(problems)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.sampled_from(["2019-01-02", "2019-01-03", "x", "", '"', "01/02/2019"]), st.text(max_size=4)), max_size=5),
    st.booleans(),
)
def test_arbitrary_cells_never_end_in_a_traceback(tmp_path: Path, rows: list[tuple[str, str]], cboe: bool) -> None:
    path = tmp_path / "cells.csv"
    header = "DATE,CLOSE" if cboe else "date,close"
    path.write_bytes("\n".join([header, *(f"{date},{cell}" for date, cell in rows)]).encode("utf-8", "surrogatepass"))
    table, problems = Files().table(Wanted(path, numbers={"close": ("close",)}))
    assert (table is None) == bool(problems)
    assert all(problem.hint and problem.file == "cells.csv" for problem in problems)


CELLS = st.sampled_from(
    ["", "nan", "-1", "0", "1e9", "18.5", "x", "2019-02-30", "2019-03-04", "2031-01-02", "1066-10-14", '"', "9999-12-31", "inf", "١٨"]
)
ACTS = st.sampled_from(["delete", "repeat", "swap", "cell", "cut"])
EDITS = st.lists(st.tuples(ACTS, st.integers(1, 258), st.integers(0, 4), CELLS), max_size=4)


def spoiled(lines: list[str], edits: list[tuple[str, int, int, str]]) -> list[str]:
    for act, row, index, cell in edits:
        if row + 1 >= len(lines):
            continue
        if act == "delete":
            lines = [*lines[:row], *lines[row + 1 :]]
        elif act == "repeat":
            lines = [*lines[: row + 1], *lines[row:]]
        elif act == "swap":
            lines = [*lines[:row], lines[row + 1], lines[row], *lines[row + 2 :]]
        elif act == "cell" and lines[row].count(",") == 4:
            lines = [*lines[:row], replace_cell(lines[row], index, cell), *lines[row + 1 :]]
        elif act == "cut":
            lines = lines[:row]
    return lines


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(EDITS, EDITS, st.booleans())
def test_spoiled_markets_are_refused_or_counted_never_repaired(
    made: MadeMarket, spx: list[tuple[str, int, int, str]], vix: list[tuple[str, int, int, str]], lenient: bool
) -> None:
    """Every value that comes out stands in the file on that very date, or is a finding; otherwise the market is refused."""
    saved = {name: made.lines(name) for name in ("spx.csv", "vix.csv")}
    try:
        made.write("spx.csv", spoiled(saved["spx.csv"], spx))
        made.write("vix.csv", spoiled(saved["vix.csv"], vix))
        allowed = ", ".join(f"{name} = true" for name in ALLOWANCES) if lenient else ""
        made.series = {name: f'file = "{name}.csv"\nallow = {{ {allowed} }}' for name in ("spx", "vix")}
        market = made.open()
        report = check_data(market)
        assert all(problem.message and problem.hint for problem in report.problems)
        if not report.valid:
            return
        arrays = market.arrays(None, None)
        dates = [str(day) for day in arrays.sessions[: arrays.last + 1].astype("datetime64[D]")]
        for name in ("spx", "vix"):
            written = {line.split(",")[0]: line.split(",") for line in made.lines(f"{name}.csv")[1:]}
            for role, place in (("", 4), (".open", 1), (".high", 2), (".low", 3)):
                for date, number in zip(dates, column(arrays, name + role).tolist(), strict=True):
                    assert number != number or float(written[date][place]) == number
        if not lenient:
            assert not np.isnan(column(arrays, "vix")).any()
    finally:
        for name, lines in saved.items():
            made.write(name, lines)


def test_dates_outside_the_data_are_refused(made: MadeMarket) -> None:
    market = made.open()
    for start, end in (("2018-06-01", None), (None, "2030-01-02"), ("2019-06-02", "2019-06-01")):
        with pytest.raises(MarketError) as caught:
            market.arrays(None if start is None else np.datetime64(start), None if end is None else np.datetime64(end))
        assert f"{made.dates[0]} to {made.dates[-1]}" in caught.value.problems[0].message


def test_rows_are_picked_by_words_and_only_those_are_judged(made: MadeMarket) -> None:
    """One row a contract and session: without `where` every date stands there twice."""
    lines = [f"{date},{rank},{1000 * i + rank}" for i, date in enumerate(made.dates) for rank in (1, 2)]
    made.write("futures.csv", ["date,rank,volume", *lines])
    made.rest = '[inputs.busy]\nfile = "futures.csv"\ncolumn = "volume"\n'
    assert "stands in the row before too" in made.problem().message
    made.rest += 'where = { rank = "2" }\n'
    busy = column(made.open().arrays(None, None, ("busy",)), "busy")
    assert busy.tolist() == [1000.0 * i + 2.0 for i in range(len(made.dates))]
    made.rest = made.rest.replace('"2"', '"3"')
    problem = made.problem()
    assert (problem.file, problem.message, problem.hint) == ("futures.csv", "busy: no row has rank = 3", "check `where` in the manifest")
    made.rest = made.rest.replace("rank =", "place =")
    assert "there is no column `place`" in made.problem().message
