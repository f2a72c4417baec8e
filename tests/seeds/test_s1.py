"""Seed 001, the 4/4/2 by contracts: one test a rule that a line carries. quant.md 1.2 numbers the rules, docs/seeds.md lists them.

The market is flat (VIX and its futures 20, SPX 4000) unless said, and traded from bar 40 on, a Monday: ten condors a week with wings of
25 points. Their credit grows from week to week, and the ceiling on cost lets the front calls in on bar 40, the medium ones on 45 and
the far ones on 50.
"""

from __future__ import annotations

from typing import Any

import pytest
from seed_runs import Story, leg_text, run_seed, seed_claim, seed_program, spell, steps


def contracts(bars: int = 60, name: str = "alvh_442_plain", **market: object) -> Story:
    """The plain reading, in which the ceiling on cost does not delay the first purchase."""
    return run_seed(name, bars, first=40, **market)  # type: ignore[arg-type]


def first_lot(layer: str) -> tuple[float, int]:
    row = contracts(bars=42).of(layer, "open")[0]
    return row.filled, row.days[0]


def test_s1_1_four_calls_at_thirty_days() -> None:
    count, days = first_lot("alvh.front")
    assert count == 4.0
    assert 27 <= days <= 33


def test_s1_1_four_calls_at_110_days() -> None:
    count, days = first_lot("alvh.medium")
    assert count == 4.0
    assert 107 <= days <= 113


def test_s1_1_two_calls_at_220_days() -> None:
    count, days = first_lot("alvh.far")
    assert count == 2.0
    assert 210 <= days <= 230


def test_s1_1_of_half_delta() -> None:
    program = seed_program("alvh_442_contracts")
    (found,) = [parameter for parameter in program.parameters if parameter.name == "call_delta"]
    assert (found.low, found.value, found.high) == (0.3, 0.5, 0.7)
    strikes = [leg.strike for layer in program.layers if layer.name.startswith("alvh") for leg in layer.legs]
    assert {program.nodes[strike.value].name for strike in strikes if strike is not None} == {"call_delta"}


def test_s1_2_the_front_layer_doubles_while_something_stirs() -> None:
    # Flat, RSI of VIX is 0 and MACD of the curve nothing: two calls. After a rise of VIX, four.
    name, settings = "alvh_442_contracts_calibrated", {"curve": "vx(3) / vx(2)"}
    calm = run_seed(name, 90, first=40, settings=settings)
    assert {row.asked for row in calm.of("alvh.front", "open")} == {2.0}
    stirred = run_seed(name, 90, first=40, settings=settings, vix=steps((41, 20.0), (60, 22.0)), vx1=20.0, vx2=20.0, vx3=20.0)
    assert {row.asked for row in stirred.of("alvh.front", "open") if row.bar > 41} == {4.0}


def test_s1_3_the_promise_of_35_to_40_per_cent() -> None:
    claim = seed_claim("alvh_442_contracts", "drawdown_cut")
    assert (claim.relative, claim.metric, claim.against) == ("reduction", "max_drawdown", "unhedged.alvh")
    assert (claim.region.low, claim.region.high) == pytest.approx((0.35, 0.40))


def test_s1_4_the_condors_have_45_to_60_days() -> None:
    rows = contracts(name="unhedged").of("condors", "open")
    assert rows
    assert all(45 <= day <= 60 for row in rows for day in row.days)


def test_s1_4_and_sell_sixteen_delta() -> None:
    program = seed_program("unhedged")
    assert leg_text(program, program.layers[0].legs[0]) == "-1 SPX put 0.16 delta, 45..60 days"


def test_s1_6_the_promise_of_live_trading() -> None:
    claim = seed_claim("alvh_442_contracts_crowded", "live_cut")
    assert (claim.relative, claim.metric) == ("reduction", "max_drawdown")
    assert (claim.region.low, claim.region.high) == pytest.approx((0.25, 0.35))


def test_s1_7_the_thirty_day_leg_moves_into_the_110_day_layer() -> None:
    # Bought on bar 40 with thirty days; on bar 55, with nine left, its four calls are sold and four of the medium layer bought.
    story = run_seed("alvh_442_contracts", 95, first=40)
    sold = story.of("alvh.front", "roll out")[0]
    bought = story.of("alvh.medium", "roll in")[0]
    assert sold.reason == "dte <= 10 days"
    assert 5 <= sold.days[0] <= 10
    assert (bought.bar, bought.filled) == (sold.bar, sold.filled)
    assert 107 <= bought.days[0] <= 113


def test_s1_8_the_second_engine_is_struck_anew_when_breadth_diverges() -> None:
    # Two far calls are held from bar 41 on; the line falls by twenty times its daily move on bar 90.
    line = [1000.0 + bar % 2 for bar in range(90)] + [980.0]
    story = run_seed("alvh_442_contracts", 93, first=30, inputs={"ad_line": line})
    sold = story.of("alvh.far", "roll out")[0]
    assert (sold.bar, sold.reason) == (90, "re-struck on divergence")
    assert sold.days[0] > 110


