"""Calls of the command line from a text: what they answer, and whether that is what the text says."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from alvh.command_line import main

ROOT = Path(__file__).parents[2]
ANY = "..."
"""A line that stands for any lines."""


def copy_strategies(folder: Path) -> None:
    for path in (ROOT / "strategies").rglob("*.alvh"):
        target = folder / path.relative_to(ROOT / "strategies")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)


def answer(call: str, capsys: pytest.CaptureFixture[str]) -> tuple[str, int]:
    """Standard output, then standard error, of `alvh …`, and its exit code."""
    program, *arguments = shlex.split(call, comments=True)
    assert program == "alvh"
    try:
        code = main(arguments)
    except SystemExit as leaving:  # argparse ends a wrong call itself
        code = int(leaving.code or 0)
    captured = capsys.readouterr()
    output = captured.out + captured.err
    return (output if not output or output.endswith("\n") else f"{output}\n"), code


def matches(expected: str, output: str) -> bool:
    """Whether `output` is `expected`, where a line `...` stands for any lines; line breaks at the end do not count."""
    pattern = re.escape(expected.rstrip("\n") + "\n").replace(re.escape(f"{ANY}\n"), r"(?:.*\n)*?")
    return re.fullmatch(pattern, output.rstrip("\n") + "\n") is not None
