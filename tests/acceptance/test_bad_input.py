"""Bad files through the command line: each is refused in words, with file and line and what to do, and nothing is written.

That every such file is found at all, and what each message says in full, is held by tests/grammar and tests/markets.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from calls import answer
from made_market import MadeMarket

ROOT = Path(__file__).parents[2]
STRATEGY = 'strategy "Index"\nbook market { hold SPX }\n'
SHIPPED = (ROOT / "strategies" / "vxth.alvh").read_bytes()

BAD_STRATEGIES = {
    # name: content, place, what the message says, what the hint says
    "malformed": (STRATEGY + "hedge h { layer a { opne when vix > 20 } }\n", 3, "`opne` is no word", "Did you mean `open`?"),
    "wrong unit": (STRATEGY + "trigger fear = vix > 20%\n", 3, "points", "vix > 20"),
    "truncated": (SHIPPED[: SHIPPED.index(b"size by") + 7], 15, "never closed", "Add the missing `}`"),
    "cut in a word": (SHIPPED[: SHIPPED.index(b"hedge vxth") + 3], 14, "`hed`", "hedge"),
    "ten megabytes": (b"# x\n" * 2_600_000, 1, "larger than 1 MB", "Check that it is the file you meant"),
    "deeply nested": (STRATEGY + "let a = " + "(" * 20_000 + "1" + ")" * 20_000, 3, "more than 64 levels deep", "with `let`"),
    "braces": ("{" * 20_000, 1, "`{` cannot stand here", "Known here"),
    "latin-1": ('strategy "Caf\xe9"\n'.encode("latin-1"), 1, "the byte 0xE9", "Save the file as UTF-8"),
    "utf-16": (STRATEGY.encode("utf-16"), 1, "UTF-16", "Save it as UTF-8"),
    "no text": (bytes(range(256)) * 8, 3, "no UTF-8", "Save the file as UTF-8"),
}


def edited(name: str, change: Callable[[list[str]], list[str]]) -> Callable[[MadeMarket], None]:
    return lambda made: made.edit(name, change)


def cell(name: str, row: int, index: int, word: str) -> Callable[[MadeMarket], None]:
    """One cell of a file replaced; the header is row 1."""

    def change(lines: list[str]) -> list[str]:
        cells = lines[row - 1].split(",")
        cells[index] = word
        return [*lines[: row - 1], ",".join(cells), *lines[row:]]

    return edited(name, change)


def bytes_of(name: str, change: Callable[[bytes], bytes]) -> Callable[[MadeMarket], None]:
    def spoil(made: MadeMarket) -> None:
        path = made.folder / name
        path.write_bytes(change(path.read_bytes()))

    return spoil


def without(name: str) -> Callable[[MadeMarket], None]:
    return lambda made: (made.folder / name).unlink()


BAD_DATA = {
    "a value that is none": (cell("vix.csv", 31, 4, "NaN"), "vix.csv:31", "the cell is empty", "allow = { blank = 1 }"),
    "a gap": (
        edited("vix.csv", lambda lines: [*lines[:100], *lines[103:]]),
        "vix.csv:101",
        "3 sessions have no row",
        "get the missing rows",
    ),
    "a date twice": (edited("spx.csv", lambda lines: [*lines[:11], *lines[10:]]), "spx.csv:12", "stands in the row before too", "row"),
    "rows out of order": (
        edited("spx.csv", lambda lines: [*lines[:10], lines[11], lines[10], *lines[12:]]),
        "spx.csv:12",
        "comes after",
        "sort the file",
    ),
    "newest first": (edited("spx.csv", lambda lines: [lines[0], *reversed(lines[1:])]), "spx.csv:3", "comes after", "sort the file"),
    "a negative price": (cell("spx.csv", 31, 4, "-3900"), "spx.csv:31", "-3900 is no price", "leave the cell empty"),
    "a row on a holiday": (
        edited("vix.csv", lambda lines: [*lines[:128], "2019-07-04,14,14,14,14", *lines[128:]]),
        "vix.csv:129",
        "row on 2019-07-04, when the NYSE was closed",
        "allow = { holiday_rows = 1 }",
    ),
    "a missing column": (
        edited("spx.csv", lambda lines: [lines[0].replace("close", "last"), *lines[1:]]),
        "spx.csv:1",
        "there is no column `close`",
        "open, high, low, last",
    ),
    "an early end": (edited("vix.csv", lambda lines: lines[:-40]), "vix.csv", "the series ends on", "allow = { ends_early"),
    "no data": (bytes_of("spx.csv", lambda content: b""), "spx.csv", "the file is empty", ""),
    "a row cut off": (bytes_of("spx.csv", lambda content: content[: len(content) // 2 - 9]), "spx.csv:", "cells, the header has 5", ""),
    "latin-1": (bytes_of("spx.csv", lambda content: content + b"\xe9"), "spx.csv:262", "byte 0xe9 is not UTF-8", ""),
    "no file": (without("spx.csv"), "spx.csv", "does not exist", ""),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(call: str, capsys: pytest.CaptureFixture[str], folder: Path, code: int = 1) -> str:
    """What a call says that must fail without a trace."""
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    said, left = answer(call, capsys)
    assert left == code, said
    assert "Traceback" not in said
    assert "bug in alvh" not in said
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert {path for path in folder.rglob("*") if path.is_dir()} <= {path.parent for path in before}
    return said


@pytest.mark.parametrize("call", ["check bad.alvh", "run bad.alvh --market generated --out out", "debug ir bad.alvh", "graph bad.alvh"])
@pytest.mark.parametrize("kind", BAD_STRATEGIES)
def test_a_bad_strategy_is_refused(kind: str, call: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content, line, says, advises = BAD_STRATEGIES[kind]
    (folder / "bad.alvh").write_bytes(content if isinstance(content, bytes) else content.encode())
    said = refused(f"alvh {call}", capsys, folder)
    assert f"bad.alvh:{line}:" in said
    assert says in said
    assert advises in said
    assert len(said) < 5_000


def test_an_empty_strategy_is_said_to_be_empty_and_not_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for content in ("", "\n\n", "# a remark\n"):
        (folder / "bad.alvh").write_text(content)
        said, code = answer("alvh check bad.alvh", capsys)
        assert code == 0
        assert "nothing-to-run" in said
        said = refused("alvh run bad.alvh --market generated --out out", capsys, folder)
        assert "bad.alvh:1:1" in said
        assert "hint: A book sells or buys" in said


def test_a_byte_order_mark_changes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers = []
    for mark in (b"", b"\xef\xbb\xbf"):
        (folder / "index.alvh").write_bytes(mark + STRATEGY.encode())
        answers.append(answer("alvh run index.alvh --market generated --to 2023-06-30 --json", capsys))
    assert answers[0][1] == 0
    assert answers[0] == answers[1]


@pytest.mark.parametrize("call", ["data check market.toml", "run index.alvh --market market.toml --out out"])
@pytest.mark.parametrize("kind", BAD_DATA)
def test_bad_data_are_refused(kind: str, call: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spoil, place, says, advises = BAD_DATA[kind]
    made = MadeMarket(folder)
    made.open()
    (folder / "index.alvh").write_text(STRATEGY)
    spoil(made)
    said = refused(f"alvh {call}", capsys, folder)
    assert place in said
    assert says in said
    assert advises in said


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ("--market nowhere.toml", 1, "there is no such market manifest"),
        ("--market .", 1, "this is a folder, not a manifest"),
        ("--market index.alvh", 1, "this is no TOML"),
        ("--market market.toml --from 2019-05-01 --to 2019-04-01", 2, "after its end"),
        ("--market market.toml --from 1950-01-03", 1, "but the data cover 2019-01-02"),
        ("--market market.toml --to 2019-02-31", 2, "is not a date"),
        ("--market market.toml --set costs=free", 1, "free"),
        ("--market market.toml --set cost=none", 1, "costs"),
        ("--market generated --seed -1", 2, "whole number"),
        ("--market generated --spx-settlement noon", 2, "invalid choice: 'noon'"),
        ("", 2, "--market"),
    ],
)
def test_a_call_that_cannot_be_is_refused(arguments: str, code: int, says: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    MadeMarket(folder).open()
    (folder / "index.alvh").write_text(STRATEGY)
    assert says in refused(f"alvh run index.alvh {arguments} --out out", capsys, folder, code)
