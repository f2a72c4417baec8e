"""ALV0219: a `no VERB` where there is no such statement."""

from __future__ import annotations

from collections.abc import Iterable

from alvh.compiler.nearest_names import did_you_mean
from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic, Severity
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0219",
    name="nothing-to-remove",
    family="names",
    summary="A `no VERB` where there is no such statement.",
    why="The line does nothing; perhaps another book or layer was meant.",
    example='use "books/condor.alvh"\nchange condors { no roll }\n',
    fix='use "books/condor.alvh"\nchange condors { no close }\n',
    severity=Severity.WARNING,
)


def nothing_to_remove(span: Span, path: str, verb: str, said: Iterable[str]) -> Diagnostic:
    choices = tuple(dict.fromkeys(said))
    hints = did_you_mean(verb, choices) or ((f"It says {', '.join(f'`{choice}`' for choice in choices)}.",) if choices else ())
    return RULE.finding(span, f"`{path}` says no `{verb}`, so there is nothing to remove.", *hints)