def test_s1_9_no_front_calls_while_the_money_at_work_is_dear() -> None:
    # Bills at 0. What is held decays ever faster against what the account has, and on bar 70 it costs more than 1.5 % a year.
    story = run_seed("alvh_442_contracts_wacc", 90, first=40)
    free = run_seed("alvh_442_contracts", 90, first=40)
    assert 70 not in story.bars("alvh.front", "open")
    assert 70 in free.bars("alvh.front", "open")


def test_s1_10_wings_tighten_to_25_points_when_spx_is_oversold() -> None:
    # Rises alone make an RSI of 100, falls alone one of 0.
    rising, falling = [4000.0 + bar for bar in range(60)], [4000.0 - bar for bar in range(60)]
    assert wing(rising) == 50.0
    assert wing(falling) == 25.0
    # By turns a fall of 100 and a rise of 38 (or 42): after a rise RSI is 38 / (38 + 93), 29, or 31.
    assert wing([4000.0 + bar // 2 * -62.0 - 100.0 * (bar % 2) for bar in range(46)]) == 25.0
    assert wing([4000.0 + bar // 2 * -58.0 - 100.0 * (bar % 2) for bar in range(46)]) == 50.0


def wing(spx: list[float]) -> float:
    row = run_seed("unhedged", 46, first=40, spx=spx).of("condors", "open")[0]
    short_put, long_put, short_call, long_call = row.strikes
    assert short_put - long_put == long_call - short_call
    return short_put - long_put


def test_s1_11_a_further_layer_while_volatility_is_cheaper_than_it_was() -> None:
    # SPX moves 1.3 % a day, up and down: 21 points of realized volatility against a VIX of 20; or 1.2 %, 19.5 points.
    wild = [4000.0 * 1.013 ** (bar % 2) for bar in range(45)]
    calm = [4000.0 * 1.012 ** (bar % 2) for bar in range(45)]
    assert run_seed("alvh_442_contracts_calibrated", 45, first=40, spx=wild).bars("extra.cheap", "open") == [40]
    assert run_seed("alvh_442_contracts_calibrated", 45, first=40, spx=calm).bars("extra.cheap", "open") == []


DOLLAR = {"reer": steps((34, 100.0), (60, 101.1)), "yield_2y": steps((88, 2.0), (40, 2.2)), "fed_funds": 1.5}


def test_s1_12_a_strong_dollar_before_the_fed_meets_is_three_things_at_once() -> None:
    assert dollar_bars(DOLLAR, [94]) == [89]  # within five sessions before the decision, not on its day
    assert dollar_bars({**DOLLAR, "yield_2y": 2.0}, [94]) == []
    assert dollar_bars({**DOLLAR, "reer": steps((34, 100.0), (60, 100.9))}, [94]) == []
    assert dollar_bars({**DOLLAR, "reer": steps((28, 100.0), (60, 101.1))}, [94]) == []
    assert dollar_bars(DOLLAR, []) == []


def dollar_bars(inputs: dict[str, Any], fomc: list[int]) -> list[int]:
    story = dollar(inputs, fomc)
    return [row.bar for row in story.of("alvh.far", "rebalance") if row.reason.startswith("dollar")]


def dollar(inputs: dict[str, Any], fomc: list[int]) -> Story:
    """With calls of 0.30 delta, so that the ceiling on cost leaves room."""
    settings = {"call_delta": "0.30 delta"}
    return run_seed("alvh_442_contracts_dollar", 96, first=30, settings=settings, inputs=inputs, events={"fomc": fomc})


def test_s1_12_then_the_far_layer_doubles() -> None:
    story = dollar(DOLLAR, [94])
    assert [story.contracts("alvh.far", bar) for bar in (88, 89, 93, 94)] == [2.0, 4.0, 4.0, 2.0]


def test_s1_13_the_hedge_costs_18_per_cent_of_the_credit_at_most() -> None:
    # Four front calls at 1.74 cost about $700; 18 % of one week's credit of ten condors at 5.13 is $924, less than those of two layers.
    story = run_seed("alvh_442_contracts", 60, first=40)
    assert most_spent(story) <= 0.18
    assert story.contracts("alvh.front", 40) == 4.0
    assert story.contracts("alvh.medium", 40) == 0.0


def most_spent(story: Story) -> float:
    """Largest share of the condors' credit that the hedge cost on any bar up to which nothing was sold."""
    shares, cost, credit = [], 0.0, 0.0
    for bar in range(40, 60):
        for row in story.rows:
            if row.bar == bar and row.action == "open":
                if row.layer == "condors":
                    credit -= row.filled * row.price * 100.0
                else:
                    cost += row.filled * row.price * 100.0
        shares.append(cost / credit)
    assert not story.of("condors", "close")
    return max(shares)


def test_s1_13_or_15_per_cent() -> None:
    assert 0.13 < most_spent(run_seed("alvh_442_plain_budget15", 60, first=40)) <= 0.15
    assert most_spent(run_seed("alvh_442_plain", 60, first=40)) > 0.18


def test_s1_14_medium_calls_go_when_four_months_of_decay_would_eat_them() -> None:
    # Carry in months: value over thirty days of theta. A call of half delta lasts for about twice its days: that is with two months left.
    story = run_seed("alvh_442_contracts_wacc", 150, first=40)
    sold = story.of("alvh.medium", "roll out")[0]
    assert sold.reason == "medium.carry < 4"
    assert sold.days[0] > 45


def test_s1_15_a_call_that_left_half_delta_is_struck_anew_in_its_expiry() -> None:
    # The futures rise from 20 to 30 on bar 45: the calls struck at 21 have a delta near one.
    story = contracts(name="alvh_442_plain_restruck", bars=48, vix=steps((45, 20.0), (10, 30.0)))
    sold, bought = story.of("alvh.front", "roll out", "roll in")
    assert (sold.bar, sold.reason) == (45, "left half delta")
    assert sold.days == bought.days
    assert bought.strikes[0] > 29.0
    assert bought.filled == 4.0


def test_s1_16_everything_is_sold_when_backwardation_passes_eight_per_cent() -> None:
    # From bar 80 to 84 the first future stands 9 % over the second, then 4 % over, and from bar 88 on below.
    vx1 = steps((80, 20.0), (5, 21.8), (3, 20.8), (10, 19.8))
    story = run_seed("alvh_442_contracts", 92, first=40, vx1=vx1, vx2=20.0)
    closes = [row for row in story.rows if row.layer.startswith("alvh") and row.action == "close"]
    assert {(row.bar, row.reason) for row in closes} == {(80, "curve inverted")}
    assert [story.contracts(f"alvh.{layer}", 80) for layer in ("front", "medium", "far")] == [0.0, 0.0, 0.0]
    # Nothing opens until backwardation is below zero.
    assert min(row.bar for row in story.rows if row.layer.startswith("alvh") and row.action == "open" and row.bar > 80) == 88


def test_s1_16_or_when_the_quick_ratio_shows_stress() -> None:
    # A book that risks an eighth of its equity never comes to that, so this is about what the rule reads.
    group = seed_program("alvh_442_contracts").groups[-1]
    assert [unwind.rule.reason for unwind in group.unwinds] == ["curve inverted", "liquidity stress"]
    assert spell(seed_program("alvh_442_contracts"), group.unwinds[1].rule.condition) == "lt(quick_ratio, 1)"


def test_s1_17_the_second_layer_watches_how_closely_reits_follow() -> None:
    # REITs that move with SPX: the rule that also asks for a tested strike may act. REITs that move against it: it may not.
    walk = [4000.0 + 20.0 * (bar % 3) for bar in range(70)] + [3760.0]
    assert opens_with_reits(walk, walk)
    assert not opens_with_reits(walk, [8000.0 - level for level in walk])


def opens_with_reits(spx: list[float], reit: list[float]) -> bool:
    inputs = {"reit": reit, "constituents_quick_ratio": 1.0}
    settings = {"beta_now": "1"}
    story = run_seed("alvh_timed_layers_own_data", 74, first=62, inputs=inputs, settings=settings, spx=spx)  # type: ignore[arg-type]
    return bool([row for row in story.of("alvh.two") if row.reason.startswith("corr(reit")])


def test_s1_18_nothing_new_around_vix_expiry() -> None:
    # VIX monthlies settle on bar 52 (2020-03-18); whatever the front layer opens, it is not on bars 51 to 53.
    story = run_seed("alvh_442_contracts_calibrated", 54, first=51)
    assert story.bars("alvh.front", "open", "refused") == []
    assert run_seed("alvh_442_contracts_calibrated", 56, first=54).bars("alvh.front", "open", "refused") != []


def test_s1_23_a_large_roll_waits_for_its_signatures() -> None:
    # Four calls bought at 1.74 are rolled with nine days left, worth $300. With futures at 30 they are worth $3,600, a third of a per cent.
    (soon,) = run_seed("alvh_442_contracts_approval", 60, first=40).of("alvh.front", "roll out")
    (late,) = run_seed("alvh_442_contracts_approval", 60, first=40, vix=steps((50, 20.0), (20, 30.0))).of("alvh.front", "roll out")
    assert (soon.bar, soon.reason) == (55, "dte <= 10 days and not large")
    assert (late.bar, late.reason) == (58, "approved")


def test_s1_25_past_the_break_even_the_front_calls_move_out_early() -> None:
    # The condors lose below 3625 less what they brought in, about 3620; on bar 76 SPX falls below.
    story = run_seed("alvh_442_contracts_calibrated", 80, first=40, spx=steps((76, 4000.0), (10, 3610.0)))
    sold = story.of("alvh.front", "roll out")[-1]
    assert (sold.bar, sold.reason) == (76, "past the break-even")
    assert sold.days[0] > 10
