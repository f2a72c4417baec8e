"""Why a layer traded on a session, or why it did not: each outcome once, on markets small enough to follow with a pencil."""

from __future__ import annotations

import math
from datetime import date

import pytest
from asking import ask, calls, clauses_of, only_layer, rule_of

from alvh.runtime.why import QuestionError

UNKNOWN = math.nan
OTHER = "book other { sell SPX put at 0.16 delta, 45 days\n open when vix > 90\n hold to expiry }"


def test_it_traded_and_says_what_was_true() -> None:
    layer = only_layer(ask(calls("open when vix > 20\n hold to expiry"), 2, vix=[18.0, 19.0, 23.4]))
    assert layer.outcome == "traded"
    assert layer.held == ()
    assert layer.sentences[0].startswith("It opened 1 of VIX call 2020-02-05 25 at ")
    (action,) = layer.actions
    assert (action.action, action.asked, action.filled, action.reason, action.note) == ("open", 1.0, 1.0, "vix > 20", None)
    rule = rule_of(layer, "open")
    assert rule.decided
    clause = clauses_of(rule)["vix > 20"]
    assert (clause.truth, clause.counted) == (True, True)
    assert [(figure.name, figure.value, figure.text) for figure in clause.values] == [("vix", 23.4, "23.4")]


def test_the_clause_that_was_false_is_the_one_that_counted() -> None:
    rule = "open when vix > 20 and (vix9d > 25 or not calm)\n hold to expiry"
    text = calls(rule, before="trigger calm = vvix < 100 and skew < 150")
    layer = only_layer(ask(text, 0, vix=23.0, vix9d=24.0))
    assert layer.outcome == "false"
    assert layer.actions == ()
    clauses = clauses_of(rule_of(layer, "open"))
    assert {text: (clause.part_of, clause.truth, clause.counted) for text, clause in clauses.items()} == {
        "vix > 20": (None, True, False),
        "vix9d > 25": (None, False, True),
        "calm": (None, True, False),
        "vvix < 100": ("calm", True, True),
        "skew < 150": ("calm", True, True),
    }
    assert layer.sentences == (
        "It traded nothing.",
        "It did not open: `vix9d > 25` is false (vix9d = 24); `vvix < 100` is true (vvix = 90); `skew < 150` is true (skew = 120).",
    )


def test_a_schedule_is_a_clause() -> None:
    text = calls("open every week when vix > 10\n hold to expiry")
    assert only_layer(ask(text, 0)).outcome == "traded"
    layer = only_layer(ask(text, 4, layer="calls", vix=[9.0, 9.0, 9.0, 9.0, 20.0]))
    clauses = clauses_of(rule_of(layer, "open"))
    assert [(clause.text, clause.truth, clause.counted) for clause in clauses.values()] == [
        ("every week", False, True),
        ("vix > 10", True, False),
    ]


@pytest.mark.parametrize(
    ("condition", "before", "inputs", "bar", "missing"),
    [
        ("ad_line > 5", "input ad_line : number", {"ad_line": [UNKNOWN]}, 3, "ad_line missing"),
        ("sma(vix, 10) > 15", "", {}, 3, "warming up, 6 more sessions"),
        ("change(sma(vix, 4), 5 sessions) > 1%", "", {}, 6, "warming up, 2 more sessions"),
        ("sma(ad_line, 4) > 5", "input ad_line : number", {"ad_line": [9, 9, UNKNOWN, 9, 9, 9, 9]}, 4, "ad_line missing on 2020-01-08"),
        ("prev(vix, 4) > 5", "", {}, 2, "warming up, 2 more sessions"),
        ("vix > 30 or ad_line > 5", "input ad_line : number", {"ad_line": [UNKNOWN]}, 3, "ad_line missing"),
        ("other.dte < 5 days", OTHER, {}, 3, "other holds no lot"),
    ],
)  # fmt: skip
def test_an_unknown_says_what_is_missing(condition: str, before: str, inputs: dict[str, list[float]], bar: int, missing: str) -> None:
    layer = only_layer(ask(calls(f"open when {condition}\n hold to expiry", before=before), bar, "tail.calls", inputs))
    assert layer.outcome == "unknown"
    (outcome,) = rule_of(layer, "open").conditions
    assert (outcome.truth, outcome.missing) == (None, missing)
    assert any(missing in sentence for sentence in layer.sentences)


