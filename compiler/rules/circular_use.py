"""ALV0222: files that use one another in a circle."""

from __future__ import annotations

from alvh.compiler.registry import Rule
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Span

RULE = Rule(
    code="ALV0222",
    name="circular-use",
    family="names",
    summary="Files that use one another in a circle.",
    why="Each would have to be read before the other.",
    example='use "example.alvh"\n',
    fix='use "books/condor.alvh"\n',
)


def circular_use(span: Span, files: tuple[str, ...]) -> Diagnostic:
    if len(files) == 1:
        return RULE.finding(span, f"`{files[0]}` uses itself.", "Remove this line.")
    return RULE.finding(
        span, f"These files use one another: {' -> '.join((*files, files[0]))}.", "Move what they share into a file of its own."
    )
