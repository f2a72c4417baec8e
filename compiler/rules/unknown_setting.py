"""ALV0208: a setting, or a value of one, that does not exist."""

from __future__ import annotations

from alvh.compiler.nearest_names import did_you_mean
from alvh.compiler.registry import Rule
from alvh.compiler.vocabulary import SETTINGS
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0208",
    name="unknown-setting",
    family="names",
    summary="A setting, or a value of one, that does not exist.",
    why="A setting that was not understood must not silently fall back to its default.",
    example="costs non\nbook condors { sell SPX put at 0.16 delta, 45 days }\n",
    fix="costs none\nbook condors { sell SPX put at 0.16 delta, 45 days }\n",
)


def unknown_setting(span: Span, name: str) -> Diagnostic:
    return RULE.finding(span, f"There is no setting `{name}`.", *did_you_mean(name, SETTINGS), f"Settings are {_listed(tuple(SETTINGS))}.")


def unknown_choice(span: Span, name: str, choice: str) -> Diagnostic:
    choices = SETTINGS[name].choices + SETTINGS[name].later
    return RULE.finding(span, f"`{name}` cannot be `{choice}`.", *did_you_mean(choice, choices), f"It is one of {_listed(choices)}.")


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)