def test_a_window_that_is_full_is_known_on_the_day_the_warm_up_ends() -> None:
    text = calls("open when sma(vix, 10) > 15\n hold to expiry")
    assert only_layer(ask(text, 8)).outcome == "unknown"
    assert only_layer(ask(text, 9)).outcome == "traded"


def test_it_is_full() -> None:
    many = only_layer(ask(calls("at most 2 lots\n open when vix > 10\n hold to expiry"), 4))
    assert many.outcome == "full"
    assert len(many.held) == 2
    assert many.sentences[-1] == "`open when vix > 10` was true, but it is full: it held 2 lots, and at most 2 are allowed."
    assert not rule_of(many, "open").decided
    single = only_layer(ask(calls("hold to expiry"), 4))
    assert single.outcome == "full"
    assert single.sentences == ("It traded nothing.", "It held a lot of its own, and opens no second one.")


def test_a_hedge_that_unwinds_closes_and_opens_nothing() -> None:
    text = calls("open when vix > 10\n hold to expiry", hedge='unwind when vix > 30 until vix < 22 as "panic"')
    vix = [20.0, 20.0, 31.0, 25.0]
    closed = only_layer(ask(text, 2, vix=vix))
    assert closed.outcome == "traded"
    unwind = rule_of(closed, "unwind")
    assert (unwind.decided, unwind.lots, unwind.in_force_since) == (True, (1,), date(2020, 1, 8))
    later = only_layer(ask(text, 3, vix=vix))
    assert later.outcome == "unwinding"
    assert "the hedge has been unwinding since 2020-01-08" in later.sentences[-1]
    unwind = rule_of(later, "unwind")
    assert unwind.conditions[0].truth is False
    assert unwind.until is not None
    assert unwind.until.truth is False
    assert "(hand.alvh:4; on since 2020-01-08)" in str(ask(text, 3, vix=vix))


def test_a_refusal_says_why_and_since_when() -> None:
    text = "capital $50\n" + calls("hold to expiry")
    first = only_layer(ask(text, 0))
    assert first.outcome == "refused"
    assert [(action.action, action.note, action.since) for action in first.actions] == [("refused", "cut by cash or margin", None)]
    later = only_layer(ask(text, 3))
    assert later.outcome == "refused"
    assert [(action.action, action.note, action.since) for action in later.actions] == [
        ("refused", "cut by cash or margin", date(2020, 1, 6))
    ]
    assert later.sentences[0].endswith("was refused: cut by cash or margin. So it has been since 2020-01-06.")


def test_a_limit_is_told_with_its_value() -> None:
    layer = only_layer(ask(calls("hold to expiry", hedge="limit cost to 0.001% of capital"), 0))
    assert layer.outcome == "refused"
    assert layer.actions[0].note == "cut by the cost limit"
    assert layer.limit_cost is not None
    assert (layer.limit_cost.name, layer.limit_cost.text) == ("limit cost to 0.001% of capital", "$10")


def test_an_order_that_was_cut_says_what_it_asked_for() -> None:
    text = "capital $500\n" + calls("hold to expiry", leg="buy 9 VIX calls at strike 25, 30 days")
    layer = only_layer(ask(text, 0))
    assert layer.outcome == "traded"
    (action,) = layer.actions
    assert action.asked == 9.0
    assert action.filled is not None
    assert 0.0 < action.filled < 9.0
    assert layer.sentences[0].endswith("It asked for 9: cut by cash or margin.")


def test_each_lot_answers_with_its_own_values() -> None:
    text = calls("at most 3 lots\n open every week\n close when dte <= 18 days\n close when profit >= $5")
    quiet = only_layer(ask(text, 8))
    assert [(lot.lot, lot.opened, lot.dte, lot.age) for lot in quiet.held] == [
        (1, date(2020, 1, 6), 20.0, 8.0),
        (2, date(2020, 1, 13), 27.0, 3.0),
    ]
    assert [lot.instrument for lot in quiet.held] == ["VIX call 2020-02-05 25", "VIX call 2020-02-12 25"]
    assert quiet.sentences == (
        "It traded nothing.",
        "Lots 1 and 2 stayed: no rule to close was true.",
        "It did not open: `every week` is false.",
    )
    layer = only_layer(ask(text, 10))
    close = next(rule for rule in layer.rules if "dte" in rule.text)
    assert close.lots == (1,)
    assert [(condition.lot, condition.truth) for condition in close.conditions] == [(1, True), (2, False)]
    figures = [clauses_of(close, lot)["dte <= 18 days"].values[0] for lot in (1, 2)]
    assert [(figure.name, figure.value, figure.text) for figure in figures] == [("dte", 16.0, "16 days"), ("dte", 23.0, "23 days")]
    profit = next(rule for rule in layer.rules if "profit" in rule.text)
    assert not profit.decided
    assert [clauses_of(profit, lot.lot)["profit >= $5"].values[0].value for lot in layer.held] == [lot.profit for lot in layer.held]
    assert [(action.action, action.lot) for action in layer.actions] == [("close", 1), ("open", 1)]


