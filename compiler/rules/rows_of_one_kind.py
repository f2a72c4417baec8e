"""ALV0318: rows or sides that are not of one kind."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0318",
    name="rows-of-one-kind",
    family="units",
    summary="Rows or sides that are not of one kind.",
    why="Whichever row holds, the rule around it must mean the same.",
    example="""\
let calm = 15 points when vvix < 90 else $20
book condors {
  sell SPX put at 0.16 delta, 45 days
  open when vix < calm
}
""",
    fix="""\
let calm = 15 points when vvix < 90 else 20 points
book condors {
  sell SPX put at 0.16 delta, 45 days
  open when vix < calm
}
""",
)


def rows_of_one_kind(span: Span, text: str, kind: str, first: str, first_kind: str, *hints: str) -> Diagnostic:
    return RULE.finding(span, f"`{text}` is {kind}, and `{first}` before it is {first_kind}: all must be of one kind.", *hints)
