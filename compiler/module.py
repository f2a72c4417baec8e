"""A strategy with its files merged: `use` brought in, `change` and `drop` applied, every layer's statements in force."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal as OneOf

from attrs import field, frozen

from alvh.grammar import syntax
from alvh.grammar.source import Span


@frozen
class LayerDeclaration:
    """A layer (or a book without layers, under its own name) with the statements that hold for it:
    its own, and those of its book or hedge whose verb it does not state itself."""

    path: str
    """`alvh.front`; `condors`."""
    alias: str | None
    statements: tuple[syntax.Statement, ...]
    span: Span


@frozen
class GroupDeclaration:
    """A book or a hedge: `statements` are those that belong to the whole (unit, budget, limit, first, unwind, hold)."""

    name: str
    kind: OneOf["book", "hedge"]
    statements: tuple[syntax.Statement, ...]
    layers: tuple[LayerDeclaration, ...]
    span: Span


@frozen
class ReplacedValue:
    """What `change NAME = VALUE` put another value in place of; the kind must stay."""

    name: str
    original: syntax.Expression
    span: Span
    """Of the new value."""


@frozen
class StructureUse:
    """A `legs NAME(...)` whose legs stand in a layer, or in another structure."""

    structure: syntax.Structure
    use: syntax.Legs


@frozen
class Module:
    """One flat strategy. Names are unique; declarations keep the spans of the file that said them."""

    file: str
    title: syntax.Title | None
    settings: tuple[syntax.Setting, ...]
    """At most one of each name, the outermost file's."""
    params: tuple[syntax.Param, ...]
    lets: tuple[syntax.Let, ...]
    triggers: tuple[syntax.Trigger, ...]
    inputs: tuple[syntax.Input, ...]
    calendars: tuple[syntax.Calendar, ...]
    groups: tuple[GroupDeclaration, ...]
    claims: tuple[syntax.Claim, ...]
    tests: tuple[syntax.Test, ...]
    from_use: frozenset[str]
    """Names that a used file declared: left unused, they are no finding."""
    structures: tuple[syntax.Structure, ...] = ()
    uses: tuple[StructureUse, ...] = ()
    """Of structures, each with as many arguments as the structure takes."""
    replaced: tuple[ReplacedValue, ...] = ()
    dropped: Mapping[str, Span] = field(factory=dict)
    """Names and layer paths that a `drop` took away, with where it stands."""
    incomplete: bool = False
    """Part of the text could not be read, so a name that seems undefined may stand there: not reported."""
