"""A corpus of mistakes: each file of `bad/` is read as the text beside it says, findings and what they look like.

`ALVH_UPDATE=1 pytest tests/grammar/test_bad_syntax.py` writes those texts anew; read what changed before keeping it.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from reading import BAD, SHIPPED, codes

from alvh.grammar.diagnostics import Severity
from alvh.grammar.parse import parse
from alvh.grammar.read_source import decode_source
from alvh.grammar.render import render_text
from alvh.grammar.source import Source
from alvh.grammar.syntax_rules import SYNTAX_RULES

CASES = sorted(BAD.glob("*.alvh"))

# What a message must never show: the grammar's own names.
TERMINALS = re.compile(r"__|\b(?:NAME|NUMBER|TEXT|LABEL|LBRACE|RBRACE|LPAR|RPAR|COMMA|COLON|EQUAL|RANGE|[A-Z]+_[A-Z]+)\b|\$END")


def read(case: Path) -> Source:
    source = decode_source(case.name, case.read_bytes())
    assert isinstance(source, Source)
    return source


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_findings_look_as_pinned(case: Path) -> None:
    rendered = render_text(parse(read(case)).diagnostics)
    pinned = case.with_suffix(".txt")
    if os.environ.get("ALVH_UPDATE"):
        pinned.write_text(rendered, "utf-8")
    assert rendered == pinned.read_text("utf-8")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_findings_are_well_formed(case: Path) -> None:
    source = read(case)
    diagnostics = parse(source).diagnostics
    assert diagnostics
    for diagnostic in diagnostics:
        assert diagnostic.name == SYNTAX_RULES[diagnostic.code].name
        assert diagnostic.severity is Severity.ERROR
        assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(source.text)
        for words in (diagnostic.message, *diagnostic.hints):
            said = re.sub(r"`[^`]*`", "", words)
            assert not TERMINALS.search(said), words
            assert words.endswith((".", "?")), words


@pytest.mark.parametrize("code", [code for code, rule in SYNTAX_RULES.items() if rule.wrong])
def test_each_rule_is_drawn_by_its_wrong_example_and_not_by_its_right_one(code: str) -> None:
    assert codes(SYNTAX_RULES[code].wrong) == [code]
    assert codes(SYNTAX_RULES[code].right) == []


def test_codes_and_names_are_stable() -> None:
    assert {code: rule.name for code, rule in SYNTAX_RULES.items()} == {
        "ALV0101": "unexpected-character",
        "ALV0102": "unterminated-text",
        "ALV0103": "unknown-word",
        "ALV0104": "unknown-statement",
        "ALV0105": "statement-outside-block",
        "ALV0106": "unclosed-brace",
        "ALV0107": "stray-brace",
        "ALV0108": "unexpected-word",
        "ALV0109": "missing-unit",
        "ALV0110": "malformed-number",
        "ALV0111": "misplaced-sign",
        "ALV0112": "chained-comparison",
        "ALV0113": "nested-too-deep",
        "ALV0114": "file-too-large",
        "ALV0115": "not-text",
        "ALV0116": "unreadable-file",
        "ALV0117": "too-many-findings",
        "ALV0118": "repeated-clause",
        "ALV0119": "name-expected",
    }


def test_what_did_parse_is_kept() -> None:
    text = """
let a = 1
let b = * 2
hedge h {
  layer one { buy VIX calls at 0.30 delta, 30 days  open when }
  layer two {
    size % 3
    hold to expiry
  }
}
let c = 3
"""
    file = parse(Source("test.alvh", text)).file
    assert [type(one).__name__ for one in file.declarations] == ["Let", "Hedge", "Let"]
    hedge = file.declarations[1]
    assert [[type(one).__name__ for one in layer.body] for layer in hedge.body] == [["Leg"], ["HoldToExpiry"]]  # type: ignore[union-attr, attr-defined]


@pytest.mark.parametrize(
    "text",
    [
        "hedge h { layer a { opne when vix > 20 } }",
        "let a = vix +",
        "let a = (vix + 1",
        'strategy "x',
        "hedge h { layer a { hold to expiry }",
        "layer a { hold to expiry }",
        "hedge h { layer a { buy VIX calls at 0.3 delta 30 days } }",
        "trigger t = vix > 20 fro 3 sessions",
        "hedge h { layer a { write VIX calls at 0.25 delta, 20..30 days\n hold to expiry } }",
        "hedge h { layer a { size by vix { below 16 ; 0%\n from 16 : 1% } of equity\n hold to expiry } }",
        "structure s(a : b { expiry 45 days\n x : sell SPX put at 0.1 delta }",
    ],
)
def test_one_mistake_is_one_finding(text: str) -> None:
    assert len(codes("let before = 1\n" + text + "\nlet after = 2\n")) == 1, codes(text)
    assert len(parse(Source("test.alvh", "let before = 1\n" + text + "\nlet after = 2\n")).file.declarations) >= 2


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_one_damaged_word_is_at_most_two_findings(file: Path) -> None:
    """Every word, text and sign in turn is left out, then misspelt. Two, where a brace or a quote is lost."""
    text = file.read_text("utf-8")
    code = re.sub(r"#[^\n]*", lambda comment: " " * len(comment[0]), text)
    for word in re.finditer(r'\w+|"[^"]*"|[^\s\w]', code):
        for instead in ("", word[0] + "q"):
            found = codes(text[: word.start()] + instead + text[word.end() :])
            assert len(found) <= 2, (word[0], instead, found)
            if word[0] in "{}" and not instead:
                assert found, word
