"""What a finding looks like, as text and as JSON."""

from __future__ import annotations

import json

from alvh.grammar.diagnostics import Diagnostic, Related, Severity
from alvh.grammar.parse import parse
from alvh.grammar.render import render_json, render_text
from alvh.grammar.source import Source, Span

SOURCE = Source("a.alvh", "let one = 1\nlet\ttwo = one\nlet 波 = one + two\n" + "let long = " + "1 + " * 60 + "x\n")


def place(text: str, source: Source = SOURCE) -> Span:
    start = source.text.index(text)
    return Span(source, start, start + len(text))


def warning(span: Span, **more: object) -> Diagnostic:
    return Diagnostic("ALV9999", "some-name", Severity.WARNING, "Something is odd.", span, **more)  # type: ignore[arg-type]


def test_nothing_found_is_no_text_and_valid_json() -> None:
    assert render_text([]) == ""
    assert json.loads(render_json([])) == {
        "format_version": "1.0",
        "valid": True,
        "error_count": 0,
        "warning_count": 0,
        "diagnostics": [],
    }


def test_a_finding_shows_its_places_captions_and_hints() -> None:
    other = Source("b.alvh", "\n" * 11 + "let three = 3\n")
    related = (Related(place("one", SOURCE), "declared here"), Related(place("three", other), "and here"))
    assert (
        render_text([warning(place("two"), related=related, hints=("Do this.", "Or that."))])
        == """\
warning[ALV9999] some-name: Something is odd.
  --> a.alvh:2:5
   |
 2 | let    two = one
   |        ^^^
  --> a.alvh:1:5
   |
 1 | let one = 1
   |     --- declared here
  --> b.alvh:12:5
   |
12 | let three = 3
   |     ----- and here
   = hint: Do this.
   = hint: Or that.
"""
    )


def test_underlines_fit_wide_letters_and_empty_places() -> None:
    lines = render_text([warning(place("波"))]).splitlines()
    assert lines[3:5] == ["3 | let 波 = one + two", "  |     ^^"]
    end = Span(SOURCE, len("let one = 1"), len("let one = 1"))
    assert render_text([warning(end)]).splitlines()[3:5] == ["1 | let one = 1", "  |            ^"]


def test_a_span_over_several_lines_underlines_its_first() -> None:
    span = Span(SOURCE, 4, SOURCE.text.index("two"))
    assert render_text([warning(span)]).splitlines()[3:5] == ["1 | let one = 1", "  |     ^^^^^^^"]


def test_a_long_line_is_shown_around_the_place() -> None:
    _head, _place, _bar, line, mark = render_text([warning(place("x"))]).splitlines()
    assert len(line) < 140
    assert line.startswith("4 | …")
    assert line[mark.index("^")] == "x"


def test_colour_changes_nothing_but_colour() -> None:
    import re

    findings = [warning(place("two"), related=(Related(place("one"), "here"),), hints=("Do this.",))]
    coloured = render_text(findings, colour=True)
    assert "\033[" in coloured
    assert re.sub(r"\033\[[0-9;]*m", "", coloured) == render_text(findings)


def test_control_characters_never_reach_the_terminal() -> None:
    rendered = render_text(parse(Source("x.alvh", "let a = 3 \x1b[31m \x07 \0")).diagnostics)
    assert not set(rendered) & {"\x1b", "\x07", "\0"}


def test_json_has_exactly_the_promised_fields() -> None:
    source = Source("x.alvh", "let a = 1\nlet b = *\n")
    (error,) = parse(source).diagnostics
    assert json.loads(render_json([error, warning(place("two"), hints=("Do this.",))])) == {
        "format_version": "1.0",
        "valid": False,
        "error_count": 1,
        "warning_count": 1,
        "diagnostics": [
            {
                "code": "ALV0108",
                "name": "unexpected-word",
                "severity": "error",
                "message": "`*` cannot stand here: a value follows `=`.",
                "file": "x.alvh",
                "start": {"line": 2, "column": 9},
                "end": {"line": 2, "column": 10},
                "hints": ["Write it like `let slope = vix / vix3m - 1`."],
            },
            {
                "code": "ALV9999",
                "name": "some-name",
                "severity": "warning",
                "message": "Something is odd.",
                "file": "a.alvh",
                "start": {"line": 2, "column": 5},
                "end": {"line": 2, "column": 8},
                "hints": ["Do this."],
            },
        ],
    }
