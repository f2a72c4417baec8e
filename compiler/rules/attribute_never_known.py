"""ALV0213: a value that a layer's structure cannot have."""

from __future__ import annotations

from collections.abc import Iterable

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic, Related
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0213",
    name="attribute-never-known",
    family="names",
    summary="A value that a layer's structure, or several layers together, cannot have.",
    why="A layer that sells nothing takes in no credit and has no short delta: a rule on it could never hold.",
    example="hedge h {\n  layer calls {\n    buy 1 VIX call at 0.30 delta, 30 days\n    close when profit >= 50% of credit\n  }\n}\n",
    fix="hedge h {\n  layer calls {\n    buy 1 VIX call at 0.30 delta, 30 days\n    close when profit >= $500\n  }\n}\n",
)


def attribute_never_known(span: Span, layer: str, name: str, why: str, declared: Span) -> Diagnostic:
    hint = "What it paid is `cost`, what it has earned `profit`." if name == "credit" else "Take the line out, or ask another layer."
    return RULE.finding(span, f"`{layer}` {why}, so it has no `{name}`.", hint, related=(Related(declared, "declared here"),))


def attribute_of_one_layer(span: Span, group: str, name: str, layers: Iterable[str]) -> Diagnostic:
    choices = " or ".join(f"`{path}.{name}`" for path in layers)
    return RULE.finding(span, f"`{group}` has several layers, and `{name}` is one layer's.", f"Name the layer: {choices}.")
