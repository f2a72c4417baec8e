"""Greeks, rates of return, break-evens and the account's measures, with the arithmetic written out.

VIX and its futures stand at 20 and VVIX at 90 unless said, SPX at 4000, rates at 0; bar 0 is Monday 2020-01-06, bar 5 a week later.
"""

from __future__ import annotations

import math
from typing import Any

import pytest
from small_program import SmallProgram

from alvh.runtime.pricing import fund_options, spx_surface, strikes, vix_level, vix_options

UNKNOWN = math.nan
MILLION = 1_000_000.0
MONTH_2 = {"manner": "month", "low": 2.0}
NODES = tuple(0.04 * (node / 365.0) for node in (9.0, 30.0, 93.0, 184.0, 365.0))


def spx_terms(days: float, spx: float = 4000.0, rate: float = 0.0) -> tuple[float, ...]:
    return (*spx_surface.expiry_terms(spx, rate, *NODES, 1.0, 1.0, days), -0.5)


def spx_price(is_call: bool, strike: float, days: float, spx: float = 4000.0) -> float:
    return float(spx_surface.option_price(is_call, strike, *spx_terms(days, spx)))


def vix_terms(days: float, rate: float = 0.0) -> tuple[float, ...]:
    return tuple(vix_options.expiry_terms(20.0, 90.0, rate, days, vix_level.level_table()))


def call_price(days: float, strike: float = 20.0) -> float:
    return float(vix_options.option_price(True, strike, *vix_terms(days)))


def read_on(small: SmallProgram, bar: int, *nodes: int, **series: Any) -> list[float]:
    """Values of up to eight nodes on a bar, by the reads of a layer that opens on it."""
    small.group()
    number = small.layer(small.call(90, **MONTH_2), opens=small.rule("open", small.at(bar), reads=nodes), size=1.0)
    record = small.run(**series)
    row = next(row for row in range(len(record.journal.bar)) if record.journal.layer[row] == number)
    return [float(value) for value in record.journal.reads[row, : len(nodes)]]


def of_layer(small: SmallProgram, *names: str, owner: int = 0) -> list[int]:
    return [small.node("mark", owner=owner, name=name) for name in names]


def of_account(small: SmallProgram, *names: str) -> list[int]:
    return [small.node("account", name=name) for name in names]


def put_spread(small: SmallProgram, **rest: Any) -> int:
    """Sold put at 3950, bought at 3900; 32 days, to Friday 02-07."""
    return small.layer(small.put(3950, 32, -1, "SPX"), small.put(3900, 32, 1, "SPX"), opens=small.at(0), **rest)


# Greeks


def test_vega_and_theta_are_what_a_point_and_a_day_change() -> None:
    small = SmallProgram(bars=2)
    put_spread(small, size=2.0)
    vega, theta = read_on(small, 1, *of_layer(small, "vega", "theta"))
    forward, discount, total, phi, rho = spx_terms(31.0)
    vegas = [float(spx_surface.option_vega(strike, forward, discount, total, phi, rho, 31.0)) for strike in (3950.0, 3900.0)]
    thetas = [float(spx_surface.option_theta(False, strike, forward, total, phi, rho, 0.0, 31.0)) for strike in (3950.0, 3900.0)]
    assert vega == pytest.approx((vegas[1] - vegas[0]) * 200.0, rel=1e-12)
    assert theta == pytest.approx((thetas[1] - thetas[0]) * 200.0, rel=1e-12)


def test_greeks_of_vix_and_fund_options_and_of_what_has_none() -> None:
    small = SmallProgram(bars=1)
    small.group()
    small.layer(small.call(22, **MONTH_2), small.future(2.0, -1), size=1.0)
    small.layer(small.call(26, 11.0, product="VXX"), level=0)
    small.layer(small.shares("VXX"), level=0)
    nodes = [small.node("decided", owner=owner, name=name, stage=4) for owner in (0, 1, 2) for name in ("vega", "theta")]
    delta = small.node("decided", owner=2, name="delta", stage=4)
    found = read_on(small, 0, *nodes, delta, rate=0.02)
    terms = vix_terms(44.0, 0.02)
    assert found[0] == pytest.approx(float(vix_options.option_vega(22.0, 44.0, *terms)) * 100.0, rel=1e-12)
    assert found[1] == pytest.approx(float(vix_options.option_theta(True, 22.0, 0.02, 44.0, *terms)) * 100.0, rel=1e-12)
    fund = fund_options.expiry_terms(25.0, 90.0, 20.0, 0.02, 11.0, 1.0)
    strike = float(strikes.nearest_fund_strike(26.0))
    assert found[2] == pytest.approx(float(vix_options.option_vega(strike, 11.0, *fund)) * 100.0, rel=1e-12)
    assert found[3] == pytest.approx(float(vix_options.option_theta(True, strike, 0.02, 11.0, *fund)) * 100.0, rel=1e-12)
    # A share is a hundredth of a structure's hundred dollars.
    assert found[4:] == [0.0, 0.0, 1.0]


