"""From a merged module to its meaning: shape, names, kinds."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from attrs import frozen

from alvh.compiler.check_statements import check_statements
from alvh.compiler.dependencies import Dependencies, find_dependencies, names_along_past
from alvh.compiler.infer_kinds import infer_kinds
from alvh.compiler.meaning import Meaning, Reference
from alvh.compiler.module import Module
from alvh.compiler.order import strong_components
from alvh.compiler.resolve_names import resolve_names
from alvh.compiler.rules.knot_too_large import MOST
from alvh.grammar.diagnostics import Diagnostic

FRAMES = 20_000
"""Calls in a knot of names: as many names as may read one another, times the depth of an expression that the parser takes."""


@frozen(eq=False)
class Names:
    """What the names of a module stand for and read, before anything is measured."""

    references: Mapping[int, Reference]
    dependencies: Dependencies
    order: tuple[str, ...] | None
    """Params, lets and triggers, each after those it reads. None where a param hangs on itself, or too many names on each other:
    a finding of the graph, and nothing can be measured."""
    findings: tuple[Diagnostic, ...]


def find_names(module: Module) -> Names:
    """What every name is, and the findings on names and on the shape of statements, each once: a statement of a book stands in
    each of its layers, so the same finding may be made several times."""
    references, findings = resolve_names(module)
    dependencies = find_dependencies(Meaning(module, {}, references))
    among_names = names_along_past(dependencies)
    knots = strong_components(among_names)
    order = tuple(name for knot in knots for name in sorted(knot)) if _can_be_measured(among_names, knots) else None
    return Names(references, dependencies, order, tuple(dict.fromkeys((*check_statements(module), *findings))))


def find_meaning(module: Module, names: Names) -> tuple[Meaning, tuple[Diagnostic, ...]]:
    """The kind of every value beside its name, inferred name by name, and the findings of the units family, each once."""
    if names.order is None:
        return Meaning(module, {}, names.references), ()
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, FRAMES))
    try:
        kinds, findings = infer_kinds(module, names.references, names.order)
    finally:
        sys.setrecursionlimit(limit)
    return Meaning(module, kinds, names.references), tuple(dict.fromkeys(findings))


def _can_be_measured(names: Dependencies, knots: tuple[frozenset[str], ...]) -> bool:
    params = {vertex.name for vertex in names.vertices if vertex.sort == "param"}
    hanging = {edge.source for edge in names.edges if edge.source == edge.target}.union(*(knot for knot in knots if len(knot) > 1))
    return not params & hanging and all(len(knot) <= MOST for knot in knots)
