"""Figures of the market alone, which the standard table asks for: how calm it is, what triggers foretell, what naive longs lose.

They take a case like every other measure, and read nothing of it but the market of its path.
"""

from __future__ import annotations

import numpy as np

from alvh.runtime.claims.intervals import Sampled
from alvh.runtime.claims.measures import BLOCK_DAYS, BLOCK_MONTHS, FULL_MONTH, Case, Figure
from alvh.runtime.claims.tracks import Run, Track, month_numbers
from alvh.runtime.market import Floats

CALM_CHANGE, CALM_DISTANCE, AVERAGE_WINDOW = 0.07, 0.15, 21
LIFT, LIFT_SESSIONS = 1.25, 10
NAIVE_SHARE = 0.04
"""Futures notional over the book's wing notional, of the naive hedge of C5."""
MATURITY = 30.0


def range_bound_change(case: Case, track: Track) -> Figure:
    """C11: share of days on which ln VIX moves by less than 7 %."""
    vix = track.run.series("vix")
    calm = (np.abs(np.diff(np.log(vix))) < CALM_CHANGE).astype(float)
    return Sampled(calm[:, None], lambda rows: float(rows.mean()), BLOCK_DAYS)


def range_bound_level(case: Case, track: Track) -> Figure:
    """C11: share of days on which the VIX lies within 15 % of its mean of 21 days."""
    run = track.run
    vix = run.series("vix", warm_up=True)
    if vix.size < AVERAGE_WINDOW:
        return "the sample is too short"
    mean = np.convolve(vix, np.full(AVERAGE_WINDOW, 1.0 / AVERAGE_WINDOW), mode="valid")
    near = (np.abs(vix[AVERAGE_WINDOW - 1 :] / mean - 1.0) < CALM_DISTANCE).astype(float)
    return Sampled(near[-run.bars :][:, None], lambda rows: float(rows.mean()), BLOCK_DAYS)


def trigger_lift(case: Case, track: Track) -> Figure:
    """C12: chance that the VIX rises by a quarter within 10 sessions of a trigger, over the chance on any day."""
    if case.chosen is None:
        return "no trigger is named"
    vix = track.of_run(track.run.series("vix"))
    ahead = vix.size - LIFT_SESSIONS
    if ahead < 1:
        return "the sample is too short"
    highest = np.max([vix[back : back + ahead] for back in range(1, LIFT_SESSIONS + 1)], axis=0)
    rows = np.column_stack([case.chosen[:ahead], highest >= LIFT * vix[:ahead]]).astype(float)

    def statistic(rows: Floats) -> float | None:
        triggers, base = rows[:, 0].sum(), rows[:, 1].mean()
        return None if triggers == 0.0 or base == 0.0 else float((rows[:, 0] * rows[:, 1]).sum() / triggers / base)

    return Sampled(rows, statistic, BLOCK_DAYS)


def naive_drag(case: Case, track: Track) -> Figure:
    """C5: what VIX futures of constant 30 days lose in a full month without a gap day, at 4 % of the book's wing notional; the median."""
    run = track.run
    returns = track.of_run(future_returns(run))
    gaps = run.gaps[track.start : track.stop]
    months = month_numbers(track.days)
    sessions, unfit = np.bincount(months), np.bincount(months, gaps | np.isnan(returns))
    counted = (sessions >= FULL_MONTH) & (unfit == 0.0)
    if not counted.any():
        return "the sample has no full month without a gap day"
    grown = np.exp(np.bincount(months, np.log1p(np.nan_to_num(returns))))
    rows = -NAIVE_SHARE * (grown[counted] - 1.0)
    return Sampled(rows[:, None], lambda rows: float(np.median(rows)), BLOCK_MONTHS)


def future_returns(run: Run) -> Floats:
    """[bars] daily returns of the two nearest monthly VIX futures, weighted each day to 30 days; the first is 0."""
    arrays = run.arrays
    bars = slice(arrays.first, arrays.first + run.bars)
    front, days = arrays.vx_front[bars], arrays.sessions[bars]
    monthlies = arrays.vix.monthly == 1
    settle = arrays.vix.settle_day[monthlies][np.argsort(arrays.vix.month_index[monthlies])]
    near, far = (settle[front + rank] - days for rank in (0, 1))
    weight = np.clip((far - MATURITY) / (far - near), 0.0, 1.0)
    first, second = run.series("vx1"), run.series("vx2")
    paid = run.series("vix_settlement")
    returns = np.zeros(run.bars)
    stays = front[1:] == front[:-1]
    first_now = np.where(stays, first[1:], np.where(np.isnan(paid[1:]), run.series("vix.open")[1:], paid[1:]))
    second_now = np.where(stays, second[1:], first[1:])
    before = weight[:-1] * first[:-1] + (1.0 - weight[:-1]) * second[:-1]
    returns[1:] = (weight[:-1] * first_now + (1.0 - weight[:-1]) * second_now) / before - 1.0
    return returns
