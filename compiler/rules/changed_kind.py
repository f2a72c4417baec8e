"""ALV0322: a change that gives a name another kind of value."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0322",
    name="changed-kind",
    family="units",
    summary="A change that gives a name another kind of value.",
    why="What reads the name was written for the kind it had.",
    example="""\
use "books/condor.alvh"
change wing = 2%
""",
    fix="""\
use "books/condor.alvh"
change wing = 30 points
""",
)


def changed_kind(span: Span, name: str, kind: str, original: str, original_kind: str) -> Diagnostic:
    return RULE.finding(span, f"`{name}` was {original_kind} (`{original}`), and this is {kind}.", "Write a value of the same kind.")
