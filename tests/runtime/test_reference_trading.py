"""The verbs of a layer in small markets, with the arithmetic written out: option prices by the pricing functions, all else by pencil.

VIX and its futures stand at 20 and VVIX at 90 unless said, so a VIX call at 20 is priced by days alone. Bar 0 is Monday 2020-01-06.
VIX monthlies settle on bar 7 (01-15), 32 (02-19) and 52 (03-18): `month 2` bought on bar 0 has 44 days.
"""

from __future__ import annotations

import math
from typing import Any

import pytest
from attrs import evolve
from small_market import day_number, day_of
from small_program import SmallProgram, actions

from alvh.compiler.ir import Expiry, Leg, Size, Strike
from alvh.runtime.pricing import vix_level, vix_options
from alvh.runtime.record import (
    ABOVE_SIZE,
    CLOSE,
    DELTA_FLAGGED,
    NO_DAYS_GAINED,
    NO_EXPIRY,
    NO_PRICE,
    NO_REASON,
    NO_STRIKE,
    OPEN,
    REBALANCE,
    REFUSED,
    ROLL_IN,
    ROLL_OUT,
    SETTLE,
    SIZE_NOT_POSITIVE,
    SIZE_UNKNOWN,
    STALE_MARK,
    TARGET_FULL,
    UNWINDING,
)

UNKNOWN = math.nan
MONTHLY_BARS = (7, 32, 52, 72, 97)
MILLION = 1_000_000.0


def call_price(days: float, strike: float = 20.0, future: float = 20.0, vvix: float = 90.0, rate: float = 0.0) -> float:
    terms = vix_options.expiry_terms(future, vvix, rate, days, vix_level.level_table())
    return float(vix_options.option_price(True, strike, *terms))


def days_between(bar: int, settle_bar: int) -> float:
    return float(day_number(day_of(settle_bar)) - day_number(day_of(bar)))


def price_on(bar: int, settle_bar: int, strike: float = 20.0) -> float:
    return call_price(days_between(bar, settle_bar), strike)


def month(number: int) -> dict[str, Any]:
    return {"manner": "month", "low": float(number)}


def test_days_of_the_small_calendar() -> None:
    assert [str(day_of(bar)) for bar in MONTHLY_BARS[:3]] == ["2020-01-15", "2020-02-19", "2020-03-18"]
    assert days_between(0, 32) == 44.0


# Open


def test_opens_on_schedule_and_pays_mid() -> None:
    small = SmallProgram(bars=6)
    small.layer(small.call(20, **month(2)), size=4, opens=small.at(3))
    record = small.run()
    assert actions(record) == [(3, OPEN, NO_REASON, 4.0)]
    price = price_on(3, 32)
    # 4 calls of 100 dollars a point; cash before is the capital.
    assert record.cash.tolist() == [MILLION] * 3 + [MILLION - price * 4.0 * 100.0] * 3
    assert record.journal.price[0] == price
    assert record.layer_value[3, 0] == price * 4.0 * 100.0
    assert record.layer_value[4, 0] == price_on(4, 32) * 4.0 * 100.0
    assert record.layer_contracts[:, 0].tolist() == [0, 0, 0, 4, 4, 4]
    assert record.journal.strike[0].tolist()[0] == 20.0
    assert record.verbs["open"] == 1


def test_without_an_open_rule_it_opens_at_once_and_only_once() -> None:
    small = SmallProgram(bars=5)
    small.layer(small.call(20, **month(2)))
    assert actions(small.run()) == [(0, OPEN, NO_REASON, 1.0)]


def test_first_open_rule_that_holds_is_the_reason_and_unknown_never_fires() -> None:
    small = SmallProgram(bars=4)
    looked_at = small.script(1.5, 2.5, 3.5)
    rules = [
        small.rule("open", small.script(UNKNOWN)),
        small.rule("open", small.at(2), reads=(looked_at,)),
        small.rule("open", small.at(2)),
    ]
    small.layer(small.call(20, **month(2)), opens=rules)
    record = small.run()
    assert actions(record) == [(2, OPEN, NO_REASON, 1.0)]
    assert record.journal.rule[0] == 1.0
    assert record.journal.reads[0, 0] == 3.5
    assert record.unknown.tolist() == [4.0, 0.0, 0.0]


