"""ALV0216: a layer's short name that several books or hedges have."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0216",
    name="ambiguous-layer",
    family="names",
    summary="A layer's short name that several books or hedges have.",
    why="A short name must mean one layer.",
    example=(
        "hedge a {\n  layer near { buy 1 VIX call at 0.30 delta, 30 days }\n}\n"
        "hedge b {\n  layer near { buy 1 VIX call at 0.30 delta, 60 days }\n}\n"
        "hedge c {\n  layer far { buy 1 VIX call at 0.30 delta, 90 days  open when near is open }\n}\n"
    ),
    fix=(
        "hedge a {\n  layer near { buy 1 VIX call at 0.30 delta, 30 days }\n}\n"
        "hedge b {\n  layer near { buy 1 VIX call at 0.30 delta, 60 days }\n}\n"
        "hedge c {\n  layer far { buy 1 VIX call at 0.30 delta, 90 days  open when a.near is open }\n}\n"
    ),
)


def ambiguous_layer(span: Span, name: str, paths: tuple[str, ...]) -> Diagnostic:
    choices = " or ".join(f"`{path}`" for path in paths)
    return RULE.finding(span, f"Several layers are called `{name}`.", f"Write {choices}.")
