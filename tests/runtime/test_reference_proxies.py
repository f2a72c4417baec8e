"""Proxies and `keep net_beta`, with the arithmetic written out.

VIX and its futures stand at 20, SPX at 4000, VXX and UVXY at 25; the VIX moves by -5 times the index, VXX by 0.5 of the VIX and UVXY by
0.75. The first two futures follow the VIX by 0.62 and 0.42. Bar 0 is Monday 2020-01-06.
"""

from __future__ import annotations

import math

import pytest
from attrs import evolve
from small_program import SmallProgram, actions

from alvh.compiler.ir import Expiry, Size
from alvh.runtime.pricing import spx_surface, vix_level, vix_options
from alvh.runtime.record import (
    CLOSE,
    KEEP,
    LESS_THAN_ONE,
    NO_BID,
    NO_COVER,
    NO_EXPIRY,
    NO_PRICE,
    NO_REASON,
    OPEN,
    OUT_OF_BAND,
    REBALANCE,
    REFUSED,
    ROLL_IN,
    ROLL_OUT,
)

UNKNOWN = math.nan
MILLION = 1_000_000.0
MONTH_2 = {"manner": "month", "low": 2.0}

SHARES_OF_A_FUTURE = 672.0
"""A VX of month 2 moves by $1,000 x 20 x 0.42 = $8,400 while the VIX doubles, a VXX share by $25 x 0.5 = $12.50."""


def call_terms(days: float) -> tuple[float, ...]:
    return tuple(vix_options.expiry_terms(20.0, 90.0, 0.0, days, vix_level.level_table()))


# Proxy


def test_as_many_shares_stand_in_as_move_alike() -> None:
    small = SmallProgram(bars=3, listed_costs=True)
    small.layer(small.future(), size=2.0, opens=small.at(0), closes=small.at(2), proxies=[(small.script(1.0), small.shares())])
    record = small.run(vxx=[25.0, 26.0, 27.0])
    shares = 2.0 * SHARES_OF_A_FUTURE
    paid, received = shares * 25.0 * 1.0005, shares * 27.0 * 0.9995
    assert record.cash.tolist() == pytest.approx([MILLION - paid, MILLION - paid, MILLION - paid + received], abs=1e-6)
    assert record.layer_value[:2, 0].tolist() == pytest.approx([shares * 25.0, shares * 26.0], abs=1e-6)
    # Sizes, contracts and the journal count the futures it stands for; prices are of one of them.
    assert record.layer_contracts[:2, 0].tolist() == [2.0, 2.0]
    assert actions(record) == [(0, OPEN, NO_REASON, 2.0), (2, CLOSE, NO_REASON, 2.0)]
    assert record.journal.price.tolist() == pytest.approx([paid / 200.0, received / 200.0], abs=1e-9)
    assert record.journal.cost.tolist() == pytest.approx([shares * 0.0125, shares * 0.0135], abs=1e-9)
    assert record.journal.proxy.tolist() == [0.0, 0.0]
    # No future, no margin.
    assert record.margin.tolist() == [0.0] * 3


def test_shares_for_options_by_their_delta() -> None:
    small = SmallProgram(bars=1, whole=False)
    small.layer(small.call(22, **MONTH_2), size=3.0, proxies=[(small.script(1.0), small.shares("UVXY"))])
    record = small.run()
    delta = float(vix_options.option_delta(True, 22.0, *call_terms(44.0)))
    # One option of 100: delta x 20 x 0.42; a UVXY share 25 x 0.75.
    shares = 3.0 * 100.0 * delta * 20.0 * 0.42 / (25.0 * 0.75)
    assert record.layer_value[0, 0] == pytest.approx(shares * 25.0, rel=1e-12)


