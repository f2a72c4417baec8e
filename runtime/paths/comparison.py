"""Strategies on the same paths, compared path by path: what each changed against the first, and how that is spread."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import frozen

from alvh.runtime.market import Floats
from alvh.runtime.paths.distribution import Distribution, distribution
from alvh.runtime.paths.result import SCHEMA_VERSION, PathsResult, spread
from alvh.runtime.results import Shown


@frozen
class PathsDifference:
    """What a strategy changed against the baseline on the same path, over all paths on which both have the figure."""

    drawdown_reduction: Distribution
    """1 less the ratio of the maximum drawdowns."""
    cagr_difference: Distribution
    """Its growth a year less the baseline's, as a fraction."""


@frozen(eq=False, repr=False)
class PathsComparison(Shown):
    """Results on the same paths, the baseline first. It shows itself as the table of `alvh compare --paths`."""

    results: tuple[PathsResult, ...]

    @property
    def baseline(self) -> PathsResult:
        return self.results[0]

    @property
    def differences(self) -> tuple[PathsDifference, ...]:
        """One a result, the baseline's own included (no reduction, no difference)."""
        return tuple(self._difference(result) for result in self.results)

    def _difference(self, result: PathsResult) -> PathsDifference:
        own, base = (_column(one, "max_drawdown") for one in (result, self.baseline))
        fell = base < 0.0
        return PathsDifference(
            drawdown_reduction=distribution(np.where(fell, 1.0 - own / np.where(fell, base, 1.0), np.nan)),
            cagr_difference=distribution(_column(result, "cagr") - _column(self.baseline, "cagr")),
        )

    def to_dict(self) -> dict[str, Any]:
        """`baseline` is the strategy of the first of `results`."""
        return {
            "schema_version": SCHEMA_VERSION,
            "baseline": self.baseline.strategy,
            "results": [
                {
                    **result.to_dict(),
                    "drawdown_reduction": spread(difference.drawdown_reduction),
                    "cagr_difference": spread(difference.cagr_difference),
                }
                for result, difference in zip(self.results, self.differences, strict=True)
            ],
        }

    def __str__(self) -> str:
        from alvh.runtime.paths.tables import comparison_text

        return comparison_text(self)

    def _repr_html_(self) -> str:
        from alvh.runtime.paths.tables import comparison_html

        return comparison_html(self)


def _column(result: PathsResult, name: str) -> Floats:
    """[paths] of a metric, NaN where undefined."""
    values: Floats = result.by_path[name].cast(float).fill_null(float("nan")).to_numpy()
    return values
