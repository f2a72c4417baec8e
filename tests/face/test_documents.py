"""The documents tell the truth: their commands run, print what is shown, and their links lead somewhere.

A block of ```alvh or ```text is a file under the name that stands before it; a ```console block holds calls with their outputs (`...`
for any lines), a ```python block is run, and a ```text block after it is what it prints. `ALVH_UPDATE=1` writes the outputs anew."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest
from calls import ROOT, answer, copy_strategies, matches

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
DATA = Path(os.environ.get("ALVH_DATA", ROOT.parent / "shared" / "data"))
BLOCK = re.compile(r"(?:`([\w.]+\.alvh)`:\n\n)?^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OWN_DATA = "my_market.toml"


def blocks(text: str, language: str) -> list[str]:
    return [body for _, name, body in BLOCK.findall(text) if name == language]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shipped strategies, here and where the repository has them, and a manifest of one's own."""
    for place in (tmp_path, tmp_path / "strategies"):
        copy_strategies(place)
    shutil.copy(ROOT / "tests" / "markets" / "history.toml", tmp_path / OWN_DATA)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALVH_DATA", str(DATA.resolve()))
    return tmp_path


def judge(shown: str, printed: str, said: str) -> str:
    """What a document should show where `shown` stands: itself, or with ALVH_UPDATE=1 what was printed."""
    if not shown.strip() or matches(shown, printed):
        return shown
    assert os.environ.get("ALVH_UPDATE") == "1", f"{said}\n{printed}"
    return printed


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_document_read_from_its_beginning_does_what_it_shows(document: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its files are written, its calls made and its Python run in the order in which they stand; a call that shows an error or a failed
    expectation ends with 1."""
    text = document.read_text(encoding="utf-8")
    fresh, unchecked, scope, printed = text, 0, {}, ""
    for name, language, body in BLOCK.findall(text):
        if name:
            (folder / name).write_text(body, encoding="utf-8")
        elif language == "console":
            _, *steps = re.split(r"^\$ (.*)\n", body, flags=re.MULTILINE)
            shown = body
            for call, expected in zip(steps[0::2], steps[1::2], strict=True):
                if OWN_DATA in call and not DATA.is_dir():
                    unchecked += 1
                    continue
                output, code = answer(call, capsys)
                assert code == (1 if re.search(r"^(error\[|  FAIL  )", expected, re.MULTILINE) else 0), output
                shown = shown.replace(f"$ {call}\n{expected}", f"$ {call}\n{judge(expected, output, f'$ {call}')}")
            fresh = fresh.replace(body, shown)
        elif language == "python":
            exec(compile(body, str(document), "exec"), scope)
            printed = capsys.readouterr().out
        elif language == "text":
            fresh = fresh.replace(f"```text\n{body}```", f"```text\n{judge(body, printed, 'the Python before prints')}```")
        if language != "python":
            printed = ""
    if fresh != text:
        document.write_text(fresh, encoding="utf-8")
    if unchecked:
        pytest.skip(f"{unchecked} calls on one's own data were not made: no market data at {DATA}, set ALVH_DATA")


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
