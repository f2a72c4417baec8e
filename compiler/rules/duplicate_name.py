"""ALV0202: a name declared twice."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic, Related
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0202",
    name="duplicate-name",
    family="names",
    summary="A name declared twice.",
    why="The order of declarations never changes the result, so a later one cannot win over an earlier one.",
    example="param limit = 8%\nlet limit = vix / vix3m - 1\n",
    fix="param limit = 8%\nlet inversion = vix / vix3m - 1\n",
)


def duplicate_name(span: Span, name: str, first: Span, *, used: bool) -> Diagnostic:
    hint = f"`change {name} ...` gives a used name another meaning; or take another name." if used else "Take another name for one of them."
    where = "in a used file" if used else "first here"
    return RULE.finding(span, f"`{name}` is declared twice.", hint, related=(Related(first, f"declared {where}"),))


def said_twice(span: Span, name: str, first: Span) -> Diagnostic:
    """The title or a setting, which has no name to take another of."""
    return RULE.finding(span, f"`{name}` is said twice.", "Keep one of them.", related=(Related(first, "first here"),))


def conflicting_uses(span: Span, name: str, first: Span) -> Diagnostic:
    message = f"Two used files both declare `{name}`, and not the same thing."
    return RULE.finding(
        span, message, f"`drop {name}` in a file between them, or use only one.", related=(Related(first, "the other one"),)
    )


def conflicting_setting(span: Span, name: str, first: Span) -> Diagnostic:
    message = f"Two used files set `{name}` to different values."
    return RULE.finding(span, message, f"Say `{name} ...` in this file: it wins.", related=(Related(first, "the other one"),))


def repeated_change(span: Span, name: str, first: Span) -> Diagnostic:
    message = f"`{name}` is changed twice in one file."
    return RULE.finding(span, message, "Make it one `change`.", related=(Related(first, "first here"),))