def test_the_first_proxy_that_holds_and_else_the_legs_themselves() -> None:
    small = SmallProgram(bars=3)
    proxies = [
        (small.script(UNKNOWN, 0.0, 1.0), small.shares("VXX")),
        (small.script(0.0, 1.0, 1.0), small.shares("UVXY")),
    ]
    small.layer(small.future(), opens=small.script(1.0), at_most=3, proxies=proxies)
    record = small.run()
    assert record.journal.proxy.tolist() == [-1.0, 1.0, 0.0]
    assert record.unknown.tolist() == [0.0, 1.0, 0.0]


def test_money_buys_structures_by_the_price_of_the_legs_replaced() -> None:
    small = SmallProgram(bars=1)
    size = Size("money", small.constant(50_000.0))
    small.layer(small.future(), size=size, proxies=[(small.script(1.0), small.shares())])
    record = small.run()
    # $20,000 a future: two and a half.
    assert record.journal.asked[0] == 2.5
    assert record.journal.filled[0] == 2.0
    assert record.cash[0] == pytest.approx(MILLION - 2.0 * SHARES_OF_A_FUTURE * 25.0, abs=1e-6)


def test_a_proxy_without_a_beta_or_price_is_refused() -> None:
    for series in ({"vxx_beta": UNKNOWN}, {"vxx_beta": -0.5}, {"vxx_beta": 0.0}, {"vxx": UNKNOWN}):
        small = SmallProgram(bars=1)
        small.layer(small.future(), proxies=[(small.script(1.0), small.shares())])
        assert actions(small.run(**series)) == [(0, REFUSED, NO_PRICE, 0.0)]


def test_a_proxy_of_what_does_not_follow_the_vix_is_refused() -> None:
    small = SmallProgram(bars=1)
    small.layer(small.put(3900, 32, product="SPX"), proxies=[(small.script(1.0), small.shares())])
    assert actions(small.run()) == [(0, REFUSED, NO_PRICE, 0.0)]


def test_the_legs_replaced_must_be_found_but_need_no_bid() -> None:
    small = SmallProgram(bars=1, listed_costs=True)
    worthless = small.call(200, ratio=-1, **MONTH_2)
    small.layer(small.call(20, **MONTH_2), worthless, proxies=[(small.script(0.0), small.shares())])
    small.layer(small.call(20, **MONTH_2), worthless, proxies=[(small.script(1.0), small.shares())])
    small.layer(small.future(9.0), proxies=[(small.script(1.0), small.shares())])
    found = actions(small.run(vx9=UNKNOWN))
    assert found == [(0, REFUSED, NO_BID, 0.0), (0, OPEN, NO_REASON, 1.0), (0, REFUSED, NO_PRICE, 0.0)]


def test_a_roll_decides_anew_what_is_held() -> None:
    small = SmallProgram(bars=5)
    condition = small.script(1.0, 1.0, 0.0, 0.0, 1.0)
    rolls = small.rule("roll", small.at(1, 2, 4))
    small.layer(small.future(), opens=small.at(0), rolls=rolls, proxies=[(condition, small.shares())])
    record = small.run(vx2=21.0)
    # On bar 1 the same shares again: nothing. Then the future, then shares once more, though the future gains no days.
    assert actions(record) == [
        (0, OPEN, NO_REASON, 1.0),
        (2, ROLL_OUT, NO_REASON, 1.0),
        (2, ROLL_IN, NO_REASON, 1.0),
        (4, ROLL_OUT, NO_REASON, 1.0),
        (4, ROLL_IN, NO_REASON, 1.0),
    ]
    assert record.journal.proxy.tolist() == [0.0, 0.0, -1.0, -1.0, 0.0]
    assert record.margin.tolist() == pytest.approx([0.0, 0.0, 0.45 * 21_000.0, 0.45 * 21_000.0, 0.0], abs=1e-9)


def test_keeping_delta_into_shares_counts_their_scale() -> None:
    small = SmallProgram(bars=3, whole=False)
    roll = small.rule("roll", small.at(2), keeping="delta")
    small.layer(small.future(), size=4.0, opens=small.at(0), rolls=roll, proxies=[(small.at(2), small.shares())])
    record = small.run()
    # A future has 10 deltas, the shares for it 672 hundredths.
    assert record.journal.filled[2] == pytest.approx(4.0 * 10.0 / 6.72, rel=1e-12)


