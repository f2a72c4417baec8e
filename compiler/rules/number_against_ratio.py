"""ALV0304: a plain number against a per cent."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0304",
    name="number-against-ratio",
    family="units",
    summary="A plain number against a per cent.",
    why="`50%` is 0.5. An RSI runs from 0 to 100, so it would always be above.",
    example="""\
book condors {
  sell SPX put at 0.16 delta, 45 days
  open when rsi(vix, 14) > 50%
}
""",
    fix="""\
book condors {
  sell SPX put at 0.16 delta, 45 days
  open when rsi(vix, 14) > 50
}
""",
)


def number_against_ratio(span: Span, number: str, ratio: str, fixed: str | None) -> Diagnostic:
    hint = f"Write `{fixed}`." if fixed else "Write the bound as a plain number."
    return RULE.finding(span, f"`{number}` is a plain number, and `{ratio}` is a ratio.", hint)
