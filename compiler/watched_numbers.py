"""Numbers of a syntax tree that change from cell to cell of a grid and tell who looks at them, and stages that remember.

A stage of the compiler gives the same for the same input. So a stage that looked at no number gives the same in every cell, and
one that looked at some of them gives the same in all cells that agree on those. Which numbers a stage looks at is not reckoned
but seen: all that can differ between two cells stands in attributes that note each look at them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeAlias, TypeVar

from alvh.grammar import syntax
from alvh.grammar.diagnostics import InternalError
from alvh.grammar.source import Span

MOST_REMEMBERED = 512
"""Results of a stage beyond which it starts anew, so that memory does not grow with a grid."""

Look: TypeAlias = tuple[int, str]
"""At which node of a cell's numbers, and at what of it."""
Result = TypeVar("Result")


def literal_in(expression: syntax.Expression) -> syntax.Literal | None:
    """The literal of a plain number, which is one or the negative of one; None for any other expression."""
    inner = expression.operand if isinstance(expression, syntax.Negate) else expression
    return inner if isinstance(inner, syntax.Literal) else None


class WatchedNumbers:
    """The numbers of one cell after the other, and the looks at them since they were last forgotten. For one thread at a time."""

    def __init__(self) -> None:
        self.nodes: tuple[syntax.Expression, ...] = ()
        """Of the cell that is looked at: of each number the whole and its literal, in the order in which they came to be watched."""
        self.looks: set[Look] = set()
        self._watched = 0

    def watch(self, number: syntax.Expression) -> syntax.Expression:
        """What stands for a plain number in a tree that cells share. They may differ in everything but its sign and unit."""
        literal = literal_in(number)
        if literal is None:
            raise InternalError(f"no plain number at {number.span}: {number.span.text}")
        whole, self._watched = self._watched, self._watched + 2
        watched = _WatchedLiteral(self, whole + 1, literal.unit)
        return watched if number is literal else _WatchedNegative(self, whole, watched)

    def look(self, place: int, what: str) -> Any:
        self.looks.add((place, what))
        return getattr(self.nodes[place], what)


class _WatchedLiteral(syntax.Literal):
    __slots__ = ("_numbers", "_place")
    _numbers: WatchedNumbers
    _place: int

    def __init__(self, numbers: WatchedNumbers, place: int, unit: str) -> None:
        _set(self, unit=unit, _numbers=numbers, _place=place)

    @property
    def value(self) -> float:
        value: float = self._numbers.look(self._place, "value")
        return value

    @property
    def text(self) -> str:
        text: str = self._numbers.look(self._place, "text")
        return text

    @property
    def span(self) -> Span:
        span: Span = self._numbers.look(self._place, "span")
        return span


class _WatchedNegative(syntax.Negate):
    __slots__ = ("_numbers", "_place")
    _numbers: WatchedNumbers
    _place: int

    def __init__(self, numbers: WatchedNumbers, place: int, operand: _WatchedLiteral) -> None:
        _set(self, operand=operand, _numbers=numbers, _place=place)

    @property
    def span(self) -> Span:
        span: Span = self._numbers.look(self._place, "span")
        return span


def _set(node: syntax.Expression, **values: object) -> None:
    """Fills in a frozen node."""
    for name, value in values.items():
        object.__setattr__(node, name, value)


class Remembered(Generic[Result]):
    """A stage that runs again only where a cell differs in what the stage looked at. One stage never asks for another's result."""

    def __init__(self, stage: Callable[[], Result], numbers: WatchedNumbers) -> None:
        self._stage = stage
        self._numbers = numbers
        self._results: dict[tuple[Look, ...], dict[tuple[object, ...], Result]] = {}
        """By what was looked at, then by what was seen there."""
        self._count = 0

    def result(self) -> Result:
        """Of the stage in the cell that `numbers` stand at."""
        numbers = self._numbers
        for looks, results in self._results.items():
            seen = tuple([getattr(numbers.nodes[place], what) for place, what in looks])
            if seen in results:
                return results[seen]
        numbers.looks.clear()
        result = self._stage()
        self._keep(tuple(sorted(numbers.looks)), result)
        return result

    def _keep(self, looks: tuple[Look, ...], result: Result) -> None:
        if self._count == MOST_REMEMBERED:
            self._results.clear()
            self._count = 0
        self._count += 1
        seen = tuple([getattr(self._numbers.nodes[place], what) for place, what in looks])
        self._results.setdefault(looks, {})[seen] = result
