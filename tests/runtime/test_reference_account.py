"""Money, prices paid, attributes and the order of a bar in the reference interpreter, by pencil; and what must hold of every run."""

from __future__ import annotations

import ast
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from attrs import evolve
from small_market import small_market
from small_program import SmallProgram, actions, assert_books_balance

import alvh.runtime
from alvh.compiler.ir import Size, Strike
from alvh.grammar.diagnostics import InternalError
from alvh.runtime.market import MarketArrays
from alvh.runtime.pricing import costs, spx_surface, vix_level, vix_options
from alvh.runtime.record import CLOSE, NO_BID, OPEN, REFUSED, RunRecord, same_bits
from alvh.runtime.reference import interpret

UNKNOWN = math.nan
MILLION = 1_000_000.0
MONTH_2 = {"manner": "month", "low": 2.0}


def vix_terms(days: float) -> tuple[float, ...]:
    return tuple(vix_options.expiry_terms(20.0, 90.0, 0.0, days, vix_level.level_table()))


def call_price(days: float, strike: float = 20.0) -> float:
    return float(vix_options.option_price(True, strike, *vix_terms(days)))


def spx_terms(days: float, spx: float = 4000.0) -> tuple[float, ...]:
    nodes = [0.04 * (node / 365.0) for node in (9.0, 30.0, 93.0, 184.0, 365.0)]
    return (*spx_surface.expiry_terms(spx, 0.0, *nodes, 1.0, 1.0, days), -0.5)


def spx_price(is_call: bool, strike: float, days: float) -> float:
    return float(spx_surface.option_price(is_call, strike, *spx_terms(days)))


def spx_delta(is_call: bool, strike: float, days: float) -> float:
    forward, _, theta, phi, rho = spx_terms(days)
    return float(spx_surface.option_delta(is_call, strike, forward, theta, phi, rho))


# Interest


def test_interest_runs_on_all_cash_by_the_days_between_at_the_rate_before() -> None:
    small = SmallProgram(bars=6)
    small.group()
    record = small.run(rate=[0.036, 0.036, UNKNOWN, 0.036, 0.072, 0.0])
    # A day at 3.6 % on a million is 100 dollars; bar 3 has no rate before it; bar 5 is the Monday after, three days at 7.2 %.
    expected = [MILLION]
    for rate, days in ((0.036, 1), (0.036, 1), (0.0, 1), (0.036, 1), (0.072, 3)):
        expected.append(expected[-1] + expected[-1] * rate * days / 360.0)
    assert record.equity.tolist() == pytest.approx(expected, abs=1e-9)
    assert record.equity[1] == MILLION + 100.0
    assert record.interest[-1] == pytest.approx(expected[-1] - MILLION, abs=1e-9)
    assert record.unknown_rates == 1


# Hold


def test_hold_turns_all_cash_into_the_index() -> None:
    small = SmallProgram(bars=3, hold_index=True)
    small.group("book")
    record = small.run(spx=[4000.0, 4400.0, 3600.0])
    # 250 units.
    assert record.equity.tolist() == pytest.approx([1_000_000.0, 1_100_000.0, 900_000.0], abs=1e-6)
    assert record.hold_profit.tolist() == pytest.approx([0.0, 100_000.0, -100_000.0], abs=1e-6)
    assert record.cash.tolist() == [0.0] * 3


def test_hold_sells_the_index_for_the_hedge_and_buys_it_with_receipts() -> None:
    small = SmallProgram(bars=3, hold_index=True, listed_costs=True)
    small.layer(small.call(20, **MONTH_2), size=10.0, opens=small.at(1), closes=small.at(2))
    record = small.run(spx=[4000.0, 4000.0, 4000.0])
    # Listed, the index costs 0.005 % either way.
    h = 0.00005
    units = MILLION / (4000.0 * (1.0 + h))
    assert record.equity[0] == pytest.approx(units * 4000.0, abs=1e-6)
    paid = record.journal.price[0] * 10.0 * 100.0 + 1.2 * 10.0
    units -= paid / (4000.0 * (1.0 - h))
    assert record.equity[1] == pytest.approx(units * 4000.0 + record.layer_value[1, 0], abs=1e-6)
    received = record.journal.price[1] * 10.0 * 100.0 - 1.2 * 10.0
    units += received / (4000.0 * (1.0 + h))
    assert record.equity[2] == pytest.approx(units * 4000.0, abs=1e-6)


