"""ALV0603: a count, share or expiry that is no fixed number of the sort needed."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from alvh.compiler.constants import constant_value, is_count
from alvh.compiler.kinds import Family
from alvh.compiler.registry import Rule
from alvh.compiler.subject import Subject
from alvh.compiler.vocabulary import FUTURES_LISTED
from alvh.grammar import syntax
from alvh.grammar.diagnostics import Diagnostic

RULE = Rule(
    code="ALV0603",
    name="number-unusable",
    family="risk",
    summary="A count, share, expiry, capital or param that is no fixed number of the sort needed.",
    why="What a structure is made of stays the same through a run: how many of each leg, when they expire, what part of the budget they"
    " get. Only sizes, strikes and conditions follow the market.",
    example="hedge h {\n  layer calls { buy 1.5 VIX calls at 0.30 delta, 30 days }\n}\n",
    fix="hedge h {\n  layer calls { buy 3 VIX calls at 0.30 delta, 30 days }\n}\n",
)

MOST = 10_000.0
MONTHS = 24
_CAPITAL = "the capital"
_PARAM = "a param"
_FAMILIES_OF_PARAMS = {Family.MONEY, Family.MONEY_PER_DAY, Family.MONEY_PER_POINT, Family.POINTS, Family.DELTA}
"""Besides those that a count may have."""


def find(subject: Subject) -> Iterator[Diagnostic]:
    for expression, what, low, high, whole in _numbers(subject):
        value = constant_value(expression, subject.meaning)
        text = expression.span.text
        if value is None and (is_count(expression, subject.meaning) or _is_money_or_param(expression, what, subject)):
            yield RULE.finding(expression.span, f"`{text}` is no fixed number: {what} is made of numbers and params.", "Write it out.")
        elif value is None:
            continue  # a finding of the units family already
        elif whole and value != int(value):
            yield RULE.finding(expression.span, f"`{text}` is not whole: {what} is a whole number.", "Write a whole number.")
        elif not low <= value <= high:
            yield RULE.finding(expression.span, f"`{text}` is out of bounds: {what} is {_bounds(low, high)}.")


def _is_money_or_param(expression: syntax.Expression, what: str, subject: Subject) -> bool:
    """A capital in dollars or a param of any kind: no rule of units has spoken about it."""
    kind = subject.meaning.kinds.get(id(expression))
    if kind is None:
        return False
    return kind.family is Family.MONEY if what == _CAPITAL else what == _PARAM and kind.family in _FAMILIES_OF_PARAMS


def _bounds(low: float, high: float) -> str:
    if high == 1:
        return f"from {low:.0%} to {high:.0%}"
    return f"at least {low:,g}" if high == inf else f"from {low:,g} to {high:,g}"


def _numbers(subject: Subject) -> Iterator[tuple[syntax.Expression, str, float, float, bool]]:
    """Each number with what it is, its bounds, and whether it counts."""
    module = subject.meaning.module
    for setting in module.settings:
        if setting.name == "capital" and setting.value is not None:
            yield setting.value, _CAPITAL, 1.0, 1e15, False
    for param in module.params:
        for bound in (param.value, param.low, param.high):
            if bound is not None:
                yield bound, _PARAM, -inf, inf, False
    for entry in module.inputs:
        if entry.lag is not None:
            yield entry.lag, "a lag in days", 0.0, 2_000.0, True
    for statement in subject.statements():
        match statement:
            case syntax.Leg(count=count, expiry=expiry, right=right):
                if count is not None:
                    yield count, "how many of a leg", 1.0, MOST, True
                if expiry is not None:
                    yield from _of_expiry(expiry, FUTURES_LISTED if right == "future" else MONTHS)
            case syntax.ExpiryRule(expiry=expiry):
                yield from _of_expiry(expiry)
            case syntax.AtMost(count=count):
                yield count, "how many lots", 0.0, MOST, True
            case syntax.ShareOfBudget(value=value):
                yield value, "a share of the budget", 0.0, 1.0, False
            case syntax.Budget(kept=kept) if kept is not None:
                yield kept, "how many months are kept", 0.0, MOST, False
            case syntax.Roll(to=syntax.Expiry() as expiry):
                yield from _of_expiry(expiry)
            case syntax.Shift(amount=amount):
                yield amount, "what is shifted of the budget", 0.0, 1.0, False
            case _:
                pass


def _of_expiry(expiry: syntax.Expiry, months: int = MONTHS) -> Iterator[tuple[syntax.Expression, str, float, float, bool]]:
    for bound in (expiry.low, expiry.high):
        if bound is not None and expiry.manner == "month":
            yield bound, "the rank of a monthly expiry", 1.0, float(months), True
        elif bound is not None:
            yield bound, "the days to an expiry", 0.0, 5_000.0, False
