"""Every form of expression makes the node that its meaning says, and binds as tightly as language.md says."""

from __future__ import annotations

import pytest
from reading import SOMEWHERE, identifier, name, number, read_expression

from alvh.grammar import syntax

A, B, C, D = map(name, "abcd")


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("20", 20.0, ""),
        ("1_000_000", 1e6, ""),
        ("0.16 delta", 0.16, "delta"),
        ("8%", 0.08, "%"),
        ("0.1%", 0.001, "%"),
        ("$50_000", 50_000.0, "$"),
        ("1 day", 1.0, "days"),
        ("30 days", 30.0, "days"),
        ("1 session", 1.0, "sessions"),
        ("3 sessions", 3.0, "sessions"),
        ("1 contract", 1.0, "contracts"),
        ("4 contracts", 4.0, "contracts"),
        ("1 point", 1.0, "points"),
        ("25 points", 25.0, "points"),
        ("1 month", 1.0, "months"),
        ("12 months", 12.0, "months"),
        ("1 lot", 1.0, "lots"),
        ("6 lots", 6.0, "lots"),
    ],
)
def test_literals(text: str, value: float, unit: str) -> None:
    literal = read_expression(text)
    assert literal == number(value, unit)
    assert isinstance(literal, syntax.Literal)
    assert literal.text == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("vix", name("vix")),
        ("spx.open", syntax.Attribute(name("spx"), identifier("open"), span=SOMEWHERE)),
        (
            "alvh.front.value",
            syntax.Attribute(syntax.Attribute(name("alvh"), identifier("front"), span=SOMEWHERE), identifier("value"), span=SOMEWHERE),
        ),
        ("vx(1)", syntax.Call(identifier("vx"), (number(1.0),), span=SOMEWHERE)),
        ("prev(a, 5 sessions)", syntax.Call(identifier("prev"), (A, number(5.0, "sessions")), span=SOMEWHERE)),
        ("f()", syntax.Call(identifier("f"), (), span=SOMEWHERE)),
        (
            "macd(vix).line",
            syntax.Attribute(syntax.Call(identifier("macd"), (name("vix"),), span=SOMEWHERE), identifier("line"), span=SOMEWHERE),
        ),
        ("-a", syntax.Negate(A, span=SOMEWHERE)),
        ("a + b", syntax.Arithmetic("+", A, B, span=SOMEWHERE)),
        ("a - b", syntax.Arithmetic("-", A, B, span=SOMEWHERE)),
        ("a * b", syntax.Arithmetic("*", A, B, span=SOMEWHERE)),
        ("a / b", syntax.Arithmetic("/", A, B, span=SOMEWHERE)),
        ("a in b .. c", syntax.InRange(A, B, C, span=SOMEWHERE)),
        ("a in 12..20 points", syntax.InRange(A, number(12.0, "points"), number(20.0, "points"), span=SOMEWHERE)),
        ("a in 4 .. 15%", syntax.InRange(A, number(0.04, "%"), number(0.15, "%"), span=SOMEWHERE)),
        ("not a", syntax.Not(A, span=SOMEWHERE)),
        ("a and b", syntax.Logic("and", A, B, span=SOMEWHERE)),
        ("a or b", syntax.Logic("or", A, B, span=SOMEWHERE)),
        ("a crosses above b", syntax.Crosses("above", A, B, span=SOMEWHERE)),
        ("a crosses below b", syntax.Crosses("below", A, B, span=SOMEWHERE)),
        ("a begins", syntax.Edge(A, "begins", span=SOMEWHERE)),
        ("a ends", syntax.Edge(A, "ends", span=SOMEWHERE)),
        ("a for 3 sessions", syntax.ForSessions(A, number(3.0, "sessions"), span=SOMEWHERE)),
        ("a for n", syntax.ForSessions(A, name("n"), span=SOMEWHERE)),
        ("within 5 sessions before a", syntax.Within(number(5.0, "sessions"), "before", A, span=SOMEWHERE)),
        ("within 5 sessions after a", syntax.Within(number(5.0, "sessions"), "after", A, span=SOMEWHERE)),
        ("within 5 sessions of a", syntax.Within(number(5.0, "sessions"), "of", A, span=SOMEWHERE)),
        ("a when b else c", syntax.Conditional(A, B, C, span=SOMEWHERE)),
        ("4% of a", syntax.Share(number(0.04, "%"), A, span=SOMEWHERE)),
        ("1 contract per $50_000 of a", syntax.Per(number(1.0, "contracts"), number(50_000.0, "$"), A, span=SOMEWHERE)),
        ("near is open", syntax.Holding(name("near"), "is open", span=SOMEWHERE)),
        ("near is closed", syntax.Holding(name("near"), "is closed", span=SOMEWHERE)),
        ("h.near opens", syntax.Holding(syntax.Attribute(name("h"), identifier("near"), span=SOMEWHERE), "opens", span=SOMEWHERE)),
        ("near closes", syntax.Holding(name("near"), "closes", span=SOMEWHERE)),
        ("near rolls", syntax.Holding(name("near"), "rolls", span=SOMEWHERE)),
        ("size changes", syntax.Holding(name("size"), "changes", span=SOMEWHERE)),
        (
            "by a { below 16 : 0% from 16 : b }",
            syntax.Table(
                A,
                (
                    syntax.TableRow("below", number(16.0), number(0.0, "%"), span=SOMEWHERE),
                    syntax.TableRow("from", number(16.0), B, span=SOMEWHERE),
                ),
                span=SOMEWHERE,
            ),
        ),
        (
            "by a { up to 15 : 0% above 15 : 1% }",
            syntax.Table(
                A,
                (
                    syntax.TableRow("up to", number(15.0), number(0.0, "%"), span=SOMEWHERE),
                    syntax.TableRow("above", number(15.0), number(0.01, "%"), span=SOMEWHERE),
                ),
                span=SOMEWHERE,
            ),
        ),
    ],
)
def test_forms(text: str, expected: syntax.Expression) -> None:
    assert read_expression(text) == expected