# Costs


def test_listed_costs_of_a_round_trip() -> None:
    small = SmallProgram(bars=2, listed_costs=True)
    small.layer(small.call(20, **MONTH_2), size=3.0, opens=small.at(0), closes=small.at(1))
    record = small.run()
    bought, sold = call_price(44.0), call_price(43.0)
    half_bought, half_sold = costs.vix_half_spread(bought, 20.0), costs.vix_half_spread(sold, 20.0)
    assert record.journal.price.tolist() == [bought + half_bought, sold - half_sold]
    # 1.20 a contract and side.
    assert record.journal.cost.tolist() == pytest.approx([3.6 + half_bought * 300.0, 3.6 + half_sold * 300.0], abs=1e-9)
    assert record.fees[1] == pytest.approx(7.2 + (half_bought + half_sold) * 300.0, abs=1e-9)
    assert record.cash[1] == pytest.approx(MILLION - (bought + half_bought - sold + half_sold) * 300.0 - 7.2, abs=1e-9)


def condor(small: SmallProgram, **rest: Any) -> int:
    """32 days: settled at the close of Friday 02-07, bar 24."""
    legs = (
        small.put(3700, 32, -1, "SPX"),
        small.put(3650, 32, 1, "SPX"),
        small.call(4200, 32, -1, "SPX"),
        small.call(4240, 32, 1, "SPX"),
    )
    return small.layer(*legs, **rest)


CONDOR = ((-1, False, 3700.0), (1, False, 3650.0), (-1, True, 4200.0), (1, True, 4240.0))


def test_four_legs_cross_the_spread_each_on_its_side() -> None:
    small = SmallProgram(bars=1, listed_costs=True)
    condor(small, size=2.0)
    record = small.run(era=0.5)
    debit = 0.0
    spread = 0.0
    for ratio, is_call, strike in CONDOR:
        mid = spx_price(is_call, strike, 32.0)
        half = costs.spx_half_spread(mid, 0.5, 20.0)
        debit += ratio * mid + half
        spread += half
    assert debit < 0.0
    assert record.journal.price[0] == pytest.approx(debit, abs=1e-12)
    assert record.journal.cost[0] == pytest.approx(2.0 * 4.0 * 1.2 + spread * 2.0 * 100.0, abs=1e-9)
    # The wider wing, 50 points, x 2 x 100.
    assert record.margin[0] == 10_000.0


def test_the_cost_of_a_trade_is_what_it_pays_off_mid() -> None:
    small = SmallProgram(bars=1, listed_costs=True)
    small.layer(small.put(3950, 32, -1, "SPX"), small.put(3900, 32, 2, "SPX"))
    record = small.run()
    off_mid = 0.0
    for ratio, strike in ((-1, 3950.0), (2, 3900.0)):
        mid = spx_price(False, strike, 32.0)
        half = costs.spx_half_spread(mid, 1.0, 20.0)
        off_mid += abs(ratio) * (half if ratio > 0 else mid - (mid - half))
    assert record.journal.cost[0] == 3 * 1.2 + off_mid * 100.0


def test_what_is_worth_less_than_its_half_spread_is_sold_for_nothing() -> None:
    small = SmallProgram(bars=2, listed_costs=True)
    small.layer(small.put(1000, 32, product="SPX"), size=2.0, opens=small.at(0), closes=small.at(1))
    record = small.run()
    mid = spx_price(False, 1000.0, 31.0)
    assert 0.0 < mid < costs.spx_half_spread(mid, 1.0, 20.0)
    assert record.journal.price[1] == 0.0
    # Fees, and the mid that was given up: not the half spread.
    assert record.journal.cost[1] == pytest.approx(2.4 + mid * 200.0, abs=1e-12)


def test_a_leg_that_would_be_sold_for_nothing_refuses_the_structure() -> None:
    small = SmallProgram(bars=1, listed_costs=True)
    small.layer(small.put(1000, 32, -1, "SPX"), small.put(900, 32, 1, "SPX"))
    assert actions(small.run()) == [(0, REFUSED, NO_BID, 0.0)]


# Attributes. What a layer's own rules and others read.


def read_on(small: SmallProgram, bar: int, *nodes: int, **series: Any) -> list[float]:
    """Values of up to eight nodes on a bar, by the reads of a layer that opens on it."""
    rule = small.rule("open", small.at(bar), reads=nodes)
    number = small.layer(small.call(20, **MONTH_2), opens=rule)
    record = small.run(**series)
    row = next(row for row in range(len(record.journal.bar)) if record.journal.layer[row] == number)
    return [float(value) for value in record.journal.reads[row, : len(nodes)]]


