"""Seed 000, the 4/4/2 by notional: one test a rule that a line carries. quant.md 1.1 numbers the rules, docs/seeds.md lists them.

Markets are made by hand: VIX and SPX stand still unless said, so RSI is 0, the condors' wings are 25 points, and nothing happens by itself.
`FEAR` replaces what a test is not about: the near layer opens above 25, the medium one above 28, in a market where macro is always new.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from seed_runs import Story, legs_of, run_seed, seed_claim, seed_layer, steps
from small_market import START, Values

FEAR = {"expansion": "vix crosses above 25", "macro": "vix > 0", "curve_up": "vix crosses above 28"}
NEAR_ALONE = {**FEAR, "curve_up": "vix crosses above 1000"}
SPIKE = steps((62, 20.0), (20, 26.0))
"""The near layer's signal comes on bar 62, a Wednesday."""
WIDTH = 25.0 * 100.0
"""Dollars of width notional a condor has while its wings are 25 points."""


def gated(name: str = "alvh_442_notional", bars: int = 75, settings: dict[str, str] = FEAR, **market: object) -> Story:
    return run_seed(name, bars, first=40, settings=settings, **market)  # type: ignore[arg-type]


def condors_before(story: Story, bar: int) -> float:
    return story.contracts("condors", bar - 1)


def test_s0_2_the_near_layer_is_let_go_when_momentum_is_gone() -> None:
    # Gains of 6 and 1, losses of 4 and 4, each session fading what went before by 13/14: on bar 65 5.7 stand against 7.7, RSI 42.
    story = gated(settings=NEAR_ALONE, vix=[*steps((62, 20.0)), 26.0, 27.0, 23.0, 19.0])
    assert story.bars("alvh.near", "open") == [62]
    assert [(row.bar, row.reason) for row in story.of("alvh.near", "close")] == [(65, "rsi(vix, 14) crosses below 50")]


def test_s0_3_the_medium_layer_is_moved_along_the_curve_with_fourteen_days_left() -> None:
    # Near closes on bar 64 as VIX falls back, so that medium opens once, on bar 63.
    story = gated(bars=85, vix=[*steps((62, 20.0)), 26.0, 29.0, 20.0])
    opened, sold, bought = story.of("alvh.medium", "open", "roll out", "roll in")
    assert 30 <= opened.days[0] <= 45
    assert sold.reason == "dte <= 14 days"
    assert 11 <= sold.days[0] <= 14
    assert bought.bar == sold.bar
    assert 30 <= bought.days[0] <= 45


def test_s0_4_the_near_layer_spends_four_per_cent_of_the_condors_width() -> None:
    story = gated(settings=NEAR_ALONE, vix=SPIKE)
    (row,) = story.of("alvh.near", "open")
    assert row.asked * row.price * 100.0 == pytest.approx(0.04 * condors_before(story, row.bar) * WIDTH)
    assert row.filled == int(row.asked)


def test_s0_4_in_futures_four_per_cent_is_their_value() -> None:
    assert legs_of("alvh_442_notional_futures", "alvh.near") == ["+1 VX future, month 1"]
    story = gated("alvh_442_notional_futures", settings=NEAR_ALONE, vix=SPIKE)
    (row,) = story.of("alvh.near", "open")
    # A future at 26 is worth $26,000.
    assert row.filled * 26.0 * 1000.0 == pytest.approx(0.04 * condors_before(story, row.bar) * WIDTH, rel=1e-3)


def test_s0_4_in_vxx_calls_the_same_premium_buys_calls_on_the_fund() -> None:
    assert legs_of("alvh_442_notional_vxx", "alvh.near") == ["+1 VXX call 0.4 delta, 7..14 days"]
    story = gated("alvh_442_notional_vxx", settings=NEAR_ALONE, vix=SPIKE)
    (row,) = story.of("alvh.near", "open")
    assert row.days in [(9,), (11,)]  # the Friday of next week
    assert 25.0 <= row.strikes[0] <= 27.0  # VXX stands at 25
    assert row.asked * row.price * 100.0 == pytest.approx(0.04 * condors_before(story, row.bar) * WIDTH)


def test_s0_5_the_near_layer_opens_when_rsi_of_vix_crosses_above_50() -> None:
    # A fall of 2 on bar 60, then rises of 1. Each session fades what went before by 13/14: after one rise 1 stands against 1.86,
    # after two 1.93 against 1.72, so RSI passes 50 on bar 62.
    vix = [*steps((60, 20.0)), 18.0, 19.0, 20.0, 21.0, 22.0]
    story = gated(settings={}, vix=vix)
    assert story.bars("alvh.near", "open")[:1] == [62]


