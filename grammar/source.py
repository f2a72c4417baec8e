"""Source text and places in it: what every later stage points at."""

from __future__ import annotations

import re
from bisect import bisect_right

from attrs import field, frozen

_LINE_END = re.compile(r"\r\n?|\n")


@frozen
class Source:
    """One file of strategy text, and where its lines start."""

    path: str
    text: str = field(repr=False)
    _line_starts: tuple[int, ...] = field(init=False, repr=False, eq=False)

    @_line_starts.default
    def _find_line_starts(self) -> tuple[int, ...]:
        return (0, *(end.end() for end in _LINE_END.finditer(self.text)))

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, both counted from 1, of a character offset."""
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line (counted from 1), without its line break."""
        start = self._line_starts[number - 1]
        end = self._line_starts[number] if number < len(self._line_starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    @property
    def line_count(self) -> int:
        return len(self._line_starts)


@frozen
class Span:
    """A stretch of one source: offsets `start` (included) to `end` (not included)."""

    source: Source = field(repr=False)
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    def __str__(self) -> str:
        line, column = self.source.position(self.start)
        return f"{self.source.path}:{line}:{column}"


def cover(first: Span, last: Span) -> Span:
    """The span from the start of `first` to the end of `last`, in one source."""
    return Span(first.source, min(first.start, last.start), max(first.end, last.end))
