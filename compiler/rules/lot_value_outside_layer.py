"""ALV0214: a lot's own value where no lot is meant."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0214",
    name="lot-value-outside-layer",
    family="names",
    summary="A lot's own value where no lot is meant.",
    why="In a `close`, `roll` or `rebalance` of a book or layer, bare `profit` is each lot's own. Elsewhere, and where a lot is yet to be"
    " opened, there is none that could be meant.",
    example=(
        "book condors { sell SPX put at 0.16 delta, 45 days }\n"
        "trigger won = profit > $100\n"
        "hedge h {\n  layer calls {\n    buy 1 VIX call at 0.30 delta, 30 days\n    open when won\n  }\n}\n"
    ),
    fix=(
        "book condors { sell SPX put at 0.16 delta, 45 days }\n"
        "trigger won = condors.profit > $100\n"
        "hedge h {\n  layer calls {\n    buy 1 VIX call at 0.30 delta, 30 days\n    open when won\n  }\n}\n"
    ),
)


def lot_value_outside_layer(span: Span, name: str, layer: str | None) -> Diagnostic:
    owner = layer or "condors"
    hint = f"Write `{owner}.{name}` for the layer's, or put the rule inside the layer."
    return RULE.finding(span, f"`{name}` is each lot's own, and there is no lot here.", hint)


def lot_value_before_opening(span: Span, name: str, layer: str) -> Diagnostic:
    message = f"`{name}` is each lot's own, and this line is not asked of a lot."
    return RULE.finding(span, message, f"Write `{layer}.{name}` for the layer's.")
