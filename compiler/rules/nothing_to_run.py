"""ALV0604: a file that trades nothing."""

from __future__ import annotations

from collections.abc import Iterator

from alvh.compiler.registry import Rule
from alvh.compiler.subject import Subject
from alvh.grammar.diagnostics import Diagnostic, Severity
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0604",
    name="nothing-to-run",
    family="risk",
    summary="A file that declares nothing.",
    why="Run by itself such a file leaves the capital in cash, which is hardly what was meant.",
    example='strategy "Nothing yet"\n',
    fix='strategy "Something"\nbook condors { buy SPX put at 0.16 delta, 45 days }\n',
    severity=Severity.WARNING,
)


def find(subject: Subject) -> Iterator[Diagnostic]:
    module = subject.meaning.module
    declared = (module.groups, module.params, module.lets, module.triggers, module.inputs, module.calendars)
    if not any(declared) and not module.incomplete:
        says_nothing = not subject.source.text.strip()
        message = "This file is empty." if says_nothing else "This file declares neither a book nor a hedge: a run of it trades nothing."
        yield RULE.finding(
            Span(subject.source, 0, 0), message, "A book sells or buys, as in `book condors { sell SPX put at 0.16 delta, 45 days }`."
        )
