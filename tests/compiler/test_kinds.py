"""The table of kinds in docs/language.md, row by row, and what keeps its kind."""

from __future__ import annotations

from pathlib import Path

import pytest
from checking import analyse_text, find_expression, names_of
from hypothesis import given, settings
from hypothesis import strategies as st

from alvh.compiler.driver import check_file
from alvh.compiler.kinds import (
    ANY_POINTS,
    CALENDAR,
    CONDITION,
    CONTRACTS,
    DAYS,
    DELTA,
    EVENT,
    LAYER,
    MONEY,
    MONEY_PER_POINT,
    NUMBER,
    RATIO,
    SESSIONS,
    SKEW_POINTS,
    SPX_POINTS,
    UNKNOWN,
    VOL_POINTS,
    VVIX_POINTS,
    Family,
    Kind,
)
from alvh.grammar.diagnostics import Severity

STRATEGIES = Path(__file__).parents[2] / "strategies"
SHIPPED = sorted(STRATEGIES.rglob("*.alvh"))

PREAMBLE = """\
calendar cpi, ppi
input ad_line : index
input flow : number
book condors {
  expiry 45 days
  sell SPX put at 0.16 delta
  buy SPX put at 0.05 delta
}
"""


def kind_of(text: str) -> Kind:
    """The kind of an expression that has no mistake in it."""
    for declared in ("let", "trigger"):
        meaning, findings = analyse_text(f"{PREAMBLE}{declared} asked = {text}\n")
        errors = [finding for finding in findings if finding.severity is Severity.ERROR]
        if not errors:
            return meaning.kinds[id(find_expression(meaning, "asked"))]
    raise AssertionError([finding.message for finding in errors])


