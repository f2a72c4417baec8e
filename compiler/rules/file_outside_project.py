"""ALV0221: a used file outside the project folder."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0221",
    name="file-outside-project",
    family="names",
    summary="A used file outside the project folder.",
    why="A strategy that someone sends you must not read files elsewhere on your machine.",
    example='use "../elsewhere.alvh"\n',
    fix='use "books/condor.alvh"\n',
)


def file_outside_project(span: Span, path: str) -> Diagnostic:
    hint = "The project folder is the nearest one upward that holds `alvh.toml`, else the first file's own."
    return RULE.finding(span, f"`{path}` lies outside the project folder.", hint)


def absolute_path(span: Span, path: str) -> Diagnostic:
    return RULE.finding(span, f"`{path}` is an absolute path.", "Write it relative to this file, as in `books/condor.alvh`.")
