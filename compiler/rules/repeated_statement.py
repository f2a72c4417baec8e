"""ALV0226: a statement said twice where one can hold."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic, Related
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0226",
    name="repeated-statement",
    family="names",
    summary="A statement said twice where one can hold.",
    why="Several lines of `open`, `close`, `roll` and `rebalance` are alternatives; a size or an expiry is one.",
    example="book condors {\n  sell SPX put at 0.16 delta, 45 days\n  size 1 contract\n  size 2 contracts\n}\n",
    fix="book condors {\n  sell SPX put at 0.16 delta, 45 days\n  size 2 contracts\n}\n",
)


def repeated_statement(span: Span, verb: str, first: Span) -> Diagnostic:
    return RULE.finding(span, f"`{verb}` is said twice.", "Keep one of them.", related=(Related(first, "first here"),))
