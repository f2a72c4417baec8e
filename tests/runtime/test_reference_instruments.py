"""Futures, shares and options on funds in small markets, with the arithmetic written out.

VIX and its futures stand at 20 and VVIX at 90 unless said, VXX at 25; bar 0 is Monday 2020-01-06. VIX monthlies settle on bar 7 (01-15)
and 32 (02-19): month 2 bought on bar 0 is vx2 to bar 6 and vx1 from bar 7 on.
"""

from __future__ import annotations

import math
from typing import Any

import pytest
from small_program import SmallProgram, actions

from alvh.compiler.ir import Expiry, Leg, Size, Strike
from alvh.runtime.pricing import costs, fund_options, strikes, vix_level, vix_options
from alvh.runtime.record import (
    CLOSE,
    CUT_BY_CASH,
    LESS_THAN_ONE,
    NO_PRICE,
    NO_REASON,
    OPEN,
    REFUSED,
    ROLL_IN,
    ROLL_OUT,
    SETTLE,
)

UNKNOWN = math.nan
MILLION = 1_000_000.0
MONTH_2 = {"manner": "month", "low": 2.0}


def call_price(days: float, strike: float = 20.0) -> float:
    terms = vix_options.expiry_terms(20.0, 90.0, 0.0, days, vix_level.level_table())
    return float(vix_options.option_price(True, strike, *terms))


def fund_terms(price: float, days: float, leverage: float = 1.0) -> tuple[float, ...]:
    return tuple(fund_options.expiry_terms(price, 90.0, 20.0, 0.0, days, leverage))


def money(small: SmallProgram, value: float) -> Size:
    return Size("money", small.constant(value))


# Futures: fees and spread


def test_a_future_bought_and_sold_at_one_price_costs_its_fees_and_spread() -> None:
    small = SmallProgram(bars=3, listed_costs=True)
    small.layer(small.future(), size=3.0, opens=small.at(0), closes=small.at(2))
    record = small.run()
    # Half spread 0.025 at VIX 20: $25 a VX and side, and $2 of fees. Nothing is paid for the future itself.
    assert record.cash.tolist() == pytest.approx([MILLION - 3 * 27.0, MILLION - 3 * 27.0, MILLION - 3 * 54.0], abs=1e-9)
    assert record.layer_value[:, 0].tolist() == [0.0] * 3
    # Prices are of a structure in hundreds of dollars: ten a point.
    assert record.journal.price.tolist() == pytest.approx([200.25, 199.75], abs=1e-9)
    assert record.journal.cost.tolist() == pytest.approx([81.0, 81.0], abs=1e-9)
    assert record.fees[-1] == pytest.approx(162.0, abs=1e-9)
    assert math.isnan(record.journal.strike[0, 0])
    assert record.journal.expiry[0, 0] >= 0.0


def test_a_mini_future_is_a_tenth_with_a_fee_of_its_own() -> None:
    small = SmallProgram(bars=2, listed_costs=True)
    small.layer(small.future(product="VXM"), size=3.0, opens=small.at(0), closes=small.at(1))
    record = small.run(vx2=[20.0, 21.0])
    # 0.025 x $100 + $1.00 a side; a point up is $100 a contract.
    assert record.cash.tolist() == pytest.approx([MILLION - 3 * 3.5, MILLION - 3 * 7.0 + 300.0], abs=1e-9)
    assert record.margin[0] == pytest.approx(3 * 0.45 * 20.0 * 100.0, abs=1e-9)


def test_the_spread_of_a_future_widens_with_the_square_of_stress() -> None:
    small = SmallProgram(bars=1, listed_costs=True)
    small.layer(small.future(), size=1.0)
    record = small.run(vix=40.0)
    # m = 2: 0.025 x 4 = 0.1 points, $100 a side.
    assert record.journal.cost[0] == pytest.approx(102.0, abs=1e-9)


# Futures: variation and settlement


