"""What depends on what: the vertices and edges that the checker, the order of decisions and the drawn graph share.

Assumes a module whose names were resolved (unresolved ones make no edge). Guarantees vertices and edges sorted by name,
so that the order of declarations shows nowhere. Edges point from what is read to what reads it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Literal as OneOf
from typing import TypeAlias

from attrs import evolve, field, frozen

from alvh.compiler.expressions import children_of, expressions_of
from alvh.compiler.meaning import Meaning, Reference
from alvh.compiler.module import GroupDeclaration, LayerDeclaration
from alvh.grammar import syntax
from alvh.grammar.source import Span

Sort: TypeAlias = OneOf["series", "account", "input", "calendar", "param", "let", "trigger", "rule", "book", "hedge", "layer"]
Manner: TypeAlias = OneOf["reads", "decided", "holds", "book first", "roll into", "cover", "keep", "first", "mark", "before"]

DECIDED = frozenset({"count", "contracts", "cost", "credit", "gains", "realized"})
"""Attributes of a layer as decided upstream today, beside what a Holding asks; all others are marks of the bar's start."""

WITHOUT_ORDER = frozenset({"mark", "before"})
"""Manners of edges that order nothing: a mark was taken before the decisions, `prev` looks at an earlier bar."""


@frozen
class Vertex:
    """A stream, a trigger, a book, hedge or layer, or one line of a layer that acts (`alvh.front roll 1`)."""

    name: str
    sort: Sort
    span: Span | None = field(eq=False, repr=False)
    """Where it is declared; None for what the market supplies."""
    decides: bool = False
    """Does it hold lots: a layer, or a book without layers?"""


@frozen
class Edge:
    """`target` needs `source`; `span` is the text that says so."""

    source: str
    target: str
    manner: Manner
    span: Span = field(eq=False, repr=False)

    @property
    def orders(self) -> bool:
        return self.manner not in WITHOUT_ORDER


@frozen
class Dependencies:
    vertices: tuple[Vertex, ...]
    edges: tuple[Edge, ...]

    def vertex(self, name: str) -> Vertex:
        return next(vertex for vertex in self.vertices if vertex.name == name)


def has_no_position(group: GroupDeclaration, layer: LayerDeclaration) -> bool:
    """Is it a book that only holds the index: no legs, so no layer that decides?"""
    return layer.path == group.name and not any(isinstance(statement, syntax.Leg) for statement in layer.statements)


def positions_of(group: GroupDeclaration) -> tuple[LayerDeclaration, ...]:
    """The layers of a group that can hold lots, in the order of their names."""
    return tuple(sorted((layer for layer in group.layers if not has_no_position(group, layer)), key=lambda layer: layer.path))


def find_dependencies(meaning: Meaning) -> Dependencies:
    """All vertices and edges of a module."""
    return _Finder(meaning).find()


def names_along_past(dependencies: Dependencies) -> Dependencies:
    """The params, lets and triggers alone, with what they read of the past as if it ordered."""
    vertices = tuple(vertex for vertex in dependencies.vertices if vertex.sort in ("param", "let", "trigger"))
    names = {vertex.name for vertex in vertices}
    edges = (edge for edge in dependencies.edges if edge.source in names and edge.target in names)
    return Dependencies(vertices, tuple(evolve(edge, manner="reads") for edge in edges))


