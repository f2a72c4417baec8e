"""ALV0323: a statement with a value of the wrong kind."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0323",
    name="wrong-kind",
    family="units",
    summary="A statement with a value of the wrong kind.",
    why="A limit is money, a share is a ratio, a unit is a plain number.",
    example="""\
hedge h {
  limit cost to 15%
  layer calls { buy 1 VIX call at 0.30 delta, 30 days }
}
""",
    fix="""\
hedge h {
  limit cost to 15% of equity
  layer calls { buy 1 VIX call at 0.30 delta, 30 days }
}
""",
)


def wrong_kind(span: Span, what: str, wanted: str, text: str, kind: str, *hints: str) -> Diagnostic:
    return RULE.finding(span, f"{what} is {wanted}, and `{text}` is {kind}.", *hints)
