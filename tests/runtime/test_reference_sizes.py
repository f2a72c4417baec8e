"""How many structures are bought: sizes, budgets, limits, cash and margin, with the arithmetic written out.

VIX and its futures stand at 20 and VVIX at 90 unless said; bar 0 is Monday 2020-01-06; `month 2` bought on it has 44 days, `month 3` 72.
"""

from __future__ import annotations

import math
from typing import Any

import pytest
from attrs import evolve
from small_program import SmallProgram, actions

from alvh.compiler.ir import Size
from alvh.runtime.pricing import spx_surface, vix_level, vix_options
from alvh.runtime.record import (
    BUDGET_SPENT,
    CLOSE,
    CUT_BY_CASH,
    CUT_BY_LIMIT,
    LESS_THAN_ONE,
    LIMIT_UNKNOWN,
    NO_DEBIT,
    NO_REASON,
    OPEN,
    REBALANCE,
    REFUSED,
    ROLL_IN,
)

UNKNOWN = math.nan
MILLION = 1_000_000.0
MONTH_2 = {"manner": "month", "low": 2.0}
MONTH_3 = {"manner": "month", "low": 3.0}


def call_price(days: float, strike: float = 20.0, future: float = 20.0) -> float:
    terms = vix_options.expiry_terms(future, 90.0, 0.0, days, vix_level.level_table())
    return float(vix_options.option_price(True, strike, *terms))


def put_price(days: float, strike: float) -> float:
    """SPX at 4000, flat VIX family of 20, the small market's smile."""
    nodes = [0.04 * (node / 365.0) for node in (9.0, 30.0, 93.0, 184.0, 365.0)]
    terms = spx_surface.expiry_terms(4000.0, 0.0, *nodes, 1.0, 1.0, days)
    return float(spx_surface.option_price(False, strike, *terms, -0.5))


NEAR, FAR = call_price(44.0), call_price(72.0)


def money(small: SmallProgram, value: float) -> Size:
    return Size("money", small.constant(value))


# Sizes


def test_size_in_money_is_premium_rounded_down_once() -> None:
    small = SmallProgram(bars=1)
    small.layer(small.call(20, **MONTH_2), size=money(small, 10_000.0))
    record = small.run()
    assert record.journal.asked[0] == 10_000.0 / (NEAR * 100.0)
    assert record.journal.filled[0] == math.floor(10_000.0 / (NEAR * 100.0))


def test_fractional_contracts_spend_it_all() -> None:
    small = SmallProgram(bars=1, whole=False)
    small.layer(small.call(20, **MONTH_2), size=money(small, 10_000.0))
    record = small.run()
    assert record.journal.filled[0] == 10_000.0 / (NEAR * 100.0)
    assert record.cash[0] == pytest.approx(MILLION - 10_000.0, abs=1e-9)


def test_a_whole_number_that_division_just_misses_is_whole() -> None:
    small = SmallProgram(bars=1)
    small.layer(small.call(20, **MONTH_2), size=Size("contracts", small.node("mul", small.constant(0.29), small.constant(100.0))))
    assert 0.29 * 100.0 < 29.0
    assert small.run().journal.filled[0] == 29.0


def test_unit_multiplies_contracts_but_not_money() -> None:
    small = SmallProgram(bars=1)
    small.group(unit=small.constant(2.5))
    small.layer(small.call(20, **MONTH_2), size=3.0)
    small.layer(small.call(20, **MONTH_2), size=money(small, 10_000.0))
    record = small.run()
    assert record.journal.asked.tolist() == [7.5, 10_000.0 / (NEAR * 100.0)]
    assert record.journal.filled[0] == 7.0


def credit_spread(small: SmallProgram, **rest: Any) -> int:
    """Sold put at 3950, bought at 3900, 32 days: settled on Friday 02-07, bar 24, at the close."""
    return small.layer(small.put(3950, 32, -1, "SPX"), small.put(3900, 32, 1, "SPX"), **rest)


CREDIT = put_price(32.0, 3950.0) - put_price(32.0, 3900.0)


def test_size_by_worst_loss_and_the_margin_it_needs() -> None:
    small = SmallProgram(bars=2)
    credit_spread(small, size=Size("max_loss", small.constant(20_000.0)))
    record = small.run()
    # A structure loses at most (50 - credit) x 100.
    q = math.floor(20_000.0 / ((50.0 - CREDIT) * 100.0))
    assert record.journal.filled[0] == q
    assert record.cash[0] == pytest.approx(MILLION + CREDIT * q * 100.0, abs=1e-6)
    # Premium aside: 50 points x 100 a structure.
    assert record.margin.tolist() == [50.0 * q * 100.0] * 2


