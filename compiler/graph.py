"""The dependency graph in networkx: what `alvh graph` draws, and the second opinion on the order of decisions.

Nothing that `alvh check` needs imports this file.
"""

from __future__ import annotations

import networkx

from alvh.compiler.dependencies import Dependencies
from alvh.compiler.expressions import on_one_line


def build_graph(dependencies: Dependencies) -> networkx.DiGraph[str]:
    """Vertices with `sort`, `decides`, the `text` that a file says them with and the `group` (book or hedge) they belong to,
    "" for none; edges with `manner` and `orders`. Where two names are joined in several ways, the edge that
    orders is kept, and rather one that a statement of its own makes (`first`, `roll into`, a cover) than a mere reading."""
    graph: networkx.DiGraph[str] = networkx.DiGraph()
    groups = {vertex.name for vertex in dependencies.vertices if vertex.sort in ("book", "hedge")}
    for vertex in dependencies.vertices:
        owner = vertex.name.partition(" ")[0].partition(".")[0]
        text = vertex.name if vertex.span is None else on_one_line(vertex.span)
        graph.add_node(
            vertex.name,
            sort=vertex.sort,
            decides=vertex.decides,
            text=vertex.name if vertex.sort in ("book", "hedge", "layer") else text,
            group=owner if owner in groups else "",
        )
    for edge in sorted(dependencies.edges, key=lambda edge: (edge.orders, edge.manner not in ("reads", "decided"))):
        graph.add_edge(edge.source, edge.target, manner=edge.manner, orders=edge.orders)
    return graph


def ordering_graph(graph: networkx.DiGraph[str]) -> networkx.DiGraph[str]:
    """The same vertices with only the edges that order."""
    ordering: networkx.DiGraph[str] = networkx.DiGraph()
    ordering.add_nodes_from(graph.nodes(data=True))
    ordering.add_edges_from(edge for edge in graph.edges if graph.edges[edge]["orders"])
    return ordering


def graph_levels(graph: networkx.DiGraph[str]) -> dict[str, int]:
    """How many layers decide before each vertex on the longest way to it."""
    ordering = ordering_graph(graph)
    level: dict[str, int] = {}
    for name in networkx.topological_sort(ordering):
        level[name] = max((level[source] + int(graph.nodes[source]["decides"]) for source in ordering.predecessors(name)), default=0)
    return level


def graph_order(graph: networkx.DiGraph[str]) -> tuple[str, ...]:
    """The canonical order: topological, ties by level, then by name."""
    level = graph_levels(graph)
    return tuple(networkx.lexicographical_topological_sort(ordering_graph(graph), key=lambda name: (level[name], name)))


def graph_knots(graph: networkx.DiGraph[str]) -> frozenset[frozenset[str]]:
    """The sets of names that wait for each other: strongly connected, of more than one vertex or with an edge to itself."""
    ordering = ordering_graph(graph)
    return frozenset(
        frozenset(component)
        for component in networkx.strongly_connected_components(ordering)
        if len(component) > 1 or any(ordering.has_edge(name, name) for name in component)
    )
