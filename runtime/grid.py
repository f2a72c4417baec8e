"""A grid: one strategy with several values of settings and params, a row of figures a cell; its frame and its JSON."""

from __future__ import annotations

from typing import Any

import polars as pl
from attrs import fields, frozen

from alvh.runtime.axis import Axis, cells_of, words_of
from alvh.runtime.metrics import Metrics
from alvh.runtime.results import Shown

GRID_SCHEMA_VERSION = 1
"""Of the JSON and of the Parquet files of a grid. Grows by one when a field changes its meaning, its type or its name."""

METRICS = tuple(field.name for field in fields(Metrics))
_OWN = {"cell": pl.Int64, **dict.fromkeys(METRICS, pl.Float64), "trades": pl.Int64, "to": pl.Date, "identity": pl.String}


def column_of(axis: Axis) -> str:
    """The column of an axis: its name, or `set.NAME` where a grid has a column of that name itself."""
    return f"set.{axis.name}" if axis.name in _OWN else axis.name


def schema_of(axes: tuple[Axis, ...]) -> dict[str, Any]:
    """Columns of a grid's frame: `cell`, the axes (numbers where all values are, else words), metrics, `to`, `identity`."""
    of_axes = {column_of(axis): pl.String if axis.numbers is None else pl.Float64 for axis in axes}
    return {"cell": pl.Int64, **of_axes, **{name: kind for name, kind in _OWN.items() if name != "cell"}}


@frozen(eq=False, repr=False)
class Grid(Shown):
    """The cells of a grid. It shows itself as the table of `alvh run`."""

    strategy: str
    file: str
    market: str
    seed: int | None
    start: str
    end: str
    """First and last bar asked for, as 2020-03-16."""
    phase: int
    settings: dict[str, str]
    """Chosen for every cell."""
    axes: tuple[Axis, ...]
    """The last one changes fastest."""
    cells: pl.DataFrame
    """A row a cell in the order of the grid: `cell` (from 1), a column an axis (per cent as fractions), the metrics (null where
    undefined), `to` (the last bar: earlier than `end` where a run stopped), `identity` (that of a run of the cell alone)."""
    notes: tuple[str, ...]
    """What a reader must know before believing a figure."""

    def to_dict(self) -> dict[str, Any]:
        """The grid as JSON holds it: plain values, what is undefined None."""
        return {
            "schema_version": GRID_SCHEMA_VERSION,
            "strategy": self.strategy,
            "file": self.file,
            "market": self.market,
            "seed": self.seed,
            "from": self.start,
            "to": self.end,
            "phase": self.phase,
            "settings": self.settings,
            "axes": [{"name": axis.name, "values": list(axis.values)} for axis in self.axes],
            "cells": [
                {
                    "cell": row["cell"],
                    "values": words_of(self.axes, places),
                    "metrics": {name: row[name] for name in METRICS},
                    "to": row["to"].isoformat(),
                    "identity": row["identity"],
                }
                for places, row in zip(cells_of(self.axes), self.cells.iter_rows(named=True), strict=True)
            ],
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        from alvh.runtime.grid_tables import grid_text

        return grid_text(self)

    def _repr_html_(self) -> str:
        from alvh.runtime.grid_tables import grid_html

        return grid_html(self)
