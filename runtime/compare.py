"""Results side by side: the first is the baseline, the others say what they changed."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from alvh.runtime.metrics import drawdown_reduction
from alvh.runtime.results import SCHEMA_VERSION, Result, dump_json


@frozen
class Difference:
    """What a result changed against the baseline. None where one of the two has no figure."""

    drawdown_reduction: float | None
    """1 less the ratio of the maximum drawdowns: 0.3 says that 30 % of the baseline's drawdown is gone."""
    cagr_difference: float | None
    """Its growth a year less the baseline's, as a fraction."""


@frozen(eq=False)
class Comparison:
    """Results of one market and period, the baseline first."""

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

    def to_json(self) -> str:
        """`to_dict` as text, ending in a line break."""
        return dump_json(self.to_dict())

    def __str__(self) -> str:
        from alvh.runtime.result_tables import comparison_text

        return comparison_text(self)

    def _repr_html_(self) -> str:
        from alvh.runtime.result_tables import comparison_html

        return comparison_html(self)
