"""Walks over expressions, and where a statement holds them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from alvh.grammar import syntax
from alvh.grammar.source import Span
from alvh.grammar.syntax import Expression

_COMMENT = re.compile(r'("[^"\r\n]*")|#[^\r\n]*')
"""A comment; or a text, which may hold a `#` of its own."""


def children_of(expression: Expression) -> tuple[Expression, ...]:
    """The expressions directly inside `expression`, in the order of the text."""
    match expression:
        case syntax.Attribute(owner=owner):
            return (owner,)
        case syntax.Call(arguments=arguments):
            return arguments
        case syntax.Negate(operand=operand) | syntax.Not(operand=operand):
            return (operand,)
        case (
            syntax.Arithmetic(left=left, right=right)
            | syntax.Comparison(left=left, right=right)
            | syntax.Logic(left=left, right=right)
            | syntax.Crosses(left=left, right=right)
        ):
            return (left, right)
        case syntax.InRange(value=value, low=low, high=high):
            return (value, low, high)
        case syntax.Edge(condition=condition):
            return (condition,)
        case syntax.ForSessions(condition=condition, length=length):
            return (condition, length)
        case syntax.Within(length=length, event=event):
            return (length, event)
        case syntax.Conditional(value=value, condition=condition, otherwise=otherwise):
            return (value, condition, otherwise)
        case syntax.Table(subject=subject, rows=rows):
            return (subject, *(part for row in rows for part in (row.bound, row.value)))
        case syntax.Share(ratio=ratio, base=base):
            return (ratio, base)
        case syntax.Per(quantity=quantity, amount=amount, base=base):
            return (quantity, amount, base)
        case _:
            return ()


def walk(expression: Expression) -> Iterator[Expression]:
    """`expression` and everything inside it, outer before inner, without recursion."""
    waiting = [expression]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(reversed(children_of(current)))


def expressions_of(statement: syntax.Statement) -> tuple[Expression, ...]:
    """The outermost expressions of a statement, in the order of the text."""
    found: list[Expression | None] = []
    match statement:
        case syntax.Leg(count=count, strike=strike, expiry=expiry):
            found = [count, None if strike is None else strike.value]
            if expiry is not None:
                found += [expiry.low, expiry.high]
        case syntax.ExpiryRule(expiry=expiry):
            found = [expiry.low, expiry.high]
        case syntax.Size(value=value) | syntax.ShareOfBudget(value=value) | syntax.UnitRule(value=value):
            found = [value]
        case syntax.AtMost(count=count):
            found = [count]
        case syntax.Budget(amount=amount, kept=kept):
            found = [amount, kept]
        case syntax.LimitCost(amount=amount):
            found = [amount]
        case syntax.Unwind(condition=condition, until=until):
            found = [condition, until]
        case syntax.Legs(arguments=arguments):
            found = [*arguments]
        case syntax.Keep(value=value, low=low, high=high):
            found = [value, low, high]
        case syntax.Action(schedule=schedule, condition=condition):
            found = [*_before_occasion(statement), None if schedule is None else schedule.length, condition]
        case _:
            pass
    return tuple(expression for expression in found if expression is not None)


def _before_occasion(action: syntax.Action) -> tuple[Expression | None, ...]:
    """What an action states besides when."""
    match action:
        case syntax.Roll(to=syntax.Expiry(low=low, high=high)):
            return (low, high)
        case syntax.Add(amount=amount, source=source):
            return (amount, source)
        case syntax.Shift(amount=amount):
            return (amount,)
        case _:
            return ()


def text_of(node: syntax.Node) -> str:
    """The source text of a node on one line, without comments."""
    return on_one_line(node.span)


def on_one_line(span: Span) -> str:
    """The text of a span on one line, without comments."""
    return " ".join(_COMMENT.sub(r"\1", span.text).split())