def marks(small: SmallProgram, *names: str) -> list[int]:
    return [small.node("mark", owner=0, name=name) for name in names]


def test_attributes_of_a_condor_by_hand() -> None:
    small = SmallProgram(bars=3)
    condor(small, size=2.0, opens=small.at(0))
    # On Wednesday, two days later, 30 are left.
    nodes = marks(small, "value", "profit", "loss", "margin", "credit", "cost", "contracts", "notional")
    value, profit, loss, margin, credit, cost, contracts, notional = read_on(small, 2, *nodes)
    before = sum(ratio * spx_price(is_call, strike, 32.0) for ratio, is_call, strike in CONDOR)
    now = sum(ratio * spx_price(is_call, strike, 30.0) for ratio, is_call, strike in CONDOR)
    assert value == pytest.approx(now * 200.0, abs=1e-9)
    assert profit == pytest.approx((now - before) * 200.0, abs=1e-9)
    assert (loss, margin, cost, contracts, notional) == (-profit, 10_000.0, 0.0, 2.0, 2.0 * 100.0 * 4000.0)
    assert credit == pytest.approx(-before * 200.0, abs=1e-9)


def test_greeks_ages_and_counts_of_a_condor_by_hand() -> None:
    small = SmallProgram(bars=3)
    condor(small, size=2.0, opens=small.at(0))
    nodes = marks(small, "width_notional", "dte", "short_delta", "option_delta", "age", "count", "is_open", "delta")
    width, dte, short_delta, option_delta, age, count, is_open, delta = read_on(small, 2, *nodes)
    deltas = {strike: spx_delta(is_call, strike, 30.0) for _, is_call, strike in CONDOR}
    assert (width, dte, age, count, is_open) == (2.0 * 100.0 * 50.0, 30.0, 2.0, 1.0, 1.0)
    assert short_delta == max(deltas[3700.0], deltas[4200.0])
    assert option_delta == deltas[3700.0]
    signed = sum(ratio * (1.0 if is_call else -1.0) * deltas[strike] for ratio, is_call, strike in CONDOR)
    assert delta == pytest.approx(signed * 200.0, abs=1e-9)


def test_attributes_of_a_flat_layer() -> None:
    small = SmallProgram(bars=1)
    condor(small, opens=small.script(0.0))
    names = ("value", "credit", "count", "is_open", "dte", "age", "short_delta", "realized")
    values = read_on(small, 0, *marks(small, *names))
    assert values[:4] == [0.0] * 4
    assert all(math.isnan(value) for value in values[4:7])
    assert values[7] == 0.0


def test_marks_are_of_the_start_of_the_bar_and_decisions_of_now() -> None:
    small = SmallProgram(bars=2)
    small.layer(small.call(20, **MONTH_2), size=3.0, opens=small.at(0), closes=small.at(1))
    names = ("count", "opens", "closes")
    decided = [small.node("decided", owner=0, name=name, stage=2) for name in names]
    at_start = marks(small, *names)
    assert read_on(small, 0, *at_start, *decided) == [0.0, 0.0, 0.0, 1.0, 1.0, 0.0]
    assert read_on(small, 1, *at_start, *decided) == [1.0, 0.0, 0.0, 0.0, 0.0, 1.0]


def test_account_streams_are_of_the_mark() -> None:
    small = SmallProgram(bars=3)
    small.layer(small.call(20, **MONTH_2), size=3.0, opens=small.at(1))
    nodes = [small.node("account", name="equity"), small.node("account", name="cash")]
    paid = call_price(43.0) * 300.0
    equity, cash = read_on(small, 2, *nodes)
    assert cash == MILLION - paid
    assert equity == pytest.approx(MILLION - paid + call_price(42.0) * 300.0, abs=1e-9)


def test_account_streams_are_unknown_before_the_first_bar_traded() -> None:
    small = SmallProgram(bars=4)
    equity = small.node("account", name="equity")
    before = small.node("delay", equity, window=(2,))
    assert math.isnan(read_on(small, 3, before, first=2)[0])
    assert read_on(small, 3, small.node("delay", equity, window=(1,)), first=2) == [MILLION]


