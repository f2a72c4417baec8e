"""Add, the rolls that keep something, rolls of one side, writing against another layer, and shifts, with the arithmetic written out.

VIX and its futures stand at 20 and VVIX at 90 unless said, SPX at 4000; bar 0 is Monday 2020-01-06. VIX monthlies settle on bar 7 (01-15),
32 (02-19) and 52 (03-18): month 2 bought on bar 0 has 44 days, month 3 has 72.
"""

from __future__ import annotations

import math
from typing import Any

import pytest
from attrs import evolve
from small_program import SmallProgram, actions

from alvh.compiler.ir import Expiry, Leg, Size, Strike
from alvh.runtime.pricing import costs, spx_surface, strikes, vix_level, vix_options
from alvh.runtime.record import (
    ADD,
    CLOSE,
    CUT_BY_CASH,
    CUT_BY_COVER,
    CUT_BY_LIMIT,
    DELTA_FLAGGED,
    LESS_THAN_ONE,
    NO_BID,
    NO_COVER,
    NO_DAYS_GAINED,
    NO_DEBIT,
    NO_REASON,
    NO_STRIKE,
    OPEN,
    REBALANCE,
    REFUSED,
    ROLL_IN,
    ROLL_OUT,
    SETTLE,
    SHIFT,
    SIZE_NOT_POSITIVE,
    SIZE_UNKNOWN,
    STALE_MARK,
    TRIM,
)

UNKNOWN = math.nan
MILLION = 1_000_000.0
MONTH_2 = {"manner": "month", "low": 2.0}
MONTH_3 = {"manner": "month", "low": 3.0}


def call_price(days: float, strike: float = 20.0, future: float = 20.0) -> float:
    terms = vix_options.expiry_terms(future, 90.0, 0.0, days, vix_level.level_table())
    return float(vix_options.option_price(True, strike, *terms))


def call_delta(days: float, strike: float, future: float = 20.0) -> float:
    terms = vix_options.expiry_terms(future, 90.0, 0.0, days, vix_level.level_table())
    return float(vix_options.option_delta(True, strike, *terms))


def spx_terms(days: float, spx: float = 4000.0) -> tuple[float, ...]:
    nodes = [0.04 * (node / 365.0) for node in (9.0, 30.0, 93.0, 184.0, 365.0)]
    return (*spx_surface.expiry_terms(spx, 0.0, *nodes, 1.0, 1.0, days), -0.5)


def spx_price(is_call: bool, strike: float, days: float, spx: float = 4000.0) -> float:
    return float(spx_surface.option_price(is_call, strike, *spx_terms(days, spx)))


def contracts(small: SmallProgram, value: float) -> Size:
    return Size("contracts", small.constant(value))


def money(small: SmallProgram, value: float) -> Size:
    return Size("money", small.constant(value))


def gains_of(small: SmallProgram, layer: int, bar: int) -> int:
    """A layer that opens on a bar, reading another's gains as they then stand."""
    node = small.node("decided", owner=layer, name="gains", stage=len(small.layers) + 1)
    return small.layer(small.call(90, **MONTH_2), opens=[small.rule("open", small.at(bar), reads=(node,))])


# Add


def test_an_add_is_another_lot_while_there_is_room() -> None:
    small = SmallProgram(bars=6)
    add = small.rule("add", small.script(1.0), amount=contracts(small, 2.0))
    small.layer(small.call(20, **MONTH_2), size=3.0, opens=small.at(1), adds=add, at_most=3)
    record = small.run()
    # Nothing is held on bar 0 and at the start of bar 1; then two lots are added, and the layer is full.
    assert actions(record) == [(1, OPEN, NO_REASON, 3.0), (2, ADD, NO_REASON, 2.0), (3, ADD, NO_REASON, 2.0)]
    assert record.journal.slot.tolist() == [0.0, 1.0, 2.0]
    assert record.verbs["add"] == 2
    assert record.cash[-1] == pytest.approx(MILLION - 100.0 * (3 * call_price(43) + 2 * call_price(42) + 2 * call_price(41)), abs=1e-9)