def test_a_proxy_lot_is_rebalanced_in_shares() -> None:
    small = SmallProgram(bars=4)
    size = Size("contracts", small.script(2.0, 5.0, 5.0, 1.0))
    small.layer(small.future(), size=size, opens=small.at(0), rebalances=small.at(1, 3), proxies=[(small.script(1.0), small.shares())])
    record = small.run(vxx=[25.0, 30.0])
    assert actions(record) == [(0, OPEN, NO_REASON, 2.0), (1, REBALANCE, NO_REASON, 3.0), (3, REBALANCE, NO_REASON, 4.0)]
    # Of the scale of the opening.
    assert record.cash[1] == pytest.approx(MILLION - SHARES_OF_A_FUTURE * (2.0 * 25.0 + 3.0 * 30.0), abs=1e-6)
    assert record.layer_value[3, 0] == pytest.approx(SHARES_OF_A_FUTURE * 30.0, abs=1e-6)


# The end of a proxy


def test_a_proxy_is_sold_when_what_it_stands_for_has_settled() -> None:
    # The future of month 1 settles on Wednesday 01-15, bar 7; 62 hundredths of the VIX make 992 shares of it.
    small = SmallProgram(bars=9, listed_costs=True)
    small.layer(small.future(1.0), size=2.0, opens=small.at(0), proxies=[(small.script(1.0), small.shares())])
    record = small.run(vxx=[25.0] * 7 + [30.0])
    assert actions(record) == [(0, OPEN, NO_REASON, 2.0), (7, CLOSE, NO_REASON, 2.0)]
    shares = 2.0 * 1000.0 * 20.0 * 0.62 / 12.5
    # Shares do not settle: the half spread is paid, and no rule of the layer is named.
    assert record.cash[7] - record.cash[6] == pytest.approx(shares * 30.0 * 0.9995, rel=1e-12)
    assert record.journal.cost[1] == pytest.approx(shares * 30.0 * 0.0005, rel=1e-9)
    assert record.journal.rule[1] == -1.0
    assert record.verbs["close"] == 1
    assert record.verbs["settle"] == 0


def test_a_proxy_of_several_expiries_outlives_the_first() -> None:
    # Months 1 and 2: the second settles on Wednesday 02-19, bar 32.
    small = SmallProgram(bars=34)
    small.layer(small.future(1.0), small.future(2.0), opens=small.at(0), proxies=[(small.script(1.0), small.shares())])
    assert actions(small.run()) == [(0, OPEN, NO_REASON, 1.0), (32, CLOSE, NO_REASON, 1.0)]


def test_a_layer_opens_anew_on_the_bar_after() -> None:
    small = SmallProgram(bars=10)
    small.layer(small.future(1.0), opens=small.script(1.0), proxies=[(small.script(1.0), small.shares())])
    assert actions(small.run()) == [(0, OPEN, NO_REASON, 1.0), (7, CLOSE, NO_REASON, 1.0), (8, OPEN, NO_REASON, 1.0)]


def test_a_proxy_without_a_price_is_sold_when_it_has_one() -> None:
    small = SmallProgram(bars=10)
    small.layer(small.future(1.0), opens=small.at(0), proxies=[(small.script(1.0), small.shares())])
    record = small.run(vxx=[25.0] * 6 + [UNKNOWN] * 3 + [26.0])
    assert actions(record) == [(0, OPEN, NO_REASON, 1.0), (9, CLOSE, NO_REASON, 1.0)]


