"""Diagnostics as text for people and as JSON for programs: the one place that decides how a finding looks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from alvh.grammar.diagnostics import Diagnostic, Severity
from alvh.grammar.source import Source, Span

FORMAT_VERSION = "1.0"

_WIDEST = 120
_TAB = "    "
_CLIPPED = "…"

_RESET = "\033[0m"
_BOLD = "\033[1m"
_COLOURS = {Severity.ERROR: "\033[1;31m", Severity.WARNING: "\033[1;33m"}
_FRAME = "\033[1;34m"


def render_text(diagnostics: Iterable[Diagnostic], colour: bool = False) -> str:
    """One block a finding: its headline, its place with the source line underlined, related places, hints. Ends with a line break
    when there is any finding."""
    return "\n".join(_block(diagnostic, _Paint(colour)) for diagnostic in diagnostics)


def render_json(diagnostics: Iterable[Diagnostic], beside: Mapping[str, object] | None = None) -> str:
    """The findings in the format of `alvh check --format json`; lines and columns count from 1, `end` is behind the last character.
    `beside`: what else the caller has to say, as keys of the document."""
    import json  # only where it is asked for: a check that prints text starts without it

    listed = tuple(diagnostics)
    errors = sum(diagnostic.severity is Severity.ERROR for diagnostic in listed)
    document = {
        "format_version": FORMAT_VERSION,
        "valid": errors == 0,
        "error_count": errors,
        "warning_count": len(listed) - errors,
        **(beside or {}),
        "diagnostics": [_entry(diagnostic) for diagnostic in listed],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _entry(diagnostic: Diagnostic) -> dict[str, object]:
    span = diagnostic.span
    start_line, start_column = span.source.position(span.start)
    end_line, end_column = span.source.position(span.end)
    return {
        "code": diagnostic.code,
        "name": diagnostic.name,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "file": span.source.path,
        "start": {"line": start_line, "column": start_column},
        "end": {"line": end_line, "column": end_column},
        "hints": list(diagnostic.hints),
    }


class _Paint:
    """Colours words, or leaves them alone."""

    def __init__(self, colour: bool) -> None:
        self.colour = colour

    def __call__(self, text: str, style: str) -> str:
        return f"{style}{text}{_RESET}" if self.colour else text


def _block(diagnostic: Diagnostic, paint: _Paint) -> str:
    severity = diagnostic.severity
    style = _COLOURS[severity]
    places = [diagnostic.span, *(related.span for related in diagnostic.related)]
    margin = max(len(str(span.source.position(span.start)[0])) for span in places)
    head = paint(f"{severity.value}[{diagnostic.code}]", style)
    lines = [f"{head} {diagnostic.name}: {paint(diagnostic.message, _BOLD)}", *_excerpt(diagnostic.span, "", margin, "^", style, paint)]
    for related in diagnostic.related:
        lines += _excerpt(related.span, related.message, margin, "-", _FRAME, paint)
    frame = paint(f"{' ' * margin} =", _FRAME)
    lines += [f"{frame} hint: {hint}" for hint in diagnostic.hints]
    return "\n".join(lines) + "\n"


def _excerpt(span: Span, caption: str, margin: int, underline: str, style: str, paint: _Paint) -> list[str]:
    """A place: `--> path:line:column`, its line, and an underline with the caption. Of several lines the first is shown."""
    source = span.source
    number, column = source.position(span.start)
    text, start, width = _window(source, number, column - 1, span.end - span.start)
    bar = paint("|", _FRAME)
    blank = " " * margin
    mark = paint(underline * max(width, 1) + (f" {caption}" if caption else ""), style)
    return [
        f"{blank}{paint('-->', _FRAME)} {source.path}:{number}:{column}",
        f"{blank} {bar}",
        f"{paint(str(number).rjust(margin), _FRAME)} {bar} {text}".rstrip(),
        f"{blank} {bar} {' ' * start}{mark}",
    ]


def _window(source: Source, number: int, start: int, length: int) -> tuple[str, int, int]:
    """The line as it is shown, with the cell where the underline starts and its width: tabs spread, a long line clipped."""
    line = source.line(number)
    first = max(0, start - _WIDEST // 3) if len(line) > _WIDEST else 0
    last = min(len(line), first + _WIDEST)
    end = min(start + length, last)
    before = (_CLIPPED if first else "") + _shown(line[first:start])
    marked = _shown(line[start:end])
    after = _shown(line[max(end, start) : last]) + (_CLIPPED if last < len(line) else "")
    return before + marked + after, _cells(before), _cells(marked)


def _shown(text: str) -> str:
    text = text.replace("\t", _TAB)
    return text if text.isprintable() else "".join(character if character.isprintable() else "\ufffd" for character in text)


def _cells(text: str) -> int:
    """Columns of a terminal that a text takes: East Asian wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    import unicodedata  # only here: hardly a file needs it

    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(map(bool, map(unicodedata.combining, text)))
