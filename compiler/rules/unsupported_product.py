"""ALV0207: a product of the language that this version does not trade."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0207",
    name="unsupported-product",
    family="names",
    summary="A product that this version does not trade.",
    why="This version trades SPX and VIX options; `hold SPX` keeps cash in the index.",
    example="hedge h {\n  layer calls { buy 1 VXX call at 0.50 delta, 30 days }\n}\n",
    fix="hedge h {\n  layer calls { buy 1 VIX call at 0.50 delta, 30 days }\n}\n",
)


def unsupported_product(span: Span, what: str) -> Diagnostic:
    return RULE.finding(span, f"This version trades SPX and VIX options, not {what}.", "Write the leg with VIX calls or SPX options.")


def unsupported_holding(span: Span, product: str) -> Diagnostic:
    return RULE.finding(span, f"Only the index can be held, not `{product}`.", "Write `hold SPX`.")
