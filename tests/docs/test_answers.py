"""Answers of docs/language.md that no other test holds: what the texts left open, said by small programs."""

from __future__ import annotations

import pytest

from alvh.compiler.driver import Compiled, compile_file
from alvh.compiler.ir import Program

CALLS = "hedge tail {{\n  layer calls {{\n    {leg}\n    {rest}\n  }}\n}}\n"


def compiled(text: str, overrides: dict[str, str] | None = None) -> Compiled:
    return compile_file("text.alvh", overrides, text)


def program(text: str) -> Program:
    result = compiled(text)
    assert result.program is not None, [finding.message for finding in result.diagnostics]
    return result.program


def findings(text: str) -> list[str]:
    return [finding.name for finding in compiled(text).diagnostics]


def calls(rest: str, leg: str = "buy 1 VIX call at 0.30 delta, 30 days") -> str:
    return CALLS.format(leg=leg, rest=rest)


def test_with_a_size_the_counts_of_legs_are_only_the_ratio() -> None:
    text = calls("size 3 contracts", "buy 4 VIX calls at 0.30 delta, 30 days\n sell 2 VIX calls at 0.10 delta, same expiry")
    lowered = program(text)
    assert [leg.ratio for leg in lowered.layers[0].legs] == [2, -1]
    assert lowered.nodes[lowered.layers[0].size.value].value == 3


def test_holding_to_expiry_forbids_no_roll() -> None:
    lowered = program(calls("hold to expiry\n roll when dte <= 5 days"))
    assert len(lowered.layers[0].rolls) == 1


def test_a_sold_put_is_bounded_by_its_strike_and_a_sold_call_is_not() -> None:
    assert findings(calls("hold to expiry", "sell 1 SPX put at 0.30 delta, 30 days")) == []
    assert findings(calls("hold to expiry", "sell 1 SPX call at 0.30 delta, 30 days")) == ["uncovered-short"]


def test_a_book_cannot_wait_for_what_a_hedge_decides() -> None:
    book = "book puts {{ sell SPX put at 0.16 delta, 45 days\n open when {condition}\n hold to expiry }}\n"
    assert findings(book.format(condition="tail is closed") + calls("hold to expiry")) == ["dependency-cycle"]
    assert findings(book.format(condition="prev(tail is closed)") + calls("hold to expiry")) == []
    assert findings(book.format(condition="tail.profit >= 0") + calls("hold to expiry")) == []


def test_money_a_point_compares_with_nothing_but_zero_and_its_like() -> None:
    for condition, names in (
        ("tail.delta > 0", []),
        ("tail.calls.delta > tail.delta", []),
        ("tail.delta > $5", ["kinds-differ"]),
        ("tail.delta > 5", ["bare-number"]),
    ):
        assert findings(calls("hold to expiry") + f"hedge other {{ {leg_when(condition)} }}\n") == names


def leg_when(condition: str) -> str:
    return f"buy 1 VIX call at 0.30 delta, 60 days\n open when {condition}\n hold to expiry"


@pytest.mark.parametrize("window", ["prev(vix, 5)", "sma(vix, 5)", "highest(vix, 5)"])
def test_a_window_takes_a_bare_count(window: str) -> None:
    assert findings(calls(f"open when {window} > 20\n hold to expiry")) == []


def test_a_window_or_a_count_may_be_a_param_and_no_let() -> None:
    rule = "open when sma(vix, n) > 20\n hold to expiry"
    assert findings("param n = 5\n" + calls(rule)) == []
    assert findings("let n = 5 when vix > 20 else 10\n" + calls(rule)) == ["window-unusable"]


def test_bare_numbers_are_points_through_params_and_lets_made_of_them() -> None:
    rule = "open when vix > level\n hold to expiry"
    assert findings("param base = 20\nlet level = base + 5\n" + calls(rule)) == []
    assert findings("let level = rsi(vix, 14)\n" + calls(rule)) != []


def test_a_bare_price_of_a_lot_is_not_read_where_there_is_no_lot() -> None:
    assert findings(calls("open when profit >= 0\n hold to expiry")) == ["lot-value-outside-layer"]
    assert findings(calls("size 10% of profit\n hold to expiry", "buy VIX call at 0.30 delta, 30 days")) == ["lot-value-outside-layer"]