@pytest.mark.parametrize("operator", ["<", "<=", ">", ">=", "=", "!="])
def test_comparisons(operator: str) -> None:
    comparison = read_expression(f"a {operator} b")
    assert isinstance(comparison, syntax.Comparison)
    assert (comparison.operator, comparison.left, comparison.right) == (operator, A, B)


@pytest.mark.parametrize(
    ("text", "grouped"),
    [
        ("a + b * c", "a + (b * c)"),
        ("a - b - c", "(a - b) - c"),
        ("a / b / c", "(a / b) / c"),
        ("-a * b", "(-a) * b"),
        ("-a.b", "-(a.b)"),
        ("50% of a * 2", "(50% of a) * 2"),
        ("10% of 50% of a", "10% of (50% of a)"),
        ("a >= 50% of b", "a >= (50% of b)"),
        ("a + b < c - d", "(a + b) < (c - d)"),
        ("not a or b", "(not a) or b"),
        ("not a > b", "not (a > b)"),
        ("not a begins", "not (a begins)"),
        ("not a > b for 3 sessions", "not ((a > b) for 3 sessions)"),
        ("a or b and c", "a or (b and c)"),
        ("a and b or c", "(a and b) or c"),
        ("a crosses above b and c", "(a crosses above b) and c"),
        ("a > b for 2 sessions and c > d", "((a > b) for 2 sessions) and (c > d)"),
        ("a or b begins", "a or (b begins)"),
        ("a and within 3 sessions of b", "a and (within 3 sessions of b)"),
        ("within 3 sessions of a and b", "(within 3 sessions of a) and b"),
        ("within 3 sessions of a > b begins", "within 3 sessions of ((a > b) begins)"),
        ("a begins ends", "(a begins) ends"),
        ("a when b or c else d", "a when (b or c) else d"),
        ("a when b else c when d else a", "a when b else (c when d else a)"),
        ("by a { below 1 : 0% from 1 : 1% } of b", "(by a { below 1 : 0% from 1 : 1% }) of b"),
        ("1 per $5 of a + b", "(1 per $5 of a) + b"),
    ],
)
def test_what_binds_tighter(text: str, grouped: str) -> None:
    assert read_expression(text) == read_expression(grouped)


def test_grouping_changes_the_tree() -> None:
    assert read_expression("(a + b) * c") != read_expression("a + b * c")
    assert read_expression("(not a) begins") != read_expression("not a begins")


def test_words_of_the_language_are_names_where_a_value_is_expected() -> None:
    for word in ("open", "size", "first", "days", "vix", "share", "limit", "monthly", "layer"):
        assert read_expression(f"{word} + 1") == syntax.Arithmetic("+", name(word), number(1.0), span=SOMEWHERE)
        assert read_expression(f"x.{word}") == syntax.Attribute(name("x"), identifier(word), span=SOMEWHERE)


def test_names_may_have_letters_of_any_script_and_compare_in_composed_form() -> None:
    assert read_expression("波動率_1") == name("波動率_1")
    assert read_expression("cafe\N{COMBINING ACUTE ACCENT}") == name("caf\N{LATIN SMALL LETTER E WITH ACUTE}")


def test_line_breaks_and_comments_mean_nothing_inside_an_expression() -> None:
    assert read_expression("a # one\n\r\n + \t b\r * c") == read_expression("a + b * c")
