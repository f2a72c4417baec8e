"""The metrics that claims speak of, each as rows and a figure of them (quant.md section 5; docs/design/claims.md).

Path metrics are those of runtime/metrics.py, of daily returns. A metric that cannot be had is a text that says why.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from attrs import evolve, frozen

from alvh.runtime import metrics
from alvh.runtime.claims.days import Flags, first_days, in_scenarios
from alvh.runtime.claims.intervals import Sampled, Statistic
from alvh.runtime.claims.tracks import Track, month_numbers, year_numbers
from alvh.runtime.market import Floats

BLOCK_DAYS = 63
"""Mean length of what a bootstrap of days draws together: a quarter, longer than a condor or a front call is held."""
BLOCK_MONTHS = 3
CALM_VIX = 30.0
"""A calm year never sees a higher VIX at a close."""
FULL_YEAR = 200
"""Sessions of a calendar year from which on it counts."""
FULL_MONTH = 15
CYCLE_CUT = 0.35
"""Reduction of the drawdown that a cycle must reach to count as cut."""
BETA_BAND = 0.08, 0.12
MOST_UNKNOWN = 0.05
"""Of days, that a sum over days may lack."""
WITHOUT_LOTS = 31
"""Sessions an event lasts where the book held nothing when it began: 45 days."""

Figure = Sampled | str


@frozen(eq=False)
class Case:
    """One path of a strategy, against a baseline and against its own book without hedges; tracks over the same bars."""

    hedged: Track
    baseline: Track
    unhedged: Track
    always_on: Track | None = None
    chosen: Flags | None = None
    """[bars] the days meant; None for the metric's own."""

    @property
    def is_same(self) -> bool:
        """Whether the strategy and its baseline are one and the same run."""
        return bool(np.array_equal(self.hedged.equity, self.baseline.equity))

    def without_best_months(self) -> Case:
        return evolve(self, hedged=self.hedged.without_best_months())


# ---- of daily returns --------------------------------------------------------------------------------


def of_returns(figure: Callable[[Floats], float | None]) -> Callable[[Case, Track], Figure]:
    def sample(case: Case, track: Track) -> Figure:
        returns = metrics.daily_returns(track.equity, track.capital)
        if returns.size != track.equity.size:
            return "equity was zero or below"
        if np.isnan(returns).any():
            return "equity is unknown on some day"
        if case.chosen is not None:
            returns = returns[case.chosen]
        return Sampled(returns[:, None], _first_column(figure), BLOCK_DAYS)

    return sample


def _first_column(figure: Callable[[Floats], float | None]) -> Statistic:
    return lambda rows: figure(rows[:, 0])


def deepest_drawdown(returns: Floats) -> float | None:
    """The deepest fall of what the returns compound to, negative; 0 for one that never falls."""
    wealth = np.cumprod(1.0 + returns)
    return float(np.min(wealth / np.maximum.accumulate(np.maximum(wealth, 1.0)) - 1.0)) + 0.0


def calmar_ratio(returns: Floats) -> float | None:
    """Growth a year over the deepest drawdown; None without a drawdown."""
    growth, fall = metrics.annual_growth(returns), deepest_drawdown(returns)
    return None if growth is None or not fall else growth / -fall


def final_equity(case: Case, track: Track) -> Figure:
    return of_returns(lambda returns: track.capital * float(np.prod(1.0 + returns)))(case, track)


# ---- what the hedge costs ----------------------------------------------------------------------------


def hedge_cost(case: Case, track: Track) -> Figure:
    rows = np.column_stack([track.hedge_daily, track.equity])
    if case.chosen is not None:
        rows = rows[case.chosen]

    def statistic(rows: Floats) -> float | None:
        return metrics.hedge_cost(float(rows[:, 0].sum()), rows[:, 1])

    return Sampled(rows, statistic, BLOCK_DAYS)


def growth_given_up(case: Case, track: Track) -> Figure:
    """C3 (a): growth a year of the unhedged book less the strategy's."""
    pair = [metrics.daily_returns(one.equity, one.capital) for one in (case.unhedged, track)]
    if any(returns.size != track.equity.size for returns in pair):
        return "equity was zero or below"

    def statistic(rows: Floats) -> float | None:
        alone, hedged = metrics.annual_growth(rows[:, 0]), metrics.annual_growth(rows[:, 1])
        return None if alone is None or hedged is None else alone - hedged

    return Sampled(np.column_stack(pair), statistic, BLOCK_DAYS)