def test_where_an_add_fires_the_open_is_not_asked() -> None:
    small = SmallProgram(bars=4)
    add = small.rule("add", small.at(2), amount=contracts(small, 5.0))
    small.layer(small.call(20, **MONTH_2), opens=small.script(1.0), adds=add, at_most=4)
    # Bars 0, 1 and 3 open; bar 2 adds.
    assert actions(small.run()) == [
        (0, OPEN, NO_REASON, 1.0),
        (1, OPEN, NO_REASON, 1.0),
        (2, ADD, NO_REASON, 5.0),
        (3, OPEN, NO_REASON, 1.0),
    ]


def test_an_add_needs_a_lot_that_is_still_there() -> None:
    small = SmallProgram(bars=5)
    add = small.rule("add", small.script(1.0), amount=contracts(small, 2.0))
    small.layer(small.call(20, **MONTH_2), opens=small.at(0), closes=small.at(2), adds=add, at_most=2)
    # On bar 1 it adds; on bar 2 all is closed, so nothing is added, nor later.
    assert actions(small.run()) == [
        (0, OPEN, NO_REASON, 1.0),
        (1, ADD, NO_REASON, 2.0),
        (2, CLOSE, NO_REASON, 1.0),
        (2, CLOSE, NO_REASON, 2.0),
    ]


def test_a_roll_under_way_counts_as_held() -> None:
    small = SmallProgram(bars=3)
    rolls = small.rule("roll", small.at(1), to=Expiry("month", low=3.0))
    add = small.rule("add", small.at(1), amount=contracts(small, 2.0))
    small.layer(small.call(20, **MONTH_2), opens=small.at(0), rolls=rolls, adds=add, at_most=2)
    record = small.run()
    assert actions(record) == [
        (0, OPEN, NO_REASON, 1.0), (1, ROLL_OUT, NO_REASON, 1.0), (1, ROLL_IN, NO_REASON, 1.0), (1, ADD, NO_REASON, 2.0),
    ]  # fmt: skip
    assert record.journal.slot.tolist() == [0.0, 0.0, 0.0, 1.0]


def test_an_add_takes_the_unit_and_money_and_says_what_is_wrong() -> None:
    small = SmallProgram(bars=7)
    small.group(unit=small.constant(3.0))
    adds = [
        small.rule("add", small.at(1), amount=contracts(small, 2.0)),
        small.rule("add", small.at(2), amount=money(small, 1000.0)),
        small.rule("add", small.at(3), amount=Size("contracts", small.script(UNKNOWN))),
        small.rule("add", small.at(4), amount=contracts(small, -1.0)),
        small.rule("add", small.at(5), amount=money(small, 1.0)),
    ]
    small.layer(small.call(20, **MONTH_2), opens=small.at(0), adds=adds, at_most=9)
    found = actions(small.run())
    assert found == [
        (0, OPEN, NO_REASON, 3.0),
        (1, ADD, NO_REASON, 6.0),
        (2, ADD, NO_REASON, math.floor(1000.0 / (call_price(42) * 100.0))),
        (3, REFUSED, SIZE_UNKNOWN, 0.0),
        (4, REFUSED, SIZE_NOT_POSITIVE, 0.0),
        (5, REFUSED, LESS_THAN_ONE, 0.0),
    ]


def test_what_pays_has_no_size_in_money() -> None:
    small = SmallProgram(bars=2)
    legs = (small.put(3950, 32, -1, "SPX"), small.put(3900, 32, 1, "SPX"))
    small.layer(*legs, opens=small.at(0), adds=small.rule("add", small.at(1), amount=money(small, 500.0)), at_most=2)
    assert actions(small.run()) == [(0, OPEN, NO_REASON, 1.0), (1, REFUSED, NO_DEBIT, 0.0)]


# Add from gains


def gaining_then_adding(small: SmallProgram, *, at: int = 3) -> tuple[int, int]:
    """Layer 0 buys a future and sells it a point higher: $1,000 of gains before costs. Layer 1 holds a call and adds from them."""
    source = small.layer(small.future(), opens=small.at(0), closes=small.at(2))
    add = small.rule("add", small.at(at), from_gains=source)
    return source, small.layer(small.call(20, **MONTH_2), opens=small.at(0), adds=add, at_most=2)


