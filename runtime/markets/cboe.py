"""The layout of the history files that Cboe offers for download: `VIX_History.csv`, `VVIX_History.csv` and the like.

Header in capitals, the date first and written 12/31/2021, then OPEN, HIGH, LOW, CLOSE or one column named after the index
(`DATE,VVIX`). Only a header in capitals makes 01/02/2021 the second of January: elsewhere the manifest must say which number is the month.
"""

from __future__ import annotations

from collections.abc import Sequence

CBOE_DATE_FORMAT = "%m/%d/%Y"

INDEX_NAMES = {
    "spx": ("SPX",),
    "vix": ("VIX",),
    "vix9d": ("VIX9D",),
    "vix3m": ("VIX3M", "VXV"),
    "vix6m": ("VIX6M", "VXMT"),
    "vvix": ("VVIX",),
    "skew": ("SKEW",),
}
"""How Cboe calls the close of each index where the file has one column; VXV and VXMT are the names of before 2017."""


def is_cboe_header(columns: Sequence[str]) -> bool:
    """Whether a file's columns are Cboe's: `DATE` first, all in capitals."""
    return columns[0] == "DATE" and all(column == column.upper() for column in columns)


def close_columns(series: str) -> tuple[str, ...]:
    """Columns that may hold the close of a series, best first: `close`, then the index's own name."""
    return ("close", series, *INDEX_NAMES.get(series, ()))
