"""ALV0311: a layer's total inside the layer itself, where each lot's own was probably meant."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic, Severity
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0311",
    name="book-total",
    family="units",
    summary="A layer's total inside the layer itself, where each lot's own was probably meant.",
    why="`condors.profit` inside condors sums all lots: the rule then closes every lot on the book's total, not the one that earned it.",
    example="book condors {\n  sell SPX put at 0.16 delta, 45 days\n  at most 6 lots\n  close when condors.profit >= $500\n}\n",
    fix="book condors {\n  sell SPX put at 0.16 delta, 45 days\n  at most 6 lots\n  close when profit >= $500\n}\n",
    severity=Severity.WARNING,
)


def book_total(span: Span, layer: str, name: str) -> Diagnostic:
    message = f"`{layer}.{name}` is the total of all lots, and the rule is asked for each lot."
    return RULE.finding(span, message, f"For each lot's own, write `{name}`.")
