"""ALV0602: more legs than a structure can have."""

from __future__ import annotations

from collections.abc import Iterator

from alvh.compiler.registry import Rule
from alvh.compiler.subject import Subject
from alvh.compiler.verbs import statements_of
from alvh.grammar import syntax
from alvh.grammar.diagnostics import Diagnostic

MOST_LEGS = 4

RULE = Rule(
    code="ALV0602",
    name="too-many-legs",
    family="risk",
    summary="More than four legs in one layer.",
    why="Legs of a layer fill together or not at all, as exchanges take orders of up to four legs.",
    example="book five {\n  expiry 45 days\n  buy SPX put at 0.10 delta\n  buy SPX put at 0.15 delta\n  buy SPX put at 0.20 delta\n"
    "  buy SPX put at 0.25 delta\n  buy SPX put at 0.30 delta\n}\n",
    fix="book four {\n  expiry 45 days\n  buy SPX put at 0.10 delta\n  buy SPX put at 0.15 delta\n  buy SPX put at 0.20 delta\n"
    "  buy SPX put at 0.25 delta\n}\n",
)


def find(subject: Subject) -> Iterator[Diagnostic]:
    for _, layer in subject.layers():
        legs = statements_of(layer.statements, syntax.Leg)
        if len(legs) > MOST_LEGS:
            message = f"`{layer.path}` has {len(legs)} legs; a structure has at most {MOST_LEGS}."
            yield RULE.finding(legs[MOST_LEGS].span, message, "Put the other legs into a layer of their own.")
