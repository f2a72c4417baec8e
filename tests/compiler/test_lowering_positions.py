"""Legs, sizes, rules, budgets and the order of layers, lowered; two shipped strategies word for word."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lowered import lower, spell

from alvh.compiler.driver import compile_file
from alvh.compiler.ir import Expiry
from alvh.compiler.print_ir import print_ir

STRATEGIES = Path(__file__).parents[2] / "strategies"
SHIPPED = sorted(STRATEGIES.glob("**/*.alvh"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_strategy_lowers_without_a_finding(path: Path) -> None:
    compiled = compile_file(path)
    assert compiled.diagnostics == ()
    assert compiled.program is not None
    assert compiled.program.layers


CNDR = """\
program 'CNDR'
  capital 1e+06  costs listed  fill this close  contracts fractional  warm-up 0
  %0 = constant 0.2
  %1 = constant 0.05
  %2 = constant 0.1
  %3 = account equity                               # equity
  %4 = mul %2 %3                                    # 10% of equity
  %5 = calendar spx_expiry                          # spx_expiry
book condors
  layer condors  level 0
    short_put: -1 SPX put delta %0, month 1
    long_put: +1 SPX put delta %1, month 1
    short_call: -1 SPX call delta %0, month 1
    long_call: +1 SPX call delta %1, month 1
    size max_loss %4
    open when %5 as 'on spx_expiry'
    hold to expiry
"""

VXTH = """\
program 'VXTH'
  capital 1e+06  costs none  fill this close  contracts fractional  warm-up 0
  holds the index
  param call_delta = 0.2 in 0.05 .. 0.6
  %0 = parameter 0.2 call_delta                     # call_delta
  %1 = series vx1                                   # vx(1)
  %2 = constant 0
  %3 = constant 50
  %4 = le %1 %3
  %5 = constant 0.005
  %6 = choose %4 %5 %2
  %7 = constant 30
  %8 = le %1 %7
  %9 = constant 0.01
  %10 = choose %8 %9 %6
  %11 = constant 15
  %12 = le %1 %11
  %13 = choose %12 %2 %10                           # by vx(1) { up to 15 : 0% up to 30 : 1% up to 50 : 0.5% above 50 : 0% }
  %14 = account equity                              # equity
  %15 = mul %13 %14                                 # by vx(1) { up to 15 : 0% up to 30 : 1% up to 50 : 0.5% above 50 : 0% } of equity
  %16 = calendar vix_expiry                         # vix_expiry
book market
hedge vxth
  layer vxth.tail_calls  level 0
    leg 1: +1 VIX call delta %0, month 1
    size money %15
    open when %16 as 'on vix_expiry'
    hold to expiry
