"""`alvh.run_grid`: one strategy with several values of settings and params, all in one go, resumable where it is written."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TypeAlias

import polars as pl
from attrs import frozen

from alvh.axes import axis_of, check_size, read_axis
from alvh.compiler.compile_cells import CellCompiler, CompiledCell
from alvh.compiler.driver import Files
from alvh.compiler.ir import Program
from alvh.grammar.diagnostics import Diagnostic, InternalError
from alvh.interface import open_market, options_of
from alvh.mistakes import RequestError
from alvh.runtime.axis import Axis, count_cells, words_of
from alvh.runtime.engine.simulate_cells import numbers_of, without_numbers
from alvh.runtime.grid import Grid, column_of, schema_of
from alvh.runtime.identity import engine_version, identify
from alvh.runtime.journal import calendar_date
from alvh.runtime.market import Market as MarketProtocol
from alvh.runtime.market import MarketArrays
from alvh.runtime.paths.run_paths import available_cores
from alvh.runtime.run import Report, RunOptions, missing_notes, missing_shares, notes_of_market, settings_in_force
from alvh.runtime.run_cells import Cell, CellGroup, CellRun, Row
from alvh.runtime.write_grid import GridFolder, GridIdentity, check_grid_output
from alvh.strategy import PathLike, Settings, Strategy, StrategyError, load

Values: TypeAlias = str | Sequence[object]
"""Of one name: as `--set` takes them (`"0.1..0.5 by 0.1"`), or one by one."""


class CellError(StrategyError):
    """A value of a grid makes the file wrong: `cell` counts from 1, `values` are its own, `diagnostics` the findings."""

    def __init__(self, cell: int, cells: int, values: Mapping[str, str], diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__(diagnostics)
        self.cell = cell
        self.values = dict(values)
        self._place = f"cell {cell:,} of {cells:,} ({', '.join(f'{name}={value}' for name, value in values.items())}):"

    def __str__(self) -> str:
        return f"{self._place}\n{super().__str__()}"


def run_grid(
    strategy: Strategy | PathLike,
    market: MarketProtocol | PathLike,
    grid: Mapping[str, Values],
    *,
    start: date | str | None = None,
    end: date | str | None = None,
    settings: Settings | None = None,
    phase: int = 0,
    threads: int | None = None,
    out: PathLike | None = None,
    report: Report = lambda _: None,
    progress: Callable[[int, int], None] = lambda done, cells: None,
) -> Grid:
    """Every combination of the values that `grid` gives to settings and params, a row a cell; the last name changes fastest.

    `{"call_delta": "0.20..0.40 by 0.05 delta", "costs": ["none", "listed"]}`. `settings` hold for every cell; the other arguments
    as of `run`. `threads`: None for as many as there are processors. `out`: a folder that cells are written to as they finish; a
    call that is stopped goes on there when it is made again. `progress` is told how many cells are finished, and of how many.
    CellError (a StrategyError) before anything runs, MarketError, RequestError, OutputError for a folder that holds anything else."""
    options = options_of(start, end, "numba", phase)
    axes = _axes(grid, settings or {})
    if threads is not None and threads < 1:
        raise RequestError(f"a grid needs one thread at least, not {threads}")
    if out is not None:
        check_grid_output(Path(out))
    path = strategy.path if isinstance(strategy, Strategy) else os.fspath(strategy)
    files = Files(path)
    cells = _Cells(path, axes, {name: str(value) for name, value in (settings or {}).items()}, files, CellCompiler(path, files))
    report("compiling")
    first = cells.load(1)
    report("reading the market")
    reader = _Reader(open_market(market), options, first.texts)
    arrays = reader.arrays(first.program, first.lags)
    identity = GridIdentity(
        engine=engine_version(),
        texts=first.texts,
        market=reader.market.name,
        fingerprint=reader.fingerprint,
        start=str(calendar_date(int(arrays.sessions[arrays.first]))),
        end=str(calendar_date(int(arrays.sessions[arrays.last]))),
        phase=phase,
        settings=cells.settings,
        axes=axes,
    )
    folder = None if out is None else GridFolder(Path(out), identity)
    rows = [pl.DataFrame(schema=schema_of(axes)) if folder is None else folder.finished]
    finished = set(rows[0]["cell"].to_list())

    def keep(found: list[Row]) -> None:
        rows.append(cells.frame(found))
        if folder is not None:
            folder.add(rows[-1])

    count = len(finished)

    def done(more: int) -> None:
        nonlocal count
        count += more
        progress(count, cells.count)

    done(0)
    groups = _groups(cells, finished, reader, report)
    done(0)
    if groups:
        CellRun(phase, threads or available_cores(), reader.identifier(cells)).rows(groups, keep, done, report)
    table = pl.concat(rows).sort("cell")
    if table["cell"].to_list() != list(range(1, cells.count + 1)):
        raise InternalError("a cell of the grid is missing, or there twice")
    if folder is not None:
        folder.finish(table)
    return Grid(
        strategy=first.title,
        file=os.path.basename(path),
        market=identity.market,
        seed=getattr(reader.market, "seed", None),
        start=identity.start,
        end=identity.end,
        phase=phase,
        settings=cells.settings,
        axes=axes,
        cells=table,
        notes=_notes(first.program, arrays, table, identity.end),
    )


def _axes(grid: Mapping[str, Values], settings: Settings) -> tuple[Axis, ...]:
    axes = []
    for name, values in grid.items():
        if name in settings:
            raise RequestError(f"{name} is both in the grid and in the settings")
        axes.append((read_axis(name, values) or axis_of(name, [values])) if isinstance(values, str) else axis_of(name, values))
    if not axes:
        raise RequestError("the grid is empty: give a name several values")
    check_size(axes)
    return tuple(axes)


@frozen
class _Cells:
    """The cells of a grid, compiled together or one alone."""

    path: str
    axes: tuple[Axis, ...]
    settings: dict[str, str]
    files: Files
    """Of the strategy: read once, whatever they are changed to by then, so that all cells are of one text."""
    compiler: CellCompiler

    @property
    def count(self) -> int:
        return count_cells(self.axes)

    def places(self, number: int) -> tuple[int, ...]:
        """Place of a cell's value on each axis."""
        places, left = [], number - 1
        for axis in reversed(self.axes):
            left, place = divmod(left, len(axis.values))
            places.append(place)
        return tuple(reversed(places))

    def compile(self, number: int) -> CompiledCell:
        """What a cell compiles to, as loaded alone. CellError where the values make the file wrong, or nothing is left to trade."""
        compiled = self.compiler.compile({**self.settings, **words_of(self.axes, self.places(number))})
        if compiled is None or not _trades(compiled.program):
            self.load(number)
            raise InternalError(f"cell {number} compiles alone, and not beside others")
        return compiled

    def load(self, number: int) -> Strategy:
        """A cell loaded alone. CellError where the values make the file wrong, or nothing is left to trade."""
        values = words_of(self.axes, self.places(number))
        try:
            strategy = load(self.path, settings={**self.settings, **values}, files=self.files)
            if not _trades(strategy.program):
                raise StrategyError(strategy.warnings)
        except StrategyError as error:
            if str(error) == self._findings_without_values():
                raise
            raise CellError(number, self.count, values, error.diagnostics) from error
        return strategy

    def _findings_without_values(self) -> str:
        """Of the file as it stands: no value of the grid is to blame for them."""
        try:
            load(self.path, settings=self.settings, files=self.files)
        except StrategyError as error:
            return str(error)
        return ""

    def frame(self, rows: list[Row]) -> pl.DataFrame:
        """Rows with the values of their cells."""
        full = []
        for row in rows:
            places = self.places(row["cell"])
            values = {
                column_of(axis): axis.values[place] if axis.numbers is None else axis.numbers[place]
                for axis, place in zip(self.axes, places, strict=True)
            }
            full.append({**row, **values})
        return pl.DataFrame(full, schema=schema_of(self.axes)).sort("cell")


