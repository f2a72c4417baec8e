"""Every form of expression lowers to the operations that docs/design/bar.md defines for it."""

from __future__ import annotations

import pytest
from lowered import lower, lower_condition, spell

DECLARED = """\
input ad_line : index
calendar cpi, fomc
param level = 20 points
trigger release = cpi or fomc
let curve = vx(1) / vx(2)
"""


@pytest.mark.parametrize(
    ("condition", "operations"),
    [
        ("vix > 20", "gt(vix, 20)"),
        ("vix != 20", "ne(vix, 20)"),
        ("vix = 20", "eq(vix, 20)"),
        ("vix > level", "gt(vix, level)"),
        ("vix.open <= vix", "le(vix.open, vix)"),
        ("curve - 1 > 8%", "gt(sub(div(vx1, vx2), 1), 0.08)"),
        ("vx(30 days) < 20", "lt(vx30, 20)"),
        ("iv(spx, 45 days) > vix", "gt(spx_volatility[45], vix)"),
        ("vix in 12 .. 20", "and(ge(vix, 12), le(vix, 20))"),
        ("not vix > 20", "not(gt(vix, 20))"),
        ("vix > 20 and vvix > 100 or skew > 130", "or(and(gt(vix, 20), gt(vvix, 100)), gt(skew, 130))"),
        ("vix crosses above 20", "cross_above(vix, 20)"),
        ("vix crosses below vix3m", "cross_below(vix, vix3m)"),
        ("vix > 20 for 3 sessions", "for_sessions[3](gt(vix, 20))"),
        ("not (vix > 20 for 3 sessions)", "not(for_sessions[3](gt(vix, 20)))"),
        ("(vix > 20) begins", "and(gt(vix, 20), not(delay[1](gt(vix, 20))))"),
        ("(vix > 20) ends", "and(not(gt(vix, 20)), delay[1](gt(vix, 20)))"),
        ("prev(vix) < vix", "lt(delay[1](vix), vix)"),
        ("prev(vix, 5 sessions) < vix", "lt(delay[5](vix), vix)"),
        ("within 3 sessions after cpi", "calendar_within[0,3] cpi"),
        ("within 3 sessions before cpi", "calendar_within[3,0] cpi"),
        ("within 3 sessions of cpi", "calendar_within[3,3] cpi"),
        ("within 3 sessions after release", "or(calendar_within[0,3] cpi, calendar_within[0,3] fomc)"),
        ("within 3 sessions after (vix crosses above 20)", "within_after[3](cross_above(vix, 20))"),
        ("within 3 sessions of (vix crosses above 20)", "within_after[3](cross_above(vix, 20))"),
        ("within 2 sessions of (cpi or vix crosses above 20)", "or(calendar_within[2,2] cpi, within_after[2](cross_above(vix, 20)))"),
        ("rsi(vix, 14) > 50", "gt(rsi[14](vix), 50)"),
        ("sma(vix, 20 sessions) < ema(vix, 10)", "lt(sma[20](vix), ema[10](vix))"),
        ("macd(vix).line crosses above macd(vix).signal", "cross_above(macd_line[12,26](vix), ema[9](macd_line[12,26](vix)))"),
        ("macd(vix).histogram > 0", "gt(sub(macd_line[12,26](vix), ema[9](macd_line[12,26](vix))), 0)"),
        ("stdev(vix, 20) > 2", "gt(stdev[20](vix), 2)"),
        ("realized_vol(spx, 20 sessions) < vix", "lt(realized_vol[20](spx), vix)"),
        ("change(vix, 5 sessions) >= 15%", "ge(change[5](vix), 0.15)"),
        ("highest(spx, 20) > lowest(spx, 20)", "gt(highest[20](spx), lowest[20](spx))"),
        ("zscore(vix, 60) > 2", "gt(zscore[60](vix), 2)"),
        ("percentile_rank(vix, 252) > 90%", "gt(percentile_rank[252](vix), 0.9)"),
        ("beta(vix, spx, 60) < corr(vix, spx, 60)", "lt(beta[60](vix, spx), corr[60](vix, spx))"),
        ("diverges(spx, ad_line, 20 sessions)", "diverges[20](spx, ad_line)"),
        ("ln(curve) > 0", "gt(ln(div(vx1, vx2)), 0)"),
        ("abs(vix - vix3m) > 2", "gt(abs(sub(vix, vix3m)), 2)"),
        ("min(vix, vix3m) < max(vix, vix6m)", "lt(min(vix, vix3m), max(vix, vix6m))"),
        ("vix > (25 when rsi(spx, 14) < 30 else 50)", "gt(vix, choose(lt(rsi[14](spx), 30), 25, 50))"),
        ("equity < 90% of capital", "lt(equity, mul(0.9, 1e+06))"),
        ("vix - vix3m > -2", "gt(sub(vix, vix3m), -2)"),
        ("cpi", "calendar cpi"),
        ("vix > 20 or puts is open", "or(gt(vix, 20), mark puts.is_open)"),
        ("puts is closed", "not(mark puts.is_open)"),
        ("vix > 20 or prev(puts opens)", "or(gt(vix, 20), delay[1](decided puts.opens))"),
        ("prev(puts.count) < 3", "lt(delay[1](decided puts.count), 3)"),
        ("puts.count < 3", "lt(mark puts.count, 3)"),
    ],
)
def test_a_form_lowers_to_its_operations(condition: str, operations: str) -> None:
    program, node = lower_condition(condition, DECLARED)
    assert spell(program, node) == operations


