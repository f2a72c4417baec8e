"""The terms T1 to T30 of quant.md 1.6 that have a line of their own; the others are those of a rule (docs/seeds.md)."""

from __future__ import annotations

from typing import Any

import pytest
from seed_runs import Story, run_seed, seed_layer, seed_program, spell, steps


def unwound(name: str, **market: float) -> bool:
    """Whether the tail engages on backwardation, in the gated reading whose measure the file chooses."""
    return run_seed(name, 43, first=40, **market).bars("alvh.tail", "open", "refused") != []


def test_t5_backwardation_of_the_first_two_futures() -> None:
    story = run_seed("alvh_442_contracts", 43, first=40, vx1=22.0, vx2=20.0)
    assert {row.reason for row in story.of("alvh.front")} <= {"curve inverted"}
    assert story.bars("alvh.front", "open") == []
    assert run_seed("alvh_442_contracts", 43, first=40, vx1=21.5, vx2=20.0).bars("alvh.front", "open") == [40]


def test_t5_of_spot_over_the_first_future() -> None:
    assert unwound("alvh_442_notional_spot", vix=22.0, vx1=20.0)
    assert not unwound("alvh_442_notional_spot", vix=21.5, vx1=20.0)


def test_t5_of_vix_over_vix3m() -> None:
    assert unwound("alvh_442_notional_vix3m", vix=22.0, vix3m=20.0)
    assert not unwound("alvh_442_notional_vix3m", vix=21.5, vix3m=20.0)


def test_t9_the_beta_of_the_book_is_measured_over_sixty_sessions() -> None:
    program = seed_program("alvh_timed_layers")
    size = program.layers[[layer.name for layer in program.layers].index("alvh.two")].size
    assert "beta[60]" in spell(program, size.value)


def test_t15_credits_are_reinvested_by_a_size_in_equity() -> None:
    # Bills at 100 % a year: by bar 60 equity has grown by a twelfth or so, and with it what a condor may lose.
    story = run_seed("unhedged", 66, first=40, rate=1.0)
    first, last = story.of("condors", "open")[0], story.of("condors", "open")[-1]
    worst = [row.asked * (2500.0 + 100.0 * row.price + 4.8) for row in (first, last)]
    assert worst[0] == pytest.approx(0.02 * 1_000_000.0, rel=1e-3)
    assert worst[1] > 1.05 * worst[0]


def test_t16_a_call_and_a_put_of_one_strike_are_a_synthetic_future() -> None:
    # By parity the pair is worth what the future is above the strike, at no strike more than another.
    story = run_seed("alvh_40_40_20_synthetic", 43, first=40, settings={"costs": "none"})
    (row,) = story.of("alvh.tail", "open")
    assert row.price == pytest.approx(20.0 - row.strikes[0], abs=1e-9)


def test_t17_the_break_even_of_the_whole_trade_counts_the_hedge() -> None:
    # SPX at 3600 lies below the condors' own break-even, 3625 less the credit of 5.13. With VIX still at 20 it lies below that of the whole
    # trade too. With VIX at 30 the twenty mini futures bought at 20 have gained $20,000, and ten condors lose $25,000 less $5,133 at most.
    still = {"inputs": {"short_flow": 3.0}, "settings": {"beta_now": "-1"}, "spx": steps((68, 4000.0), (9, 3600.0))}
    shaken = {**still, "vix": steps((68, 20.0), (9, 30.0))}
    assert past_break_even("alvh_timed_layers_break_even", **still)[:1] == [69]
    assert past_break_even("alvh_timed_layers_break_even", **shaken) == []
    assert past_break_even("alvh_timed_layers", **shaken)[:1] == [69]


def past_break_even(name: str, **market: Any) -> list[int]:
    """Bars on which the third layer opened below a break-even."""
    rows = run_seed(name, 72, first=62, **market).of("alvh.three", "open")
    return [row.bar for row in rows if "break_even" in row.reason]


def test_t18_a_crowded_market_costs_more() -> None:
    # At VIX 20 the half spread is a quarter wider; fees are the same $1.20.
    crowded, listed = first_front("alvh_442_contracts_crowded"), first_front("alvh_442_contracts")
    fees = 4.0 * 1.2
    assert crowded - fees == pytest.approx(1.25 * (listed - fees))


def first_front(name: str) -> float:
    return run_seed(name, 42, first=40).of("alvh.front", "open")[0].cost


def mixed() -> Story:
    return run_seed("alvh_anchor_constant_mix", 52, first=40, vix=steps((42, 20.0), (5, 40.0), (9, 20.0)))


def test_t19_the_pool_is_half_a_per_cent_of_equity() -> None:
    row = mixed().of("alvh.anchor", "open")[0]
    assert row.asked * row.price * 100.0 == pytest.approx(0.005 * 1_000_000.0)


def test_t19_and_sells_what_became_dear() -> None:
    # VIX doubles on bar 42; on bar 45, the fifth session, calls are sold; on bar 50, as cheap as before, they are bought back.
    rows = mixed().of("alvh.anchor", "rebalance")
    assert [row.bar for row in rows] == [45, 50]
    held = [mixed().contracts("alvh.anchor", bar) for bar in (44, 45, 50)]
    assert held[1] < held[0] / 2.0
    assert held[2] > held[1]


def test_t20_a_spike_of_flow_read_from_volume() -> None:
    below = steps((68, 4000.0), (9, 3600.0))
    # Sixty sessions of which one is a jump: its z-score is near 60 ** 0.5; of two jumps alike, one of them late, near 30 ** 0.5.
    busy = [20_000.0 + 100.0 * (bar % 2) for bar in range(68)] + [60_000.0, 20_000.0]
    assert third_layer(busy, below)
    assert not third_layer(busy[:68], below)
    assert not third_layer([*busy[:63], 60_000.0, 20_000.0], below)  # six sessions before the second one below the break-even


def third_layer(volume: list[float], spx: list[float]) -> bool:
    story = run_seed("alvh_timed_layers_volume", 72, first=62, inputs={"vx_volume": volume}, settings={"beta_now": "1"}, spx=spx)
    return any("break_even" in row.reason for row in story.of("alvh.three"))


def test_t25_the_second_engine_is_the_layer_of_220_days() -> None:
    expiry = seed_layer("alvh_442_contracts", "alvh.far").legs[0].expiry
    assert expiry is not None
    assert expiry.low == 220.0


def test_t27_a_rise_of_implied_volatility_by_an_eighth() -> None:
    opened = run_seed("alvh_timed_layers_signals", 72, first=62, settings={"beta_now": "1"}, vix=steps((68, 20.0), (9, 22.5)))
    assert [row.bar for row in opened.of("alvh.two") if "iv(spx" in row.reason][:1] == [68]
    calm = run_seed("alvh_timed_layers_signals", 72, first=62, settings={"beta_now": "1"}, vix=steps((68, 20.0), (9, 22.3)))
    assert [row for row in calm.of("alvh.two") if "iv(spx" in row.reason] == []
