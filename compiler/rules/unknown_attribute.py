"""ALV0205: a value after a dot that does not exist."""

from __future__ import annotations

from collections.abc import Iterable

from alvh.compiler.nearest_names import did_you_mean
from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0205",
    name="unknown-attribute",
    family="names",
    summary="A value after a dot that does not exist.",
    why="Books and layers have profit, credit, dte and so on; series have an open, a high and a low.",
    example=(
        "book condors { sell SPX put at 0.16 delta, 45 days }\n"
        "hedge h {\n  layer calls {\n    buy 1 VIX call at 0.30 delta, 30 days\n    open when condors.proffit > $0\n  }\n}\n"
    ),
    fix=(
        "book condors { sell SPX put at 0.16 delta, 45 days }\n"
        "hedge h {\n  layer calls {\n    buy 1 VIX call at 0.30 delta, 30 days\n    open when condors.profit > $0\n  }\n}\n"
    ),
)


def unknown_attribute(span: Span, owner: str, name: str, known: Iterable[str]) -> Diagnostic:
    choices = tuple(known)
    hints = did_you_mean(name, choices)
    if not hints and choices:
        hints = (f"It has {', '.join(f'`{choice}`' for choice in choices)}.",)
    return RULE.finding(span, f"`{owner}` has no `{name}`.", *hints)


def without_attributes(span: Span, owner: str, name: str) -> Diagnostic:
    return RULE.finding(span, f"`{owner}` is one value and has no `{name}`.", f"Write `{owner}` alone.")


def component_needed(span: Span, function: str, text: str, components: tuple[str, ...]) -> Diagnostic:
    choices = ", ".join(f"`.{component}`" for component in components)
    message = f"`{function}` gives several values."
    return RULE.finding(span, message, f"Say which: {choices}, as in `{text}.{components[0]}`.")
