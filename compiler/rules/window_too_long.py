"""ALV0504: a window longer than any use of it."""

from __future__ import annotations

from collections.abc import Iterator

from alvh.compiler.constants import constant_value
from alvh.compiler.registry import Rule
from alvh.compiler.subject import Subject
from alvh.compiler.windows import windows_of
from alvh.grammar.diagnostics import Diagnostic

LONGEST = 2_000
"""Sessions: eight years, a quarter of the history there is."""

RULE = Rule(
    code="ALV0504",
    name="window-too-long",
    family="time",
    summary="A window of more than 2,000 sessions.",
    why="Until a window is full its stream is unknown, and rules on it rest. Eight years of rest are a slip of the pen.",
    example="let slow = sma(vix, 20_000 sessions)\n",
    fix="let slow = sma(vix, 200 sessions)\n",
)


def find(subject: Subject) -> Iterator[Diagnostic]:
    for window in windows_of(subject):
        value = constant_value(window.expression, subject.meaning)
        if value is not None and value > LONGEST:
            yield RULE.finding(
                window.expression.span,
                f"`{window.expression.span.text}` is too long: {window.what} takes {LONGEST:,} {window.counts} at most.",
                "A year has about 252 sessions.",
            )
