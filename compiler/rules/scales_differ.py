"""ALV0312: points of different scales, compared or added."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0312",
    name="scales-differ",
    family="units",
    summary="Points of different scales, compared or added.",
    why="SPX stands in the thousands and VIX in the tens: whichever is larger says nothing.",
    example="""\
book condors {
  sell SPX put at 0.16 delta, 45 days
  open when spx > vx(1)
}
""",
    fix="""\
book condors {
  sell SPX put at 0.16 delta, 45 days
  open when vix > vx(1)
}
""",
)


def scales_differ(span: Span, left: str, left_kind: str, right: str, right_kind: str, verb: str) -> Diagnostic:
    message = f"`{left}` is in {left_kind} and `{right}` in {right_kind}: they cannot be {verb}."
    hint = "Compare changes, ranks or z-scores instead, as in `percentile_rank(vix, 252 sessions)`."
    return RULE.finding(span, message, hint)
