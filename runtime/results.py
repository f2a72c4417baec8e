"""A result: the figures of one run, what they rest on, and the run itself as frames; and its JSON, whose schema has a version."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from datetime import date
from typing import Any

import polars as pl
from attrs import asdict, frozen

from alvh.runtime.attribution import Basis, LayerResult
from alvh.runtime.metrics import Metrics

SCHEMA_VERSION = 1
"""Of the JSON of a result and of a comparison. Grows by one when a field changes its meaning, its type or its name;
a new field does not change it."""


@frozen
class Settings:
    """Everything chosen for a run beyond the strategy's text, as it was in force."""

    capital: float
    costs: str
    fill: str
    """`same_close`: at the close that the decision saw; `next_open` or `next_close`: of the session after."""
    contracts: str
    phase: int
    seed: int | None
    """Of a generated market; None for one that is not drawn."""
    spx_settlement: str | None
    """`open` or `close`: the print that SPX options of the morning are paid on; None where the market does not say."""
    params: tuple[tuple[str, float], ...]


@frozen
class RuleKnowledge:
    """How often a rule could not be evaluated."""

    layer: str
    verb: str
    rule: str
    """`file:line`."""
    text: str
    unknown: float
    """Share of the bars on which its condition was unknown."""


class Shown(ABC):
    """What shows itself: as text and as HTML, each class in its own way, and as JSON."""

    __slots__ = ()

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """The value as JSON holds it: plain values, what is undefined None."""

    def to_json(self) -> str:
        """`to_dict` as text, ending in a line break."""
        return dump_json(self.to_dict())

    def __repr__(self) -> str:
        return str(self).rstrip("\n")


@frozen(eq=False, repr=False)
class Result(Shown):
    """One run, interpreted. `equity` has a row a bar, `journal` a row an action. It shows itself as the tables of `alvh run`."""

    strategy: str
    file: str
    market: str
    start: date
    end: date
    engine: str
    settings: Settings
    metrics: Metrics
    layers: tuple[LayerResult, ...]
    basis: Basis
    rules: tuple[RuleKnowledge, ...]
    notes: tuple[str, ...]
    """What a reader must know before believing a figure, the gravest first."""
    hold_profit: float | None
    """Profit of the index held; None for a strategy that holds none."""
    interest: float
    identity: str
    """Hash of strategy text, market, alvh's version and settings: the same identity, the same bytes. `engine` is no part of
    it, nor of the JSON: both engines agree on every bit."""
    equity: pl.DataFrame
    """`date, equity, cash`, `interest`, `hold` where the index is held, and a column a layer: P&L after costs since the
    start. On every row the capital plus interest, hold and layers is the equity."""
    journal: pl.DataFrame
    """Columns as in `journal.JOURNAL_SCHEMA`."""

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON holds it: plain values, what is undefined None."""
        basis = self.basis
        return {
            "schema_version": SCHEMA_VERSION,
            "strategy": self.strategy,
            "file": self.file,
            "market": self.market,
            "from": self.start.isoformat(),
            "to": self.end.isoformat(),
            "settings": {**asdict(self.settings), "params": dict(self.settings.params)},
            "metrics": asdict(self.metrics),
            "layers": [asdict(layer) for layer in self.layers],
            "account": {"hold_profit": self.hold_profit, "interest": self.interest},
            "observed": {
                "share_of_profit": None if basis.modelled_share is None else 1.0 - basis.modelled_share,
                "series": {entry.series: entry.observed for entry in basis.series},
            },
            "modelled": {
                "share_of_profit": basis.modelled_share,
                "instruments": [asdict(entry) for entry in basis.instruments],
                "series": {entry.series: entry.modelled for entry in basis.series if entry.modelled > 0.0},
                "replaced": {entry.series: entry.replaced for entry in basis.series if entry.replaced > 0.0},
                "missing": {entry.series: entry.missing for entry in basis.series if entry.missing > 0.0},
            },
            "rules": [asdict(rule) for rule in self.rules],
            "notes": list(self.notes),
            "identity": self.identity,
        }

    def __str__(self) -> str:
        from alvh.runtime.result_tables import result_text

        return result_text(self)

    def _repr_html_(self) -> str:
        from alvh.runtime.result_tables import result_html

        return result_html(self)


def dump_json(value: dict[str, Any]) -> str:
    """JSON text as alvh writes it: indented, no NaN, ending in a line break."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
