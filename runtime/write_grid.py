"""A grid on disk while it runs: finished cells in parts, each whole or absent, so that a killed run goes on where it was.

    DIR/grid.json              what the grid is; written first
    DIR/cells/part-*.parquet   finished cells, a row each, while some are missing
    DIR/grid.parquet           all cells, in place of the parts

Every file is written beside its place and put there by renaming. A part carries the hash of its grid: a strategy's text, a
market, a period and an engine other than its own make another grid, whose parts are refused.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
from attrs import field, frozen

from alvh.runtime.axis import Axis, count_cells
from alvh.runtime.grid import GRID_SCHEMA_VERSION, schema_of
from alvh.runtime.write_results import GRID_FILE, OutputError, check_parent

CELLS_FILE = "grid.parquet"
PARTS_FOLDER = "cells"
_PARTIAL = ".partial"
_KEY = "alvh.grid"
"""Under which a Parquet file holds the hash of its grid."""

_SAID = {
    "schema_version": "version of its files",
    "engine": "version of alvh",
    "texts": "text of the strategy",
    "market": "market",
    "fingerprint": "content of the market",
    "from": "first day",
    "to": "last day",
    "phase": "phase",
    "settings": "setting of all cells",
    "axes": "list of values",
}
"""What a grid is made of, in words for its refusal."""


@frozen
class GridIdentity:
    """All that the rows of a grid depend on."""

    engine: str
    texts: tuple[tuple[str, str], ...]
    market: str
    fingerprint: str
    start: str
    end: str
    phase: int
    settings: dict[str, str]
    axes: tuple[Axis, ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "schema_version": GRID_SCHEMA_VERSION,
            "engine": self.engine,
            "texts": hashlib.sha256(json.dumps(self.texts).encode()).hexdigest(),
            "market": self.market,
            "fingerprint": self.fingerprint,
            "from": self.start,
            "to": self.end,
            "phase": self.phase,
            "settings": self.settings,
            "axes": [{"name": axis.name, "values": list(axis.values)} for axis in self.axes],
        }

    def key(self) -> str:
        return hashlib.sha256(json.dumps(self.to_dict(), ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def check_grid_output(folder: Path) -> None:
    """OutputError unless a grid may be written to `folder`: it is absent, empty or a grid's. Asked before anything is run."""
    check_parent(folder)
    if folder.is_dir() and not (folder / GRID_FILE).exists() and any(not _is_partial(path) for path in folder.iterdir()):
        raise OutputError(f"will not write a grid to {folder}: it holds something else. Name a new or empty folder")


@frozen(eq=False)
class GridFolder:
    """The folder of one grid, begun or gone on with."""

    folder: Path
    identity: GridIdentity
    finished: pl.DataFrame = field(init=False)
    """Rows of the cells that were there when it was opened, each once, in order."""

    def __attrs_post_init__(self) -> None:
        """OutputError for a folder that holds another grid, or a file that cannot be read."""
        check_grid_output(self.folder)
        try:
            if (self.folder / GRID_FILE).exists():
                self._compare()
            else:
                self.folder.mkdir(exist_ok=True)
                text = json.dumps(self.identity.to_dict(), indent=2, ensure_ascii=False) + "\n"
                _write_beside(self.folder / GRID_FILE, lambda path: path.write_text(text, encoding="utf-8"))
            object.__setattr__(self, "finished", self._read())
        except OSError as problem:
            raise self._failure(problem) from problem

    def _compare(self) -> None:
        path = self.folder / GRID_FILE
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            found = None
        if not isinstance(found, dict) or "schema_version" not in found:
            raise OutputError(f"{path} is not the description of a grid of alvh: name another folder, or move the file away")
        ours = self.identity.to_dict()
        differing = [words for name, words in _SAID.items() if found.get(name) != ours[name]]
        if differing:
            raise OutputError(
                f"{self.folder} holds another grid, of another {', another '.join(differing)}. "
                "Name another folder, or remove this one; it was left as it is"
            )

    def _read(self) -> pl.DataFrame:
        schema = schema_of(self.identity.axes)
        frames = [pl.DataFrame(schema=schema)]
        whole, parts = self.folder / CELLS_FILE, self.folder / PARTS_FOLDER
        if whole.exists():
            frames.append(self._rows(whole))
        for path in sorted(parts.iterdir()) if parts.is_dir() else ():
            if not _is_partial(path):
                frames.append(self._rows(path))
        rows = pl.concat(frames).unique().sort("cell")  # another process may have run the same cells
        if rows["cell"].is_duplicated().any():
            cell = rows["cell"].filter(rows["cell"].is_duplicated())[0]
            raise OutputError(f"{self.folder} holds cell {cell} twice, with different figures: name another folder")
        return rows

    def _rows(self, path: Path) -> pl.DataFrame:
        remedy = "Move it away and run again: its cells, and no others, are run anew"
        try:
            key = pl.read_parquet_metadata(path).get(_KEY)
            rows = pl.read_parquet(path)
        except (pl.exceptions.PolarsError, OSError) as problem:
            raise OutputError(f"{path} cannot be read: it is truncated, or no Parquet file. {remedy}") from problem
        if key is None:
            raise OutputError(f"{path} was not written by a grid of alvh. {remedy}")
        within = rows.height > 0 and "cell" in rows.columns and rows["cell"].is_between(1, count_cells(self.identity.axes)).all()
        if key != self.identity.key() or dict(rows.schema) != schema_of(self.identity.axes) or not within:
            raise OutputError(f"{path} belongs to another grid. {remedy}")
        return rows

    def add(self, rows: pl.DataFrame) -> None:
        """Writes finished cells as a part. OutputError when the folder cannot take it."""
        cells = rows["cell"].to_list()
        name = hashlib.sha256(repr(cells).encode()).hexdigest()[:8]
        try:
            (self.folder / PARTS_FOLDER).mkdir(exist_ok=True)
            self._write(rows, self.folder / PARTS_FOLDER / f"part-{cells[0]:06d}-{name}.parquet")
        except OSError as problem:
            raise self._failure(problem) from problem

    def finish(self, rows: pl.DataFrame) -> None:
        """Writes all cells as one file and takes the parts away."""
        try:
            if not (self.folder / CELLS_FILE).exists() or (self.folder / PARTS_FOLDER).exists():
                self._write(rows, self.folder / CELLS_FILE)
            self._clear()
        except OSError as problem:
            raise self._failure(problem) from problem

    def _clear(self) -> None:
        """Takes away the parts and what killed runs left half written, and nothing else."""
        parts = self.folder / PARTS_FOLDER
        left = [*parts.glob("part-*.parquet"), *parts.glob(f".*{_PARTIAL}"), *self.folder.glob(f".*{_PARTIAL}")]
        for path in left:
            path.unlink(missing_ok=True)
        if parts.is_dir() and not any(parts.iterdir()):
            parts.rmdir()

    def _write(self, rows: pl.DataFrame, path: Path) -> None:
        metadata = {_KEY: self.identity.key()}
        _write_beside(path, lambda partial: rows.write_parquet(partial, metadata=metadata))

    def _failure(self, problem: OSError) -> OutputError:
        return OutputError(f"cannot write the grid to {self.folder}: {problem.strerror or problem}")


def _is_partial(path: Path) -> bool:
    return path.name.startswith(".") and path.name.endswith(_PARTIAL)


def _write_beside(path: Path, write: Callable[[Path], object]) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}{_PARTIAL}")
    try:
        write(partial)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
