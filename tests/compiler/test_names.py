"""What names stand for."""

from __future__ import annotations

from pathlib import Path

import pytest
from checking import analyse_text, find_expression, merge_text, names_of

from alvh.compiler.analyse import find_meaning, find_names
from alvh.compiler.expressions import walk
from alvh.compiler.meaning import Meaning, Reference
from alvh.compiler.vocabulary import ATTRIBUTES, FUNCTIONS, LOT_ATTRIBUTES, SERIES, is_reserved
from alvh.grammar import syntax

PROGRAM = """\
calendar cpi
param calm = 15 points
let level = vix
trigger fear = vix > 30
input ad_line : index

book condors {
  sell SPX put at 0.16 delta, 45 days
  buy SPX put at 0.05 delta, 45 days
}
hedge alvh {
  layer front { buy 1 VIX call at 0.30 delta, 30 days }
  layer far   { buy 1 VIX call at 0.30 delta, 90 days  roll into front when dte <= 60 days }
  first front, then far
}
"""


def reference_of(text: str) -> Reference | None:
    """What the whole expression `text` stands for in PROGRAM."""
    meaning, _ = analyse_text(PROGRAM + f"trigger asked = {text}\n")
    return meaning.references.get(id(find_expression(meaning, "asked")))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("calm", Reference("param", "calm")),
        ("level", Reference("let", "level")),
        ("fear", Reference("trigger", "fear")),
        ("ad_line", Reference("input", "ad_line")),
        ("cpi", Reference("calendar", "cpi")),
        ("vix_expiry", Reference("calendar", "vix_expiry")),
        ("vix", Reference("series", "vix")),
        ("spx.open", Reference("series", "spx.open")),
        ("equity", Reference("account", "equity")),
        ("quick_ratio", Reference("account", "quick_ratio")),
        ("alvh", Reference("group", "alvh")),
        ("condors", Reference("layer", "condors")),
        ("front", Reference("layer", "alvh.front")),
        ("alvh.front", Reference("layer", "alvh.front")),
        ("condors.credit", Reference("attribute", "credit", "condors")),
        ("front.profit", Reference("attribute", "profit", "alvh.front")),
        ("alvh.front.profit", Reference("attribute", "profit", "alvh.front")),
        ("alvh.profit", Reference("attribute", "profit", "alvh")),
        ("front is open", Reference("layer", "alvh.front")),
        ("alvh.far closes", Reference("layer", "alvh.far")),
        ("alvh opens", Reference("group", "alvh")),
        ("macd(vix).line", Reference("component", "line", "macd")),
    ],
)
def test_a_name_stands_for(text: str, expected: Reference) -> None:
    assert reference_of(text) == expected


def test_bare_lot_values_are_each_lots_own_inside_a_layer() -> None:
    for name in LOT_ATTRIBUTES:
        meaning, findings = analyse_text(f"book b {{\n sell SPX put at 0.16 delta, 45 days\n close when prev({name}) = {name}\n}}\n")
        assert "undefined-name" not in names_of(findings)
        lots = [reference for reference in meaning.references.values() if reference.sort == "lot"]
        assert lots == [Reference("lot", name)] * 2


def test_paths_calendars_functions_and_legs_are_resolved_on_their_own_nodes() -> None:
    text = PROGRAM.replace("buy SPX put at 0.05 delta, 45 days", "long : buy SPX put 25 points below short, 45 days")
    sold = "sell SPX put at 0.16 delta, 45 days"
    text = text.replace(sold, f"short : {sold}\n  open on cpi when rsi(vix, 14) > 50")
    meaning, _ = analyse_text(text)
    (book,) = (group for group in meaning.module.groups if group.kind == "book")
    (hedge,) = (group for group in meaning.module.groups if group.kind == "hedge")
    statements = book.layers[0].statements
    leg = next(statement for statement in statements if isinstance(statement, syntax.Leg) and statement.side == "buy")
    assert leg.strike is not None
    assert meaning.references[id(leg.strike.reference)] == Reference("leg", "short")
    action = next(statement for statement in statements if isinstance(statement, syntax.Open))
    assert action.schedule is not None
    assert meaning.references[id(action.schedule.calendar)] == Reference("calendar", "cpi")
    assert action.condition is not None
    (call,) = (part for part in walk(action.condition) if isinstance(part, syntax.Call))
    assert meaning.references[id(call.function)] == Reference("function", "rsi")
    (priority,) = (statement for statement in hedge.statements if isinstance(statement, syntax.Priority))
    assert [meaning.references[id(path)].name for path in priority.order] == ["alvh.front", "alvh.far"]
    (roll,) = (statement for layer in hedge.layers for statement in layer.statements if isinstance(statement, syntax.Roll))
    assert meaning.references[id(roll.into)] == Reference("layer", "alvh.front")


def test_a_short_name_means_the_layer_of_the_own_hedge_first() -> None:
    hedges = "".join(
        f"hedge {name} {{\n layer near {{ buy 1 VIX call at 0.30 delta, 30 days }}\n"
        f" layer far {{ buy 1 VIX call at 0.30 delta, 90 days  open when near is open }}\n}}\n"
        for name in ("a", "b")
    )
    meaning, findings = analyse_text(hedges)
    assert findings == ()
    assert holdings(meaning) == {"a.near", "b.near"}


def holdings(meaning: Meaning) -> set[str]:
    """The layers that conditions of the module ask about."""
    found: set[str] = set()
    for group in meaning.module.groups:
        for layer in group.layers:
            for statement in layer.statements:
                if isinstance(statement, syntax.Open) and isinstance(statement.condition, syntax.Holding):
                    found.add(meaning.references[id(statement.condition)].name)
    return found


def test_names_of_a_text_with_a_syntax_error_are_not_called_undefined() -> None:
    _, findings = analyse_text("let level = = vix\ntrigger fear = level > 30\n")
    assert "undefined-name" not in names_of(findings)
    assert findings


def test_a_used_name_left_unused_is_no_finding_and_an_own_one_is(tmp_path: Path) -> None:
    module, merging = merge_text(tmp_path, 'use "books/condor.alvh"\nuse "more.alvh"\nlet mine = vix\n', more="let theirs = vix\n")
    names = find_names(module)
    _, units = find_meaning(module, names)
    assert [(finding.name, finding.span.text) for finding in (*merging, *names.findings, *units)] == [("unused-name", "mine")]


@pytest.mark.parametrize("name", sorted({*SERIES, *FUNCTIONS, *LOT_ATTRIBUTES, "equity", "VXX", "iv", "vix_expiry"}))
def test_built_in_names_are_reserved(name: str) -> None:
    assert is_reserved(name) is not None


@pytest.mark.parametrize("name", ["wing", "call_delta", "short_delta", "fast", "expansion", "ratio"])
def test_names_that_strategies_use_are_free(name: str) -> None:
    assert is_reserved(name) is None


def test_every_attribute_resolves_on_a_layer_that_has_it() -> None:
    for name in ATTRIBUTES:
        assert reference_of(f"condors.{name}") == Reference("attribute", name, "condors")
