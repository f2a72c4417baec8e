"""Findings about a program as values: a code, a place, a message in the user's words, hints."""

from __future__ import annotations

from enum import Enum

from attrs import frozen

from alvh.grammar.source import Span


class Severity(Enum):
    ERROR = "error"
    WARNING = "warning"


@frozen
class Related:
    """A second place that a finding needs, with its own caption."""

    span: Span
    message: str


@frozen
class Diagnostic:
    """One finding. `code` is stable (`ALV0201`), `name` is its readable twin (`unit-mismatch`)."""

    code: str
    name: str
    severity: Severity
    message: str
    span: Span
    related: tuple[Related, ...] = ()
    hints: tuple[str, ...] = ()


class InternalError(Exception):
    """A broken invariant of alvh itself: a bug, never a user's mistake."""