def test_every_sessions_counts_from_the_first_bar_and_shifts_with_the_phase() -> None:
    small = SmallProgram(bars=9)
    small.layer(small.call(20, **month(2)), opens=small.node("every_sessions", window=(4,)), at_most=9)
    assert [row[0] for row in actions(small.run(first=1))] == [1, 5]
    assert [row[0] for row in actions(small.run(first=1, phase=1))] == [4, 8]


def test_at_most_counts_all_lots_and_full_means_it_waits() -> None:
    small = SmallProgram(bars=8)
    always = small.script(1.0)
    small.layer(small.call(20, **month(2)), opens=always, closes=small.of_lot("age", "ge", 3.0), at_most=2)
    # Opened on 0 and 1; full. Closed on 3 and 4: room from the next bar, 4 and 5. Those of 4 and 5 close on 7 and 8.
    opened = [bar for bar, action, _, _ in actions(small.run()) if action == OPEN]
    assert opened == [0, 1, 4, 5]


# Close and settlement, and what may follow


def test_closed_by_decision_it_may_open_from_the_next_bar() -> None:
    small = SmallProgram(bars=5)
    never, then = small.rule("close", small.script(0.0)), small.rule("close", small.at(2))
    small.layer(small.call(20, **month(2)), size=2, closes=[never, then])
    record = small.run()
    assert actions(record) == [(0, OPEN, 0, 2.0), (2, CLOSE, 0, 2.0), (3, OPEN, 0, 2.0)]
    assert record.journal.rule.tolist() == [-1.0, 1.0, -1.0]
    bought, sold = price_on(0, 32), price_on(2, 32)
    assert record.cash[2] == MILLION - bought * 2.0 * 100.0 + sold * 2.0 * 100.0
    assert record.layer_profit[2, 0] == pytest.approx((sold - bought) * 200.0, abs=1e-9)


def test_settled_on_its_own_print_it_may_open_on_the_same_bar() -> None:
    small = SmallProgram(bars=9)
    small.layer(small.call(20, **month(1)), size=4)
    record = small.run(vix_settlement=[20.0] * 7 + [27.5], vix=20.0)
    assert actions(record) == [(0, OPEN, 0, 4.0), (7, SETTLE, 0, 4.0), (7, OPEN, 0, 4.0)]
    # (27.5 - 20) x 4 x 100 = 3,000 received, then four calls of 02-19 bought on 01-15 with 35 days.
    assert record.journal.price[1] == 7.5
    assert record.cash[7] == record.cash[6] + 3_000.0 - call_price(35.0) * 4.0 * 100.0
    assert record.verbs["settle"] == 1
    assert math.isnan(record.journal.asked[1])


def test_spx_settles_in_the_morning_or_at_the_close() -> None:
    small = SmallProgram(bars=11)
    # Friday bar 4 (01-10) is a weekly, settled at the close; Friday bar 9 (01-17) the monthly, settled on the opening print.
    small.layer(small.put(4000, 4, product="SPX"), opens=small.at(0))
    small.layer(small.put(4000, 11, product="SPX"), opens=small.at(0))
    record = small.run(spx=[4000.0] * 4 + [3990.0] * 5 + [3970.0], spx_am=[4000.0] * 4 + [3995.0] * 5 + [3960.0])
    settled = [(bar, record.journal.price[row]) for row, (bar, action, *_) in enumerate(actions(record)) if action == SETTLE]
    assert settled == [(4, 10.0), (9, 40.0)]


def test_a_missing_print_settles_on_the_last_mark() -> None:
    small = SmallProgram(bars=9)
    small.layer(small.call(20, **month(1)), opens=small.at(0))
    record = small.run(vix_settlement=UNKNOWN)
    # Last marked on bar 6, the day before.
    assert record.journal.price[1] == call_price(1.0)
    assert record.unknown_prints == 1


def test_gains_count_winning_lots_only_and_realized_all() -> None:
    small = SmallProgram(bars=40)
    reads = tuple(small.node("mark", owner=0, name=name) for name in ("realized", "gains"))
    watch = small.rule("close", small.script(0.0), reads=reads)
    end = small.rule("close", small.at(39), reads=reads)
    small.layer(small.call(20, **month(1)), size=1, closes=[watch, end])
    record = small.run(vix_settlement=[30.0] * 8 + [5.0])
    first = (10.0 - price_on(0, 7)) * 100.0
    second = -price_on(7, 32) * 100.0
    assert record.journal.reads[-1, 0] == pytest.approx(first + second, abs=1e-9)
    assert record.journal.reads[-1, 1] == pytest.approx(first, abs=1e-9)


