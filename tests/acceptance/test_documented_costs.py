"""The figures by which docs/results.md says what `costs listed` assumes."""

from __future__ import annotations

from pathlib import Path

import pytest

import alvh

STRATEGIES = Path(__file__).parents[2] / "strategies"


def figures(market: alvh.Market, name: str, start: str, end: str, costs: str) -> tuple[float, float]:
    """Growth a year and dollars paid for trading."""
    result = alvh.run(STRATEGIES / f"{name}.alvh", market, start=start, end=end, settings={"costs": costs})
    assert result.metrics.cagr is not None
    return result.metrics.cagr, sum(layer.costs for layer in result.layers)


def test_weekly_condors_live_or_die_by_the_fill(history: alvh.Market) -> None:
    listed, none = (figures(history, "unhedged", "2006-02-24", "2020-12-31", costs) for costs in ("listed", "none"))
    assert listed == pytest.approx((-0.077, 836_000.0), rel=0.02)
    assert none == pytest.approx((0.011, 0.0), abs=0.001)


def test_the_index_lies_between_the_two_fills(history: alvh.Market) -> None:
    """CNDR 771.31 on 2010-01 and 713.49 on 2019-01 (quant.md 2.2): -0.86 % a year."""
    listed, none = (figures(history, "cndr", "2010-01-04", "2019-01-31", costs)[0] for costs in ("listed", "none"))
    assert listed < -0.0086 < none
    assert (listed, none) == pytest.approx((-0.015, 0.010), abs=0.001)
