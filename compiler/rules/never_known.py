"""ALV0405: a stream that nothing ever starts."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve

from alvh.compiler.dependencies import Dependencies
from alvh.compiler.expressions import children_of
from alvh.compiler.order import canonical_order, strong_components
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
    """Needs a graph without cycles. Names are known outward from those that need nothing of their own past."""
    module = subject.meaning.module
    named = {let.name.name: (let.value, let.name) for let in module.lets}
    named |= {trigger.name.name: (trigger.condition, trigger.name) for trigger in module.triggers}
    knots = _knots(subject.dependencies)
    order = [name for name in canonical_order(subject.dependencies) if name in named]
    known: set[str] = set()
    growing = True
    while growing:
        found = {name for name in order if name not in known and _can_be_known(named[name][0], known, subject)}
        growing = bool(found)
        known |= found
    for name in order:
        identifier = named[name][1]
        if name not in known and name in knots:
            yield RULE.finding(
                identifier.span,
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


def _knots(dependencies: Dependencies) -> set[str]:
    """The names that read their own past, directly or through others."""
    edges = tuple(evolve(edge, manner="reads") if edge.manner == "before" else edge for edge in dependencies.edges)
    alone = {edge.source for edge in edges if edge.source == edge.target}
    knots = strong_components(evolve(dependencies, edges=edges))
    return alone.union(*(knot for knot in knots if len(knot) > 1))
