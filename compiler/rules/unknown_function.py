"""ALV0210: a function that does not exist."""

from __future__ import annotations

from collections.abc import Iterable

from alvh.compiler.nearest_names import did_you_mean
from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0210",
    name="unknown-function",
    family="names",
    summary="A function that does not exist.",
    why="Indicators have fixed definitions, so that a figure can be checked against other software.",
    example="book condors {\n  sell SPX put at 0.16 delta, 45 days\n  open when rsii(spx, 14) < 30\n}\n",
    fix="book condors {\n  sell SPX put at 0.16 delta, 45 days\n  open when rsi(spx, 14) < 30\n}\n",
)


def unknown_function(span: Span, name: str, known: Iterable[str]) -> Diagnostic:
    choices = sorted(known)
    hints = did_you_mean(name, choices) or (f"Functions are {', '.join(choices)}.",)
    return RULE.finding(span, f"There is no function `{name}`.", *hints)


def not_a_function(span: Span, name: str) -> Diagnostic:
    return RULE.finding(span, f"`{name}` is no function.", f"Write `{name}` without parentheses.")
