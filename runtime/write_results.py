"""Results on disk, whole or not at all: written beside their place under another name, then put there by renaming."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from alvh.runtime.compare import Comparison, names_apart
from alvh.runtime.paths.comparison import PathsComparison
from alvh.runtime.paths.result import PathsResult
from alvh.runtime.results import Result

EQUITY_FILE = "equity.parquet"
JOURNAL_FILE = "journal.parquet"
SUMMARY_FILE = "summary.json"
PATHS_FILE = "paths.parquet"
PICTURE_FILE = "equity_and_drawdown.png"
GRID_FILE = "grid.json"
CLAIMS_FILE, CLAIMS_TEXT_FILE = "claims.json", "claims.txt"
_OWN_FILES = frozenset({EQUITY_FILE, JOURNAL_FILE, SUMMARY_FILE, PATHS_FILE, PICTURE_FILE, CLAIMS_FILE, CLAIMS_TEXT_FILE})
_VERSIONED = ((SUMMARY_FILE, "schema_version"), (CLAIMS_FILE, "format_version"))
"""What tells a folder of alvh: one of these files, with its version."""


class OutputError(Exception):
    """A folder cannot take results; the message says why and what to do."""


def check_output(folder: Path) -> None:
    """OutputError unless results may be written to `folder`: it is absent, empty, or an earlier result of alvh, and its
    parent can be written to. Asked before a run, so that no run is in vain."""
    check_parent(folder)
    if (folder / GRID_FILE).is_file():
        raise OutputError(f"will not replace {folder}: it holds a grid. Name a new or empty folder")
    if folder.is_dir() and any(folder.iterdir()) and not _is_earlier_result(folder):
        raise OutputError(f"will not replace {folder}: it holds files that alvh did not write. Name a new or empty folder")


def check_parent(folder: Path) -> None:
    """OutputError unless `folder` is one or can be made."""
    parent = folder.parent if folder.name else folder.absolute().parent
    if not parent.is_dir():
        raise OutputError(f"cannot write results to {folder}: there is no folder {parent}")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise OutputError(f"cannot write results to {folder}: no permission to write in {parent}")
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise OutputError(f"cannot write results to {folder}: it is not a folder")


def _is_earlier_result(folder: Path) -> bool:
    if any(path.is_file() and path.name not in _OWN_FILES for path in folder.rglob("*")):
        return False
    return any(_has_version(folder / name, version) for name, version in _VERSIONED)


def _has_version(path: Path, version: str) -> bool:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and version in content


def write_result(result: Result, folder: Path) -> None:
    """`equity.parquet`, `journal.parquet` and `summary.json` in `folder`. OutputError when it cannot take them."""
    write_whole(folder, lambda place: _write_files(result, place))


def write_comparison(comparison: Comparison, folder: Path, picture: Callable[[Path], None] | None = None) -> None:
    """`summary.json` in `folder`, a folder for each result named after its file, and what `picture` draws at the path
    that it is given. OutputError when the folder cannot take them."""

    def write(place: Path) -> None:
        for name, result in zip(names_apart(comparison.results), comparison.results, strict=True):
            (place / name).mkdir()
            _write_files(result, place / name)
        if picture is not None:
            picture(place / PICTURE_FILE)
        (place / SUMMARY_FILE).write_text(comparison.to_json(), encoding="utf-8")

    write_whole(folder, write)


def write_paths(result: PathsResult, folder: Path) -> None:
    """`paths.parquet` and `summary.json` in `folder`, and a folder `path-7` for each path kept. OutputError when it cannot take them."""

    write_whole(folder, lambda place: _write_paths_files(result, place))


def write_paths_comparison(comparison: PathsComparison, folder: Path) -> None:
    """`summary.json` in `folder`, and a folder for each result as `write_paths` fills it. OutputError when it cannot take them."""

    def write(place: Path) -> None:
        for name, result in zip(names_apart(comparison.results), comparison.results, strict=True):
            (place / name).mkdir()
            _write_paths_files(result, place / name)
        (place / SUMMARY_FILE).write_text(comparison.to_json(), encoding="utf-8")

    write_whole(folder, write)


def _write_paths_files(result: PathsResult, place: Path) -> None:
    result.by_path.write_parquet(place / PATHS_FILE)
    for number, kept in result.kept:
        (place / f"path-{number}").mkdir()
        _write_files(kept, place / f"path-{number}")
    (place / SUMMARY_FILE).write_text(result.to_json(), encoding="utf-8")


def _write_files(result: Result, place: Path) -> None:
    result.equity.write_parquet(place / EQUITY_FILE)
    result.journal.write_parquet(place / JOURNAL_FILE)
    (place / SUMMARY_FILE).write_text(result.to_json(), encoding="utf-8")


def write_whole(folder: Path, write: Callable[[Path], None]) -> None:
    """What `write` puts into the folder that it is given, as `folder`, all of it or nothing. OutputError when it cannot take it."""
    check_output(folder)
    folder = folder.absolute()
    workshop = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        fresh, old = workshop / "fresh", workshop / "old"
        fresh.mkdir()
        write(fresh)
        if folder.exists():
            folder.rename(old)
        try:
            fresh.rename(folder)
        except OSError:
            if old.exists():
                old.rename(folder)
            raise
    except OSError as problem:
        raise OutputError(f"cannot write results to {folder}: {problem.strerror or problem}") from problem
    finally:
        shutil.rmtree(workshop, ignore_errors=True)
