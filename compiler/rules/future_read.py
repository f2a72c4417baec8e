"""ALV0501: a rule that would have to know the future."""

from __future__ import annotations

from collections.abc import Iterator

from alvh.compiler.known_ahead import is_known_ahead
from alvh.compiler.registry import Rule
from alvh.compiler.subject import Subject
from alvh.grammar import syntax
from alvh.grammar.diagnostics import Diagnostic

RULE = Rule(
    code="ALV0501",
    name="future-read",
    family="time",
    summary="`within N sessions before` an event that nobody knows in advance.",
    why="A value on a bar may depend only on what was published by then. Only a calendar's dates are known before they come.",
    example="trigger early = within 3 sessions before (vix crosses above 30)\n",
    fix="calendar cpi\ntrigger early = within 3 sessions before cpi\n",
)


def find(subject: Subject) -> Iterator[Diagnostic]:
    for expression in subject.expressions():
        if not isinstance(expression, syntax.Within) or expression.relation != "before":
            continue
        misspelt = isinstance(expression.event, syntax.Name) and id(expression.event) not in subject.meaning.references
        if not misspelt and not is_known_ahead(expression.event, subject.meaning):
            yield RULE.finding(
                expression.span,
                f"`{expression.span.text}` reads the future: `{expression.event.span.text}` is not known before it happens.",
                "`before` needs a calendar, as in `within 3 sessions before cpi`.",
                "`within ... after` looks back, and needs none.",
            )