def growth_gained(case: Case, track: Track) -> Figure:
    """Growth a year of the strategy less its baseline's."""
    pair = [metrics.daily_returns(one.equity, one.capital) for one in (track, case.baseline)]
    if any(returns.size != track.equity.size for returns in pair):
        return "equity was zero or below"

    def statistic(rows: Floats) -> float | None:
        own, other = metrics.annual_growth(rows[:, 0]), metrics.annual_growth(rows[:, 1])
        return None if own is None or other is None else own - other

    return Sampled(np.column_stack(pair), statistic, BLOCK_DAYS)


def reduction_kept(case: Case, track: Track) -> Figure:
    """C4: the reduction of the drawdown against the unhedged book, over that of the baseline."""
    three = [metrics.daily_returns(one.equity, one.capital) for one in (track, case.baseline, case.unhedged)]
    if any(returns.size != track.equity.size for returns in three):
        return "equity was zero or below"

    def statistic(rows: Floats) -> float | None:
        own, other, alone = (deepest_drawdown(rows[:, column]) for column in range(3))
        if own is None or other is None or not alone or other == alone:
            return None
        return (1.0 - own / alone) / (1.0 - other / alone)

    return Sampled(np.column_stack(three), statistic, BLOCK_DAYS)


def calm_bleed(case: Case, track: Track) -> Figure:
    """C3 (b): what the hedge lost in a calm calendar year over that year's mean equity, on average."""
    if case.chosen is not None:
        return "a yearly cost is of years, not of days"
    years, vix, daily = year_numbers(track.days), track.of_run(track.run.series("vix")), track.hedge_daily
    rows = []
    for year in np.unique(years):
        own = years == year
        if own.sum() >= FULL_YEAR and np.nanmax(vix[own]) < CALM_VIX:
            rows.append(-daily[own].sum() / track.equity[own].mean())
    if not rows:
        return f"the sample has no full calendar year without a VIX of {CALM_VIX:g}"
    return Sampled(np.array(rows)[:, None], lambda rows: float(rows.mean()) + 0.0, 1)


def premium_bought(case: Case, track: Track) -> Figure:
    """C3 (c): what the hedges paid for options, a year, over mean equity; what they got back is not taken off."""
    rows = np.column_stack([track.of_run(track.run.bought), track.equity])

    def statistic(rows: Floats) -> float | None:
        return float(rows[:, 0].sum() / rows[:, 1].mean() / (len(rows) / metrics.DAYS_A_YEAR))

    return Sampled(rows, statistic, BLOCK_DAYS)


def monthly_drag(over_equity: bool) -> Callable[[Case, Track], Figure]:
    """C5: what the hedge lost in a full month without a gap day, over the book's wing notional (or equity); the median."""

    def sample(case: Case, track: Track) -> Figure:
        if case.chosen is not None:
            return "a monthly drag is of months, not of days"
        months, daily = month_numbers(track.days), track.hedge_daily
        base = track.equity if over_equity else track.of_run(track.run.wing_notional)
        sessions, gaps = np.bincount(months), np.bincount(months, _gaps(track))
        lost, based = -np.bincount(months, daily), np.bincount(months, base) / np.maximum(sessions, 1)
        counted = (sessions >= FULL_MONTH) & (gaps == 0.0) & (based > 0.0)
        if not counted.any():
            return "the sample has no full month without a gap day in which the book stood"
        rows = lost[counted] / based[counted]
        return Sampled(rows[:, None], lambda rows: float(np.median(rows)) + 0.0, BLOCK_MONTHS)

    return sample


# ---- what the hedge pays -----------------------------------------------------------------------------


def _gaps(track: Track) -> Flags:
    return track.run.gaps[track.start : track.stop]


def always_on_profit(case: Case, track: Track) -> Floats | None:
    """[bars] daily P&L of the always-on hedge, layer by layer at the strategy's own largest number of contracts."""
    if case.always_on is None:
        return None
    own, other = track.run.record, case.always_on.run.record
    total = np.zeros(track.stop - track.start)
    for layer in track.run.hedges:
        most, always = own.layer_contracts[:, layer].max(), other.layer_contracts[:, layer].max()
        if always > 0.0:
            daily = np.diff(other.layer_profit[:, layer], prepend=0.0)
            total += daily[track.start : track.stop] * (most / always)
    return total


def payoff_capture(case: Case, track: Track) -> Figure:
    """C6: gains on the days meant over those of a hedge that was always on."""
    return _capture(case, track, _gaps(track) if case.chosen is None else case.chosen)


