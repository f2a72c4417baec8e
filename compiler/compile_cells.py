"""One file compiled with many values of its settings, params, lets and triggers: the cells of a grid.

Cells whose values are numbers of one sort share a tree in which these numbers are watched, and each stage of the compiler runs
only for cells that differ in what it looks at. It is the same stages as `compile_file` runs, so a cell is checked as the file with
its values is; only what is wrong with one is not put into words here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from threading import Lock
from typing import TypeAlias

from attrs import evolve, frozen

from alvh.compiler.analyse import Names, find_meaning, find_names
from alvh.compiler.apply_rules import rules_for
from alvh.compiler.constants import lags_of
from alvh.compiler.dependencies import Dependencies
from alvh.compiler.driver import Files, has_error
from alvh.compiler.ir import Program
from alvh.compiler.lower_syntax_to_ir import lower_without_parameters, parameters_of, with_parameters
from alvh.compiler.meaning import Meaning
from alvh.compiler.merge_files import merge
from alvh.compiler.module import Module
from alvh.compiler.read_override import read_override
from alvh.compiler.subject import Subject
from alvh.compiler.vocabulary import SETTINGS
from alvh.compiler.watched_numbers import Remembered, WatchedNumbers, literal_in
from alvh.grammar import syntax
from alvh.grammar.diagnostics import Diagnostic, InternalError
from alvh.grammar.source import Source

MOST_FORMS = 64
"""Trees that are kept, one for each combination of values that are no numbers (`costs none`)."""

MOST_READ = 4096
"""Values from the command line whose reading is kept."""

Form: TypeAlias = tuple[tuple[str, ...], ...]
"""What the values of cells that share a tree have in common: their names, sign and unit of what is a number, the words of the rest."""


@frozen(eq=False)
class CompiledCell:
    """A cell without an error."""

    program: Program
    common: Program
    """The program without the values of its params: the same object for cells that differ in them alone."""
    lags: Mapping[str, int]
    """Calendar days by which the file says that an input is published late, by input."""


class CellCompiler:
    """Compiles the file at a path with one set of values after the other. Any number of threads may share it."""

    def __init__(self, path: str, files: Files) -> None:
        self._path = path
        self._files = files
        self._cells: dict[Form, _CellsOfOneForm | None] = {}
        self._lock = Lock()

    def compile(self, values: Mapping[str, str]) -> CompiledCell | None:
        """The file with these values, in the words of `compile_file`. None where there is an error: `compile_file` says which."""
        read = [_read(name, value) for name, value in values.items()]
        form = tuple(entry.form for entry in read)
        with self._lock:
            if form not in self._cells:
                if len(self._cells) == MOST_FORMS:
                    del self._cells[next(iter(self._cells))]
                self._cells[form] = _cells_of_one_form(self._path, self._files, values, [entry.name for entry in read if entry.number])
            cells = self._cells[form]
            return None if cells is None else cells.compile(tuple(node for entry in read for node in entry.number))


@frozen(eq=False)
class _Value:
    """A value from the command line as read: a plain number with its literal, or only words."""

    name: str
    form: tuple[str, ...]
    number: tuple[syntax.Expression, ...] = ()


@lru_cache(MOST_READ)
def _read(name: str, words: str) -> _Value:
    declaration = read_override(name, words)
    value = None if isinstance(declaration, Diagnostic) else declaration.value
    literal = None if value is None else literal_in(value)
    if value is None or literal is None:
        return _Value(name, (name, words))
    return _Value(name, (name, "" if value is literal else "-", literal.unit), (value, literal))


def _cells_of_one_form(path: str, files: Files, values: Mapping[str, str], watched: Sequence[str]) -> _CellsOfOneForm | None:
    """For all cells whose `values` have the form of these; None where none of them can compile. `watched`: the names of numbers.

    A value changes nothing in merging but itself, and is none of what names stand for: so far the cells are one file."""
    source = files.source(path)
    if isinstance(source, Diagnostic):
        return None
    module, merging = merge(path, files.read, values)
    if has_error(merging):
        return None
    numbers = WatchedNumbers()
    for name in watched:
        module = _with_watched(module, name, numbers)
    names = find_names(module)
    if numbers.looks:
        raise InternalError(f"what names stand for depends on numbers: {sorted(numbers.looks)}")
    return None if has_error(names.findings) else _CellsOfOneForm(module, names, source, numbers)


def _with_watched(module: Module, name: str, numbers: WatchedNumbers) -> Module:
    """The module with the value of a setting, param, let or trigger watched."""

    def watch(value: syntax.Expression | None) -> syntax.Expression:
        if value is None:
            raise InternalError(f"{name} was given a number and has none")
        return numbers.watch(value)

    if name in SETTINGS:
        return evolve(module, settings=tuple(evolve(it, value=watch(it.value)) if it.name == name else it for it in module.settings))
    return evolve(
        module,
        params=tuple(evolve(it, value=watch(it.value)) if it.name.name == name else it for it in module.params),
        lets=tuple(evolve(it, value=watch(it.value)) if it.name.name == name else it for it in module.lets),
        triggers=tuple(evolve(it, condition=watch(it.condition)) if it.name.name == name else it for it in module.triggers),
    )


class _CellsOfOneForm:
    """The stages from kinds on, for cells that differ in watched numbers alone."""

    def __init__(self, module: Module, names: Names, source: Source, numbers: WatchedNumbers) -> None:
        self._module = module
        self._names = names
        self._source = source
        self._numbers = numbers
        self._measured = Remembered(self._measure, numbers)
        self._meanings: list[_CellsOfOneMeaning] = []

    def compile(self, nodes: tuple[syntax.Expression, ...]) -> CompiledCell | None:
        self._numbers.nodes = nodes
        cells = self._measured.result()
        return None if cells is None else cells.compile()

    def _measure(self) -> _CellsOfOneMeaning | None:
        """None where a unit is wrong. A kind hangs on a unit, hardly ever on a number, so nearly all cells have one meaning."""
        meaning, findings = find_meaning(self._module, self._names)
        if has_error(findings):
            return None
        for known in self._meanings:
            if known.meaning.kinds == meaning.kinds:
                return known
        self._meanings.append(_CellsOfOneMeaning(meaning, self._names.dependencies, self._source, self._numbers))
        return self._meanings[-1]


class _CellsOfOneMeaning:
    """The stages after kinds, for cells in which every value has the same kind."""

    def __init__(self, meaning: Meaning, dependencies: Dependencies, source: Source, numbers: WatchedNumbers) -> None:
        self.meaning = meaning
        subject = Subject(meaning, dependencies, source)
        self._broken = [Remembered(_is_broken(rule, subject), numbers) for rule in rules_for(dependencies)]
        self._lowered = Remembered(lambda: lower_without_parameters(meaning, dependencies), numbers)
        self._lags = Remembered(lambda: lags_of(meaning), numbers)

    def compile(self) -> CompiledCell | None:
        if any(rule.result() for rule in self._broken):
            return None
        common = self._lowered.result()
        return CompiledCell(with_parameters(common, parameters_of(self.meaning)), common, self._lags.result())


def _is_broken(rule: Callable[[Subject], Iterable[Diagnostic]], subject: Subject) -> Callable[[], bool]:
    return lambda: has_error(rule(subject))
