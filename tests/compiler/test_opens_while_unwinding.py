"""One threshold that opens a layer and unwinds its hedge is refused before anything runs, another is not
(quant.md section 6, the compile-time half of invariant 37)."""

from __future__ import annotations

import numpy as np
from effort import examples
from hypothesis import assume, given
from hypothesis import strategies as st
from programs import conditions
from sample_markets import market_names
from test_invariants import truths

from alvh.compiler.driver import compile_file
from alvh.grammar.diagnostics import Severity

CONFLICT = "ALV0701"

HEDGE = """
capital $1_000_000
input ad_line : index
input signal : condition
input weight : ratio
calendar cpi
{declared}
hedge h {{
  unwind when {unwind}{until}
  layer tail {{
    buy VIX calls at 0.15 delta, 90 days
    open when {opens}
    hold to expiry
  }}
}}
"""


def is_refused(opens: str, unwind: str, until: str = "", declared: str = "") -> bool:
    """Whether the compiler finds the conflict; no other error may stand."""
    found = compile_file("written.alvh", text=HEDGE.format(opens=opens, unwind=unwind, until=until, declared=declared))
    errors = {finding.code for finding in found.diagnostics if finding.severity is Severity.ERROR}
    assert errors <= {CONFLICT}, errors
    assert (found.program is None) == bool(errors)
    return bool(errors)


LEVELS = ("vix", "vx(1)", "max(vix, vix3m)", "sma(vix, 5)")


@examples(60)
@given(
    st.sampled_from(LEVELS),
    st.sampled_from((("above", ">", ">="), ("below", "<", "<="))),
    st.integers(12, 40),
    st.integers(-3, 3),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.sampled_from(("", " and signal", " and weight > 0%")),
)
def test_a_threshold_conflicts_where_opening_means_unwinding(
    level: str, side: tuple[str, str, str], at: int, further: int, opens_on: bool, unwinds_on: bool, by_trigger: bool, also: str
) -> None:
    """Both lines look at one level from one side. Whatever opens also unwinds exactly where the unwind's threshold is no further out (the
    bound itself belonging to it if it belongs to the opening); more conditions on the opening change nothing, and so do names."""
    _, strict, loose = side
    opens = f"{level} {loose if opens_on else strict} {at}"
    unwind = f"{level} {loose if unwinds_on else strict} {at + further}"
    beyond = further if side[0] == "above" else -further
    conflict = beyond < 0 or (beyond == 0 and (unwinds_on or not opens_on))
    declared = f"trigger tail_on = {opens}\ntrigger all_off = {unwind}" if by_trigger else ""
    said = ("tail_on", "all_off") if by_trigger else (opens, unwind)
    assert is_refused(said[0] + also, said[1], declared=declared) == conflict


@examples(60)
@given(conditions(), st.sampled_from(("", " until vix < 12")))
def test_one_condition_for_both_is_refused(condition: str, until: str) -> None:
    assert is_refused(condition, condition, until)
    assert is_refused(f"({condition}) and signal", f"({condition}) or vix > 900", until)
    assert is_refused("seen", "seen", until, declared=f"trigger seen = {condition}")


@examples(40)
@given(
    conditions(),
    conditions(),
    st.sampled_from(
        (
            ("{a}", "{a} or {b}"),
            ("{a} and {b}", "{b}"),
            ("not ({a} or {b})", "not {a}"),
            ("{a} and vix > 16", "vix > 14 or {b}"),
            ("{a} or {b}", "{a}"),
        )
    ),
    market_names(("calm walk", "rough walk", "storm", "generated 11")),
)
def test_what_is_refused_never_holds_without_the_unwind(a: str, b: str, forms: tuple[str, str], market: str) -> None:
    """The finding claims something of every market: here is one to ask. On no bar does a refused opening hold and its unwind not."""
    first, second = (form.format(a=f"({a})", b=f"({b})") for form in forms)
    assume(is_refused(first, second))
    found = truths({"opens": first, "unwinds": second}, market)
    assert not np.any((found["opens"] == 1.0) & (found["unwinds"] != 1.0))