def test_volatility_of_the_surface() -> None:
    small = SmallProgram(bars=2)
    # A flat VIX family of 20 and then 30, divided by 1: 20 and 30 points at every term.
    nodes = [small.node("spx_volatility", window=(days,)) for days in (7, 45, 200)]
    assert read_on(small, 1, *nodes, vix=[20.0, 30.0]) == pytest.approx([30.0] * 3, abs=1e-9)


def test_quick_ratio_by_hand() -> None:
    small = SmallProgram(bars=2, capital=20_000.0, listed_costs=True)
    condor(small, size=2.0, opens=small.at(0))
    # The sold legs have 31 days left: not due; the margin of 10,000 is covered by cash. Nothing is owed.
    assert read_on(small, 1, small.node("account", name="quick_ratio")) == [math.inf]
    # A day later they are due.
    later = SmallProgram(bars=3, capital=20_000.0, listed_costs=True)
    condor(later, size=2.0, opens=later.at(0))
    found = read_on(later, 2, later.node("account", name="quick_ratio"))[0]
    cash = float(later.run().cash[1])
    liquid, due = 0.0, 0.0
    for sign, is_call, strike in CONDOR:
        mid = spx_price(is_call, strike, 30.0)
        half = costs.spx_half_spread(mid, 1.0, 20.0)
        if sign > 0 and 2.0 * half <= 0.25 * mid:
            liquid += (mid - half) * 200.0
        if sign < 0:
            due += (mid + half) * 200.0
    assert found == pytest.approx((cash + liquid) / due, rel=1e-12)


def test_quick_ratio_counts_margin_beyond_cash() -> None:
    # All cash is in the index, so the whole margin is uncovered; 50 x 2 x 100 = 10,000.
    small = SmallProgram(bars=2, hold_index=True)
    small.layer(small.put(3950, 60, -1, "SPX"), small.put(3900, 60, 1, "SPX"), size=2.0, opens=small.at(0))
    found = read_on(small, 1, small.node("account", name="quick_ratio"))[0]
    # 60 days from Monday 01-06 is Friday 03-06; a day later 59 are left, so nothing is due.
    assert found == pytest.approx(spx_price(False, 3900.0, 59.0) * 200.0 / 10_000.0, rel=1e-12)


def test_a_roll_is_visible_downstream() -> None:
    small = SmallProgram(bars=12)
    small.layer(small.call(20, 30), opens=small.at(0), rolls=small.at(10))
    names = ("rolls", "opens", "closes", "count")
    assert read_on(small, 10, *(small.node("decided", owner=0, name=name, stage=2) for name in names)) == [1.0, 0.0, 0.0, 1.0]


def test_per_lot_rules_see_their_own_lot() -> None:
    small = SmallProgram(bars=7)
    small.layer(small.call(20, **MONTH_2), opens=small.at(0, 2), closes=small.of_lot("age", "ge", 3.0), at_most=2)
    rows = [(bar, action) for bar, action, _, _ in actions(small.run())]
    assert rows == [(0, OPEN), (2, OPEN), (3, CLOSE), (5, CLOSE)]


def test_per_lot_memory_starts_on_the_bar_after_opening() -> None:
    small = SmallProgram(bars=9)
    age = small.node("lot", name="age", per_lot=True, stage=1)
    held = small.node("ge", age, small.constant(0.0), per_lot=True, stage=1)
    small.layer(small.call(20, **MONTH_2), opens=small.at(0), closes=small.node("for_sessions", held, window=(3,), per_lot=True, stage=1))
    record = small.run()
    # Evaluated on 1, 2 and 3; unknown on 1 and 2.
    assert actions(record)[1][:2] == (3, CLOSE)
    assert record.unknown.tolist() == [0.0, 2.0]


# What holds of every run