@pytest.mark.parametrize(
    ("rows", "operations"),
    [
        ("below 16 : 1  from 16 : 2  from 20 : 3", "choose(lt(vix, 16), 1, choose(lt(vix, 20), 2, 3))"),
        ("up to 15 : 1  up to 30 : 2  above 30 : 3", "choose(le(vix, 15), 1, choose(le(vix, 30), 2, 3))"),
        ("below 16 : 1  from 16 : 2", "choose(lt(vix, 16), 1, 2)"),
    ],
)
def test_tables_are_nested_choices_whose_breakpoints_lie_on_the_stated_side(rows: str, operations: str) -> None:
    program, node = lower_condition(f"by vix {{ {rows} }} > 1")
    assert spell(program, node) == f"gt({operations}, 1)"


def test_a_stream_is_computed_once_however_often_it_is_written() -> None:
    program, node = lower_condition("rsi(vix, 14) > 50 and r < 70 or rsi(vix,14) = 20", "let r = rsi(vix, 14)")
    assert spell(program, node).count("rsi") == 3
    assert sum(1 for node in program.nodes if node.operation == "rsi") == 1


def test_parameters_keep_their_names_and_windows_fold_them() -> None:
    program, node = lower_condition("rsi(vix, length) > high", "param length = 14 sessions\nparam high = 50 in 40 .. 60")
    assert spell(program, node) == "gt(rsi[14](vix), high)"
    assert [(entry.name, entry.value, entry.low, entry.high) for entry in program.parameters] == [
        ("high", 50, 40, 60),
        ("length", 14, 14, 14),
    ]


def test_a_latch_reads_its_own_past() -> None:
    program, node = lower_condition("stress", "trigger stress = vix > 30 or (prev(stress) and vix >= 20)")
    assert spell(program, node) == "or(gt(vix, 30), and(delay[1](...), ge(vix, 20)))"
    delay = next(entry for entry in program.nodes if entry.operation == "delay")
    assert delay.inputs == (node,)


def test_streams_that_read_each_others_past() -> None:
    before = "trigger up = vix > 30 or prev(down)\ntrigger down = vix < 15 or prev(up)"
    program, node = lower_condition("up", before)
    assert spell(program, node) == "or(gt(vix, 30), delay[1](or(lt(vix, 15), delay[1](...))))"


def test_percentages_are_the_numbers_as_read() -> None:
    program, node = lower_condition("change(vix, 5 sessions) > 0.1%")
    assert program.nodes[program.nodes[node].inputs[1]].value == 0.001


def test_inputs_stand_before_their_users_except_in_delays() -> None:
    program = lower("trigger stress = vix > 30 or prev(stress)\nbook puts { buy SPX put at 0.16 delta, 45 days\n open when stress }")
    for number, node in enumerate(program.nodes):
        if node.operation != "delay":
            assert all(source < number for source in node.inputs)


def test_a_lots_own_past_is_kept_for_each_lot() -> None:
    program = lower("book puts { buy SPX put at 0.16 delta, 45 days\n close when prev(profit, 2 sessions) > profit }")
    condition = program.layers[0].closes[0].condition
    assert spell(program, condition) == "gt(delay[2](lot puts.profit), lot puts.profit)"
    delay = next(node for node in program.nodes if node.operation == "delay")
    assert (delay.per_lot, delay.stage) == (True, 1)


def test_a_hedge_of_layers_sums_them_and_takes_the_nearest_expiry_of_those_that_hold() -> None:
    hedge = (
        "hedge h {\n  layer a { buy 1 VIX call at 0.30 delta, 30 days }\n  layer b { buy 1 VIX call at 0.30 delta, 60 days }\n}\n"
        "hedge watch { layer w { buy 1 VIX call at 0.30 delta, 90 days\n  open when CONDITION } }\n"
    )

    def spelled(condition: str) -> str:
        program = lower(hedge.replace("CONDITION", condition))
        layer = next(layer for layer in program.layers if layer.name == "watch.w")
        return spell(program, layer.opens[0].condition)

    assert spelled("h.count > 1") == "gt(add(decided h.a.count, decided h.b.count), 1)"
    assert spelled("h is open") == "or(decided h.a.is_open, decided h.b.is_open)"
    both = "choose(mark h.a.is_open, min(mark h.a.dte, mark h.b.dte), mark h.b.dte)"
    assert spelled("h.dte < 10 days") == f"lt(choose(mark h.b.is_open, {both}, mark h.a.dte), 10)"
