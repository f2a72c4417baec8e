"""Results side by side: the first is the baseline, the others say what they changed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import polars as pl
from attrs import asdict, frozen

from alvh.runtime.metrics import drawdown_reduction
from alvh.runtime.results import SCHEMA_VERSION, Result, Shown


class Named(Protocol):
    """What came of a file."""

    @property
    def file(self) -> str: ...


def names_apart(results: Sequence[Named]) -> tuple[str, ...]:
    """A name for each result: its file without the ending, numbered where two agree."""
    names: list[str] = []
    for result in results:
        stem = Path(result.file).stem
        taken = sum(1 for name in names if name == stem or name.startswith(f"{stem}-"))
        names.append(f"{stem}-{taken + 1}" if taken else stem)
    return tuple(names)


@frozen
class Difference:
    """What a result changed against the baseline. None where one of the two has no figure."""

    drawdown_reduction: float | None
    """1 less the ratio of the maximum drawdowns: 0.3 says that 30 % of the baseline's drawdown is gone."""
    cagr_difference: float | None
    """Its growth a year less the baseline's, as a fraction."""


@frozen(eq=False, repr=False)
class Comparison(Shown):
    """Results of one market and period, the baseline first. It shows itself as the tables of `alvh compare`."""

    results: tuple[Result, ...]

    @property
    def baseline(self) -> Result:
        return self.results[0]

    @property
    def differences(self) -> tuple[Difference, ...]:
        """One a result, the baseline's own included (no reduction, no difference)."""
        base = self.baseline.metrics
        return tuple(
            Difference(
                drawdown_reduction(result.metrics.max_drawdown, base.max_drawdown),
                None if result.metrics.cagr is None or base.cagr is None else result.metrics.cagr - base.cagr,
            )
            for result in self.results
        )

    @property
    def metrics(self) -> pl.DataFrame:
        """A row a result: `strategy`, its metrics, `drawdown_reduction` and `cagr_difference`; fractions, null where undefined."""
        return pl.DataFrame(
            [
                {"strategy": result.strategy, **asdict(result.metrics), **asdict(difference)}
                for result, difference in zip(self.results, self.differences, strict=True)
            ],
            infer_schema_length=None,
        )

    @property
    def equity(self) -> pl.DataFrame:
        """`date`, then the equity of each result in dollars, the columns named after the files; null once a run has stopped."""
        frames = [
            result.equity.select("date", pl.col("equity").alias(name))
            for name, result in zip(names_apart(self.results), self.results, strict=True)
        ]
        joined = frames[0]
        for frame in frames[1:]:
            joined = joined.join(frame, on="date", how="full", coalesce=True)
        return joined.sort("date")

    def to_dict(self) -> dict[str, Any]:
        """`baseline` is the strategy of the first of `results`."""
        return {
            "schema_version": SCHEMA_VERSION,
            "baseline": self.baseline.strategy,
            "results": [
                {
                    **result.to_dict(),
                    "drawdown_reduction": difference.drawdown_reduction,
                    "cagr_difference": difference.cagr_difference,
                }
                for result, difference in zip(self.results, self.differences, strict=True)
            ],
        }

    def __str__(self) -> str:
        from alvh.runtime.result_tables import comparison_text

        return comparison_text(self)

    def _repr_html_(self) -> str:
        from alvh.runtime.result_tables import comparison_html

        return comparison_html(self)
