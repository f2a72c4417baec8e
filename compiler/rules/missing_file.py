"""ALV0220: a used file that is not there."""

from __future__ import annotations

from collections.abc import Iterable

from alvh.compiler.nearest_names import did_you_mean
from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0220",
    name="missing-file",
    family="names",
    summary="A used file that is not there.",
    why="A path in `use` is relative to the file that says it.",
    example='use "books/condr.alvh"\n',
    fix='use "books/condor.alvh"\n',
)


def missing_file(span: Span, path: str, present: Iterable[str]) -> Diagnostic:
    files = tuple(present)
    same_name = tuple(file for file in files if file.rpartition("/")[2] == path.replace("\\", "/").rpartition("/")[2] and file != path)
    hints = tuple(f'Did you mean `use "{file}"`?' for file in same_name[:1]) or did_you_mean(path, files)
    return RULE.finding(span, f"There is no file `{path}`.", *(hints or ("The path is relative to the file that says `use`.",)))
