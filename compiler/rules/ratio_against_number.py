"""ALV0303: a ratio against a bare number."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0303",
    name="ratio-against-number",
    family="units",
    summary="A ratio against a bare number.",
    why="Is `8` eight per cent or eight times? A per cent sign says it.",
    example="""\
let backwardation = vx(1) / vx(2) - 1
book condors {
  sell SPX put at 0.16 delta, 45 days
  open when backwardation > 8
}
""",
    fix="""\
let backwardation = vx(1) / vx(2) - 1
book condors {
  sell SPX put at 0.16 delta, 45 days
  open when backwardation > 8%
}
""",
)


def ratio_against_number(span: Span, ratio: str, number: str, fixed: str | None) -> Diagnostic:
    hint = f"Write `{fixed}`." if fixed else "Write the bound in per cent, as in `8%`."
    return RULE.finding(span, f"`{ratio}` is a ratio, and `{number}` is a bare number.", hint)