def busy(bars: int, **settings: Any) -> SmallProgram:
    """A condor book and three layers of calls that use every verb of theirs."""
    small = SmallProgram(bars=bars, listed_costs=True, **settings)
    small.group("book")
    loss, credit = (small.node("lot", name=name, per_lot=True, stage=1) for name in ("loss", "credit"))
    stop = small.node("ge", loss, credit, per_lot=True, stage=1)
    delta = {name: small.constant(value) for name, value in (("short", 0.16), ("long", 0.05))}
    legs = [
        evolve(leg, strike=Strike("delta", delta["short" if leg.ratio < 0 else "long"]))
        for leg in (
            small.put(0, 45, -1, "SPX"),
            small.put(0, 45, 1, "SPX"),
            small.call(0, 45, -1, "SPX"),
            small.call(0, 45, 1, "SPX"),
        )
    ]
    equity = small.node("account", name="equity")
    loss_borne = Size("max_loss", small.node("mul", small.constant(0.08), equity))
    small.layer(
        *legs, size=loss_borne, opens=small.node("calendar", name="week_start"), at_most=6, closes=[small.of_lot("dte", "le", 21.0), stop]
    )
    vx1, vx2 = small.node("series", name="vx1"), small.node("series", name="vx2")
    inverted = small.node("gt", small.node("div", vx1, vx2), small.constant(1.15))
    calm = small.node("lt", small.node("div", vx1, vx2), small.constant(1.0))
    book_credit = small.node("decided", owner=0, name="credit", stage=2)
    limit = small.node("mul", book_credit, small.constant(0.5), stage=2)
    small.group(limit_cost=limit, unwinds=(small.unwind(inverted, calm),))
    half = Strike("delta", small.constant(0.5))
    near, middle, far = (evolve(small.call(0, days), strike=half) for days in (30, 110, 220))
    small.layer(near, size=4.0, rolls=small.rule("roll", small.of_lot("dte", "le", 10.0, 1), into=2))
    small.layer(middle, size=4.0, rolls=small.of_lot("dte", "le", 45.0, 2))
    varying = Size("contracts", small.node("choose", small.node("gt", vx1, small.constant(19.0)), small.constant(1.0), small.constant(3.0)))
    small.layer(far, size=varying, rolls=small.of_lot("dte", "le", 110.0, 3), rebalances=small.node("calendar", name="month_start"))
    return small


