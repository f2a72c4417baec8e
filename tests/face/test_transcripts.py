"""Calls of the command line with everything they print and their exit codes, held in `transcripts/*.txt`.

A line `$ alvh …` is a call; what follows is its output (standard output, then standard error) and `[exit N]`. A line `...`
stands for any lines: what other parts of alvh say is pinned by their own tests. `ALVH_UPDATE=1` writes the outputs anew."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from pathlib import Path

import pytest

from alvh.command_line import main

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ANY = "..."


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the shipped strategies, one of them broken."""
    for path in (ROOT / "strategies").rglob("*.alvh"):
        target = tmp_path / path.relative_to(ROOT / "strategies")
        target.parent.mkdir(exist_ok=True)
        shutil.copy(path, target)
    (tmp_path / "broken.alvh").write_text('strategy "Broken"\ntrigger fear = vix > 20%\n')
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("dear")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


def answer(call: str, capsys: pytest.CaptureFixture[str]) -> str:
    program, *arguments = shlex.split(call)
    assert program == "alvh"
    try:
        code = main(arguments)
    except SystemExit as leaving:  # argparse ends a wrong call itself
        code = int(leaving.code or 0)
    captured = capsys.readouterr()
    output = captured.out + captured.err
    return f"{output}{'' if not output or output.endswith(chr(10)) else chr(10)}[exit {code}]\n"


def matches(expected: str, output: str) -> bool:
    pattern = re.escape(expected).replace(re.escape(f"{ANY}\n"), r"(?:.*\n)*?")
    return re.fullmatch(pattern, output) is not None


@pytest.mark.parametrize("path", sorted(HERE.glob("transcripts/*.txt")), ids=lambda path: path.stem)
def test_transcript(path: Path, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steps = re.split(r"^\$ (.*)\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    intro, calls, outputs = steps[0], steps[1::2], steps[2::2]
    answers = [answer(call, capsys) for call in calls]
    if os.environ.get("ALVH_UPDATE") == "1":
        kept = [old if matches(old.rstrip("\n") + "\n", new) else new + "\n" for old, new in zip(outputs, answers, strict=True)]
        path.write_text(intro + "".join(f"$ {call}\n{text}" for call, text in zip(calls, kept, strict=True)), encoding="utf-8")
        return
    for call, expected, output in zip(calls, outputs, answers, strict=True):
        assert matches(expected.rstrip("\n") + "\n", output), f"$ {call}\n{output}"
