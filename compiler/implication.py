"""Which conditions follow from others, by their text alone: `vix > 30` makes `vix > 20` true.

Names are looked through: lets and triggers to what they say, params to their numbers. It says "follows" only where that is
certain; two conditions that it cannot compare do not follow from one another.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isclose
from typing import Any

from attrs import evolve, frozen

from alvh.compiler.constants import constant_value
from alvh.compiler.meaning import Meaning
from alvh.grammar import syntax

LARGEST = 100
"""Parts of a definition that is looked through; a larger one is compared by its name."""

MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


@frozen
class Bound:
    """A stream above or below a number: `above`, and whether the number itself counts."""

    stream: syntax.Expression
    above: bool
    level: float
    counts: bool

    def implies(self, other: Bound) -> bool:
        if self.above != other.above or self.stream != other.stream:
            return False
        if isclose(self.level, other.level, rel_tol=1e-12):
            return other.counts or not self.counts
        return self.level > other.level if self.above else self.level < other.level


class Implication:
    def __init__(self, meaning: Meaning) -> None:
        self._meaning = meaning
        self._named = {let.name.name: let.value for let in meaning.module.lets}
        self._named |= {trigger.name.name: trigger.condition for trigger in meaning.module.triggers}
        self._resolved: dict[str, tuple[syntax.Expression, int]] = {}
        self._waiting: set[str] = set()

    def follows(self, condition: syntax.Expression, from_: syntax.Expression) -> bool:
        """Is `condition` true on every bar on which `from_` is?"""
        return self._follows(self._resolve(condition)[0], self._resolve(from_)[0], {})

    def _follows(self, wanted: syntax.Expression, given: syntax.Expression, answered: dict[tuple[int, int], bool]) -> bool:
        key = id(wanted), id(given)
        if key not in answered:
            answered[key] = self._found(wanted, given, answered)
        return answered[key]

    def _found(self, wanted: syntax.Expression, given: syntax.Expression, answered: dict[tuple[int, int], bool]) -> bool:
        """From `a or b` follows what follows from both; from `a and b` what follows from one, or from all their bounds together."""
        if isinstance(given, syntax.Logic) and given.operator == "or":
            return self._follows(wanted, given.left, answered) and self._follows(wanted, given.right, answered)
        if isinstance(wanted, syntax.Logic):
            left, right = (self._follows(part, given, answered) for part in (wanted.left, wanted.right))
            if (left and right) if wanted.operator == "and" else (left or right):
                return True
        known = list(self._parts(given, "and"))
        if wanted in known or self._lies_within(wanted, [bound for part in known for bound in self._bounds(part)]):
            return True
        return any(self._follows(wanted, part, answered) for part in known if isinstance(part, syntax.Logic) and part.operator == "or")

    def _lies_within(self, wanted: syntax.Expression, known: list[Bound]) -> bool:
        """Is a comparison or a range true wherever the known bounds hold? A cross is not: it asks for the bar before, too."""
        asked = [] if isinstance(wanted, syntax.Crosses) else list(self._bounds(wanted))
        return bool(asked) and all(any(bound.implies(each) for bound in known) for each in asked)

    def _parts(self, condition: syntax.Expression, operator: str) -> Iterator[syntax.Expression]:
        """What a condition joins with `and` or `or`; of edges, and of what lasts, the condition that holds on that bar, too."""
        if isinstance(condition, syntax.Logic) and condition.operator == operator:
            yield from self._parts(condition.left, operator)
            yield from self._parts(condition.right, operator)
            return
        yield condition
        if operator == "and":
            match condition:
                case syntax.Edge(condition=inner, which="begins") | syntax.ForSessions(condition=inner):
                    yield from self._parts(inner, operator)
                case syntax.Edge(condition=inner, which="ends"):
                    yield syntax.Not(inner, span=inner.span)
                case _:
                    pass

    def _bounds(self, condition: syntax.Expression) -> Iterator[Bound]:
        match condition:
            case syntax.Comparison(operator="<" | "<=" | ">" | ">=" as operator, left=left, right=right):
                yield from self._bound(left, operator, right)
                yield from self._bound(right, MIRRORED[operator], left)
            case syntax.Crosses(direction=direction, left=left, right=right):
                yield from self._bound(left, ">" if direction == "above" else "<", right)
            case syntax.InRange(value=value, low=low, high=high):
                yield from self._bound(value, ">=", low)
                yield from self._bound(value, "<=", high)
            case _:
                pass

    def _bound(self, stream: syntax.Expression, operator: str, level: syntax.Expression) -> Iterator[Bound]:
        """A bound on a stream; numbers added to the stream go to the other side."""
        number = constant_value(level, self._meaning)
        if number is None:
            return
        while isinstance(stream, syntax.Arithmetic) and stream.operator in ("+", "-"):
            added = constant_value(stream.right, self._meaning)
            if added is None:
                break
            number += -added if stream.operator == "+" else added
            stream = stream.left
        yield Bound(stream, operator in (">", ">="), number, operator in (">=", "<="))

    # ---- names ---------------------------------------------------------------------------------------

    def _resolve(self, expression: syntax.Expression) -> tuple[syntax.Expression, int]:
        """The expression with names looked through, and how many parts it has."""
        constant = constant_value(expression, self._meaning)
        if constant is not None:
            return syntax.Literal(constant, "", "", span=expression.span), 1
        if isinstance(expression, syntax.Name):
            return self._resolve_name(expression)
        size = 1
        changed: dict[str, Any] = {}
        for name in _PARTS.get(type(expression), ()):
            before = getattr(expression, name)
            if isinstance(before, tuple):
                found = [self._resolve(part) for part in before]
                changed[name] = tuple(part for part, _ in found)
                size += sum(count for _, count in found)
            else:
                changed[name], count = self._resolve(before)
                size += count
        return evolve(expression, **changed) if changed else expression, size

    def _resolve_name(self, name: syntax.Name) -> tuple[syntax.Expression, int]:
        reference = self._meaning.references.get(id(name))
        if reference is None or reference.sort not in ("let", "trigger") or reference.name in self._waiting:
            return name, 1
        if reference.name not in self._resolved:
            self._waiting.add(reference.name)
            meant, size = self._resolve(self._named[reference.name])
            self._waiting.discard(reference.name)
            self._resolved[reference.name] = (meant, size) if size <= LARGEST else (name, 1)
        return self._resolved[reference.name]


_PARTS: dict[type[syntax.Expression], tuple[str, ...]] = {
    syntax.Negate: ("operand",),
    syntax.Arithmetic: ("left", "right"),
    syntax.Comparison: ("left", "right"),
    syntax.InRange: ("value", "low", "high"),
    syntax.Not: ("operand",),
    syntax.Logic: ("left", "right"),
    syntax.Crosses: ("left", "right"),
    syntax.Edge: ("condition",),
    syntax.ForSessions: ("condition",),
    syntax.Call: ("arguments",),
}
"""The parts that are looked through. What else an expression is made of is compared as written."""
