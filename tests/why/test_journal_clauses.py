"""The journal's column `values`: each clause of the rule that acted, with its truth and what it read."""

from __future__ import annotations

from asking import BARS, calls, runnable
from small_market import Values, small_market

from alvh.runtime.journal import journal_frame
from alvh.runtime.reference import interpret


def values_of(text: str, action: str, **series: Values) -> str:
    """Of the first row of an action."""
    strategy = runnable(text)
    arrays = small_market(BARS, **series)
    journal = journal_frame(strategy.program, arrays, interpret(strategy.program, arrays), strategy.clauses)
    value: str = journal.filter(journal["action"] == action)["values"][0]
    return value


def test_each_clause_stands_with_its_truth_and_its_values() -> None:
    text = calls("open every week when vix > 20 and not vix9d > 30\n hold to expiry")
    assert values_of(text, "open", vix=23.4) == "every week: true; vix > 20: true (vix=23.4); vix9d > 30: false (vix9d=20)"


def test_a_trigger_is_followed_by_its_clauses() -> None:
    text = calls("open when fear or calm\n hold to expiry", before="trigger fear = vix > 20 and vvix > 80\ntrigger calm = skew < 100")
    shown = "fear: true; vix > 20: true (vix=23.4); vvix > 80: true (vvix=90); calm: false; skew < 100: false (skew=120)"
    assert values_of(text, "open", vix=23.4) == shown


def test_values_have_the_units_of_the_file_and_the_ninth_stream_is_left_out() -> None:
    before = "param inversion = 8%\nlet backwardation = vx(1) / vx(2) - 1"
    text = calls("close when backwardation > inversion and dte <= 28 days and profit > -$500", before=before)
    assert values_of(text, "close", vx1=25.0) == (
        "backwardation > inversion: true (backwardation=25%, inversion=8%, vx(1)=25); "
        "dte <= 28 days: true (dte=28 days); profit > -$500: true (profit=-$5.34)"
    )


def test_an_unwind_shows_its_condition_as_it_stands_on_the_day() -> None:
    text = calls("hold to expiry", hedge="unwind when vix > 30")
    assert values_of(text, "close", vix=[20.0, 31.0]) == "vix > 30: true (vix=31)"


def test_a_rule_without_a_condition_read_nothing() -> None:
    assert values_of(calls("hold to expiry"), "open") == ""


def test_the_end_of_a_proxy_has_a_reason_and_no_rule() -> None:
    # The future of month 1 settles on Wednesday 01-15, bar 7.
    strategy = runnable(calls("proxy VXX shares when vix > 1\n hold to expiry", leg="buy 1 VX future, month 1"))
    arrays = small_market(9)
    journal = journal_frame(strategy.program, arrays, interpret(strategy.program, arrays), strategy.clauses)
    assert journal["action"].to_list() == ["open", "close", "open"]
    assert journal["reason"].to_list() == ["holds none of its own", "what it stands for has settled", "holds none of its own"]
    assert journal["instrument"].to_list() == ["VXX shares"] * 3
    assert journal["values"][1] == ""
