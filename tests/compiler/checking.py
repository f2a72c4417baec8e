"""What the tests of the front of the compiler share: text in, meaning and findings out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from alvh.compiler.analyse import find_meaning, find_names
from alvh.compiler.meaning import Meaning
from alvh.compiler.merge_files import merge
from alvh.compiler.module import Module
from alvh.grammar import syntax
from alvh.grammar.diagnostics import Diagnostic
from alvh.grammar.parse import ParseResult, parse
from alvh.grammar.source import Source

CONDOR = """\
let wing = 50 points

book condors {
  expiry 45..60 days
  short_put  : sell SPX put  at 0.16 delta
  long_put   : buy  SPX put  wing below short_put
  short_call : sell SPX call at 0.16 delta
  long_call  : buy  SPX call wing above short_call
  at most 6 lots
  close when profit >= 50% of credit
}
"""
"""A small condor book, as `books/condor.alvh` holds it."""


def read(path: str) -> ParseResult:
    """Reads and parses a file, as the driver does."""
    return parse(Source(path, Path(path).read_text(encoding="utf-8")))


def merge_text(folder: Path, text: str, overrides: Mapping[str, str] | None = None, **files: str) -> tuple[Module, tuple[Diagnostic, ...]]:
    """Merges `text` as main.alvh of a folder with `books/condor.alvh` and `files` (name without its ending) beside it."""
    (folder / "books").mkdir(exist_ok=True)
    (folder / "books" / "condor.alvh").write_text(CONDOR, encoding="utf-8")
    for name, content in files.items():
        (folder / f"{name}.alvh").write_text(content, encoding="utf-8")
    main = folder / "main.alvh"
    main.write_text(text, encoding="utf-8")
    return merge(str(main), read, overrides)


def analyse_text(text: str) -> tuple[Meaning, tuple[Diagnostic, ...]]:
    """The meaning of a text that uses no file, and all findings."""
    module, merging = merge("text.alvh", lambda path: parse(Source(path, text)))
    names = find_names(module)
    meaning, units = find_meaning(module, names)
    return meaning, (*merging, *names.findings, *units)


def names_of(findings: tuple[Diagnostic, ...]) -> list[str]:
    return [finding.name for finding in findings]


def find_expression(meaning: Meaning, name: str) -> syntax.Expression:
    """The value of a let or the condition of a trigger."""
    module = meaning.module
    found = {let.name.name: let.value for let in module.lets} | {trigger.name.name: trigger.condition for trigger in module.triggers}
    return found[name]