def errors_of(text: str) -> list[str]:
    """The names of the errors of a condition."""
    return [finding.name for finding in analyse_text(f"{PREAMBLE}trigger asked = {text}\n")[1] if finding.severity is Severity.ERROR]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        # literals
        ("20", NUMBER),
        ("8%", RATIO),
        ("$5", MONEY),
        ("0.16 delta", DELTA),
        ("30 days", DAYS),
        ("5 sessions", SESSIONS),
        ("4 contracts", CONTRACTS),
        ("25 points", ANY_POINTS),
        ("-8%", RATIO),
        # series and attributes
        ("spx", SPX_POINTS),
        ("spx.open", SPX_POINTS),
        ("vix", VOL_POINTS),
        ("vix3m", VOL_POINTS),
        ("vx(1)", VOL_POINTS),
        ("vx(30 days)", VOL_POINTS),
        ("iv(spx, 45 days)", VOL_POINTS),
        ("realized_vol(spx, 20 sessions)", VOL_POINTS),
        ("vvix", VVIX_POINTS),
        ("skew", SKEW_POINTS),
        ("rate", RATIO),
        ("ad_line", Kind(Family.POINTS, "ad_line")),
        ("flow", NUMBER),
        ("equity", MONEY),
        ("cash", MONEY),
        ("capital", MONEY),
        ("quick_ratio", NUMBER),
        ("condors.value", MONEY),
        ("condors.profit", MONEY),
        ("condors.loss", MONEY),
        ("condors.cost", MONEY),
        ("condors.credit", MONEY),
        ("condors.gains", MONEY),
        ("condors.realized", MONEY),
        ("condors.notional", MONEY),
        ("condors.width_notional", MONEY),
        ("condors.margin", MONEY),
        ("condors.delta", MONEY_PER_POINT),
        ("condors.short_delta", DELTA),
        ("condors.option_delta", DELTA),
        ("condors.contracts", CONTRACTS),
        ("condors.count", NUMBER),
        ("condors.dte", DAYS),
        ("condors.age", SESSIONS),
        # + and -
        ("vix + vix3m", VOL_POINTS),
        ("vix + 5", VOL_POINTS),
        ("5 + vix", VOL_POINTS),
        ("vix + 5 points", VOL_POINTS),
        ("25 points + 5 points", ANY_POINTS),
        ("vx(1) / vx(2) - 1", RATIO),
        ("1 - 8%", RATIO),
        ("equity - 0", MONEY),
        ("0 - equity", MONEY),
        ("condors.dte - 5 days", DAYS),
        # * and /
        ("2 * vix", VOL_POINTS),
        ("50% * vix", VOL_POINTS),
        ("equity * 8%", MONEY),
        ("8% * 2", RATIO),
        ("8% * 50%", RATIO),
        ("2 * 4 contracts", CONTRACTS),
        ("vix / vix3m", RATIO),
        ("vix / 10 points", RATIO),
        ("equity / capital", RATIO),
        ("condors.dte / 30 days", NUMBER),
        ("8% / 4%", NUMBER),
        ("condors.contracts / 4 contracts", NUMBER),
        ("equity / 4 contracts", MONEY),
        ("vix / 2", VOL_POINTS),
        ("equity / 50%", MONEY),
        # R of X
        ("50% of condors.credit", MONEY),
        ("110% of vix", VOL_POINTS),
        ("50% of condors.contracts", CONTRACTS),
        ("1 contract per $50_000 of capital", CONTRACTS),
        ("1 per $1_000_000 of capital", NUMBER),
        # conditional values and tables
        ("25 points when vix > 20 else 50 points", ANY_POINTS),
        ("25 points when vix > 20 else vix", VOL_POINTS),
        ("0 when vix > 20 else $5", MONEY),
        ("by vix { below 16 : 0  from 16 : 25% }", RATIO),
        ("by vx(1) { up to 15 : 0%  up to 30 : 1%  above 30 : 0% } of equity", MONEY),
        # functions
        ("sma(vix, 20 sessions)", VOL_POINTS),
        ("ema(spx, 20)", SPX_POINTS),
        ("highest(equity, 20 sessions)", MONEY),
        ("lowest(vix / vix3m, 20 sessions)", RATIO),
        ("prev(vix)", VOL_POINTS),
        ("prev(vix > 20, 2 sessions)", CONDITION),
        ("macd(vix / vix3m).line", RATIO),
        ("macd(spx).histogram", SPX_POINTS),
        ("stdev(vix, 20 sessions)", VOL_POINTS),
        ("min(vix, 20)", VOL_POINTS),
        ("max(flow, 0)", NUMBER),
        ("max(vix, vix3m, vix6m)", VOL_POINTS),
        ("abs(vix - vix3m)", VOL_POINTS),
        ("rsi(vix, 14)", NUMBER),
        ("zscore(vix, 60 sessions)", NUMBER),
        ("beta(vix, spx, 60 sessions)", NUMBER),
        ("beta(condors, spx, 60 sessions)", NUMBER),
        ("corr(vix, spx, 60 sessions)", NUMBER),
        ("ln(vix / vix3m)", NUMBER),
        ("ln(vix)", NUMBER),
        ("change(vix, 5 sessions)", RATIO),
        ("percentile_rank(vix, 252 sessions)", RATIO),
        ("diverges(spx, ad_line, 20 sessions)", CONDITION),
        # conditions and events
        ("vix > 20", CONDITION),
        ("vix > 20 points", CONDITION),
        ("vix >= 0", CONDITION),
        ("vix / vix3m > 0", CONDITION),
        ("condors.profit > 0", CONDITION),
        ("flow > 2", CONDITION),
        ("vix in 15 .. 20", CONDITION),
        ("not vix > 20", CONDITION),
        ("vix crosses above vix3m", EVENT),
        ("vix > 20 begins", EVENT),
        ("vix > 20 ends", EVENT),
        ("condors opens", EVENT),
        ("condors is open", CONDITION),
        ("cpi", CALENDAR),
        ("cpi or ppi", CALENDAR),
        ("cpi or vix_expiry", CALENDAR),
        ("cpi and vix > 20", EVENT),
        ("cpi or vix > 20", CONDITION),
        ("vix crosses above 20 or condors closes", EVENT),
        ("vix > 20 for 3 sessions", CONDITION),
        ("within 3 sessions before (cpi or ppi)", CONDITION),
        ("within 3 sessions of (vix crosses above 20)", CONDITION),
        ("within 3 sessions after vix_expiry", CONDITION),
        ("change(vix, 1 session) crosses above 0", EVENT),
    ],
)
def test_kind(text: str, kind: Kind) -> None:
    assert kind_of(text) == kind


