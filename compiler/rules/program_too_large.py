"""ALV0223: more files, or more text, than a strategy can have."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0223",
    name="program-too-large",
    family="names",
    summary="More files, or more text, than a strategy can have.",
    why="The bound keeps a file that was sent to you from occupying your machine.",
    example='use "books/001.alvh"   # which uses the next of a hundred files\n',
    fix='use "books/condor.alvh"\n',
)


def too_many_files(span: Span, most: int) -> Diagnostic:
    return RULE.finding(span, f"More than {most} files are used.", "Put several books into one file.")


def too_much_text(span: Span, most: int) -> Diagnostic:
    return RULE.finding(span, f"The files together hold more than {most:,} characters.", "Use fewer or shorter files.")
