"""ALV0401: a cycle: values of one bar that wait for each other."""

from __future__ import annotations

from collections.abc import Iterator

from alvh.compiler.dependencies import Edge
from alvh.compiler.order import Cycle, find_cycles
from alvh.compiler.registry import Rule
from alvh.compiler.subject import Subject
from alvh.grammar.diagnostics import Diagnostic, Related

RULE = Rule(
    code="ALV0401",
    name="dependency-cycle",
    family="graph",
    summary="Names wait for each other within one bar.",
    why="A bar is decided in one pass, each name after all that it reads. Names that wait for each other could never be decided, and any"
    " order chosen for them would be a guess. Only `prev` reaches an earlier bar.",
    example="trigger fear = vix > 30 and not calm\ntrigger calm = vix < 15 or not fear\n",
    fix="trigger fear = vix > 30 and not prev(calm)\ntrigger calm = vix < 15 or not fear\n",
)


def find(subject: Subject) -> Iterator[Diagnostic]:
    """One finding for each knot of names, at the first line of its shortest cycle."""
    for cycle in find_cycles(subject.dependencies):
        first = _first_in_text(cycle)
        names = [edge.source for edge in first if subject.dependencies.vertex(edge.source).sort != "rule"]
        if len(first) == 1:
            message = f"`{names[0]}` needs its own value of the same bar.\n{_draw(first)}"
        else:
            message = f"{_listed(names)} wait for each other within one bar.\n{_draw(first)}"
        related = tuple(Related(edge.span, _says(edge)) for edge in first)
        yield RULE.finding(first[0].span, message, _hint(first), related=related)


def _first_in_text(cycle: Cycle) -> tuple[Edge, ...]:
    """The same cycle, begun with the edge that stands first in the text."""
    places = [(edge.span.source.path, edge.span.start) for edge in cycle.edges]
    start = places.index(min(places))
    return cycle.edges[start:] + cycle.edges[:start]


def _draw(edges: tuple[Edge, ...]) -> str:
    """The cycle, an arrow a line, each beside the text that makes it."""
    width = max(len(edge.source) for edge in edges)
    lines = ["", f"    {edges[0].source}"]
    for edge in edges:
        line = edge.span.source.position(edge.span.start)[0]
        lines.append(f"    -> {edge.target:<{width}}   line {line}: {edge.span.source.line(line).split('#')[0].strip()}")
    return "\n".join(lines)


def _says(edge: Edge) -> str:
    match edge.manner:
        case "decided":
            return f"reads what `{edge.source}` decides today"
        case "book first":
            return f"books decide before hedges, so `{edge.target}` waits for `{edge.source}`"
        case "roll into":
            return f"`{edge.source}` rolls into `{edge.target}`, so it decides first"
        case "first":
            return f"puts `{edge.source}` before `{edge.target}`"
        case "holds":
            return f"`{edge.target}` reads what is said of all of `{edge.source}`"
        case _:
            return f"`{edge.target}` reads `{edge.source}`"


def _hint(edges: tuple[Edge, ...]) -> str:
    manners = {edge.manner for edge in edges}
    for edge in edges:
        if edge.manner == "decided":
            return f"To read what stood the bar before, write `prev({edge.span.text})`."
    if "roll into" in manners or "first" in manners:
        return "Let lots move one way only, and say `first` in the same direction."
    return "Write `prev(...)` around one of these reads: the value of the bar before."


def _listed(names: list[str]) -> str:
    quoted = [f"`{name}`" for name in names]
    return ", ".join(quoted[:-1]) + f" and {quoted[-1]}"
