"""What transcripts cannot show: standard input, pipes, terminals, bugs, start-up."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from alvh import command_line
from alvh.progress import Progress

ROOT = Path(__file__).parents[2]
STRATEGIES = ROOT / "strategies"


def call(*arguments: str, text: str | bytes | None = None, **settings: str) -> subprocess.CompletedProcess[bytes]:
    given = text.encode() if isinstance(text, str) else text
    return subprocess.run(
        [sys.executable, "-m", "alvh", *arguments], input=given, capture_output=True, check=False, env={**os.environ, **settings}
    )


def test_check_reads_standard_input() -> None:
    good = call("check", "-", text='strategy "S"\nbook market { hold SPX }\n')
    bad = call("check", "-", "--format", "json", text='strategy "S"\nlet fear = vix > 20%\nbook market { hold SPX }\n')
    assert good.returncode == 0
    assert bad.returncode == 1
    found = json.loads(bad.stdout)
    assert found["valid"] is False
    assert found["diagnostics"][0]["start"]["line"] == 2


@pytest.mark.parametrize("text", [b"", b"\xff\xfe\x00", b"\xef\xbb\xbfstrategy", b"strategy \x00", b"{" * 5000, b"let a = " + b"(" * 5000])
def test_check_answers_any_bytes_without_a_traceback(text: bytes) -> None:
    done = call("check", "-", text=text)
    assert done.returncode in (0, 1)
    assert b"Traceback" not in done.stdout + done.stderr
    assert b"bug in alvh" not in done.stderr


def test_strict_makes_a_warning_count(tmp_path: Path) -> None:
    path = tmp_path / "warned.alvh"
    path.write_text('strategy "S"\nparam never_read = 3  in 1 .. 5\nbook market { hold SPX }\n')
    assert call("check", str(path)).returncode == 0
    assert call("check", str(path), "--strict").returncode == 1


def test_every_shipped_strategy_checks_without_an_error() -> None:
    done = call("check", "--format", "json", *map(str, sorted(STRATEGIES.glob("*.alvh"))))
    assert json.loads(done.stdout)["error_count"] == 0, done.stdout.decode()
    assert done.returncode == 0


def test_a_reader_that_leaves_is_no_failure() -> None:
    command = f"{sys.executable} -m alvh debug ast {STRATEGIES / 'alvh_442_contracts.alvh'} | head -n 1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, check=False)
    assert done.returncode == 0
    assert done.stderr == b""


def test_a_bug_is_called_a_bug(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    def fail(name: str) -> None:
        raise ZeroDivisionError("a broken invariant")

    monkeypatch.setattr(command_line, "import_module", fail)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.delenv("ALVH_DEBUG", raising=False)
    assert command_line.main(["check", "-"]) == 2
    told = capsys.readouterr().err
    assert "this is a bug in alvh" in told
    assert "Traceback" not in told
    (report,) = tmp_path.iterdir()
    assert report.name in told
    assert "a broken invariant" in report.read_text()

    monkeypatch.setenv("ALVH_DEBUG", "1")
    assert command_line.main(["check", "-"]) == 2
    assert "Traceback" in capsys.readouterr().err


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_shows_after_its_patience_and_cleans_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alvh.progress.PATIENCE", 0.01)
    screen = Terminal()
    with Progress("alvh run", jobs=2, stream=screen) as progress:
        progress.report("simulating")
        progress.advance()
        time.sleep(0.4)
    assert "alvh run [############............] 1/2 0 s  simulating" in screen.getvalue()
    assert screen.getvalue().endswith("\r\x1b[K")


def test_progress_says_how_long_counted_jobs_will_take(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight of 24 were done before; eight more took four seconds, so the eight that are left take four. Nothing was done before 100."""
    clock = iter((50.0, 100.0, 104.0, 108.0))
    progress = Progress("alvh run", stream=Terminal())
    monkeypatch.setattr("alvh.progress.time.monotonic", lambda: next(clock))
    for _ in range(2):
        progress.count(8, 24)
        assert progress.time_left() == ""
    progress.count(16, 24)
    assert progress.time_left() == ", 4 s left"
    progress.count(24, 24)
    assert progress.time_left() == ""


def test_progress_stays_on_one_line_of_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alvh.progress.PATIENCE", 0.01)
    monkeypatch.setenv("COLUMNS", "40")
    screen = Terminal()
    with Progress("alvh run", stream=screen) as progress:
        progress.report("a step with a name that is longer than the terminal is wide")
        time.sleep(0.3)
    drawn = [line for line in screen.getvalue().split("\r\x1b[K") if line]
    assert drawn
    assert {len(line) for line in drawn} == {39}


def test_progress_is_silent_when_quick_or_unwatched(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    with Progress("alvh run", stream=screen):
        pass
    assert screen.getvalue() == ""
    monkeypatch.setattr("alvh.progress.PATIENCE", 0.0)
    unwatched = io.StringIO()
    with Progress("alvh run", stream=unwatched):
        time.sleep(0.2)
    assert unwatched.getvalue() == ""
