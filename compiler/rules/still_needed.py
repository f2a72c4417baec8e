"""ALV0217: a dropped declaration that something still reads."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic, Related
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0217",
    name="still-needed",
    family="names",
    summary="A dropped declaration that something still reads.",
    why="Without it, the rule that reads it has no meaning. Change or drop that rule too.",
    example='use "books/condor.alvh"\ndrop wing\n',
    fix='use "books/condor.alvh"\nchange wing = 50 points\n',
)


def still_needed(span: Span, name: str, dropped: Span) -> Diagnostic:
    message = f"`{name}` was dropped, and is still needed here."
    return RULE.finding(span, message, "Change or drop what needs it too.", related=(Related(dropped, "dropped here"),))
