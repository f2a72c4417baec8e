"""ALV0301: two values of different kinds, compared or added."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0301",
    name="kinds-differ",
    family="units",
    summary="Two values of different kinds, compared or added.",
    why="Dollars, days, deltas and points measure different things; there is no conversion between them.",
    example="""\
book condors {
  sell SPX put at 0.16 delta, 45 days
  close when profit > 20 days
}
""",
    fix="""\
book condors {
  sell SPX put at 0.16 delta, 45 days
  close when profit > $20
}
""",
)


def kinds_differ(span: Span, left: str, left_kind: str, right: str, right_kind: str, verb: str, *hints: str) -> Diagnostic:
    """`verb` is what was tried: compared, added, subtracted."""
    return RULE.finding(span, f"`{left}` is {left_kind} and `{right}` is {right_kind}: they cannot be {verb}.", *hints)
