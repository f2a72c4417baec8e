"""A node's span is the text it was made of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import fields
from reading import SHIPPED, name, read_expression

from alvh.grammar import syntax
from alvh.grammar.parse import parse, parse_expression
from alvh.grammar.source import Source

DESIGN = "trigger t = not (a + b) * -c.d > 50% of f(x, 3 sessions) for 3 sessions or within 2 sessions of h.n opens and 1 in 2 .. 3"


def walk(node: object) -> Iterator[syntax.Node]:
    if isinstance(node, tuple):
        for item in node:
            yield from walk(item)
    elif isinstance(node, syntax.Node):
        yield node
        for attribute in fields(type(node)):
            yield from walk(getattr(node, attribute.name))


@pytest.mark.parametrize("text", [*(file.read_text("utf-8") for file in SHIPPED), DESIGN])
def test_the_text_of_an_expression_reads_as_the_same_expression(text: str) -> None:
    file = parse(Source("x.alvh", text)).file
    seen = 0
    for node in walk(file):
        if isinstance(node, syntax.Expression):
            seen += 1
            if isinstance(node, syntax.Literal) and node.unit and node.text == node.span.text and node.text.replace("_", "").isdigit():
                continue  # the lower bound of `45..60 days`, whose unit stands at the upper one
            again, diagnostics = parse_expression(Source("again", node.span.text))
            assert diagnostics == ()
            assert again == node
    assert seen > 0 or "capital" not in text


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_children_lie_inside_their_parents(file: Path) -> None:
    text = file.read_text("utf-8")
    tree = parse(Source("x.alvh", text)).file
    assert tree.span.text == text

    def check(node: syntax.Node) -> None:
        for attribute in fields(type(node)):
            for child in walk(getattr(node, attribute.name)):
                assert node.span.start <= child.span.start <= child.span.end <= node.span.end, (node, child)
                assert child.span.text == child.span.text.strip()

    for node in walk(tree):
        check(node)


def test_names_and_statements_have_their_exact_text() -> None:
    text = 'hedge alvh {\n  layer far "Engine" {\n    roll into medium when dte <= 10 days  as "why"  # note\n  }\n}\n'
    (hedge,) = parse(Source("x.alvh", text)).file.declarations
    assert isinstance(hedge, syntax.Hedge)
    (layer,) = hedge.body
    assert isinstance(layer, syntax.Layer)
    (roll,) = layer.body
    assert isinstance(roll, syntax.Roll)
    assert hedge.span.text == text.strip()
    assert hedge.name.span.text == "alvh"
    assert layer.name.span.text == "far"
    assert roll.span.text == 'roll into medium when dte <= 10 days  as "why"'
    assert roll.into is not None
    assert roll.into.span.text == "medium"
    assert roll.condition is not None
    assert roll.condition.span.text == "dte <= 10 days"
    assert str(roll.span) == "x.alvh:3:5"


def test_equal_trees_mean_the_same_wherever_they_stand() -> None:
    assert read_expression("  a +\n b") == read_expression("a + b")
    assert hash(read_expression("  a +\n b")) == hash(read_expression("a + b"))
    assert read_expression("1_000 points") == read_expression("1000 point")
    assert read_expression("a") != syntax.Identifier("a", span=name("a").span)
    assert repr(read_expression("a + 1")) == "Arithmetic(operator='+', left=Name(name='a'), right=Literal(value=1.0, unit=''))"
