"""ALV0401: a cycle: values of one bar that wait for each other."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve

from alvh.compiler.dependencies import Edge
from alvh.compiler.order import Cycle, find_cycles
from alvh.compiler.registry import Rule
from alvh.compiler.subject import Subject
from alvh.grammar.diagnostics import Diagnostic

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
    rules = {vertex.name for vertex in subject.dependencies.vertices if vertex.sort == "rule"}
    for cycle in find_cycles(subject.dependencies):
        steps = _first_in_text(_steps(cycle, rules))
        names = [step.source for step in steps]
        said = f"`{names[0]}` needs its own value" if len(names) == 1 else f"{_listed(names)} wait for each other"
        message = f"{said} within one bar.\n{_draw(steps)}"
        yield RULE.finding(steps[0].span, message, *_hints(steps))


def _steps(cycle: Cycle, rules: set[str]) -> tuple[Edge, ...]:
    """The cycle without its rules: a layer reads what its rules read, at the place where they read it."""
    edges = cycle.edges
    start = next(index for index, edge in enumerate(edges) if edge.source not in rules)
    steps: list[Edge] = []
    for edge in edges[start:] + edges[:start]:
        if edge.source in rules:
            steps[-1] = evolve(steps[-1], target=edge.target)
        else:
            steps.append(edge)
    return tuple(steps)


def _first_in_text(steps: tuple[Edge, ...]) -> tuple[Edge, ...]:
    """The same cycle, begun with the step that stands first in the text."""
    places = [(step.span.source.path, step.span.start) for step in steps]
    start = places.index(min(places))
    return steps[start:] + steps[:start]


def _draw(steps: tuple[Edge, ...]) -> str:
    """The cycle, an arrow a line, each beside the text that makes it."""
    width = max(len(step.source) for step in steps)
    lines = ["", f"    {steps[0].source}"]
    for step in steps:
        line = step.span.source.position(step.span.start)[0]
        text = step.span.source.line(line).split("#")[0].strip()
        lines.append(f"    -> {step.target:<{width}}   line {line}: {text}")
    return "\n".join(lines)


def _hints(steps: tuple[Edge, ...]) -> Iterator[str]:
    manners = {step.manner for step in steps}
    if "book first" in manners:
        yield "Books decide before hedges, so what a hedge decides today comes too late for a book."
    decided = next((step.span.text for step in steps if step.manner == "decided"), None)
    if decided is not None:
        yield f"To read what stood the bar before, write `prev({decided})`."
    elif "roll into" in manners:
        yield "A layer decides after those that roll into it: let lots move one way only, and say `first` in the same direction."
    elif "cover" in manners:
        yield "A layer that writes decides after the one that covers it: let the cover not wait for it."
    elif "keep" in manners:
        yield "`keep` uses its layers in turn, each after the one before: name them in the order in which they decide."
    elif "first" in manners:
        yield "Say `first` in one direction only."
    else:
        yield "Write `prev(...)` around one of these reads: the value of the bar before."


def _listed(names: list[str]) -> str:
    quoted = [f"`{name}`" for name in names]
    return ", ".join(quoted[:-1]) + f" and {quoted[-1]}"