def capture_in_crises(case: Case, track: Track) -> Figure:
    """C6 on sample E: on the gap days of all scenarios."""
    return _capture(case, track, _gaps(track) & in_scenarios(track.days))


def _capture(case: Case, track: Track, days: Flags) -> Figure:
    standard = always_on_profit(case, track)
    if standard is None or track.run is not case.hedged.run:
        return "there is no always-on hedge to compare with"
    if not days.any():
        return "the sample holds none of the days meant"
    rows = np.column_stack([np.maximum(track.hedge_daily[days], 0.0), np.maximum(standard[days], 0.0)])

    def statistic(rows: Floats) -> float | None:
        possible = float(rows[:, 1].sum())
        return None if possible <= 0.0 else float(rows[:, 0].sum()) / possible

    return Sampled(rows, statistic, 1)


def event_loss(case: Case, track: Track) -> Figure:
    """C7: the fall of equity from before an event to its lowest until the book's lots of then have settled; the median."""
    run = track.run
    if case.chosen is None:
        events = [(day - track.start, before - track.start) for day, before in run.falls]
    else:
        events = [(day, day - 5) for day in first_days(case.chosen)]
    rows = []
    for day, before in events:
        if not 0 <= before < day < len(track.equity):
            continue
        settles = int(run.last_settlement[before + track.start])
        last = (settles - track.start) if settles >= 0 else before + WITHOUT_LOTS
        window = track.equity[before : max(last, day) + 1]
        rows.append(1.0 - window.min() / track.equity[before])
    if not rows:
        return "the sample holds no such event"
    return Sampled(np.array(rows)[:, None], lambda rows: float(np.median(rows)), 1)


def cycle_reductions(case: Case, track: Track) -> list[float]:
    """Reduction of the drawdown in each cycle of volatility in which the unhedged book fell."""
    run = track.run
    found = []
    for stretch in run.cycles:
        before, last = stretch.before - track.start, stretch.last - track.start
        if before < 0 or last >= len(track.equity):
            continue
        alone, hedged = (_fall(one.equity[before : last + 1]) for one in (case.unhedged, track))
        if alone < 0.0:
            found.append(1.0 - hedged / alone)
    return found


def _fall(equity: Floats) -> float:
    return float(np.min(equity / np.maximum.accumulate(equity) - 1.0))


def cycles_cut(case: Case, track: Track) -> Figure:
    """C8: the share of cycles whose drawdown is reduced by CYCLE_CUT or more."""
    found = cycle_reductions(case, track)
    if not found:
        return "the sample holds no cycle of volatility in which the book fell"
    cut = np.array([[1.0 if reduction >= CYCLE_CUT else 0.0] for reduction in found])
    return Sampled(cut, lambda rows: float(rows.mean()), 1, is_share=True)


def cycle_reduction(case: Case, track: Track) -> Figure:
    """C1, per cycle: the median reduction."""
    found = cycle_reductions(case, track)
    if not found:
        return "the sample holds no cycle of volatility in which the book fell"
    return Sampled(np.array(found)[:, None], lambda rows: float(np.median(rows)), 1)


def book_risk(case: Case, track: Track) -> Figure:
    """What the lots held could lose at expiry, premium aside, over equity; the mean over days."""
    rows = (track.of_run(track.run.record.margin) / track.equity)[:, None]
    return Sampled(rows, lambda rows: float(rows.mean()), BLOCK_DAYS)


def theta_paid(case: Case, track: Track) -> Figure:
    """Dollars of time decay that the hedges paid: each night's theta times its calendar days; what they earned by it is taken off."""
    paid = track.of_run(track.run.decay_paid)
    if case.chosen is not None:
        paid = paid[case.chosen]
    unknown = np.isnan(paid)
    if unknown.mean() > MOST_UNKNOWN:
        return f"time decay is unknown on {unknown.mean():.0%} of days"
    return Sampled(np.nan_to_num(paid)[:, None], lambda rows: float(rows.sum()) + 0.0, BLOCK_DAYS)


def book_beta(case: Case, track: Track) -> Figure:
    """C13: the share of days on which the beta of all that is held lies in BETA_BAND, without sign; days of unknown beta are left out."""
    beta = track.of_run(track.run.net_beta)
    if case.chosen is not None:
        beta = beta[case.chosen]
    known = np.abs(beta[~np.isnan(beta)])
    if not known.size:
        return "the book's beta is unknown on all days"
    inside = (known >= BETA_BAND[0]) & (known <= BETA_BAND[1])
    return Sampled(inside.astype(float)[:, None], lambda rows: float(rows.mean()), BLOCK_DAYS)
