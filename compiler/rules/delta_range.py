"""ALV0305: a delta that is not between 0 and 1."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0305",
    name="delta-range",
    family="units",
    summary="A delta that is not between 0 and 1.",
    why="Deltas run from 0 to 1 here, whatever the side: what a dealer calls 16 delta is `0.16 delta`.",
    example="""\
hedge h {
  layer calls {
    buy 1 VIX call at 30 delta, 30 days
  }
}
""",
    fix="""\
hedge h {
  layer calls {
    buy 1 VIX call at 0.30 delta, 30 days
  }
}
""",
)


def delta_range(span: Span, text: str, value: float) -> Diagnostic:
    message = f"`{text}` is no delta: they run from 0 to 1."
    magnitude = abs(value) if abs(value) < 1 else abs(value) / 100
    if 0 < magnitude < 1:
        return RULE.finding(
            span, message, f"Write `{magnitude:.2f} delta`." if value > 0 else f"Puts count the same way: write `{magnitude:.2f} delta`."
        )
    return RULE.finding(span, message)


def delta_needed(span: Span, text: str, kind: str, fixed: str | None) -> Diagnostic:
    hint = f"Write `at {fixed}`." if fixed else "Write `at 0.30 delta`, `at 110% of forward` or `at strike 30`."
    return RULE.finding(span, f"`at` takes a delta, and `{text}` is {kind}.", hint)
