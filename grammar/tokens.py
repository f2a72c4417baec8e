"""Text into tokens: one regular expression cuts words, numbers, texts and marks; what a word means is left to the parser."""

from __future__ import annotations

import re
from typing import NamedTuple

from alvh.grammar import tables
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.source import Source, Span
from alvh.grammar.syntax import Comment
from alvh.grammar.syntax_rules import MALFORMED_NUMBER, UNEXPECTED_CHARACTER, UNTERMINATED_TEXT, finding

END = "$END"

MOST_FINDINGS = 20
"""Mistakes of syntax that one file is told about."""

_PATTERN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<comment>\#[^\r\n]*)
    | (?P<word>[^\W\d][\w\u0300-\u036f]*)
    | (?P<number>[0-9][0-9_]*(?:\.[0-9][0-9_]*)?)(?P<tail>\w*)
    | (?P<text>"[^"\r\n]*"?)
    | (?P<foreign>'[^'\r\n]*'|“[^”\r\n]*”|==|&&|\|\||//|/\*|<>|=>|=<|[−–≤≥≠×÷])
    | (?P<mark>\.\.|<=|>=|!=|[-$%()*+,./:<=>{}])
    | (?P<stray>(?:(?![\s\w#"'“−–≤≥≠×÷$%()*+,./:<=>{}-]|!=|&&|\|\|).)+|.)
    """,
    re.VERBOSE,
)

# What other languages write, and what stands for it here.
_FOREIGN = {
    "==": "=", "&&": "and", "||": "or", "<>": "!=", "=>": ">=", "=<": "<=", "−": "-", "–": "-", "≤": "<=", "≥": ">=",
    "≠": "!=", "×": "*", "÷": "/", "//": "#", "/*": "#",
}  # fmt: skip

# A unit glued to its number, as far as it can be told.
_GLUED_UNITS = {"d": "days", "pt": "points", "pts": "points", "mo": "months"} | {
    word: word for word, terminal in tables.KEYWORDS.items() if terminal in {"POINT", "DELTA", "DAY", "SESSION", "MONTH", "CONTRACT", "LOT"}
}

_GLUED_ZEROS = {"k": "000", "m": "000000", "mm": "000000", "bn": "000000000"}

_AFTER_CONTRACTS = re.compile(r"\s+(?:whole|fractional)\b")
_LINE_END = re.compile(r"[\r\n]")
_COLON = re.compile(r"\s*:")
_TEXT = re.compile(r'\s*"')


class Token(NamedTuple):
    """A word, number, text or mark. `kinds` are the terminals it may be, the likeliest first; `kind` is the one the parser took."""

    kinds: tuple[str, ...]
    text: str
    start: int
    end: int
    first_on_line: bool
    kind: str = ""


class Tokens(NamedTuple):
    tokens: tuple[Token, ...]
    """The last one is the end of the file."""
    comments: tuple[Comment, ...]
    findings: tuple[Diagnostic, ...]


def cut_tokens(source: Source) -> Tokens:
    """The tokens, comments and lexical findings of a source. Never fails: what is no token is a finding and is left out."""
    cutter = _Cutter(source)
    cutter.run()
    return Tokens(tuple(cutter.tokens), tuple(cutter.comments), tuple(cutter.findings))


class _Cutter:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.tokens: list[Token] = []
        self.comments: list[Comment] = []
        self.findings: list[Diagnostic] = []
        self.first_on_line = True

    def run(self) -> None:
        text = self.source.text
        offset = 1 if text.startswith("\ufeff") else 0
        end = len(text)
        while offset < end:
            match = _PATTERN.match(text, offset)
            assert match is not None, "the last alternative takes any character"
            group = match.lastgroup
            word = match.group()
            after = match.end()
            if group == "space":
                if "\n" in word or "\r" in word:
                    self.first_on_line = True
            elif group == "comment":
                self.comments.append(Comment(word, span=Span(self.source, offset, after)))
            elif group == "word":
                self.add(self.word_kinds(word, after), word, offset, after)
            elif group == "tail":
                self.number(match)
            elif group == "mark":
                self.add((tables.MARKS[word],), word, offset, after)
            elif group == "text":
                self.text(word, offset, after)
            elif group == "foreign":
                after = self.foreign(word, offset, after)
            else:
                self.stray(word, offset, after)
            offset = after
        self.add((END,), "", end, end)

    def add(self, kinds: tuple[str, ...], text: str, start: int, end: int) -> None:
        self.tokens.append(Token(kinds, text, start, end, self.first_on_line))
        self.first_on_line = False

    def word_kinds(self, word: str, after: int) -> tuple[str, ...]:
        keyword = tables.KEYWORDS.get(word)
        if keyword is None:
            kinds: tuple[str, ...] = ("NAME",)
        elif word == "contracts" and (_AFTER_CONTRACTS.match(self.source.text, after) or self.starts_line_after_no_number()):
            kinds = ("CONTRACTS_SETTING", keyword, "NAME")
        elif word == "in" and _TEXT.match(self.source.text, after):
            kinds = ("IN_SCENARIO", keyword, "NAME")
        else:
            kinds = (keyword, "NAME")
        return ("LABEL", *kinds) if _COLON.match(self.source.text, after) else kinds

    def starts_line_after_no_number(self) -> bool:
        return self.first_on_line and not (self.tokens and self.tokens[-1].kinds == ("NUMBER",))

    def number(self, match: re.Match[str]) -> None:
        digits, tail = match["number"], match["tail"]
        start, end = match.start(), match.end()
        self.add(("NUMBER",), digits, start, start + len(digits))
        if not tail and "__" not in digits and not digits.endswith("_") and "_." not in digits and "._" not in digits:
            return
        unit = _GLUED_UNITS.get(tail)
        zeros = _GLUED_ZEROS.get(tail.lower())
        if zeros and digits.isdigit():
            hint = f"Write `{int(digits + zeros):_}`."
        elif tail == "x":
            hint = f"Write `{digits} *`."
            self.add((tables.MARKS["*"],), "*", end, end)
        elif unit:
            hint = f"Write `{digits} {unit}`."
            self.add(self.word_kinds(unit, end), unit, end, end)
        else:
            hint = "Write the digits out, grouped by single underscores if you like: `1_000_000`."
        self.report(MALFORMED_NUMBER, f"`{shortened(match.group())}` is not a number.", start, end, hint)

    def text(self, word: str, start: int, end: int) -> None:
        if len(word) < 2 or not word.endswith('"'):
            self.report(UNTERMINATED_TEXT, "This text has no closing quote on its line.", start, end, 'End the text with `"`.')
        self.add(("TEXT",), word, start, end)

    def foreign(self, word: str, start: int, end: int) -> int:
        """Reports a sign of other languages and reads on as if the right one stood there; returns the offset to go on from."""
        if word[0] in "'“":
            self.report(UNEXPECTED_CHARACTER, "A text stands between double quotes.", start, end, 'Write `"` on both sides.')
            self.add(("TEXT",), word, start, end)
            return end
        meant = _FOREIGN[word]
        if meant == "#":
            message = f"A comment starts with `#`, not with `{word}`, and ends with its line."
            self.report(UNEXPECTED_CHARACTER, message, start, end, "Write `#`.")
            line_end = _LINE_END.search(self.source.text, end)
            return line_end.start() if line_end else len(self.source.text)
        self.report(UNEXPECTED_CHARACTER, f"`{word}` is no sign of the language.", start, end, f"Write `{meant}`.")
        self.add(self.word_kinds(meant, end) if meant.isalpha() else (tables.MARKS[meant],), word, start, end)
        return end

    def stray(self, word: str, start: int, end: int) -> None:
        shown = f"`{shortened(word)}`" if word.isprintable() else _named(word[0])
        self.report(UNEXPECTED_CHARACTER, f"{shown} has no meaning here.", start, end, "Take it out.")

    def report(self, rule: str, message: str, start: int, end: int, hint: str) -> None:
        if len(self.findings) <= MOST_FINDINGS:
            self.findings.append(finding(rule, message, Span(self.source, start, end), hints=(hint,)))


def normalized(word: str) -> str:
    """A name in Unicode's composed form (NFC), so that two spellings that look the same are the same."""
    if word.isascii():
        return word
    import unicodedata  # only here: hardly a file needs it, and it is slow to load

    return unicodedata.normalize("NFC", word)


def shortened(text: str) -> str:
    """A piece of a file as a message quotes it."""
    """A piece of a file as a message quotes it."""
    return text if len(text) <= 24 else text[:20] + "…"


def _named(character: str) -> str:
    if character == "\0":
        return "A NUL byte"
    if character == "\ufeff":
        return "A byte order mark inside the text"
    return f"The invisible character U+{ord(character):04X}"
