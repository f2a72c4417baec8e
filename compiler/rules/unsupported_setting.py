"""ALV0209: a value of a setting that this version does not run."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.compiler.vocabulary import SETTINGS
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0209",
    name="unsupported-setting",
    family="names",
    summary="A value of a setting that this version does not run.",
    why="This version fills every order at the close of the bar that decided it.",
    example="fill next open\nbook condors { sell SPX put at 0.16 delta, 45 days }\n",
    fix="fill this close\nbook condors { sell SPX put at 0.16 delta, 45 days }\n",
)


def unsupported_setting(span: Span, name: str, choice: str) -> Diagnostic:
    able = " or ".join(f"`{name} {possible}`" for possible in SETTINGS[name].choices)
    return RULE.finding(span, f"This version does not run `{name} {choice}` yet.", f"Write {able}, or leave the line out.")
