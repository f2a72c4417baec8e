"""ALV0230: structures that are made of one another in a circle."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0230",
    name="recursive-structure",
    family="names",
    summary="Structures that are made of one another in a circle.",
    why="The legs of such a structure would never end.",
    example="""\
structure strangle(away : delta) {
  legs strangle(away)
  buy VIX put at away, 30 days
}
hedge h { layer a { legs strangle(0.20 delta) } }
""",
    fix="""\
structure strangle(away : delta) {
  buy VIX call at away, 30 days
  buy VIX put  at away, 30 days
}
hedge h { layer a { legs strangle(0.20 delta) } }
""",
)


def nested_structures(span: Span, most: int) -> Diagnostic:
    return RULE.finding(span, f"Structures are made of one another more than {most} deep here.", "Write the legs out.")


def recursive_structure(span: Span, circle: tuple[str, ...]) -> Diagnostic:
    if len(circle) == 1:
        return RULE.finding(span, f"`{circle[0]}` is made of itself.", "Write the legs out.")
    return RULE.finding(span, f"These structures are made of one another: {' -> '.join((*circle, circle[0]))}.", "Write the legs out.")