def _trades(program: Program) -> bool:
    return bool(program.layers) or program.hold_index


class _Reader:
    """A market as cells read it: once for all that read the same of it."""

    def __init__(self, market: MarketProtocol, options: RunOptions, texts: tuple[tuple[str, str], ...]) -> None:
        """`texts` of the strategy, the same for all cells."""
        self.market = market
        self._texts = texts
        self.fingerprint = market.fingerprint()
        self._options = options
        self._arrays: dict[object, MarketArrays] = {}

    def arrays(self, program: Program, lags: Mapping[str, int]) -> MarketArrays:
        import numpy as np

        key = program.inputs, program.calendars, tuple(sorted(lags.items()))
        if key not in self._arrays:
            first, last = (None if day is None else np.datetime64(day, "D") for day in (self._options.start, self._options.end))
            self._arrays[key] = self.market.arrays(first, last, program.inputs, program.calendars, lags=lags)
        return self._arrays[key]

    def identity(self, cell: CompiledCell, last_day: int | None = None) -> str:
        """That of a run of a cell alone, up to a day, or the market's last."""
        arrays = self.arrays(cell.program, cell.lags)
        first, last = (int(arrays.sessions[bar]) for bar in (arrays.first, arrays.last))
        settings = settings_in_force(cell.program, self.market, self._options.phase)
        return identify(cell.program, self._texts, self.fingerprint, settings, first, last if last_day is None else last_day)

    def identifier(self, cells: _Cells) -> Callable[[int, int], str]:
        return lambda number, last_day: self.identity(cells.compile(number), last_day)


def _groups(cells: _Cells, finished: set[int], reader: _Reader, report: Report) -> list[CellGroup]:
    """The cells that are left, those that can run side by side together; every one has been checked."""
    groups: dict[object, CellGroup] = {}
    common: Program | None = None
    group: CellGroup | None = None
    for number in range(1, cells.count + 1):
        if number in finished:
            continue
        report(f"checking cell {number:,} of {cells.count:,}")
        cell = cells.compile(number)
        arrays = reader.arrays(cell.program, cell.lags)
        if group is None or cell.common is not common or arrays is not group.arrays:
            common = cell.common
            group = groups.setdefault((without_numbers(common), id(arrays)), CellGroup(cell.program, arrays))
        group.cells.append(Cell(number, numbers_of(cell.program), reader.identity(cell)))
    return list(groups.values())


def _notes(program: Program, arrays: MarketArrays, table: pl.DataFrame, end: str) -> tuple[str, ...]:
    """What holds of all cells, and how many stopped before the end."""
    stopped = [row["cell"] for row in table.iter_rows(named=True) if row["to"].isoformat() != end]
    missing = missing_notes(program, arrays, missing_shares(program, arrays))
    return (*_notes_on_stops(stopped), *missing, *notes_of_market(program, arrays))


def _notes_on_stops(stopped: list[int]) -> Iterator[str]:
    if stopped:
        named = ", ".join(map(str, stopped[:5])) + (", .." if len(stopped) > 5 else "")
        cells = f"{len(stopped):,} cell{'s' if len(stopped) > 1 else ''}"
        yield f"{cells} stopped early, for a position held had no price for more than five sessions: {named} (column `to`)"
