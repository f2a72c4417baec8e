"""ALV0324: `R of X` that is not a ratio of money, points or contracts."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0324",
    name="ratio-base",
    family="units",
    summary="`R of X` that is not a ratio of money, points or contracts.",
    why="Half of something is the same kind of thing; a quarter of a date is nothing.",
    example="""\
book condors {
  sell SPX put at 0.16 delta, 45 days
  size 50 of equity
}
""",
    fix="""\
book condors {
  sell SPX put at 0.16 delta, 45 days
  size 50% of equity
}
""",
)


def share_of_no_ratio(span: Span, text: str, kind: str, fixed: str | None) -> Diagnostic:
    hint = f"Write `{fixed}`." if fixed else "Write a per cent, as in `4% of equity`."
    return RULE.finding(span, f"`of` takes a ratio, and `{text}` is {kind}.", hint)


def share_of_no_base(span: Span, text: str, kind: str) -> Diagnostic:
    return RULE.finding(span, f"A part can be taken of money, points or contracts, and `{text}` is {kind}.")


def per_of_kinds(span: Span, amount: str, amount_kind: str, base: str, base_kind: str) -> Diagnostic:
    message = f"`per {amount} of {base}` divides {base_kind} by {amount_kind}."
    return RULE.finding(span, message, "Both must be of one kind, as in `1 contract per $50_000 of capital`.")
