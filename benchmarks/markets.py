"""The markets that benchmarks run on: real history where its files are, and one of 9,000 generated sessions written as files."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import polars as pl

from alvh.runtime.calendars.sessions import nyse
from alvh.runtime.markets.model_paths import generate
from benchmarks.interleaved import REPOSITORY

SESSIONS = 9_000
FIRST = np.datetime64("1990-01-02", "D")
START = np.datetime64("2006-02-24", "D")
"""VIX options were listed on this day."""
INDEX_OF_1990 = 360.0
HISTORY = REPOSITORY / "tests" / "markets" / "history.toml"


def has_history() -> bool:
    """Whether the files that the manifest of real history names are there."""
    data = Path(os.environ.get("ALVH_DATA") or REPOSITORY.parent / "shared" / "data")
    return (data / "market" / "spx_ohlc.csv").exists()


def write_generated(folder: Path, seed: int = 442) -> Path:
    """A manifest over CSV files of the generated model's values from 1990 on, as a user would bring history; its path."""
    calendar = nyse()
    origin = int(calendar.at_or_after(FIRST.astype(np.int64)))
    days = pl.Series(calendar.days[origin : origin + SESSIONS].astype(np.int32)).cast(pl.Date)
    made = generate(seed, SESSIONS, 1)
    breadth = np.diff(made.ad_line[:, 0], prepend=made.ad_line[0, 0])
    # The generator starts where the index stood in 2023; 36 years of growth begin lower.
    scale = INDEX_OF_1990 / made.spx[0, 0]
    index = {"open": made.spx_open, "high": made.spx_high, "low": made.spx_low, "close": made.spx}
    files = {
        "spx": {column: scale * values for column, values in index.items()},
        "vix": {"open": made.vix_open, "high": made.vix_high, "low": made.vix_low, "close": made.vix},
        "vix3m": {"close": made.vix3m},
        "vvix": {"close": made.vvix},
        "rate": {"close": np.full((SESSIONS, 1), 0.02)},
        "ad_line": {"plus": 1500.0 + 0.5 * breadth[:, None], "minus": 1500.0 - 0.5 * breadth[:, None]},
    }
    for name, columns in files.items():
        pl.DataFrame({"date": days, **{column: values[:, 0] for column, values in columns.items()}}).write_csv(folder / f"{name}.csv")
    more = {"rate": 'unit = "fraction"\n', "ad_line": 'cumulate = true\ncolumns = { plus = "plus", minus = "minus" }\n'}
    sections = []
    for name in files:
        kind = "inputs" if name == "ad_line" else "series"
        sections.append(f'[{kind}.{name}]\nfile = "{name}.csv"\n{more.get(name, "")}')
    manifest = folder / "generated.toml"
    manifest.write_text(f'format = 1\nname = "generated files"\nfirst = {FIRST}\nstart = {FIRST}\n\n' + "\n".join(sections))
    return manifest
