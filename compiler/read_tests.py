"""What a module's `test` blocks ask: scenarios of given levels by session, and conditions to hold on sessions of them.

Sessions are counted from 1, the first of the test's first step. A step that cannot be told in numbers is a problem with its place: a user's
mistake, found before anything runs.
"""

from __future__ import annotations

from typing import Literal as OneOf
from typing import TypeAlias

from attrs import field, frozen

from alvh.compiler.constants import constant_value
from alvh.compiler.expressions import on_one_line, text_of
from alvh.compiler.kinds import Family
from alvh.compiler.meaning import Meaning
from alvh.compiler.module import Module
from alvh.compiler.vocabulary import SERIES
from alvh.grammar import syntax
from alvh.grammar.source import Span

MOST_SESSIONS = 2520
"""Of one test: ten years."""

FUNDS = frozenset({"vxx", "uvxy"})
"""Series that follow from others in a market made by hand."""

Manner: TypeAlias = OneOf["to", "by", "plus"]
"""How a target is meant: a level, a share of the level, or an amount beside it."""


@frozen
class Target:
    """One series of a `move`."""

    series: str
    manner: Manner
    value: float
    span: Span = field(eq=False, repr=False)


@frozen
class Step:
    """`sessions` sessions from number `first` on. A calm one holds VIX at `calm`; a move ends at its targets."""

    first: int
    sessions: int
    calm: float | None
    targets: tuple[Target, ...]
    span: Span = field(eq=False, repr=False)

    @property
    def last(self) -> int:
        return self.first + self.sessions - 1


@frozen
class Expectation:
    """A condition that is to hold on one of the sessions `first..last` at least."""

    text: str
    condition: syntax.Expression
    first: int
    last: int
    span: Span = field(eq=False, repr=False)


@frozen
class TestCase:
    """One `test` block. With `problems` it cannot be run."""

    __test__ = False  # pytest would take the class for a test

    title: str
    steps: tuple[Step, ...]
    expectations: tuple[Expectation, ...]
    problems: tuple[tuple[str, Span], ...]
    span: Span = field(eq=False, repr=False)

    @property
    def sessions(self) -> int:
        """As far as the steps and the expectations reach."""
        return (
            max(self.steps[-1].last, *(expectation.last for expectation in self.expectations)) if self.expectations else self.steps[-1].last
        )


def read_tests(module: Module, meaning: Meaning) -> tuple[TestCase, ...]:
    """The tests of a module without errors, in the order of its text."""
    return tuple(_Reader(meaning, _ratios(module)).read(test) for test in module.tests)


def _ratios(module: Module) -> frozenset[str]:
    """Series that are per cent themselves, so that `by 1%` adds one."""
    market = {name for name, word in SERIES.items() if word.kind.family is Family.RATIO}
    return frozenset(market | {entry.name.name for entry in module.inputs if entry.kind.name == "ratio"})


class _Reader:
    def __init__(self, meaning: Meaning, ratios: frozenset[str]) -> None:
        self.meaning = meaning
        self.ratios = ratios
        self.problems: list[tuple[str, Span]] = []

    def read(self, test: syntax.Test) -> TestCase:
        steps: list[Step] = []
        expectations: list[Expectation] = []
        for step in test.steps:
            match step:
                case syntax.Calm(length=length, level=level):
                    value = self._fixed(level, "the level of VIX")
                    steps.append(Step(_next(steps), self._sessions(length, "calm"), value, (), step.span))
                case syntax.Move(targets=targets, length=length):
                    moved = tuple(self._target(name, manner, value) for name, manner, value in targets)
                    steps.append(Step(_next(steps), self._sessions(length, "move"), None, moved, step.span))
                    self._once_each(moved)
                case syntax.Expect(condition=condition, within=within):
                    self._expect(step, condition, within, steps, expectations)
                case _:
                    pass
        if not steps:
            self.problems.append((f"The test `{test.title}` has no session: say `calm 60 sessions at vix 15` first.", test.span))
        elif max(steps[-1].last, *(expectation.last for expectation in expectations), 0) > MOST_SESSIONS:
            self.problems.append((f"A test goes over {MOST_SESSIONS:,} sessions at most.", test.span))
        return TestCase(test.title, tuple(steps), tuple(expectations), tuple(self.problems), test.span)

    def _expect(
        self,
        step: syntax.Expect,
        condition: syntax.Expression,
        within: syntax.Expression | None,
        steps: list[Step],
        expectations: list[Expectation],
    ) -> None:
        if not steps:
            self.problems.append(("Nothing has happened yet: an `expect` stands after a `calm` or a `move`.", step.span))
            return
        text = on_one_line(step.span).removeprefix("expect").strip()
        if within is None:
            first = last = steps[-1].last
        else:
            first = steps[-1].first
            last = first + self._sessions(within, "within") - 1
        expectations.append(Expectation(text, condition, first, last, step.span))

    def _sessions(self, length: syntax.Expression, word: str) -> int:
        value = self._fixed(length, f"the length of `{word}`")
        if value is None:
            return 1
        if value < 1.0 or value != round(value) or value > MOST_SESSIONS:
            self.problems.append((f"`{word}` takes 1 to {MOST_SESSIONS:,} whole sessions, not {text_of(length)}.", length.span))
            return 1
        return round(value)

    def _fixed(self, expression: syntax.Expression, what: str) -> float | None:
        value = constant_value(expression, self.meaning)
        if value is None:
            self.problems.append((f"In a test {what} is a number that stands in the text, not `{text_of(expression)}`.", expression.span))
        return value

    def _target(self, series: str, manner: OneOf["to", "by"], expression: syntax.Expression) -> Target:
        value = self._fixed(expression, f"where {series} goes")
        if series.partition(".")[2]:
            self.problems.append((f"A test sets closes: `{series}` follows from them.", expression.span))
        elif series in FUNDS:
            self.problems.append((f"In a test {series} follows the VIX futures, and these VIX: move vix.", expression.span))
        meant: Manner = manner
        if manner == "by":
            kind = self.meaning.kinds.get(id(expression))
            is_share = kind is not None and kind.family is Family.RATIO and series not in self.ratios
            meant = "by" if is_share else "plus"
        return Target(series, meant, 0.0 if value is None else value, expression.span)

    def _once_each(self, targets: tuple[Target, ...]) -> None:
        seen: set[str] = set()
        for target in targets:
            if target.series in seen:
                self.problems.append((f"One `move` takes {target.series} to two places.", target.span))
            seen.add(target.series)


def _next(steps: list[Step]) -> int:
    return steps[-1].last + 1 if steps else 1
