"""ALV0314: `within` around a condition that lasts."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0314",
    name="event-needed",
    family="units",
    summary="`within` around a condition that lasts.",
    why="Within five sessions of what: its beginning, its end, any day of it? An event happens at an instant.",
    example="""\
book condors {
  sell SPX put at 0.16 delta, 45 days
  open when within 5 sessions after (vix > 30)
}
""",
    fix="""\
book condors {
  sell SPX put at 0.16 delta, 45 days
  open when within 5 sessions after (vix crosses above 30)
}
""",
)


def event_needed(span: Span, text: str, fixed: str) -> Diagnostic:
    return RULE.finding(span, f"`{text}` may last for many sessions, and `within` needs an instant.", f"Write `{fixed}`.")
