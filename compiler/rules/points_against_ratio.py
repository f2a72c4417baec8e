"""ALV0302: a level in points against a per cent."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0302",
    name="points-against-ratio",
    family="units",
    summary="A level in points against a per cent.",
    why="VIX at twenty is 20 points. 20% is the ratio 0.2, and VIX was never below it.",
    example="""\
book condors {
  sell SPX put at 0.16 delta, 45 days
  open when vix > 20%
}
""",
    fix="""\
book condors {
  sell SPX put at 0.16 delta, 45 days
  open when vix > 20
}
""",
)


def points_against_ratio(span: Span, points: str, kind: str, ratio: str, fixed: str | None) -> Diagnostic:
    """`fixed` is the comparison with the per cent written as points, where it is a literal."""
    hint = f"Write `{fixed}`." if fixed else f"For a change in per cent, write `change({points}, 5 sessions)`."
    return RULE.finding(span, f"`{points}` is quoted in {kind}, and `{ratio}` is a ratio.", hint)