def walking_market(bars: int, seed: int = 7, until: int | None = None) -> dict[str, Any]:
    """A crash in the middle of a quiet year; beyond bar `until` another history."""
    random = np.random.default_rng(seed)
    shocks = random.normal(0.0, 0.05, bars)
    shocks[bars // 2 : bars // 2 + 5] += 0.2
    if until is not None:
        shocks[until + 1 :] = np.random.default_rng(seed + 1).normal(0.0, 0.1, max(bars - until - 1, 0))
    log_vix = np.empty(bars)
    level = math.log(18.0)
    for bar in range(bars):
        level = level + 0.05 * (math.log(18.0) - level) + shocks[bar]
        log_vix[bar] = level
    vix = np.exp(log_vix)
    spx = 4000.0 * np.exp(np.cumsum(-0.12 * shocks))
    series = {f"vx{rank}": 19.0 * (vix / 19.0) ** (0.8 / rank**0.5) for rank in range(1, 10)}
    settlement = vix * np.exp(0.02 * np.sin(np.arange(bars)))
    return {"spx": spx, "vix": vix, "vvix": 90.0 * (vix / 18.0) ** 0.4, "vix_settlement": settlement, "rate": 0.02, **series}


def busy_run(small: SmallProgram, **settings: Any) -> tuple[MarketArrays, RunRecord]:
    arrays = small_market(small.bars, inputs=small.scripts, **walking_market(small.bars, **settings))
    return arrays, interpret(small.program, arrays)


def test_the_books_balance_at_every_bar_of_a_busy_year() -> None:
    small = busy(300)
    arrays, record = busy_run(small)
    assert_books_balance(small.program, arrays, record)
    assert all(record.verbs[verb] > 0 for verb in ("open", "close", "roll", "roll into", "rebalance", "unwind")), record.verbs
    held = busy(300, hold_index=True)
    arrays, record = busy_run(held)
    assert_books_balance(held.program, arrays, record)


SERIES_OF_RECORD = ("equity", "cash", "margin", "interest", "fees", "hold_profit", "layer_profit", "layer_value", "layer_contracts")
COLUMNS_OF_JOURNAL = ("bar", "layer", "slot", "action", "rule", "cut", "asked", "filled", "price", "cost", "expiry", "strike", "reads")


def assert_begins_alike(longer: RunRecord, shorter: RunRecord, bars: int) -> None:
    for name in SERIES_OF_RECORD:
        assert same_bits(getattr(longer, name)[:bars], getattr(shorter, name)[:bars]), name
    rows = int((longer.journal.bar < bars).sum())
    assert rows == int((shorter.journal.bar < bars).sum())
    for name in COLUMNS_OF_JOURNAL:
        assert same_bits(getattr(longer.journal, name)[:rows], getattr(shorter.journal, name)[:rows]), name


@pytest.mark.parametrize("bars", [1, 90, 151])
def test_a_shorter_history_is_the_beginning_of_a_longer_one_and_the_future_changes_nothing(bars: int) -> None:
    _, longer = busy_run(busy(200))
    _, other_future = busy_run(busy(200), until=bars - 1)
    assert_begins_alike(longer, other_future, bars)
    arrays = small_market(200, **walking_market(200))
    shorter = evolve(arrays, last=bars - 1, values=arrays.values[:bars].copy(), vx_front=arrays.vx_front[:bars])
    small = busy(200)
    assert_begins_alike(longer, interpret(small.program, shorter), bars)


def test_a_hedge_of_size_zero_changes_no_bit_of_the_book() -> None:
    small = busy(150)
    hedge_off = [evolve(layer, size=Size("contracts", small.constant(0.0))) if layer.group == 1 else layer for layer in small.layers]
    small.layers = hedge_off
    _, with_hedge = busy_run(small)
    alone = busy(150)
    alone.layers = alone.layers[:1]
    _, without = busy_run(alone)
    assert with_hedge.verbs["open"] > 0
    for name in ("equity", "cash", "margin", "interest", "fees"):
        assert same_bits(getattr(with_hedge, name), getattr(without, name)), name
    assert same_bits(with_hedge.layer_profit[:, :1].copy(), without.layer_profit)


def test_paths_are_read_on_their_own() -> None:
    one = small_market(60, **walking_market(60))
    other = small_market(60, **walking_market(60, seed=3))
    both = evolve(one, values=np.concatenate([one.values, other.values], axis=2))
    small = busy(60)
    assert_begins_alike(interpret(small.program, both, path=1), interpret(small.program, other), 60)


def test_free_options_never_hurt_and_dearer_ones_never_help() -> None:
    # Costs taken off the same trades leave more at every bar.
    dear, free = busy(120), busy(120)
    for small in (dear, free):
        small.layers = small.layers[:1]
        small.layers[0] = evolve(small.layers[0], size=Size("contracts", small.constant(1.0)), closes=())
    free.listed_costs = False
    _, with_costs = busy_run(dear)
    _, without = busy_run(free)
    assert (without.equity >= with_costs.equity).all()
    assert without.equity[-1] > with_costs.equity[-1]


# The standard stands on its own


def test_the_reference_imports_nothing_of_the_engine() -> None:
    folder = Path(alvh.runtime.__file__).parent
    files = sorted(folder.glob("reference*.py"))
    assert len(files) >= 2
    allowed = {"market", "record", "mathematics", "pricing"}
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            modules: list[str] = []
            if isinstance(node, ast.ImportFrom):
                modules = [node.module or ""]
                assert node.level == 0, file
            elif isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            for module in modules:
                if module.startswith("alvh.runtime"):
                    part = module.split(".")[2]
                    assert part in allowed or part.startswith("reference"), f"{file.name} imports {module}"
                else:
                    assert module.split(".")[0] in {"alvh", "numpy", "attrs", "math", "collections", "itertools", "typing", "__future__"}
                    assert not module.startswith("alvh") or module.startswith(("alvh.grammar", "alvh.compiler.ir")), module


def test_what_no_program_can_say_is_a_bug() -> None:
    wrong = SmallProgram(bars=1)
    wrong.layer(wrong.call(20, **MONTH_2), opens=wrong.node("series", name="vstoxx"))
    with pytest.raises(InternalError, match="vstoxx"):
        wrong.run()


def test_a_calendar_that_the_market_lacks_is_unknown() -> None:
    """Not without events: a rule on it, or near it, could not be evaluated."""
    small = SmallProgram(bars=3)
    near = small.node("calendar_within", name="no_such_calendar", window=(0, 2))
    small.layer(small.call(20, **MONTH_2), opens=(small.node("calendar", name="no_such_calendar"), small.node("not", near)))
    record = small.run()
    assert actions(record) == []
    assert record.unknown.tolist() == [3.0, 3.0]


def test_an_input_that_the_market_lacks_is_unknown() -> None:
    small = SmallProgram(bars=2)
    small.layer(small.call(20, **MONTH_2), opens=small.script(1.0))
    record = interpret(small.program, small_market(2))
    assert actions(record) == []
    assert record.unknown.tolist() == [2.0]