def test_delta_of_futures_counts_ten() -> None:
    small = SmallProgram(bars=2)
    small.layer(small.future(2.0, -1), small.call(22, **MONTH_2), size=3.0, opens=small.at(0))
    delta, option_delta, short_delta = read_on(small, 1, *of_layer(small, "delta", "option_delta", "short_delta"))
    call = float(vix_options.option_delta(True, 22.0, *vix_terms(43.0)))
    assert delta == pytest.approx((-10.0 + call) * 300.0, rel=1e-12)
    # The first leg is no option, and no option is sold.
    assert math.isnan(option_delta)
    assert math.isnan(short_delta)


# Carry


def test_carry_is_value_over_a_month_of_decay() -> None:
    small = SmallProgram(bars=2)
    small.layer(small.call(20, **MONTH_2), size=3.0, opens=small.at(0))
    carry, value, theta = read_on(small, 1, *of_layer(small, "carry", "value", "theta"))
    assert theta < 0.0
    assert carry == value / (-30.0 * theta)


def test_carry_is_unknown_of_what_earns_by_waiting() -> None:
    small = SmallProgram(bars=2)
    put_spread(small)
    assert math.isnan(read_on(small, 1, *of_layer(small, "carry"))[0])


# Break-evens


def test_break_evens_of_a_condor_lie_its_credit_beyond_the_sold_strikes() -> None:
    small = SmallProgram(bars=2)
    legs = (
        small.put(3700, 32, -1, "SPX"),
        small.put(3650, 32, 1, "SPX"),
        small.call(4200, 32, -1, "SPX"),
        small.call(4240, 32, 1, "SPX"),
    )
    small.layer(*legs, opens=small.at(0))
    lower, upper = read_on(small, 1, *of_layer(small, "lower_break_even", "upper_break_even"))
    credit = spx_price(False, 3700, 32) - spx_price(False, 3650, 32) + spx_price(True, 4200, 32) - spx_price(True, 4240, 32)
    assert lower == pytest.approx(3700.0 - credit, abs=1e-9)
    assert upper == pytest.approx(4200.0 + credit, abs=1e-9)


def test_break_even_of_a_layer_is_the_nearest_and_counts_the_ratio() -> None:
    small = SmallProgram(bars=3)
    strike = small.script(3900.0, 3950.0)
    sold = small.put(3900, 32, -2, "SPX")
    sold = type(sold)("", "SPX", "put", -2, type(sold.strike)("strike", strike), sold.expiry)
    small.layer(sold, small.put(3700, 32, 2, "SPX"), opens=small.at(0, 1), at_most=2)
    lower, upper = read_on(small, 2, *of_layer(small, "lower_break_even", "upper_break_even"))
    # Bars 0 and 1 are Monday and Tuesday: 32 and 31 days.
    first = 3900.0 - (spx_price(False, 3900, 32) - spx_price(False, 3700, 32))
    second = 3950.0 - (spx_price(False, 3950, 31) - spx_price(False, 3700, 31))
    assert lower == pytest.approx(max(first, second), abs=1e-9)
    assert math.isnan(upper)


# Internal rate of return


def test_irr_of_shares_bought_a_week_ago() -> None:
    small = SmallProgram(bars=7)
    small.layer(small.shares("SPX"), size=10.0, opens=small.at(0))
    # One percent in seven days.
    rate = read_on(small, 5, *of_layer(small, "irr"), spx=[4000.0] * 5 + [4040.0])[0]
    assert rate == pytest.approx(1.01 ** (365.0 / 7.0) - 1.0, rel=1e-9)


