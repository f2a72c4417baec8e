"""Numbers that stand in the text: what windows, counts and expiries must be made of."""

from __future__ import annotations

from alvh.compiler.expressions import walk
from alvh.compiler.kinds import Family
from alvh.compiler.meaning import Meaning
from alvh.grammar import syntax
from alvh.grammar.diagnostics import InternalError


def constant_value(expression: syntax.Expression, meaning: Meaning) -> float | None:
    """The value of an expression made of literals and params alone, in the unit of its kind; None for any other."""
    match expression:
        case syntax.Literal(value=value):
            return value
        case syntax.Name():
            reference = meaning.references.get(id(expression))
            if reference is None or reference.sort != "param":
                return None
            for param in meaning.module.params:
                if param.name.name == reference.name and not any(isinstance(part, syntax.Name) for part in walk(param.value)):
                    return constant_value(param.value, meaning)
            return None
        case syntax.Negate(operand=operand):
            value_or_none = constant_value(operand, meaning)
            return None if value_or_none is None else -value_or_none
        case syntax.Arithmetic(operator=operator, left=left, right=right):
            return _combine(operator, constant_value(left, meaning), constant_value(right, meaning))
        case _:
            return None


def _combine(operator: str, left: float | None, right: float | None) -> float | None:
    if left is None or right is None:
        return None
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case _:
            return None if right == 0 else left / right


def fixed_value(expression: syntax.Expression, meaning: Meaning) -> float:
    """`constant_value` where the rules have made sure that there is one."""
    value = constant_value(expression, meaning)
    if value is None:
        raise InternalError(f"no fixed number at {expression.span}: {expression.span.text}")
    return value


def is_count(expression: syntax.Expression, meaning: Meaning) -> bool:
    """Is its kind one that a length, a count or a share may have?"""
    kind = meaning.kinds.get(id(expression))
    return kind is not None and kind.family in (Family.NUMBER, Family.SESSIONS, Family.DAYS, Family.CONTRACTS, Family.RATIO)


def lags_of(meaning: Meaning) -> dict[str, int]:
    """Calendar days by which a file says that an input is published late, by input."""
    return {entry.name.name: int(fixed_value(entry.lag, meaning)) for entry in meaning.module.inputs if entry.lag is not None}
