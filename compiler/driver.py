"""The whole compiler on one screen: from a file to diagnostics, and to a program where there is no error.

    text --parse--> tree --merge--> module --names, dependencies, kinds--> meaning --rules, lower--> program

Every stage takes values and returns values. A user's mistake is a diagnostic in the result; only a broken invariant of
alvh raises. Nothing here imports NumPy, Numba or networkx.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from attrs import evolve, frozen

from alvh.compiler.analyse import find_meaning, find_names
from alvh.compiler.apply_rules import apply_rules
from alvh.compiler.clauses import RuleClauses
from alvh.compiler.dependencies import Dependencies
from alvh.compiler.ir import Program
from alvh.compiler.lower_syntax_to_ir import lower_syntax_to_ir
from alvh.compiler.meaning import Meaning
from alvh.compiler.merge_files import merge
from alvh.compiler.module import Module
from alvh.compiler.subject import Subject
from alvh.grammar import syntax
from alvh.grammar.diagnostics import Diagnostic, Related, Severity
from alvh.grammar.parse import ParseResult, parse
from alvh.grammar.read_source import decode_source, read_source
from alvh.grammar.source import Source, Span

PathLike: TypeAlias = str | os.PathLike[str]

MOST_USES = 3
"""Uses of a structure that a finding inside it shows."""

STANDARD_INPUT = "-"
"""The path of a text that comes from no file; what it uses is looked for in the current folder."""


@frozen(eq=False)
class Compiled:
    """What the compiler made of a file. `program` is None where there is an error, `module` where nothing could be read."""

    module: Module | None
    meaning: Meaning | None
    dependencies: Dependencies | None
    program: Program | None
    clauses: tuple[RuleClauses, ...]
    """Of the program's rules, in the order of `rules_of`."""
    diagnostics: tuple[Diagnostic, ...]
    """Findings of every stage, sorted by file and place, none twice."""
    sources: tuple[Source, ...]
    """Every file read, the given one first."""

    @property
    def has_error(self) -> bool:
        return has_error(self.diagnostics)


@frozen
class Checked:
    """The findings of `alvh check`, and how many sessions the file needs before every stream can be known."""

    diagnostics: tuple[Diagnostic, ...]
    warm_up: int | None
    """None where there is an error."""


def compile_file(
    path: PathLike, overrides: Mapping[str, str] | None = None, text: str | bytes | None = None, files: Files | None = None
) -> Compiled:
    """Compile the file at `path`, or `text` as if it stood there. `overrides` are settings, params, lets and triggers to
    give another value, each as text in a file's own words (`{"costs": "none", "call_delta": "0.20 delta"}`). `files` is for
    calls that differ in overrides alone: what one of them has read and parsed serves the others."""
    reader = files if files is not None else Files(os.fspath(path), text)
    if isinstance(unreadable := reader.source(os.fspath(path)), Diagnostic):
        return Compiled(None, None, None, None, (), (unreadable,), ())
    module, merging = merge(os.fspath(path), reader.read, overrides)
    names = find_names(module)
    meaning, units = find_meaning(module, names)
    early = (*merging, *names.findings, *units)
    wrong = {finding.span for finding in early if finding.severity is Severity.ERROR}
    found = apply_rules(Subject(meaning, names.dependencies, reader.sources[0]))
    ruling = [finding for finding in found if finding.span not in wrong]  # what follows from another finding at its place
    diagnostics = _in_order(_where_used(finding, module) for finding in (*early, *ruling))
    program, clauses = (None, ()) if has_error(diagnostics) else lower_syntax_to_ir(meaning, names.dependencies)
    return Compiled(module, meaning, names.dependencies, program, clauses, diagnostics, reader.sources)


def check_file(path: PathLike, overrides: Mapping[str, str] | None = None, text: str | bytes | None = None) -> Checked:
    """All that `alvh check` finds in the file at `path`, or in `text` as if it stood there (`-` for standard input)."""
    compiled = compile_file(path, overrides, text)
    return Checked(compiled.diagnostics, None if compiled.program is None else compiled.program.warm_up)


class Files:
    """Reads and parses files, each once, and remembers their sources and trees."""

    def __init__(self, path: str, text: str | bytes | None = None) -> None:
        self._parsed: dict[str, ParseResult] = {}
        self._given = {} if text is None else {path: Source(path, text) if isinstance(text, str) else decode_source(path, text)}

    @property
    def sources(self) -> tuple[Source, ...]:
        return tuple(source for source in self._given.values() if isinstance(source, Source))

    def source(self, path: str) -> Source | Diagnostic:
        if path not in self._given:
            self._given[path] = read_source(path)
        return self._given[path]

    def read(self, path: str) -> ParseResult:
        if path not in self._parsed:
            self._parsed[path] = self._parse(path)
        return self._parsed[path]

    def _parse(self, path: str) -> ParseResult:
        source = self.source(path)
        if isinstance(source, Source):
            return parse(source)
        return ParseResult(syntax.File((), span=Span(source.span.source, 0, 0)), (source,))


def has_error(findings: Iterable[Diagnostic]) -> bool:
    return any(finding.severity is Severity.ERROR for finding in findings)


def _where_used(finding: Diagnostic, module: Module) -> Diagnostic:
    """A finding inside a structure also shows who takes its legs over."""
    span = finding.span
    uses = dict.fromkeys(
        use.use.span
        for use in module.uses
        if use.structure.span.source is span.source and use.structure.span.start <= span.start and span.end <= use.structure.span.end
    )
    return evolve(finding, related=(*finding.related, *(Related(use, "used here") for use in [*uses][:MOST_USES]))) if uses else finding


def _in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Sorted by file, place and code; one finding of a code at a place is enough."""
    found: dict[tuple[str, int, int, str, str], Diagnostic] = {}
    for finding in diagnostics:
        span = finding.span
        found.setdefault((span.source.path, span.start, span.end, finding.code, finding.message), finding)
    return tuple(found[key] for key in sorted(found))
