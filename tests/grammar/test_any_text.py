"""Whatever the text, the parser answers in good time with a tree and findings, never with an exception."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from attrs import fields
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reading import BAD, SHIPPED, codes, read_expression

from alvh.grammar import syntax
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.machine import DEEPEST
from alvh.grammar.parse import LARGEST, ParseResult, parse, parse_expression
from alvh.grammar.read_source import LARGEST_BYTES, decode_source, read_source
from alvh.grammar.render import render_json, render_text
from alvh.grammar.source import Source
from alvh.grammar.tokens import MOST_FINDINGS

TEXTS = [file.read_text("utf-8") for file in [*SHIPPED, *sorted(BAD.glob("*.alvh"))]]
PIECES = [*sorted({word for text in TEXTS for word in text.split()}), *"{}()[]$%:,.=<>+-*/#\"'\x00\r\n\t ", "\ufeff", "..", "“", "波"]


def read_and_render(text: str) -> ParseResult:
    result = parse(Source("any.alvh", text))
    for diagnostic in result.diagnostics:
        assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(text)
    assert len(result.diagnostics) <= MOST_FINDINGS + 1
    render_text(result.diagnostics)
    render_json(result.diagnostics)
    return result


@given(st.text(max_size=300))
@example("")
@example("\ufeff")
@example("\0")
@example("\r")
@settings(deadline=None)
def test_any_text(text: str) -> None:
    read_and_render(text)
    expression, diagnostics = parse_expression(Source("any", text))
    assert (expression is None) <= bool(diagnostics)


@given(st.lists(st.sampled_from(PIECES), max_size=60), st.sampled_from(["", " ", "\n"]))
@settings(deadline=None, max_examples=300)
def test_any_order_of_the_words_of_the_language(pieces: list[str], between: str) -> None:
    read_and_render(between.join(pieces))


@given(st.sampled_from(TEXTS), st.data())
@settings(deadline=None, max_examples=300)
def test_any_small_damage_to_a_strategy(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 12)))
    read_and_render(text[:start] + data.draw(st.sampled_from(["", *PIECES])) + text[end:])


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_a_strategy_cut_off_anywhere_gives_what_was_there_or_says_why_not(file: Path) -> None:
    text = file.read_text("utf-8")
    for length in range(len(text)):
        result = parse(Source("cut.alvh", text[:length]))
        assert result.file.declarations or result.diagnostics or not text[:length].split("#", 1)[0].strip() or result.file.comments
        opened = sum(line.split("#")[0].count("{") - line.split("#")[0].count("}") for line in text[:length].splitlines())
        if opened:
            assert result.diagnostics, text[:length]


@pytest.mark.parametrize(
    "text",
    [
        "let a = " + "(" * 10_000 + "1" + ")" * 10_000,
        "let a = " + "(" * 990_000,
        "let a = " + "-" * 10_000 + "1",
        "trigger a = " + "not " * 10_000 + "b",
        "let a = " + " + ".join(["1"] * 10_000),
        "trigger a = " + " or ".join(["b"] * 10_000),
        "let a = " + "1 when b else " * 10_000 + "2",
        "let a = " + "1% of " * 10_000 + "b",
        "let a = b" + ".c" * 10_000,
        "let a = " + "f(" * 10_000 + "1" + ")" * 10_000,
        "let a = " + "by x { below 1 : " * 10_000,
        "trigger a = " + "within 3 sessions of " * 10_000 + "b",
        "trigger a = b" + " begins" * 10_000,
    ],
    ids=lambda text: text[8:30].strip(),
)
def test_depth_has_a_limit(text: str) -> None:
    assert codes(text) == ["ALV0113"]
    result = parse(Source("deep.alvh", text + "\nlet b = 2\n"))
    assert hash(result.file) == hash(result.file)
    assert len(repr(result.file)) < 1_000_000


def test_the_deepest_tree_allowed_can_be_walked_by_recursion() -> None:
    def depth(node: object) -> int:
        if isinstance(node, tuple):
            return max(map(depth, node), default=0)
        if not isinstance(node, syntax.Node):
            return 0
        return 1 + max(depth(getattr(node, attribute.name)) for attribute in fields(type(node)))

    sums = "let a = " + " + ".join(["1"] * DEEPEST)
    assert codes(sums) == []
    assert codes(sums + " + 1") == ["ALV0113"]
    assert depth(parse(Source("deep.alvh", sums)).file) == DEEPEST + 2
    assert read_expression("(" * (DEEPEST - 1) + "1" + ")" * (DEEPEST - 1)) == read_expression("1")


def junk(seed: int, letters: str, length: int) -> str:
    chooser = random.Random(seed)
    return "".join(chooser.choices(letters, k=length))


@pytest.mark.parametrize(
    "text",
    [
        "{" * LARGEST,
        "}" * LARGEST,
        "layer a {" * (LARGEST // 9),
        '"' * LARGEST,
        "\0 " * (LARGEST // 2),
        "9" * LARGEST,
        "foo " * (LARGEST // 4),
        "x" * LARGEST,
        "\n" * LARGEST,
        junk(1, "@!;?&|^~`\\[]'\"#\n abc123{}()%$", LARGEST),
        junk(2, "".join(map(chr, range(0x250))), LARGEST),
        "let a = 1\n" * (LARGEST // 20),
    ],
    ids=lambda text: repr(text[:6]),
)
def test_the_largest_file_is_answered_in_seconds(text: str) -> None:
    started = time.perf_counter()
    read_and_render(text)
    assert time.perf_counter() - started < 30  # some 2 s on an idle machine: this is a guard against quadratic time


def test_a_larger_file_is_refused_unread() -> None:
    assert codes("x" * (LARGEST + 1)) == ["ALV0114"]
    assert parse_expression(Source("x", "x" * (LARGEST + 1)))[1][0].code == "ALV0114"
    refused = decode_source("big.alvh", b"x " * 5_000_000)
    assert isinstance(refused, Diagnostic)
    assert refused.code == "ALV0114"


def refusal(data: bytes) -> Diagnostic:
    refused = decode_source("file.alvh", data)
    assert isinstance(refused, Diagnostic)
    return refused


def test_bytes_that_are_no_utf8_are_refused_with_their_line() -> None:
    latin = refusal("# one\n# caf\xe9\n".encode("latin-1"))
    assert (latin.code, latin.message) == ("ALV0115", "Line 2 has the byte 0xE9, which is no UTF-8.")
    assert latin.span.source.position(latin.span.start) == (2, 6)
    marked = refusal(b"\xef\xbb\xbf# one\n\n\xff")
    assert marked.span.source.position(marked.span.start) == (3, 1)
    cut = refusal("日".encode()[:2])
    assert cut.code == "ALV0115"
    assert refusal("let a = 1".encode("utf-16")).message == "This file is in UTF-16."


def test_a_byte_order_mark_is_accepted() -> None:
    source = decode_source("file.alvh", b"\xef\xbb\xbflet a = 1")
    assert isinstance(source, Source)
    assert source.text == "let a = 1"


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.alvh", tmp_path, "a\0b"):
        refused = read_source(path)
        assert isinstance(refused, Diagnostic)
        assert refused.code == "ALV0116"
        assert render_text([refused])
    large = tmp_path / "large.alvh"
    large.write_bytes(b"#" * (LARGEST_BYTES + 1))
    refused = read_source(large)
    assert isinstance(refused, Diagnostic)
    assert refused.code == "ALV0114"


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_break_counts_lines(line_break: str) -> None:
    text = line_break.join(["let a = 1", "# note", "let b = *", ""])
    (diagnostic,) = parse(Source("x.alvh", text)).diagnostics
    assert diagnostic.span.source.position(diagnostic.span.start) == (3, 9)
    assert diagnostic.span.source.line(3) == "let b = *"
