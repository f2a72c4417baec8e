"""The syntax family of findings, ALV01xx, in one table: code, name, why it is a mistake, and how it is put right."""

from __future__ import annotations

from typing import NamedTuple

from alvh.grammar.diagnostics import Diagnostic, Related, Severity
from alvh.grammar.source import Span

UNEXPECTED_CHARACTER = "ALV0101"
UNTERMINATED_TEXT = "ALV0102"
UNKNOWN_WORD = "ALV0103"
UNKNOWN_STATEMENT = "ALV0104"
STATEMENT_OUTSIDE_BLOCK = "ALV0105"
UNCLOSED_BRACE = "ALV0106"
STRAY_BRACE = "ALV0107"
UNEXPECTED_WORD = "ALV0108"
MISSING_UNIT = "ALV0109"
MALFORMED_NUMBER = "ALV0110"
MISPLACED_SIGN = "ALV0111"
CHAINED_COMPARISON = "ALV0112"
NESTED_TOO_DEEP = "ALV0113"
FILE_TOO_LARGE = "ALV0114"
NOT_TEXT = "ALV0115"
UNREADABLE_FILE = "ALV0116"
TOO_MANY_FINDINGS = "ALV0117"
REPEATED_CLAUSE = "ALV0118"
NAME_EXPECTED = "ALV0119"


class SyntaxRule(NamedTuple):
    """One kind of finding, as the documentation shows it: `wrong` draws the finding, `right` does not."""

    name: str
    why: str
    wrong: str
    right: str


SYNTAX_RULES: dict[str, SyntaxRule] = {
    UNEXPECTED_CHARACTER: SyntaxRule(
        "unexpected-character",
        "The language uses letters, digits, double quotes and the signs `+ - * / ( ) { } < <= > >= = != : , . .. $ % #`.",
        "trigger calm = vix == 14",
        "trigger calm = vix = 14",
    ),
    UNTERMINATED_TEXT: SyntaxRule(
        "unterminated-text",
        "A text ends with a double quote on the line it starts on.",
        'strategy "One call',
        'strategy "One call"',
    ),
    UNKNOWN_WORD: SyntaxRule(
        "unknown-word",
        "The word stands where only some words of the language may stand, and it is none of them.",
        "hegde h { layer a { hold to expiry } }",
        "hedge h { layer a { hold to expiry } }",
    ),
    UNKNOWN_STATEMENT: SyntaxRule(
        "unknown-statement",
        "Each statement starts with a verb that its block knows.",
        "hedge h { layer a { sprint when vix > 20 } }",
        "hedge h { layer a { close when vix > 20 } }",
    ),
    STATEMENT_OUTSIDE_BLOCK: SyntaxRule(
        "statement-outside-block",
        "The statement is known, but belongs in another block.",
        "roll when dte <= 7 days",
        "hedge h { layer a { roll when dte <= 7 days } }",
    ),
    UNCLOSED_BRACE: SyntaxRule(
        "unclosed-brace",
        "Every `{` has its `}`.",
        "hedge h { layer a { hold to expiry }",
        "hedge h { layer a { hold to expiry } }",
    ),
    STRAY_BRACE: SyntaxRule(
        "stray-brace",
        "A `}` closes a block that a `{` opened.",
        "hedge h { layer a { hold to expiry } } }",
        "hedge h { layer a { hold to expiry } }",
    ),
    UNEXPECTED_WORD: SyntaxRule(
        "unexpected-word",
        "What stands here cannot follow what stands before it.",
        "let x = vix +",
        "let x = vix + 1",
    ),
    MISSING_UNIT: SyntaxRule(
        "missing-unit",
        "Units are part of a value: 30 days and 30 sessions are six weeks and six weeks less four days.",
        "trigger t = vix > 20 for 3",
        "trigger t = vix > 20 for 3 sessions",
    ),
    MALFORMED_NUMBER: SyntaxRule(
        "malformed-number",
        "A number is digits, grouped by single underscores where that helps, with at most one decimal point.",
        "let horizon = 30d",
        "let horizon = 30 days",
    ),
    MISPLACED_SIGN: SyntaxRule(
        "misplaced-sign",
        "`%` follows its number and `$` stands before it; thousands are grouped by underscores.",
        "capital 1_000_000$",
        "capital $1_000_000",
    ),
    CHAINED_COMPARISON: SyntaxRule(
        "chained-comparison",
        "A comparison has two sides.",
        "trigger t = 12 < vix < 20",
        "trigger t = vix in 12 .. 20",
    ),
    NESTED_TOO_DEEP: SyntaxRule(
        "nested-too-deep",
        "An expression is at most 64 levels deep, so that it can be read and so that no later stage runs out of room.",
        "let x = " + "(" * 70 + "vix" + ")" * 70,
        "let x = (vix)",
    ),
    FILE_TOO_LARGE: SyntaxRule("file-too-large", "A strategy is a page or two of text; the limit is 1 MB.", "", ""),
    NOT_TEXT: SyntaxRule("not-text", "A strategy is a text file in UTF-8.", "", ""),
    UNREADABLE_FILE: SyntaxRule("unreadable-file", "The file has to exist and be readable.", "", ""),
    TOO_MANY_FINDINGS: SyntaxRule("too-many-findings", "After twenty mistakes of syntax the rest of a file is not read.", "", ""),
    REPEATED_CLAUSE: SyntaxRule(
        "repeated-clause",
        "A claim says each of its clauses once.",
        'claim c : cagr > 0%  vs "a.alvh" vs "b.alvh"',
        'claim c : cagr > 0%  vs "a.alvh"',
    ),
    NAME_EXPECTED: SyntaxRule(
        "name-expected",
        "Only a layer, a book or a hedge, by its name, opens, closes and rolls; only a declared name is changed.",
        "trigger t = 3 opens",
        "trigger t = condors opens",
    ),
}


def finding(code: str, message: str, span: Span, *, related: tuple[Related, ...] = (), hints: tuple[str, ...] = ()) -> Diagnostic:
    """A finding of the syntax family, which are errors all."""
    return Diagnostic(code, SYNTAX_RULES[code].name, Severity.ERROR, message, span, related, hints)