def test_variation_moves_cash_day_by_day() -> None:
    small = SmallProgram(bars=4)
    small.layer(small.future(), size=2.0, opens=small.at(0), closes=small.at(3))
    record = small.run(vx2=[20.0, 21.5, 19.0, 22.0])
    # Two contracts, $1,000 a point: +3,000, -5,000, +6,000.
    assert record.cash.tolist() == [MILLION, MILLION + 3000.0, MILLION - 2000.0, MILLION + 4000.0]
    assert record.equity.tolist() == record.cash.tolist()
    assert record.layer_profit[:, 0].tolist() == [0.0, 3000.0, -2000.0, 4000.0]
    assert record.layer_value[:, 0].tolist() == [0.0] * 4
    # 45 % of 20 is above $5,000 a contract: at 21.5 it is $9,675.
    assert record.margin.tolist() == pytest.approx([18_000.0, 19_350.0, 17_100.0, 0.0], abs=1e-9)
    assert record.journal.price.tolist() == [200.0, 220.0]


def test_a_future_sold_gains_when_it_falls_and_binds_as_much() -> None:
    small = SmallProgram(bars=2)
    small.layer(small.future(ratio=-1), size=1.0)
    record = small.run(vx2=[20.0, 18.0])
    assert record.cash.tolist() == [MILLION, MILLION + 2000.0]
    assert record.margin.tolist() == pytest.approx([9000.0, 8100.0], abs=1e-9)


def test_a_future_never_binds_less_than_five_thousand() -> None:
    small = SmallProgram(bars=1)
    small.layer(small.future(), size=1.0)
    assert small.run(vx2=10.0).margin[0] == 5000.0


def test_a_future_settles_on_its_print() -> None:
    small = SmallProgram(bars=9)
    small.layer(small.future(1.0), size=1.0, opens=small.at(0))
    # Month 1 is vx1 until bar 7, on which it settles at 27.
    record = small.run(vx1=[20.0, 21.0, 22.0, 23.0, 24.0, 25.0, 26.0, 99.0], vix_settlement=27.0)
    assert actions(record) == [(0, OPEN, NO_REASON, 1.0), (7, SETTLE, NO_REASON, 1.0)]
    assert record.cash.tolist() == [MILLION + 1000.0 * up for up in (0, 1, 2, 3, 4, 5, 6, 7, 7)]
    assert record.journal.price[1] == 270.0
    assert record.margin[7] == 0.0


def test_a_future_without_a_print_settles_on_its_last_mark() -> None:
    small = SmallProgram(bars=9)
    small.layer(small.future(1.0), size=1.0, opens=small.at(0))
    record = small.run(vx1=[20.0, 26.0], vix_settlement=UNKNOWN)
    assert record.cash[-1] == MILLION + 6000.0
    assert record.journal.price[1] == 260.0
    assert record.unknown_prints == 1


def test_a_future_without_a_price_is_stale_and_catches_up() -> None:
    small = SmallProgram(bars=4)
    small.layer(small.future(), size=1.0, opens=small.at(0), closes=small.at(1, 3))
    record = small.run(vx2=[20.0, UNKNOWN, UNKNOWN, 23.0])
    assert record.cash.tolist() == [MILLION] * 3 + [MILLION + 3000.0]
    assert record.margin.tolist()[:3] == [9000.0] * 3
    assert actions(record)[-1] == (3, CLOSE, NO_REASON, 1.0)
    assert record.stale_marks == 2