# Roll


def strike_at(leg: Leg, node: int) -> Leg:
    return evolve(leg, strike=Strike("strike", node))


def test_roll_buys_todays_legs_and_restores_the_size() -> None:
    small = SmallProgram(bars=12)
    size = Size("contracts", small.script(*[4.0] * 10, 6.0))
    leg = strike_at(small.call(0, 30), small.script(*[20.0] * 10, 22.0))
    small.layer(leg, size=size, rolls=small.at(10))
    record = small.run()
    # Bar 0: 30 days are 02-05, bar 22. Bar 10 (01-20): 30 days are 02-19, bar 32; the old call has 16 days left.
    assert actions(record) == [(0, OPEN, 0, 4.0), (10, ROLL_OUT, 0, 4.0), (10, ROLL_IN, 0, 6.0)]
    assert record.journal.strike[:, 0].tolist() == [20.0, 20.0, 22.0]
    bought, sold, bought_again = call_price(30.0), call_price(16.0), call_price(30.0, strike=22.0)
    assert record.journal.price.tolist() == [bought, sold, bought_again]
    cash = MILLION - bought * 4.0 * 100.0 + sold * 4.0 * 100.0 - bought_again * 6.0 * 100.0
    assert record.cash[10] == pytest.approx(cash, abs=1e-9)
    assert record.verbs["roll"] == 1
    assert record.journal.slot.tolist() == [0.0, 0.0, 0.0]


def test_a_roll_that_gains_no_days_does_not_fire_and_says_so_once() -> None:
    small = SmallProgram(bars=6)
    small.layer(small.call(20, **month(2)), rolls=small.script(0.0, 1.0, 1.0, 0.0, 1.0))
    # Refused on 1 and 2 (said once), not asked on 3, refused and said again on 4 and once for 5.
    assert actions(small.run()) == [(0, OPEN, 0, 1.0), (1, REFUSED, NO_DAYS_GAINED, 0.0), (4, REFUSED, NO_DAYS_GAINED, 0.0)]


@pytest.mark.parametrize(("size_then", "action", "code"), [(UNKNOWN, REFUSED, SIZE_UNKNOWN), (0.0, ROLL_OUT, NO_REASON)])
def test_roll_with_an_unknown_size_stays_and_with_none_closes(size_then: float, action: int, code: int) -> None:
    small = SmallProgram(bars=12)
    small.layer(small.call(20, 30), size=Size("contracts", small.script(*[4.0] * 10, size_then)), opens=small.at(0), rolls=small.at(10))
    record = small.run()
    rows = actions(record)
    assert rows[1][:3] == (10, action, code)
    if action == ROLL_OUT:
        assert rows[2] == (10, REFUSED, ABOVE_SIZE, 0.0)
        assert record.layer_contracts[10, 0] == 0.0
    else:
        assert record.layer_contracts[10, 0] == 4.0


def rolled_into(bars: int, near_size: float = 4.0, far_size: float = 2.0, far_opens: bool = False, **far: Any) -> SmallProgram:
    """A layer of month 1 that opens on bar 0 and rolls two days before settlement (bar 5) into one of month 2."""
    small = SmallProgram(bars=bars)
    into = small.rule("roll", small.of_lot("dte", "le", 2.0), into=1)
    small.layer(small.call(20, **month(1)), size=near_size, opens=small.at(0), rolls=into)
    small.layer(small.call(20, **month(2)), size=far_size, opens=small.script(1.0 if far_opens else 0.0), **far)
    return small


def test_roll_into_moves_all_contracts_even_above_the_targets_size() -> None:
    record = rolled_into(7).run()
    # Bar 5 (Monday 01-13, 2 days left): 4 calls sold, 4 of 02-19 with 37 days bought in a layer whose size is 2.
    assert actions(record) == [(0, OPEN, 0, 4.0), (5, ROLL_OUT, 0, 4.0), (5, ROLL_IN, 0, 4.0)]
    assert record.journal.layer.tolist() == [0.0, 0.0, 1.0]
    assert record.layer_contracts[5].tolist() == [0.0, 4.0]
    assert record.journal.price[2] == call_price(37.0)
    # The proceeds are the source's, the cost is the target's.
    assert record.layer_profit[5, 0] == pytest.approx((call_price(2.0) - call_price(9.0)) * 400.0, abs=1e-9)
    assert record.layer_profit[5, 1] == pytest.approx(0.0, abs=1e-9)
    assert record.verbs["roll into"] == 1
    assert record.verbs["roll"] == 0


