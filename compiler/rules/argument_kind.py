"""ALV0320: a function of a value it is not defined for."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0320",
    name="argument-kind",
    family="units",
    summary="A function of a value it is not defined for.",
    why="The change of a ratio in per cent, or the logarithm of dollars, would be misread.",
    example="""\
let curve = vx(1) / vx(2)
book condors {
  sell SPX put at 0.16 delta, 45 days
  open when change(curve, 5 sessions) > 2%
}
""",
    fix="""\
let curve = vx(1) / vx(2)
book condors {
  sell SPX put at 0.16 delta, 45 days
  open when curve - prev(curve, 5 sessions) > 2%
}
""",
)


def argument_kind(span: Span, function: str, text: str, kind: str, *hints: str) -> Diagnostic:
    return RULE.finding(span, f"`{function}` cannot be taken of `{text}`, which is {kind}.", *hints)


def market_argument(span: Span, text: str, message: str, hint: str) -> Diagnostic:
    return RULE.finding(span, message.replace("{}", f"`{text}`"), hint)
