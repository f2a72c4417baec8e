"""ALV0224: a `--set` that names nothing, or says nothing that can be read."""

from __future__ import annotations

from collections.abc import Iterable

from alvh.compiler.nearest_names import did_you_mean
from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0224",
    name="unknown-override",
    family="names",
    summary="A `--set` that names no setting, param, let or trigger, or whose value is none.",
    why="A result under the wrong setting looks like any other result.",
    example="# --set cost=none\nbook condors { sell SPX put at 0.16 delta, 45 days }\n",
    fix="# --set costs=none\nbook condors { sell SPX put at 0.16 delta, 45 days }\n",
)


def unknown_override(span: Span, name: str, known: Iterable[str]) -> Diagnostic:
    choices = tuple(known)
    hints = did_you_mean(name, choices) or (f"The file has {', '.join(f'`{choice}`' for choice in choices)}.",)
    return RULE.finding(span, f"`--set` names `{name}`, and the file has no setting, param, let or trigger of that name.", *hints)


def unreadable_override(span: Span, name: str, value: str) -> Diagnostic:
    return RULE.finding(span, f"`{value}` is no value for `{name}`.", f"Write one value, as in `--set {name}=...` in a file's own words.")
