"""ALV0321: a value outside the range it may have."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0321",
    name="outside-range",
    family="units",
    summary="A value outside the range it may have.",
    why="A param's value lies in its own range; shares of one budget are at most all of it.",
    example="""\
param limit = 20% in 4% .. 15%
book condors {
  sell SPX put at 0.16 delta, 45 days
  open when vix / vix3m - 1 < limit
}
""",
    fix="""\
param limit = 10% in 4% .. 15%
book condors {
  sell SPX put at 0.16 delta, 45 days
  open when vix / vix3m - 1 < limit
}
""",
)


def outside_range(span: Span, name: str, text: str, low: str, high: str) -> Diagnostic:
    return RULE.finding(span, f"`{name}` is {text}, outside its range {low} .. {high}.", "Move the value or the range.")


def empty_range(span: Span, low: str, high: str) -> Diagnostic:
    return RULE.finding(span, f"Nothing lies in {low} .. {high}.", "The lower end comes first.")


def shares_above_all(span: Span, group: str, total: str) -> Diagnostic:
    return RULE.finding(span, f"The shares of `{group}` add up to {total}.", "They may add up to 100% at most.")
