"""Runs the `test` blocks of a strategy: each on a market made by hand, by the plain interpreter, with what each answer rests on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

import numpy as np
from attrs import field, frozen

from alvh.compiler.clauses import Clause, leaves_of
from alvh.compiler.ir import Program, Rule, rules_of
from alvh.compiler.read_tests import Expectation, TestCase
from alvh.grammar.source import Span
from alvh.runtime.figures import in_words
from alvh.runtime.journal import calendar_date, journal_frame, place, rule_text
from alvh.runtime.market import MarketArrays
from alvh.runtime.markets.by_hand import ScenarioError, market_by_hand
from alvh.runtime.missing import Missing
from alvh.runtime.record import REFUSED, RunRecord
from alvh.runtime.reference import interpret
from alvh.runtime.reference_account import LayerState
from alvh.runtime.reference_journal import Row
from alvh.runtime.reference_prices import Prices

MOST_ROWS = 8
"""Lines of the journal that a failed expectation shows."""


@frozen
class Found:
    """A clause of a condition as it stood on one session."""

    text: str
    truth: bool | None
    """None: unknown."""
    missing: str
    """Why it is unknown."""
    values: tuple[tuple[str, str], ...]
    """What it read, in words."""


@frozen
class Answer:
    """What came of one `expect`."""

    rule: str
    """`file:line`."""
    text: str
    passed: bool
    session: int
    """On which it held first; where it failed, the last one looked at."""
    first: int
    last: int
    day: date
    truth: bool | None
    found: tuple[Found, ...]
    """On that session."""
    unknown_on: int
    """Sessions on which it could not be told."""
    journal: tuple[str, ...]
    """Of a failed one: what the layers it names did on the sessions looked at."""


@frozen
class TestResult:
    """One `test` block. `problems`: why it could not be run, each with its place."""

    __test__ = False  # pytest would take the class for a test

    title: str
    place: str
    sessions: int
    answers: tuple[Answer, ...] = ()
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    acted: frozenset[int] = field(default=frozenset(), repr=False)
    """Rules that an order was made by, by their number in the program."""

    @property
    def passed(self) -> bool:
        return not self.problems and all(answer.passed for answer in self.answers)


@frozen
class FileResult:
    """All tests of a file, and which of its rules acted in none of them."""

    file: str
    tests: tuple[TestResult, ...]
    rules: int
    idle: tuple[str, ...]
    """`file:line: text` of each."""

    @property
    def passed(self) -> bool:
        return all(test.passed for test in self.tests)


def run_tests(file: str, program: Program, cases: Sequence[TestCase], asked: Sequence[Clause]) -> FileResult:
    """`asked`: the clauses of every expectation of the cases, one after the other, in the order of the text."""
    results: list[TestResult] = []
    at = 0
    for case in cases:
        results.append(_run(program, case, asked[at : at + len(case.expectations)]))
        at += len(case.expectations)
    rules = rules_of(program)
    acted = frozenset().union(*(result.acted for result in results)) if results else frozenset()
    idle = tuple(_rule_line(rule) for number, rule in enumerate(rules) if number not in acted)
    return FileResult(file, tuple(results), len(rules), idle)


def _rule_line(rule: Rule) -> str:
    return f"{place(rule.span)}: {rule_text(rule)}"


class _Watch:
    """Keeps every stream of every bar, and which layers held nothing as its decisions began."""

    def __init__(self) -> None:
        self.values: list[Sequence[float]] = []
        self.empty: list[frozenset[int]] = []

    def decisions_begin(self, bar: int, layers: Sequence[LayerState], unwinding: Sequence[Sequence[bool]], prices: Prices) -> None:
        self.empty.append(frozenset(state.number for state in layers if not state.lots))

    def lot_read(self, bar: int, layer: int, slot: int, values: Sequence[float]) -> None:
        pass

    def order_refused(self, bar: int, layer: int, slot: int, rule: Rule | None, code: int, asked: float) -> None:
        pass

    def order_decided(self, row: Row) -> None:
        pass

    def decisions_end(self, bar: int, layers: Sequence[LayerState], unwinding: Sequence[Sequence[bool]], values: Sequence[float]) -> None:
        self.values.append(list(values))


def _run(program: Program, case: TestCase, asked: Sequence[Clause]) -> TestResult:
    where = place(case.span)
    if case.problems:
        return TestResult(case.title, where, 0, problems=tuple(_told(message, span) for message, span in case.problems))
    try:
        arrays = market_by_hand(case.steps, case.sessions, program.inputs)
    except ScenarioError as error:
        return TestResult(case.title, where, 0, problems=(_told(error.message, error.span),))
    watch = _Watch()
    record = interpret(program, arrays, observer=watch)
    notes = _notes(program, case)
    if record.stopped >= 0:
        problem = f"the run stopped on session {record.stopped + 1}: a position held had no price for more than five sessions"
        return TestResult(case.title, where, case.sessions, problems=(f"{where}: {problem}",), notes=notes)
    run = _Answered(program, arrays, record, watch)
    answers = tuple(run.answer(expectation, clause) for expectation, clause in zip(case.expectations, asked, strict=True))
    acting = record.journal.rule[record.journal.rule >= 0.0]
    return TestResult(case.title, where, case.sessions, answers, notes, acted=frozenset(int(number) for number in acting))


def _told(message: str, span: Span) -> str:
    return f"{place(span)}: {message}"


def _notes(program: Program, case: TestCase) -> tuple[str, ...]:
    """What the program reads and the test gives no value of."""
    moved = {target.series for step in case.steps for target in step.targets}
    notes = [f"{name} is moved by no step of the test: what reads it is unknown" for name in program.inputs if name not in moved]
    notes += [f"a test has no releases: whether {name} is near is unknown" for name in program.calendars]
    return tuple(notes)


@frozen
class _Answered:
    """A run that questions are put to."""

    program: Program
    arrays: MarketArrays
    record: RunRecord
    watch: _Watch

    def answer(self, expectation: Expectation, clause: Clause) -> Answer:
        looked_at = range(expectation.first, expectation.last + 1)
        truths = [self.watch.values[session - 1][clause.node] for session in looked_at]
        held = next((session for session, truth in zip(looked_at, truths, strict=True) if truth == 1.0), None)
        session = expectation.last if held is None else held
        value = self.watch.values[session - 1][clause.node]
        return Answer(
            rule=place(expectation.span),
            text=expectation.text,
            passed=held is not None,
            session=session,
            first=expectation.first,
            last=expectation.last,
            day=calendar_date(self.arrays.sessions[session - 1]),
            truth=None if math.isnan(value) else value == 1.0,
            found=tuple(self._found(leaf, session - 1) for leaf in leaves_of(clause)),
            unknown_on=sum(math.isnan(truth) for truth in truths),
            journal=() if held is not None else self._journal(clause, looked_at),
        )

    def _found(self, leaf: Clause, bar: int) -> Found:
        values = self.watch.values[bar]
        value = values[leaf.node] if leaf.node >= 0 else math.nan
        missing = Missing(self.program, self.arrays, bar, values, self.watch.empty[bar])
        reads = tuple((reading.text, in_words(values[reading.node], reading.kind)) for reading in leaf.reads)
        return Found(
            leaf.text,
            None if math.isnan(value) else value == 1.0,
            missing.why(leaf.node) if math.isnan(value) and leaf.node >= 0 else "",
            reads,
        )

    def _journal(self, clause: Clause, sessions: range) -> tuple[str, ...]:
        """What the layers beneath a condition did and were refused on the sessions looked at."""
        layers = self._layers(clause)
        rows = self.record.journal
        frame = journal_frame(self.program, self.arrays, self.record)
        lines: list[str] = []
        for row in np.flatnonzero((rows.bar >= sessions[0] - 1) & (rows.bar <= sessions[-1] - 1)).tolist():
            if int(rows.layer[row]) in layers:
                said = frame.row(row, named=True)
                note = f": {said['note']}" if said["note"] else ""
                what = f"{said['filled']:g} of {said['instrument']}" if rows.action[row] != REFUSED else "an order"
                lines.append(
                    f"session {int(rows.bar[row]) + 1}: {said['layer']} {said['action']} {what} ({said['reason']}, {said['rule']}){note}"
                )
        more = len(lines) - MOST_ROWS
        return (*lines[:MOST_ROWS], *([f"and {more} more"] if more > 0 else []))

    def _layers(self, clause: Clause) -> frozenset[int]:
        seen: set[int] = set()
        waiting = [clause.node]
        while waiting:
            number = waiting.pop()
            if number not in seen and number >= 0:
                seen.add(number)
                waiting.extend(self.program.nodes[number].inputs)
        return frozenset(self.program.nodes[number].owner for number in seen if self.program.nodes[number].operation in ("mark", "decided"))