def test_irr_needs_five_sessions_and_a_lot() -> None:
    small = SmallProgram(bars=7)
    small.layer(small.shares("SPX"), size=10.0, opens=small.at(0))
    small.layer(small.shares("SPX"), size=10.0, opens=small.at(6))
    early = small.node("delay", of_layer(small, "irr")[0], window=(1,))
    none = of_layer(small, "irr", owner=1)[0]
    assert all(math.isnan(value) for value in read_on(small, 5, early, none))


def test_irr_of_a_credit_counts_its_margin_and_fees() -> None:
    small = SmallProgram(bars=7, listed_costs=True)
    put_spread(small, size=2.0)
    rate, value, credit = read_on(small, 5, *of_layer(small, "irr", "value", "credit"))
    # 50 points a structure are bound; the credit lessens what is put in, fees of $1.20 for four contracts add to it.
    put_in = 10_000.0 - credit + 4.8
    assert rate == pytest.approx(((10_000.0 + value) / put_in) ** (365.0 / 7.0) - 1.0, rel=1e-9)


def test_irr_of_a_layer_pools_its_lots() -> None:
    small = SmallProgram(bars=8)
    small.layer(small.shares("SPX"), size=10.0, opens=small.at(0, 3), at_most=2)
    rate = read_on(small, 7, *of_layer(small, "irr"), spx=[4000.0, 4000.0, 4000.0, 4100.0, 4100.0, 4100.0, 4100.0, 4200.0])[0]
    # Nine days (Monday to Wednesday week) and six (Thursday to Wednesday).
    u = math.log1p(rate)
    assert 40_000.0 * math.exp(u * 9.0 / 365.0) + 41_000.0 * math.exp(u * 6.0 / 365.0) == pytest.approx(84_000.0, abs=1e-6)


def test_irr_of_futures_is_on_their_margin() -> None:
    small = SmallProgram(bars=7)
    small.layer(small.future(), size=1.0, opens=small.at(0))
    # $9,000 bound, $500 gained; vx2 is vx1 from bar 7 on only.
    rate = read_on(small, 5, *of_layer(small, "irr"), vx2=[20.0] * 5 + [20.5])[0]
    assert rate == pytest.approx((9500.0 / 9000.0) ** (365.0 / 7.0) - 1.0, rel=1e-9)


def test_irr_is_unknown_once_a_leg_has_settled_or_nothing_was_put_in() -> None:
    small = SmallProgram(bars=10)
    small.layer(small.call(20, manner="month", low=1.0), small.call(25, **MONTH_2), opens=small.at(0))
    assert math.isnan(read_on(small, 9, *of_layer(small, "irr"))[0])
    sold = SmallProgram(bars=7)
    sold.layer(sold.call(20, ratio=-1, **MONTH_2), sold.call(19, ratio=1, **MONTH_2), opens=sold.at(0))
    assert not math.isnan(read_on(sold, 5, *of_layer(sold, "irr"))[0])


# Break-evens with the hedges


HEDGED = ("hedged_lower_break_even", "hedged_upper_break_even")


def spread_and_hedge(*hedge: Any, size: float = 1.0, bars: int = 2) -> SmallProgram:
    """One put spread in a book, and a hedge of other legs, bought on bar 0."""
    small = SmallProgram(bars=bars)
    small.group("book")
    put_spread(small)
    small.group("hedge")
    if hedge:
        small.layer(*(make(small) for make in hedge), size=size, opens=small.at(0))
    return small


def spread_credit() -> float:
    return spx_price(False, 3950.0, 32.0) - spx_price(False, 3900.0, 32.0)


def test_hedged_break_even_counts_what_the_hedge_cost() -> None:
    # VIX_T = 20 (S / 4000)^-5 and its second future, which settles after the spread, 20 (S / 4000)^-2.1: 22 only at S = 3823. In the
    # spread two calls struck at 22 are worth nothing: what was paid for them comes off the credit.
    small = spread_and_hedge(lambda small: small.call(22, **MONTH_2), size=2.0)
    own, hedged, upper = read_on(small, 1, *of_layer(small, "lower_break_even", *HEDGED))
    assert own == pytest.approx(3950.0 - spread_credit(), rel=1e-12)
    assert hedged == pytest.approx(own + 2.0 * call_price(44.0, 22.0), rel=1e-12)
    assert math.isnan(upper)  # no call is sold


def test_hedged_break_even_without_a_hedge_is_the_spreads_own() -> None:
    small = spread_and_hedge()
    own, hedged = read_on(small, 1, *of_layer(small, "lower_break_even", "hedged_lower_break_even"))
    assert hedged == pytest.approx(own, rel=1e-12)


