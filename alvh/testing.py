"""The `test` blocks of strategy files, run: what `alvh test` prints, as values."""

from __future__ import annotations

from alvh.compiler.lower_syntax_to_ir import lower_with_questions
from alvh.compiler.read_tests import read_tests
from alvh.grammar.diagnostics import InternalError
from alvh.runtime.run_tests import FileResult, run_tests
from alvh.strategy import PathLike, Settings, load


def run_tests_of(path: PathLike, *, settings: Settings | None = None) -> FileResult:
    """The answer to every `expect` of the file's tests. StrategyError when it does not compile."""
    strategy = load(path, settings=settings)
    module, meaning, dependencies = strategy.compiled.module, strategy.compiled.meaning, strategy.compiled.dependencies
    if module is None or meaning is None or dependencies is None:
        raise InternalError(f"{strategy.path} was loaded without its module")
    cases = read_tests(module, meaning)
    asked = [expectation.condition for case in cases for expectation in case.expectations]
    program, _, clauses = lower_with_questions(meaning, dependencies, asked)
    return run_tests(strategy.path, program, cases, clauses)
