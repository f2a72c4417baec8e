"""ALV0317: a condition, calendar or layer where a value is needed."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0317",
    name="value-needed",
    family="units",
    summary="A condition, calendar or layer where a value is needed.",
    why="True and false cannot be compared, added or averaged.",
    example="""\
trigger calm = vix < 15
book condors {
  sell SPX put at 0.16 delta, 45 days
  open when calm > 0
}
""",
    fix="""\
trigger calm = vix < 15
book condors {
  sell SPX put at 0.16 delta, 45 days
  open when calm
}
""",
)


def value_needed(span: Span, text: str, kind: str, *hints: str) -> Diagnostic:
    return RULE.finding(span, f"A value is needed here, and `{text}` is {kind}.", *hints)