def test_hedged_break_even_moves_away_with_what_the_hedge_brings() -> None:
    # A future of month 1 settles before the spread, on VIX_T; one of month 2 follows it by 0.42; a hundred shares of VXX by 0.5.
    for make, exponent, dollars in (
        (lambda small: small.future(1.0), -5.0, 1000.0 * 20.0),
        (lambda small: small.future(2.0), -5.0 * 0.42, 1000.0 * 20.0),
        (lambda small: small.shares("VXX"), -5.0 * 0.5, 25.0),
    ):
        small = spread_and_hedge(make)
        own, hedged = read_on(small, 1, *of_layer(small, "lower_break_even", "hedged_lower_break_even"))
        assert 3900.0 < hedged < own
        brought = dollars * ((hedged / 4000.0) ** exponent - 1.0)
        assert 100.0 * (3950.0 - hedged - spread_credit()) == pytest.approx(brought, abs=1e-6)


def test_hedged_break_even_where_nothing_is_lost() -> None:
    # Five futures of month 2 bring 1000 x 5 x 20 x ((S / 4000)^-2.1 - 1): 2680 at 3950, 5460 at 3900, where the spread has lost 5000.
    small = spread_and_hedge(lambda small: small.future(2.0), size=5.0)
    assert read_on(small, 1, *of_layer(small, "hedged_lower_break_even")) == [0.0]
    # Two hundred shares of the index rise faster than one sold call falls.
    small = SmallProgram(bars=2)
    small.group("book")
    small.layer(small.call(4050, 32.0, -1, "SPX"), small.call(4100, 32.0, 1, "SPX"), opens=small.at(0))
    small.group("hedge")
    small.layer(small.shares("SPX"), size=200.0, opens=small.at(0))
    assert read_on(small, 1, *of_layer(small, "hedged_upper_break_even")) == [math.inf]


def test_hedged_upper_break_even_counts_what_the_hedge_loses() -> None:
    # Above 4050 VIX lies below 20 (4050 / 4000)^-5 = 18.8: calls struck at 20 that settle before are lost. Three cost less than came in.
    small = SmallProgram(bars=2)
    small.group("book")
    small.layer(small.call(4050, 32.0, -1, "SPX"), small.call(4100, 32.0, 1, "SPX"), opens=small.at(0))
    small.group("hedge")
    small.layer(small.call(20, manner="month", low=1.0), size=3.0, opens=small.at(0))
    (upper,) = read_on(small, 1, *of_layer(small, "hedged_upper_break_even"))
    credit = spx_price(True, 4050.0, 32.0) - spx_price(True, 4100.0, 32.0)
    assert upper == pytest.approx(4050.0 + credit - 3.0 * call_price(9.0), rel=1e-12)


def test_hedged_break_even_is_unknown_where_the_trade_has_lost_at_the_strike() -> None:
    # Twenty calls cost more than the spread brought in: between the strikes there is nothing to break even from.
    small = spread_and_hedge(lambda small: small.call(22, **MONTH_2), size=20.0)
    assert call_price(44.0, 22.0) * 20.0 > spread_credit()
    assert math.isnan(read_on(small, 1, *of_layer(small, "hedged_lower_break_even"))[0])


def test_hedged_break_even_is_unknown_with_a_slope_and_when_flat() -> None:
    small = spread_and_hedge(lambda small: small.future(2.0))
    assert math.isnan(read_on(small, 0, *of_layer(small, "hedged_lower_break_even"))[0])
    small = spread_and_hedge(lambda small: small.future(2.0))
    assert math.isnan(read_on(small, 1, *of_layer(small, "hedged_lower_break_even"), vix_beta=[-5.0, UNKNOWN])[0])


# The account


