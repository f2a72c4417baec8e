"""ALV0201: a name that nothing declares."""

from __future__ import annotations

from collections.abc import Iterable

from alvh.compiler.nearest_names import did_you_mean
from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0201",
    name="undefined-name",
    family="names",
    summary="A name that nothing declares.",
    why="A rule can only read what the market supplies, what the file declares, or what a used file brings in.",
    example="book condors {\n  sell SPX put at 0.16 delta, 45 days\n  close when vixx > 30\n}\n",
    fix="book condors {\n  sell SPX put at 0.16 delta, 45 days\n  close when vix > 30\n}\n",
)


def undefined_name(span: Span, name: str, known: Iterable[str], *hints: str) -> Diagnostic:
    return RULE.finding(span, f"Nothing is called `{name}` here.", *hints, *did_you_mean(name, known))


def undefined_layer(span: Span, name: str, known: Iterable[str]) -> Diagnostic:
    return RULE.finding(span, f"No book, hedge or layer is called `{name}`.", *did_you_mean(name, known))


def undefined_calendar(span: Span, name: str, known: Iterable[str]) -> Diagnostic:
    hints = did_you_mean(name, known) or (f"Declare it: `calendar {name}`. The dates come with the market.",)
    return RULE.finding(span, f"No calendar is called `{name}`.", *hints)


def undefined_leg(span: Span, name: str, known: Iterable[str]) -> Diagnostic:
    hints = did_you_mean(name, known) or (f"Give the leg a name: `{name} : sell ...`.",)
    return RULE.finding(span, f"No other leg of this structure is called `{name}`.", *hints)
