"""The results of `alvh test` as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import attrs

from alvh.runtime.run_tests import Answer, FileResult, Found, TestResult

FORMAT_VERSION = 1


def tests_as_text(files: Sequence[FileResult]) -> str:
    """Every test with each of its expectations, the rules that no test of the file reached, and the counts."""
    lines: list[str] = []
    for file in files:
        for test in file.tests:
            lines += [*_test_lines(test), ""]
        if file.tests:
            lines.append(f"{file.file}: {file.rules - len(file.idle)} of {_counted(file.rules, 'rule')} made an order in a test")
            lines += [f"  in none: {rule}" for rule in file.idle]
        else:
            lines.append(f"{file.file}: no test")
        lines.append("")
    return "\n".join([*lines, _summary(files), ""])


def _test_lines(test: TestResult) -> Iterator[str]:
    length = f", {_counted(test.sessions, 'session')}" if test.sessions else ""
    yield f"{test.title}  ({test.place}{length})"
    for problem in test.problems:
        yield f"  cannot run  {problem}"
    for answer in test.answers:
        yield from _answer_lines(answer)
    for note in test.notes:
        yield f"  note: {note}"


def _answer_lines(answer: Answer) -> Iterator[str]:
    on = f"session {answer.session}, {answer.day}"
    if answer.passed:
        yield f"  pass  {answer.rule}  {answer.text}: on {on}"
        return
    yield f"  FAIL  {answer.rule}  {answer.text}"
    if answer.first == answer.last:
        yield f"        expected: true on {on}"
        yield f"        found: {_truth(answer.truth)}"
    else:
        unknown = f" (unknown on {_counted(answer.unknown_on, 'of them', 'of them')})" if answer.unknown_on else ""
        yield f"        expected: true on one of sessions {answer.first} to {answer.last}"
        yield f"        found: true on none{unknown}; on {on}: {_truth(answer.truth)}"
    for clause in answer.found:
        yield f"          {_clause(clause)}"
    for row in answer.journal:
        yield f"          {row}"


def _clause(clause: Found) -> str:
    said = [*([clause.missing] if clause.missing else []), *(f"{text} = {value}" for text, value in clause.values)]
    return f"{clause.text}: {_truth(clause.truth)}" + (f" ({', '.join(said)})" if said else "")


def _truth(value: bool | None) -> str:
    return "unknown" if value is None else str(value).lower()


def _summary(files: Sequence[FileResult]) -> str:
    tests = [test for file in files for test in file.tests]
    answers = [answer for test in tests for answer in test.answers]
    failed = sum(not answer.passed for answer in answers)
    broken = sum(bool(test.problems) for test in tests)
    counts = f"{_counted(len(tests), 'test')}, {_counted(len(answers), 'expectation')}: {len(answers) - failed} passed, {failed} failed"
    return f"{counts}; {_counted(broken, 'test')} could not be run" if broken else counts


def _counted(count: int, word: str, words: str = "") -> str:
    return f"{count} {word if count == 1 else words or f'{word}s'}"


def tests_as_json(files: Sequence[FileResult]) -> str:
    """The same for machines; docs/cli.md names the fields."""
    told = {"format_version": FORMAT_VERSION, "passed": all(file.passed for file in files), "files": [_of_file(file) for file in files]}
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def _of_file(file: FileResult) -> dict[str, Any]:
    return {
        "file": file.file,
        "passed": file.passed,
        "tests": [_of_test(test) for test in file.tests],
        "rules": file.rules,
        "idle_rules": list(file.idle),
    }


def _of_test(test: TestResult) -> dict[str, Any]:
    def plain(_: object, __: object, value: object) -> object:
        return value.isoformat() if isinstance(value, date) else value

    told = attrs.asdict(test, value_serializer=plain, filter=lambda attribute, _: attribute.name != "acted")
    for answer in told["answers"]:
        for found in answer["found"]:
            found["values"] = [{"text": text, "value": value} for text, value in found["values"]]
    return {**told, "passed": test.passed}
