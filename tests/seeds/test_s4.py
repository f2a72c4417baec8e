"""Seed 004, anchor, ratio and press: one test a rule that a line carries. quant.md 1.5 numbers the rules, docs/seeds.md lists them.

Markets are flat (VIX and its futures 20, SPX 4000) and traded from bar 40 on unless said. A million dollars hold an anchor of twenty calls.
"""

from __future__ import annotations

import pytest
from seed_runs import legs_of, run_seed, seed_claim, seed_program, steps

NAME = "alvh_anchor_ratio_press"


def test_s4_1_the_promise_of_35_to_40_per_cent() -> None:
    claim = seed_claim(NAME, "drawdown_cut")
    assert (claim.relative, claim.metric, claim.against) == ("reduction", "max_drawdown", "unhedged.alvh")
    assert (claim.region.low, claim.region.high) == pytest.approx((0.35, 0.40))


def test_s4_1_at_one_to_two_per_cent_a_year() -> None:
    claim = seed_claim(NAME, "yearly_cost")
    assert claim.metric == "annual_cost"
    assert (claim.region.low, claim.region.high) == pytest.approx((0.01, 0.02))


def test_s4_3_the_anchor_is_far_out_of_the_money() -> None:
    assert legs_of(NAME, "alvh.anchor") == ["+1 VIX call 0.15 delta, 110..150 days"]
    row = run_seed(NAME, 42, first=40).of("alvh.anchor", "open")[0]
    assert row.bar == 40  # at once, without a signal
    assert row.filled == 20.0
    assert 110 <= row.days[0] <= 150
    assert row.strikes[0] >= 30.0  # of futures at 20


def test_s4_3_and_is_rolled_all_the_time() -> None:
    story = run_seed("alvh_anchor", 95, first=40)
    sold, bought = story.of("alvh.anchor", "roll out", "roll in")[:2]
    assert 53 <= sold.days[0] <= 60
    assert bought.filled == sold.filled == 20.0


LEVELS = [(15.9, 0.0), (16.0, 5.0), (19.9, 5.0), (20.0, 10.0), (24.9, 10.0), (25.0, 20.0), (29.9, 20.0), (30.0, 30.0)]
"""VIX, and contracts of the ratio layer: 0, 25, 50, 100 and 150 % of twenty."""


def test_s4_5_the_ratio_follows_the_levels_of_vix() -> None:
    held = [
        run_seed("alvh_anchor_ratio", 42, first=40, vix=vix, vx1=20.0, vx2=20.0, vx3=20.0).contracts("alvh.ratio", 40) for vix, _ in LEVELS
    ]
    assert held == [contracts for _, contracts in LEVELS]


def test_s4_5_and_changes_as_they_are_crossed() -> None:
    story = run_seed("alvh_anchor_ratio", 48, first=40, vix=steps((43, 17.0), (2, 21.0), (9, 26.0)))
    assert [story.contracts("alvh.ratio", bar) for bar in (42, 43, 44, 45)] == [5.0, 10.0, 10.0, 20.0]


def test_s4_6_momentum_of_vix_is_a_threshold_ahead() -> None:
    # VIX rises from 17 to 18: the table says 25 % of twenty, and with rising momentum reads 21, 50 %.
    vix = steps((43, 17.0), (9, 18.0))
    slow = steps((43, 16.0), (9, 16.9))  # 19.9 is below the threshold too
    assert run_seed("alvh_anchor_ratio_early", 45, first=40, vix=slow).contracts("alvh.ratio", 44) == 5.0
    assert run_seed("alvh_anchor_ratio", 45, first=40, vix=vix).contracts("alvh.ratio", 44) == 5.0
    assert run_seed("alvh_anchor_ratio_early", 45, first=40, vix=vix).contracts("alvh.ratio", 44) == 10.0


def test_s4_7_shorter_calls_are_written_against_half_the_anchor() -> None:
    assert legs_of(NAME, "alvh.press") == ["-1 VIX call 0.25 delta, 20..30 days"]
    story = run_seed(NAME, 42, first=40)
    (row,) = story.of("alvh.press", "open")
    assert row.filled == 10.0
    assert 20 <= row.days[0] <= 30
    assert row.price < 0.0
    assert row.days[0] < story.of("alvh.anchor", "open")[0].days[0]


def test_s4_8_the_promise_that_writing_saves() -> None:
    claim = seed_claim(NAME, "press_saves")
    assert claim.without == ("alvh.press",)
    assert (claim.region.low, claim.region.high) == pytest.approx((0.04, 0.05))


def test_s4_10_the_promise_of_8_to_12_per_cent_an_event() -> None:
    claim = seed_claim(NAME, "event_loss")
    assert (claim.region.low, claim.region.high) == pytest.approx((0.08, 0.12))
    assert claim.on_days is not None
    assert claim.on_days.text == "change(spx, 5 sessions) <= -4%"


def test_s4_13_what_is_hedged_are_spx_iron_condors() -> None:
    program = seed_program(NAME)
    book = next(layer for layer in program.layers if program.groups[layer.group].kind == "book")
    assert [(leg.product, leg.right, leg.ratio) for leg in book.legs] == [
        ("SPX", "put", -1),
        ("SPX", "put", 1),
        ("SPX", "call", -1),
        ("SPX", "call", 1),
    ]