def test_dte_of_a_proxy_counts_to_its_end() -> None:
    # Nine days on bar 0, five on Friday, bar 4. A rule goes before the end.
    small = SmallProgram(bars=9)
    close = small.of_lot("dte", "le", 5.0)
    small.layer(small.future(1.0), opens=small.at(0), closes=close, proxies=[(small.script(1.0), small.shares())])
    record = small.run()
    assert actions(record) == [(0, OPEN, NO_REASON, 1.0), (4, CLOSE, NO_REASON, 1.0)]
    assert record.journal.rule[1] >= 0.0


def test_a_roll_that_comes_to_the_same_shares_prolongs_them() -> None:
    # On bar 3 month 2 is due, which the same shares stand for: they end on bar 32, not on bar 7.
    small = SmallProgram(bars=34)
    roll = small.rule("roll", small.at(3), to=Expiry("month", low=2.0))
    small.layer(small.future(1.0), opens=small.at(0), rolls=roll, proxies=[(small.script(1.0), small.shares())])
    assert actions(small.run()) == [(0, OPEN, NO_REASON, 1.0), (32, CLOSE, NO_REASON, 1.0)]


def test_a_proxy_covers_what_is_written_until_it_ends() -> None:
    # The shares stand for a call of 02-19: a call written for that day is covered, one for 03-18 is not.
    for month, covered in ((2.0, True), (3.0, False)):
        small = SmallProgram(bars=1)
        small.layer(small.call(22, **MONTH_2), size=3.0, proxies=[(small.script(1.0), small.shares())])
        small.layer(small.call(25, ratio=-1, manner="month", low=month), size=2.0, cover=0)
        found = actions(small.run(), layer=1)
        assert found == [(0, OPEN, NO_REASON, 2.0) if covered else (0, REFUSED, NO_COVER, 0.0)]


# Keep: buying


def net_long(small: SmallProgram, shares: float = 100.0, closes: int = -1) -> int:
    """A hundred shares of the index: $400,000, 0.4 of equity."""
    return small.layer(small.shares("SPX"), size=shares, opens=small.at(0), closes=small.at(closes))


def test_futures_bring_net_beta_back_to_the_bound() -> None:
    small = SmallProgram(bars=2)
    net_long(small)
    small.layer(small.future(), opens=small.script(0.0))
    small.keep(-0.5, 0.2, 1)
    record = small.run()
    # A VX of month 2 is worth 1,000 x 20 x 0.42 x -5 = -42,000 dollars of the index: 200,000 / 42,000 = 4.76 are wanted.
    assert actions(record) == [(0, OPEN, NO_REASON, 100.0), (1, KEEP, NO_REASON, 4.0), (1, REFUSED, OUT_OF_BAND, 0.0)]
    assert record.journal.asked[1] == pytest.approx(200_000.0 / 42_000.0, abs=1e-9)
    assert record.journal.reads[1, 0] == 0.4
    assert math.isnan(record.journal.asked[2])
    assert record.verbs["keep"] == 1


def test_what_one_layer_leaves_the_next_takes_up() -> None:
    small = SmallProgram(bars=3, whole=False)
    net_long(small)
    small.layer(small.future(), opens=small.script(0.0))
    small.layer(small.future(product="VXM"), opens=small.script(0.0))
    small.keep(-0.5, 0.2, 1, 2)
    whole = evolve(small, whole=True)
    # 4 VX leave 32,000: of VXM, 4,200 each, 7.6.
    assert [row for row in actions(whole.run()) if row[0] == 1] == [
        (1, KEEP, NO_REASON, 4.0),
        (1, KEEP, NO_REASON, 7.0),
        (1, REFUSED, OUT_OF_BAND, 0.0),
    ]
    # In fractions the first closes the gap: the second has nothing to do, and on the next bar nobody has.
    record = small.run()
    assert actions(record)[1:] == [(1, KEEP, NO_REASON, pytest.approx(200_000.0 / 42_000.0, rel=1e-12))]


def test_within_the_band_nothing_moves() -> None:
    small = SmallProgram(bars=3)
    net_long(small)
    small.layer(small.future(), opens=small.script(0.0))
    small.keep(0.0, 0.4, 1)
    assert actions(small.run()) == [(0, OPEN, NO_REASON, 100.0)]


