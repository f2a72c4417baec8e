"""Seed 002, the 40/40/20 by budget: one test a rule that a line carries. quant.md 1.3 numbers the rules, docs/seeds.md lists them.

Markets are flat (VIX and its futures 20, SPX 4000) and traded from bar 40 on unless said, the first session of March 2020. The hedge
gets 1.5 % of a million dollars a year, $1,250 a month: $500, $500 and $250.
"""

from __future__ import annotations

from typing import Any

import pytest
from seed_runs import Story, legs_of, run_seed, seed_claim, seed_layer, seed_program, steps


def budgeted(name: str = "alvh_40_40_20", bars: int = 50, **market: Any) -> Story:
    market.setdefault("settings", {})
    return run_seed(name, bars, first=40, **market)


def spent(story: Story, layer: str) -> float:
    """Premium and fees of a layer's first purchase, had it bought fractions."""
    row = story.of(layer, "open")[0]
    return row.asked * (row.price * 100.0 + 1.2 * len(row.strikes))


PAYMENT = 0.015 * 1_000_000.0 / 12.0
"""A month's."""


def test_s2_1_the_hedge_has_a_budget() -> None:
    budget = seed_program("alvh_40_40_20").groups[-1].budget
    assert budget is not None
    assert budget.kept_months == 12.0
    story = budgeted(vix=25.0, inputs={"ad_line": 1.0})
    assert spent(story, "alvh.fast") == pytest.approx(0.4 * PAYMENT, rel=0.05)


def test_s2_1_forty_per_cent_of_it_for_the_fast_layer() -> None:
    assert spent(budgeted(vix=25.0), "alvh.fast") == pytest.approx(0.4 * first_payment(), rel=1e-6)


def first_payment() -> float:
    story = budgeted()
    return PAYMENT * float(story.arrays.month_part[40])


def test_s2_1_forty_for_the_steady_one() -> None:
    story = budgeted(settings={"breadth_weak": "vix > 0"})
    assert spent(story, "alvh.steady") == pytest.approx(0.4 * first_payment(), rel=1e-6)


def test_s2_1_twenty_for_the_tail() -> None:
    assert spent(budgeted(), "alvh.tail") == pytest.approx(0.2 * first_payment(), rel=1e-6)


def test_s2_1_another_page_gives_the_tail_a_quarter() -> None:
    assert spent(budgeted("alvh_40_35_25"), "alvh.tail") == pytest.approx(0.25 * first_payment(), rel=1e-6)


def test_s2_1_and_the_steady_layer_35() -> None:
    story = budgeted("alvh_40_35_25", settings={"breadth_weak": "vix > 0"})
    assert spent(story, "alvh.steady") == pytest.approx(0.35 * first_payment(), rel=1e-6)


def test_s2_2_the_fast_layer_owns_short_dated_calls() -> None:
    assert legs_of("alvh_40_40_20", "alvh.fast") == ["+1 VIX call 0.4 delta, 21..35 days"]
    row = budgeted(vix=25.0).of("alvh.fast", "open")[0]
    assert 21 <= row.days[0] <= 35


def test_s2_2_it_opens_ahead_of_a_release() -> None:
    calm = {"vix": 15.0}
    assert budgeted(**calm).bars("alvh.fast", "open") == []
    assert budgeted(**calm, events={"fomc": [49]}).bars("alvh.fast", "open") == [44]


def test_s2_2_as_a_futures_spread_it_is_long_the_near_end() -> None:
    # A jump of the near future from 20 to 24 with the second at 20: each spread gains 4 points of $1,000.
    story = budgeted("alvh_40_40_20_futures", vix=25.0, vx1=steps((45, 20.0), (9, 24.0)), vx2=20.0)
    row = story.of("alvh.fast", "open")[0]
    profit = story.record.layer_profit[:, story.number("alvh.fast")]
    assert profit[5] - profit[4] == pytest.approx(row.filled * 4.0 * 1000.0)


def test_s2_3_the_steady_layer_owns_a_medium_spread() -> None:
    assert legs_of("alvh_40_40_20", "alvh.steady")[0] == "+1 VIX call 0.5 delta, 75..105 days"
    row = budgeted(settings={"breadth_weak": "vix > 0"}).of("alvh.steady", "open")[0]
    assert all(75 <= days <= 105 for days in row.days)
    assert row.strikes[0] < row.strikes[1]


def test_s2_3_it_opens_while_breadth_is_weak() -> None:
    line = [1000.0 + bar % 2 for bar in range(44)] + [980.0]
    assert budgeted(inputs={"ad_line": line}).bars("alvh.steady", "open") == [44]
    assert budgeted().bars("alvh.steady", "open") == []


