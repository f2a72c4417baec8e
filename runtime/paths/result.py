"""The result of many paths: a row of metrics a path, how each is spread, the paths kept whole; and its JSON, whose schema has a version."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
from attrs import asdict, frozen

from alvh.runtime.paths.distribution import PERCENTILES, Distribution
from alvh.runtime.results import Result, Settings, Shown

SCHEMA_VERSION = 1
"""Of the JSON of many paths. Grows by one when a field changes its meaning, its type or its name; a new field does not change it."""


@frozen(eq=False, repr=False)
class PathsResult(Shown):
    """A strategy on many paths of a market. It shows itself as the tables of `alvh run --paths`."""

    strategy: str
    file: str
    market: str
    start: date
    end: date
    engine: str
    settings: Settings
    paths: int
    stopped: int
    """Paths whose run ended before its time, for want of a price; their metrics are those of the bars before."""
    metrics: dict[str, Distribution]
    """By name, as in `Metrics`."""
    by_path: pl.DataFrame
    """A row a path: `path`, its metrics (null where undefined), and `stopped`, the day before which its run ended (null: it did not)."""
    kept: tuple[tuple[int, Result], ...]
    """The paths that were asked for, with their numbers: what `run` says of each."""
    notes: tuple[str, ...]
    """What a reader must know before believing a figure, the gravest first."""
    identity: str
    """Hash of strategy text, market, alvh's version, settings and the number of paths: the same identity, the same bytes. How many ran
    side by side, and which paths were kept, is no part of it."""

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON holds it: plain values, what is undefined None."""
        return {
            "schema_version": SCHEMA_VERSION,
            "strategy": self.strategy,
            "file": self.file,
            "market": self.market,
            "from": self.start.isoformat(),
            "to": self.end.isoformat(),
            "settings": {**asdict(self.settings), "params": dict(self.settings.params)},
            "paths": self.paths,
            "stopped": {"paths": self.stopped, "share": self.stopped / self.paths},
            "metrics": {name: spread(found) for name, found in self.metrics.items()},
            "kept": [number for number, _ in self.kept],
            "notes": list(self.notes),
            "identity": self.identity,
        }

    def __str__(self) -> str:
        from alvh.runtime.paths.tables import paths_text

        return paths_text(self)

    def _repr_html_(self) -> str:
        from alvh.runtime.paths.tables import paths_html

        return paths_html(self)


def spread(found: Distribution) -> dict[str, Any]:
    """A distribution as JSON holds it."""
    percentiles = [None] * len(PERCENTILES) if found.percentiles is None else found.percentiles
    interval = found.median_interval
    return {
        "paths": found.known,
        "mean": found.mean,
        **{f"p{percent:02}": value for percent, value in zip(PERCENTILES, percentiles, strict=True)},
        "median_interval": None if interval is None else {"low": interval[0], "high": interval[1]},
    }
