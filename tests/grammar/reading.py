"""What the tests of the grammar share: reading a text that must be right, and short names for its parts."""

from __future__ import annotations

from pathlib import Path

from alvh.grammar import syntax
from alvh.grammar.parse import parse, parse_expression
from alvh.grammar.render import render_text
from alvh.grammar.source import Source, Span

STRATEGIES = Path(__file__).parents[2] / "strategies"
SHIPPED = sorted(STRATEGIES.rglob("*.alvh"))
BAD = Path(__file__).with_name("bad")

SOMEWHERE = Span(Source("somewhere", ""), 0, 0)


def read_file(text: str) -> syntax.File:
    result = parse(Source("test.alvh", text))
    assert not result.diagnostics, render_text(result.diagnostics)
    return result.file


def read_declaration(text: str) -> syntax.Declaration:
    (declaration,) = read_file(text).declarations
    return declaration


def read_statement(text: str) -> syntax.Statement:
    hedge = read_declaration(f"hedge h {{ layer a {{ {text} }} }}")
    assert isinstance(hedge, syntax.Hedge)
    (layer,) = hedge.body
    assert isinstance(layer, syntax.Layer)
    (statement,) = layer.body
    return statement


def read_expression(text: str) -> syntax.Expression:
    expression, diagnostics = parse_expression(Source("test", text))
    assert not diagnostics, render_text(diagnostics)
    assert expression is not None
    return expression


def identifier(text: str) -> syntax.Identifier:
    return syntax.Identifier(text, span=SOMEWHERE)


def path(text: str) -> syntax.Path:
    return syntax.Path(tuple(map(identifier, text.split("."))), span=SOMEWHERE)


def name(text: str) -> syntax.Name:
    return syntax.Name(text, span=SOMEWHERE)


def number(value: float, unit: str = "") -> syntax.Literal:
    return syntax.Literal(value, unit, "", span=SOMEWHERE)


def codes(text: str) -> list[str]:
    return [diagnostic.code for diagnostic in parse(Source("test.alvh", text)).diagnostics]