def test_gains_pay_for_an_add_to_the_cent() -> None:
    small = SmallProgram(bars=5)
    source, target = gaining_then_adding(small)
    reader = gains_of(small, source, 4)
    record = small.run(vx2=[20.0, 20.5, 21.0, 20.0])
    # $1,000 of gains buy calls at the price of bar 3, 41 days.
    price = call_price(41.0)
    q = math.floor(1000.0 / (price * 100.0))
    assert actions(record, target) == [(0, OPEN, NO_REASON, 1.0), (3, ADD, NO_REASON, float(q))]
    assert q >= 1
    row = next(row for row in range(len(record.journal.bar)) if record.journal.layer[row] == reader)
    assert record.journal.reads[row, 0] == 1000.0 - price * q * 100.0
    # Drawing is a note on what was gained: no money appears.
    assert record.cash[3] == MILLION + 1000.0 - call_price(44.0) * 100.0 - price * q * 100.0


def test_an_add_from_gains_with_fees_draws_them_too() -> None:
    small = SmallProgram(bars=5, listed_costs=True)
    source, target = gaining_then_adding(small)
    reader = gains_of(small, source, 4)
    record = small.run(vx2=[20.0, 20.5, 21.0, 20.0])
    gains = 1000.0 - 2 * 25.0 - 2 * 2.0
    row_of_add = next(row for row in range(len(record.journal.bar)) if record.journal.action[row] == ADD)
    price, q = float(record.journal.price[row_of_add]), float(record.journal.filled[row_of_add])
    assert q == math.floor(gains / (price * 100.0))
    assert target == 1
    row = next(row for row in range(len(record.journal.bar)) if record.journal.layer[row] == reader)
    assert record.journal.reads[row, 0] == pytest.approx(gains - price * q * 100.0 - 1.2 * q, abs=1e-9)


def test_without_gains_nothing_is_added() -> None:
    small = SmallProgram(bars=2)
    gaining_then_adding(small, at=1)
    assert actions(small.run(), 1) == [(0, OPEN, NO_REASON, 1.0), (1, REFUSED, SIZE_NOT_POSITIVE, 0.0)]


def test_two_layers_of_a_level_do_not_draw_the_same_gains_twice() -> None:
    small = SmallProgram(bars=4, whole=False)
    source = small.layer(small.future(), opens=small.at(0), closes=small.at(2))
    for _ in range(2):
        add = small.rule("add", small.at(3), from_gains=source)
        small.layer(small.call(20, **MONTH_2), opens=small.at(0), adds=add, at_most=2, level=1)
    record = small.run(vx2=[20.0, 20.5, 21.0, 20.0])
    # The first takes all of it; to the second nothing is left.
    assert actions(record, 1)[-1] == (3, ADD, NO_REASON, 1000.0 / (call_price(41.0) * 100.0))
    assert actions(record, 2)[-1] == (3, REFUSED, SIZE_NOT_POSITIVE, 0.0)


# Roll keeping


def kept(small: SmallProgram, keeping: Any, leg: Leg | None = None, size: float = 10.0, **rest: Any) -> int:
    """Opens on bar 0 at month 2, rolls on bar 5 to month 3 by the layer's own legs read anew."""
    rule = small.rule("roll", small.at(5), to=Expiry("month", low=3.0), keeping=keeping)
    return small.layer(leg or small.call(20, **MONTH_2), size=size, opens=small.at(0), rolls=rule, **rest)


def test_keeping_contracts_ignores_what_the_size_now_says() -> None:
    small = SmallProgram(bars=6)
    number = kept(small, "contracts")
    small.layers[number] = evolve(small.layers[number], size=Size("contracts", small.script(10.0, 10.0, 10.0, 3.0)))
    assert actions(small.run())[1:] == [(5, ROLL_OUT, NO_REASON, 10.0), (5, ROLL_IN, NO_REASON, 10.0)]


def test_keeping_premium_spends_what_the_sale_brought() -> None:
    small = SmallProgram(bars=6, listed_costs=True)
    kept(small, "premium")
    record = small.run()
    sold, bought = call_price(37.0), call_price(65.0)
    sold -= float(costs.vix_half_spread(sold, 20.0))
    bought += float(costs.vix_half_spread(bought, 20.0))
    wanted = (sold * 10.0 * 100.0 - 12.0) / (bought * 100.0 + 1.2)
    assert record.journal.asked[2] == pytest.approx(wanted, abs=1e-12)
    assert record.journal.filled[2] == math.floor(wanted)