def test_net_beta_adds_every_position_in_dollars_of_the_index() -> None:
    small = SmallProgram(bars=2)
    small.group()
    small.layer(small.shares("SPX"), size=100.0, opens=small.at(0))
    small.layer(small.future(), size=2.0, opens=small.at(0))
    small.layer(small.call(22, **MONTH_2), size=10.0, opens=small.at(0))
    small.layer(small.put(3900, 32, product="SPX"), size=1.0, opens=small.at(0))
    small.layer(small.shares("VXX"), size=100.0, opens=small.at(0))
    small.layer(small.call(26, 11.0, product="UVXY"), size=1.0, opens=small.at(0))
    net_beta, equity = read_on(small, 1, *of_account(small, "net_beta", "equity"))
    call = float(vix_options.option_delta(True, 22.0, *vix_terms(43.0)))
    forward, _, theta, phi, rho = spx_terms(31.0)
    put = float(spx_surface.option_delta(False, 3900.0, forward, theta, phi, rho))
    fund = fund_options.expiry_terms(25.0, 90.0, 20.0, 0.0, 10.0, 1.5)
    fund_call = float(vix_options.option_delta(True, float(strikes.nearest_fund_strike(26.0)), *fund))
    dollars = (
        100.0 * 4000.0
        + 2.0 * 1000.0 * 20.0 * 0.42 * -5.0
        + 10.0 * 100.0 * call * 20.0 * 0.42 * -5.0
        - 100.0 * put * 4000.0
        + 100.0 * 25.0 * 0.5 * -5.0
        + 100.0 * fund_call * 25.0 * 0.75 * -5.0
    )
    assert net_beta == pytest.approx(dollars / equity, rel=1e-9)


def test_a_weekly_option_follows_the_vix_like_the_next_monthly_future() -> None:
    small = SmallProgram(bars=2)
    small.layer(small.call(22, 16.0), size=10.0, opens=small.at(0))
    net_beta, equity = read_on(small, 1, *of_account(small, "net_beta", "equity"))
    # Wednesday 01-22, 15 days from bar 1: month 2 is the first monthly after it; the future between 20 and 20 is 20.
    call = float(vix_options.option_delta(True, 22.0, *vix_terms(15.0)))
    assert net_beta == pytest.approx(1000.0 * call * 20.0 * 0.42 * -5.0 / equity, rel=1e-9)


def test_net_beta_of_the_index_held_is_one() -> None:
    small = SmallProgram(bars=2, hold_index=True)
    assert read_on(small, 1, *of_account(small, "net_beta"))[0] == pytest.approx(1.0, rel=1e-12)


def test_net_beta_is_unknown_with_a_price() -> None:
    small = SmallProgram(bars=2)
    small.layer(small.future(), opens=small.at(0))
    assert math.isnan(read_on(small, 1, *of_account(small, "net_beta"), vix_beta=[-5.0, UNKNOWN])[0])


def test_wacc_by_hand() -> None:
    small = SmallProgram(bars=2)
    small.group("book")
    small.layer(small.future(), size=2.0, opens=small.at(0))
    small.group("hedge")
    small.layer(small.call(20, **MONTH_2), size=10.0, opens=small.at(0))
    nodes = [*of_account(small, "wacc", "cash"), *of_layer(small, "theta", "value", owner=1)]
    wacc, cash, theta, value = read_on(small, 1, *nodes, rate=0.03)
    margin = 18_000.0
    free = cash - margin
    assert wacc == pytest.approx((margin * 0.045 - theta * 365.0 + free * 0.03) / (margin + value + free), rel=1e-12)


def test_earned_is_all_that_a_layer_made() -> None:
    small = SmallProgram(bars=4, listed_costs=True)
    small.layer(small.future(), small.call(20, **MONTH_2), size=2.0, opens=small.at(0, 3), closes=small.at(2))
    earned = of_layer(small, "earned")[0]
    small.group()
    number = small.layer(small.call(90, **MONTH_2), opens=small.rule("open", small.at(3), reads=(earned,)))
    record = small.run(vx2=[20.0, 20.0, 22.0, 22.0])
    row = next(row for row in range(len(record.journal.bar)) if record.journal.layer[row] == number)
    # At the start of bar 3 what was earned to bar 2, when all was closed.
    assert record.journal.reads[row, 0] == record.layer_profit[2, 0]


def test_own_attributes_of_a_lot() -> None:
    names = ("vega", "theta", "carry", "irr", "lower_break_even", "upper_break_even")
    for name in names:
        small = SmallProgram(bars=7)
        lots = small.of_lot(name, "ne", 0.0)
        legs = (
            small.put(3700, 32, -1, "SPX"),
            small.put(3650, 32, 1, "SPX"),
            small.call(4200, 32, -1, "SPX"),
            small.call(4100, 32, 1, "SPX"),
        )
        small.layer(*legs, opens=small.at(0), closes=lots)
        record = small.run()
        closed = record.journal.bar[1]
        assert closed == (5.0 if name == "irr" else 1.0), name
