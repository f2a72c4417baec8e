"""ALV0306: a strike measured from spot where the option's own forward is meant."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0306",
    name="strike-of-spot",
    family="units",
    summary="A strike measured from spot where the option's own forward is meant.",
    why="A VIX option is priced on the future of its own expiry, which may stand far from spot VIX. Strikes are measured from that.",
    example="""\
hedge h {
  layer calls {
    buy 1 VIX call at 110% of vix, 30 days
  }
}
""",
    fix="""\
hedge h {
  layer calls {
    buy 1 VIX call at 110% of forward, 30 days
  }
}
""",
)


def strike_of_spot(span: Span, ratio: str, base: str) -> Diagnostic:
    message = f"A strike is measured from the option's own forward, not from `{base}`."
    return RULE.finding(span, message, f"Write `at {ratio} of forward`.")