def test_s0_5_the_near_layer_opens_when_breadth_begins_to_diverge() -> None:
    # SPX at its high all the time; the advance-decline line falls from bar 62 on by three of its own daily moves and more.
    line = [1000.0 + bar % 2 for bar in range(62)] + [980.0]
    assert gated(settings={}, inputs={"ad_line": line}).bars("alvh.near", "open") == [62]


def test_s0_6_the_near_layer_owns_one_or_two_weeks() -> None:
    assert legs_of("alvh_442_notional", "alvh.near") == ["+1 VIX call 0.4 delta, 7..14 days"]
    (row,) = gated(settings=NEAR_ALONE, vix=SPIKE).of("alvh.near", "open")
    assert 7 <= row.days[0] <= 14
    # Before October 2015 there were monthlies only, and none within two weeks of bar 55, 2020-03-23: no trade.
    weeks = [START + timedelta(days=2 + 7 * week) for week in range(60)]
    never = {day: 10_000 for day in weeks if not 15 <= day.day <= 21}
    assert gated(settings=NEAR_ALONE, vix=steps((55, 20.0), (30, 26.0)), vix_listed=never).bars("alvh.near", "open") == []


def test_s0_7_nothing_is_held_while_nothing_is_confirmed() -> None:
    story = gated(settings={})
    assert story.of("condors", "open")
    assert story.of("alvh.near") == []


def test_s0_9_the_medium_layer_spends_another_four_per_cent() -> None:
    story = gated(vix=[*steps((62, 20.0)), 26.0, 29.0])
    row = story.of("alvh.medium", "open")[0]
    assert row.asked * row.price * 100.0 == pytest.approx(0.04 * condors_before(story, row.bar) * WIDTH)


def test_s0_9_it_buys_a_call_of_half_delta_30_to_45_days_out() -> None:
    assert legs_of("alvh_442_notional", "alvh.medium")[0] == "+1 VIX call 0.5 delta, 30..45 days"


def test_s0_9_and_sells_one_of_a_fifth_of_the_same_expiry() -> None:
    assert legs_of("alvh_442_notional", "alvh.medium")[1] == "-1 VIX call 0.2 delta, same"
    row = gated(vix=[*steps((62, 20.0)), 26.0, 29.0]).of("alvh.medium", "open")[0]
    assert row.days[0] == row.days[1]
    assert row.strikes[0] < row.strikes[1]


def test_s0_9_as_a_diagonal_it_owns_the_longer_put() -> None:
    assert legs_of("alvh_442_notional_diagonal", "alvh.medium") == ["+1 SPX put 0.25 delta, 60..90 days"]
    row = gated("alvh_442_notional_diagonal", vix=[*steps((62, 20.0)), 26.0, 29.0]).of("alvh.medium", "open")[0]
    assert 60 <= row.days[0] <= 90


def test_s0_9_as_a_diagonal_it_sells_the_nearer_put_further_out() -> None:
    assert legs_of("alvh_442_notional_diagonal", "alvh.short_put") == ["-1 SPX put 0.12 delta, 30..45 days"]
    story = gated("alvh_442_notional_diagonal", vix=[*steps((62, 20.0)), 26.0, 29.0])
    owned, sold = story.of("alvh.medium", "open")[0], story.of("alvh.short_put", "open")[0]
    assert 30 <= sold.days[0] <= 45
    assert sold.strikes[0] < owned.strikes[0]
    assert sold.price < 0.0
    assert sold.filled <= owned.filled


def test_s0_10_the_medium_layer_waits_for_the_near_one() -> None:
    # Both signals come on bar 62; in the second market the near layer's never does.
    both = {**FEAR, "curve_up": "vix crosses above 24"}
    assert gated(settings=both, vix=SPIKE).bars("alvh.medium", "open")[:1] == [62]
    without = {**both, "expansion": "vix > 1000"}
    assert gated(settings=without, vix=SPIKE).bars("alvh.medium", "open") == []


def test_s0_10_and_for_the_macd_of_the_curve() -> None:
    # The first future sinks against the second for thirty sessions and then jumps: MACD of their ratio crosses its signal on that day.
    ratio = [*steps((32, 1.0)), *[1.0 - 0.002 * day for day in range(30)], 1.02]
    settings = {"expansion": "vix crosses above 19.5", "macro": "vix > 0"}
    story = gated(settings=settings, vix=[*steps((60, 19.0)), 20.0], vx1=[20.0 * r for r in ratio], vx2=20.0)
    assert story.bars("alvh.near", "open") == [60]
    assert story.bars("alvh.medium", "open")[:1] == [62]


