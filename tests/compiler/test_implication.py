"""Which conditions follow from others, and so which lines of a hedge contradict one another."""

from __future__ import annotations

import pytest
from checking import analyse_text, find_expression, names_of
from lowered import compile_text

from alvh.compiler.implication import Implication

NAMES = """\
param high = 8%
let curve = vx(1) / vx(2)
let backwardation = curve - 1
trigger inverted = backwardation > high
"""


@pytest.mark.parametrize(
    ("given", "follows"),
    [
        ("vix > 30", "vix > 20"),
        ("vix > 20", "vix > 20"),
        ("vix >= 20", "vix >= 20"),
        ("vix > 20", "vix >= 20"),
        ("20 < vix", "vix > 20"),
        ("vix < 12", "vix <= 15"),
        ("vix crosses above 30", "vix > 20"),
        ("vix in 20 .. 30", "vix >= 15"),
        ("vix in 20 .. 30", "vix in 20 .. 30"),
        ("vix in 21 .. 29", "vix in 20 .. 30"),
        ("vix >= 21 and vix < 29 and spx > 1000", "vix in 20 .. 30"),
        ("vix crosses above 20", "vix crosses above 20"),
        ("vix > 30 and spx > 1000", "vix > 20"),
        ("vix > 30", "vix > 20 or spx < 1000"),
        ("vix > 30 or vix < 10", "vix > 20 or vix < 12"),
        ("vix > 30 and spx < 900", "vix > 20 and spx < 1000"),
        ("(vix > 30 or spx < 900) and vix3m > 20", "vix > 30 or spx < 900 or vvix > 150"),
        ("(vix > 30 or spx < 900) and vix3m > 20", "(vix > 20 or spx < 1000) and vix3m > 20"),
        ("vix3m > 20 and ((vix > 30 and vvix > 90) or vix > 40)", "vix > 20"),
        ("vix > 30 for 3 sessions", "vix > 30"),
        ("vix > 30 begins", "vix > 20"),
        ("inverted", "backwardation > 8%"),
        ("backwardation > 8%", "inverted"),
        ("backwardation > 10%", "curve > 108%"),
        ("vx(1) / vx(2) - 1 > 9%", "inverted"),
        ("diverges(spx, vix, 20 sessions)", "diverges(spx, vix, 20)"),
    ],
)
def test_follows(given: str, follows: str) -> None:
    assert implied(given, follows)


@pytest.mark.parametrize(
    ("given", "other"),
    [
        ("vix > 20", "vix > 30"),
        ("vix >= 20", "vix > 20"),
        ("vix > 20", "vix < 30"),
        ("vix > 30", "vix3m > 20"),
        ("vix in 20 .. 31", "vix in 20 .. 30"),
        ("vix > 25", "vix in 20 .. 30"),
        ("vix > 20", "vix crosses above 15"),
        ("vix crosses above 20", "vix crosses above 15"),
        ("vix > 30 or spx > 1000", "vix > 20"),
        ("vix > 30", "vix > 20 and spx < 1000"),
        ("vix > 30 ends", "vix > 30"),
        ("(vix > 30 or spx < 900) and vix3m > 20", "vix > 20"),
        ("(vix > 30 or spx < 900) and vix3m > 20", "vix > 20 and vix3m > 20"),
        ("backwardation > 5%", "inverted"),
        ("prev(vix) > 30", "vix > 30"),
        ("not (vix > 30)", "vix > 30"),
    ],
)
def test_does_not_follow(given: str, other: str) -> None:
    assert not implied(given, other)


def implied(given: str, follows: str) -> bool:
    meaning, _ = analyse_text(NAMES + f"trigger g = {given}\ntrigger f = {follows}\n")
    return Implication(meaning).follows(find_expression(meaning, "f"), find_expression(meaning, "g"))


def test_a_name_that_reads_its_own_past_is_compared_by_name() -> None:
    meaning, _ = analyse_text("trigger stress = vix > 30 or (prev(stress) and not vix < 20)\ntrigger g = stress\ntrigger f = stress\n")
    assert Implication(meaning).follows(find_expression(meaning, "f"), find_expression(meaning, "g"))


def test_definitions_that_double_are_not_written_out() -> None:
    doubling = "let a0 = vix\n" + "".join(f"let a{index + 1} = a{index} + a{index}\n" for index in range(60))
    meaning, _ = analyse_text(doubling + "trigger g = a60 > 3\ntrigger f = a60 > 2\n")
    assert Implication(meaning).follows(find_expression(meaning, "f"), find_expression(meaning, "g"))


HEDGE = "hedge h {{\n  unwind when {unwind}\n  layer tail {{\n    buy VIX calls at 0.15 delta, 90 days\n    open when {opens}\n  }}\n}}\n"


@pytest.mark.parametrize(
    ("opens", "unwind", "found"),
    [
        ("backwardation > 8%", "backwardation > 8%", ["opens-while-unwinding"]),
        ("backwardation > 8%", "inverted", ["opens-while-unwinding"]),
        ("backwardation > 8%", "backwardation > 12%", []),
        ("backwardation > 8%", "vix > 40", []),
    ],
)
def test_an_open_that_the_unwind_always_undoes_is_an_error(opens: str, unwind: str, found: list[str]) -> None:
    text = NAMES + HEDGE.format(opens=opens, unwind=unwind)
    findings = [finding for finding in compile_text(text).diagnostics if finding.name != "unused-name"]
    assert names_of(tuple(findings)) == found
    assert all([related.span.text for related in finding.related] == [f"unwind when {unwind}"] for finding in findings)


def test_a_sound_alternative_does_not_hide_the_line_that_never_opens() -> None:
    text = NAMES + HEDGE.format(opens="vix < 15\n    open when backwardation > 8%", unwind="inverted")
    (finding,) = compile_text(text).diagnostics
    assert finding.span.text == "open when backwardation > 8%"