def test_s2_3_or_while_rsi_of_vix_is_high() -> None:
    # VIX rises from bar 42 on and never falls: RSI is 100 on bars 42, 43, 44.
    story = budgeted(vix=[20.0] * 42 + [20.0 + 0.1 * day for day in range(1, 9)])
    assert story.bars("alvh.steady", "open") == [44]


def test_s2_3_as_etf_it_spends_the_same_share_on_vxx() -> None:
    story = budgeted("alvh_40_40_20_etf", settings={"breadth_weak": "vix > 0"})
    row = story.of("alvh.steady", "open")[0]
    assert row.price * 100.0 == pytest.approx(25.0, rel=0.01)  # a share
    assert row.filled * 25.0 == pytest.approx(0.4 * first_payment(), rel=0.05)


def test_s2_3_or_on_uvxy() -> None:
    assert [leg.product for leg in seed_layer("alvh_40_40_20_etf_uvxy", "alvh.steady").legs] == ["UVXY"]


def test_s2_4_the_tail_owns_far_calls_out_of_the_money() -> None:
    assert legs_of("alvh_40_40_20", "alvh.tail") == ["+1 VIX call 0.1 delta, 150..200 days"]
    row = budgeted().of("alvh.tail", "open")[0]
    assert 150 <= row.days[0] <= 200
    assert row.strikes[0] > 30.0


def test_s2_4_or_a_synthetic_future() -> None:
    # A call bought and a put sold at 20 gain a point for each point of the future: on bar 45 it rises from 20 to 23.
    story = budgeted("alvh_40_40_20_synthetic", vix=steps((45, 20.0), (9, 23.0)), rate=0.0)
    row = story.of("alvh.tail", "open")[0]
    assert row.strikes == (20.0, 20.0)
    profit = story.record.layer_profit[:, story.number("alvh.tail")]
    assert profit[5] - profit[4] == pytest.approx(row.filled * 3.0 * 100.0, rel=1e-6)


UP, DOWN = steps((45, 20.0), (9, 24.0)), steps((45, 20.0), (9, 16.0))
"""After a flat stretch MACD crosses its signal on the day of the step, upward or downward."""


def test_s2_4_capital_moves_to_the_fast_layer_when_the_regime_turns_up() -> None:
    story = budgeted(vix=UP)
    assert [shift.amount for shift in story.program.groups[-1].shifts if shift.rule.reason == "regime_up"] == [0.1]
    assert [(row.bar, row.reason) for row in story.of("alvh.tail", "shift")] == [(45, "regime_up")]


def test_s2_4_and_back_when_it_turns_down() -> None:
    story = budgeted(vix=DOWN)
    assert [shift.amount for shift in story.program.groups[-1].shifts if shift.rule.reason == "regime_down"] == [0.1]
    assert [(row.bar, row.reason) for row in story.of("alvh.fast", "shift")] == [(45, "regime_down")]


def test_s2_5_the_promise_of_a_smaller_drawdown_than_one_call() -> None:
    claim = seed_claim("alvh_40_40_20", "shallower")
    assert (claim.relative, claim.metric, claim.against) == ("reduction", "max_drawdown", "single_vix_call.alvh")
    assert claim.region.holds(0.01)
    assert not claim.region.holds(0.0)


def test_s2_5_and_of_less_decay() -> None:
    claim = seed_claim("alvh_40_40_20", "cheaper_decay")
    assert (claim.relative, claim.metric) == ("ratio", "theta_paid")
    assert (claim.region.high, claim.region.high_open) == (1.0, True)


def test_s2_6_fast_calls_go_when_the_event_crushes_volatility() -> None:
    # The Fed decides on bar 46, and a day later VIX and the surface fall from 25 to 22.4, by 10.4 %; or to 22.6, by 9.6 %.
    crushed = steps((47, 25.0), (9, 22.4))
    story = budgeted("alvh_40_40_20_crush", vix=crushed, events={"fomc": [46]})
    assert [(row.bar, row.reason) for row in story.of("alvh.fast", "close")] == [(47, "volatility crushed")]
    assert budgeted("alvh_40_40_20_crush", vix=steps((47, 25.0), (9, 22.6)), events={"fomc": [46]}).of("alvh.fast", "close") == []
    assert budgeted("alvh_40_40_20_crush", vix=crushed, events={"fomc": [45]}).of("alvh.fast", "close") == []
    assert budgeted("alvh_40_40_20_crush", vix=crushed).of("alvh.fast", "close") == []


def test_s2_8_the_fast_layer_has_its_own_threshold_of_volatility() -> None:
    assert budgeted(vix=steps((45, 17.0), (9, 18.5))).bars("alvh.fast", "open") == [45]


