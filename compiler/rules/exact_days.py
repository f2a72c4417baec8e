"""ALV0309: days to expiry compared with `=`."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0309",
    name="exact-days",
    family="units",
    summary="Days to expiry compared with `=`.",
    why="Days to expiry skip over weekends and holidays, so an exact day may never come.",
    example="""\
book condors {
  sell SPX put at 0.16 delta, 45 days
  close when dte = 21 days
}
""",
    fix="""\
book condors {
  sell SPX put at 0.16 delta, 45 days
  close when dte <= 21 days
}
""",
)


def exact_days(span: Span, left: str, right: str) -> Diagnostic:
    message = "Days skip over weekends and holidays, so this may never hold."
    return RULE.finding(span, message, f"Write `{left} <= {right}`.")