def test_the_worst_loss_includes_fees() -> None:
    small = SmallProgram(bars=1, listed_costs=True, whole=False)
    credit_spread(small, size=Size("max_loss", small.constant(20_000.0)))
    record = small.run()
    assert record.journal.filled[0] == pytest.approx(20_000.0 / ((50.0 + record.journal.price[0]) * 100.0 + 2.4), rel=1e-12)


def test_a_structure_that_pays_has_no_size_in_money() -> None:
    small = SmallProgram(bars=1)
    credit_spread(small, size=money(small, 10_000.0))
    assert actions(small.run()) == [(0, REFUSED, NO_DEBIT, 0.0)]


# Cash and margin


def test_margin_for_a_spread_is_bounded_by_cash() -> None:
    small = SmallProgram(bars=2, capital=50_000.0)
    credit_spread(small, size=100.0, opens=small.at(0))
    record = small.run()
    # Need of a structure: 50 x 100 of margin less the credit received.
    q = math.floor(50_000.0 / ((50.0 - CREDIT) * 100.0))
    assert actions(record) == [(0, OPEN, CUT_BY_CASH, float(q))]
    assert record.journal.asked[0] == 100.0
    assert record.cash[0] >= record.margin[0]


def test_margin_in_use_is_not_there_for_others() -> None:
    small = SmallProgram(bars=1, capital=50_000.0)
    credit_spread(small, size=5.0)
    small.layer(small.call(20, **MONTH_2), size=1_000.0)
    record = small.run()
    available = 50_000.0 + CREDIT * 5.0 * 100.0 - 50.0 * 5.0 * 100.0
    assert record.journal.filled[1] == math.floor(available / (NEAR * 100.0))


def test_the_index_held_pays_at_its_bid() -> None:
    small = SmallProgram(bars=2, capital=10_000.0, hold_index=True, listed_costs=True, whole=False)
    small.layer(small.call(20, **MONTH_2), size=1_000.0, opens=small.at(1))
    record = small.run()
    price = record.journal.price[0]
    available = 10_000.0 / (4000.0 * 1.00005) * 4000.0 * 0.99995
    assert record.journal.filled[0] == pytest.approx(available / (price * 100.0 + 1.2), rel=1e-12)
    assert record.hold_profit[1] + 10_000.0 > 0.0


def test_layers_on_one_level_are_cut_by_one_common_factor() -> None:
    small = SmallProgram(bars=1, capital=10_000.0)
    small.layer(small.call(20, **MONTH_2), size=30.0, level=0)
    small.layer(small.call(20, **MONTH_3), size=50.0, level=0)
    record = small.run()
    factor = 10_000.0 / (30.0 * NEAR * 100.0 + 50.0 * FAR * 100.0)
    assert factor < 1.0
    assert record.journal.filled.tolist() == [math.floor(30.0 * factor), math.floor(50.0 * factor)]
    assert record.journal.cut.tolist() == [CUT_BY_CASH, CUT_BY_CASH]
    assert record.cash[0] >= 0.0


def test_an_upstream_level_is_served_first() -> None:
    small = SmallProgram(bars=1, capital=10_000.0)
    small.layer(small.call(20, **MONTH_2), size=30.0, level=0)
    small.layer(small.call(20, **MONTH_3), size=50.0, level=1)
    record = small.run()
    first = min(30.0, math.floor(10_000.0 / (NEAR * 100.0)))
    left = 10_000.0 - first * NEAR * 100.0
    assert record.journal.filled.tolist() == [first, math.floor(left / (FAR * 100.0))]


def test_what_is_too_little_for_one_contract_is_refused() -> None:
    small = SmallProgram(bars=1)
    small.layer(small.call(20, **MONTH_2), size=0.5)
    assert actions(small.run()) == [(0, REFUSED, LESS_THAN_ONE, 0.0)]
    poor = SmallProgram(bars=1, capital=10.0)
    poor.layer(poor.call(20, **MONTH_2), size=5.0)
    assert actions(poor.run()) == [(0, REFUSED, CUT_BY_CASH, 0.0)]


# The cost limit