"""


def test_cndr_word_for_word() -> None:
    program = compile_file(STRATEGIES / "cndr.alvh").program
    assert program is not None
    assert print_ir(program) == CNDR


def test_vxth_word_for_word_with_settings_from_the_command_line() -> None:
    program = compile_file(STRATEGIES / "vxth.alvh", {"costs": "none", "call_delta": "0.20 delta"}).program
    assert program is not None
    assert print_ir(program) == VXTH


# ---- order -------------------------------------------------------------------------------------------

PARTS = [
    "capital $2_000_000",
    "param inversion = 8% in 4% .. 15%",
    "input ad_line : index",
    "calendar fomc",
    "let backwardation = vx(1) / vx(2) - 1",
    "let wing = 25 points when rsi(spx, 14) < 30 else 50 points",
    "trigger calm = vix < 15 or prev(stressed)",
    "trigger stressed = vix > 30 or within 2 sessions after fomc",
    """book condors {
  expiry 45..60 days
  short_put : sell SPX put at 0.16 delta
  long_put : buy SPX put wing below short_put
  size max_loss 2% of equity
  open when calm
}""",
    """hedge alvh {
  unit 1 per $1_000_000 of capital
  unwind when backwardation > inversion
  layer near { buy 4 VIX calls at 0.50 delta, 30 days  roll into far when dte <= 10 days }
  layer far { buy 4 VIX calls at 0.50 delta, 110 days  roll when diverges(spx, ad_line, 20 sessions) begins }
}""",
    """hedge extra {
  layer b { buy 1 VIX call at 0.30 delta, 30 days  open when condors.count > 2 }
  layer a { buy 1 VIX call at 0.30 delta, 30 days  open when stressed and prev(b is open) }
}""",
]


@settings(max_examples=25)
@given(st.permutations(PARTS))
def test_the_order_of_declarations_changes_nothing(parts: list[str]) -> None:
    assert lower("\n".join(parts)) == lower("\n".join(PARTS))


def test_the_order_of_layers_changes_nothing() -> None:
    layers = [f"  layer l{number} {{ buy {number} VIX calls at 0.30 delta, {20 + number} days }}" for number in range(1, 6)]
    shuffled = random.Random(7).sample(layers, len(layers))
    assert shuffled != layers
    assert lower("hedge h {\n" + "\n".join(layers) + "\n}") == lower("hedge h {\n" + "\n".join(shuffled) + "\n}")


def test_layers_stand_by_level_then_name() -> None:
    program = lower("\n".join(PARTS))
    assert [(layer.name, layer.level) for layer in program.layers] == [
        ("condors", 0),
        ("alvh.near", 1),
        ("extra.a", 1),
        ("extra.b", 1),
        ("alvh.far", 2),
    ]
    near = program.layers[1]
    assert near.rolls[0].into == 4


def test_what_a_layer_decides_is_known_from_the_first_layer_of_the_next_level() -> None:
    program = lower(
        "hedge h {\n  layer a { buy 1 VIX call at 0.30 delta, 30 days }\n  layer b { buy 1 VIX call at 0.30 delta, 30 days }\n"
        "  layer c { buy 1 VIX call at 0.30 delta, 30 days\n    open when a.count > 0 or prev(c.count) > 3 }\n}"
    )
    stages = {node.label: node.stage for node in program.nodes}
    assert [layer.name for layer in program.layers] == ["h.a", "h.b", "h.c"]
    assert stages["h.a.count"] == 3  # a and b stand side by side: both are decided before the turn of c
    assert stages["h.c.count"] == 4  # after all layers, for the next bar to read
    assert stages["prev(c.count)"] == 0


def test_a_budget_reads_layers_as_of_the_start_of_the_bar_for_it_is_paid_before_any_decision() -> None:
    program = lower(
        "let earned = puts.credit\nbook puts {\n  sell SPX put at 0.16 delta, 45 days\n}\n"
        "hedge h {\n  budget 10% of earned per year, paid monthly, kept 6 months\n  limit cost to 10% of earned\n"
        "  layer a { share 40%  buy VIX calls at 0.30 delta, 30 days }\n}"
    )
    hedge = next(group for group in program.groups if group.kind == "hedge")
    assert hedge.budget is not None
    assert spell(program, hedge.budget.yearly) == "mul(0.1, mark puts.credit)"
    assert program.nodes[hedge.budget.yearly].stage == 0
    assert hedge.budget.kept_months == 6
    assert spell(program, hedge.limit_cost) == "mul(0.1, decided puts.credit)"


# ---- legs and sizes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "ratios", "manner", "size"),
    [
        ("buy 4 VIX calls at 0.50 delta, 30 days", [1], "contracts", "4"),
        ("buy VIX call at 0.50 delta, 30 days", [1], "contracts", "1"),
        ("buy 6 VIX calls at 0.20 delta, 30 days\nsell 4 VIX calls at 0.40 delta, same expiry", [3, -2], "contracts", "2"),
        (
            "buy 4 VIX calls at 0.20 delta, 30 days\nsell 2 VIX calls at 0.40 delta, same expiry\nsize 3 contracts",
            [2, -1],
            "contracts",
            "3",
        ),
        ("share 100%\nbuy VIX calls at 0.50 delta, 30 days", [1], "budget", ""),
        ("share 100%\nbuy 2 VIX calls at 0.50 delta, 30 days", [1], "contracts", "2"),
        ("buy VIX calls at 0.50 delta, 30 days\nsize 4% of equity", [1], "money", "mul(0.04, equity)"),
        ("buy VIX calls at 0.50 delta, 30 days\nsize $5_000", [1], "money", "5000"),
        ("buy VIX calls at 0.50 delta, 30 days\nsize 1 contract per $50_000 of capital", [1], "contracts", "mul(1, div(1e+06, 50000))"),
        ("buy VIX calls at 0.50 delta, 30 days\nsize max_loss 2% of equity", [1], "max_loss", "mul(0.02, equity)"),
    ],
)
def test_sizes_and_ratios(text: str, ratios: list[int], manner: str, size: str) -> None:
    budget = "  budget 1% of equity per year, paid monthly\n" if "share" in text else ""
    program = lower("hedge h {\n" + budget + "  layer a {\n" + text + "\n  }\n}")
    layer = program.layers[0]
    assert [leg.ratio for leg in layer.legs] == ratios
    assert layer.size.manner == manner
    assert ("" if layer.size.value < 0 else spell(program, layer.size.value)) == size


@pytest.mark.parametrize(
    ("text", "expiry"),
    [
        ("30 days", Expiry("days", 30, 30)),
        ("45..60 days", Expiry("range", 45, 60)),
        ("month 2", Expiry("month", 2, 2, monthly_only=True)),
        ("next monthly", Expiry("month", 1, 1, monthly_only=True)),
        ("tenor", Expiry("days", 40, 40)),
    ],
)
def test_expiries(text: str, expiry: Expiry) -> None:
    program = lower(f"param tenor = 40 days\nhedge h {{\n  layer a {{ buy VIX call at 0.50 delta, {text} }}\n}}")
    assert program.layers[0].legs[0].expiry == expiry


def test_legs_name_one_another() -> None:
    program = lower(
        "book condors {\n  expiry 45..60 days\n  long_put : buy SPX put 50 points below short_put\n"
        "  short_put : sell SPX put at 0.16 delta\n}"
    )
    long_put, short_put = program.layers[0].legs
    assert (long_put.strike.manner, long_put.strike.reference, short_put.ratio) == ("below", 1, -1)
    assert short_put.expiry == Expiry("range", 45, 60)


def test_at_most_share_and_hold_to_expiry() -> None:
    program = lower("book puts {\n  buy SPX put at 0.16 delta, 45 days\n  at most 6 lots\n  hold to expiry\n}")
    layer = program.layers[0]
    assert (layer.at_most, layer.states_at_most, layer.hold_to_expiry, layer.share) == (6, True, True, 0.0)


# ---- rules -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "condition", "reason"),
    [
        ("open every day", "", "every day"),
        ("open every week", "calendar week_start", "every week"),
        ("open every month", "calendar month_start", "every month"),
        ("open every 5 sessions", "every_sessions[5]", "every 5 sessions"),
        ("open on vix_expiry", "calendar vix_expiry", "on vix_expiry"),
        ("open every week when vix > 20", "and(calendar week_start, gt(vix, 20))", "every week when vix > 20"),
        ('open when vix > 20 as "fear"', "gt(vix, 20)", "fear"),
    ],
)
def test_schedules_conditions_and_reasons(rule: str, condition: str, reason: str) -> None:
    program = lower("book puts {\n  buy SPX put at 0.16 delta, 45 days\n  " + rule + "\n}")
    lowered = program.layers[0].opens[0]
    assert ("" if lowered.condition < 0 else spell(program, lowered.condition)) == condition
    assert lowered.reason == reason


def test_a_rule_shows_its_clauses_and_then_the_values_that_its_line_reads_nearest_first() -> None:
    program = lower(
        "param limit = 8%\nlet curve = vx(1) / vx(2) - 1\ntrigger inverted = curve > limit\n"
        "book puts {\n  buy SPX put at 0.16 delta, 45 days\n"
        "  open when inverted and rsi(vix, 14) > 50 and within 2 sessions after vix_expiry\n}"
    )
    reads = [program.nodes[node].label for node in program.layers[0].opens[0].reads]
    assert reads == [
        "inverted", "rsi(vix, 14) > 50", "within 2 sessions after vix_expiry",
        "rsi(vix, 14)", "curve", "limit", "vix", "vx(1)",
    ]  # fmt: skip


def test_a_rule_shows_eight_values_at_most() -> None:
    program = lower(
        "book puts {\n  buy SPX put at 0.16 delta, 45 days\n"
        "  open when vix + vix9d + vix3m + vix6m + vx(1) + vx(2) + vx(3) + vx(4) + vx(5) > 20\n}"
    )
    assert len(program.layers[0].opens[0].reads) == 8


def test_unwinds_keep_their_order_and_their_until() -> None:
    program = lower(
        'hedge h {\n  unwind when vix > 40 until vix < 30 as "panic"\n  unwind when quick_ratio < 1\n'
        "  layer a { buy VIX call at 0.50 delta, 30 days }\n}"
    )
    first, second = program.groups[0].unwinds
    assert (first.rule.reason, spell(program, first.rule.condition), spell(program, first.until)) == ("panic", "gt(vix, 40)", "lt(vix, 30)")
    assert (second.rule.reason, second.until) == ("quick_ratio < 1", -1)


def test_only_what_is_needed_is_kept() -> None:
    program = lower("let unused = sma(vix, 200)\ninput idle : index\nbook puts { buy SPX put at 0.16 delta, 45 days }")
    assert [node.operation for node in program.nodes] == ["constant", "constant"]
    assert (program.inputs, program.warm_up) == ((), 0)


def test_inputs_and_calendars_a_market_must_be_asked_for() -> None:
    program = lower(
        "input zeta : index\ninput alpha : number\ncalendar fomc, cpi\nbook puts {\n  buy SPX put at 0.16 delta, 45 days\n"
        "  open on fomc when zeta > prev(zeta) and alpha > 2\n  open on vix_expiry when within 2 sessions of cpi\n}"
    )
    assert program.inputs == ("alpha", "zeta")
    assert program.calendars == ("cpi", "fomc")
