"""ALV0208: a `--set` that gives a setting a value it cannot have."""

from __future__ import annotations

from alvh.compiler.nearest_names import did_you_mean
from alvh.compiler.registry import Rule
from alvh.compiler.vocabulary import SETTINGS
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0208",
    name="unknown-choice",
    family="names",
    summary="A `--set` that gives a setting a value it cannot have.",
    why="A setting that was not understood must not silently fall back to its default.",
    example="# --set costs=non\nbook condors { sell SPX put at 0.16 delta, 45 days }\n",
    fix="# --set costs=none\nbook condors { sell SPX put at 0.16 delta, 45 days }\n",
)


def unknown_choice(span: Span, name: str, choice: str) -> Diagnostic:
    choices = SETTINGS[name].choices
    listed = ", ".join(f"`{possible}`" for possible in choices)
    return RULE.finding(span, f"`{name}` cannot be `{choice}`.", *did_you_mean(choice, choices), f"It is one of {listed}.")
