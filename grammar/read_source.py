"""Bytes of a file into a Source: UTF-8, with or without a byte order mark; anything else is a finding, not a guess."""

from __future__ import annotations

from os import PathLike, fspath, strerror

from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Source, Span
from alvh.grammar.syntax_rules import FILE_TOO_LARGE, NOT_TEXT, UNREADABLE_FILE, finding

LARGEST_BYTES = 1_000_000


def read_source(path: str | PathLike[str]) -> Source | Diagnostic:
    """The text of a file, or why it cannot be read: missing, a folder, over 1 MB, not UTF-8."""
    name = fspath(path)
    try:
        with open(name, "rb") as file:
            data = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        message = f"This file cannot be read: {strerror(error.errno) if error.errno else error}."
        return finding(UNREADABLE_FILE, message, _start(name), hints=("Check its name and its permissions.",))
    except ValueError:  # a NUL byte inside the name
        return finding(UNREADABLE_FILE, "This is no file name.", _start(name), hints=("Check its name.",))
    return decode_source(name, data)


def decode_source(path: str, data: bytes) -> Source | Diagnostic:
    """The text that bytes stand for, as standard input gives them; `path` is the name that findings show."""
    if len(data) > LARGEST_BYTES:
        message = f"This file is larger than {LARGEST_BYTES // 1_000_000} MB, the most a strategy may have."
        return finding(FILE_TOO_LARGE, message, _start(path), hints=("Check that it is the file you meant.",))
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return finding(NOT_TEXT, "This file is in UTF-16.", _start(path), hints=("Save it as UTF-8.",))
    try:
        return Source(path, data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        source = Source(path, error.object.decode("utf-8", errors="replace"))
        place = len(error.object[: error.start].decode("utf-8"))
        line, _column = source.position(place)
        message = f"Line {line} has the byte 0x{error.object[error.start]:02X}, which is no UTF-8."
        return finding(NOT_TEXT, message, Span(source, place, place + 1), hints=("Save the file as UTF-8.",))


def _start(path: str) -> Span:
    return Span(Source(path, ""), 0, 0)
