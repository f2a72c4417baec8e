"""ALV0203: a declaration that nothing reads."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic, Severity
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0203",
    name="unused-name",
    family="names",
    summary="A declaration that nothing reads.",
    why="Often the name was misspelt where it was meant, or a rule was forgotten. Names of used files may stay unused.",
    example="trigger stress = vix > 30\nbook condors { sell SPX put at 0.16 delta, 45 days }\n",
    fix="trigger stress = vix > 30\nbook condors {\n  sell SPX put at 0.16 delta, 45 days\n  close when stress\n}\n",
    severity=Severity.WARNING,
)


def unused_name(span: Span, sort: str, name: str) -> Diagnostic:
    return RULE.finding(span, f"The {sort} `{name}` is never used.", "Use it, or remove the line.")