def test_keeping_premium_for_what_pays_is_refused_before_anything_is_sold() -> None:
    small = SmallProgram(bars=6)
    rule = small.rule("roll", small.at(5), to=Expiry("days", low=60.0), keeping="premium")
    small.layer(small.put(3950, 32, -1, "SPX"), small.put(3900, 32, 1, "SPX"), opens=small.at(0), rolls=rule)
    assert actions(small.run()) == [(0, OPEN, NO_REASON, 1.0), (5, REFUSED, NO_DEBIT, 0.0)]


def test_keeping_delta_buys_as_many_deltas() -> None:
    small = SmallProgram(bars=6, whole=False)
    rule = small.rule("roll", small.at(5), to=Expiry("month", low=3.0), keeping="delta")
    wish = small.script(20.0, 20.0, 20.0, 20.0, 20.0, 30.0)
    small.layer(Leg("", "VIX", "call", 1, Strike("strike", wish), Expiry(**MONTH_2)), size=10.0, opens=small.at(0), rolls=rule)
    record = small.run()
    assert record.journal.filled[2] == pytest.approx(10.0 * call_delta(37.0, 20.0) / call_delta(65.0, 30.0), abs=1e-9)


def test_keeping_a_delta_of_futures_keeps_contracts() -> None:
    small = SmallProgram(bars=6)
    rule = small.rule("roll", small.at(5), to=Expiry("month", low=3.0), keeping="delta")
    small.layer(small.future(), size=4.0, opens=small.at(0), rolls=rule)
    assert actions(small.run())[1:] == [(5, ROLL_OUT, NO_REASON, 4.0), (5, ROLL_IN, NO_REASON, 4.0)]


def test_a_keeping_roll_that_comes_to_nothing_is_less_than_one() -> None:
    small = SmallProgram(bars=6, capital=5000.0)
    kept(small, "premium", leg=small.call(90, **MONTH_2), size=1.0)
    # What a call far out brings does not pay one of the next month.
    assert actions(small.run())[1:] == [(5, ROLL_OUT, NO_REASON, 1.0), (5, REFUSED, LESS_THAN_ONE, 0.0)]


# Roll to


def test_roll_to_moves_every_leg_that_says_its_expiry() -> None:
    small = SmallProgram(bars=3)
    same = Leg("", "VIX", "call", -1, Strike("above", small.constant(5.0), 0), Expiry("same", reference=0))
    rule = small.rule("roll", small.at(1), to=Expiry("month", low=4.0))
    small.layer(small.call(20, **MONTH_2), same, opens=small.at(0), rolls=rule)
    record = small.run()
    # Month 4 on bar 1 is 04-15, bar 72.
    assert actions(record)[1:] == [(1, ROLL_OUT, NO_REASON, 1.0), (1, ROLL_IN, NO_REASON, 1.0)]
    assert record.journal.price[2] == call_price(99.0) - call_price(99.0, 25.0)
    assert record.journal.expiry[2, 0] == record.journal.expiry[2, 1]


def test_roll_to_a_nearer_expiry_gains_no_days() -> None:
    small = SmallProgram(bars=3)
    small.layer(small.call(20, **MONTH_3), opens=small.at(0), rolls=small.rule("roll", small.at(1), to=Expiry("month", low=2.0)))
    assert actions(small.run())[1:] == [(1, REFUSED, NO_DAYS_GAINED, 0.0)]


# Roll calls, roll puts


def strangle(small: SmallProgram, rule: Any, *, call: float | None = None, **rest: Any) -> int:
    """Sold put at 3800 and call 300 points above SPX (scripted with `call`), 32 days, to bar 24."""
    wish = small.constant(4300.0) if call is None else small.script(4300.0, 4300.0, call)
    legs = (
        small.put(3800, 32, 1, "SPX"),
        Leg("", "SPX", "call", 1, Strike("strike", wish), Expiry("same", reference=0)),
    )
    return small.layer(*legs, opens=small.at(0), rolls=rule, **rest)


