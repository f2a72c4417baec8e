"""ALV0225: a statement that does not belong in this block."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0225",
    name="statement-in-wrong-block",
    family="names",
    summary="A statement that does not belong in this block.",
    why="`unit`, `budget`, `limit cost`, `first`, `shift`, `keep` and `unwind` belong to a whole hedge, `hold SPX` to a book, the rest to"
    " layers.",
    example="""\
hedge h {
  layer calls {
    buy VIX calls at 0.30 delta, 30 days
    budget 1% of equity per year, paid monthly
  }
}
""",
    fix="""\
hedge h {
  budget 1% of equity per year, paid monthly
  layer calls {
    share 100%
    buy VIX calls at 0.30 delta, 30 days
  }
}
""",
)


def misplaced_statement(span: Span, verb: str, block: str, belongs: str) -> Diagnostic:
    return RULE.finding(span, f"`{verb}` does not belong in {block}.", f"It belongs in {belongs}.")


def share_without_budget(span: Span, group: str) -> Diagnostic:
    return RULE.finding(span, f"`{group}` has no budget to share.", "Give the hedge one: `budget 1.5% of equity per year, paid monthly`.")
