"""Cycles and the one order of decisions, found on the edges of `dependencies.py` without a graph library.

`graph.py` says the same with networkx, and a property test holds the two together: `check` must start fast, and this
file costs nothing to import.
"""

from __future__ import annotations

from collections import deque
from heapq import heapify, heappop, heappush

from attrs import frozen

from alvh.compiler.dependencies import Dependencies, Edge
from alvh.grammar.diagnostics import InternalError


@frozen
class Cycle:
    """A closed way through the graph: each edge starts where the one before ends, the last ends where the first starts."""

    edges: tuple[Edge, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(edge.source for edge in self.edges)


def find_cycles(dependencies: Dependencies) -> tuple[Cycle, ...]:
    """The shortest cycle through the first name of each knot of names that wait for each other, knots by that name."""
    outgoing = _outgoing(dependencies)
    cycles: list[Cycle] = []
    for component in sorted(strong_components(dependencies), key=min):
        first = min(component)
        way = _shortest_way_back(first, component, outgoing)
        if way:
            cycles.append(Cycle(way))
    return tuple(cycles)


def strong_components(dependencies: Dependencies) -> tuple[frozenset[str], ...]:
    """The sets of vertices that all reach each other by edges that order, each set after those it reads (Tarjan 1972,
    without recursion)."""
    outgoing = _outgoing(dependencies)
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    components: list[frozenset[str]] = []
    for vertex in dependencies.vertices:
        if vertex.name in number:
            continue
        work: list[tuple[str, int]] = [(vertex.name, 0)]
        while work:
            name, position = work.pop()
            if position == 0:
                number[name] = lowest[name] = len(number)
                stack.append(name)
                on_stack.add(name)
            edges = outgoing[name]
            if position > 0:
                lowest[name] = min(lowest[name], lowest[edges[position - 1].target])
            while position < len(edges):
                target = edges[position].target
                position += 1
                if target not in number:
                    work.append((name, position))
                    work.append((target, 0))
                    break
                if target in on_stack:
                    lowest[name] = min(lowest[name], number[target])
            else:
                if lowest[name] == number[name]:
                    component: set[str] = set()
                    while name not in component:
                        component.add(stack.pop())
                    on_stack -= component
                    components.append(frozenset(component))
    return tuple(reversed(components))


def levels(dependencies: Dependencies) -> dict[str, int]:
    """How many layers decide before each vertex on the longest way to it. Needs a graph without cycles."""
    level = dict.fromkeys((vertex.name for vertex in dependencies.vertices), 0)
    decides = {vertex.name: int(vertex.decides) for vertex in dependencies.vertices}
    outgoing = _outgoing(dependencies)
    waiting = _incoming_counts(dependencies)
    ready = [name for name, count in waiting.items() if count == 0]
    done = 0
    while ready:
        name = ready.pop()
        done += 1
        for edge in outgoing[name]:
            level[edge.target] = max(level[edge.target], level[name] + decides[name])
            waiting[edge.target] -= 1
            if waiting[edge.target] == 0:
                ready.append(edge.target)
    if done < len(level):
        raise InternalError("levels of a graph with a cycle")
    return level


def canonical_order(dependencies: Dependencies) -> tuple[str, ...]:
    """Every vertex after all that it reads; where there is a choice, by level, then by name."""
    level = levels(dependencies)
    outgoing = _outgoing(dependencies)
    waiting = _incoming_counts(dependencies)
    ready = [(level[name], name) for name, count in waiting.items() if count == 0]
    heapify(ready)
    order: list[str] = []
    while ready:
        _, name = heappop(ready)
        order.append(name)
        for edge in outgoing[name]:
            waiting[edge.target] -= 1
            if waiting[edge.target] == 0:
                heappush(ready, (level[edge.target], edge.target))
    return tuple(order)


def _outgoing(dependencies: Dependencies) -> dict[str, list[Edge]]:
    outgoing: dict[str, list[Edge]] = {vertex.name: [] for vertex in dependencies.vertices}
    for edge in dependencies.edges:
        if edge.orders:
            outgoing[edge.source].append(edge)
    return outgoing


def _incoming_counts(dependencies: Dependencies) -> dict[str, int]:
    counts = dict.fromkeys((vertex.name for vertex in dependencies.vertices), 0)
    for edge in dependencies.edges:
        if edge.orders:
            counts[edge.target] += 1
    return counts


def _shortest_way_back(start: str, component: frozenset[str], outgoing: dict[str, list[Edge]]) -> tuple[Edge, ...]:
    """The edges of the shortest closed way from `start`; empty if there is none."""
    reached_by: dict[str, Edge] = {}
    queue = deque([start])
    while queue:
        name = queue.popleft()
        for edge in outgoing[name]:
            if edge.target == start:
                way = [edge]
                while way[-1].source != start:
                    way.append(reached_by[way[-1].source])
                return tuple(reversed(way))
            if edge.target in component and edge.target not in reached_by:
                reached_by[edge.target] = edge
                queue.append(edge.target)
    return ()
