"""ALV0308: calendar days where sessions are meant, or the other way round."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0308",
    name="days-and-sessions",
    family="units",
    summary="Calendar days where sessions are meant, or the other way round.",
    why="Five sessions are a week, five days are not. Windows and waits count sessions; times to expiry count calendar days.",
    example="""\
book condors {
  sell SPX put at 0.16 delta, 45 days
  open when change(vix, 5 days) >= 15%
}
""",
    fix="""\
book condors {
  sell SPX put at 0.16 delta, 45 days
  open when change(vix, 5 sessions) >= 15%
}
""",
)


def sessions_meant(span: Span, what: str, text: str, fixed: str | None) -> Diagnostic:
    hint = (f"Write `{fixed}`.",) if fixed else ()
    return RULE.finding(span, f"{what} counts sessions, and `{text}` is in calendar days.", *hint)


def days_meant(span: Span, what: str, text: str, fixed: str | None) -> Diagnostic:
    hint = (f"Write `{fixed}`.",) if fixed else ()
    return RULE.finding(span, f"{what} counts calendar days, and `{text}` is in sessions.", *hint)