def test_the_source_of_a_roll_into_may_open_again_at_once() -> None:
    small = rolled_into(6)
    small.layers[0] = evolve(small.layers[0], opens=())
    assert actions(small.run())[1:] == [(5, ROLL_OUT, 0, 4.0), (5, OPEN, 0, 4.0), (5, ROLL_IN, 0, 4.0)]


def test_a_source_that_states_its_lots_has_room_for_the_one_rolled_away() -> None:
    small = rolled_into(6)
    small.layers[0] = evolve(small.layers[0], opens=(), at_most=1, states_at_most=True)
    assert [row[1] for row in actions(small.run(), layer=0)] == [OPEN, ROLL_OUT, OPEN]


def test_a_roll_into_a_layer_of_the_same_expiry_gains_no_days() -> None:
    small = rolled_into(6)
    small.layers[1] = evolve(small.layers[1], legs=(small.call(20, **month(1)),))
    assert actions(small.run()) == [(0, OPEN, 0, 4.0), (5, REFUSED, NO_DAYS_GAINED, 0.0)]


def test_lots_on_their_way_count_for_a_target_that_states_its_lots() -> None:
    small = rolled_into(6, at_most=1)
    small.layers[0] = evolve(small.layers[0], opens=(small.rule("open", small.at(0, 1)),), at_most=2, states_at_most=True)
    rows = actions(small.run())[2:]
    assert rows == [(5, ROLL_OUT, 0, 4.0), (5, REFUSED, TARGET_FULL, 0.0), (5, ROLL_IN, 0, 4.0)]


def test_two_lots_that_roll_on_one_bar_restore_the_size_once() -> None:
    small = SmallProgram(bars=12)
    size = Size("contracts", small.script(*[4.0] * 10, 6.0))
    small.layer(small.call(20, 30), size=size, opens=small.at(0, 1), rolls=small.at(10), at_most=2)
    # The first: 6 - 4 of the other = 2; the second: 6 - 2 already asked = 4.
    rows = actions(small.run())[2:]
    assert rows == [(10, ROLL_OUT, 0, 4.0), (10, ROLL_OUT, 0, 4.0), (10, ROLL_IN, 0, 2.0), (10, ROLL_IN, 0, 4.0)]


def test_a_lot_rolled_in_does_not_keep_the_layer_from_opening_its_own() -> None:
    record = rolled_into(7, far_opens=True).run()
    assert actions(record, layer=1) == [(0, OPEN, 0, 2.0), (5, ROLL_IN, 0, 4.0)]
    late = rolled_into(8)
    late.layers[1] = evolve(late.layers[1], opens=(late.rule("open", late.at(6)),))
    assert actions(late.run(), layer=1) == [(5, ROLL_IN, 0, 4.0), (6, OPEN, 0, 2.0)]


def test_a_full_target_refuses_before_anything_is_sold() -> None:
    record = rolled_into(7, far_opens=True, at_most=1).run()
    assert actions(record, layer=0) == [(0, OPEN, 0, 4.0), (5, REFUSED, TARGET_FULL, 0.0)]
    assert record.layer_contracts[6].tolist() == [4.0, 2.0]


def test_an_incoming_lot_takes_the_room_of_an_open() -> None:
    small = rolled_into(7, at_most=1)
    small.layers[1] = evolve(small.layers[1], opens=(small.rule("open", small.at(5, 6)),))
    assert actions(small.run(), layer=1) == [(5, ROLL_IN, 0, 4.0)]


def test_a_lot_rolled_in_closes_where_it_would_roll_while_the_own_lot_is_whole() -> None:
    small = rolled_into(24, far_opens=True)
    # From bar 20 (02-03) on month 2 is 03-18: both lots gain days. Slot 0, the own 2: 2 - 4 others < 0, so it closes "above size";
    # slot 1, rolled in: 2 - 0 = 2 are bought again.
    small.layers[1] = evolve(small.layers[1], rolls=(small.rule("roll", small.at(20)),))
    small.layers[1] = evolve(small.layers[1], legs=(small.call(20, 44),))
    rows = actions(small.run(), layer=1)
    assert rows == [
        (0, OPEN, 0, 2.0),
        (5, ROLL_IN, 0, 4.0),
        (20, ROLL_OUT, 0, 2.0),
        (20, ROLL_OUT, 0, 4.0),
        (20, REFUSED, ABOVE_SIZE, 0.0),
        (20, ROLL_IN, 0, 2.0),
        # The own lot was closed, so its layer opens from the next bar.
        (21, OPEN, 0, 2.0),
    ]


