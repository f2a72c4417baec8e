"""From a merged module to its meaning: shape, names, kinds."""

from __future__ import annotations

import sys

from alvh.compiler.check_statements import check_statements
from alvh.compiler.dependencies import Dependencies, find_dependencies, names_along_past
from alvh.compiler.infer_kinds import infer_kinds
from alvh.compiler.kinds import Kind
from alvh.compiler.meaning import Meaning
from alvh.compiler.module import Module
from alvh.compiler.order import strong_components
from alvh.compiler.resolve_names import resolve_names
from alvh.compiler.rules.knot_too_large import MOST
from alvh.grammar.diagnostics import Diagnostic

FRAMES = 20_000
"""Calls in a knot of names: as many names as may read one another, times the depth of an expression that the parser takes."""


def analyse(module: Module) -> tuple[Meaning, tuple[Diagnostic, ...]]:
    """What every name and value of a module is, and the findings of the names and units families, each once.

    A statement of a book stands in each of its layers, so the same finding may be made several times. Kinds are inferred
    name by name, each after those it reads. Where a param hangs on itself, or too many names on each other, none are: that is
    a finding of the graph.
    """
    references, names = resolve_names(module)
    kinds: dict[int, Kind] = {}
    units: tuple[Diagnostic, ...] = ()
    among_names = names_along_past(find_dependencies(Meaning(module, {}, references)))
    knots = strong_components(among_names)
    if _can_be_measured(among_names, knots):
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(max(limit, FRAMES))
        try:
            kinds, units = infer_kinds(module, references, tuple(name for knot in knots for name in sorted(knot)))
        finally:
            sys.setrecursionlimit(limit)
    findings = dict.fromkeys((*check_statements(module), *names, *units))
    return Meaning(module, kinds, references), tuple(findings)


def _can_be_measured(names: Dependencies, knots: tuple[frozenset[str], ...]) -> bool:
    params = {vertex.name for vertex in names.vertices if vertex.sort == "param"}
    hanging = {edge.source for edge in names.edges if edge.source == edge.target}.union(*(knot for knot in knots if len(knot) > 1))
    return not params & hanging and all(len(knot) <= MOST for knot in knots)
