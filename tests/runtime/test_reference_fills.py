"""Orders that fill a session later, with the arithmetic written out. Bars and prices are those of `test_reference_trading`:

VIX, its futures and every index stand at 20 (SPX at 4000) unless said; bar 7 and bar 32 are monthly VIX settlements.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from attrs import evolve
from small_market import small_market
from small_program import SmallProgram, actions
from test_reference_trading import MILLION, call_price, days_between, month, price_on

from alvh.compiler.ir import Fill, Size
from alvh.runtime.pricing import costs
from alvh.runtime.pricing.opening import at_the_open
from alvh.runtime.record import (
    BUDGET_SPENT,
    CLOSE,
    CUT_BY_CASH,
    NO_PRICE,
    NO_REASON,
    OPEN,
    REBALANCE,
    REFUSED,
    ROLL_IN,
    ROLL_OUT,
    ROLL_VOID,
    SETTLE,
    SETTLED_MEANWHILE,
    SHIFT,
    STILL_FULL,
)

NAN = math.nan


def test_nothing_moves_at_the_decision_and_the_next_close_is_paid() -> None:
    """Bar 0 decides; the future of the call goes from 20 to 21 overnight; bar 1 pays what the call costs then. The lot is as old as
    its fill."""
    small = SmallProgram(bars=4, fill="next close")
    old = small.of_lot("age", "ge", 2.0)
    small.layer(small.call(20.0, **month(2)), size=3.0, closes=old, opens=small.at(0))
    record = small.run(vx2=(20.0, 21.0, 21.0))
    paid = call_price(days_between(1, 32), future=21.0) * 3.0 * 100.0
    worth = [call_price(days_between(bar, 32), future=21.0) * 3.0 * 100.0 for bar in (2, 3)]
    assert actions(record) == [(1, OPEN, NO_REASON, 3.0)]
    assert record.cash.tolist() == [MILLION, MILLION - paid, MILLION - paid, MILLION - paid]
    assert record.equity == pytest.approx([MILLION, MILLION, MILLION - paid + worth[0], MILLION - paid + worth[1]], abs=1e-9)
    assert record.layer_contracts[:, 0].tolist() == [0.0, 3.0, 3.0, 3.0]
    assert record.waiting == 1  # two sessions after bar 1 it is to be closed, and there is no bar 4
    assert record.verbs["open"] == 1
    assert record.verbs["close"] == 0


@pytest.mark.parametrize("fill", ["next close", "next open"])
def test_a_lot_that_is_to_be_closed_is_closed_once(fill: Fill) -> None:
    """The rule holds on bars 3, 4 and 5; the order of bar 3 is executed before bar 4 decides."""
    small = SmallProgram(bars=8, fill=fill)
    small.layer(small.call(20.0, **month(2)), opens=small.at(0), closes=small.at(3, 4, 5))
    assert actions(small.run()) == [(1, OPEN, NO_REASON, 1.0), (4, CLOSE, NO_REASON, 1.0)]


def test_an_order_on_what_settled_meanwhile_is_void() -> None:
    """The call settles on bar 7 at 20, in the money by 2: the close ordered on bar 6 comes too late, and the payoff is paid."""
    small = SmallProgram(bars=9, fill="next close")
    small.layer(small.call(18.0, **month(1)), opens=small.at(0), closes=small.at(6))
    record = small.run()
    assert actions(record) == [(1, OPEN, NO_REASON, 1.0), (7, SETTLE, NO_REASON, 1.0), (7, REFUSED, SETTLED_MEANWHILE, 0.0)]
    assert record.cash[7] - record.cash[6] == pytest.approx(200.0)
    assert record.journal.strike[2, 0] == 18.0  # the row says what was ordered
    assert record.journal.price[2] == pytest.approx(price_on(6, 7, 18.0))  # and what it stood at


def test_a_contract_that_has_settled_is_not_bought() -> None:
    small = SmallProgram(bars=9, fill="next close")
    small.layer(small.call(20.0, **month(1)), opens=small.at(6))
    assert actions(small.run()) == [(7, REFUSED, SETTLED_MEANWHILE, 0.0)]


def test_cash_cuts_at_the_fill_what_it_bore_at_the_decision() -> None:
    """Cash for just ten calls at the prices of bar 0, which all ten are wanted for; at those of bar 1 it pays for fewer."""
    then, later = price_on(0, 32), call_price(days_between(1, 32), future=22.0)
    small = SmallProgram(bars=3, fill="next close", capital=10.0 * then * 100.0 + 1e-6)
    small.layer(small.call(20.0, **month(2)), size=10.0, opens=small.at(0))
    record = small.run(vx2=(20.0, 22.0))
    bought = math.floor(small.capital / (later * 100.0))
    assert 0 < bought < 10
    assert actions(record) == [(1, OPEN, CUT_BY_CASH, float(bought))]
    assert record.journal.asked[0] == 10.0
    assert record.cash[1] == pytest.approx(small.capital - bought * later * 100.0)
    dear = small.run(vx2=(20.0, 200.0))
    assert actions(dear) == [(1, REFUSED, CUT_BY_CASH, 0.0)]
    assert dear.cash.tolist() == [small.capital] * 3


def test_a_balance_is_not_overspent_at_the_fill() -> None:
    """January pays one twelfth of twelve calls, on its fourth session of 23; the balance that bought one on bar 0 buys none on bar 1."""
    then = price_on(0, 32)
    part = small_market(1).month_part[0]
    small = SmallProgram(bars=3, fill="next close")
    small.group(budget=small.budget(12.0 * then * 100.0 / part + 1e-6))
    small.layer(small.call(20.0, **month(2)), size=1.0, share=1.0, opens=small.at(0))
    assert actions(small.run()) == [(1, OPEN, NO_REASON, 1.0)]  # a day less of time costs less
    assert actions(small.run(vx2=(20.0, 22.0))) == [(1, REFUSED, BUDGET_SPENT, 0.0)]


def test_later_layers_see_what_is_decided_as_held() -> None:
    """The second layer opens on the bar on which the first one decides to, not on the bar of its fill; both fill on bar 3."""
    small = SmallProgram(bars=5, fill="next close")
    small.layer(small.call(20.0, **month(2)), opens=small.at(2))
    opens = small.node("decided", name="opens", owner=0, stage=2)
    small.layer(small.call(22.0, **month(2)), opens=opens)
    record = small.run()
    assert actions(record, 0) == actions(record, 1) == [(3, OPEN, NO_REASON, 1.0)]


def test_a_roll_is_executed_in_both_its_halves() -> None:
    """Decided on bar 4 for the monthly of bar 52 (`month 3` then), and filled on bar 5 at its prices, without costs."""
    small = SmallProgram(bars=8, fill="next close")
    small.layer(small.call(20.0, days=40.0), size=2.0, opens=small.at(0), rolls=small.at(4))
    record = small.run(vx2=20.0)
    rows = record.journal
    assert actions(record) == [(1, OPEN, NO_REASON, 2.0), (5, ROLL_OUT, NO_REASON, 2.0), (5, ROLL_IN, NO_REASON, 2.0)]
    assert rows.expiry[2, 0] > rows.expiry[1, 0]
    moved = (rows.price[1] - rows.price[2]) * 2.0 * 100.0
    assert record.cash[5] - record.cash[4] == pytest.approx(moved)
    assert record.verbs["roll"] == 1


def test_a_roll_whose_lot_cannot_be_sold_is_void_as_a_whole() -> None:
    """No VVIX on bar 5, and so no price of any VIX option."""
    small = SmallProgram(bars=8, fill="next close")
    small.layer(small.call(20.0, days=40.0), opens=small.at(0), rolls=small.at(4))
    record = small.run(vvix=(90.0, 90.0, 90.0, 90.0, 90.0, NAN, 90.0))
    assert actions(record) == [(1, OPEN, NO_REASON, 1.0), (5, REFUSED, NO_PRICE, 0.0), (5, REFUSED, ROLL_VOID, 0.0)]
    assert record.layer_contracts[-1, 0] == 1.0
    assert record.verbs["roll"] == 0


def test_a_lot_that_stays_leaves_no_room() -> None:
    """A share of VXX stands in for the future until bar 3, which rolls it onward and opens the future itself. On bar 4 VXX has no price:
    the share stays, nothing is rolled in, and its layer takes no second lot of its own."""
    small = SmallProgram(bars=7, fill="next close")
    is_proxied = small.script(1.0, 0.0)
    small.layer(small.future(2.0), proxies=[(is_proxied, small.shares("VXX"))], rolls=small.rule("roll", small.at(3), into=1))
    small.layer(small.future(4.0), opens=small.at())
    record = small.run(vxx=(25.0, 25.0, 25.0, 25.0, NAN, 25.0))
    assert actions(record, 0) == [(1, OPEN, NO_REASON, 1.0), (4, REFUSED, NO_PRICE, 0.0), (4, REFUSED, STILL_FULL, 0.0)]
    assert actions(record, 1) == [(4, REFUSED, ROLL_VOID, 0.0)]
    assert record.layer_contracts[-1].tolist() == [1.0, 0.0]


def test_more_of_a_lot_is_bought_at_the_prices_of_the_fill() -> None:
    """One call on bar 1 and two more on bar 4, the third of them at another price: the lot's fill is their average."""
    small = SmallProgram(bars=6, fill="next close")
    size = small.script(1.0, 1.0, 1.0, 3.0)
    small.layer(small.call(20.0, **month(2)), size=evolve(small.contracts(1.0), value=size), opens=small.at(0), rebalances=small.at(3))
    record = small.run(vx2=(20.0, 20.0, 20.0, 20.0, 23.0))
    first, more = price_on(1, 32), call_price(days_between(4, 32), future=23.0)
    assert actions(record) == [(1, OPEN, NO_REASON, 1.0), (4, REBALANCE, NO_REASON, 2.0)]
    assert record.cash[4] == pytest.approx(MILLION - (first + 2.0 * more) * 100.0)


