"""ALV0204: a declaration that takes a word of the language."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0204",
    name="reserved-name",
    family="names",
    summary="A declaration that takes a word of the language.",
    why="If a file could give `vix` or `profit` another meaning, no line could be read without looking for it.",
    example="let vix = vix3m / vix6m\n",
    fix="let slope = vix3m / vix6m\n",
)


def reserved_name(span: Span, name: str, meaning: str) -> Diagnostic:
    return RULE.finding(span, f"`{name}` is {meaning} and cannot be declared again.", f"Take another name, as in `my_{name.lower()}`.")
