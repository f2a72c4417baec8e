"""Calls of the command line with everything they print and their exit codes, held in `transcripts/*.txt`.

A line `$ alvh …` is a call; what follows is its output (standard output, then standard error) and `[exit N]`. A line `...`
stands for any lines: what other parts of alvh say is pinned by their own tests. `ALVH_UPDATE=1` writes the outputs anew."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest
from calls import answer, copy_strategies, matches

HERE = Path(__file__).parent


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the shipped strategies and a broken one, a market of one's own, and a folder with somebody's letter."""
    copy_strategies(tmp_path)
    shutil.copy(HERE.parent / "markets" / "history.toml", tmp_path / "one_path.toml")
    (tmp_path / "broken.alvh").write_text('strategy "Broken"\ntrigger fear = vix > 20%\n')
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("dear")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


@pytest.mark.parametrize("path", sorted(HERE.glob("transcripts/*.txt")), ids=lambda path: path.stem)
def test_transcript(path: Path, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    intro, *steps = re.split(r"^\$ (.*)\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    calls, expected = steps[0::2], steps[1::2]
    answers = [f"{output}[exit {code}]\n" for output, code in (answer(call, capsys) for call in calls)]
    if os.environ.get("ALVH_UPDATE") == "1":
        kept = [old if matches(old, new) else f"{new}\n" for old, new in zip(expected, answers, strict=True)]
        path.write_text(intro + "".join(f"$ {call}\n{text}" for call, text in zip(calls, kept, strict=True)), encoding="utf-8")
        return
    for call, text, output in zip(calls, expected, answers, strict=True):
        assert matches(text, output), f"$ {call}\n{output}"