def test_shares_of_a_budget_are_shifted_at_the_decision() -> None:
    """Bar 2 shifts half of what layer 0 may spend and buys with the rest of it; the shift stands on bar 2, the purchase on bar 3."""
    small = SmallProgram(bars=5, fill="next close")
    small.group(budget=small.budget(120_000.0))
    small.layer(small.call(20.0, **month(2)), size=1.0, share=1.0, opens=small.at(2))
    small.layer(small.call(20.0, **month(2)), size=1.0, share=0.0, opens=small.at(3))
    small.shift(small.at(2), 0.5, 0, 1)
    record = small.run()
    assert actions(record, 0) == [(2, SHIFT, NO_REASON, 0.5), (3, OPEN, NO_REASON, 1.0)]
    assert actions(record, 1) == [(4, OPEN, NO_REASON, 1.0)]
    assert record.verbs["shift"] == 1


def test_an_order_on_a_lot_of_which_a_leg_settled_is_void() -> None:
    """Of two calls the near one settles on bar 7; what was to be closed is no more, and the far one stays."""
    small = SmallProgram(bars=9, fill="next close")
    small.layer(small.call(20.0, **month(1)), small.call(20.0, **month(2)), opens=small.at(0), closes=small.at(6))
    record = small.run()
    assert actions(record)[1:] == [(7, SETTLE, NO_REASON, 1.0), (7, REFUSED, SETTLED_MEANWHILE, 0.0)]
    assert record.layer_contracts[-1, 0] == 1.0


