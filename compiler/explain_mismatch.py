"""Which rule two values of different kinds break, and the fix in the user's own words."""

from __future__ import annotations

from attrs import frozen

from alvh.compiler.expressions import text_of
from alvh.compiler.kinds import Family, Kind
from alvh.compiler.rules.bare_number import bare_number
from alvh.compiler.rules.days_and_sessions import days_meant, sessions_meant
from alvh.compiler.rules.kinds_differ import kinds_differ
from alvh.compiler.rules.number_against_ratio import number_against_ratio
from alvh.compiler.rules.points_against_ratio import points_against_ratio
from alvh.compiler.rules.ratio_against_number import ratio_against_number
from alvh.compiler.rules.ratio_of_what import ratio_of_what
from alvh.compiler.rules.scales_differ import scales_differ
from alvh.grammar import syntax
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

LONGEST_QUOTE = 60
"""Characters: a longer expression is not repeated in a message."""


@frozen(eq=False)
class Operand:
    """One side of a comparison: the expression and its kind."""

    expression: syntax.Expression
    kind: Kind

    @property
    def text(self) -> str:
        return quote(self.expression)


def quote(expression: syntax.Expression) -> str:
    """The text of an expression, shortened where it is long."""
    text = text_of(expression)
    return text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 4].rstrip() + " ..."


def explain_mismatch(span: Span, left: Operand, right: Operand, operator: str, verb: str, base: str = "equity") -> Diagnostic:
    """The finding for two operands that do not go together; `verb` says what was tried ("compared", "added"), `base` what a per
    cent beside money is probably of."""
    families = {left.kind.family, right.kind.family}
    if families == {Family.POINTS}:
        return scales_differ(span, left.text, left.kind.text, right.text, right.kind.text, verb)
    if families == {Family.POINTS, Family.RATIO}:
        points, ratio = _by_family(left, right, Family.POINTS)
        return points_against_ratio(
            span, points.text, points.kind.text, ratio.text, _rewritten(left, right, operator, ratio, _hundredfold(ratio))
        )
    if families == {Family.NUMBER, Family.RATIO}:
        ratio, number = _by_family(left, right, Family.RATIO)
        if literal(number.expression) is not None or literal(ratio.expression) is None:
            fixed = _rewritten(left, right, operator, number, _as_ratio(number))
            return ratio_against_number(span, ratio.text, number.text, fixed)
        as_number = _hundredfold(ratio) if _runs_to_a_hundred(number.expression) else _plain(ratio)
        return number_against_ratio(span, number.text, ratio.text, _rewritten(left, right, operator, ratio, as_number))
    if families == {Family.MONEY, Family.RATIO}:
        money, ratio = _by_family(left, right, Family.MONEY)
        return ratio_of_what(
            span, money.text, ratio.text, _rewritten(left, right, operator, ratio, f"{ratio.text} of {base}") or ratio.text
        )
    if families == {Family.DAYS, Family.SESSIONS}:
        days, sessions = _by_family(left, right, Family.DAYS)
        if literal(sessions.expression) is not None:
            fixed = _rewritten(left, right, operator, sessions, _with_unit(sessions, Family.DAYS))
            return days_meant(span, f"`{days.text}`", sessions.text, fixed)
        fixed = _rewritten(left, right, operator, days, _with_unit(days, Family.SESSIONS))
        return sessions_meant(span, f"`{sessions.text}`", days.text, fixed)
    if Family.NUMBER in families:
        number, other = _by_family(left, right, Family.NUMBER)
        if literal(number.expression) is not None:
            fixed = _rewritten(left, right, operator, number, _with_unit(number, other.kind.family))
            return bare_number(span, other.text, other.kind.described, number.text, fixed)
    fixed = _in_unit_of(left, right, operator, right) or _in_unit_of(left, right, operator, left)
    hints = (f"Write `{fixed}`.",) if fixed else ()
    if families == {Family.MONEY, Family.MONEY_PER_DAY}:
        _, decay = _by_family(left, right, Family.MONEY)
        hints = (f"Ask how long money lasts: divided by `{decay.text}` it is days.",)
    return kinds_differ(span, left.text, left.kind.described, right.text, right.kind.described, verb, *hints)


def literal(expression: syntax.Expression) -> float | None:
    """The value of a literal, with its sign; None for anything else."""
    match expression:
        case syntax.Literal(value=value):
            return value
        case syntax.Negate(operand=syntax.Literal(value=value)):
            return -value
        case _:
            return None


def written(value: float) -> str:
    """A number as a file would say it."""
    if value == int(value):
        return f"{int(value):_}" if abs(value) >= 10_000 else str(int(value))
    return f"{value:.10f}".rstrip("0").rstrip(".")


_ONCE = 2.0
"""Below it a bare number beside a ratio is probably one: `vix / vix3m > 1.05` means 105%, `backwardation > 8` means 8%."""


def with_unit(value: float, family: Family) -> str | None:
    """A number with the unit of a family."""
    number = written(value)
    match family:
        case Family.DELTA:
            magnitude = abs(value) / 100 if abs(value) >= 1 else abs(value)
            return f"{magnitude:.2f} delta" if 0 < magnitude < 1 else None
        case Family.MONEY:
            return f"${number}" if value >= 0 else f"-${number[1:]}"
        case Family.DAYS | Family.SESSIONS | Family.CONTRACTS:
            return f"{number} {family.value if value != 1 else family.value[:-1]}"
        case Family.POINTS:
            return f"{number} points"
        case Family.RATIO:
            return f"{written(value if abs(value) >= _ONCE else value * 100)}%"
        case _:
            return None


def _by_family(left: Operand, right: Operand, family: Family) -> tuple[Operand, Operand]:
    """The operand of that family first."""
    return (left, right) if left.kind.family is family else (right, left)


def _rewritten(left: Operand, right: Operand, operator: str, wrong: Operand, fixed: str | None) -> str | None:
    """The whole comparison with the wrong operand written another way; that operand alone where there is no operator."""
    if fixed is None or not operator:
        return fixed
    first = fixed if wrong is left else left.text
    second = fixed if wrong is right else right.text
    return f"{first} {operator} {second}"


def _in_unit_of(left: Operand, right: Operand, operator: str, wrong: Operand) -> str | None:
    """The comparison with its one literal in the other side's unit."""
    other = left if wrong is right else right
    if literal(wrong.expression) is None or literal(other.expression) is not None:
        return None
    return _rewritten(left, right, operator, wrong, _with_unit(wrong, other.kind.family))


def _hundredfold(ratio: Operand) -> str | None:
    value = literal(ratio.expression)
    return None if value is None else written(value * 100)


def _plain(ratio: Operand) -> str | None:
    value = literal(ratio.expression)
    return None if value is None else written(value)


def _as_ratio(number: Operand) -> str | None:
    value = literal(number.expression)
    return None if value is None else with_unit(value, Family.RATIO)


def _with_unit(operand: Operand, family: Family) -> str | None:
    value = literal(operand.expression)
    return None if value is None else with_unit(value, family)


def _runs_to_a_hundred(expression: syntax.Expression) -> bool:
    return isinstance(expression, syntax.Call) and expression.function.name == "rsi"


def is_zero(expression: syntax.Expression) -> bool:
    """A bare `0`, which fits every kind but a date."""
    match expression:
        case syntax.Literal(value=value, unit=unit):
            return value == 0 and unit == ""
        case syntax.Negate(operand=operand):
            return is_zero(operand)
        case _:
            return False
