"""Each metric on a series short enough for pencil and paper; the arithmetic stands beside it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from attrs import evolve
from pencil import case, market, run, track

from alvh.grammar.diagnostics import InternalError
from alvh.interface import Market
from alvh.runtime.claims.catalogue import OF_SENSITIVITIES, measure
from alvh.runtime.claims.days import cycles, falls, first_days, gap_days
from alvh.runtime.claims.intervals import Sampled
from alvh.runtime.claims.market_measures import future_returns, trigger_lift
from alvh.runtime.claims.measures import Case
from alvh.runtime.claims.tracks import Track, whole_track, wider_wings
from alvh.runtime.claims.trials import Trials
from alvh.strategy import load

STRATEGIES = Path(__file__).parents[2] / "strategies"
UNHEDGED = [100.0, 110.0, 88.0, 99.0]
HEDGED = [100.0, 108.0, 97.2, 100.0]
MARKET = market(4)


def value(metric: str, case: Case, relative: str = "", of: str = "hedged") -> float | None:
    found = measure(metric, relative, case, of)  # type: ignore[arg-type]
    assert isinstance(found, Sampled), found
    return found.value


@pytest.fixture
def pair() -> Case:
    return case(track(MARKET, HEDGED, [0.0, -2.0, 9.2, 1.0]), track(MARKET, UNHEDGED))


def test_drawdown_and_its_reduction(pair: Case) -> None:
    # hedged 97.2 / 108 - 1 = -10 %; unhedged 88 / 110 - 1 = -20 %; 1 - 10/20 = 50 %.
    assert value("max_drawdown", pair) == pytest.approx(-0.10)
    assert value("max_drawdown", pair, "reduction") == pytest.approx(0.50)
    assert value("max_drawdown", pair, "ratio") == pytest.approx(0.50)


def test_growth_given_up_and_gained(pair: Case) -> None:
    # four sessions: 1.00 ** 63 - 1 = 0 and 0.99 ** 63 - 1.
    assert value("growth_given_up", pair) == pytest.approx(0.99**63 - 1.0)
    assert value("growth_gained", pair) == pytest.approx(1.0 - 0.99**63)


def test_calmar() -> None:
    # from 100 over 99 to 101: fall 1 %, growth 1.01 ** (252 / 3) - 1 a year.
    hedged = track(market(3), [100.0, 99.0, 101.0])
    assert value("calmar", case(hedged, hedged)) == pytest.approx((1.01**84 - 1.0) / 0.01)


def test_returns_of_chosen_days_alone_compound(pair: Case) -> None:
    # of the days 1 and 3: +8 % and 100 / 97.2: no fall.
    chosen = np.array([False, True, False, True])
    assert value("max_drawdown", Case(pair.hedged, pair.baseline, pair.unhedged, None, chosen)) == 0.0


def test_cvar_is_of_returns(pair: Case) -> None:
    # the worst of four daily returns is -10 % and -20 %.
    assert value("cvar_95", pair, "reduction") == pytest.approx(0.50)


def test_the_best_months_of_the_hedge_can_be_taken_out() -> None:
    # monthly bars: the hedge earns 5, -1, 4, 3, 2; without 5, 4 and 3 it ends at 1, and equity 12 lower.
    arrays = market(5, step=31)
    hedged = track(arrays, [105.0, 104.0, 108.0, 111.0, 113.0], [5.0, 4.0, 8.0, 11.0, 13.0])
    without = hedged.without_best_months()
    assert without.hedge.tolist() == pytest.approx([0.0, -1.0, -1.0, -1.0, 1.0])
    assert without.equity.tolist() == pytest.approx([100.0, 99.0, 99.0, 99.0, 101.0])


def test_a_hedge_that_never_earns_has_no_best_month() -> None:
    hedged = track(market(3, step=31), [99.0, 98.0, 97.0], [-1.0, -2.0, -3.0])
    assert hedged.without_best_months().equity.tolist() == [99.0, 98.0, 97.0]


def test_hedge_cost_and_its_days() -> None:
    # loses 1 on equity of 100 in 4 of 252 sessions: 1 % x 63.
    hedged = track(MARKET, [100.0, 100.0, 100.0, 100.0], [0.0, -0.5, -1.0, -1.0])
    assert value("hedge_cost", case(hedged, track(MARKET, UNHEDGED))) == pytest.approx(0.63)


def test_calm_bleed_is_of_full_years_without_a_vix_of_thirty() -> None:
    # 2021 loses 2 of 100, 2022 has a VIX of 31, 2023 loses 4 of 100: 3 % on average. Every day is a bar.
    days = 3 * 365
    calm = np.full(days, 15.0)
    calm[400] = 31.0
    loss = np.concatenate([np.linspace(0.0, -2.0, 365), np.linspace(-2.0, -50.0, 365), np.linspace(-50.0, -54.0, 366)[1:]])
    loss[365:730] = np.linspace(-2.0, -50.0, 366)[1:]
    arrays = market(days, date(2021, 1, 1), vix=calm.tolist())
    hedged = track(arrays, [100.0] * days, loss.tolist())
    assert value("annual_cost", case(hedged, hedged)) == pytest.approx(0.03)
    arrays = market(days, date(2021, 1, 1), vix=[31.0] * days)
    hedged = track(arrays, [100.0] * days, loss.tolist())
    assert measure("annual_cost", "", case(hedged, hedged)) == "the sample has no full calendar year without a VIX of 30"


def test_monthly_drag_over_equity_leaves_out_months_with_a_gap() -> None:
    # January loses 1, February gaps, March loses 3 of 100: median 2 %.
    bars = 31 + 28 + 31
    vix = np.full(bars, 15.0)
    vix[40:] = 20.0  # +33 % on one day of February
    daily = np.zeros(bars)
    daily[10], daily[45], daily[70] = -1.0, 50.0, -3.0
    arrays = market(bars, date(2021, 1, 1), vix=vix.tolist(), vix_open=vix.tolist())
    hedged = track(arrays, [100.0] * bars, np.cumsum(daily).tolist())
    assert value("monthly_drag_of_equity", case(hedged, hedged)) == pytest.approx(0.02)
    assert measure("monthly_drag", "", case(hedged, hedged)) == "the sample has no full month without a gap day in which the book stood"


def test_payoff_capture_counts_gains_on_gap_days() -> None:
    # gaps on bars 1 and 3: own gains 3 and 0 (a loss counts 0), always on 4 and 2: 3 / 6.
    vix = [15.0, 18.0, 15.0, 18.0, 18.0]
    arrays = market(5, vix=vix, vix_open=[15.0, 15.0, 15.0, 15.0, 18.0])
    hedged = track(arrays, [100.0] * 5, [0.0, 3.0, 9.0, 8.0, 8.0])
    always = track(arrays, [100.0] * 5, [0.0, 4.0, 4.0, 6.0, 6.0])
    assert value("payoff_capture", case(hedged, hedged, always_on=always)) == pytest.approx(0.5)
    chosen = np.array([False, False, True, False, False])
    assert value("payoff_capture", case(hedged, hedged, always_on=always, chosen=chosen)) is None  # nothing could be earned that day


def test_always_on_is_scaled_to_as_many_contracts() -> None:
    vix = [15.0, 18.0]
    arrays = market(2, vix=vix, vix_open=vix)
    hedged = track(arrays, [100.0] * 2, [0.0, 3.0])
    always = run(arrays, [100.0] * 2, [0.0, 12.0])
    always.record.layer_contracts[:, 1] = 2.0  # twice as many: 12 counts as 6
    assert value("payoff_capture", case(hedged, hedged, always_on=whole_track(always))) == pytest.approx(0.5)


def test_event_loss_is_the_median_fall_from_before_the_event() -> None:
    # SPX falls 5 % on bar 2 from its close of bar 1; equity 100 on bar 1, lowest 91 after: 9 %.
    spx = [100.0, 100.0, 95.0, 95.0, 95.0, 95.0]
    arrays = market(6, spx=spx)
    hedged = track(arrays, [100.0, 100.0, 95.0, 91.0, 94.0, 99.0])
    assert value("event_loss", case(hedged, hedged)) == pytest.approx(0.09)
    calm = track(market(6), [100.0] * 6)
    assert measure("event_loss", "", case(calm, calm)) == "the sample holds no such event"


def test_cycles_cut_is_a_share_of_cycles() -> None:
    # VIX from 15 to 30 on bar 70: one cycle. Unhedged falls 20 %, hedged 10 %: cut by half.
    bars = 140
    vix = [15.0] * 70 + [30.0] * 10 + [15.0] * 60
    arrays = market(bars, vix=vix)
    unhedged, hedged = [100.0] * 75 + [80.0] * 65, [100.0] * 75 + [90.0] * 65
    pair = case(track(arrays, hedged), track(arrays, unhedged))
    found = measure("cycles_cut", "", pair)
    assert isinstance(found, Sampled)
    assert found.is_share
    assert found.rows.tolist() == [[1.0]]
    assert value("cycle_reduction", pair) == pytest.approx(0.5)


def decaying(*thetas: float, step: int = 1, **recorded: object) -> Track:
    """The book earns 50 dollars a day; the hedge loses what is said, on each of so many bars."""
    both = np.array([[50.0, theta] for theta in thetas])
    return track(market(len(thetas), step=step), [100.0] * len(thetas), layer_theta=both, **recorded)


def test_theta_paid_is_each_nights_theta_times_its_days() -> None:
    # Bars three days apart, thetas of the hedge -2, -1 and -4 dollars a day: (2 + 1) x 3; over the last bar's night nothing is known.
    own = decaying(-2.0, -1.0, -4.0, step=3)
    assert value("theta_paid", case(own, own)) == pytest.approx(9.0)
    # Half as much as twice as many calls; what a hedge sells earns it back: 2 - 0.5 dollars a day.
    other = decaying(-4.0, -2.0, 0.0, step=3)
    assert value("theta_paid", case(own, own, other), "ratio") == pytest.approx(0.5)
    assert value("theta_paid", case(decaying(-2.0, 0.5, 0.0), own)) == pytest.approx(1.5)


def test_theta_paid_belongs_to_the_day_it_has_become() -> None:
    own = decaying(-2.0, -1.0, -4.0, -8.0)
    assert value("theta_paid", case(own, own, chosen=np.array([True, False, True, False]))) == pytest.approx(1.0)
    assert value("theta_paid", case(own.cut(2, 4), own.cut(2, 4))) == pytest.approx(1.0 + 4.0)


def test_theta_paid_of_a_book_without_decay_is_no_divisor() -> None:
    own = decaying(-2.0, -1.0)
    assert value("theta_paid", case(own, own, decaying(0.0, 0.0)), "ratio") is None


def test_theta_paid_bears_a_few_days_without_a_price() -> None:
    # 1 day of 20 unknown, then 2 of 20.
    thetas = [-1.0] * 20
    thetas[7] = float("nan")
    assert value("theta_paid", case(decaying(*thetas), decaying(*thetas))) == pytest.approx(18.0)
    thetas[8] = float("nan")
    assert measure("theta_paid", "", case(decaying(*thetas), decaying(*thetas))) == "time decay is unknown on 10% of days"


def test_book_beta_is_the_share_of_days_inside_the_band() -> None:
    # Of 0.08, -0.12, 0.121, 0.079, 0 and an unknown one: 2 of 5.
    betas = np.array([0.08, -0.12, 0.121, 0.079, 0.0, float("nan")])
    own = track(market(6), [100.0] * 6, net_beta=betas)
    assert value("book_beta", case(own, own)) == pytest.approx(0.4)
    assert value("book_beta", case(own, own, chosen=np.array([True, True, True, False, False, True]))) == pytest.approx(2 / 3)
    nothing = track(market(6), [100.0] * 6, net_beta=np.full(6, np.nan))
    assert measure("book_beta", "", case(nothing, nothing)) == "the book's beta is unknown on all days"


def test_sensitivities_are_not_made_up_for_runs_that_did_not_record_them(pair: Case) -> None:
    for metric in OF_SENSITIVITIES:
        with pytest.raises(InternalError, match="did not record"):
            measure(metric, "", pair)


def test_gap_days_by_close_and_by_open() -> None:
    vix = np.array([10.0, 12.0, 11.0, 11.0])
    opened = np.array([50.0, 10.0, 13.3, 12.0])
    assert gap_days(vix, opened).tolist() == [False, True, True, False]  # +20 % close; 13.3 / 12 at the open; 12 / 11 < 1.10


def test_falls_name_the_day_and_the_close_fallen_from() -> None:
    spx = np.array([100.0, 101.0, 99.0, 98.0, 96.0, 95.0])
    assert falls(spx) == [(4, 1)]  # 96 / 101 - 1 = -4.95 %; 98 / 101 - 1 = -2.97 %


def test_events_stand_a_month_apart() -> None:
    flags = np.zeros(60, dtype=bool)
    flags[[3, 10, 24, 25, 40]] = True
    assert first_days(flags) == [3, 24]


def test_a_cycle_needs_level_and_rise_and_a_pause() -> None:
    vix = np.full(200, 20.0)
    vix[100] = 26.0  # only 1.3 times
    vix[110], vix[130], vix[153] = 31.0, 35.0, 31.0  # the second within 42 sessions of the first
    assert [stretch.day for stretch in cycles(vix, 0)] == [110, 153]


def test_lift_of_a_trigger() -> None:
    # VIX 10, spike to 13 on bar 15 of 30: days 5 to 14 see it coming. 20 days have ten ahead: 10 of 20 hit. Triggers on 8, 14, 2: 2 of 3.
    vix = [10.0] * 15 + [13.0] * 15
    arrays = market(30, vix=vix)
    hedged = track(arrays, [100.0] * 30)
    chosen = np.zeros(30, dtype=bool)
    chosen[[2, 8, 14]] = True
    found = trigger_lift(case(hedged, hedged, chosen=chosen), hedged)
    assert isinstance(found, Sampled)
    assert found.value == pytest.approx((2 / 3) / (10 / 20))


def test_wider_wings() -> None:
    made = run(MARKET, UNHEDGED)
    legs = made.program.layers[0].legs  # two puts
    assert wider_wings(legs, np.array([[3000.0, 2950.0, np.nan, np.nan]])).tolist() == [50.0]


def test_futures_of_constant_maturity_step_over_a_settlement() -> None:
    # One future, 10 then 11, settled at 12 while the next goes 20, 21: all weight stands on the nearest that is 30 days or more away.
    arrays = market(3, vx1=[10.0, 11.0, 21.0], vx2=[20.0, 20.0, 30.0], vix_settlement=[float("nan")] * 2 + [12.0])
    first = int(arrays.sessions[0])
    table = evolve(
        arrays.vix, settle_day=np.array([first + 2, first + 32, first + 62]), monthly=np.ones(3, dtype=np.int64), month_index=np.arange(3)
    )
    arrays = evolve(arrays, vix=table, vx_front=np.array([0, 0, 1]))
    found = future_returns(run(arrays, [100.0] * 3))
    # weights of the nearest: (32 - 30) / 30 on bar 0, (31 - 30) / 30 on bar 1.
    w0, w1 = 2 / 30, 1 / 30
    assert found.tolist() == pytest.approx(
        [0.0, (w0 * 11 + (1 - w0) * 20) / (w0 * 10 + (1 - w0) * 20) - 1, (w1 * 12 + (1 - w1) * 21) / (w1 * 11 + (1 - w1) * 20) - 1]
    )


def test_wing_notional_and_last_settlement_follow_the_lots_of_a_real_run() -> None:
    program = load(STRATEGIES / "unhedged.alvh").program
    arrays = Market("generated", seed=3).arrays(None, np.datetime64("2023-06-30"))
    (made,) = Trials(arrays).unhedged(program)
    held = made.record.layer_contracts[:, 0]
    per_condor = made.wing_notional[held > 0.0] / held[held > 0.0] / 100.0
    assert ((per_condor >= 25.0) & (per_condor <= 50.0)).all()
    assert (made.wing_notional[held == 0.0] == 0.0).all()
    assert ((made.last_settlement >= 0) == (held > 0.0)).all()