def test_profit_and_gains_of_a_future_count_both_spreads_and_fees() -> None:
    small = SmallProgram(bars=3, listed_costs=True)
    first = small.layer(small.future(), size=2.0, opens=small.at(0), closes=small.at(2))
    profit, gains, realized = (small.node(when, owner=first, name=name, stage=2 if when == "decided" else 0)
                               for when, name in (("mark", "profit"), ("decided", "gains"), ("decided", "realized")))  # fmt: skip
    small.layer(small.call(20, **MONTH_2), opens=[small.rule("open", small.at(2), reads=(profit, gains, realized))])
    record = small.run(vx2=[20.0, 20.5, 21.0])
    row = next(row for row in range(len(record.journal.bar)) if record.journal.layer[row] == 1)
    # A point up, $2,000, less the half spread paid on opening ($50); on closing another $50 and four fees of $2.
    assert record.journal.reads[row, :3].tolist() == pytest.approx([1950.0, 1892.0, 1892.0], abs=1e-9)
    assert record.layer_profit[2, 0] == pytest.approx(1892.0, abs=1e-9)


def test_money_buys_futures_by_their_contract_value() -> None:
    small = SmallProgram(bars=1)
    small.layer(small.future(), size=money(small, 65_000.0))
    record = small.run()
    # $20,000 a contract.
    assert record.journal.asked[0] == 3.25
    assert record.journal.filled[0] == 3.0


def test_margin_bounds_futures() -> None:
    small = SmallProgram(bars=1, capital=20_000.0)
    small.layer(small.future(), size=5.0)
    record = small.run()
    # $9,000 each: two.
    assert actions(record) == [(0, OPEN, CUT_BY_CASH, 2.0)]
    assert record.margin[0] == 18_000.0


def test_futures_look_among_nine_monthlies_whatever_is_listed() -> None:
    small = SmallProgram(bars=1)
    days = Leg("", "VX", "future", 1, None, Expiry("days", low=40.0))
    small.layer(days)
    small.layer(small.future(9.0))
    record = small.run(vx2=21.0, vx9=29.0)
    # 40 days: month 2 (44) is nearer than month 1 (9) and 3 (72).
    assert record.journal.price.tolist() == [210.0, 290.0]


def test_a_spread_of_futures_binds_both_legs() -> None:
    small = SmallProgram(bars=2)
    small.layer(small.future(1.0), small.future(2.0, -1))
    record = small.run(vx1=[20.0, 24.0], vx2=[22.0, 23.0])
    assert record.margin[0] == pytest.approx((0.45 * 20.0 + 0.45 * 22.0) * 1000.0, abs=1e-9)
    assert record.cash[1] == MILLION + 4000.0 - 1000.0


def test_a_future_beside_an_option_settles_and_leaves_it() -> None:
    small = SmallProgram(bars=9)
    small.layer(small.future(1.0, -1), small.call(25, **MONTH_2), size=1.0)
    record = small.run(vix_settlement=22.0)
    # The future sold at 20 loses 2 points on its print; the call is marked on.
    assert record.cash[-1] == pytest.approx(MILLION - call_price(44.0, 25.0) * 100.0 - 2000.0, abs=1e-9)
    assert actions(record)[-1] == (7, SETTLE, NO_REASON, 1.0)
    assert record.journal.price[1] == -220.0
    assert record.margin[6] == 9000.0
    assert record.margin[7] == 0.0


# Rolling futures


def test_a_future_rolls_to_the_next_month() -> None:
    small = SmallProgram(bars=4)
    small.layer(small.future(), size=2.0, opens=small.at(0), rolls=[small.rule("roll", small.at(2), to=Expiry("month", low=4.0))])
    record = small.run(vx2=[20.0, 20.0, 21.0], vx4=[22.0, 22.0, 22.0, 25.0])
    assert actions(record) == [(0, OPEN, NO_REASON, 2.0), (2, ROLL_OUT, NO_REASON, 2.0), (2, ROLL_IN, NO_REASON, 2.0)]
    assert record.journal.price.tolist() == [200.0, 210.0, 220.0]
    assert record.cash.tolist() == [MILLION, MILLION, MILLION + 2000.0, MILLION + 8000.0]


# Shares


