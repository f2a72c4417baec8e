"""ALV0206: a product that nobody lists."""

from __future__ import annotations

from alvh.compiler.nearest_names import did_you_mean
from alvh.compiler.registry import Rule
from alvh.compiler.vocabulary import PRODUCTS
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0206",
    name="unknown-product",
    family="names",
    summary="A product that the language does not know.",
    why="What a leg trades decides its settlement, its forward and its costs.",
    example="hedge h {\n  layer calls { buy 1 VXI call at 0.30 delta, 30 days }\n}\n",
    fix="hedge h {\n  layer calls { buy 1 VIX call at 0.30 delta, 30 days }\n}\n",
)


def unknown_product(span: Span, name: str) -> Diagnostic:
    hints = did_you_mean(name, PRODUCTS) or (f"A leg trades {', '.join(f'`{product}`' for product in PRODUCTS)}.",)
    return RULE.finding(span, f"`{name}` is no product that a leg can trade.", *hints)
