"""What docs/ shows is true: its programs check and trade, its tables hold every word, its tests exist.

Commands and their outputs are run by tests/face/test_documents.py."""

from __future__ import annotations

import re
import shutil
from functools import cache
from pathlib import Path

import pytest

import alvh
from alvh.compiler.driver import compile_file
from alvh.compiler.vocabulary import (
    ACCOUNT,
    ATTRIBUTES,
    CALENDARS,
    FUNCTIONS,
    INPUT_KINDS,
    LOT_ATTRIBUTES,
    MARKET_FUNCTIONS,
    METRICS,
    SERIES,
)

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
LANGUAGE = (DOCS / "language.md").read_text("utf-8")
PROGRAM = re.compile(r"(?:`([\w.]+\.alvh)`:\n\n)?^```alvh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
QUIET = {"unused-name"}
"""Warnings that an example, which shows one thing, may have."""


def programs() -> list[tuple[str, str | None, str]]:
    """Document, file name if it has one, and text of each program shown."""
    return [
        (path.name, name or None, text) for path in sorted(DOCS.glob("*.md")) for name, text in PROGRAM.findall(path.read_text("utf-8"))
    ]


SHOWN = programs()
NAMES = [f"{document}-{number}" for number, (document, _, _) in enumerate(SHOWN)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped strategies, and each program of the documents that has a file name."""
    target = tmp_path_factory.mktemp("shown") / "strategies"
    shutil.copytree(ROOT / "strategies", target, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    for _, name, text in SHOWN:
        if name is not None:
            (target / name).write_text(text, "utf-8")
    return target


@cache
def market() -> alvh.Market:
    return alvh.Market("generated", seed=3)


@pytest.mark.parametrize(("document", "name", "text"), SHOWN, ids=NAMES)
def test_a_program_shown_checks(document: str, name: str | None, text: str, folder: Path) -> None:
    compiled = compile_file(str(folder / (name or "shown.alvh")), text=text)
    assert [finding.message for finding in compiled.diagnostics if finding.name not in QUIET] == []


@pytest.mark.parametrize(
    ("document", "name", "text"), [shown for shown in SHOWN if "book " in shown[2] or "hedge " in shown[2] or "use " in shown[2]]
)
def test_a_program_shown_trades(document: str, name: str | None, text: str, folder: Path) -> None:
    path = folder / (name or "shown.alvh")
    path.write_text(text, "utf-8")
    result = alvh.run(path, market(), start="2023-01-03", end="2023-04-28", engine="reference")
    filled = result.journal.filter(result.journal["filled"] != 0)
    assert filled.height > 0 or "input " in text, "an example that never trades shows nothing"


TEMPLATE = "hedge tail {{\n  {hedge}\n  layer calls {{\n    {leg}\n    {size}\n    close when {condition}\n    hold to expiry\n  }}\n}}\n"
DEFAULTS = {"hedge": "unit 1", "leg": "buy VIX call at 0.30 delta, 30 days", "size": "", "condition": "vix > 20"}
MISTAKES = re.findall(
    r"^\| `([^|]*)` \| `([^|]*)` \|", LANGUAGE[LANGUAGE.index("## The likeliest") : LANGUAGE.index("## Not in this")], re.MULTILINE
)


def in_place(fragment: str) -> str:
    """A whole file around a fragment of the table of mistakes."""
    first = fragment.split()[0]
    place = {"buy": "leg", "size": "size", "budget": "hedge"}.get(first, "condition")
    leg = {"leg": "sell SPX put at 0.16 delta, 45 days"} if first == "profit" else {}
    return TEMPLATE.format(**(DEFAULTS | leg | {place: fragment}))


@pytest.mark.parametrize(("wrong", "right"), MISTAKES)
def test_a_mistake_shown_is_found_and_its_cure_is_clean(wrong: str, right: str) -> None:
    assert [finding.severity.value for finding in compile_file("mistake.alvh", text=in_place(wrong)).diagnostics] == ["error"]
    assert compile_file("cure.alvh", text=in_place(right)).diagnostics == ()


def test_the_table_of_mistakes_is_read() -> None:
    assert len(MISTAKES) >= 15


def words() -> list[str]:
    """Every name that the language brings along."""
    series = [word for word in SERIES if "." not in word]
    return [*series, *ACCOUNT, *CALENDARS, *FUNCTIONS, *MARKET_FUNCTIONS, *ATTRIBUTES, *LOT_ATTRIBUTES, *INPUT_KINDS, *METRICS]


@pytest.mark.parametrize("word", sorted(set(words())))
def test_every_word_of_the_language_is_described(word: str) -> None:
    assert re.search(rf"`[^`\n]*\b{word}\b[^`\n]*`", LANGUAGE), f"language.md does not name `{word}`"


def test_the_tests_that_are_named_exist() -> None:
    defined = {
        name for path in (ROOT / "tests").rglob("test_*.py") for name in re.findall(r"^def (test_\w+)", path.read_text("utf-8"), re.M)
    }
    named = re.findall(r"`(test_\w+)`", LANGUAGE)
    assert len(named) > 30
    assert [name for name in named if name not in defined] == []


@pytest.mark.parametrize("document", sorted(DOCS.glob("*.md")), ids=lambda path: path.name)
def test_sections_that_links_name_exist(document: Path) -> None:
    def sections(text: str) -> set[str]:
        return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}

    for file, section in re.findall(r"\]\(([\w./-]*)#([\w-]+)\)", document.read_text("utf-8")):
        target = (document.parent / file).read_text("utf-8") if file else document.read_text("utf-8")
        assert section in sections(target), f"{document.name} links to {file}#{section}"


def test_the_index_names_every_page() -> None:
    pages = {str(path.relative_to(DOCS)) for path in (*DOCS.glob("*.md"), *DOCS.glob("design/*.md"))} - {"index.md"}
    assert pages - set(re.findall(r"\]\(([\w./-]+)\)", (DOCS / "index.md").read_text("utf-8"))) == set()
