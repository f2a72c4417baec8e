"""ALV0506: an event that is asked to last."""

from __future__ import annotations

from collections.abc import Iterator

from alvh.compiler.constants import constant_value
from alvh.compiler.kinds import Family
from alvh.compiler.registry import Rule
from alvh.compiler.subject import Subject
from alvh.grammar import syntax
from alvh.grammar.diagnostics import Diagnostic, Severity

RULE = Rule(
    code="ALV0506",
    name="event-for-sessions",
    family="time",
    summary="An event `for` more than one session is never true.",
    why="An event is true on single bars: `crosses`, `begins` and `ends` cannot hold on two bars in a row.",
    example="trigger risen = (vix crosses above 20) for 3 sessions\n",
    fix="trigger risen = vix > 20 for 3 sessions\n",
    severity=Severity.WARNING,
)


def find(subject: Subject) -> Iterator[Diagnostic]:
    for expression in subject.expressions():
        if not isinstance(expression, syntax.ForSessions):
            continue
        kind = subject.meaning.kinds.get(id(expression.condition))
        length = constant_value(expression.length, subject.meaning)
        if kind is not None and kind.family is Family.EVENT and length is not None and length > 1:
            yield RULE.finding(
                expression.span,
                f"`{expression.span.text}` is never true: an event lasts one session.",
                "Ask for the level, as in `vix > 20 for 3 sessions`,"
                " or how long ago the event may be, as in `within 3 sessions after (vix crosses above 20)`.",
            )