def test_shares_of_the_index_are_paid_for_and_cost_half_a_hundredth_of_a_percent() -> None:
    small = SmallProgram(bars=3, listed_costs=True)
    small.layer(small.shares("SPX"), size=10.0, opens=small.at(0), closes=small.at(2))
    record = small.run(spx=[4000.0, 4400.0, 4200.0])
    paid, received = 10.0 * (4000.0 + 0.2), 10.0 * (4200.0 - 0.21)
    assert record.cash.tolist() == pytest.approx([MILLION - paid, MILLION - paid, MILLION - paid + received], abs=1e-9)
    assert record.layer_value[:2, 0].tolist() == pytest.approx([40_000.0, 44_000.0], abs=1e-9)
    assert record.journal.price.tolist() == pytest.approx([40.002, 41.9979], abs=1e-9)
    assert record.journal.cost.tolist() == pytest.approx([2.0, 2.1], abs=1e-9)
    assert math.isnan(record.journal.expiry[0, 0])
    assert math.isnan(record.journal.strike[0, 0])
    assert record.margin.tolist() == [0.0] * 3


def test_money_buys_whole_shares_of_a_fund() -> None:
    small = SmallProgram(bars=2, listed_costs=True)
    small.layer(small.shares("VXX"), size=money(small, 10_010.0))
    record = small.run(vxx=[25.0, 30.0])
    # $25.0125 a share with the half spread of 0.05 %.
    assert record.journal.filled[0] == math.floor(10_010.0 / 25.0125)
    assert record.layer_value[1, 0] == pytest.approx(record.journal.filled[0] * 30.0, abs=1e-9)


def test_shares_never_settle_and_have_no_days() -> None:
    small = SmallProgram(bars=12)
    small.layer(small.shares("UVXY"), closes=small.of_lot("dte", "le", 1000.0))
    record = small.run()
    assert actions(record) == [(0, OPEN, NO_REASON, 1.0)]
    assert record.unknown[0] == 11.0


def test_shares_wait_for_a_price() -> None:
    small = SmallProgram(bars=2)
    small.layer(small.shares("VXX"))
    assert actions(small.run(vxx=[UNKNOWN, 25.0])) == [(0, REFUSED, NO_PRICE, 0.0), (1, OPEN, NO_REASON, 1.0)]


def test_less_than_a_share_is_none() -> None:
    small = SmallProgram(bars=1)
    small.layer(small.shares("SPX"), size=money(small, 3999.0))
    assert actions(small.run()) == [(0, REFUSED, LESS_THAN_ONE, 0.0)]


# Options on funds


def fund_call(small: SmallProgram, product: Any, strike: float, days: float) -> Leg:
    return Leg("", product, "call", 1, Strike("strike", small.constant(strike)), Expiry("days", low=days))


def test_an_option_on_a_fund_is_priced_on_its_share_and_paid_on_the_close() -> None:
    small = SmallProgram(bars=12, listed_costs=True)
    small.layer(fund_call(small, "VXX", 25.0, 11.0), size=2.0, opens=small.at(0))
    # Bar 9 is Friday 01-17, eleven days on.
    record = small.run(vxx=[25.0] * 9 + [31.0])
    strike = float(strikes.nearest_fund_strike(25.0))
    mid = float(vix_options.option_price(True, strike, *fund_terms(25.0, 11.0)))
    half = float(costs.fund_option_half_spread(mid, 25.0, 20.0))
    assert record.journal.strike[0, 0] == strike
    assert record.journal.price[0] == mid + half
    # The fee is in the width.
    assert record.journal.cost[0] == pytest.approx(half * 200.0, abs=1e-9)
    assert actions(record) == [(0, OPEN, NO_REASON, 2.0), (9, SETTLE, NO_REASON, 2.0)]
    assert record.journal.price[1] == 31.0 - strike


def test_options_on_uvxy_have_its_leverage() -> None:
    small = SmallProgram(bars=1)
    small.layer(fund_call(small, "UVXY", 30.0, 11.0))
    record = small.run(uvxy=30.0)
    strike = float(strikes.nearest_fund_strike(30.0))
    assert record.journal.price[0] == float(vix_options.option_price(True, strike, *fund_terms(30.0, 11.0, 1.5)))