def test_rolled_calls_are_struck_anew_and_the_puts_stay() -> None:
    small = SmallProgram(bars=4, listed_costs=True)
    strangle(small, small.rule("roll", small.at(2), side="call"), call=4150.0, size=2.0)
    record = small.run(era=1.0)
    assert actions(record)[1:] == [(2, ROLL_OUT, NO_REASON, 2.0), (2, ROLL_IN, NO_REASON, 2.0)]
    out, into = spx_price(True, 4300.0, 30.0), spx_price(True, 4150.0, 30.0)
    half_out, half_in = (float(costs.spx_half_spread(price, 1.0, 20.0)) for price in (out, into))
    assert record.journal.price[1:].tolist() == pytest.approx([out - half_out, into + half_in], abs=1e-9)
    assert record.journal.cost[1:].tolist() == pytest.approx([2.4 + half_out * 200.0, 2.4 + half_in * 200.0], abs=1e-9)
    assert record.cash[2] - record.cash[1] == pytest.approx((out - half_out - into - half_in) * 200.0 - 4.8, abs=1e-6)
    assert record.journal.strike[:, :2].tolist() == [[3800.0, 4300.0], [3800.0, 4300.0], [3800.0, 4150.0]]
    # The lot goes on: one lot, its age counts from bar 0.
    assert record.verbs["roll"] == 1
    assert record.layer_contracts[:, 0].tolist() == [2.0] * 4
    assert record.layer_value[3, 0] == pytest.approx((spx_price(False, 3800.0, 29.0) + spx_price(True, 4150.0, 29.0)) * 200.0, abs=1e-6)


def test_realized_of_a_side_roll_is_its_own_legs_and_fees_stay_with_the_lot() -> None:
    small = SmallProgram(bars=4, listed_costs=True)
    strangle(small, small.rule("roll", small.at(2), side="call"), call=4150.0, closes=small.at(3))
    realized = small.node("decided", owner=0, name="realized", stage=2)
    rolls = small.node("decided", owner=0, name="rolls", stage=2)
    reading = [small.rule("open", small.at(2), reads=(realized, rolls)), small.rule("open", small.at(3), reads=(realized,))]
    small.layer(small.call(90, **MONTH_2), opens=reading, at_most=9)
    record = small.run()
    rows = [row for row in range(len(record.journal.bar)) if record.journal.layer[row] == 1]
    bought = spx_price(True, 4300.0, 32.0)
    bought += float(costs.spx_half_spread(bought, 1.0, 20.0))
    assert record.journal.reads[rows[0], 0] == pytest.approx((record.journal.price[1] - bought) * 100.0 - 1.2, abs=1e-6)
    assert record.journal.reads[rows[0], 1] == 1.0
    # In the end all that the layer moved is realized.
    assert record.journal.reads[rows[1], 0] == pytest.approx(record.layer_profit[3, 0], abs=1e-6)


def test_puts_that_lean_on_a_call_take_its_held_strike() -> None:
    small = SmallProgram(bars=3)
    below = Leg("", "SPX", "put", 1, Strike("below", small.script(300.0, 300.0, 500.0), 0), Expiry("same", reference=0))
    small.layer(small.call(4300, 32, 1, "SPX"), below, opens=small.at(0), rolls=small.rule("roll", small.at(2), side="put"))
    record = small.run()
    assert record.journal.strike[:, :2].tolist() == [[4300.0, 4000.0], [4300.0, 4000.0], [4300.0, 3800.0]]


def test_a_side_roll_to_the_same_strikes_or_of_no_leg_says_nothing() -> None:
    small = SmallProgram(bars=3)
    strangle(small, small.rule("roll", small.at(1, 2), side="call"))
    small.layer(small.call(20, **MONTH_2), opens=small.at(0), rolls=small.rule("roll", small.at(1), side="put"))
    assert [row[1] for row in actions(small.run())] == [OPEN, OPEN]


def test_a_side_roll_refuses_what_cannot_be_struck_or_sold() -> None:
    small = SmallProgram(bars=4, listed_costs=True)
    wish = small.script(4300.0, UNKNOWN, 9000.0, 9000.0)
    legs = (small.put(3800, 32, 1, "SPX"), Leg("", "SPX", "call", -1, Strike("strike", wish), Expiry("same", reference=0)))
    far = small.call(4900, 32, 1, "SPX")
    small.layer(*legs, far, opens=small.at(0), rolls=small.rule("roll", small.at(1, 2), side="call"))
    assert actions(small.run())[1:] == [(1, REFUSED, NO_STRIKE, 0.0), (2, REFUSED, NO_BID, 0.0)]