def limited(bars: int, limit: float | int, level_of_second: int = 0) -> SmallProgram:
    small = SmallProgram(bars=bars)
    node = small.constant(limit) if isinstance(limit, float) else limit
    small.group(limit_cost=node)
    small.layer(small.call(20, **MONTH_2), size=30.0, level=0)
    small.layer(small.call(20, **MONTH_3), size=50.0, level=level_of_second)
    return small


def test_the_cost_limit_cuts_a_level_by_one_factor() -> None:
    record = limited(1, 9_000.0).run()
    factor = 9_000.0 / (30.0 * NEAR * 100.0 + 50.0 * FAR * 100.0)
    assert record.journal.filled.tolist() == [math.floor(30.0 * factor), math.floor(50.0 * factor)]
    assert record.journal.cut.tolist() == [CUT_BY_LIMIT, CUT_BY_LIMIT]


def test_the_cost_limit_counts_what_is_open() -> None:
    record = limited(2, 9_000.0, level_of_second=1).run()
    first = math.floor(9_000.0 / (NEAR * 100.0)) if 30.0 * NEAR * 100.0 > 9_000.0 else 30.0
    second = math.floor((9_000.0 - first * NEAR * 100.0) / (FAR * 100.0))
    assert record.journal.filled[0] == first
    assert record.layer_contracts[0].tolist() == [first, second]


def test_an_unknown_limit_is_no_order() -> None:
    small = SmallProgram(bars=1)
    limit = small.script(UNKNOWN)
    small.group(limit_cost=limit)
    small.layer(small.call(20, **MONTH_2), size=3.0)
    assert actions(small.run()) == [(0, REFUSED, LIMIT_UNKNOWN, 0.0)]


def test_the_limit_spares_credits_and_holds_for_its_own_group_only() -> None:
    small = SmallProgram(bars=1)
    small.group(limit_cost=small.constant(0.0))
    credit_spread(small, size=2.0)
    small.layer(small.call(20, **MONTH_2), size=3.0, level=0)
    small.group()
    small.layer(small.call(20, **MONTH_2), size=3.0, level=0)
    assert actions(small.run()) == [(0, OPEN, NO_REASON, 2.0), (0, REFUSED, CUT_BY_LIMIT, 0.0), (0, OPEN, NO_REASON, 3.0)]


# Budgets. 12,000 a year are 1,000 a month; of the 23 weekdays of January 2020 20 are left on the 6th. Bar 20 is Monday 02-03.


def budgeted(bars: int, kept: float = 0.0, whole: bool = False, **layer: Any) -> SmallProgram:
    small = SmallProgram(bars=bars, whole=whole)
    small.group(budget=small.budget(12_000.0, kept))
    size = layer.pop("size", Size("budget"))
    small.layer(small.call(20, **MONTH_2), size=size, share=layer.pop("share", 1.0), **layer)
    return small


def test_the_first_payment_is_pro_rata_and_is_spent() -> None:
    record = budgeted(1, share=0.4).run()
    assert record.journal.filled[0] * NEAR * 100.0 == pytest.approx(0.4 * 1_000.0 * 20.0 / 23.0, rel=1e-12)


def test_each_month_adds_a_payment_and_kept_months_cap_it() -> None:
    def spent_on(bar: int, kept: float) -> float:
        small = budgeted(bar + 1, kept)
        small.layers[0] = evolve(small.layers[0], opens=(small.rule("open", small.at(bar)),))
        record = small.run()
        return float(record.journal.filled[0] * record.journal.price[0] * 100.0)

    # On bar 19 the first payment still stands alone; on bar 20 there is a second; bar 40 (03-02) brings a third.
    first = 1_000.0 * 20.0 / 23.0
    assert spent_on(19, 0.0) == pytest.approx(first, rel=1e-12)
    assert spent_on(20, 0.0) == pytest.approx(first + 1_000.0, rel=1e-12)
    assert spent_on(40, 0.0) == pytest.approx(first + 2_000.0, rel=1e-12)
    assert spent_on(40, 1.5) == pytest.approx(1_500.0, rel=1e-12)


def test_a_sale_returns_at_most_what_the_lot_cost() -> None:
    def second_purchase(future_later: float) -> tuple[float, float]:
        small = budgeted(5, closes=None)
        small.layers[0] = evolve(small.layers[0], closes=(small.rule("close", small.at(3)),))
        record = small.run(vix=[20.0, future_later], vx1=[20.0, future_later], vx2=[20.0, future_later])
        assert [row[1] for row in actions(record)] == [OPEN, CLOSE, OPEN]
        sold = record.journal.filled[1] * record.journal.price[1] * 100.0
        return float(sold), float(record.journal.filled[2] * record.journal.price[2] * 100.0)

    first = 1_000.0 * 20.0 / 23.0
    sold, spent = second_purchase(40.0)
    assert sold > first
    assert spent == pytest.approx(first, rel=1e-12)
    sold, spent = second_purchase(15.0)
    assert sold < first
    assert spent == pytest.approx(sold, rel=1e-12)