def test_an_option_on_a_fund_by_its_delta() -> None:
    small = SmallProgram(bars=1)
    leg = Leg("", "VXX", "call", 1, Strike("delta", small.constant(0.30)), Expiry("days", low=25.0))
    small.layer(leg)
    record = small.run()
    terms = fund_terms(25.0, 25.0)
    assert record.journal.strike[0, 0] == float(strikes.fund_strike_and_delta(True, 0.30, *terms)[0])
    assert abs(float(vix_options.option_delta(True, record.journal.strike[0, 0], *terms)) - 0.30) < 0.03


def test_without_a_thirty_day_future_options_on_funds_have_no_price() -> None:
    small = SmallProgram(bars=1)
    small.layer(fund_call(small, "VXX", 25.0, 11.0))
    assert actions(small.run(vx30=UNKNOWN)) == [(0, REFUSED, NO_PRICE, 0.0)]


# Margin of several underlyings


def test_each_underlying_is_margined_on_its_own() -> None:
    small = SmallProgram(bars=1)
    spx = [small.put(3950, 32, -1, "SPX"), small.put(3900, 32, 1, "SPX")]
    vix = [small.call(20, ratio=-1, **MONTH_2), small.call(25, ratio=1, **MONTH_2)]
    small.layer(*spx, *vix)
    # 50 points of SPX; of VIX the worst over the strikes, 5 points at 25.
    assert small.run().margin[0] == 5500.0


# Crowded costs


def test_crowded_costs_widen_what_is_listed() -> None:
    small = SmallProgram(bars=2, crowded_costs=True)
    small.layer(small.future(), size=1.0, opens=small.at(0), closes=small.at(1))
    small.layer(small.shares("VXX"), size=100.0, opens=small.at(1))
    record = small.run(vix=[20.0, 30.0])
    # Bar 0: nothing before it, a quarter more: 0.025 x 1.25. Bar 1: VIX up by half, more than 20 %: 1 + 2 (0.25 + 0.25) = 2; m = 1.5.
    assert record.journal.cost.tolist() == pytest.approx(
        [0.025 * 1.25 * 1000.0 + 2.0, 0.025 * 2.25 * 2.0 * 1000.0 + 2.0, 0.0005 * 25.0 * 2.0 * 100.0], abs=1e-9
    )


def test_crowding_is_unknown_with_the_vix() -> None:
    small = SmallProgram(bars=1, crowded_costs=True)
    small.layer(small.shares("VXX"))
    assert actions(small.run(vix=UNKNOWN)) == [(0, REFUSED, NO_PRICE, 0.0)]
    listed = SmallProgram(bars=1, listed_costs=True)
    listed.layer(listed.shares("VXX"))
    assert actions(listed.run(vix=UNKNOWN)) == [(0, OPEN, NO_REASON, 1.0)]


# Liquidity


def test_long_shares_are_liquid_and_futures_are_nothing_but_their_margin() -> None:
    small = SmallProgram(bars=2, capital=100_000.0, listed_costs=True)
    small.layer(small.shares("SPX"), size=10.0, opens=small.at(0))
    small.layer(small.future(ratio=-1), opens=small.at(0))
    ratio = small.node("account", name="quick_ratio")
    small.layer(small.call(20, **MONTH_2), opens=[small.rule("open", small.at(1), reads=(ratio,))])
    record = small.run(vx2=[20.0, 100.0])
    # Shares at 4000.2 and a future sold, $27 of costs; it rises by 80 points. What it binds beyond cash is due; shares sell at 3999.8.
    cash = 100_000.0 - 40_002.0 - 27.0 - 80_000.0
    row = next(row for row in range(len(record.journal.bar)) if record.journal.layer[row] == 2)
    assert record.journal.reads[row, 0] == pytest.approx((cash + 39_998.0) / (45_000.0 - cash), abs=1e-9)