def test_an_unwinding_target_refuses_what_was_rolled_away() -> None:
    small = rolled_into(7)
    small.group(unwinds=(small.unwind(small.at(4, 5, 6)),))
    small.layers[1] = evolve(small.layers[1], group=1)
    record = small.run()
    assert actions(record) == [(0, OPEN, 0, 4.0), (5, ROLL_OUT, 0, 4.0), (5, REFUSED, UNWINDING, 0.0)]
    assert record.layer_contracts[5].tolist() == [0.0, 0.0]


# Rebalance


def rebalanced(*sizes: float) -> SmallProgram:
    small = SmallProgram(bars=len(sizes))
    profit = small.node("mark", owner=0, name="profit")
    size = Size("contracts", small.script(*sizes))
    rule = small.rule("rebalance", small.script(0.0, 1.0), reads=(profit,))
    small.layer(small.call(20, **month(2)), size=size, rebalances=rule, opens=small.at(0))
    return small


def test_rebalance_up_averages_the_fill() -> None:
    record = rebalanced(4.0, 7.9, 4.0).run()
    # 7.9 - 4 = 3.9 are asked, 3 bought, of the same contract.
    assert actions(record) == [(0, OPEN, 0, 4.0), (1, REBALANCE, 0, 3.0), (2, REBALANCE, 0, 3.0)]
    assert record.journal.asked.tolist() == pytest.approx([4.0, 3.9, -3.0])
    first, second, third = (price_on(bar, 32) for bar in range(3))
    assert record.cash[1] == pytest.approx(MILLION - (4.0 * first + 3.0 * second) * 100.0, abs=1e-9)
    # Profit of the seven before the sale on bar 2, at the average fill.
    assert record.journal.reads[2, 0] == pytest.approx((7.0 * third - 4.0 * first - 3.0 * second) * 100.0, abs=1e-9)
    assert record.verbs["rebalance"] == 2


def test_rebalance_to_zero_closes_and_to_unknown_does_nothing() -> None:
    assert actions(rebalanced(4.0, UNKNOWN, 0.0, 4.0).run()) == [(0, OPEN, 0, 4.0), (2, REBALANCE, 0, 4.0)]


def test_rebalance_leaves_a_fraction_alone() -> None:
    assert actions(rebalanced(4.0, 4.9, 4.1).run()) == [(0, OPEN, 0, 4.0)]


def test_the_parts_of_a_lot_add_up_to_its_realized_profit() -> None:
    small = rebalanced(4.0, 1.0, 1.0)
    small.listed_costs = True
    reads = (small.node("decided", owner=0, name="realized", stage=2), small.node("decided", owner=0, name="gains", stage=2))
    small.layers[0] = evolve(small.layers[0], closes=(small.rule("close", small.at(2)),))
    small.layer(small.call(90, 1), opens=small.rule("open", small.at(2), reads=reads), size=0.0)
    record = small.run(vix=[20.0, 40.0], vx2=[20.0, 40.0], vx1=[20.0, 40.0])
    assert actions(record, layer=0) == [(0, OPEN, 0, 4.0), (1, REBALANCE, 0, 3.0), (2, CLOSE, 0, 1.0)]
    realized, gains = record.journal.reads[-1, :2]
    # All closed: what was realized is all the profit there is, fees and spreads included, and it was a gain.
    assert realized == pytest.approx(record.layer_profit[2, 0], abs=1e-9)
    assert gains == pytest.approx(realized, abs=1e-9)
    assert realized > 0.0


def test_fees_of_an_increase_are_part_of_the_lot() -> None:
    small = rebalanced(4.0, 6.0, 6.0)
    small.listed_costs = True
    realized = small.node("decided", owner=0, name="realized", stage=2)
    small.layers[0] = evolve(small.layers[0], closes=(small.rule("close", small.at(2)),))
    small.layer(small.call(90, 1), opens=small.rule("open", small.at(2), reads=(realized,)), size=0.0)
    record = small.run()
    assert actions(record, layer=0) == [(0, OPEN, 0, 4.0), (1, REBALANCE, 0, 2.0), (2, CLOSE, 0, 6.0)]
    assert record.journal.reads[-1, 0] == pytest.approx(record.layer_profit[2, 0], abs=1e-9)