def test_fees_are_paid_from_the_balance_and_come_back_with_a_winning_lot() -> None:
    small = budgeted(5)
    small.listed_costs = True
    small.layers[0] = evolve(small.layers[0], closes=(small.rule("close", small.at(3)),))
    record = small.run(vix=[20.0, 40.0], vx1=[20.0, 40.0], vx2=[20.0, 40.0])
    paid = record.journal.filled * (record.journal.price * 100.0 + 1.2)
    first = 1_000.0 * 20.0 / 23.0
    assert paid[0] == pytest.approx(first, rel=1e-12)
    # Cost and fees of the lot sold, no more: the same again.
    assert paid[2] == pytest.approx(first, rel=1e-12)


def test_a_roll_spends_what_its_own_sale_returns() -> None:
    small = budgeted(12)
    small.layers[0] = evolve(small.layers[0], legs=(small.call(20, 30),), rolls=(small.rule("roll", small.at(10)),))
    record = small.run()
    assert [row[1] for row in actions(record)][-1] == ROLL_IN
    sold = record.journal.filled[1] * record.journal.price[1] * 100.0
    assert record.journal.filled[2] * record.journal.price[2] * 100.0 == pytest.approx(sold, rel=1e-12)


def test_a_balance_bounds_a_size_in_contracts() -> None:
    record = budgeted(1, whole=True, size=Size("contracts", 0)).run()
    # Node 0 is the yearly 12,000: far more contracts than 869.57 dollars pay.
    assert record.journal.asked[0] == 12_000.0
    assert record.journal.filled[0] == math.floor(1_000.0 * 20.0 / 23.0 / (NEAR * 100.0))


def test_an_empty_balance_refuses_but_never_sells() -> None:
    small = budgeted(3, whole=True)
    size = Size("contracts", small.constant(2.0))
    small.layers[0] = evolve(small.layers[0], size=size, rebalances=(small.rule("rebalance", small.script(0.0, 1.0)),))
    record = small.run()
    assert actions(record) == [(0, OPEN, NO_REASON, 2.0)]
    poor = budgeted(2, whole=True, share=0.001)
    assert actions(poor.run()) == [(0, REFUSED, BUDGET_SPENT, 0.0)]


def test_a_rebalance_of_a_budget_size_adds_what_the_balance_pays() -> None:
    small = budgeted(21, rebalances=None)
    small.layers[0] = evolve(small.layers[0], rebalances=(small.rule("rebalance", small.at(10, 20)),))
    record = small.run()
    # Nothing but the dust of a division is left to add on bar 10; on bar 20 1,000 dollars are.
    assert [row[:2] for row in actions(record) if row[3] > 1e-9] == [(0, OPEN), (20, REBALANCE)]
    assert record.journal.filled[-1] * record.journal.price[-1] * 100.0 == pytest.approx(1_000.0, rel=1e-9)


def test_two_orders_of_one_layer_do_not_spend_a_dollar_twice() -> None:
    small = budgeted(8, at_most=3, whole=False)
    # Two lots, opened on bars 0 and 1, rebalance on one bar; together they may spend the balance once.
    size = Size("contracts", small.script(1.0, 1.0, 50.0))
    small.layers[0] = evolve(small.layers[0], size=size, opens=(small.rule("open", small.at(0, 1)),))
    small.layers[0] = evolve(small.layers[0], rebalances=(small.rule("rebalance", small.at(2)),))
    record = small.run()
    spent = sum(record.journal.filled * record.journal.price * 100.0)
    assert spent == pytest.approx(1_000.0 * 20.0 / 23.0, rel=1e-9)


@pytest.mark.parametrize("yearly", [UNKNOWN, -5.0])
def test_an_unknown_or_negative_budget_pays_nothing(yearly: float) -> None:
    small = SmallProgram(bars=1)
    small.group(budget=small.budget(small.script(yearly)))
    small.layer(small.call(20, **MONTH_2), size=Size("budget"), share=1.0)
    assert actions(small.run()) == [(0, REFUSED, BUDGET_SPENT, 0.0)]
