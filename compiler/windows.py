"""Where a module says lengths of time: windows of functions, `for`, `within`, `every`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal as OneOf

from attrs import frozen

from alvh.compiler.subject import Subject
from alvh.compiler.vocabulary import FUNCTIONS
from alvh.grammar import syntax
from alvh.grammar.syntax import Expression


@frozen
class Window:
    expression: Expression
    what: str
    """Whose length it is, in words: `sma`, `for`, `every`."""
    least: int
    counts: OneOf["sessions", "days"] = "sessions"


def windows_of(subject: Subject) -> Iterator[Window]:
    """Every length in the module, in the order of `Subject.expressions`, then schedules."""
    for expression in subject.expressions():
        match expression:
            case syntax.Call():
                yield from _of_call(expression, subject)
            case syntax.ForSessions(length=length):
                yield Window(length, "`for`", 1)
            case syntax.Within(length=length):
                yield Window(length, "`within`", 1)
            case _:
                pass
    for statement in subject.statements():
        if isinstance(statement, syntax.Action) and statement.schedule is not None and statement.schedule.length is not None:
            yield Window(statement.schedule.length, "`every`", 1)


def _of_call(call: syntax.Call, subject: Subject) -> Iterator[Window]:
    name = subject.function(call)
    function = FUNCTIONS.get(name)
    if function is not None:
        for argument, sort in zip(call.arguments, function.arguments, strict=False):
            if sort in ("window", "sessions"):
                yield Window(argument, f"`{name}`", function.least_window)
    elif name == "iv" and len(call.arguments) > 1:
        yield Window(call.arguments[1], "`iv`", 1, "days")