# One action a lot a bar


def test_close_goes_before_roll_and_roll_before_rebalance() -> None:
    small = SmallProgram(bars=12)
    size = Size("contracts", small.script(*[4.0] * 10, 2.0))
    rules = {"rolls": small.at(10), "rebalances": small.at(10)}
    small.layer(small.call(20, 30), size=size, opens=small.at(0), **rules)
    assert [row[1] for row in actions(small.run())] == [OPEN, ROLL_OUT, ROLL_IN]
    small.layers[0] = evolve(small.layers[0], closes=(small.rule("close", small.at(10)),))
    assert [row[1] for row in actions(small.run())] == [OPEN, CLOSE]


# Unwind


def test_unwind_closes_all_and_holds_until_known_over() -> None:
    small = SmallProgram(bars=9)
    #                                       0    1    2    3    4    5        6    7
    over, until = small.script(0.0, 0.0, 1.0, 0.0, 0.0, UNKNOWN, 0.0, 0.0), small.script(0.0, 0.0, 0.0, 0.0, 0.0, UNKNOWN, 1.0, 0.0)
    small.group(unwinds=(small.unwind(over, until),))
    small.layer(small.call(20, **month(2)))
    small.layer(small.call(25, **month(2)))
    record = small.run()
    # Set on bar 2; released on bar 6, when both layers open.
    assert actions(record, layer=0) == [(0, OPEN, 0, 1.0), (2, CLOSE, 0, 1.0), (6, OPEN, 0, 1.0)]
    assert actions(record, layer=1) == [(0, OPEN, 0, 1.0), (2, CLOSE, 0, 1.0), (6, OPEN, 0, 1.0)]
    assert record.verbs["unwind"] == 2
    assert record.verbs["close"] == 0
    assert record.unknown.tolist() == [1.0]


def test_unwind_stays_while_its_condition_holds_whatever_until_says() -> None:
    small = SmallProgram(bars=5)
    small.group(unwinds=(small.unwind(small.at(1, 2), small.script(1.0)),))
    small.layer(small.call(20, **month(2)))
    assert actions(small.run()) == [(0, OPEN, 0, 1.0), (1, CLOSE, 0, 1.0), (3, OPEN, 0, 1.0)]


def test_unwind_without_until_ends_when_its_condition_is_known_to_be_false() -> None:
    small = SmallProgram(bars=6)
    small.group(unwinds=(small.unwind(small.script(0.0, 1.0, UNKNOWN, 0.0)),))
    small.layer(small.call(20, **month(2)))
    assert actions(small.run()) == [(0, OPEN, 0, 1.0), (1, CLOSE, 0, 1.0), (3, OPEN, 0, 1.0)]


def test_unwind_outranks_a_close_and_names_the_first_rule_that_is_set() -> None:
    small = SmallProgram(bars=3)
    small.group(unwinds=(small.unwind(small.script(0.0)), small.unwind(small.at(1)), small.unwind(small.at(1))))
    small.layer(small.call(20, **month(2)), closes=small.at(1))
    record = small.run()
    # Rules: 0 the close, 1 to 3 the unwinds.
    assert record.journal.rule.tolist()[:2] == [-1.0, 2.0]


# What cannot be bought


def test_each_reason_why_legs_cannot_be_chosen() -> None:
    def refused(leg: Leg, bars: int = 1, **series: Any) -> tuple[int, int]:
        small.layers.clear()
        small.groups.clear()
        small.bars = bars
        small.layer(leg)
        return actions(small.run(**series))[-1][1:3]

    small = SmallProgram()
    far = {"manner": "range", "low": 1.0, "high": 1.5}
    assert refused(small.call(20, **far)) == (REFUSED, NO_EXPIRY)
    assert refused(small.call(20, manner="month", low=99.0)) == (REFUSED, NO_EXPIRY)
    assert refused(strike_at(small.call(0, **month(2)), small.constant(UNKNOWN))) == (REFUSED, NO_STRIKE)
    assert refused(evolve(small.call(0, **month(2)), strike=Strike("delta", small.constant(UNKNOWN)))) == (REFUSED, NO_STRIKE)
    assert refused(small.call(20, **month(2)), vvix=UNKNOWN) == (REFUSED, NO_PRICE)
    assert refused(small.call(20, **month(2)), vx2=UNKNOWN) == (REFUSED, NO_PRICE)
    assert refused(evolve(small.call(0, **month(2)), strike=Strike("delta", small.constant(0.5))), vvix=UNKNOWN) == (REFUSED, NO_PRICE)


