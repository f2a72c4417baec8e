"""ALV0405: a stream that nothing ever starts."""

from __future__ import annotations

from collections.abc import Iterator

from alvh.compiler.dependencies import names_along_past
from alvh.compiler.expressions import children_of
from alvh.compiler.order import strong_components
from alvh.compiler.registry import Rule
from alvh.compiler.subject import Subject
from alvh.grammar import syntax
from alvh.grammar.diagnostics import Diagnostic, Severity

RULE = Rule(
    code="ALV0405",
    name="never-known",
    family="graph",
    summary="A stream that reads its own past, which nothing ever starts.",
    why="Before the first bar there is no past: `prev` is unknown there, and arithmetic with unknown is unknown. A stream made of its own"
    " past alone stays unknown for good, and no rule on it ever fires.",
    example="let bars = prev(bars) + 1\n",
    fix="trigger stress = vix > 30 or (prev(stress) and not vix < 20)\n",
    severity=Severity.WARNING,
)


def find(subject: Subject) -> Iterator[Diagnostic]:
    """Name by name, each after those it reads; names that read one another until no more of them become known."""
    module = subject.meaning.module
    named = {let.name.name: (let.value, let.name) for let in module.lets}
    named |= {trigger.name.name: (trigger.condition, trigger.name) for trigger in module.triggers}
    names = names_along_past(subject.dependencies)
    reads_itself = {edge.source for edge in names.edges if edge.source == edge.target}
    known = {vertex.name for vertex in names.vertices if vertex.sort == "param"}
    for knot in strong_components(names):
        waiting = sorted(knot - known)
        while found := [name for name in waiting if _can_be_known(named[name][0], known, subject)]:
            known.update(found)
            waiting = [name for name in waiting if name not in known]
        for name in waiting:
            if len(knot) > 1 or name in reads_itself:
                yield RULE.finding(
                    named[name][1].span,
                    f"`{name}` is unknown on every bar: it is made of its own past, and nothing starts it.",
                    "Let something else begin it, as in `stress or prev(...)`; numbers cannot be counted up.",
                )


def _can_be_known(expression: syntax.Expression, known: set[str], subject: Subject) -> bool:
    match expression:
        case syntax.Name():
            reference = subject.meaning.references.get(id(expression))
            return reference is None or reference.sort not in ("let", "trigger") or reference.name in known
        case syntax.Logic(left=left, right=right):
            return _can_be_known(left, known, subject) or _can_be_known(right, known, subject)
        case syntax.Conditional(value=value, condition=condition, otherwise=otherwise):
            return _can_be_known(condition, known, subject) and (
                _can_be_known(value, known, subject) or _can_be_known(otherwise, known, subject)
            )
        case _:
            return all(_can_be_known(child, known, subject) for child in children_of(expression))