def test_a_side_roll_waits_for_a_price() -> None:
    small = SmallProgram(bars=3)
    strangle(small, small.rule("roll", small.at(2), side="call"), call=4150.0)
    assert actions(small.run(spx_rho=[-0.5, -0.5, UNKNOWN]))[1:] == [(2, REFUSED, STALE_MARK, 0.0)]


def test_a_side_roll_needs_cash() -> None:
    price = (spx_price(False, 3800.0, 32.0) + spx_price(True, 4300.0, 32.0)) * 100.0
    small = SmallProgram(bars=3, capital=price + 100.0)
    strangle(small, small.rule("roll", small.at(2), side="call"), call=4000.0)
    record = small.run()
    assert actions(record)[1:] == [(2, REFUSED, CUT_BY_CASH, 0.0)]
    assert record.journal.asked[1] == 1.0
    assert record.journal.price[1] == spx_price(True, 4000.0, 30.0)
    assert record.journal.strike[1, :2].tolist() == [3800.0, 4000.0]


def test_a_side_roll_keeps_the_limit_on_cost() -> None:
    price = (spx_price(False, 3800.0, 32.0) + spx_price(True, 4300.0, 32.0)) * 100.0
    small = SmallProgram(bars=3)
    small.group(limit_cost=small.constant(price + 100.0))
    strangle(small, small.rule("roll", small.at(2), side="call"), call=4000.0)
    assert actions(small.run())[1:] == [(2, REFUSED, CUT_BY_LIMIT, 0.0)]


def test_a_side_roll_into_an_odd_delta_is_flagged() -> None:
    small = SmallProgram(bars=3)
    # Two days before settlement, in a calm market, strikes five points apart lie far apart in delta.
    legs = (
        Leg("", "SPX", "put", 1, Strike("strike", small.constant(3900.0)), Expiry("days", low=4.0)),
        Leg("", "SPX", "call", 1, Strike("delta", small.script(0.5, 0.5, 0.3)), Expiry("same", reference=0)),
    )
    small.layer(*legs, opens=small.at(0), rolls=small.rule("roll", small.at(2), side="call"))
    record = small.run(vix=[20.0, 20.0, 2.7])
    nodes = [0.027 * 0.027 * (node / 365.0) for node in (9.0, 30.0, 93.0, 184.0, 365.0)]
    forward, discount, theta, phi = spx_surface.expiry_terms(4000.0, 0.0, *nodes, 1.0, 1.0, 2.0)
    strike = float(strikes.spx_strike_and_delta(True, 0.3, forward, discount, theta, phi, -0.5)[0])
    assert 0.05 < abs(float(spx_surface.option_delta(True, strike, forward, theta, phi, -0.5)) - 0.3) <= 0.10
    assert actions(record)[1:] == [(2, ROLL_OUT, NO_REASON, 1.0), (2, ROLL_IN, DELTA_FLAGGED, 1.0)]
    assert record.journal.strike[2, 1] == strike


# Write against


def covered(small: SmallProgram, bought: float, sold: float, **rest: Any) -> int:
    """Layer 0 buys calls of month 3; layer 1 sells calls at 25 of month 2 against them."""
    small.layer(small.call(20, **MONTH_3), size=bought, opens=small.at(0), closes=rest.pop("source_closes", small.script(0.0)),
                rebalances=rest.pop("source_rebalances", ()))  # fmt: skip
    return small.layer(small.call(25, ratio=-1, **MONTH_2), size=sold, cover=0, opens=small.at(0), **rest)


def test_what_is_written_is_cut_to_what_covers_it() -> None:
    small = SmallProgram(bars=1)
    covered(small, 6.0, 10.0)
    record = small.run()
    assert actions(record) == [(0, OPEN, NO_REASON, 6.0), (0, OPEN, CUT_BY_COVER, 6.0)]
    # Brokers hold it naked: premium and 20 % of the future less the 5 points out of the money, at least 10 %: 2 points.
    assert record.margin[0] == pytest.approx((call_price(44.0, 25.0) + 2.0) * 600.0, abs=1e-9)


