"""The dependency graph as text: mermaid, Graphviz dot, JSON. Arrows point from what is read to what reads it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

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
LONGEST_LABEL = 90
"""Characters of a statement in its box."""

SILENT = ("reads", "holds")
"""Manners of edges that need no word."""


def draw_mermaid(graph: networkx.DiGraph[str]) -> str:
    """A mermaid flowchart, a frame around each book and hedge; dotted arrows order nothing."""
    order = graph_order(graph)
    numbers = {name: f"n{index}" for index, name in enumerate(order)}
    lines = ["flowchart LR"]
    for index, (group, names) in enumerate(_by_group(graph)):
        boxes = [_mermaid_box(numbers[name], graph.nodes[name]) for name in names]
        lines += [f'  subgraph g{index}["{group}"]', *(f"  {box}" for box in boxes), "  end"] if group else boxes
    for source, target in sorted(graph.edges):
        edge = graph.edges[source, target]
        arrow = "-->" if edge["orders"] else "-.->"
        word = "" if edge["manner"] in SILENT else f"|{edge['manner']}|"
        lines.append(f"  {numbers[source]} {arrow}{word} {numbers[target]}")
    return "\n".join(lines) + "\n"


def draw_dot(graph: networkx.DiGraph[str]) -> str:
    """A Graphviz digraph, a frame around each book and hedge; dashed arrows order nothing."""
    lines = ["digraph strategy {", "  rankdir=LR;"]
    for index, (group, names) in enumerate(_by_group(graph)):
        boxes = [_dot_box(name, graph.nodes[name]) for name in names]
        frame = [f"  subgraph cluster_{index} {{", f"    label={json.dumps(group)};"]
        lines += [*frame, *(f"  {box}" for box in boxes), "  }"] if group else boxes
    for source, target in sorted(graph.edges):
        edge = graph.edges[source, target]
        marks = [] if edge["manner"] in SILENT else [f"label={json.dumps(edge['manner'])}"]
        marks += [] if edge["orders"] else ["style=dashed"]
        ending = f" [{', '.join(marks)}]" if marks else ""
        lines.append(f"  {json.dumps(source)} -> {json.dumps(target)}{ending};")
    return "\n".join([*lines, "}"]) + "\n"


def draw_json(graph: networkx.DiGraph[str]) -> str:
    """`order` (names), `vertices` (name, sort, text, level, decides), `edges` (source, target, manner, orders)."""
    level = graph_levels(graph)
    order = graph_order(graph)
    drawn = {
        "format_version": 1,
        "order": list(order),
        "vertices": [
            {"name": name, **{key: graph.nodes[name][key] for key in ("sort", "text", "decides")}, "level": level[name]} for name in order
        ],
        "edges": [{"source": source, "target": target, **graph.edges[source, target]} for source, target in sorted(graph.edges)],
    }
    return json.dumps(drawn, indent=2) + "\n"


def _by_group(graph: networkx.DiGraph[str]) -> Iterator[tuple[str, list[str]]]:
    """The names of each book and hedge in the order of decisions, after those of none."""
    groups: dict[str, list[str]] = {"": []}
    for name in graph_order(graph):
        groups.setdefault(graph.nodes[name]["group"], []).append(name)
    yield from groups.items()


def _mermaid_box(number: str, vertex: Mapping[str, str]) -> str:
    opening, closing = SHAPES[vertex["sort"]]
    text = _shortened(vertex["text"])
    for sign, entity in {"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;"}.items():
        text = text.replace(sign, entity)
    return f'  {number}{opening}"{text}"{closing}'


def _dot_box(name: str, vertex: Mapping[str, str]) -> str:
    text = _shortened(vertex["text"])
    label = "" if text == name else f", label={json.dumps(text, ensure_ascii=False)}"
    return f"  {json.dumps(name)} [shape={DOT_SHAPES.get(vertex['sort'], 'ellipse')}{label}];"


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 2].rstrip() + " …"
