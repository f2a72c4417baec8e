"""ALV0505: changes of a VIX future by rank, which is another contract after each settlement."""

from __future__ import annotations

from collections.abc import Iterator

from alvh.compiler.kinds import Family
from alvh.compiler.registry import Rule
from alvh.compiler.subject import Subject
from alvh.grammar import syntax
from alvh.grammar.diagnostics import Diagnostic, Severity

RULE = Rule(
    code="ALV0505",
    name="change-of-contract",
    family="time",
    summary="Changes of a VIX future by rank, which is another contract after each settlement.",
    why="`vx(1)` is the nearest monthly that expires after today. On settlement day it is the next month's, and the step from one contract"
    " to the other looks like a move that nobody could trade.",
    example="trigger rising = change(vx(1), 5 sessions) > 10%\n",
    fix="trigger rising = change(vx(30 days), 5 sessions) > 10%\n",
    severity=Severity.WARNING,
)

OF_CHANGES = frozenset({"change", "rsi", "macd", "realized_vol", "beta", "corr"})
"""Functions made of changes from one session to another."""


def find(subject: Subject) -> Iterator[Diagnostic]:
    for expression in subject.expressions():
        if not isinstance(expression, syntax.Call) or expression.function.name not in OF_CHANGES:
            continue
        for argument in expression.arguments:
            if _is_future_by_rank(argument, subject):
                text = argument.span.text
                yield RULE.finding(
                    argument.span,
                    f"`{text}` is another contract after each settlement, and `{expression.function.name}` takes the step for a move.",
                    "`vx(30 days)`, of constant maturity, makes no such step.",
                )


def _is_future_by_rank(expression: syntax.Expression, subject: Subject) -> bool:
    if not isinstance(expression, syntax.Call) or expression.function.name != "vx" or not expression.arguments:
        return False
    kind = subject.meaning.kinds.get(id(expression.arguments[0]))
    return kind is not None and kind.family is Family.NUMBER