def test_naked_margin_follows_the_future_and_the_premium() -> None:
    small = SmallProgram(bars=2)
    covered(small, 1.0, 1.0)
    record = small.run(vx2=[20.0, 28.0])
    # At 28 the call at 25 is in the money: 20 % of 28, nothing off.
    assert record.margin[1] == pytest.approx((call_price(43.0, 25.0, 28.0) + 0.2 * 28.0) * 100.0, abs=1e-9)


def test_without_cover_nothing_is_written() -> None:
    small = SmallProgram(bars=2)
    small.layer(small.call(20, **MONTH_2), size=2.0, opens=small.at(0))
    # Against month 2 nothing of month 3 is covered.
    small.layer(small.call(25, ratio=-1, **MONTH_3), size=2.0, cover=0, opens=small.at(0))
    assert actions(small.run()) == [(0, OPEN, NO_REASON, 2.0), (0, REFUSED, NO_COVER, 0.0)]


def test_when_the_cover_shrinks_the_written_calls_are_bought_back() -> None:
    small = SmallProgram(bars=3, listed_costs=True)
    size = small.script(5.0, 5.0, 2.0)
    covered(small, 5.0, 4.0, source_rebalances=small.at(2))
    small.layers[0] = evolve(small.layers[0], size=Size("contracts", size))
    record = small.run()
    assert actions(record)[2:] == [(2, REBALANCE, NO_REASON, 3.0), (2, TRIM, NO_REASON, 2.0)]
    assert record.journal.asked[3] == -2.0
    assert record.journal.rule[3] == -1.0
    price = call_price(42.0, 25.0)
    half = float(costs.vix_half_spread(price, 20.0))
    assert record.journal.price[3] == -(price + half)
    assert record.journal.cost[3] == pytest.approx(2.4 + half * 200.0, abs=1e-9)
    assert record.layer_contracts[2].tolist() == [2.0, 2.0]
    assert record.verbs["trim"] == 1


def test_without_any_cover_left_all_is_bought_back_and_the_layer_closes() -> None:
    small = SmallProgram(bars=3)
    covered(small, 5.0, 4.0, source_closes=small.at(2))
    closes = small.node("decided", owner=1, name="closes", stage=3)
    small.layer(small.call(90, **MONTH_2), opens=[small.rule("open", small.at(2), reads=(closes,))])
    record = small.run()
    assert actions(record)[2:4] == [(2, CLOSE, NO_REASON, 5.0), (2, TRIM, NO_REASON, 4.0)]
    assert record.journal.reads[-1, 0] == 1.0
    assert record.margin[2] == 0.0


def test_trimming_goes_by_slot_and_the_first_lots_keep_their_cover() -> None:
    small = SmallProgram(bars=4)
    small.layer(
        small.call(20, **MONTH_3), size=Size("contracts", small.script(5.0, 5.0, 5.0, 4.0)), opens=small.at(0), rebalances=small.at(3)
    )
    small.layer(
        small.call(25, ratio=-1, **MONTH_2), size=Size("contracts", small.script(3.0, 2.0)), cover=0, opens=small.at(0, 1), at_most=2
    )
    record = small.run()
    assert actions(record, 1) == [(0, OPEN, NO_REASON, 3.0), (1, OPEN, NO_REASON, 2.0), (3, TRIM, NO_REASON, 1.0)]
    assert record.journal.slot[-1] == 1.0


def test_cover_counts_what_the_layer_already_wrote() -> None:
    small = SmallProgram(bars=2)
    small.layer(small.call(20, **MONTH_3), size=5.0, opens=small.at(0))
    small.layer(small.call(25, ratio=-1, **MONTH_2), size=3.0, cover=0, opens=small.script(1.0), at_most=2)
    assert actions(small.run(), 1) == [(0, OPEN, NO_REASON, 3.0), (1, OPEN, CUT_BY_COVER, 2.0)]


def test_more_is_written_only_as_far_as_it_is_covered() -> None:
    small = SmallProgram(bars=2)
    small.layer(small.call(20, **MONTH_3), size=5.0, opens=small.at(0))
    size = Size("contracts", small.script(3.0, 9.0))
    small.layer(small.call(25, ratio=-1, **MONTH_2), size=size, cover=0, opens=small.at(0), rebalances=small.at(1))
    record = small.run()
    assert actions(record, 1) == [(0, OPEN, NO_REASON, 3.0), (1, REBALANCE, CUT_BY_COVER, 2.0)]
    assert record.journal.asked[-1] == 6.0