def test_below_the_band_the_index_is_bought() -> None:
    small = SmallProgram(bars=2)
    small.layer(small.shares("SPX"), opens=small.script(0.0))
    small.keep(0.3, 0.5, 0)
    record = small.run()
    # 0.3 of a million is 75 shares.
    assert actions(record) == [(0, KEEP, NO_REASON, 75.0)]
    assert record.layer_value[0, 0] == 300_000.0


def test_a_keep_goes_before_open_and_enlarges_where_there_is_no_room() -> None:
    small = SmallProgram(bars=4)
    small.layer(small.shares("SPX"), size=3.0, opens=small.script(0.0, 1.0), at_most=2)
    small.keep(small.script(0.1, 0.1, 0.2, 0.3), 9.0, 0)
    record = small.run()
    # 25 shares, then in band the layer opens by its own rule; then it is full, and its first lot grows. 3 shares are 0.012.
    assert actions(record) == [
        (0, KEEP, NO_REASON, 25.0),
        (1, OPEN, NO_REASON, 3.0),
        (2, KEEP, NO_REASON, 22.0),
        (3, KEEP, NO_REASON, 25.0),
    ]
    assert record.journal.slot.tolist() == [0.0, 1.0, 0.0, 0.0]
    assert record.layer_contracts[:, 0].tolist() == [25.0, 28.0, 50.0, 75.0]


def test_a_lot_that_acted_today_is_left_alone() -> None:
    small = SmallProgram(bars=2)
    size = Size("contracts", small.script(10.0, 12.0))
    small.layer(small.shares("SPX"), size=size, opens=small.at(0), rebalances=small.at(1))
    small.keep(small.script(-1.0, 0.5), 9.0, 0)
    assert actions(small.run()) == [(0, OPEN, NO_REASON, 10.0), (1, REBALANCE, NO_REASON, 2.0), (1, REFUSED, OUT_OF_BAND, 0.0)]


# Keep: selling


def test_what_stands_on_the_wrong_side_is_sold() -> None:
    small = SmallProgram(bars=5)
    net_long(small, closes=3)
    small.layer(small.future(), opens=small.script(0.0))
    small.layer(small.future(product="VXM"), opens=small.script(0.0))
    small.keep(0.0, 0.2, 1, 2)
    record = small.run()
    # Bar 1 buys 4 and 7. On bar 4 the shares are gone: 4 x 42,000 + 7 x 4,200 are too many.
    sold = [row for row in actions(record) if row[0] == 4]
    assert sold == [(4, KEEP, NO_REASON, 4.0), (4, KEEP, NO_REASON, 7.0)]
    assert record.journal.asked[-2] == pytest.approx(-197_400.0 / 42_000.0, rel=1e-9)
    assert record.layer_contracts[-1].tolist() == [0.0, 0.0, 0.0]


def test_no_more_is_sold_than_closes_the_gap() -> None:
    small = SmallProgram(bars=3, whole=False)
    small.layer(small.shares("SPX"), size=50.0, opens=small.at(0, 1), at_most=2)
    small.keep(-1.0, small.script(1.0, 1.0, 0.16), 0)
    record = small.run()
    # 100 shares are 0.4: 60 are sold, 50 of the first lot and 10 of the second.
    assert [row for row in actions(record) if row[0] == 2] == [
        (2, KEEP, NO_REASON, 50.0),
        (2, KEEP, NO_REASON, pytest.approx(10.0, rel=1e-9)),
    ]
    assert record.layer_contracts[-1, 0] == pytest.approx(40.0, rel=1e-12)


# Keep: what it cannot do


def test_an_unknown_net_beta_moves_nothing_and_is_counted() -> None:
    small = SmallProgram(bars=2)
    net_long(small)
    small.layer(small.future(), size=1.0, opens=small.at(0))
    small.keep(-0.5, 0.2, 1)
    record = small.run(vix_beta=UNKNOWN)
    # On bar 0 nothing is held: net beta is 0 then.
    assert [row[1] for row in actions(record)] == [OPEN, OPEN]
    assert record.unknown[-1] == 1.0


