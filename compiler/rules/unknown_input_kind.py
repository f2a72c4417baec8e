"""ALV0212: an input, or a parameter of a structure, of a kind that does not exist."""

from __future__ import annotations

from alvh.compiler.nearest_names import did_you_mean
from alvh.compiler.registry import Rule
from alvh.compiler.vocabulary import INPUT_KINDS, PARAMETER_KINDS
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0212",
    name="unknown-input-kind",
    family="names",
    summary="An input, or a parameter of a structure, of a kind that does not exist.",
    why="The kind says what the series may be compared with, and what a parameter may stand for.",
    example="input ad_line : indx\ntrigger weak = diverges(spx, ad_line, 20 sessions)\n",
    fix="input ad_line : index\ntrigger weak = diverges(spx, ad_line, 20 sessions)\n",
)


def unknown_input_kind(span: Span, kind: str) -> Diagnostic:
    choices = ", ".join(f"`{word}` ({text})" for word, text in INPUT_KINDS.items())
    return RULE.finding(span, f"An input cannot be a `{kind}`.", *did_you_mean(kind, INPUT_KINDS), f"It is one of {choices}.")


def unknown_parameter_kind(span: Span, kind: str) -> Diagnostic:
    choices = ", ".join(f"`{word}`" for word in PARAMETER_KINDS)
    return RULE.finding(span, f"A parameter cannot be a `{kind}`.", *did_you_mean(kind, PARAMETER_KINDS), f"It is one of {choices}.")