def test_a_lot_rolled_within_its_layer_is_still_its_own() -> None:
    """A layer that opens whenever it holds none of its own holds one through the roll, and opens no other."""
    small = SmallProgram(bars=8, fill="next close")
    small.layer(small.call(20.0, **month(2)), opens=small.at())
    small.layer(small.call(20.0, days=40.0), rolls=small.at(4))
    assert [action for _, action, _, _ in actions(small.run())] == [OPEN, ROLL_OUT, ROLL_IN]


def test_fees_count_against_the_balance_at_the_fill() -> None:
    """On bar 1 a call asks p = 100 * (mid + half) and $1.20. The balance, 2 p + $1.20, buys two without their fees, and one with them."""
    ask = call_price(days_between(1, 32), future=20.5)
    ask = (ask + float(costs.vix_half_spread(ask, 20.0))) * 100.0
    small = SmallProgram(bars=3, fill="next close", listed_costs=True)
    small.group(budget=small.budget(12.0 * (2.0 * ask + 1.20) / small_market(1).month_part[0]))
    small.layer(small.call(20.0, **month(2)), size=2.0, share=1.0, opens=small.at(0))
    record = small.run(vx2=(20.0, 20.5))
    assert actions(record) == [(1, OPEN, NO_REASON, 1.0)]
    assert record.cash[1] == pytest.approx(MILLION - ask - 1.20)