VALUES = {
    "spx": SPX_POINTS,
    "vix": VOL_POINTS,
    "vvix": VVIX_POINTS,
    "skew": SKEW_POINTS,
    "ad_line": Kind(Family.POINTS, "ad_line"),
    "flow": NUMBER,
    "rate": RATIO,
    "equity": MONEY,
    "condors.delta": MONEY_PER_POINT,
    "condors.short_delta": DELTA,
    "condors.contracts": CONTRACTS,
    "condors.dte": DAYS,
    "condors.age": SESSIONS,
}


@pytest.mark.parametrize("left", VALUES)
def test_only_values_of_one_kind_and_scale_are_compared(left: str) -> None:
    for right, kind in VALUES.items():
        fits = VALUES[left] == kind
        assert (errors_of(f"{left} > {right}") == []) == fits, (left, right)
        assert (errors_of(f"{left} crosses above {right}") == []) == fits, (left, right)
        assert errors_of(f"{left} > 0") == []


@pytest.mark.parametrize("left", VALUES)
def test_sums_products_and_quotients_of_all_kinds(left: str) -> None:
    plain = (NUMBER, RATIO)
    for right, kind in VALUES.items():
        own = VALUES[left]
        added = own == kind or {own, kind} == {NUMBER, RATIO}
        multiplied = own in plain or kind in plain
        divided = own == kind or kind in plain or (own, kind) == (MONEY, CONTRACTS)
        for operator, fits in (("+", added), ("-", added), ("*", multiplied), ("/", divided)):
            _, findings = analyse_text(f"{PREAMBLE}let asked = {left} {operator} {right}\n")
            wrong = [finding.name for finding in findings if finding.severity is Severity.ERROR]
            assert (wrong == []) == fits, (left, operator, right, wrong)


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("vix > 20%", "points-against-ratio"),
        ("vx(1) / vx(2) - 1 > 8", "ratio-against-number"),
        ("vx(1) / vx(2) - 1 > 0.08", "ratio-against-number"),
        ("condors.dte <= 7", "bare-number"),
        ("change(vix, 5 days) > 1%", "days-and-sessions"),
        ("rsi(vix, 14) > 50%", "number-against-ratio"),
        ("condors.dte = 7 days", "exact-days"),
        ("condors.profit >= 50%", "ratio-of-what"),
        ("spx > vx(1)", "scales-differ"),
        ("rsi(vix, 14) > vix", "kinds-differ"),
        ("flow > vix", "kinds-differ"),
        ("vix", "condition-needed"),
        ("(vix > 20) > 5", "value-needed"),
        ("change(vix / vix3m, 5 sessions) > 1%", "argument-kind"),
    ],
)
def test_a_likely_mistake_is_one_finding(text: str, finding: str) -> None:
    assert errors_of(text) == [finding]


def test_a_value_with_a_mistake_fits_everywhere() -> None:
    meaning, findings = analyse_text("let bad = vixx + 1\nlet worse = bad * 2 + $5\ntrigger fear = worse > 20 days and bad\n")
    assert names_of(findings) == ["undefined-name"]
    assert meaning.kinds[id(find_expression(meaning, "worse"))] == UNKNOWN


def test_a_circle_of_lets_is_left_to_the_graph() -> None:
    assert analyse_text("let a = b + 1\nlet b = a + 1\n")[1] == ()


def test_a_bare_number_goes_with_points_through_params_and_lets() -> None:
    for declared in ("param level = 20", "let level = 20", "let level = 15 when rate > 2% else 20"):
        assert analyse_text(f"{declared}\ntrigger fear = vix > level\n")[1] == ()


def test_layers_as_values_are_named_as_such() -> None:
    meaning, _ = analyse_text(PREAMBLE + "trigger asked = condors\n")
    assert meaning.kinds[id(find_expression(meaning, "asked"))] == LAYER


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_strategies_have_no_finding(path: Path) -> None:
    assert check_file(path).diagnostics == ()


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_mangled_strategy_makes_the_compiler_fail(data: st.DataObject) -> None:
    """Words deleted, doubled or swapped: always findings or a program, never an exception."""
    path = data.draw(st.sampled_from(SHIPPED))
    words = path.read_text().split(" ")
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(words) - 2))
        match data.draw(st.sampled_from(["delete", "double", "swap", "borrow"])):
            case "delete":
                del words[place]
            case "double":
                words.insert(place, words[place])
            case "swap":
                words[place], words[place + 1] = words[place + 1], words[place]
            case _:
                words[place] = data.draw(st.sampled_from(words))
    check_file(path, text=" ".join(words))
