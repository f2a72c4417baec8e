"""ALV0215: a name of one sort where another is meant."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0215",
    name="wrong-sort-of-name",
    family="names",
    summary="A name of one sort where another is meant.",
    why="Only books, hedges and layers open, close and roll; only calendars have dates.",
    example="trigger stress = vix > 30\nbook condors {\n  sell SPX put at 0.16 delta, 45 days\n  open when stress is open\n}\n",
    fix="trigger stress = vix > 30\nbook condors {\n  sell SPX put at 0.16 delta, 45 days\n  open when stress\n}\n",
)


def not_a_layer(span: Span, name: str, sort: str) -> Diagnostic:
    hint = "Only books, hedges and layers open, close and roll."
    return RULE.finding(span, f"`{name}` is {sort}, no book, hedge or layer.", hint)


def not_a_structure(span: Span, name: str) -> Diagnostic:
    return RULE.finding(span, f"`{name}` is no structure.", "`legs NAME(...)` names a `structure NAME(...) { ... }`.")


def not_a_value(span: Span, name: str) -> Diagnostic:
    return RULE.finding(span, f"`{name}` is a structure, no value.", f"A layer takes its legs over: `legs {name}(...)`.")


def not_a_calendar(span: Span, name: str, sort: str) -> Diagnostic:
    return RULE.finding(span, f"`{name}` is {sort}, no calendar.", f"Write `when {name}` for a condition.")


def whole_hedge(span: Span, name: str, layers: tuple[str, ...]) -> Diagnostic:
    hints = (f"Name one of its layers: {', '.join(f'`{layer}`' for layer in layers)}.",) if layers else ()
    return RULE.finding(span, f"`{name}` is a whole book or hedge, and a layer is meant here.", *hints)


def not_in_this_hedge(span: Span, path: str, group: str, verb: str) -> Diagnostic:
    return RULE.finding(span, f"`{path}` is no layer of `{group}`.", f"`{verb}` is about the layers of its own hedge.")
