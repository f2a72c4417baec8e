"""The legs that `legs NAME(...)` stands for: a structure's legs, its parameters replaced by the arguments.

Guarantees statements without `legs NAME`; what cannot be expanded is left out, with a diagnostic.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import evolve, fields

from alvh.compiler.module import StructureUse
from alvh.compiler.rules.duplicate_name import duplicate_name
from alvh.compiler.rules.recursive_structure import nested_structures, recursive_structure
from alvh.compiler.rules.still_needed import still_needed
from alvh.compiler.rules.undefined_name import undefined_structure
from alvh.compiler.rules.unknown_input_kind import unknown_parameter_kind
from alvh.compiler.rules.wrong_arguments import wrong_arguments
from alvh.compiler.rules.wrong_sort_of_name import not_a_structure
from alvh.compiler.vocabulary import PARAMETER_KINDS
from alvh.grammar import syntax
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

MOST_NESTED = 16
MOST_LEGS = 64
"""Bounds on one structure, so that no file can occupy a machine; a layer has a few legs, which is a rule of its own."""


class StructureExpansion:
    """Expands each use of a structure once, however many layers share it."""

    def __init__(
        self, structures: tuple[syntax.Structure, ...], declared: Mapping[str, object], dropped: Mapping[str, Span], incomplete: bool
    ) -> None:
        self.uses: list[StructureUse] = []
        self.diagnostics: list[Diagnostic] = []
        self._structures = {structure.name.name: structure for structure in structures}
        self._declared = declared
        self._dropped = dropped
        self._incomplete = incomplete
        self._expanded: dict[int, tuple[syntax.Statement, ...]] = {}
        self._kept: list[syntax.Legs] = []
        for structure in structures:
            self._check_parameters(structure)

    def expand(self, statements: Iterable[syntax.Statement]) -> tuple[syntax.Statement, ...]:
        """The statements with legs in place of every `legs NAME(...)`."""
        return tuple(part for statement in statements for part in self._legs(statement, ()))

    def _legs(self, statement: syntax.Statement, within: tuple[str, ...]) -> tuple[syntax.Statement, ...]:
        if not isinstance(statement, syntax.Legs):
            return (statement,)
        if id(statement) not in self._expanded:
            self._kept.append(statement)  # so that no other statement can take its id
            self._expanded[id(statement)] = self._legs_of(statement, within)
        return self._expanded[id(statement)]

    def _legs_of(self, use: syntax.Legs, within: tuple[str, ...]) -> tuple[syntax.Statement, ...]:
        """`within` are the structures that are being expanded, outermost first."""
        name = use.structure.name
        structure = self._structures.get(name)
        if structure is None:
            self._report_missing(use)
            return ()
        if name in within:
            self.diagnostics.append(recursive_structure(use.structure.span, within[within.index(name) :]))
            return ()
        if len(within) == MOST_NESTED:
            self.diagnostics.append(nested_structures(use.structure.span, MOST_NESTED))
            return ()
        if len(use.arguments) != len(structure.parameters):
            wanted = len(structure.parameters)
            usage = ", ".join(parameter.name.name for parameter in structure.parameters)
            usage = f"legs {name}({usage})" if usage else f"legs {name}"
            self.diagnostics.append(wrong_arguments(use.span, name, len(use.arguments), wanted, wanted, usage))
            return ()
        self.uses.append(StructureUse(structure, use))
        values = {parameter.name.name: value for parameter, value in zip(structure.parameters, use.arguments, strict=True)}
        rule = next((part for part in structure.body if isinstance(part, syntax.ExpiryRule)), None)
        found: list[syntax.Statement] = []
        for part in structure.body:
            if not isinstance(part, syntax.ExpiryRule) and len(found) <= MOST_LEGS:
                found += self._legs(_replaced(part, values), (*within, name))
        return tuple(_with_expiry(leg, None if rule is None else _replaced(rule.expiry, values)) for leg in found)

    def _report_missing(self, use: syntax.Legs) -> None:
        span, name = use.structure.span, use.structure.name
        if name in self._declared:
            self.diagnostics.append(not_a_structure(span, name))
        elif name in self._dropped:
            self.diagnostics.append(still_needed(span, name, self._dropped[name]))
        elif not self._incomplete:
            self.diagnostics.append(undefined_structure(span, name, self._structures))

    def _check_parameters(self, structure: syntax.Structure) -> None:
        first: dict[str, Span] = {}
        for parameter in structure.parameters:
            span = first.setdefault(parameter.name.name, parameter.name.span)
            if span is not parameter.name.span:
                self.diagnostics.append(duplicate_name(parameter.name.span, parameter.name.name, span, used=False))
            if parameter.kind.name not in PARAMETER_KINDS:
                self.diagnostics.append(unknown_parameter_kind(parameter.kind.span, parameter.kind.name))


def _with_expiry(leg: syntax.Statement, expiry: syntax.Expiry | None) -> syntax.Statement:
    """A leg that states no expiry has its structure's."""
    if expiry is None or not isinstance(leg, syntax.Leg) or leg.expiry is not None or leg.right == "shares":
        return leg
    return evolve(leg, expiry=expiry)


def _replaced(part: Any, values: Mapping[str, syntax.Expression]) -> Any:
    """A part of the tree with the values of parameters in place of their names; what names none stays the same node."""
    if isinstance(part, syntax.Name):
        return values.get(part.name, part)
    if isinstance(part, tuple):
        return tuple(_replaced(entry, values) for entry in part)
    if not isinstance(part, syntax.Node):
        return part
    changed = {}
    for attribute in fields(type(part)):
        before = getattr(part, attribute.name)
        after = _replaced(before, values)
        if after is not before and not (isinstance(before, tuple) and all(new is old for new, old in zip(after, before, strict=True))):
            changed[attribute.name] = after
    return evolve(part, **changed) if changed else part
