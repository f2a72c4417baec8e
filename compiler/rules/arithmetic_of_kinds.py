"""ALV0315: values that cannot be multiplied or divided."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0315",
    name="arithmetic-of-kinds",
    family="units",
    summary="Values that cannot be multiplied or divided.",
    why="Dollars times days is no value a rule could mean.",
    example="""\
book condors {
  sell SPX put at 0.16 delta, 45 days
  size $500 * 2 contracts
}
""",
    fix="""\
book condors {
  sell SPX put at 0.16 delta, 45 days
  size 2 * 2 contracts
}
""",
)


def product_of_kinds(span: Span, left: str, left_kind: str, right: str, right_kind: str) -> Diagnostic:
    message = f"`{left}` is {left_kind} and `{right}` is {right_kind}: they cannot be multiplied."
    return RULE.finding(span, message, "One of them must be a plain number or a ratio.")


def quotient_of_kinds(span: Span, left: str, left_kind: str, right: str, right_kind: str, *hints: str) -> Diagnostic:
    message = f"`{left}` is {left_kind} and `{right}` is {right_kind}: one cannot be divided by the other."
    return RULE.finding(span, message, *(hints or ("Divide by a plain number, a ratio, or a value of the same kind.",)))