def test_the_first_true_rule_decides_for_a_lot() -> None:
    layer = only_layer(ask(calls('close when age >= 2 sessions as "old"\n close when vix > 10 as "any"\n roll when vix > 5'), 1))
    decided = [(rule.text, rule.lots) for rule in layer.rules if rule.decided]
    assert decided[0] == ('close when vix > 10 as "any"', (1,))
    assert not any(rule.verb == "roll" for rule in layer.rules if rule.decided)


def test_a_lot_without_a_price_is_left_alone() -> None:
    layer = only_layer(ask(calls("close when vix9d > 30"), 2, vix9d=[20.0, 20.0, 40.0], vvix=[90.0, 90.0, UNKNOWN]))
    assert layer.outcome == "nothing"
    assert not layer.held[0].priced
    assert layer.sentences == (
        "It traded nothing.",
        "Lot 1 has no price today, so nothing trades it.",
        "It held a lot of its own, and opens no second one.",
    )


def test_a_true_rule_with_nothing_to_trade_is_told() -> None:
    layer = only_layer(ask(calls("rebalance when vix > 10"), 1))
    assert layer.outcome == "nothing"
    assert rule_of(layer, "rebalance").lots == (1,)
    assert layer.sentences[1] == (
        "`rebalance when vix > 10` was true for lot 1, but its size is what it should be, or cannot be told today."
    )


def test_a_roll_that_gains_no_days_is_refused() -> None:
    layer = only_layer(ask(calls("roll when vix > 10"), 1))
    assert layer.outcome == "refused"
    assert layer.sentences[0] == "An order for lot 1 (vix > 10, hand.alvh:7) was refused: the roll would gain no days."


def test_a_day_without_an_answer_is_a_finding() -> None:
    text = calls("hold to expiry")
    for day, words in (
        (date(2020, 1, 11), "2020-01-11 is a Saturday without a session. Did you mean 2020-01-10 or 2020-01-13?"),
        (date(2019, 1, 7), "2019-01-07 lies outside the run, which goes from 2020-01-06 to 2020-02-14. Did you mean 2020-01-06?"),
        (date(2030, 1, 7), "2030-01-07 lies outside the run, which goes from 2020-01-06 to 2020-02-14. Did you mean 2020-02-14?"),
    ):
        with pytest.raises(QuestionError) as refused:
            ask(text, day)
        assert str(refused.value) == words


def test_a_layer_is_asked_for_by_its_path_its_name_or_its_hedge() -> None:
    text = calls("hold to expiry")
    for name in ("tail.calls", "calls", "tail"):
        assert [layer.layer for layer in ask(text, 1, name).layers] == ["tail.calls"]
    with pytest.raises(QuestionError, match=r"no layer `cals`. Did you mean `calls`\?"):
        ask(text, 1, "cals")
    with pytest.raises(QuestionError, match=r"no layer `elsewhere`. It has `tail.calls`."):
        ask(text, 1, "elsewhere")


def test_an_order_that_fills_later_is_told_on_both_sessions() -> None:
    """Bar 2 decides, bar 3 fills; then the layer holds its lot."""
    text = calls("open when vix > 20\n hold to expiry", before="fill next close")
    decided, filled = (only_layer(ask(text, bar, vix=[18.0, 19.0, 23.4, 18.0])) for bar in (2, 3))
    assert decided.outcome == "traded"
    assert decided.sentences[0].startswith("It ordered to open: VIX call 2020-02-05 25, to be filled on the next session: vix > 20 (")
    assert rule_of(decided, "open").decided
    (waiting,) = decided.actions
    assert (waiting.action, waiting.asked, waiting.filled, waiting.price) == ("open", 1.0, None, None)
    assert filled.sentences[0].startswith("Ordered the session before: It opened 1 of VIX call 2020-02-05 25 at ")
    assert not rule_of(filled, "open").decided
    assert filled.outcome == "false"
