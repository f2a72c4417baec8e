"""ALV0310: money against a per cent that does not say of what."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0310",
    name="ratio-of-what",
    family="units",
    summary="Money against a per cent that does not say of what.",
    why="Half of the credit, of the cost, of equity? Each is another rule.",
    example="""\
book condors {
  sell SPX put at 0.16 delta, 45 days
  close when profit >= 50%
}
""",
    fix="""\
book condors {
  sell SPX put at 0.16 delta, 45 days
  close when profit >= 50% of credit
}
""",
)


def ratio_of_what(span: Span, money: str, ratio: str, fixed: str) -> Diagnostic:
    return RULE.finding(span, f"`{money}` is money, and `{ratio}` of what?", f"Write `{fixed}`.")