OWN = {"price_to_cash_flow": steps((45, 15.0), (9, 20.0)), "constituents_irr": 0.01}


def test_s2_9_capital_moves_on_the_cash_flow_and_return_of_the_constituents() -> None:
    story = budgeted("alvh_40_40_20_own_data", inputs=OWN)
    assert story.program.groups[-1].shifts[0].amount == 0.1
    assert [(row.bar, row.reason) for row in story.of("alvh.fast", "shift")] == [(45, "dear begins")]
    assert budgeted("alvh_40_40_20_own_data", inputs={**OWN, "constituents_irr": 0.10}).of("alvh.fast", "shift") == []


def test_s2_11_in_motion_the_ratio_follows_every_day() -> None:
    # Each day VIX stands elsewhere, from 20 to 24, without a threshold between them: from 8/12 to 12/12 of the anchor's twenty calls.
    vix = [20.0] * 42 + [20.0, 21.0, 22.0, 23.0, 24.0]
    story = run_seed("alvh_anchor_ratio_motion", 47, first=40, vix=vix)
    assert [story.contracts("alvh.ratio", bar) for bar in range(42, 47)] == [13.0, 15.0, 16.0, 18.0, 20.0]
    loyal = run_seed("alvh_anchor_ratio", 47, first=40, vix=vix)
    assert {loyal.contracts("alvh.ratio", bar) for bar in range(42, 47)} == {10.0}


RATES = {"reer": steps((20, 100.0), (90, 102.0)), "yield_2y": steps((66, 2.0), (9, 2.2)), "fed_funds": 1.5}


def test_s2_12_the_steady_layer_opens_when_dollar_and_rates_rise() -> None:
    assert steady_bars(RATES) == [66]
    assert steady_bars({**RATES, "yield_2y": 2.0}) == []


def steady_bars(inputs: dict[str, Any]) -> list[int]:
    return run_seed("alvh_40_40_20_own_data", 70, first=61, inputs=inputs).bars("alvh.steady", "open")


def test_s2_13_an_elevated_equity_premium_scales_the_steady_layer_synthetically() -> None:
    story = budgeted(
        "alvh_40_40_20_synthetic", settings={"breadth_weak": "vix > 0"}, inputs={"equity_premium": steps((45, 0.04), (9, 0.06))}
    )
    (row,) = story.of("alvh.scaled", "open")
    assert row.bar == 45
    assert row.strikes[0] == row.strikes[1]
    assert row.asked == story.contracts("alvh.steady", 45) / 2.0


def test_s2_14_the_steady_layer_opens_on_a_cluster_of_listings_or_falling_reits() -> None:
    assert run_seed("alvh_40_40_20_own_data", 50, first=40, inputs={"ipo_count": steps((45, 20.0), (9, 50.0))}).bars(
        "alvh.steady", "open"
    ) == [45]
    falling = {"ipo_count": 20.0, "reit": steps((45, 100.0), (9, 90.0))}
    assert run_seed("alvh_40_40_20_own_data", 50, first=40, inputs=falling).bars("alvh.steady", "open") == [45]


def test_s2_16_a_hedge_out_of_health_is_sold() -> None:
    story = run_seed("alvh_40_40_20_own_data", 50, first=40, inputs={"ddm_gap": steps((43, 0.59), (1, 0.61), (2, 0.41), (9, 0.39))})
    assert [(row.bar, row.reason) for row in story.of("alvh.tail", "close")] == [(43, "unhealthy")]
    assert story.bars("alvh.tail", "open") == [40, 46]  # nothing until the gap is below 40 % again


WARPED = [20.0 + 0.02 * (bar % 3) for bar in range(64)] + [24.0]
"""The first future wavers about VIX for sixty sessions and then jumps four points above it."""


def test_s2_17_a_reversal_opens_when_the_first_future_is_warped() -> None:
    story = run_seed("alvh_40_40_20_reversal", 67, first=62, vix=20.0, vx1=WARPED)
    assert story.bars("alvh.steady", "open") == [64]
    assert run_seed("alvh_40_40_20_reversal", 67, first=62, vix=20.0, vx1=WARPED[:64]).bars("alvh.steady", "open") == []


def test_s2_17_it_sells_that_future_against_call_and_put() -> None:
    # Ten calls less ten puts at one strike are one future; sold against it, nothing is left to move.
    story = run_seed("alvh_40_40_20_reversal", 70, first=62, vix=20.0, vx1=[*WARPED, 24.0, 24.0, 30.0])
    profit = story.record.layer_profit[:, story.number("alvh.steady")]
    assert story.contracts("alvh.steady", 67) == 1.0
    assert profit[67 - 62] == pytest.approx(profit[66 - 62], abs=1.0)