def test_a_proxy_is_bought_at_the_ask_of_its_fill() -> None:
    """As many shares as were decided on bar 0, at what they cost on bar 1: 26 and half a tenth of a per cent."""
    small = SmallProgram(bars=3, fill="next close", listed_costs=True)
    small.layer(small.future(2.0), proxies=[(small.script(1.0), small.shares("VXX"))], opens=small.at(0))
    record = small.run(vxx=(25.0, 26.0, 26.0))
    # 10 * 20 * 0.42 / 0.62 points of the first future's likeness, a share at 0.01 * 25 * 0.5 / 0.62.
    shares = (10.0 * 20.0 * 0.42 / 0.62) / (0.01 * 25.0 * 0.5 / 0.62)
    assert record.journal.proxy.tolist() == [0.0]
    assert record.cash[1] == pytest.approx(MILLION - shares * 26.0 * 1.0005)


def test_what_a_shift_brought_stays_when_the_books_are_put_back() -> None:
    """Half of the balance goes over on bar 2; on bar 3 both layers spend all they have, at the prices of that bar."""
    small = SmallProgram(bars=5, fill="next close")
    small.group(budget=small.budget(120_000.0))
    small.layer(small.call(20.0, **month(2)), size=Size("budget", -1), share=1.0, opens=small.at(3))
    small.layer(small.call(20.0, **month(2)), size=Size("budget", -1), share=0.0, opens=small.at(3))
    small.shift(small.at(2), 0.5, 0, 1)
    balance = 0.5 * 10_000.0 * small_market(1).month_part[0]
    bought = (4, OPEN, NO_REASON, float(balance // (price_on(3, 32) * 100.0)))
    record = small.run()
    assert actions(record, 0)[1:] == actions(record, 1) == [bought]


# ---- at the open ---------------------------------------------------------------------------------------------------


def test_the_open_is_the_evening_before_moved_by_the_vix() -> None:
    """The VIX opens at 25 after 20: g = 1.25. The second future follows by 0.42 of it, from 20 to 20 * 1.105 = 22.1."""
    small = SmallProgram(bars=3, fill="next open")
    small.layer(small.call(20.0, **month(2)), opens=small.at(0))
    record = small.run(vix__open=(20.0, 25.0, 20.0), vx2=(20.0, 21.0, 21.0))
    paid = call_price(days_between(1, 32), future=20.0 * (1.0 + 0.42 * 0.25)) * 100.0
    worth = call_price(days_between(1, 32), future=21.0) * 100.0
    assert record.cash[1] == pytest.approx(MILLION - paid, abs=1e-9)
    assert record.equity[1] == pytest.approx(MILLION - paid + worth, abs=1e-9)


def test_a_future_bought_at_the_open_is_paid_from_the_open_on() -> None:
    """Bought at 22.1 on bar 1, which closes at 23: $900. On bar 2 it opens at 23 * (1 + 0.42 * (18.4 / 20 - 1)) = 22.2272 and is sold:
    $772.80 less, whatever the close."""
    small = SmallProgram(bars=4, fill="next open")
    small.layer(small.future(2.0), opens=small.at(0), closes=small.at(1))
    record = small.run(vix__open=(20.0, 25.0, 18.4, 20.0), vx2=(20.0, 23.0, 30.0, 30.0))
    assert record.cash == pytest.approx([MILLION, MILLION + 900.0, MILLION + 127.2, MILLION + 127.2], abs=1e-6)
    assert actions(record) == [(1, OPEN, NO_REASON, 1.0), (2, CLOSE, NO_REASON, 1.0)]


def test_shares_of_the_index_fill_at_its_opening_print() -> None:
    small = SmallProgram(bars=3, fill="next open")
    small.layer(small.shares("SPX"), opens=small.at(0))
    record = small.run(spx=(4000.0, 4100.0, 4100.0), spx__open=(4000.0, 4050.0, 4100.0))
    assert record.cash[1] == MILLION - 4050.0
    assert record.equity[1] == MILLION + 50.0


@pytest.mark.parametrize("index", ["spx", "vix"])
def test_without_an_opening_print_orders_fill_at_the_close(index: str) -> None:
    small = SmallProgram(bars=3, fill="next open")
    small.layer(small.shares("SPX"), opens=small.at(0))
    opens: dict[str, Any] = {"spx__open": (4000.0, 4050.0), "vix__open": (20.0, 25.0)}
    opens[f"{index}__open"] = (opens[f"{index}__open"][0], NAN)
    record = small.run(spx=(4000.0, 4100.0, 4100.0), **opens)
    assert record.cash[1] == MILLION - 4100.0


def test_an_open_that_repeats_the_close_before_is_none() -> None:
    arrays = small_market(3, spx=(4000.0, 4100.0, 4200.0), spx__open=(4000.0, 4000.0, 4110.0), vix__open=(20.0, 21.0, 22.0))
    assert at_the_open(arrays).known[:, 0].tolist() == [False, True, True]
    real = evolve(arrays, stale_open=0.0001)
    assert at_the_open(real).known[:, 0].tolist() == [False, False, True]


def test_the_market_at_the_open_knows_nothing_of_its_day() -> None:
    """Whatever the day after the open brings, the prices at the open are the same; and futures keep their contract when ranks move."""
    arrays = small_market(10, vx1=20.0, vx2=22.0, vx3=24.0, vix__open=25.0, spx__open=3950.0)
    opening = at_the_open(arrays)
    closes = arrays.values.copy()
    opens = [arrays.series.index(name) for name in ("spx.open", "vix.open")]
    others = [row for row in range(len(arrays.series)) if row not in opens]
    closes[8, others] *= 1.5
    changed = at_the_open(evolve(arrays, values=closes))
    read = [arrays.series.index(name) for name in ("spx", "vix", "vvix", "rate", "vx1", "vx9", "vx30", "vxx", "uvxy", "spx_w30", "spx_eta")]
    assert np.array_equal(opening.values[8, read], changed.values[8, read], equal_nan=True)
    # Bar 7 settles the first future: on it the second is the first, and follows as such.
    row = {name: arrays.series.index(name) for name in ("vx1", "vx2", "vx8", "vx9", "spx_w30")}
    assert arrays.vx_front[7] == arrays.vx_front[6] + 1
    assert opening.values[7, row["vx1"], 0] == 22.0 * (1.0 + 0.62 * 0.25)
    assert opening.values[7, row["vx2"], 0] == 24.0 * (1.0 + 0.42 * 0.25)
    assert math.isnan(opening.values[7, row["vx9"], 0])
    assert opening.values[7, row["spx_w30"], 0] == pytest.approx(0.2 * 0.2 * 30.0 / 365.0 * 1.25 * 1.25)
