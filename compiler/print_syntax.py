"""The text of `alvh debug ast`: the syntax tree, a node a line, with the place of each."""

from __future__ import annotations

import attrs

from alvh.grammar.syntax import Node


def print_syntax(node: Node) -> str:
    """The tree below `node`, two spaces a level: field, class, plain values, and line:column."""
    lines: list[str] = []
    waiting: list[tuple[int, str, object]] = [(0, "", node)]
    while waiting:
        depth, name, value = waiting.pop()
        title = f"{name}: " if name else ""
        if isinstance(value, Node):
            plain, inner = _fields(value)
            line, column = value.span.source.position(value.span.start)
            lines.append(f"{'  ' * depth}{title}{type(value).__name__}{plain}  {line}:{column}")
            waiting.extend((depth + 1, *entry) for entry in reversed(inner))
        else:
            lines.append(f"{'  ' * depth}{title}{value!r}")
    return "\n".join(lines) + "\n"


def _fields(node: Node) -> tuple[str, list[tuple[str, object]]]:
    """The plain values of a node on its own line, and its parts for the lines below."""
    plain: list[str] = []
    inner: list[tuple[str, object]] = []
    for attribute in attrs.fields(type(node)):
        value = getattr(node, attribute.name)
        if attribute.name == "span" or value is None or value == ():
            continue
        if isinstance(value, Node):
            inner.append((attribute.name, value))
        elif isinstance(value, tuple):
            for index, part in enumerate(value):
                inner.extend(_parts(f"{attribute.name}[{index}]", part))
        else:
            plain.append(f"{attribute.name}={value!r}")
    return f"({', '.join(plain)})" if plain else "", inner


def _parts(name: str, value: object) -> list[tuple[str, object]]:
    """A part, or the parts of a tuple in a tuple (the targets of a `move`)."""
    if isinstance(value, tuple):
        return [(f"{name}[{index}]", part) for index, part in enumerate(value)]
    return [(name, value)]
