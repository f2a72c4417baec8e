"""ALV0319: a table whose breakpoints do not ascend, or whose rows do not join."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0319",
    name="breakpoints",
    family="units",
    summary="A table whose breakpoints do not ascend, or whose rows do not join.",
    why="With ascending breakpoints a table has no gap and no overlap.",
    example="""\
book condors {
  sell SPX put at 0.16 delta, 45 days
  size by vix { below 20 : 1 contract  from 16 : 2 contracts } * 1
}
""",
    fix="""\
book condors {
  sell SPX put at 0.16 delta, 45 days
  size by vix { below 16 : 1 contract  from 16 : 2 contracts } * 1
}
""",
)


def breakpoints_descend(span: Span, text: str, before: str) -> Diagnostic:
    return RULE.finding(
        span, f"`{text}` does not come after `{before}`: breakpoints ascend.", "Order the rows from the lowest to the highest."
    )


def rows_do_not_join(span: Span, message: str) -> Diagnostic:
    return RULE.finding(
        span,
        message,
        "Write `below a`, `from a`, `from b` ... or `up to a`, `up to b`, ... `above b`.",
    )