class _Finder:
    def __init__(self, meaning: Meaning) -> None:
        self.meaning = meaning
        self.vertices: dict[str, Vertex] = {}
        self.edges: dict[tuple[str, str, str], Edge] = {}
        self.groups = {group.name: group for group in meaning.module.groups}

    def find(self) -> Dependencies:
        module = self.meaning.module
        for param in module.params:
            self._declare(param.name.name, "param", param.span)
            self._read(param.name.name, param.value)
        for entry in module.inputs:
            self._declare(entry.name.name, "input", entry.span)
        for calendar in module.calendars:
            for name in calendar.names:
                self._declare(name.name, "calendar", name.span)
        for let in module.lets:
            self._declare(let.name.name, "let", let.span)
            self._read(let.name.name, let.value)
        for trigger in module.triggers:
            self._declare(trigger.name.name, "trigger", trigger.span)
            self._read(trigger.name.name, trigger.condition)
        for group in module.groups:
            self._visit_group(group)
        self._order_books_first()
        return Dependencies(
            tuple(sorted(self.vertices.values(), key=lambda vertex: vertex.name)),
            tuple(
                sorted(
                    (edge for edge in self.edges.values() if edge.source in self.vertices and edge.target in self.vertices),
                    key=lambda edge: (edge.source, edge.target, edge.manner),
                )
            ),
        )

    def _declare(self, name: str, sort: Sort, span: Span | None, decides: bool = False) -> None:
        self.vertices.setdefault(name, Vertex(name, sort, span, decides))

    def _connect(self, source: str, target: str, manner: Manner, span: Span) -> None:
        if source == target and manner not in ("reads", "decided", "before"):
            return
        self.edges.setdefault((source, target, manner), Edge(source, target, manner, span))

    # ---- groups --------------------------------------------------------------------------------------

    def _visit_group(self, group: GroupDeclaration) -> None:
        layers = positions_of(group)
        alone = any(layer.path == group.name for layer in layers)
        self._declare(group.name, group.kind, group.span, decides=alone)
        for layer in layers:
            if not alone:
                self._declare(layer.path, "layer", layer.span, decides=True)
            if layer.path != group.name:
                self._connect(group.name, layer.path, "holds", layer.span)
            self._visit_statements(layer.statements, layer.path, layer.path)
        self._visit_statements(group.statements, group.name, group.name if alone else "")
        for statement in group.statements:
            if isinstance(statement, syntax.Priority):
                self._order(statement.order, "first", statement.span)

    def _order(self, paths: tuple[syntax.Path, ...], manner: Manner, span: Span) -> None:
        """Each layer named decides before the next one."""
        for before, after in pairwise(self._target(path) for path in paths):
            if before and after:
                self._connect(before, after, manner, span)

    def _visit_statements(self, statements: tuple[syntax.Statement, ...], reader: str, own: str) -> None:
        counts: dict[str, int] = {}
        for statement in statements:
            if isinstance(statement, syntax.Action | syntax.Unwind | syntax.Keep):
                verb = type(statement).__name__.lower()
                counts[verb] = counts.get(verb, 0) + 1
                rule = f"{reader} {verb} {counts[verb]}"
                self._declare(rule, "rule", statement.span)
                self._connect(rule, reader, "reads", statement.span)
                self._visit_expressions(statement, rule, own)
                if isinstance(statement, syntax.Roll) and statement.into is not None:
                    target = self._target(statement.into)
                    if target.partition(".")[0] == reader.partition(".")[0]:  # into another group is an error of its own
                        self._connect(reader, target, "roll into", statement.span)
                if isinstance(statement, syntax.Keep):
                    self._order(statement.layers, "keep", statement.span)
            else:
                self._visit_expressions(statement, reader, own)
                if isinstance(statement, syntax.Leg) and statement.against is not None:
                    self._connect(self._target(statement.against), reader, "cover", statement.against.span)

    def _visit_expressions(self, statement: syntax.Statement, reader: str, own: str) -> None:
        # A budget is paid before any decision, so what it reads of layers is what they were at the start of the bar.
        at_start = isinstance(statement, syntax.Budget)
        for expression in expressions_of(statement):
            self._read(reader, expression, own, at_start)
        schedule = statement.schedule if isinstance(statement, syntax.Action) else None
        if schedule is not None and schedule.calendar is not None:
            self._declare(schedule.calendar.name, "calendar", None)
            self._connect(schedule.calendar.name, reader, "reads", schedule.calendar.span)

    def _target(self, path: syntax.Path) -> str:
        reference = self.meaning.references.get(id(path))
        return reference.name if reference is not None and reference.sort == "layer" else ""

    def _order_books_first(self) -> None:
        books = [layer.path for group in self.groups.values() if group.kind == "book" for layer in positions_of(group)]
        for group in self.groups.values():
            if group.kind == "hedge":
                for book in books:
                    self._connect(book, group.name, "book first", group.span)

    # ---- expressions ---------------------------------------------------------------------------------

    def _read(self, reader: str, expression: syntax.Expression, own: str = "", at_start: bool = False) -> None:
        for source, manner, span in self._sources(expression, own, at_start):
            if manner == "mark" and source == own:
                continue
            self._connect(source, reader, manner, span)

    def _sources(self, expression: syntax.Expression, own: str, at_start: bool) -> Iterator[tuple[str, Manner, Span]]:
        """What an expression reads. `own` is the layer it belongs to, whose decisions it sees as of the start of the bar."""
        waiting: list[tuple[syntax.Expression, bool]] = [(expression, False)]
        while waiting:
            current, before = waiting.pop()
            reference = self.meaning.references.get(id(current))
            if reference is not None and isinstance(current, syntax.Name | syntax.Attribute | syntax.Holding):
                asks = reference.name in DECIDED or isinstance(current, syntax.Holding)
                for source in self._of_reference(reference):
                    decided = asks and source != own and not at_start
                    layers = self._is_position(source)
                    yield source, "before" if before else ("decided" if decided else "mark") if layers else "reads", current.span
                if not isinstance(current, syntax.Attribute) or reference.sort != "component":
                    continue
            if isinstance(current, syntax.Call):
                name = market_series_of(current, self.meaning)
                if name:
                    self._declare(name, "series", None)
                    yield name, "before" if before else "reads", current.span
                    continue
                before = before or current.function.name == "prev"
            waiting.extend((child, before) for child in reversed(children_of(current)))

    def _is_position(self, name: str) -> bool:
        return name in self.groups or any(layer.path == name for group in self.groups.values() for layer in group.layers)

    def _of_reference(self, reference: Reference) -> Iterator[str]:
        """The vertices behind a reference; a group stands for each of its layers."""
        match reference.sort:
            case "series" | "account" | "calendar":
                self._declare(reference.name, reference.sort, None)
                yield reference.name
            case "param" | "let" | "trigger" | "input":
                yield reference.name
            case "layer" | "group" | "attribute":
                owner = reference.name if reference.sort != "attribute" else reference.owner
                group = self.groups.get(owner)
                members = () if group is None else positions_of(group)
                if group is not None and members:
                    yield from (layer.path for layer in members)
                else:
                    yield owner
            case _:
                pass


def market_series_of(call: syntax.Call, meaning: Meaning) -> str:
    """The name of the market series that a call stands for: `vx(1)`, `vx(30 days)`, `iv(spx, 45 days)`; "" for any other."""
    reference = meaning.references.get(id(call.function))
    if reference is None or reference.sort != "function" or reference.name not in ("vx", "iv"):
        return ""
    arguments = ", ".join(" ".join(argument.span.text.split()) for argument in call.arguments)
    return f"{reference.name}({arguments})"
