"""ALV0218: a `change` or `drop` of something that no used file declares."""

from __future__ import annotations

from collections.abc import Iterable

from alvh.compiler.nearest_names import did_you_mean
from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0218",
    name="unknown-target",
    family="names",
    summary="A `change` or `drop` of something that no used file declares.",
    why="A change that hits nothing would leave the strategy as it was, without a word.",
    example='use "books/condor.alvh"\nchange wings = 50 points\n',
    fix='use "books/condor.alvh"\nchange wing = 50 points\n',
)


def unknown_target(span: Span, verb: str, name: str, known: Iterable[str]) -> Diagnostic:
    choices = tuple(known)
    hints = did_you_mean(name, choices) or tuple(f"Write `{path}`." for path in choices if path.endswith(f".{name}"))
    return RULE.finding(span, f"There is no `{name}` to {verb}.", *hints)


def own_declaration(span: Span, name: str) -> Diagnostic:
    return RULE.finding(
        span, f"`{name}` is declared in this file.", "`drop` is for what a used file declares: remove the declaration itself."
    )


def no_value_to_change(span: Span, name: str, sort: str) -> Diagnostic:
    return RULE.finding(span, f"`{name}` is {sort} and has no value to change.", "`change NAME = VALUE` is for a param, let or trigger.")


def no_body_to_change(span: Span, name: str, sort: str) -> Diagnostic:
    return RULE.finding(span, f"`{name}` is {sort} and has no statements.", f"Write `change {name} = VALUE`.")