def test_sizes_that_are_no_order_are_said_once_while_they_last() -> None:
    small = SmallProgram(bars=7)
    size = Size("contracts", small.script(0.0, -1.0, UNKNOWN, UNKNOWN, 0.0, 3.0))
    small.layer(small.call(20, **month(2)), size=size)
    assert actions(small.run()) == [
        (0, REFUSED, SIZE_NOT_POSITIVE, 0.0),
        (2, REFUSED, SIZE_UNKNOWN, 0.0),
        (4, REFUSED, SIZE_NOT_POSITIVE, 0.0),
        (5, OPEN, 0, 3.0),
    ]


def test_a_range_is_obeyed_by_opens_and_bent_by_rolls() -> None:
    within = {"manner": "range", "low": 33.0, "high": 35.0}
    small = SmallProgram(bars=20)
    small.layer(small.call(20, **within), opens=small.script(1.0))
    # Expiries are Wednesdays: 33 to 35 days lie before one on Wednesday (35), Thursday (34) and Friday (33), not on Monday (30, 37).
    assert actions(small.run())[:2] == [(0, REFUSED, NO_EXPIRY, 0.0), (2, OPEN, 0, 1.0)]
    small.layers[0] = evolve(small.layers[0], rolls=(small.rule("roll", small.at(10)),))
    record = small.run()
    # Bar 10 is a Monday: 30 days and 37 lie 4 and 3 from the middle, 34.
    assert actions(record)[2:] == [(10, ROLL_OUT, 0, 1.0), (10, ROLL_IN, 0, 1.0)]
    rows = record.journal.expiry[:, 0].tolist()
    assert small.market().vix.settle_bar[int(rows[3])] == 37


def test_nothing_is_listed_before_its_day() -> None:
    small = SmallProgram(bars=6)
    small.layer(small.call(20, **month(2)))
    record = small.run(vix_listed={day_of(32): 4})
    # On bar 0 the second listed monthly is 03-18 (bar 52).
    assert small.market().vix.settle_bar[int(record.journal.expiry[0, 0])] == 52


def test_of_two_expiries_alike_the_earlier_is_taken() -> None:
    small = SmallProgram(bars=1)
    # Monday: Wednesdays lie 2, 9, 16 days ahead; 12.5 is as far from 9 as from 16.
    small.layer(small.call(20, 12.5))
    record = small.run()
    assert small.market().vix.settle_bar[int(record.journal.expiry[0, 0])] == 7


def delta_of(strike: float, days: float, future: float) -> float:
    terms = vix_options.expiry_terms(future, 90.0, 0.0, days, vix_level.level_table())
    return float(vix_options.option_delta(True, strike, *terms))


def test_a_strike_off_its_delta_is_flagged_and_far_off_refused() -> None:
    # At 60 VIX strikes are 5 points apart; two days before settlement their deltas are 0.39 apart.
    upper, lower = delta_of(60.0, 2.0, 62.0), delta_of(65.0, 2.0, 62.0)
    step = upper - lower
    assert step > 0.21

    def answer(wish: float) -> tuple[int, int]:
        small = SmallProgram(bars=6)
        small.layer(evolve(small.call(0, **month(1)), strike=Strike("delta", small.constant(wish))), opens=small.at(5))
        record = small.run(vix=62.0, vx1=62.0, vx2=62.0)
        return actions(record)[0][1:3]

    assert answer(lower) == (OPEN, NO_REASON)
    assert answer(lower + 0.04) == (OPEN, NO_REASON)
    assert answer(lower + 0.06) == (OPEN, DELTA_FLAGGED)
    assert answer(lower + 0.09) == (OPEN, DELTA_FLAGGED)
    assert answer(lower + step / 2.0) == (REFUSED, NO_STRIKE)
    # A delta that no strike has.
    assert answer(1.5) == (REFUSED, NO_STRIKE)