def test_when_the_written_call_settles_it_is_written_again() -> None:
    small = SmallProgram(bars=9)
    small.layer(small.call(20, **MONTH_3), size=2.0, opens=small.at(0))
    small.layer(small.call(25, ratio=-1, manner="month", low=1.0), size=2.0, cover=0)
    record = small.run()
    assert actions(record, 1) == [(0, OPEN, NO_REASON, 2.0), (7, SETTLE, NO_REASON, 2.0), (7, OPEN, NO_REASON, 2.0)]


# Shift


def budgeted(small: SmallProgram, *, kept_months: float = 0.0, second: float = 0.4) -> None:
    """$12,000 a year from bar 0 (first payment 19.0 / 23 of January): shares of 60 % and `second`. Neither layer opens before bar 40."""
    small.group(budget=small.budget(12_000.0, kept_months))
    for share in (0.6, second):
        small.layer(small.call(20, **MONTH_2), size=Size("budget"), share=share, opens=small.at(40))


def test_a_shift_moves_share_and_balance_and_the_sum_stays() -> None:
    small = SmallProgram(bars=22, whole=False)
    budgeted(small)
    small.shift(small.at(3), 0.2, 0, 1)
    small.layers[0] = evolve(small.layers[0], opens=(small.rule("open", small.at(4)),))
    small.layers[1] = evolve(small.layers[1], opens=(small.rule("open", small.at(4)),))
    record = small.run()
    paid = 1000.0 * 20.0 / 23.0
    assert actions(record)[0] == (3, SHIFT, NO_REASON, 0.2)
    assert record.journal.asked[0] == 0.2
    assert math.isnan(record.journal.price[0])
    assert (record.journal.layer[0], record.journal.slot[0], record.journal.cost[0]) == (0.0, -1.0, 0.0)
    # A third of the first layer's 60 %: it may spend 40 % of the payment, the other one 60 %.
    spent = [record.journal.price[row] * record.journal.filled[row] * 100.0 for row in (1, 2)]
    assert spent == pytest.approx([0.4 * paid, 0.6 * paid], abs=1e-9)
    assert sum(spent) == pytest.approx(paid, abs=1e-9)
    assert record.verbs["shift"] == 1


def test_payments_use_the_shares_of_the_moment() -> None:
    small = SmallProgram(bars=22, whole=False)
    budgeted(small)
    # All of it: what is asked is more than there is.
    small.shift(small.at(3), 0.7, 0, 1)
    for number in (0, 1):
        small.layers[number] = evolve(small.layers[number], opens=(small.rule("open", small.at(20)),))
    record = small.run()
    assert record.journal.filled[0] == 0.6
    # February (bar 20 is Monday 02-03) pays all to the second layer.
    paid = 1000.0 * 20.0 / 23.0 + 1000.0
    assert actions(record, 1) == [(20, OPEN, NO_REASON, pytest.approx(paid / (call_price(44.0) * 100.0), rel=1e-12))]
    assert actions(record, 0)[1][1] == REFUSED


def test_a_share_of_nothing_can_be_raised() -> None:
    small = SmallProgram(bars=6, whole=False)
    budgeted(small, second=0.0)
    small.shift(small.at(3), 0.3, 0, 1)
    small.layers[1] = evolve(small.layers[1], opens=(small.rule("open", small.at(2, 4)),))
    record = small.run()
    # Before the shift it may spend nothing.
    assert actions(record, 1)[0][1] == REFUSED
    spent = record.journal.price[-1] * record.journal.filled[-1] * 100.0
    assert spent == pytest.approx(0.3 * 1000.0 * 20.0 / 23.0, abs=1e-9)


def test_an_empty_share_is_not_shifted_again() -> None:
    small = SmallProgram(bars=6)
    budgeted(small)
    small.shift(small.script(1.0), 0.4, 0, 1)
    assert [row[0] for row in actions(small.run())] == [0, 1]


def test_an_unknown_condition_shifts_nothing_and_is_counted() -> None:
    small = SmallProgram(bars=3)
    budgeted(small)
    small.shift(small.script(UNKNOWN, 0.0), 0.4, 0, 1)
    record = small.run()
    assert actions(record) == []
    assert record.unknown[-1] == 1.0
