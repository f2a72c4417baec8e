"""ALV0702: a level where what happens once is meant."""

from __future__ import annotations

from collections.abc import Iterator

from alvh.compiler.expressions import text_of
from alvh.compiler.kinds import Family
from alvh.compiler.registry import Rule
from alvh.compiler.subject import Subject
from alvh.grammar import syntax
from alvh.grammar.diagnostics import Diagnostic, Severity

RULE = Rule(
    code="ALV0702",
    name="level-for-event",
    family="logic",
    summary="An `add` or a `shift` on a level, which acts on every bar on which it holds.",
    why="A level holds for many sessions in a row, and each of them adds a lot or shifts the budget once more. What should happen once"
    " wants an edge: `crosses above`, `begins`, or a schedule.",
    example="hedge h {\n  layer a {\n    buy VIX calls at 0.30 delta, 60 days\n    size 2 contracts\n    at most 4 lots\n"
    "    add 1 contract when vix > 20\n  }\n}\n",
    fix="hedge h {\n  layer a {\n    buy VIX calls at 0.30 delta, 60 days\n    size 2 contracts\n    at most 4 lots\n"
    "    add 1 contract when vix crosses above 20\n  }\n}\n",
    severity=Severity.WARNING,
)


def find(subject: Subject) -> Iterator[Diagnostic]:
    for statement in subject.statements():
        if not isinstance(statement, syntax.Add | syntax.Shift) or statement.schedule is not None or statement.condition is None:
            continue
        condition = statement.condition
        kind = subject.meaning.kinds.get(id(condition))
        if kind is not None and kind.family is Family.CONDITION:
            verb = "adds" if isinstance(statement, syntax.Add) else "shifts"
            message = f"This line {verb} on every bar on which `{text_of(condition)}` holds."
            yield RULE.finding(condition.span, message, f"{_once(condition)}, or add `every week` before `when`.")


def _once(condition: syntax.Expression) -> str:
    if isinstance(condition, syntax.Comparison) and condition.operator in ("<", "<=", ">", ">="):
        edge = "above" if condition.operator.startswith(">") else "below"
        return f"For the bar on which it happens, write `{text_of(condition.left)} crosses {edge} {text_of(condition.right)}`"
    text = text_of(condition)
    text = text if isinstance(condition, syntax.Name | syntax.Holding) else f"({text})"
    return f"For the bar on which it happens, write `{text} begins`"