def test_s0_11_the_near_calls_move_a_month_on_when_the_curve_falls_to_spot() -> None:
    # Futures stand at VIX for a year. On bar 262 both rise and near opens; on 264 VIX alone rises, so the futures cheapen against it.
    vix = [*steps((262, 20.0), (2, 26.0)), 29.0]
    futures = steps((262, 20.0), (10, 26.0))
    story = run_seed("alvh_442_notional_curve_roll", 267, first=245, settings=NEAR_ALONE, vix=vix, vx1=futures, vx2=futures, vx3=futures)
    sold, bought = story.of("alvh.near", "roll out", "roll in")
    assert (sold.bar, sold.reason) == (264, "curve fell to spot")
    assert 30 <= bought.days[0] <= 45


def test_s0_12_the_medium_spread_is_struck_where_the_future_stood_on_the_print() -> None:
    # CPI came out on bar 55, when the second future stood at 23.
    vx2 = [*steps((55, 20.0)), 23.0, 20.0]
    story = gated("alvh_442_notional_prints", vix=[*steps((62, 20.0)), 26.0, 29.0], vx2=vx2, events={"cpi": [55]})
    row = story.of("alvh.medium", "open")[0]
    assert row.strikes == (23.0, 32.5)  # ten points up, as far as strikes are listed


def test_s0_13_the_medium_layer_waits_for_a_release() -> None:
    settings = {**FEAR, "curve_up": "vix crosses above 24"}
    del settings["macro"]
    assert gated(settings=settings, vix=SPIKE).bars("alvh.medium", "open") == []
    assert gated(settings=settings, vix=SPIKE, events={"cpi": [59]}).bars("alvh.medium", "open")[:1] == [62]
    assert gated(settings=settings, vix=SPIKE, events={"cpi": [58]}).bars("alvh.medium", "open") == []


def test_s0_13_minutes_of_the_fed_confirm_too() -> None:
    settings = {"expansion": FEAR["expansion"], "curve_up": "vix crosses above 24"}
    story = gated("alvh_442_notional_macro", settings=settings, vix=SPIKE, events={"fomc_minutes": [60]})
    assert story.bars("alvh.medium", "open")[:1] == [62]


def test_s0_13_and_a_shift_of_the_rate_differential() -> None:
    settings = {"expansion": FEAR["expansion"], "curve_up": "vix crosses above 24"}
    rates = {"yield_2y": steps((61, 2.00), (20, 2.16)), "fed_funds": 1.50}  # 16 basis points within 21 sessions
    assert gated("alvh_442_notional_macro", settings=settings, vix=SPIKE, inputs=rates).bars("alvh.medium", "open")[:1] == [62]
    still = {"yield_2y": steps((61, 2.00), (20, 2.14)), "fed_funds": 1.50}
    assert gated("alvh_442_notional_macro", settings=settings, vix=SPIKE, inputs=still).bars("alvh.medium", "open") == []


INVERTED = {"vx1": [*steps((62, 20.0)), 22.0], "vx2": 20.0}
"""From bar 62 on the first future stands 10 % above the second."""


def test_s0_14_the_tail_spends_two_per_cent() -> None:
    story = gated(**INVERTED)
    row = story.of("alvh.tail", "open")[0]
    assert row.asked * row.price * 100.0 == pytest.approx(0.02 * condors_before(story, row.bar) * WIDTH)


def test_s0_14_on_far_calls_of_sixty_days_and_more() -> None:
    assert legs_of("alvh_442_notional", "alvh.tail") == ["+1 VIX call 0.15 delta, 60..180 days"]
    row = gated(**INVERTED).of("alvh.tail", "open")[0]
    assert 60 <= row.days[0] <= 180
    assert row.strikes[0] > 25.0


def test_s0_14_or_on_spx_put_leaps() -> None:
    assert legs_of("alvh_442_notional_leaps", "alvh.tail") == ["+1 SPX put 0.1 delta, 330..800 days"]
    row = gated("alvh_442_notional_leaps", **INVERTED).of("alvh.tail", "open")[0]
    assert 330 <= row.days[0] <= 800
    assert row.strikes[0] < 3600.0


