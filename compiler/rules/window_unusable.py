"""ALV0503: a window that is no whole, positive, fixed number of sessions."""

from __future__ import annotations

from collections.abc import Iterator

from alvh.compiler.constants import constant_value, is_count
from alvh.compiler.registry import Rule
from alvh.compiler.subject import Subject
from alvh.compiler.windows import Window, windows_of
from alvh.grammar.diagnostics import Diagnostic

RULE = Rule(
    code="ALV0503",
    name="window-unusable",
    family="time",
    summary="A window that is no whole, positive, fixed number of sessions.",
    why="A window is how much of the past a stream keeps. It counts whole bars, at least as many as its formula needs, and stays the same"
    " through a run.",
    example="let slow = sma(vix, 2.5 sessions)\n",
    fix="let slow = sma(vix, 3 sessions)\n",
)


def find(subject: Subject) -> Iterator[Diagnostic]:
    for window in windows_of(subject):
        value = constant_value(window.expression, subject.meaning)
        if value is None and not is_count(window.expression, subject.meaning):
            continue  # a finding of the units family already
        problem = _problem(window, value)
        if problem:
            unit = "sessions" if window.counts == "sessions" else "days"
            yield RULE.finding(
                window.expression.span, problem, f"Write a whole number, {window.least} or more, as in `{max(window.least, 20)} {unit}`."
            )


def _problem(window: Window, value: float | None) -> str:
    text = window.expression.span.text
    if value is None:
        return f"`{text}` changes from bar to bar; the length of {window.what} is a number or a param."
    if value != int(value):
        return f"`{text}` is not whole: the length of {window.what} counts {window.counts}."
    if value < 1:
        return f"`{text}` is no length: {window.what} needs at least {_bars(window, window.least)}."
    if value < window.least:
        return f"`{text}` is too short: {window.what} needs at least {_bars(window, window.least)}."
    return ""


def _bars(window: Window, count: int) -> str:
    return f"{count} {window.counts if count != 1 else window.counts[:-1]}"
