"""ALV0229: a market series that this version does not supply."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0229",
    name="unsupported-series",
    family="names",
    summary="A market series that this version does not supply.",
    why="A rule on a series that is never there would never act.",
    example="trigger inverted = vx(12) < vx(1)\n",
    fix="trigger inverted = vx(7) < vx(1)\n",
)


def unsupported_series(span: Span, name: str, hint: str) -> Diagnostic:
    return RULE.finding(span, f"This version has no series `{name}`.", hint)