def test_s0_15_the_tail_engages_when_both_others_are_in_profit() -> None:
    # Near and medium open on bars 62 and 63; on bar 64 VIX and its futures jump, and both have gained.
    story = gated(vix=[*steps((62, 20.0)), 26.0, 29.0, 36.0])
    assert story.bars("alvh.tail", "open")[:1] == [64]
    # Falling instead, neither gains.
    assert gated(vix=[*steps((62, 20.0)), 26.0, 29.0, 24.0]).bars("alvh.tail", "open") == []


def test_s0_15_or_when_backwardation_passes_eight_per_cent() -> None:
    assert gated(**INVERTED).bars("alvh.tail", "open") == [62]
    assert gated(vx1=[*steps((62, 20.0)), 21.5], vx2=20.0).bars("alvh.tail", "open") == []


def test_s0_19_what_the_near_layer_gained_buys_more_of_the_medium_one() -> None:
    # On bar 65 the fall of 15 before the storm and the new one of 10 outweigh the rises: RSI below 50, and near closes at a gain.
    story = gated(vix=[*steps((58, 35.0), (4, 20.0)), 26.0, 29.0, 40.0, 30.0])
    (sold,) = story.of("alvh.near", "close")
    (bought,) = story.of("alvh.near", "open")
    gain = sold.filled * (sold.price - bought.price) * 100.0 - fees(story, "alvh.near")
    added = story.of("alvh.medium", "add")[0]
    assert added.bar == sold.bar
    assert added.asked * added.price * 100.0 == pytest.approx(gain)


def fees(story: Story, layer: str) -> float:
    """$1.20 an option and side."""
    return sum(1.2 * row.filled for row in story.of(layer, "open", "close"))


def test_s0_20_the_promise_of_a_quarter_per_cent_a_month() -> None:
    claim = seed_claim("alvh_442_notional", "calm_drag")
    assert claim.metric == "monthly_drag"
    assert claim.region.high == pytest.approx(0.0025)
    assert claim.region.low < -1.0


def test_s0_21_the_promise_of_seventy_per_cent_of_gap_payoffs() -> None:
    claim = seed_claim("alvh_442_notional", "gap_payoff")
    assert claim.metric == "payoff_capture"
    assert claim.region.low == pytest.approx(0.70)
    assert claim.on_days is not None
    assert claim.on_days.text == "change(vix, 1 session) >= 20%"


def test_s0_22_the_size_follows_what_the_condors_earn() -> None:
    # In a flat market the condors earn their decay, more than bills and 2 %; on the day after a fall of SPX they have lost.
    assert share_of_width(spx=4000.0) == pytest.approx(0.04)
    assert share_of_width(spx=steps((61, 4000.0), (20, 3700.0))) == pytest.approx(0.02)


def share_of_width(spx: Values) -> float:
    settings = {**NEAR_ALONE, "expansion": "vvix crosses above 100", "vix_beta": "-5", "costs": "none"}
    story = gated("alvh_442_notional_measured", settings=settings, vvix=steps((62, 90.0), (20, 110.0)), spx=spx)
    row = story.of("alvh.near", "open")[0]
    return row.asked * row.price * 100.0 / (condors_before(story, row.bar) * WIDTH)


def test_s0_23_a_tail_that_two_months_of_decay_would_eat_is_rolled() -> None:
    story = gated("alvh_442_notional_measured", bars=140, settings=NEAR_ALONE, vx1=INVERTED["vx1"], vx2=20.0)
    rolls = story.of("alvh.tail", "roll out")
    assert rolls[0].reason == "tail.carry < 2"
    assert rolls[0].days[0] > 30


def test_s0_24_only_while_vix_answers_spx() -> None:
    # VIX moves so many times as much as SPX, day after day.
    assert opens_with_beta(-4.1)
    assert not opens_with_beta(-3.9)


def opens_with_beta(beta: float) -> bool:
    up = [bar % 2 for bar in range(75)]
    spx = [4000.0 * (1.0 + 0.002 * side) for side in up]
    vix = [20.0 * (1.0 + 0.002 * side) ** beta for side in up]
    settings = {"expansion": "vvix crosses above 100"}
    story = run_seed("alvh_442_notional_measured", 75, first=62, settings=settings, spx=spx, vix=vix, vvix=steps((70, 90.0), (10, 110.0)))
    return story.bars("alvh.near", "open") == [70]


def test_s0_25_a_roll_keeps_the_delta_it_had() -> None:
    (rule,) = seed_layer("alvh_442_notional_measured", "alvh.medium").rolls
    assert (rule.keeping, rule.reason) == ("delta", "dte <= 14 days")
