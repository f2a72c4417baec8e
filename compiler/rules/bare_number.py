"""ALV0307: a bare number where a unit is needed."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0307",
    name="bare-number",
    family="units",
    summary="A bare number where a unit is needed.",
    why="7 what? Calendar days, sessions, dollars and contracts would all be possible.",
    example="""\
book condors {
  sell SPX put at 0.16 delta, 45 days
  close when dte <= 7
}
""",
    fix="""\
book condors {
  sell SPX put at 0.16 delta, 45 days
  close when dte <= 7 days
}
""",
)


def bare_number(span: Span, text: str, kind: str, number: str, fixed: str | None) -> Diagnostic:
    hint = (f"Write `{fixed}`.",) if fixed else ()
    return RULE.finding(span, f"`{text}` is {kind}, and `{number}` has no unit.", *hint)


def unit_needed(span: Span, number: str, what: str, *fixed: str) -> Diagnostic:
    choices = " or ".join(f"`{choice}`" for choice in fixed)
    return RULE.finding(span, f"{number} what? {what}", f"Write {choices}.")
