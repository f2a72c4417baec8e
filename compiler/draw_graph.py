"""The dependency graph as text: mermaid, Graphviz dot, JSON. Arrows point from what is read to what reads it."""

from __future__ import annotations

import json

import networkx

from alvh.compiler.graph import graph_levels, graph_order

SHAPES = {
    "series": ("([", "])"),
    "account": ("([", "])"),
    "input": ("([", "])"),
    "calendar": ("([", "])"),
    "param": ("{{", "}}"),
    "let": ("(", ")"),
    "trigger": ("{", "}"),
    "rule": (">", "]"),
    "book": ("[[", "]]"),
    "hedge": ("[[", "]]"),
    "layer": ("[", "]"),
}
"""Mermaid's brackets by sort of vertex."""

DOT_SHAPES = {
    "param": "hexagon",
    "let": "box",
    "trigger": "diamond",
    "rule": "cds",
    "book": "box3d",
    "hedge": "box3d",
    "layer": "component",
}
SILENT = ("reads", "holds")
"""Manners of edges that need no word."""


def draw_mermaid(graph: networkx.DiGraph[str]) -> str:
    """A mermaid flowchart; dotted arrows order nothing."""
    order = graph_order(graph)
    numbers = {name: f"n{index}" for index, name in enumerate(order)}
    lines = ["flowchart LR"]
    for name in order:
        opening, closing = SHAPES[graph.nodes[name]["sort"]]
        lines.append(f'  {numbers[name]}{opening}"{name}"{closing}')
    for source, target in sorted(graph.edges):
        edge = graph.edges[source, target]
        arrow = "-->" if edge["orders"] else "-.->"
        word = "" if edge["manner"] in SILENT else f"|{edge['manner']}|"
        lines.append(f"  {numbers[source]} {arrow}{word} {numbers[target]}")
    return "\n".join(lines) + "\n"


def draw_dot(graph: networkx.DiGraph[str]) -> str:
    """A Graphviz digraph; dashed arrows order nothing."""
    lines = ["digraph strategy {", "  rankdir=LR;"]
    for name in graph_order(graph):
        shape = DOT_SHAPES.get(graph.nodes[name]["sort"], "ellipse")
        lines.append(f"  {json.dumps(name)} [shape={shape}];")
    for source, target in sorted(graph.edges):
        edge = graph.edges[source, target]
        marks = [] if edge["manner"] in SILENT else [f"label={json.dumps(edge['manner'])}"]
        marks += [] if edge["orders"] else ["style=dashed"]
        ending = f" [{', '.join(marks)}]" if marks else ""
        lines.append(f"  {json.dumps(source)} -> {json.dumps(target)}{ending};")
    return "\n".join([*lines, "}"]) + "\n"


def draw_json(graph: networkx.DiGraph[str]) -> str:
    """`order` (names), `vertices` (name, sort, level, decides), `edges` (source, target, manner, orders)."""
    level = graph_levels(graph)
    order = graph_order(graph)
    drawn = {
        "format_version": 1,
        "order": list(order),
        "vertices": [
            {"name": name, "sort": graph.nodes[name]["sort"], "level": level[name], "decides": graph.nodes[name]["decides"]}
            for name in order
        ],
        "edges": [{"source": source, "target": target, **graph.edges[source, target]} for source, target in sorted(graph.edges)],
    }
    return json.dumps(drawn, indent=2) + "\n"