def test_strikes_by_forward_and_by_distance_to_another_leg() -> None:
    small = SmallProgram(bars=1)
    forward = evolve(small.call(0, 4, 1, "SPX"), strike=Strike("forward", small.constant(1.05)))
    wings = [evolve(small.call(0, 4, 1, "SPX"), strike=Strike(manner, small.constant(52.0), 0)) for manner in ("below", "above")]
    same = evolve(small.put(3900, 0, 1, "SPX"), expiry=Expiry("same", reference=0))
    small.layer(forward, *wings, same)
    record = small.run()
    # Four days of the dividend yield of 1.8 % take 0.79 off 4,000; 105 % of it is 4,199.17; 5-point strikes.
    assert record.journal.strike[0].tolist() == [4200.0, 4150.0, 4250.0, 3900.0]
    assert len(set(record.journal.expiry[0].tolist())) == 1


def test_a_weekly_is_priced_on_a_future_between_its_neighbours() -> None:
    small = SmallProgram(bars=1)
    small.layer(small.call(20, 2))
    small.layer(small.call(20, 16))
    record = small.run(vix=18.0, vx1=20.0, vx2=22.0)
    # Settled on 01-08, between the VIX (day 0) and the monthly of day 9; on 01-22, between those of day 9 and 44.
    first, second = 18.0 * (20.0 / 18.0) ** (2.0 / 9.0), 20.0 * (22.0 / 20.0) ** (7.0 / 35.0)
    assert record.journal.price.tolist() == pytest.approx([call_price(2.0, future=first), call_price(16.0, future=second)], abs=1e-12)


def test_a_lot_of_two_expiries_lives_on_with_what_is_left() -> None:
    small = SmallProgram(bars=10)
    watched = tuple(small.node("mark", owner=0, name=name) for name in ("profit", "cost", "dte", "margin", "realized", "count"))
    end = small.rule("close", small.at(9), reads=watched)
    small.layer(small.call(20, **month(2)), small.call(22, ratio=-1, **month(1)), size=3.0, opens=small.at(0), closes=end)
    record = small.run(vix_settlement=25.0)
    far, near = price_on(0, 32), call_price(9.0, strike=22.0)
    assert [row[:2] for row in actions(record)] == [(0, OPEN), (7, SETTLE), (9, CLOSE)]
    # The sold call costs 25 - 22 at settlement.
    assert record.journal.price[1] == -3.0
    profit, cost, dte, margin, realized, count = record.journal.reads[2, :6]
    assert (dte, margin, count) == (days_between(9, 32), 0.0, 1.0)
    assert realized == pytest.approx((near - 3.0) * 300.0, abs=1e-9)
    # Profit of the call that is left; cost of the whole structure as it was opened.
    assert profit == pytest.approx((price_on(9, 32) - far) * 300.0, abs=1e-9)
    assert cost == pytest.approx((far - near) * 300.0, abs=1e-9)
    assert record.layer_profit[9, 0] == pytest.approx((price_on(9, 32) - far + near - 3.0) * 300.0, abs=1e-9)


# Marks that are missing


def test_a_stale_lot_keeps_its_mark_and_nothing_trades_it() -> None:
    small = SmallProgram(bars=8)
    small.layer(small.call(20, **month(2)), closes=small.at(3, 4), opens=small.at(0))
    record = small.run(vvix=[90.0, 90.0, UNKNOWN, UNKNOWN, 90.0])
    assert actions(record) == [(0, OPEN, 0, 1.0), (4, CLOSE, 0, 1.0)]
    assert record.layer_value[2, 0] == record.layer_value[3, 0] == record.layer_value[1, 0]
    assert record.stale_marks == 2


def test_a_stale_lot_says_why_it_does_not_roll() -> None:
    small = SmallProgram(bars=4)
    small.layer(small.call(20, 30), rolls=small.at(2), opens=small.at(0))
    assert actions(small.run(vvix=[90.0, 90.0, UNKNOWN, 90.0])) == [(0, OPEN, 0, 1.0), (2, REFUSED, STALE_MARK, 0.0)]


def test_the_sixth_bar_without_a_mark_stops_the_run() -> None:
    small = SmallProgram(bars=12)
    small.layer(small.call(20, **month(2)))
    borne = small.run(vvix=[90.0, 90.0, *[UNKNOWN] * 5, 90.0])
    assert borne.stopped == -1
    assert len(borne.equity) == 12
    stopped = small.run(vvix=[90.0, 90.0, *[UNKNOWN] * 6, 90.0])
    assert stopped.stopped == 7
    assert len(stopped.equity) == len(stopped.layer_value) == 7