def test_a_layer_that_cannot_choose_is_refused_and_the_next_one_goes_on() -> None:
    small = SmallProgram(bars=2)
    net_long(small)
    out_of_range = small.call(20, manner="range", low=46.0, high=47.0)
    small.layer(out_of_range, opens=small.script(0.0))
    small.layer(small.future(), opens=small.script(0.0))
    small.keep(-0.5, 0.2, 1, 2)
    assert [row for row in actions(small.run()) if row[0] == 1] == [
        (1, REFUSED, NO_EXPIRY, 0.0),
        (1, KEEP, NO_REASON, 4.0),
        (1, REFUSED, OUT_OF_BAND, 0.0),
    ]


def test_less_than_one_contract_is_said_and_so_is_the_band() -> None:
    small = SmallProgram(bars=2)
    net_long(small)
    small.layer(small.future(), opens=small.script(0.0))
    small.keep(-0.5, 0.39, 1)
    assert [row for row in actions(small.run()) if row[0] == 1] == [(1, REFUSED, LESS_THAN_ONE, 0.0), (1, REFUSED, OUT_OF_BAND, 0.0)]


def test_while_a_group_unwinds_it_keeps_nothing() -> None:
    small = SmallProgram(bars=3)
    small.group("book")
    net_long(small)
    small.group(unwinds=(small.unwind(small.at(1, 2)),))
    small.layer(small.future(), opens=small.script(0.0))
    small.keep(-0.5, 0.2, 1)
    assert actions(small.run()) == [(0, OPEN, NO_REASON, 100.0)]


def test_puts_keep_by_their_own_delta() -> None:
    small = SmallProgram(bars=2, whole=False)
    net_long(small)
    small.layer(small.put(3900, 32, product="SPX"), opens=small.script(0.0))
    small.keep(-0.5, 0.2, 1)
    record = small.run()
    nodes = [0.04 * (node / 365.0) for node in (9.0, 30.0, 93.0, 184.0, 365.0)]
    # On bar 1 Friday 02-07 is 31 days off, and nearest to 32.
    forward, _, theta, phi = spx_surface.expiry_terms(4000.0, 0.0, *nodes, 1.0, 1.0, 31.0)
    delta = float(spx_surface.option_delta(False, 3900.0, forward, theta, phi, -0.5))
    assert record.journal.filled[1] == pytest.approx(200_000.0 / (delta * 4000.0 * 100.0), rel=1e-9)


def test_a_proxy_keeps_by_the_beta_of_its_shares() -> None:
    small = SmallProgram(bars=2, whole=False)
    net_long(small)
    small.layer(small.future(), opens=small.script(0.0), proxies=[(small.script(1.0), small.shares())])
    small.keep(-0.5, 0.2, 1)
    record = small.run()
    # 672 shares of $25, 0.5 of the VIX, which moves by -5: as much as the future, 42,000.
    assert record.journal.filled[1] == pytest.approx(200_000.0 / 42_000.0, rel=1e-12)
    assert record.layer_value[1, 1] == pytest.approx(record.journal.filled[1] * SHARES_OF_A_FUTURE * 25.0, rel=1e-12)


def test_a_roll_to_another_month_decides_on_its_own_choice() -> None:
    small = SmallProgram(bars=3)
    roll = small.rule("roll", small.at(2), to=Expiry("month", low=3.0))
    small.layer(small.future(), size=1.0, opens=small.at(0), rolls=roll, proxies=[(small.at(2), small.shares())])
    record = small.run()
    # Month 3 follows the VIX by 0.33: 1,000 x 20 x 0.33 / 12.5 shares.
    assert record.layer_value[2, 0] == pytest.approx(528.0 * 25.0, abs=1e-6)
