"""The documents tell the truth: their commands run, print what is shown, and their links lead somewhere.

A block of ```alvh is a file under the name that stands before it; a ```console block holds calls with their outputs (`...`
for any lines), a ```python block is run. `ALVH_UPDATE=1` writes the outputs anew."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest
from calls import ROOT, answer, copy_strategies, matches

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
DATA = Path(os.environ.get("ALVH_DATA", ROOT.parent / "shared" / "data"))
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OWN_DATA = "my_market.toml"


def blocks(text: str, language: str) -> list[str]:
    return [body for name, body in BLOCK.findall(text) if name == language]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The README's strategy among the shipped ones, and a manifest of one's own."""
    copy_strategies(tmp_path)
    for name, body in re.findall(r"`([\w.]+\.alvh)`:\n\n```alvh\n(.*?)^```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL):
        (tmp_path / name).write_text(body)
    shutil.copy(ROOT / "tests" / "markets" / "history.toml", tmp_path / OWN_DATA)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALVH_DATA", str(DATA.resolve()))
    return tmp_path


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_calls_print_what_is_shown(document: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = document.read_text(encoding="utf-8")
    fresh, unchecked = text, 0
    for block in blocks(text, "console"):
        _, *steps = re.split(r"^\$ (.*)\n", block, flags=re.MULTILINE)
        shown = f"{block}"
        for call, expected in zip(steps[0::2], steps[1::2], strict=True):
            if OWN_DATA in call and not DATA.is_dir():
                unchecked += 1
                continue
            output, code = answer(call, capsys)
            assert code == 0, output
            if os.environ.get("ALVH_UPDATE") == "1" and expected.strip() and not matches(expected, output):
                shown = shown.replace(expected, output)
            elif expected.strip():
                assert matches(expected, output), f"$ {call}\n{output}"
        fresh = fresh.replace(block, shown)
    if fresh != text:
        document.write_text(fresh, encoding="utf-8")
    if unchecked:
        pytest.skip(f"{unchecked} calls on one's own data were not made: no market data at {DATA}, set ALVH_DATA")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_python_runs(document: Path, folder: Path) -> None:
    for block in blocks(document.read_text(encoding="utf-8"), "python"):
        exec(compile(block, str(document), "exec"), {})


def test_make_knows_the_targets_that_documents_name() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for document in DOCUMENTS:
        for target in re.findall(r"\bmake ([a-z]+)\b", "\n".join(blocks(document.read_text(encoding="utf-8"), "sh"))):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"{document.name} names make {target}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (document.parent / target).exists(), f"{document.name} links to {target}"