def test_capital_is_money_made_of_numbers_and_params() -> None:
    index = "book index { hold SPX }\n"
    assert findings("param million = $1_000_000\ncapital million * 2\n" + index) == []
    for wrong in ("5% of equity", "equity", "50% of $2_000_000"):
        assert compiled(f"capital {wrong}\n" + index).program is None, wrong
        assert len(findings(f"capital {wrong}\n" + index)) == 1


@pytest.mark.parametrize(
    "leg", ["buy 1 VX future, month 1", "sell 2 VXM futures, 30 days", "buy 100 VXX shares", "buy 1 UVXY call at 0.30 delta, 30 days"]
)
def test_futures_and_shares_are_legs(leg: str) -> None:
    assert findings(calls("hold to expiry", leg)) == []


def test_kinds_of_marks_and_of_the_account() -> None:
    for condition in (
        "tail.calls.vega > 0",
        "tail.calls.theta < 0",
        "tail.calls.irr > 5%",
        "tail.calls.carry < 2",
        "net_beta > 1",
        "wacc > 5%",
    ):
        assert findings(calls(f"hold to expiry\n close when {condition}")) == [], condition


def test_an_override_of_another_kind_is_one_finding() -> None:
    text = "param d = 0.50 delta in 0.30 delta .. 0.70 delta\n" + calls("hold to expiry", "buy 1 VIX call at d, 30 days")
    assert [finding.name for finding in compiled(text, {"d": "0.2"}).diagnostics] == ["changed-kind"]
    assert [finding.name for finding in compiled(text, {"d": "0.20 delta"}).diagnostics] == ["outside-range"]


def test_a_ratio_beside_one_is_a_whole() -> None:
    found = compiled(calls("hold to expiry\n close when vix / vix3m > 1.05\n close when vix / vix3m - 1 > 8")).diagnostics
    assert [finding.hints for finding in found] == [("Write `vix / vix3m > 105%`.",), ("Write `vix / vix3m - 1 > 8%`.",)]


def test_a_layer_may_not_have_the_name_of_a_book_whichever_stands_first() -> None:
    book = "book calls { sell SPX put at 0.16 delta, 45 days\n hold to expiry }\n"
    for text in (book + calls("hold to expiry"), calls("hold to expiry") + book):
        assert findings(text) == ["duplicate-name"]


def test_changes_of_a_future_by_rank_are_warned_of() -> None:
    for stream in ("change(vx(1), 5 sessions) > 10%", "rsi(vx(2), 14) > 50", "macd(vx(1)).line > 0"):
        assert findings(calls(f"open when {stream}\n hold to expiry")) == ["change-of-contract"]
        assert findings(calls(f"open when {stream}\n hold to expiry".replace("vx(1)", "vx(30 days)").replace("vx(2)", "vix"))) == []


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("trigger high-vol = vix > 30\n", "A name has no `-` in it.", "Write `high_vol`."),
        (
            calls("", "buy 1 VIX call at 0.30 delta, 6 weeks"),
            "Lengths are in days or sessions, not weeks.",
            "Write `42 days`, or `30 sessions`",
        ),
        (calls("close when calls is flat"), "`flat` is no word of the language here.", "Did you mean `closed`?"),
    ],
)
def test_what_a_newcomer_writes_is_told_how_it_is_written(text: str, message: str, hint: str) -> None:
    found = compiled(text).diagnostics
    assert [finding.message for finding in found] == [message]
    assert found[0].hints[0].startswith(hint)


@pytest.mark.parametrize("verb", ["hold", "hold to expiry"])
def test_no_takes_a_verb_whole_or_by_its_first_word(verb: str) -> None:
    layer = program(calls("hold to expiry\n roll when dte <= 5 days") + f"change tail.calls {{ no {verb} }}\n").layers[0]
    assert not layer.hold_to_expiry
    assert len(layer.rolls) == 1


@pytest.mark.parametrize("verb", ["limit", "limit cost"])
def test_no_limit_and_no_limit_cost_are_one(verb: str) -> None:
    assert (
        findings("hedge tail { limit cost to $5_000\n" + calls("hold to expiry").partition("{")[2] + f"change tail {{ no {verb} }}\n") == []
    )
