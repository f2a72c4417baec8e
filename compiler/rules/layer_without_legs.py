"""ALV0228: a layer that trades nothing."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0228",
    name="layer-without-legs",
    family="names",
    summary="A book, hedge or layer that trades nothing.",
    why="It could never open.",
    example="hedge h {\n  layer calls { open when vix > 20 }\n}\n",
    fix="hedge h {\n  layer calls {\n    buy 1 VIX call at 0.30 delta, 30 days\n    open when vix > 20\n  }\n}\n",
)


def layer_without_legs(span: Span, path: str) -> Diagnostic:
    return RULE.finding(span, f"`{path}` has no legs, so it can never open.", "Add one, as in `buy 1 VIX call at 0.30 delta, 30 days`.")
