"""Every metric by name, and what `reduction` and `ratio` make of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from alvh.runtime import metrics
from alvh.runtime.claims import journal_measures, market_measures, measures
from alvh.runtime.claims.intervals import Sampled
from alvh.runtime.claims.measures import Case, Figure
from alvh.runtime.claims.questions import Measured
from alvh.runtime.claims.tracks import Track
from alvh.runtime.market import Floats

MEASURES: dict[str, Callable[[Case, Track], Figure]] = {
    "cagr": measures.of_returns(metrics.annual_growth),
    "volatility": measures.of_returns(metrics.annual_volatility),
    "sharpe": measures.of_returns(metrics.sharpe_ratio),
    "sortino": measures.of_returns(metrics.sortino_ratio),
    "max_drawdown": measures.of_returns(measures.deepest_drawdown),
    "cvar_95": measures.of_returns(metrics.conditional_value_at_risk),
    "calmar": measures.of_returns(measures.calmar_ratio),
    "final_equity": measures.final_equity,
    "trades": journal_measures.trades,
    "hedge_cost": measures.hedge_cost,
    "annual_cost": measures.calm_bleed,
    "growth_given_up": measures.growth_given_up,
    "premium_bought": measures.premium_bought,
    "monthly_drag": measures.monthly_drag(over_equity=False),
    "monthly_drag_of_equity": measures.monthly_drag(over_equity=True),
    "payoff_capture": measures.payoff_capture,
    "payoff_capture_in_crises": measures.capture_in_crises,
    "event_loss": measures.event_loss,
    "cycles_cut": measures.cycles_cut,
    "cycle_reduction": measures.cycle_reduction,
    "theta_paid": measures.theta_paid,
    "book_risk": measures.book_risk,
    "growth_gained": measures.growth_gained,
    "reduction_kept": measures.reduction_kept,
    "gain_offset": journal_measures.gain_offset,
    "range_bound_change": market_measures.range_bound_change,
    "range_bound_level": market_measures.range_bound_level,
    "trigger_lift": market_measures.trigger_lift,
    "naive_drag": market_measures.naive_drag,
    "book_beta": measures.book_beta,
}
"""`annual_cost` decides by the calm bleed; growth_given_up and premium_bought stand beside it."""

OF_MARKET = frozenset({"range_bound_change", "range_bound_level", "trigger_lift", "naive_drag"})
"""Metrics that no hedge changes."""
OF_HEDGE = frozenset(
    {
        "annual_cost", "growth_given_up", "growth_gained", "premium_bought", "monthly_drag", "monthly_drag_of_equity", "hedge_cost",
        "payoff_capture", "payoff_capture_in_crises", "cycles_cut", "cycle_reduction", "theta_paid",
    }
)  # fmt: skip
"""Metrics that say nothing of a book without a hedge."""
OF_SENSITIVITIES = frozenset({"theta_paid", "book_beta"})
"""Metrics of runs that record net beta and thetas by bar."""


def measure(metric: str, relative: str, case: Case, of: Measured = "hedged") -> Figure:
    """A metric of one run of a case, or `relative` to the baseline's, as `reduction` or `ratio`."""
    own = MEASURES[metric](case, {"hedged": case.hedged, "unhedged": case.unhedged, "baseline": case.baseline}[of])
    if not relative or isinstance(own, str):
        return own
    other = MEASURES[metric](case, case.baseline)
    if isinstance(other, str):
        return other
    return _relative(own, other, relative)


def _relative(own: Sampled, other: Sampled, relative: str) -> Figure:
    if len(own.rows) != len(other.rows):
        return "the two runs have figures of different days"
    columns = own.rows.shape[1]

    def statistic(rows: Floats) -> float | None:
        mine, theirs = own.statistic(rows[:, :columns]), other.statistic(rows[:, columns:])
        if mine is None or theirs is None or theirs == 0.0:
            return None
        return 1.0 - mine / theirs if relative == "reduction" else mine / theirs

    return Sampled(np.concatenate([own.rows, other.rows], axis=1), statistic, max(own.block, other.block))
