"""The order of decisions found without a graph library equals networkx's, cycles included."""

from __future__ import annotations

import networkx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alvh.compiler.dependencies import Dependencies, Edge, Manner, Vertex
from alvh.compiler.graph import build_graph, graph_knots, graph_levels, graph_order
from alvh.compiler.order import canonical_order, find_cycles, levels, strong_components
from alvh.grammar.diagnostics import InternalError
from alvh.grammar.source import Source, Span

SPAN = Span(Source("made.alvh", "let a = b\n"), 0, 9)
NAMES = [f"{letter}{number}" for letter in "abc" for number in range(6)]
MANNERS: list[Manner] = ["reads", "decided", "holds", "first", "mark", "before"]


@st.composite
def dependencies(draw: st.DrawFn, acyclic: bool = False) -> Dependencies:
    """Up to 18 vertices, some of which decide, and random edges of every manner; acyclic ones go one way of a shuffle."""
    names = draw(st.permutations(NAMES[: draw(st.integers(1, len(NAMES)))]))
    deciding = draw(st.sets(st.sampled_from(names)))
    place = {name: index for index, name in enumerate(names)}
    pairs = draw(st.lists(st.tuples(st.sampled_from(names), st.sampled_from(names), st.sampled_from(MANNERS)), max_size=50, unique=True))
    edges = [Edge(source, target, manner, SPAN) for source, target, manner in pairs]
    if acyclic:
        edges = [edge for edge in edges if not edge.orders or place[edge.source] < place[edge.target]]
    return Dependencies(
        tuple(Vertex(name, "layer" if name in deciding else "let", None, name in deciding) for name in sorted(names)),
        tuple(sorted(edges, key=lambda edge: (edge.source, edge.target, edge.manner))),
    )


@given(dependencies(acyclic=True))
def test_order_and_levels_equal_networkx(made: Dependencies) -> None:
    graph = build_graph(made)
    assert canonical_order(made) == graph_order(graph)
    assert levels(made) == graph_levels(graph)
    assert find_cycles(made) == ()
    assert graph_knots(graph) == frozenset()


@given(dependencies())
def test_cycles_equal_networkx(made: Dependencies) -> None:
    graph = build_graph(made)
    knots = graph_knots(graph)
    cycles = find_cycles(made)
    assert len(cycles) == len(knots)
    assert {frozenset(component) for component in strong_components(made) if len(component) > 1} == {
        knot for knot in knots if len(knot) > 1
    }
    for cycle in cycles:
        names = cycle.names
        assert len(set(names)) == len(names)
        assert any(set(names) <= knot for knot in knots)
        for edge, following in zip(cycle.edges, cycle.edges[1:] + cycle.edges[:1], strict=True):
            assert edge.orders
            assert edge.target == following.source


@given(dependencies())
def test_cycle_drawn_is_the_shortest_through_its_first_name(made: Dependencies) -> None:
    ordering = networkx.DiGraph((edge.source, edge.target) for edge in made.edges if edge.orders)
    for cycle in find_cycles(made):
        start = cycle.names[0]
        shortest = min(
            networkx.shortest_path_length(ordering, target, start)
            for target in ordering.successors(start)
            if networkx.has_path(ordering, target, start)
        )
        assert len(cycle.edges) == shortest + 1


@given(dependencies(acyclic=True))
def test_layers_in_order_of_level_and_name_decide_after_what_they_read(made: Dependencies) -> None:
    level = levels(made)
    for edge in made.edges:
        if edge.orders:
            decides = next(vertex.decides for vertex in made.vertices if vertex.name == edge.source)
            assert level[edge.source] + decides <= level[edge.target]


def test_levels_of_a_cycle_are_a_broken_invariant() -> None:
    made = Dependencies((Vertex("a", "let", None),), (Edge("a", "a", "reads", SPAN),))
    with pytest.raises(InternalError):
        levels(made)
