"""ALV0316: a value where a condition is needed."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0316",
    name="condition-needed",
    family="units",
    summary="A value where a condition is needed.",
    why="A rule acts when something is true; a level alone is neither true nor false.",
    example="""\
book condors {
  sell SPX put at 0.16 delta, 45 days
  open when vix
}
""",
    fix="""\
book condors {
  sell SPX put at 0.16 delta, 45 days
  open when vix > 20
}
""",
)


def condition_needed(span: Span, text: str, kind: str) -> Diagnostic:
    return RULE.finding(span, f"A condition is needed here, and `{text}` is {kind}.", f"Compare it with something, as in `{text} > ...`.")
